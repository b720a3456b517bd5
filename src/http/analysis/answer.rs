//! The outcome as GeoJSON and as CSV.

use geo::{Geometry, InteriorPoint, MapCoords};
use serde_json::{Map, Value as Json, json};

use crate::analysis::{Column, Outcome, Row};
use crate::error::{Error, Result};
use crate::layers::{Catalog, Value};
use crate::space::{crs, geojson};
use crate::text::{Lang, number};

/// Decimals of degrees: a centimetre, for geometries that were computed.
const DECIMALS: u8 = 7;

/// Unit as people write it; the values stay in the unit that the layer file names.
fn symbol(unit: &str) -> String {
    unit.replace("m2", "m²").replace("m3", "m³").replace("percent", "%")
}

/// A `FeatureCollection` with the table's `columns`, `figures`, `areas`, and how many rows there are in all.
pub(super) fn json(outcome: &Outcome, catalog: &Catalog, lang: Lang) -> Vec<u8> {
    let columns: Vec<Json> = outcome
        .columns
        .iter()
        .map(|c| {
            let codes = c.codes.as_deref().and_then(|id| catalog.code_list(id)).map(|list| {
                list.codes.iter().map(|c| (c.code.clone(), c.title.get(lang).into())).collect::<Map<_, _>>()
            });
            json!({"name": c.name, "title": c.title.get(lang), "type": c.kind, "unit": c.unit, "codes": codes})
        })
        .collect();
    let figures: Vec<Json> = outcome
        .figures
        .iter()
        .map(
            |f| json!({"name": f.name, "title": f.title.get(lang), "value": plain(&f.value), "unit": f.unit}),
        )
        .collect();
    let features: Vec<Json> = outcome.rows.iter().map(|r| feature(r, &outcome.columns)).collect();
    let minutes = [Column {
        name: "minutes".to_owned(),
        title: crate::text::Text::new("Thời gian đi", "Travel time"),
        unit: Some("min".to_owned()),
        kind: None,
        codes: None,
    }];
    let areas: Vec<Json> = outcome.areas.iter().map(|r| feature(r, &minutes)).collect();
    json!({
        "type": "FeatureCollection",
        "numberMatched": outcome.matched,
        "numberReturned": outcome.rows.len(),
        "columns": columns,
        "figures": figures,
        "areas": {"type": "FeatureCollection", "features": areas},
        "features": features,
    })
    .to_string()
    .into_bytes()
}

fn feature(row: &Row, columns: &[Column]) -> Json {
    let properties: Map<String, Json> =
        columns.iter().zip(&row.values).map(|(c, v)| (c.name.clone(), plain(v))).collect();
    let geometry = row.geometry.as_ref().map_or(Json::Null, |g| geojson::to_json(&degrees(g), DECIMALS));
    let mut feature = json!({"type": "Feature", "geometry": geometry, "properties": properties});
    if let (Some((layer, fid)), Some(members)) = (&row.item, feature.as_object_mut()) {
        members.insert("id".to_owned(), (*fid).into());
        members.insert("layer".to_owned(), layer.as_ref().into());
    }
    feature
}

fn degrees(g: &Geometry<f64>) -> Geometry<f64> {
    g.map_coords(|c| crs::to_crs84(c.x, c.y).into())
}

fn plain(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(b) => (*b).into(),
        Value::Int(i) => (*i).into(),
        Value::Real(r) => json!(r),
        Value::Text(t) => t.as_str().into(),
        Value::Date(d) => d.to_string().into(),
        Value::Time(t) => t.to_rfc3339().into(),
    }
}

/// A table for spreadsheets: UTF-8 with the mark that they look for, a place in degrees behind each row, codes as
/// their titles. Refused where it would not be whole.
pub(super) fn csv(outcome: &Outcome, catalog: &Catalog, lang: Lang) -> Result<Vec<u8>> {
    if outcome.matched > outcome.rows.len() {
        let (n, all) = (outcome.rows.len(), outcome.matched);
        let [vi, en] = [Lang::Vi, Lang::En].map(|lang| move |n: usize| number(lang, n as f64, 0));
        return Err(Error::invalid(
            "limit",
            format!("kết quả có {} dòng, chỉ tải được {}; hãy thu hẹp điều kiện", vi(all), vi(n)),
            format!("there are {} rows and {} can be downloaded; narrow the conditions", en(all), en(n)),
        ));
    }
    let fault = |e: csv::Error| Error::internal("write CSV", e);
    let mut writer = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    let head = outcome.columns.iter().map(|c| match &c.unit {
        Some(unit) => format!("{} ({})", c.title.get(lang), symbol(unit)),
        None => c.title.get(lang).to_owned(),
    });
    writer.write_record(head.chain(["lon".to_owned(), "lat".to_owned()])).map_err(fault)?;
    for row in &outcome.rows {
        let cells = outcome.columns.iter().zip(&row.values).map(|(c, v)| cell(c, v, catalog, lang));
        let place = row.geometry.as_ref().and_then(InteriorPoint::interior_point);
        let place = place.map(|p| crs::to_crs84(p.x(), p.y()));
        let [lon, lat] = place.map_or_else(Default::default, |(x, y)| [format!("{x:.7}"), format!("{y:.7}")]);
        writer.write_record(cells.chain([lon, lat])).map_err(fault)?;
    }
    writer.into_inner().map_err(|e| Error::internal("write CSV", e.into_error()))
}

fn cell(column: &Column, value: &Value, catalog: &Catalog, lang: Lang) -> String {
    match value {
        Value::Text(t) => {
            let list = column.codes.as_deref().and_then(|id| catalog.code_list(id));
            let text = list.and_then(|l| l.code(t)).map_or(t.as_str(), |c| c.title.get(lang));
            // A spreadsheet would take such a text for a formula.
            if text.starts_with(['=', '+', '-', '@', '\t']) { format!("'{text}") } else { text.to_owned() }
        }
        Value::Null => String::new(),
        other => match plain(other) {
            Json::String(t) => t,
            number => number.to_string(),
        },
    }
}
