//! From a file's reference system into EPSG:9218, by libgdal's PROJ, and back. Axes are east, north (or longitude,
//! latitude) whatever order the system's authority writes: that is how files hold them.
//!
//! PROJ changes no datum to or from VN-2000: in the Mekong delta it would take EPSG:5194, which is 0.8 m off. It goes to
//! WGS 84 and no further; the rest is EPSG:6960 by `space::crs`.

use std::cell::{Cell, RefCell};

use gdal::spatial_ref::{AxisMappingStrategy, CoordTransform, CoordTransformOptions, SpatialRef};
use geo::{Coord, CoordsIter, Geometry, MapCoordsInPlace};

use super::curve::SAGITTA;
use super::recent::Recent;
use crate::layers::definition::LAYER_SRID;
use crate::space::PROVINCE;
use crate::space::crs::{ManyFromCrs84, is_vn2000};
use crate::text::Text;
use crate::{Error, Result};

/// Metres in a degree, for the tolerance of curves in geographic systems.
const METRES_A_DEGREE: f64 = 111_000.0;

/// A transformation into the stored system.
pub(super) struct ToStored {
    way: Way,
    geographic: bool,
    swapped: bool,
    moving: RefCell<Moving>,
}

/// What a transformation works with, kept from one geometry to the next.
#[derive(Default)]
struct Moving {
    /// Positions that were transformed lately, by the bits of the file's coordinates.
    recent: Recent<Coord<f64>>,
    from_wgs84: ManyFromCrs84,
    /// Each vertex of the geometry at hand, and where it goes.
    vertices: Vec<(Coord<f64>, Option<Coord<f64>>)>,
    x: Vec<f64>,
    y: Vec<f64>,
}

enum Way {
    /// The file is in the stored system already.
    Here,
    /// From another system of VN-2000, or one that is not known to have a way to WGS 84.
    Direct(CoordTransform),
    /// By way of WGS 84; none where the file is in that.
    ByWgs84(Option<CoordTransform>),
}

/// The system that `crs` names as authority and code.
pub(super) fn named(crs: &str) -> Result<SpatialRef> {
    let unknown = |why: &str| {
        Error::invalid(
            "--crs",
            format!("{crs}: không biết hệ toạ độ này; cần dạng EPSG:n {why}"),
            format!("{crs}: unknown reference system; EPSG:n was expected {why}"),
        )
    };
    // GDAL would also take file names and addresses here.
    let plain = crs.split_once(':').is_some_and(|(authority, code)| {
        let word = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric());
        word(authority) && word(code)
    });
    if !plain {
        return Err(unknown(""));
    }
    SpatialRef::from_definition(crs).map_err(|e| unknown(&format!("({e})")))
}

/// `EPSG:n` where it can be told, else the name.
pub(super) fn label(srs: &SpatialRef) -> String {
    code(srs).map_or_else(|| srs.name().unwrap_or_else(|| "?".to_owned()), |c| format!("EPSG:{c}"))
}

/// The EPSG code, looked for where the file gives only parameters (an ESRI .prj, say).
fn code(srs: &SpatialRef) -> Option<i32> {
    let epsg =
        |s: &SpatialRef| s.auth_name().is_some_and(|n| n == "EPSG").then(|| s.auth_code().ok()).flatten();
    epsg(srs).or_else(|| {
        let mut same = srs.clone();
        same.auto_identify_epsg().ok()?;
        epsg(&same)
    })
}

