//! The reference systems in which features are served and taken (OGC API Features part 2, WFS 2.0).

use std::sync::OnceLock;

use super::{DOMAIN_9218, NEAR_DEGREES, Transform, bbox_from_crs84, from_crs84, to_crs84};
use crate::space::Bbox;
use crate::{Error, Result};

/// A reference system that the services offer. Positions inside are (x, y) = (east, north) or (longitude, latitude);
/// only what is written to and read from a client follows the order of the system's authority.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Offered {
    /// OGC:CRS84, WGS 84 as longitude, latitude: what GeoJSON means.
    #[default]
    Crs84,
    /// EPSG:9218, VN-2000 / TM-3 108-30: what is stored.
    Epsg9218,
    /// EPSG:4326, WGS 84 as latitude, longitude.
    Epsg4326,
    /// EPSG:3857, Web Mercator.
    Epsg3857,
    /// EPSG:5899, VN-2000 / TM-3 107-45.
    Epsg5899,
    /// EPSG:4756, VN-2000 as latitude, longitude.
    Epsg4756,
}

/// The order in which a client writes a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AxisOrder {
    /// Easting, northing or longitude, latitude.
    EastNorth,
    /// Latitude, longitude.
    NorthEast,
}

impl Offered {
    /// All of them, as lists name them: CRS84 first, then the stored one.
    pub const ALL: [Self; 6] =
        [Self::Crs84, Self::Epsg9218, Self::Epsg4326, Self::Epsg3857, Self::Epsg5899, Self::Epsg4756];
    /// What `storageCrs` names.
    pub const STORED: Self = Self::Epsg9218;

