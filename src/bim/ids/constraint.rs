//! Values of the document: simple ones, and restrictions of XML Schema.

use super::pattern::Pattern;
use super::scalar::{self, BoundKind, Scalar};

/// What a value must be.
#[derive(Debug, Clone)]
pub struct Constraint {
    /// Line in the document.
    pub line: u32,
    /// The constraint itself.
    pub kind: ConstraintKind,
}

/// The two kinds of `idsValue`.
#[derive(Debug, Clone)]
pub enum ConstraintKind {
    /// `simpleValue`.
    Simple(String),
    /// `xs:restriction`.
    Restriction(Restriction),
}

/// A restriction: each kind of facet that is there must hold; of several enumerations or patterns, one.
#[derive(Debug, Clone)]
pub struct Restriction {
    /// Its base type.
    pub base: Base,
    /// Allowed values.
    pub enumeration: Vec<String>,
    /// Expressions.
    pub patterns: Vec<Pattern>,
    /// Bounds.
    pub bounds: Vec<(BoundKind, String)>,
    /// Numbers of characters: least and most.
    pub lengths: Vec<(u32, u32)>,
}

/// Base types of restrictions that IDS knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names of XML Schema")]
pub enum Base {
    String,
    Boolean,
    Integer,
    Double,
    Date,
    DateTime,
    Time,
    Duration,
    AnyUri,
}

impl Base {
    /// By the local name of the XML Schema type.
    pub fn of(name: &str) -> Option<Self> {
        Some(match name {
            "string" => Self::String,
            "boolean" => Self::Boolean,
            "integer" => Self::Integer,
            "double" => Self::Double,
            "date" => Self::Date,
            "dateTime" => Self::DateTime,
            "time" => Self::Time,
            "duration" => Self::Duration,
            "anyURI" => Self::AnyUri,
            _ => return None,
        })
    }

    /// As documents write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "xs:string",
            Self::Boolean => "xs:boolean",
            Self::Integer => "xs:integer",
            Self::Double => "xs:double",
            Self::Date => "xs:date",
            Self::DateTime => "xs:dateTime",
            Self::Time => "xs:time",
            Self::Duration => "xs:duration",
            Self::AnyUri => "xs:anyURI",
        }
    }

    /// Whether `text` is a literal of this type.
    pub fn accepts(self, text: &str) -> bool {
        match self {
            // XML Schema takes any text as a URI.
            Self::String | Self::AnyUri => true,
            Self::Boolean => scalar::parse_boolean(text).is_some(),
            Self::Integer => scalar::parse_integer(text).is_some(),
            Self::Double => scalar::parse_double(text).is_some(),
            Self::Date => scalar::is_date(text),
            Self::DateTime => scalar::is_date_time(text),
            Self::Time => scalar::is_time(text),
            Self::Duration => scalar::duration(text).is_some(),
        }
    }

    /// Whether XML Schema lets this base be restricted by `facet`.
    pub fn allows(self, facet: &str) -> bool {
        match facet {
            "annotation" | "pattern" => true,
            "enumeration" => self != Self::Boolean,
            "length" | "minLength" | "maxLength" => matches!(self, Self::String | Self::AnyUri),
            "minInclusive" | "maxInclusive" | "minExclusive" | "maxExclusive" => {
                !matches!(self, Self::String | Self::AnyUri | Self::Boolean)
            }
            _ => false,
        }
    }
}

impl Constraint {
    /// Whether `text` fits, as a name or a text.
    pub fn matches_text(&self, text: &str) -> bool {
        match &self.kind {
            ConstraintKind::Simple(wanted) => wanted == text,
            ConstraintKind::Restriction(r) => {
                (r.enumeration.is_empty() || r.enumeration.iter().any(|e| e == text))
                    && (r.patterns.is_empty() || r.patterns.iter().any(|p| p.matches(text)))
                    && r.fits_length(text)
                    && (r.bounds.is_empty()
                        || r.bounds
                            .iter()
                            .all(|(k, b)| scalar::within(&Scalar::Text(text.to_owned()), *k, b)))
            }
        }
    }

    /// Whether `value` fits. Patterns and lengths hold for texts only.
    pub fn matches(&self, value: &Scalar) -> bool {
        match (&self.kind, value) {
            (_, Scalar::Text(text)) => self.matches_text(text),
            (_, Scalar::Unknown | Scalar::Object) => false,
            (ConstraintKind::Simple(wanted), _) => value.equals(wanted),
            (ConstraintKind::Restriction(r), _) => {
                r.patterns.is_empty()
                    && r.lengths.is_empty()
                    && (r.enumeration.is_empty() || r.enumeration.iter().any(|e| value.equals(e)))
                    && r.bounds.iter().all(|(kind, bound)| scalar::within(value, *kind, bound))
            }
        }
    }

    /// The one text that fits, where only one does.
    pub fn exact(&self) -> Option<&str> {
        match &self.kind {
            ConstraintKind::Simple(text) => Some(text),
            ConstraintKind::Restriction(_) => None,
        }
    }

    /// Its literals: the simple value, or the enumeration and the bounds.
    pub fn literals(&self) -> Vec<&str> {
        match &self.kind {
            ConstraintKind::Simple(text) => vec![text],
            ConstraintKind::Restriction(r) => {
                let bounds = r.bounds.iter().map(|(_, bound)| bound.as_str());
                r.enumeration.iter().map(String::as_str).chain(bounds).collect()
            }
        }
    }

    /// For messages.
    pub fn shown(&self) -> String {
        let r = match &self.kind {
            ConstraintKind::Simple(text) => return format!("“{text}”"),
            ConstraintKind::Restriction(r) => r,
        };
        let mut parts = Vec::new();
        match r.enumeration.as_slice() {
            [] => {}
            few if few.len() <= 6 => {
                parts.push(few.iter().map(|e| format!("“{e}”")).collect::<Vec<_>>().join(", "));
            }
            many => parts.push(format!("“{}”, “{}” … ({})", many[0], many[1], many.len())),
        }
        parts.extend(r.patterns.iter().take(3).map(|p| format!("/{}/", p.source())));
        parts.extend(r.bounds.iter().map(|(kind, bound)| {
            let sign = match kind {
                BoundKind::AtLeast => "≥",
                BoundKind::AtMost => "≤",
                BoundKind::Above => ">",
                BoundKind::Below => "<",
            };
            format!("{sign} {bound}")
        }));
        parts.extend(r.lengths.iter().map(|(least, most)| match (*least, *most) {
            (a, b) if a == b => format!("length {a}"),
            (a, u32::MAX) => format!("length ≥ {a}"),
            (_, b) => format!("length ≤ {b}"),
        }));
        parts.join(", ")
    }
}

impl Restriction {
    fn fits_length(&self, text: &str) -> bool {
        if self.lengths.is_empty() {
            return true;
        }
        let count = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        self.lengths.iter().all(|(least, most)| (*least..=*most).contains(&count))
    }
}
