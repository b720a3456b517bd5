//! Which field of a file becomes which attribute of a layer: by name, or as `--map` says.

use crate::layers::conform::{from_text, reinterpret_owned};
use crate::layers::{LayerDef, Value};
use crate::text::Text;
use crate::{Error, Result};

/// Field names in a .dbf end after this many characters.
const DBF_NAME_CHARS: usize = 10;

/// Where one attribute's value comes from.
#[derive(Debug, Clone, PartialEq)]
enum Source {
    /// Nowhere: null.
    Nothing,
    /// A field of the file, by index.
    Field(usize),
    /// The same for all.
    Constant(Value),
}

/// The mapping of one import.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    /// One source an attribute.
    sources: Vec<Source>,
    /// Of each field, whether several attributes take it.
    shared: Vec<bool>,
}

/// `target=source` pairs of `--map`, divided by commas; a source in single quotes is a constant.
pub fn parse(map: &str) -> Result<Vec<(String, String)>> {
    split(map)
        .into_iter()
        .map(|pair| {
            let (target, source) = pair.split_once('=').ok_or_else(|| {
                Error::invalid(
                    "--map",
                    format!("{pair}: cần dạng thuộc_tính=trường"),
                    format!("{pair}: attribute=field was expected"),
                )
            })?;
            Ok((target.trim().to_owned(), source.trim().to_owned()))
        })
        .collect()
}

/// Cuts at commas outside quotes.
fn split(map: &str) -> Vec<&str> {
    let mut quoted = false;
    map.split(|c: char| {
        quoted ^= c == '\'';
        c == ',' && !quoted
    })
    .filter(|p| !p.trim().is_empty())
    .collect()
}

impl Mapping {
    /// The mapping from `fields` to the attributes of `def`. `pairs` win over equal names. The error names what is
    /// not there, and required attributes without a source.
    pub fn new(def: &LayerDef, fields: &[String], pairs: &[(String, String)]) -> Result<Self> {
        if let Some((target, _)) = pairs.iter().find(|(target, _)| def.attribute(target).is_none()) {
            let names: Vec<&str> = def.attributes.iter().map(|a| a.name.as_str()).collect();
            return Err(Error::invalid(
                "--map",
                format!("lớp {} không có thuộc tính {target}; có: {}", def.id, names.join(", ")),
                format!("the layer {} has no attribute {target}; it has: {}", def.id, names.join(", ")),
            ));
        }
        let mut sources = Vec::with_capacity(def.attributes.len());
        for a in &def.attributes {
            sources.push(match pairs.iter().find(|(target, _)| *target == a.name) {
                Some((_, source)) => explicit(fields, source, a)?,
                None => unsaid(fields, a).map_or(Source::Nothing, Source::Field),
            });
        }
        let missing: Vec<&str> = def
            .attributes
            .iter()
            .zip(&sources)
            .filter(|(a, s)| a.required && **s == Source::Nothing)
            .map(|(a, _)| a.name.as_str())
            .collect();
        if missing.is_empty() {
            let takers = |i: usize| sources.iter().filter(|s| **s == Source::Field(i)).count();
            let shared = (0..fields.len()).map(|i| takers(i) > 1).collect();
            return Ok(Self { sources, shared });
        }
        let (missing, fields) = (missing.join(", "), fields.join(", "));
        Err(Error::invalid(
            "--map",
            format!(
                "thuộc tính bắt buộc chưa có nguồn: {missing}. Trường của tệp: {fields}. Dùng --map thuộc_tính=trường (hoặc ='hằng')"
            ),
            format!(
                "required attributes have no source: {missing}. Fields of the file: {fields}. Use --map attribute=field (or ='constant')"
            ),
        ))
    }

    /// Positions of the attributes that the file says nothing of.
    pub fn silent(&self) -> impl Iterator<Item = usize> {
        self.sources.iter().enumerate().filter(|(_, s)| **s == Source::Nothing).map(|(i, _)| i)
    }

    /// The attributes' values of a feature. The error names the attribute.
    pub fn apply(&self, def: &LayerDef, mut values: Vec<Value>) -> Result<Vec<Value>, Text> {
        def.attributes
            .iter()
            .zip(&self.sources)
            .map(|(a, source)| match source {
                Source::Nothing => Ok(Value::Null),
                Source::Constant(value) => Ok(value.clone()),
                Source::Field(i) => {
                    let value = match values.get_mut(*i) {
                        None => Value::Null,
                        // Another attribute takes it too.
                        Some(value) if self.shared[*i] => value.clone(),
                        Some(value) => std::mem::replace(value, Value::Null),
                    };
                    reinterpret_owned(a.kind, value).map_err(|r| {
                        Text::new(format!("{}: {}", a.name, r.vi), format!("{}: {}", a.name, r.en))
                    })
                }
            })
            .collect()
    }
}