    /// The address by which OGC API names the system.
    pub fn uri(self) -> &'static str {
        match self {
            Self::Crs84 => "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
            Self::Epsg9218 => "http://www.opengis.net/def/crs/EPSG/0/9218",
            Self::Epsg4326 => "http://www.opengis.net/def/crs/EPSG/0/4326",
            Self::Epsg3857 => "http://www.opengis.net/def/crs/EPSG/0/3857",
            Self::Epsg5899 => "http://www.opengis.net/def/crs/EPSG/0/5899",
            Self::Epsg4756 => "http://www.opengis.net/def/crs/EPSG/0/4756",
        }
    }

    /// The URN by which WFS 2.0 and GML 3.2 name it.
    pub fn urn(self) -> &'static str {
        match self {
            Self::Crs84 => "urn:ogc:def:crs:OGC:1.3:CRS84",
            Self::Epsg9218 => "urn:ogc:def:crs:EPSG::9218",
            Self::Epsg4326 => "urn:ogc:def:crs:EPSG::4326",
            Self::Epsg3857 => "urn:ogc:def:crs:EPSG::3857",
            Self::Epsg5899 => "urn:ogc:def:crs:EPSG::5899",
            Self::Epsg4756 => "urn:ogc:def:crs:EPSG::4756",
        }
    }

    /// `EPSG:n`, or `OGC:CRS84`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Crs84 => "OGC:CRS84",
            Self::Epsg9218 => "EPSG:9218",
            Self::Epsg4326 => "EPSG:4326",
            Self::Epsg3857 => "EPSG:3857",
            Self::Epsg5899 => "EPSG:5899",
            Self::Epsg4756 => "EPSG:4756",
        }
    }

    /// Whether positions are degrees.
    pub fn is_geographic(self) -> bool {
        matches!(self, Self::Crs84 | Self::Epsg4326 | Self::Epsg4756)
    }

    /// Decimals in which positions are written: 0.1 mm, as stored.
    pub fn decimals(self) -> u8 {
        if self.is_geographic() { 9 } else { 4 }
    }

    /// Steps of the last of these decimals in a unit.
    pub fn steps(self) -> f64 {
        if self.is_geographic() { 1e9 } else { 1e4 }
    }

    /// The order of the system's authority.
    pub fn axis_order(self) -> AxisOrder {
        match self {
            Self::Epsg4326 | Self::Epsg4756 => AxisOrder::NorthEast,
            _ => AxisOrder::EastNorth,
        }
    }

    /// The system that an OGC API client names: by address (http or https), by URN or as a safe CURIE in brackets.
    pub fn named(text: &str) -> Option<Self> {
        let text = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
        let address = text.strip_prefix("https").map(|rest| format!("http{rest}"));
        let address = address.as_deref().unwrap_or(text);
        Self::ALL.into_iter().find(|c| c.uri() == address || c.urn() == text || c.code() == text)
    }

    /// The system that a WFS client names, and the order in which that name means its positions: addresses and URNs
    /// of the authority mean the authority's order, `EPSG:n` and `…/srs/epsg.xml#n` mean east before north.
    pub fn named_in_wfs(text: &str) -> Option<(Self, AxisOrder)> {
        let old = text.strip_prefix("http://www.opengis.net/gml/srs/epsg.xml#").map(|n| format!("EPSG:{n}"));
        let short = old.as_deref().unwrap_or(text);
        if let Some(crs) = Self::ALL.into_iter().find(|c| c.code().eq_ignore_ascii_case(short)) {
            return Some((crs, AxisOrder::EastNorth));
        }
        // A version may stand where the newest is left out; `x-ogc` is the URN's older form.
        let urn = text.replacen("urn:x-ogc:", "urn:ogc:", 1);
        let versioned = |c: &Self| {
            let (authority, code) = c.urn().rsplit_once(':').unwrap_or_default();
            urn.strip_prefix(authority.trim_end_matches(':'))
                .is_some_and(|rest| rest.ends_with(&format!(":{code}")))
        };
        Self::named(text).or_else(|| Self::ALL.into_iter().find(versioned)).map(|c| (c, c.axis_order()))
    }

    /// A stored position (EPSG:9218) in this system.
    pub fn from_stored(self, x: f64, y: f64) -> Result<(f64, f64)> {
        match self {
            Self::Epsg9218 => Ok((x, y)),
            Self::Crs84 | Self::Epsg4326 => Ok(to_crs84(x, y)),
            other => other.ways()?.0.convert(x, y),
        }
    }

    /// A position in this system in the stored one (EPSG:9218).
    pub fn to_stored(self, x: f64, y: f64) -> Result<(f64, f64)> {
        match self {
            Self::Epsg9218 => Ok((x, y)),
            Self::Crs84 | Self::Epsg4326 => Ok(from_crs84(x, y)),
            other => other.ways()?.1.convert(x, y),
        }
    }

    /// A box in this system (east before north) as one in the stored system that holds it, its sides densified; none
    /// where it does not meet the domain of the stored system.
    pub fn box_to_stored(self, b: &Bbox) -> Result<Option<Bbox>> {
        match self {
            Self::Epsg9218 => Ok(Some(*b)),
            Self::Crs84 | Self::Epsg4326 => Ok(bbox_from_crs84(b)),
            // The neighbouring zone means something where this one does.
            Self::Epsg5899 => match shared(b, &DOMAIN_9218) {
                Some(b) => Transform::new(self.code(), Self::STORED.code())?.bbox(&b).map(Some),
                None => Ok(None),
            },
            // At the poles and the date line a change of datum turns boxes inside out.
            Self::Epsg4756 => match shared(b, &NEAR_DEGREES) {
                Some(b) => Ok(bbox_from_crs84(&Transform::new(self.code(), "OGC:CRS84")?.bbox(&b)?)),
                None => Ok(None),
            },
            // The world in it is not the world of the zone.
            Self::Epsg3857 => Ok(bbox_from_crs84(&Transform::new(self.code(), "OGC:CRS84")?.bbox(b)?)),
        }
    }

    /// [`Self::from_stored`] as a plain function; what the system has no position for is no number.
    pub(super) fn exactly(self) -> fn(f64, f64) -> [f64; 2] {
        fn told(crs: Offered, x: f64, y: f64) -> [f64; 2] {
            crs.from_stored(x, y).map_or([f64::NAN; 2], Into::into)
        }
        match self {
            Self::Crs84 => |x, y| told(Self::Crs84, x, y),
            Self::Epsg9218 => |x, y| told(Self::Epsg9218, x, y),
            Self::Epsg4326 => |x, y| told(Self::Epsg4326, x, y),
            Self::Epsg3857 => |x, y| told(Self::Epsg3857, x, y),
            Self::Epsg5899 => |x, y| told(Self::Epsg5899, x, y),
            Self::Epsg4756 => |x, y| told(Self::Epsg4756, x, y),
        }
    }

    /// From the stored system and to it.
    fn ways(self) -> Result<&'static (Transform, Transform)> {
        static WAYS: [OnceLock<(Transform, Transform)>; 6] = [const { OnceLock::new() }; 6];
        let slot = &WAYS[self as usize];
        if let Some(ways) = slot.get() {
            return Ok(ways);
        }
        let (here, there) = (Self::STORED.code(), self.code());
        let ways = (Transform::new(here, there)?, Transform::new(there, here)?);
        Ok(slot.get_or_init(|| ways))
    }

    /// The refusal of a system that is not offered, for the parameter `name`.
    pub fn refused(name: &str, text: &str) -> Error {
        let offered = Self::ALL.map(Self::uri).join(", ");
        Error::invalid(
            name,
            format!("không có hệ toạ độ {text}; có: {offered}"),
            format!("the reference system {text} is not offered; offered: {offered}"),
        )
    }
}