impl ToStored {
    /// From `srs`. Without a datum shift that is known nothing is transformed.
    pub(super) fn new(mut srs: SpatialRef) -> Result<Self> {
        let geographic = srs.is_geographic();
        // An identified code brings the datum with its shift; bare parameters may lack it.
        if let Some(known) = code(&srs).and_then(|c| SpatialRef::from_epsg(u32::try_from(c).ok()?).ok()) {
            srs = known;
        }
        let name = label(&srs);
        if code(&srs) == Some(LAYER_SRID) {
            return Ok(Self { way: Way::Here, geographic, swapped: false, moving: RefCell::default() });
        }
        let failed = |e: gdal::errors::GdalError| {
            Error::invalid(
                "--crs",
                format!("không chuyển được từ {name} sang EPSG:{LAYER_SRID}: {e}"),
                format!("no transformation from {name} to EPSG:{LAYER_SRID}: {e}"),
            )
        };
        let direct = || operation(&srs, LAYER_SRID as u32).map(Way::Direct);
        let way = if ["EPSG:4326", "OGC:CRS84"].contains(&name.as_str()) {
            Way::ByWgs84(None)
        } else if has_vn2000(&srs) {
            direct().map_err(failed)?
        } else {
            let by_wgs84 = operation(&srs, 4326).map(|way| Way::ByWgs84(Some(way)));
            by_wgs84.or_else(|e| direct().map_err(|_| e)).map_err(failed)?
        };
        Ok(Self { way, geographic, swapped: false, moving: RefCell::default() })
    }

    /// The same for a file whose coordinates are northing, easting.
    pub(super) fn swapped(self, swapped: bool) -> Self {
        Self { swapped, ..self }
    }

    /// Whether the file's coordinates are degrees.
    pub(super) fn is_geographic(&self) -> bool {
        self.geographic
    }

    /// Tolerance of curves in the file's units.
    pub(super) fn sagitta(&self) -> f64 {
        if self.geographic { SAGITTA / METRES_A_DEGREE } else { SAGITTA }
    }

    /// A geometry in the stored system.
    pub(super) fn apply(&self, mut geometry: Geometry<f64>) -> Result<Geometry<f64>, Text> {
        if let Some(c) = geometry.coords_iter().find(|c| !is_finite(*c)) {
            return Err(Text::new(
                format!("toạ độ ({}, {}) không phải số hữu hạn", c.x, c.y),
                format!("the position ({}, {}) is not finite", c.x, c.y),
            ));
        }
        if self.swapped {
            geometry.map_coords_in_place(|c| Coord { x: c.y, y: c.x });
        }
        let nowhere = |c: Coord<f64>| {
            Text::new(
                format!("không chuyển được toạ độ ({}, {}) sang EPSG:{LAYER_SRID}", c.x, c.y),
                format!("the position ({}, {}) cannot be transformed to EPSG:{LAYER_SRID}", c.x, c.y),
            )
        };
        match &self.way {
            Way::Here => {}
            Way::ByWgs84(None) => {
                let failed = Cell::new(None);
                geometry.map_coords_in_place(|c| {
                    let to = Coord::from(self.moving.borrow_mut().from_wgs84.convert(c.x, c.y));
                    if !is_finite(to) {
                        failed.set(Some(c));
                    }
                    to
                });
                failed.get().map_or(Ok(()), |c| Err(nowhere(c)))?;
            }
            Way::ByWgs84(Some(way)) => self.by_proj(&mut geometry, way, true).map_err(nowhere)?,
            Way::Direct(way) => self.by_proj(&mut geometry, way, false).map_err(nowhere)?,
        }
        Ok(geometry)
    }