fn explicit(fields: &[String], source: &str, a: &crate::layers::Attribute) -> Result<Source> {
    if let Some(constant) = source.strip_prefix('\'').and_then(|s| s.strip_suffix('\'')) {
        let value = from_text(a.kind, constant)
            .map_err(|reason| Error::InvalidParameter { name: format!("--map {}", a.name), reason })?;
        return Ok(Source::Constant(value));
    }
    let exact = fields.iter().position(|f| f == source);
    exact.or_else(|| by_name(fields, source)).map(Source::Field).ok_or_else(|| {
        Error::invalid(
            "--map",
            format!("tệp không có trường {source}; có: {}", fields.join(", ")),
            format!("the file has no field {source}; it has: {}", fields.join(", ")),
        )
    })
}

/// The field that an attribute is read from where nothing is said: one that its definition names, else its own name.
fn unsaid(fields: &[String], a: &crate::layers::Attribute) -> Option<usize> {
    a.import_from.iter().chain([&a.name]).find_map(|name| by_name(fields, name))
}

/// By name without regard to case; a name that a .dbf has cut off counts if no other begins so.
fn by_name(fields: &[String], name: &str) -> Option<usize> {
    let folded = |s: &str| s.to_lowercase();
    let name = folded(name);
    fields.iter().position(|f| folded(f) == name).or_else(|| {
        let cut = |f: &String| f.chars().count() == DBF_NAME_CHARS && name.starts_with(&folded(f));
        let mut found = fields.iter().enumerate().filter(|(_, f)| cut(f));
        match (found.next(), found.next()) {
            (Some((i, _)), None) => Some(i),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn def() -> LayerDef {
        let attribute = |name: &str, kind: &str, required: bool| serde_json::json!({"name": name, "type": kind, "title": {"vi": "", "en": ""}, "required": required});
        serde_json::from_value(serde_json::json!({
            "id": "x", "title": {"vi": "x", "en": "x"}, "theme": "t", "geometry": "Point", "owner": [], "access": "O",
            "attribute": [attribute("code", "text", true), attribute("area_m2", "real", false),
                attribute("commune_code", "text", false)],
        }))
        .unwrap()
    }

    fn strings(names: &[&str]) -> Vec<String> {
        names.iter().map(|s| (*s).to_owned()).collect()
    }

    #[test]
    fn names_pairs_and_constants() {
        let pairs = parse("area_m2=SUPF, commune_code='24611, x'").unwrap();
        let mapping = Mapping::new(&def(), &strings(&["CODE", "supf", "other"]), &pairs).unwrap();
        let row =
            mapping.apply(&def(), vec![Value::Int(7), Value::Text("12,5".into()), Value::Null]).unwrap();
        assert_eq!(row, [Value::Text("7".into()), Value::Real(12.5), Value::Text("24611, x".into())]);
        let reason =
            mapping.apply(&def(), vec![Value::Null, Value::Text("x".into()), Value::Null]).unwrap_err();
        assert!(reason.en.starts_with("area_m2: x"), "{}", reason.en);
    }

    #[test]
    fn a_cut_off_name_is_known() {
        let mapping = Mapping::new(&def(), &strings(&["code", "commune_co"]), &[]).unwrap();
        assert_eq!(mapping.sources[2], Source::Field(1));
    }

    #[test]
    fn a_definition_knows_other_names() {
        let mut def = def();
        def.attributes[1].import_from = strings(&["SUPF", "Shape_Area"]);
        let source = |fields: &[&str]| Mapping::new(&def, &strings(fields), &[]).unwrap().sources[1].clone();
        assert_eq!(source(&["code", "area_m2", "shape_area", "supf"]), Source::Field(3));
        assert_eq!(source(&["code", "area_m2", "shape_area"]), Source::Field(2));
        assert_eq!(source(&["code", "area_m2"]), Source::Field(1));
    }

    #[test]
    fn what_is_not_there_is_named() {
        let error = |fields: &[&str], map: &str| {
            Mapping::new(&def(), &strings(fields), &parse(map).unwrap()).unwrap_err().to_string()
        };
        assert!(error(&["a"], "").contains("no source: code"));
        assert!(error(&["a"], "code=b").contains("no field b; it has: a"));
        assert!(error(&["a"], "cod=a").contains("no attribute cod; it has: code, area_m2, commune_code"));
        assert!(parse("code").is_err());
    }
}