/// What two boxes share.
fn shared(a: &Bbox, b: &Bbox) -> Option<Bbox> {
    a.intersects(b).then(|| Bbox {
        min_x: a.min_x.max(b.min_x),
        min_y: a.min_y.max(b.min_y),
        max_x: a.max_x.min(b.max_x),
        max_y: a.max_y.min(b.max_y),
    })
}

impl AxisOrder {
    /// Two numbers as a client writes them to or from (x, y).
    pub fn turn(self, (a, b): (f64, f64)) -> (f64, f64) {
        match self {
            Self::EastNorth => (a, b),
            Self::NorthEast => (b, a),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::crs::ManyFromStored;

    #[test]
    fn names_mean_what_their_authorities_say() {
        use AxisOrder::{EastNorth, NorthEast};
        for crs in Offered::ALL {
            assert_eq!(Offered::named(crs.uri()), Some(crs));
            assert_eq!(Offered::named(&crs.uri().replace("http", "https")), Some(crs));
            assert_eq!(Offered::named(&format!("[{}]", crs.code())), Some(crs));
        }
        assert_eq!(Offered::named("http://www.opengis.net/def/crs/EPSG/0/2154"), None);
        for (name, crs, order) in [
            ("EPSG:4326", Offered::Epsg4326, EastNorth),
            ("epsg:9218", Offered::Epsg9218, EastNorth),
            ("http://www.opengis.net/gml/srs/epsg.xml#4326", Offered::Epsg4326, EastNorth),
            ("urn:ogc:def:crs:EPSG::4326", Offered::Epsg4326, NorthEast),
            ("urn:ogc:def:crs:EPSG:6.9:4326", Offered::Epsg4326, NorthEast),
            ("urn:x-ogc:def:crs:EPSG:4326", Offered::Epsg4326, NorthEast),
            ("http://www.opengis.net/def/crs/EPSG/0/4756", Offered::Epsg4756, NorthEast),
            ("urn:ogc:def:crs:OGC:1.3:CRS84", Offered::Crs84, EastNorth),
            ("urn:ogc:def:crs:EPSG::9218", Offered::Epsg9218, EastNorth),
        ] {
            assert_eq!(Offered::named_in_wfs(name), Some((crs, order)), "{name}");
        }
        for unknown in ["EPSG:2154", "urn:ogc:def:crs:EPSG::92180", "urn:ogc:def:crs:EPSG::19218", "", "9218"]
        {
            assert_eq!(Offered::named_in_wfs(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn positions_come_back() {
        let (x, y) = (411_600.265, 1_327_195.238);
        for crs in Offered::ALL {
            let (a, b) = crs.from_stored(x, y).unwrap();
            let (u, v) = crs.to_stored(a, b).unwrap();
            assert!((u - x).abs() < 1e-4 && (v - y).abs() < 1e-4, "{crs:?}: {u} {v}");
            let (c, d) = ManyFromStored::new(crs).convert(x, y).unwrap();
            let near = if crs.is_geographic() { 1e-12 } else { 1e-6 };
            assert!((c - a).abs() < near && (d - b).abs() < near, "{crs:?}: {c} {d} for {a} {b}");
        }
        let (lon, lat) = Offered::Epsg4326.from_stored(x, y).unwrap();
        let world = |x: f64, y: f64| Bbox { min_x: -x, min_y: -y, max_x: x, max_y: y };
        for (crs, whole) in [
            (Offered::Crs84, world(180.0, 90.0)),
            (Offered::Epsg4756, world(180.0, 90.0)),
            (Offered::Epsg3857, world(20_037_508.34, 20_037_508.34)),
        ] {
            let found = crs.box_to_stored(&whole).unwrap().unwrap();
            assert!(
                found.min_x < x && found.max_x > x && found.min_y < y && found.max_y > y,
                "{crs:?}: {found:?}"
            );
        }
        assert_eq!(Offered::Epsg4326.axis_order().turn((lon, lat)), (lat, lon));
    }
}