    /// Moves a geometry by PROJ, into WGS 84 (then on from there) or the stored system; or a vertex that has no place
    /// there.
    fn by_proj(
        &self,
        geometry: &mut Geometry<f64>,
        way: &CoordTransform,
        to_wgs84: bool,
    ) -> Result<(), Coord<f64>> {
        let Moving { recent, from_wgs84, vertices, x, y } = &mut *self.moving.borrow_mut();
        vertices.clear();
        vertices.extend(geometry.coords_iter().map(|c| (c, recent.get(bits(c)))));
        // All vertices that are new in one call: a call costs as much as a dozen positions.
        let new = || vertices.iter().filter(|(_, to)| to.is_none()).map(|(from, _)| from);
        x.clear();
        x.extend(new().map(|c| c.x));
        y.clear();
        y.extend(new().map(|c| c.y));
        if !x.is_empty() && way.transform_coords(x, y, &mut []).is_err() {
            return Err(new().next().copied().unwrap_or_default());
        }
        let there = x.iter().zip(y.iter()).map(|(&x, &y)| Coord { x, y });
        for ((from, slot), there) in vertices.iter_mut().filter(|(_, to)| to.is_none()).zip(there) {
            let to = if to_wgs84 { from_wgs84.convert(there.x, there.y).into() } else { there };
            if !is_finite(to) {
                return Err(*from);
            }
            *slot = Some(to);
            recent.put(bits(*from), to);
        }
        // The vertices come back in the order in which they were taken.
        let next = Cell::new(0);
        geometry.map_coords_in_place(|c| {
            let i = next.replace(next.get() + 1);
            vertices.get(i).and_then(|(_, to)| *to).unwrap_or(c)
        });
        Ok(())
    }
}

fn is_finite(c: Coord<f64>) -> bool {
    c.x.is_finite() && c.y.is_finite()
}

/// Systems in which files of the province come.
const CANDIDATES: [(&str, &str); 7] = [
    ("EPSG:9218", "VN-2000 / TM-3 108-30"),
    ("EPSG:5899", "VN-2000 / TM-3 107-45"),
    ("EPSG:3405", "VN-2000 / UTM 48N"),
    ("EPSG:3406", "VN-2000 / UTM 49N"),
    ("EPSG:32648", "WGS 84 / UTM 48N"),
    ("EPSG:32649", "WGS 84 / UTM 49N"),
    ("EPSG:4326", "WGS 84"),
];

/// In which of the usual systems a position would lie in the province, and in which with its axes swapped, as
/// messages name them.
pub(super) fn likely(x: f64, y: f64) -> Vec<String> {
    let told = |(code, name, swapped)| {
        let swap = if swapped { " --swap-axes" } else { "" };
        format!("{code} ({name}){swap}")
    };
    likely_systems(x, y).into_iter().map(told).collect()
}

/// In which of the usual systems a position would lie in the province: code, name, and whether only with its axes
/// swapped; those without first.
pub(super) fn likely_systems(x: f64, y: f64) -> Vec<(&'static str, &'static str, bool)> {
    let lies = |code: &str, x: f64, y: f64| {
        let point = Geometry::Point(geo::Point::new(x, y));
        let degrees = x.abs() <= 180.0 && y.abs() <= 90.0;
        let way = named(code).and_then(ToStored::new).ok().filter(|way| way.geographic == degrees);
        match way.and_then(|way| way.apply(point.clone()).ok()) {
            Some(Geometry::Point(p)) => PROVINCE.holds(p.x(), p.y()),
            _ => false,
        }
    };
    let straight = CANDIDATES.into_iter().filter(|(c, _)| lies(c, x, y)).map(|(c, name)| (c, name, false));
    let swapped = CANDIDATES.into_iter().filter(|(c, _)| lies(c, y, x)).map(|(c, name)| (c, name, true));
    straight.chain(swapped).collect()
}

fn bits(c: Coord<f64>) -> [u64; 2] {
    [c.x.to_bits(), c.y.to_bits()]
}

/// Whether a system's datum is VN-2000 by its code.
fn has_vn2000(srs: &SpatialRef) -> bool {
    let of = |srs: &SpatialRef| code(srs).and_then(|c| u32::try_from(c).ok()).is_some_and(is_vn2000);
    of(srs) || srs.geog_cs().is_ok_and(|base| of(&base))
}

/// An operation between two systems whose datum shift is known: "ballpark" ones are off by hundreds of metres.
fn operation(from: &SpatialRef, epsg: u32) -> gdal::errors::Result<CoordTransform> {
    known_operation(&east_north(from.clone()), &east_north(SpatialRef::from_epsg(epsg)?))
}

fn known_operation(from: &SpatialRef, to: &SpatialRef) -> gdal::errors::Result<CoordTransform> {
    let mut options = CoordTransformOptions::new()?;
    options.set_ballpark_allowed(false)?;
    CoordTransform::new_with_options(from, to, &options)
}

