//! How a model says where it stands (LoGeoRef 10–50), brought to metres and checked for the usual mistakes.
//!
//! | level | source | placed |
//! |---|---|---|
//! | 50 | IfcMapConversion, IfcMapConversionScaled or IfcRigidOperation into IfcProjectedCRS (IfcGeographicCRS); in IFC2X3 ePset_MapConversion + ePset_ProjectedCRS | by map conversion |
//! | 40 | WorldCoordinateSystem of the model's context | where a grid of the province fits, doubtfully |
//! | 30 | placement of IfcSite or IfcBuilding, or the geometry's own coordinates | the same |
//! | 20 | IfcSite RefLatitude, RefLongitude, with TrueNorth | within 5 m or worse |
//! | 10 | an address | no |
//!
//! What is declared is applied as the standard says, mistakes too. A doubt is told in words (what was read, what would
//! be right), and the horizontal uncertainty grows to the distance between the two readings, so that no check decides
//! by a place that may be another.

mod angles;
mod conversion;
mod crosscheck;
mod crs;
mod doubts;
mod geographic;
mod ifc2x3;
mod site;
mod world;
mod zones;

use super::element::Context;
use super::facts::Georeference;
use super::placement::Placement;
use crate::text::Text;

/// Uncertainty of a conversion that is declared in VN-2000 itself, metres.
const DECLARED_M: f64 = 0.05;
/// Uncertainty after a transformation between datums (EPSG:6960 and its like), metres.
const TRANSFORMED_M: f64 = 1.0;
/// Uncertainty of IfcSite's latitude and longitude, metres: seconds are often rounded, the datum is not named.
const SITE_M: f64 = 5.0;
/// Where nothing places the model.
const NOWHERE_M: f64 = 1000.0;
/// Farther than this from its origin no building is drawn unless by map coordinates, metres.
const FAR_M: f64 = 100_000.0;

/// What places the model.
#[derive(Default)]
pub struct Found {
    /// For the facts; its warnings are the notes in English.
    pub georeference: Option<Georeference>,
    /// How outlines are moved.
    pub placement: Option<Placement>,
    /// Doubts.
    pub notes: Vec<Text>,
}

impl Found {
    /// Tells a doubt that leaves the place uncertain by `metres`.
    fn doubt(&mut self, metres: f64, vi: impl Into<String>, en: impl Into<String>) {
        self.notes.push(Text::new(vi, en));
        if let Some(g) = &mut self.georeference {
            g.horizontal_uncertainty_m = g.horizontal_uncertainty_m.max((metres * 100.0).round() / 100.0);
        }
    }
}

/// Reads what places the model, the best first.
pub fn read(context: &Context<'_>) -> Found {
    let mut early = Vec::new();
    let mut found = conversion::read(context, &mut early).unwrap_or_else(|| site::read(context));
    found.notes.splice(0..0, early);
    if let Some(georeference) = &mut found.georeference {
        add_geographic(georeference, found.placement.as_ref());
    }
    crosscheck::check(context, &mut found);
    if let Some(georeference) = &mut found.georeference {
        georeference.warnings = found.notes.iter().map(|n| n.en.clone()).collect();
    }
    found
}

/// No vertical datum: said for every level.
fn no_vertical_datum() -> Text {
    Text::new(
        "không nêu hệ độ cao: không biết cao độ so với mặt đất hay mực nước biển",
        "no vertical datum is named: heights over the ground or sea are not known",
    )
}

/// Longitude and latitude of the local origin.
fn add_geographic(georeference: &mut Georeference, placement: Option<&Placement>) {
    if let Some((lon, lat)) = placement.and_then(|p| p.to_crs84(0.0, 0.0)) {
        georeference.longitude = Some(lon);
        georeference.latitude = Some(lat);
    }
}

/// Without the noise of a product of two decimals.
fn micrometres(x: f64) -> f64 {
    (x * 1e6).round() / 1e6
}

/// A georeference that says nothing yet.
fn blank(level: u8, source: &str) -> Georeference {
    Georeference {
        level,
        source: source.to_owned(),
        crs: None,
        easting: None,
        northing: None,
        longitude: None,
        latitude: None,
        orthogonal_height_m: None,
        vertical_datum: None,
        rotation_deg: 0.0,
        scale: 1.0,
        horizontal_uncertainty_m: NOWHERE_M,
        warnings: Vec::new(),
    }
}
