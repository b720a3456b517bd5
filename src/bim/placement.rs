//! Local outlines in EPSG:9218 and CRS84.

use geo::{Coord, MapCoords, MultiPolygon};

use super::facts::{BuildingFacts, Outline, PlacedOutlines};
use crate::space::crs::{DOMAIN_9218, Transform, from_crs84, to_crs84};

/// How a local position becomes one on the map.
#[derive(Debug, Clone)]
pub struct Placement {
    /// Map position of the pivot in `system`.
    origin: (f64, f64),
    /// Local position that lies at `origin`.
    pivot: (f64, f64),
    cos: f64,
    sin: f64,
    scale: f64,
    system: System,
}

#[derive(Debug, Clone)]
enum System {
    /// EPSG:9218 itself.
    Stored,
    /// Another one, transformed into EPSG:9218 and into CRS84.
    Other { to_stored: Transform, to_crs84: Transform },
}

impl Placement {
    /// By a map conversion in `code` (`EPSG:n`). The error is PROJ's reason.
    pub fn in_crs(code: &str, origin: (f64, f64), rotation_deg: f64, scale: f64) -> Result<Self, String> {
        let system = if code == "EPSG:9218" {
            System::Stored
        } else {
            let to = |target: &str| Transform::new(code, target).map_err(|e| e.to_string());
            System::Other { to_stored: to("EPSG:9218")?, to_crs84: to("OGC:CRS84")? }
        };
        let (sin, cos) = rotation_deg.to_radians().sin_cos();
        Ok(Self { origin, pivot: (0.0, 0.0), cos, sin, scale, system })
    }

    /// By a site's longitude and latitude, which stand for the local position `pivot`.
    pub fn by_site(geographic: (f64, f64), pivot: (f64, f64), rotation_deg: f64) -> Self {
        let (sin, cos) = rotation_deg.to_radians().sin_cos();
        let (lon, lat) = geographic;
        if let Some(origin) = in_domain(lon, lat) {
            return Self { origin, pivot, cos, sin, scale: 1.0, system: System::Stored };
        }
        // Far from the zone: metres on a plane that touches the sphere there.
        let system = format!("+proj=aeqd +lat_0={lat} +lon_0={lon} +datum=WGS84 +units=m");
        let to = |target: &str| Transform::new(&system, target);
        match (to("EPSG:9218"), to("OGC:CRS84")) {
            (Ok(to_stored), Ok(to_crs84)) => Self {
                origin: (0.0, 0.0),
                pivot,
                cos,
                sin,
                scale: 1.0,
                system: System::Other { to_stored, to_crs84 },
            },
            _ => Self { origin: from_crs84(lon, lat), pivot, cos, sin, scale: 1.0, system: System::Stored },
        }
    }

    fn in_system(&self, x: f64, y: f64) -> (f64, f64) {
        let (x, y) = (x - self.pivot.0, y - self.pivot.1);
        let (east, north) = (self.cos * x - self.sin * y, self.sin * x + self.cos * y);
        (self.origin.0 + self.scale * east, self.origin.1 + self.scale * north)
    }

    /// A local position in EPSG:9218; none outside that system's domain.
    pub fn to_stored(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let (e, n) = self.in_system(x, y);
        let (e, n) = match &self.system {
            System::Stored => (e, n),
            System::Other { to_stored, .. } => to_stored.convert(e, n).ok()?,
        };
        let d = DOMAIN_9218;
        let inside = (d.min_x..=d.max_x).contains(&e) && (d.min_y..=d.max_y).contains(&n);
        inside.then_some((e, n))
    }

    /// A local position in CRS84.
    pub fn to_crs84(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        match &self.system {
            System::Stored => self.to_stored(x, y).map(|(e, n)| to_crs84(e, n)),
            System::Other { to_crs84, .. } => {
                let (e, n) = self.in_system(x, y);
                to_crs84.convert(e, n).ok()
            }
        }
    }

    /// An outline in EPSG:9218, or none as a whole.
    pub fn outline(&self, local: &Outline) -> Option<Outline> {
        moved(&local.0, |x, y| self.to_stored(x, y))
    }

    /// Fills a building's placed outlines.
    pub fn place(&self, building: &mut BuildingFacts) {
        let tower = building.massing.tower_footprint_local.as_ref();
        building.massing.tower_footprint = tower.and_then(|o| self.outline(o));
        building.footprint = moved(&building.footprint_local.0, |x, y| self.to_crs84(x, y));
        building.placed = (|| {
            Some(PlacedOutlines {
                footprint: self.outline(&building.footprint_local)?,
                footprint_with_overhangs: match &building.footprint_with_overhangs_local {
                    Some(outline) => Some(self.outline(outline)?),
                    None => None,
                },
                projection: self.outline(&building.projection_local)?,
                underground: self.outline(&building.underground_local)?,
            })
        })();
    }
}

/// EPSG:9218 of a geographic position within some degrees of its zone.
fn in_domain(lon: f64, lat: f64) -> Option<(f64, f64)> {
    ((98.0..119.0).contains(&lon) && (-10.0..40.0).contains(&lat)).then(|| from_crs84(lon, lat))
}

fn moved(local: &MultiPolygon<f64>, f: impl Fn(f64, f64) -> Option<(f64, f64)>) -> Option<Outline> {
    local.try_map_coords(|c| f(c.x, c.y).map(|(x, y)| Coord { x, y }).ok_or(())).ok().map(Outline)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_conversion_turns_and_moves() {
        let p = Placement::in_crs("EPSG:9218", (411_600.0, 1_327_000.0), 90.0, 1.0).unwrap();
        let (e, n) = p.to_stored(10.0, 2.0).unwrap();
        assert!((e - 411_598.0).abs() < 1e-6 && (n - 1_327_010.0).abs() < 1e-6);
    }

    #[test]
    fn a_site_far_away_is_still_on_the_globe() {
        let p = Placement::by_site((4.9, 52.4), (100.0, 50.0), 0.0);
        let (lon, lat) = p.to_crs84(100.0, 50.0).unwrap();
        assert!((lon - 4.9).abs() < 1e-6 && (lat - 52.4).abs() < 1e-6);
        assert_eq!(p.to_stored(100.0, 50.0), None);
    }
}
