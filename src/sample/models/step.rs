//! A STEP physical file (ISO 10303-21) as records, and its text.

use std::collections::HashMap;
use std::fmt::Write as _;

/// Number of a record.
pub type Id = usize;

/// A parameter of a record.
#[derive(Debug, Clone, PartialEq)]
pub enum V {
    /// `$`
    Null,
    /// `*`, an attribute that a subtype derives.
    Derived,
    /// Another record.
    Ref(Id),
    /// Text; any Unicode.
    Str(String),
    /// Real number.
    Real(f64),
    /// Whole number.
    Int(i64),
    /// Enumeration item without its dots; `T` and `F` are the booleans.
    Enum(&'static str),
    /// List or set.
    List(Vec<V>),
    /// A value of a select type with its type's name.
    Typed(&'static str, Box<V>),
}

impl V {
    /// Text.
    pub fn text(s: impl Into<String>) -> Self {
        Self::Str(s.into())
    }

    /// A boolean or logical.
    pub const fn bool(b: bool) -> Self {
        Self::Enum(if b { "T" } else { "F" })
    }

    /// A list of references.
    pub fn refs(ids: impl IntoIterator<Item = Id>) -> Self {
        Self::List(ids.into_iter().map(Self::Ref).collect())
    }

    /// A list of reals.
    pub fn reals(values: impl IntoIterator<Item = f64>) -> Self {
        Self::List(values.into_iter().map(Self::Real).collect())
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push('$'),
            Self::Derived => out.push('*'),
            Self::Ref(id) => write!(out, "#{id}").expect("writing to a String cannot fail"),
            Self::Str(s) => {
                out.push('\'');
                out.push_str(&encode_text(s));
                out.push('\'');
            }
            Self::Real(r) => out.push_str(&real(*r)),
            Self::Int(i) => write!(out, "{i}").expect("writing to a String cannot fail"),
            Self::Enum(e) => write!(out, ".{e}.").expect("writing to a String cannot fail"),
            Self::List(items) => {
                out.push('(');
                write_list(items, out);
                out.push(')');
            }
            Self::Typed(name, value) => {
                out.push_str(name);
                out.push('(');
                value.write(out);
                out.push(')');
            }
        }
    }
}

fn write_list(items: &[V], out: &mut String) {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        item.write(out);
    }
}

/// A real with at most nine decimals and always a point, so that no machine's last bit shows.
fn real(value: f64) -> String {
    let rounded = (value * 1e9).round() / 1e9;
    let text = format!("{}", if rounded == 0.0 { 0.0 } else { rounded });
    if text.contains('.') { text } else { text + "." }
}

/// Text as it stands between quotes: quotes and backslashes doubled, what is not printable ASCII as
/// `\X2\…\X0\` in UTF-16 code units (ISO 10303-21, 6.4.3).
pub fn encode_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut wide = false;
    for c in text.chars() {
        let plain = matches!(c, ' '..='~');
        if plain && wide {
            out.push_str("\\X0\\");
        } else if !plain && !wide {
            out.push_str("\\X2\\");
        }
        wide = !plain;
        match c {
            '\'' => out.push_str("''"),
            '\\' => out.push_str("\\\\"),
            c if plain => out.push(c),
            c => {
                let mut units = [0u16; 2];
                for unit in c.encode_utf16(&mut units) {
                    write!(out, "{unit:04X}").expect("writing to a String cannot fail");
                }
            }
        }
    }
    if wide {
        out.push_str("\\X0\\");
    }
    out
}

/// The DATA section: records numbered from 1 without a gap.
#[derive(Debug, Default)]
pub struct Document {
    records: Vec<String>,
    shared: HashMap<String, Id>,
}

/// Entities without identity: equal ones are written once.
const SHARED: [&str; 3] = ["IFCCARTESIANPOINT", "IFCDIRECTION", "IFCAXIS2PLACEMENT3D"];

impl Document {
    /// Takes over records that another writer made: the entities with their parameters, in the order of their numbers.
    pub fn from_records(records: Vec<String>) -> Self {
        Self { records, shared: HashMap::new() }
    }

    /// Adds a record and gives its number; of points, directions and axes that of an equal one.
    pub fn add(&mut self, entity: &str, parameters: &[V]) -> Id {
        let mut text = format!("{entity}(");
        write_list(parameters, &mut text);
        text.push(')');
        if let Some(id) = self.shared.get(&text) {
            return *id;
        }
        if SHARED.contains(&entity) {
            self.shared.insert(text.clone(), self.records.len() + 1);
        }
        self.records.push(text);
        self.records.len()
    }

    /// The whole file.
    pub fn to_text(&self, header: &Header) -> String {
        let mut out = header.to_text();
        out.push_str("DATA;\n");
        for (i, record) in self.records.iter().enumerate() {
            writeln!(out, "#{}={record};", i + 1).expect("writing to a String cannot fail");
        }
        out.push_str("ENDSEC;\nEND-ISO-10303-21;\n");
        out
    }
}

/// What the HEADER section says.
#[derive(Debug)]
pub struct Header<'a> {
    /// Name of the file.
    pub file: &'a str,
    /// Name of the schema, such as `IFC4`.
    pub schema: &'a str,
    /// Model view definition that the file follows.
    pub view: &'a str,
    /// Library that wrote the records.
    pub preprocessor: &'a str,
}

/// Moment that all samples carry, so that they are the same on every run.
pub const TIMESTAMP: &str = "2026-07-01T00:00:00";

impl Header<'_> {
    fn to_text(&self) -> String {
        let Self { file, schema, view, preprocessor } = self;
        format!(
            "ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION(('ViewDefinition [{view}]'),'2;1');\n\
             FILE_NAME('{file}','{TIMESTAMP}',('Dothi sample'),('Dothi'),'{preprocessor}','Dothi sample models','');\n\
             FILE_SCHEMA(('{schema}'));\nENDSEC;\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vietnamese_is_written_in_utf_16_between_escapes() {
        assert_eq!(encode_text("Tầng 1"), "T\\X2\\1EA7\\X0\\ng 1");
        assert_eq!(encode_text("a'b\\c"), "a''b\\\\c");
        assert_eq!(encode_text("ẾÔ"), "\\X2\\1EBE00D4\\X0\\");
    }

    #[test]
    fn reals_always_have_a_point_and_no_negative_zero() {
        assert_eq!(real(3.0), "3.");
        assert_eq!(real(-0.0), "0.");
        assert_eq!(real(0.1 + 0.2), "0.3");
        assert_eq!(real(1_328_240.123_456_789_1), "1328240.123456789");
    }

    #[test]
    fn a_record_is_written_with_its_parameters() {
        let mut d = Document::default();
        let p = d.add("IFCCARTESIANPOINT", &[V::reals([0.0, 1.5])]);
        d.add("IFCX", &[V::Ref(p), V::Null, V::bool(true), V::Typed("IFCLABEL", Box::new(V::text("é")))]);
        assert_eq!(d.records[1], "IFCX(#1,$,.T.,IFCLABEL('\\X2\\00E9\\X0\\'))");
    }
}
