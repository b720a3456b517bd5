//! The level of OpenStreetMap's ways: `layer`, `bridge` and `tunnel` as one number.
//!
//! Tags stand in fields of their own (Overpass, Geofabrik) or together in `other_tags` (what GDAL makes of a .pbf).
//! See <https://wiki.openstreetmap.org/wiki/Key:layer>.

use crate::layers::Value;

/// The field that is added to such files; layers name it in `import_from`.
pub(super) const LEVEL: &str = "osm_level";

/// Fields of which one tells that a file is made from OpenStreetMap: others use `layer` for other things.
const IDS: [&str; 4] = ["osm_id", "osm_way_id", "full_id", "@id"];

/// Where the tags of a file stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Levels {
    layer: Option<usize>,
    bridge: Option<usize>,
    tunnel: Option<usize>,
    others: Option<usize>,
}

impl Levels {
    /// None where the fields are not those of OpenStreetMap, or tell no levels.
    pub(super) fn of(fields: &[String]) -> Option<Self> {
        let at = |name: &str| fields.iter().position(|f| f.eq_ignore_ascii_case(name));
        let own = IDS.iter().any(|id| at(id).is_some()) && at(LEVEL).is_none();
        let [layer, bridge, tunnel, others] = ["layer", "bridge", "tunnel", "other_tags"].map(at);
        let told = [layer, bridge, tunnel, others].iter().any(Option::is_some);
        (own && told).then_some(Self { layer, bridge, tunnel, others })
    }

    /// What `layer` says; where it says nothing or 0, a bridge is at 1 and a tunnel at -1. A passage through a
    /// building stays on the ground.
    pub(super) fn level(&self, values: &[Value]) -> i64 {
        let others = match self.others.map(|i| &values[i]) {
            Some(Value::Text(tags)) => tags.as_str(),
            _ => "",
        };
        let tag = |field: Option<usize>, name: &str| match field.map(|i| &values[i]) {
            Some(Value::Text(text)) => Some(text.clone()),
            Some(Value::Int(number)) => Some(number.to_string()),
            Some(Value::Bool(yes)) => Some(yes.to_string()),
            _ => hstore(others, name),
        };
        let layer = tag(self.layer, "layer").and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        if layer != 0 {
            return layer;
        }
        let is = |value: Option<String>| value.is_some_and(|v| !["", "no", "F", "0", "false"].contains(&&*v));
        let tunnel = tag(self.tunnel, "tunnel").filter(|kind| kind != "building_passage");
        i64::from(is(tag(self.bridge, "bridge"))) - i64::from(is(tunnel))
    }
}

/// The value of a key in PostgreSQL's hstore text, `"key"=>"value","other"=>"…"`, quotes and backslashes escaped.
fn hstore(tags: &str, key: &str) -> Option<String> {
    let mut rest = tags;
    loop {
        let (name, after) = quoted(rest)?;
        let (value, after) = quoted(after.strip_prefix("=>")?)?;
        if name == key {
            return Some(value);
        }
        rest = after.strip_prefix(',')?;
    }
}

/// The text between the quotes with which `text` begins, and what comes after them.
fn quoted(text: &str) -> Option<(String, &str)> {
    let inside = text.strip_prefix('"')?;
    let mut out = String::new();
    let mut chars = inside.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((out, &inside[at + 1..])),
            '\\' => out.push(chars.next()?.1),
            c => out.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(fields: &[(&str, Value)]) -> Option<i64> {
        let (names, values): (Vec<String>, Vec<Value>) =
            fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).unzip();
        Some(Levels::of(&names)?.level(&values))
    }

    fn text(t: &str) -> Value {
        Value::Text(t.to_owned())
    }

    #[test]
    fn tags_in_their_own_fields() {
        let of = |layer: Value, bridge: Value, tunnel: Value| {
            level(&[("osm_id", Value::Int(1)), ("layer", layer), ("bridge", bridge), ("tunnel", tunnel)])
                .unwrap()
        };
        assert_eq!(of(Value::Null, Value::Null, Value::Null), 0);
        assert_eq!(of(text("2"), text("yes"), Value::Null), 2);
        assert_eq!(of(Value::Null, text("viaduct"), Value::Null), 1);
        assert_eq!(of(Value::Null, text("no"), text("yes")), -1);
        assert_eq!(of(Value::Null, Value::Null, text("building_passage")), 0);
        assert_eq!(of(text("1;2"), text("yes"), Value::Null), 1, "no number");
        // Geofabrik's shapefiles: letters, and 0 where OpenStreetMap says nothing.
        assert_eq!(of(Value::Int(0), text("T"), text("F")), 1);
        assert_eq!(of(Value::Int(-2), text("F"), text("T")), -2);
    }

    #[test]
    fn tags_of_a_pbf() {
        let of = |tags: &str| level(&[("osm_id", text("1")), ("other_tags", text(tags))]).unwrap();
        assert_eq!(of(r#""lanes"=>"2","bridge"=>"yes","layer"=>"2""#), 2);
        assert_eq!(of(r#""note"=>"the \"layer\"=>\"3\", \\","tunnel"=>"yes""#), -1);
        assert_eq!(of(r#""lanes"=>"2"#), 0, "cut off");
        assert_eq!(level(&[("osm_id", text("1")), ("other_tags", Value::Null)]), Some(0));
    }

    #[test]
    fn other_files_tell_no_levels() {
        assert_eq!(level(&[("Layer", text("GIAO_THONG")), ("name", Value::Null)]), None);
        assert_eq!(level(&[("osm_id", Value::Int(1)), ("name", Value::Null)]), None);
        assert_eq!(level(&[("osm_id", Value::Int(1)), ("layer", Value::Null), (LEVEL, Value::Int(2))]), None);
    }
}
