//! A parcel of the cadastre as pages need it, read from memory with the reader's rights.

use geo::Geometry;

use super::i18n::Tr;
use crate::Result;
use crate::access::{self, Principal};
use crate::features::{Item, Query};
use crate::filter::{CompareOp, Expr};
use crate::layers::{Catalog, Value};
use crate::state::AppState;
use crate::text::Text;

/// A parcel.
#[derive(Debug, Clone)]
#[allow(clippy::struct_field_names, reason = "the cadastre's own names")]
pub struct Parcel {
    /// Code: commune, sheet, number.
    pub code: String,
    /// Sheet of the cadastral map.
    pub sheet_number: Option<i64>,
    /// Number on the sheet.
    pub parcel_number: Option<i64>,
    /// Area on record, m².
    pub area_m2: Option<f64>,
    /// Land use, with its code.
    pub land_use: Option<Text>,
    /// Commune.
    pub commune: Option<Text>,
    /// Address.
    pub address: Option<String>,
    /// Whether the record was made up by the sample.
    pub made_up: bool,
    /// Shape in EPSG:9218, metres.
    pub geometry: Geometry<f64>,
}

/// The parcel called `code`; none where there is none.
pub fn find(state: &AppState, who: &Principal, code: &str) -> Result<Option<Parcel>> {
    let catalog = state.catalog.load();
    let snapshot = state.features.snapshot();
    let view = catalog.layer("parcel").and_then(|layer| access::view(who, layer, &catalog));
    let Some(reader) = view.and_then(|view| snapshot.layer(&view)) else { return Ok(None) };
    let filter = Expr::Compare {
        attribute: "code".to_owned(),
        op: CompareOp::Eq,
        value: Value::Text(code.to_owned()),
    };
    let query = Query { filter: Some(filter), limit: 1, ..Query::default() };
    let found = reader.query(&query)?.next().map(|item| read(&catalog, &item));
    Ok(found)
}

fn read(catalog: &Catalog, item: &Item<'_>) -> Parcel {
    let text = |name: &str| match item.value_of(name) {
        Some(Value::Text(t)) if !t.is_empty() => Some(t),
        _ => None,
    };
    let whole = |name: &str| match item.value_of(name) {
        Some(Value::Int(n)) => Some(n),
        _ => None,
    };
    let titled = |list: &str, code: String| {
        let found = catalog.code_lists.get(list).and_then(|l| l.codes.iter().find(|c| c.code == code));
        found.map_or_else(
            || Text::new(code.clone(), code.clone()),
            |c| Text::new(format!("{} ({code})", c.title.vi), format!("{} ({code})", c.title.en)),
        )
    };
    Parcel {
        code: text("code").unwrap_or_default(),
        sheet_number: whole("sheet_number"),
        parcel_number: whole("parcel_number"),
        area_m2: match item.value_of("area_m2") {
            Some(Value::Real(v)) => Some(v),
            _ => None,
        },
        land_use: text("land_use").map(|c| titled("landuse", c)),
        commune: text("commune_code").map(|c| titled("commune", c)),
        address: text("address"),
        made_up: item.value_of("made_up") == Some(Value::Bool(true)),
        geometry: item.geometry(),
    }
}

impl Parcel {
    /// Number and sheet in words.
    pub fn title(&self, tr: Tr) -> String {
        match (self.parcel_number, self.sheet_number) {
            (Some(number), Some(sheet)) => {
                tr.with("parcel-title", &[("number", &number.to_string()), ("sheet", &sheet.to_string())])
            }
            _ => self.code.clone(),
        }
    }
}
