//! Quality rules of a layer: what its items must obey, as the layer file says (`[[quality]]`) and as its
//! attributes' definitions imply. What a rule finds is the work of `crate::quality`.

use serde::{Deserialize, Serialize};

use super::{Access, Attribute, LayerDef};
use crate::text::Text;

/// Kind of a quality rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QualityKind {
    /// No two items have the same values of `attributes`; an item that lacks one of them is not compared.
    Unique,
    /// The values of `attributes` stand in the code list `codes`.
    Codes,
    /// The numbers of `attributes` lie within `min` … `max`.
    Range,
    /// `attributes` have a value; an empty text is none.
    Required,
    /// The items do not overlap each other (or those of `layer`) by more than `tolerance_m2`.
    NoOverlap,
    /// Each item lies within the items of `layer`, but for `tolerance_m2` (areas) or `tolerance_m` (lines, points).
    CoveredBy,
    /// The items leave no hole between them, from `tolerance_m2` up to `gap_max_m2`.
    NoGaps,
    /// Vertices that come nearer than `tolerance_m` to another item (of lines: ends) touch it.
    Snap,
}

impl QualityKind {
    /// Its name in layer files and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unique => "unique",
            Self::Codes => "codes",
            Self::Range => "range",
            Self::Required => "required",
            Self::NoOverlap => "no_overlap",
            Self::CoveredBy => "covered_by",
            Self::NoGaps => "no_gaps",
            Self::Snap => "snap",
        }
    }

    /// Whether it looks at values alone.
    pub fn is_of_attributes(self) -> bool {
        matches!(self, Self::Unique | Self::Codes | Self::Range | Self::Required)
    }
}

/// How much a problem matters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The data are wrong.
    #[default]
    Error,
    /// Somebody should look at it.
    Warning,
}

impl Severity {
    /// Its name in layer files and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QualityRule {
    /// Name within the layer; of an implied rule attribute and kind, such as `height_m.range`.
    pub id: String,
    /// Kind.
    pub kind: QualityKind,
    /// What it asks, for people.
    pub title: Text,
    /// How much it matters.
    #[serde(default)]
    pub severity: Severity,
    /// Attributes that it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<String>,
    /// The other layer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// Only items that agree in these attributes are compared with each other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub same: Vec<String>,
    /// Area that is passed over, square metres in EPSG:9218.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance_m2: Option<f64>,
    /// Distance, metres in EPSG:9218: what is passed over, of `snap` how near is too near.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance_m: Option<f64>,
    /// Holes above this area, square metres, are meant to be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap_max_m2: Option<f64>,
    /// Code list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codes: Option<String>,
    /// Smallest number, in the attribute's unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// Largest number, in the attribute's unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
}

impl QualityRule {
    /// A rule that asks nothing but `kind` yet.
    pub fn new(id: impl Into<String>, kind: QualityKind, title: Text) -> Self {
        Self {
            id: id.into(),
            kind,
            title,
            severity: Severity::Error,
            attributes: Vec::new(),
            layer: None,
            same: Vec::new(),
            tolerance_m2: None,
            tolerance_m: None,
            gap_max_m2: None,
            codes: None,
            min: None,
            max: None,
        }
    }
}

impl LayerDef {
    /// All rules of the layer: those of its file, then those that its attributes imply.
    ///
    /// Everyone who sees the layer sees its problems, so a layer whose public geometry is blurred has none, and an
    /// attribute that is stricter than the layer implies none.
    pub fn quality_rules(&self) -> Vec<QualityRule> {
        if self.blurred {
            return Vec::new();
        }
        let open = self.attributes.iter().filter(|a| self.is_open_attribute(a));
        self.quality.iter().cloned().chain(open.flat_map(implied)).collect()
    }

    /// How near the items' borders come without being meant to lie apart, metres: the tolerance of the layer's rule
    /// that they meet each other.
    pub fn snap_tolerance_m(&self) -> Option<f64> {
        self.quality.iter().find(|r| r.kind == QualityKind::Snap && r.layer.is_none())?.tolerance_m
    }

    /// Whether the attribute is seen by everyone who sees the layer.
    pub fn is_open_attribute(&self, attribute: &Attribute) -> bool {
        attribute.access.is_none_or(|access: Access| access <= self.access)
    }
}

/// What a definition already says of an attribute.
fn implied(a: &Attribute) -> Vec<QualityRule> {
    let rule = |kind: QualityKind, vi: String, en: String| QualityRule {
        attributes: vec![a.name.clone()],
        ..QualityRule::new(format!("{}.{}", a.name, kind.as_str()), kind, Text::new(vi, en))
    };
    let mut rules = Vec::new();
    let (vi, en) = (&a.title.vi, &a.title.en);
    if a.required {
        rules.push(rule(QualityKind::Required, format!("Phải có: {vi}"), format!("Required: {en}")));
    }
    if let Some(codes) = &a.codes {
        let known = rule(QualityKind::Codes, format!("Mã trong danh mục: {vi}"), format!("Known code: {en}"));
        rules.push(QualityRule { codes: Some(codes.clone()), ..known });
    }
    if a.min.is_some() || a.max.is_some() {
        let within =
            rule(QualityKind::Range, format!("Trong khoảng cho phép: {vi}"), format!("Within range: {en}"));
        rules.push(QualityRule { min: a.min, max: a.max, ..within });
    }
    rules
}
