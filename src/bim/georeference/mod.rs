//! How a model says where it stands (LoGeoRef 10–50), brought to metres and checked for the usual mistakes.
//!
//! | level | source | placed |
//! |---|---|---|
//! | 50 | IfcMapConversion + IfcProjectedCRS; in IFC2X3 ePset_MapConversion + ePset_ProjectedCRS | by map conversion |
//! | 40 | WorldCoordinateSystem of the model's context | no: no CRS is named |
//! | 30 | ObjectPlacement of IfcSite | no: no CRS is named |
//! | 20 | IfcSite RefLatitude, RefLongitude, with TrueNorth | within 5 m or worse |
//! | 10 | an address | no |

mod conversion;
mod crs;
mod site;

use super::element::Context;
use super::facts::Georeference;
use super::placement::Placement;
use crate::text::Text;

/// Uncertainty of a conversion that is declared in EPSG:9218 itself, metres.
const DECLARED_M: f64 = 0.05;
/// Uncertainty after a transformation between datums (EPSG:6960 and its like), metres.
const TRANSFORMED_M: f64 = 1.0;
/// Uncertainty of IfcSite's latitude and longitude, metres: seconds are often rounded, the datum is not named.
const SITE_M: f64 = 5.0;
/// Where nothing places the model.
const NOWHERE_M: f64 = 1000.0;

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

/// Reads what places the model, the best first.
pub fn read(context: &Context<'_>) -> Found {
    let mut found = conversion::read(context).unwrap_or_else(|| site::read(context));
    if let Some(georeference) = &mut found.georeference {
        add_geographic(georeference, found.placement.as_ref());
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
