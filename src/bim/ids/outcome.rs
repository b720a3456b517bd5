//! Whether a facet holds of an element, and why it does not.

use super::scalar::Scalar;
use crate::text::Text;

/// The outcome of one facet for one element.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It holds.
    Holds,
    /// The information is not there at all: an optional facet passes.
    Absent(Reason),
    /// The information is there, and is not as asked for.
    Differs(Reason),
}

/// Why a facet does not hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// The class is another.
    Class(String),
    /// The predefined type is another or none.
    PredefinedType(Option<String>),
    /// The attribute has no value.
    NoAttribute,
    /// The attribute's value is another.
    Attribute(Scalar),
    /// No property set of that name.
    NoSet,
    /// The set has no such property.
    NoProperty(String),
    /// The property is complex or a reference.
    NotSimple,
    /// The property has no value.
    NoValue,
    /// The property's type is another.
    DataType(String),
    /// The property's value is another.
    Value(Vec<Scalar>),
    /// It is not classified (in that system).
    NoClassification,
    /// Its reference is another.
    Classification(Vec<String>),
    /// It has no material.
    NoMaterial,
    /// Its material is another.
    Material(Vec<String>),
    /// It is part of nothing by that relation.
    NoWhole,
    /// It is part of other things.
    Whole(Vec<String>),
}

impl Reason {
    /// In words; `what` names what was asked for.
    pub fn text(&self, what: &Text) -> Text {
        let (vi, en) = self.words();
        Text::new(format!("{}: {vi}", what.vi), format!("{}: {en}", what.en))
    }

    fn words(&self) -> (String, String) {
        let both = |vi: &str, en: &str| (vi.to_owned(), en.to_owned());
        let found = |shown: &str| (format!("mô hình có {shown}"), format!("the model has {shown}"));
        match self {
            Self::Class(class) => found(class),
            Self::PredefinedType(None) => both("không có kiểu định sẵn", "there is no predefined type"),
            Self::PredefinedType(Some(kind)) => found(&format!("“{kind}”")),
            Self::NoAttribute => both("không có giá trị", "there is no value"),
            Self::Attribute(value) if value.is_empty() => both("giá trị trống", "the value is empty"),
            Self::Attribute(value) => found(&value.shown()),
            Self::NoSet => both("không có tập thuộc tính này", "there is no such property set"),
            Self::NoProperty(set) => {
                (format!("«{set}» không có thuộc tính này"), format!("“{set}” has no such property"))
            }
            Self::NotSimple => both(
                "thuộc tính phức hoặc tham chiếu, IDS không kiểm tra được",
                "a complex or reference property, which IDS cannot look into",
            ),
            Self::NoValue => both("thuộc tính không có giá trị", "the property has no value"),
            Self::DataType(kind) => (format!("kiểu dữ liệu là {kind}"), format!("the data type is {kind}")),
            Self::Value(values) => found(&some(values.iter().map(Scalar::shown))),
            Self::NoClassification => both("không có phân loại này", "it is not so classified"),
            Self::Classification(codes) if codes.is_empty() => {
                both("phân loại không có mã", "its class has no code")
            }
            Self::Classification(codes) => found(&quoted(codes)),
            Self::NoMaterial => both("không có vật liệu", "it has no material"),
            Self::Material(names) if names.is_empty() => {
                both("vật liệu không có tên", "its material has no name")
            }
            Self::Material(names) => found(&quoted(names)),
            Self::NoWhole => both("không thuộc đối tượng nào", "it is part of nothing"),
            Self::Whole(classes) => {
                let classes = some(classes.iter().cloned());
                (format!("thuộc {classes}"), format!("it is part of {classes}"))
            }
        }
    }
}

fn quoted(texts: &[String]) -> String {
    some(texts.iter().map(|t| Scalar::Text(t.clone()).shown()))
}

/// The first few of a list.
fn some(all: impl Iterator<Item = String>) -> String {
    const SHOWN: usize = 5;
    let all: Vec<String> = all.take(SHOWN + 1).collect();
    let more = if all.len() > SHOWN { ", …" } else { "" };
    format!("{}{more}", all[..all.len().min(SHOWN)].join(", "))
}