fn east_north(mut srs: SpatialRef) -> SpatialRef {
    srs.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
    srs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::crs::{Transform, from_crs84};

    fn stored(srs: SpatialRef, x: f64, y: f64) -> (f64, f64) {
        let point = Geometry::Point(geo::Point::new(x, y));
        match ToStored::new(srs).unwrap().apply(point).unwrap() {
            Geometry::Point(p) => (p.x(), p.y()),
            other => panic!("{other:?}"),
        }
    }

    /// The vector of the domain notes, for libgdal; PROJ and PostGIS have the same test.
    #[test]
    fn the_datum_shift_is_epsg_6960() {
        for (crs, x, y) in [
            ("EPSG:4326", 107.69, 12.0),
            ("OGC:CRS84", 107.69, 12.0),
            ("EPSG:5899", 493_271.497, 1_327_065.771),
        ] {
            let at = stored(named(crs).unwrap(), x, y);
            assert!(
                (at.0 - 411_600.265).abs() < 0.001 && (at.1 - 1_327_195.238).abs() < 0.001,
                "{crs}: {at:?}"
            );
        }
    }

    #[test]
    fn parameters_of_a_prj_are_the_known_system() {
        let prj = r#"PROJCS["VN-2000_TM-3_108-30",GEOGCS["GCS_VN_2000",DATUM["D_Vietnam_2000",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",108.5],PARAMETER["Scale_Factor",0.9999],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]"#;
        let at = stored(SpatialRef::from_esri(prj).unwrap(), 411_600.0, 1_327_195.0);
        assert!((at.0 - 411_600.0).abs() < 1e-3 && (at.1 - 1_327_195.0).abs() < 1e-3, "{at:?}");
    }

    /// Over the whole country, from every system in which its files come: by EPSG:6960 as `space::crs` has it, which is
    /// tested against PROJ's pipeline. In the Mekong delta PROJ alone would take another operation.
    #[test]
    fn every_usual_system_takes_epsg_6960_all_over_the_country() {
        for (code, _) in CANDIDATES.into_iter().chain([("EPSG:4756", ""), ("EPSG:3857", "")]) {
            let there = Transform::new("EPSG:4326", code).unwrap();
            let srs = named(code).unwrap();
            let way = ToStored::new(srs).unwrap();
            for (i, j) in (0..12).flat_map(|i| (0..12).map(move |j| (i, j))) {
                let (lon, lat) = (102.2 + f64::from(i) * 0.65, 8.5 + f64::from(j) * 1.35);
                let (x, y) = there.convert(lon, lat).unwrap();
                let point = Geometry::Point(geo::Point::new(x, y));
                let Geometry::Point(p) = way.apply(point.clone()).unwrap() else { panic!("no point") };
                let (e, n) = from_crs84(lon, lat);
                assert!((p.x() - e).hypot(p.y() - n) < 0.001, "{code} {lon} {lat}: {p:?}, not {e} {n}");
            }
        }
    }

    #[test]
    fn likely_systems_are_those_in_which_it_lies_in_the_province() {
        assert_eq!(likely(107.69, 12.0), ["EPSG:4326 (WGS 84)"]);
        assert_eq!(likely(12.0, 107.69), ["EPSG:4326 (WGS 84) --swap-axes"]);
        assert!(likely(411_600.0, 1_327_195.0).contains(&"EPSG:9218 (VN-2000 / TM-3 108-30)".to_owned()));
        let swapped = likely(1_327_195.0, 411_600.0);
        assert!(swapped.contains(&"EPSG:9218 (VN-2000 / TM-3 108-30) --swap-axes".to_owned()), "{swapped:?}");
        assert!(likely(2.3, 48.8).is_empty());
    }

    #[test]
    fn an_unknown_system_is_told() {
        assert!(named("EPSG:999999").is_err());
    }
}
