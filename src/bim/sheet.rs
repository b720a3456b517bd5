//! What the model says of each element, for whoever points at it: class, names, type, storey, property and quantity
//! sets. One line of JSON an element, in the order of GlobalIds, so that one is found without reading all. No
//! geometry is made for it.

use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::element::Context;
use super::error::BimError;
use super::step::{Record, Value};

/// Where each kind of simple quantity keeps its value (IFC4 ADD2, IfcQuantityResource).
const QUANTITIES: [(&str, &str); 7] = [
    ("IfcQuantityLength", "LengthValue"),
    ("IfcQuantityArea", "AreaValue"),
    ("IfcQuantityVolume", "VolumeValue"),
    ("IfcQuantityCount", "CountValue"),
    ("IfcQuantityWeight", "WeightValue"),
    ("IfcQuantityTime", "TimeValue"),
    ("IfcQuantityNumber", "NumberValue"),
];
/// Most sets of one element, and most members of one set, that are written: a hostile file may name one set a
/// million times.
const MOST_SETS: usize = 200;
const MOST_MEMBERS: usize = 500;

/// One element.
#[derive(Debug, Serialize)]
struct Sheet {
    global_id: String,
    entity: String,
    name: Option<String>,
    object_type: Option<String>,
    predefined_type: Option<String>,
    type_name: Option<String>,
    storey: Option<String>,
    sets: Vec<Set>,
}

/// One property or quantity set. Values are as the file writes them, in its own units.
#[derive(Debug, Serialize)]
struct Set {
    name: String,
    properties: Map<String, Json>,
}

/// The sheets of all elements.
pub fn write(context: &Context<'_>) -> Result<Vec<u8>, BimError> {
    let mut ids: Vec<(String, u32)> = context
        .model
        .all("IfcElement")
        .into_iter()
        .filter_map(|id| Some((context.model.get(id)?.text("GlobalId")?.to_owned(), id)))
        .collect();
    ids.sort();
    // Of two elements with one GlobalId the first in the file speaks.
    ids.dedup_by(|later, first| later.0 == first.0);
    let mut out = Vec::new();
    for (_, id) in ids {
        let Some(record) = context.model.get(id) else { continue };
        serde_json::to_writer(&mut out, &sheet(context, &record)).map_err(|e| {
            let reason = e.to_string();
            BimError::new(format!("#{id}"), reason.clone(), reason)
        })?;
        out.push(b'\n');
    }
    Ok(out)
}

/// The line of one element in what [`write`] gave; none where there is no such element.
pub fn find<'a>(sheets: &'a [u8], global_id: &str) -> Option<&'a [u8]> {
    let key = format!("{{\"global_id\":{},", json!(global_id));
    sheets.split(|b| *b == b'\n').find(|line| line.starts_with(key.as_bytes()))
}

fn sheet(context: &Context<'_>, record: &Record) -> Sheet {
    let text = |name: &str| record.text(name).filter(|s| !s.is_empty()).map(str::to_owned);
    let kind = context.relations.kind.get(&record.id()).and_then(|id| context.model.get(*id));
    let predefined = context.predefined(record);
    Sheet {
        global_id: text("GlobalId").unwrap_or_default(),
        entity: record.entity().to_owned(),
        name: text("Name"),
        object_type: text("ObjectType"),
        predefined_type: (!predefined.is_empty()).then_some(predefined),
        type_name: kind.as_ref().and_then(|k| k.text("Name")).map(str::to_owned),
        storey: context.element(record).storey.map(|id| context.named(id).name),
        sets: sets(context, record.id()),
    }
}

fn sets(context: &Context<'_>, id: u32) -> Vec<Set> {
    let sets = context.properties.all_sets(context.model, id).take(MOST_SETS);
    sets.map(|set| Set {
        name: set.text("Name").unwrap_or_default().to_owned(),
        properties: members(context, &set),
    })
    .filter(|set| !set.properties.is_empty())
    .collect()
}

fn members(context: &Context<'_>, set: &Record) -> Map<String, Json> {
    let attribute = if set.entity() == "IfcElementQuantity" { "Quantities" } else { "HasProperties" };
    let mut out = Map::new();
    for id in set.references(attribute).into_iter().take(MOST_MEMBERS) {
        let Some(member) = context.model.get(id) else { continue };
        let (Some(name), Some(value)) = (member.text("Name"), value(&member)) else { continue };
        out.insert(name.to_owned(), value);
    }
    out
}

fn value(member: &Record) -> Option<Json> {
    let attribute = match member.entity() {
        "IfcPropertySingleValue" => "NominalValue",
        "IfcPropertyEnumeratedValue" => "EnumerationValues",
        "IfcPropertyListValue" => "ListValues",
        quantity => {
            let (_, attribute) = QUANTITIES.iter().find(|(entity, _)| *entity == quantity)?;
            return member.number(attribute).map(|n| json!(n));
        }
    };
    Some(match member.value(attribute)? {
        Value::Text(s) => json!(s),
        Value::Number(n) => json!(n),
        Value::Boolean(b) => json!(b),
    })
}
