//! What a checked filter means, item by item. Columns and SQL are quicker ways to the same answers; tests hold them
//! to this one.

use std::cmp::Ordering;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use geo::{CoordsIter, Distance, Euclidean, Geometry, Intersects, Relate};
use unicode_normalization::UnicodeNormalization;

use super::typed::{Node, Span, Test, TextFunction};
use super::{ArithmeticOp, CompareOp, SpatialOp, TemporalOp};
use crate::layers::{Value, ValueRef};
use crate::space::Bbox;
use crate::text::fold::fold;

/// An item as a filter sees it.
pub trait Row {
    /// Identifier.
    fn fid(&self) -> i64;
    /// Value in a column of the check; `Null` where it has none.
    fn value(&self, column: usize) -> ValueRef<'_>;
    /// Envelope in EPSG:9218; none without a geometry.
    fn envelope(&self) -> Option<Bbox>;
    /// Geometry in EPSG:9218; none where there is none.
    fn geometry(&self) -> Option<Geometry<f64>>;
}

/// No item: for what does not depend on one.
pub struct NoRow;

impl Row for NoRow {
    fn fid(&self) -> i64 {
        0
    }

    fn value(&self, _: usize) -> ValueRef<'_> {
        ValueRef::Null
    }

    fn envelope(&self) -> Option<Bbox> {
        None
    }

    fn geometry(&self) -> Option<Geometry<f64>> {
        None
    }
}

/// A value on its way.
#[derive(Debug, Clone)]
pub enum Computed<'a> {
    /// Anything but a text that was made.
    Stored(ValueRef<'a>),
    /// A text that was made.
    Text(String),
}

impl Computed<'_> {
    fn borrowed(&self) -> ValueRef<'_> {
        match self {
            Self::Stored(v) => *v,
            Self::Text(t) => ValueRef::Text(t),
        }
    }
}

impl From<Computed<'_>> for Value {
    fn from(value: Computed<'_>) -> Self {
        value.borrowed().into()
    }
}

impl Test {
    /// Whether the row fulfils it; none is unknown, as in SQL.
    pub fn holds(&self, row: &impl Row) -> Option<bool> {
        match self {
            Self::And(list) => all(list.iter().map(|t| t.holds(row))),
            Self::Or(list) => any(list.iter().map(|t| t.holds(row))),
            Self::Not(inner) => inner.holds(row).map(|v| !v),
            Self::Known(known) => *known,
            Self::Fid(fids) => Some(fids.contains(&row.fid())),
            Self::Bbox(b) => row.envelope().map(|e| e.intersects(b)),
            Self::Truth(node) => match node.value(row).borrowed() {
                ValueRef::Bool(b) => Some(b),
                _ => None,
            },
            Self::Compare(op, a, b) => {
                order(a.value(row).borrowed(), b.value(row).borrowed()).map(|o| op.fits(o))
            }
            Self::Like(text, pattern) => match text.value(row).borrowed() {
                ValueRef::Text(text) => Some(pattern.fits(text)),
                _ => None,
            },
            Self::OneOf(node, list) => {
                let value = node.value(row);
                let value = value.borrowed();
                if matches!(value, ValueRef::Null) {
                    return None;
                }
                let found = list.binary_search_by(|v| order(v.borrowed(), value).unwrap_or(Ordering::Less));
                Some(found.is_ok())
            }
            Self::In(node, list) => {
                let value = node.value(row);
                any(list.iter().map(|n| {
                    match n {
                        Node::Constant(c) => order(value.borrowed(), c.borrowed()),
                        n => order(value.borrowed(), n.value(row).borrowed()),
                    }
                    .map(Ordering::is_eq)
                }))
            }
            Self::IsNull(node) => Some(matches!(node.value(row).borrowed(), ValueRef::Null)),
            Self::NoGeometry => Some(row.envelope().is_none()),
            Self::Spatial(op, literal) => row.geometry().map(|g| relates(*op, &g, literal)),
            Self::SpatialSelf(op) => row.geometry().map(|g| relates(*op, &g, &g)),
            Self::Near(literal, metres) => row.geometry().map(|g| near(&g, literal, *metres)),
            Self::Temporal(op, a, b) => temporal(*op, a, b, row),
        }
    }
}

/// `AND` of three values.
fn all(list: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut so_far = Some(true);
    for one in list {
        match one {
            Some(false) => return Some(false),
            Some(true) => {}
            None => so_far = None,
        }
    }
    so_far
}

/// `OR` of three values.
fn any(list: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    all(list.map(|v| v.map(|v| !v))).map(|v| !v)
}

impl Node {
    /// Its value for the row.
    pub fn value<'a>(&'a self, row: &'a impl Row) -> Computed<'a> {
        Computed::Stored(match self {
            Self::Column(column, _) => row.value(*column),
            Self::Fid => ValueRef::Int(row.fid()),
            Self::Constant(value) => value.borrowed(),
            Self::Arithmetic(..) => self.number(row).map_or(ValueRef::Null, ValueRef::Real),
            Self::Text(function, of) => match of.value(row).borrowed() {
                ValueRef::Text(text) => return Computed::Text(function.apply(text)),
                _ => ValueRef::Null,
            },
            Self::Condition(test) => test.holds(row).map_or(ValueRef::Null, ValueRef::Bool),
        })
    }

    fn number(&self, row: &impl Row) -> Option<f64> {
        match self {
            Self::Arithmetic(op, a, b) => calculate(*op, a.number(row)?, b.number(row)?),
            Self::Column(column, _) => real(row.value(*column)),
            Self::Constant(value) => real(value.borrowed()),
            Self::Fid => Some(row.fid() as f64),
            Self::Text(..) | Self::Condition(_) => None,
        }
    }
}

fn real(value: ValueRef<'_>) -> Option<f64> {
    match value {
        ValueRef::Int(i) => Some(i as f64),
        ValueRef::Real(r) => Some(r),
        _ => None,
    }
}

/// Two numbers; none where there is no result. Numbers other than 0 are computed with between 1e-150 and 1e150, so
/// that the database, which refuses what overflows, can do the same (`dothi.calculate`).
pub fn calculate(op: ArithmeticOp, a: f64, b: f64) -> Option<f64> {
    let fine = |x: f64| x == 0.0 || (1e-150..=1e150).contains(&x.abs());
    if !fine(a) || !fine(b) {
        return None;
    }
    match op {
        ArithmeticOp::Add => Some(a + b),
        ArithmeticOp::Sub => Some(a - b),
        ArithmeticOp::Mul => Some(a * b),
        _ if b == 0.0 && op != ArithmeticOp::Pow => None,
        ArithmeticOp::Div => Some(a / b),
        ArithmeticOp::IntDiv => Some((a / b).trunc()),
        ArithmeticOp::Rem => Some(a - b * (a / b).trunc()),
        ArithmeticOp::Pow if b == 0.0 => Some(1.0),
        ArithmeticOp::Pow if a == 0.0 => (b > 0.0).then_some(0.0),
        ArithmeticOp::Pow if a < 0.0 && b.fract() != 0.0 => None,
        // The result stays within 1e±150.
        ArithmeticOp::Pow => ((b * a.abs().ln()).abs() <= 345.0).then(|| a.powf(b)),
    }
}

impl TextFunction {
    /// The text after it.
    pub fn apply(self, text: &str) -> String {
        match self {
            Self::Casei if text.is_ascii() => text.to_ascii_lowercase(),
            // Upper case first: ß is SS, and the two small sigmas are one.
            Self::Casei => text.to_uppercase().to_lowercase(),
            Self::Accenti if text.is_ascii() => text.to_owned(),
            Self::Accenti => text
                .nfd()
                .filter(|c| !('\u{300}'..='\u{36f}').contains(c))
                .map(|c| match c {
                    'đ' => 'd',
                    'Đ' => 'D',
                    c => c,
                })
                .collect(),
            Self::Fold => fold(text),
        }
    }
}

impl CompareOp {
    /// Whether two values that stand in this order fulfil it.
    pub fn fits(self, order: Ordering) -> bool {
        match self {
            Self::Eq => order.is_eq(),
            Self::NotEq => order.is_ne(),
            Self::Lt => order.is_lt(),
            Self::LtEq => order.is_le(),
            Self::Gt => order.is_gt(),
            Self::GtEq => order.is_ge(),
        }
    }

    /// The operator that means the same with the sides exchanged.
    #[must_use]
    pub fn turned(self) -> Self {
        match self {
            Self::Lt => Self::Gt,
            Self::LtEq => Self::GtEq,
            Self::Gt => Self::Lt,
            Self::GtEq => Self::LtEq,
            same => same,
        }
    }
}

impl SpatialOp {
    /// The relation that means the same with the sides exchanged.
    #[must_use]
    pub fn turned(self) -> Self {
        match self {
            Self::Within => Self::Contains,
            Self::Contains => Self::Within,
            same => same,
        }
    }

    /// Whether it can only hold between geometries whose envelopes meet.
    pub fn needs_contact(self) -> bool {
        self != Self::Disjoint
    }
}

/// Order of two values of one type (numbers are one type), texts by code point; none where either is unknown.
pub fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    order(a.borrowed(), b.borrowed())
}

/// The same of borrowed ones.
pub fn order(a: ValueRef<'_>, b: ValueRef<'_>) -> Option<Ordering> {
    use ValueRef as V;
    match (a, b) {
        (V::Bool(a), V::Bool(b)) => Some(a.cmp(&b)),
        (V::Int(a), V::Int(b)) => Some(a.cmp(&b)),
        (V::Int(a), V::Real(b)) => (a as f64).partial_cmp(&b),
        (V::Real(a), V::Int(b)) => a.partial_cmp(&(b as f64)),
        (V::Real(a), V::Real(b)) => a.partial_cmp(&b),
        (V::Text(a), V::Text(b)) => Some(a.cmp(b)),
        (V::Date(a), V::Date(b)) => Some(a.cmp(&b)),
        (V::Time(a), V::Time(b)) => Some(a.timestamp_micros().cmp(&b.timestamp_micros())),
        _ => None,
    }
}

/// Whether two geometries of one plane stand in a relation (DE-9IM).
pub fn relates(op: SpatialOp, a: &Geometry<f64>, b: &Geometry<f64>) -> bool {
    match op {
        SpatialOp::Intersects => a.intersects(b),
        SpatialOp::Disjoint => !a.intersects(b),
        SpatialOp::Equals => a.relate(b).is_equal_topo(),
        SpatialOp::Touches => a.relate(b).is_touches(),
        SpatialOp::Within => a.relate(b).is_within(),
        SpatialOp::Overlaps => a.relate(b).is_overlaps(),
        SpatialOp::Crosses => a.relate(b).is_crosses(),
        SpatialOp::Contains => a.relate(b).is_contains(),
    }
}

/// Half a step of the grid that is stored, metres: what is computed beyond it has no meaning.
pub const HALF_STEP_M: f64 = 0.000_05;

/// Whether two geometries of one plane are at most so many metres apart, to half a step of the grid that is stored;
/// nothing is near an empty one.
pub fn near(a: &Geometry<f64>, b: &Geometry<f64>, metres: f64) -> bool {
    let empty = |g: &Geometry<f64>| g.coords_iter().next().is_none();
    !empty(a) && !empty(b) && Euclidean.distance(a, b) <= metres + HALF_STEP_M
}

/// Where days begin: UTC+7, all of Vietnam the whole year.
const EAST_OF_UTC: TimeDelta = TimeDelta::hours(7);

/// First microsecond of a day in Vietnam.
pub fn day_begins(day: NaiveDate) -> DateTime<Utc> {
    (day.and_time(chrono::NaiveTime::MIN) - EAST_OF_UTC).and_utc()
}

fn temporal(op: TemporalOp, a: &Span, b: &Span, row: &impl Row) -> Option<bool> {
    // Days are compared as days; beside an instant a day is the time from its midnight to the next one.
    let days = a.days.unwrap_or(true) && b.days.unwrap_or(true);
    let end = |node: &Option<Node>, open: i64, last: bool| {
        let Some(node) = node else { return Some(open) };
        match node.value(row).borrowed() {
            ValueRef::Date(d) if days => Some(i64::from(chrono::Datelike::num_days_from_ce(&d))),
            ValueRef::Date(d) if last => Some(day_begins(d.succ_opt()?).timestamp_micros() - 1),
            ValueRef::Date(d) => Some(day_begins(d).timestamp_micros()),
            ValueRef::Time(t) => Some(t.timestamp_micros()),
            _ => None,
        }
    };
    let ends = |s: &Span| Some((end(&s.from, i64::MIN, false)?, end(&s.to, i64::MAX, true)?));
    Some(op.fits(ends(a)?, ends(b)?))
}

impl TemporalOp {
    /// Whether two intervals (from, to) fulfil it (OGC 21-065r2, table 12).
    pub fn fits(self, (a0, a1): (i64, i64), (b0, b1): (i64, i64)) -> bool {
        match self {
            Self::After => a0 > b1,
            Self::Before => a1 < b0,
            Self::Contains => a0 < b0 && a1 > b1,
            Self::Disjoint => a0 > b1 || a1 < b0,
            Self::During => a0 > b0 && a1 < b1,
            Self::Equals => a0 == b0 && a1 == b1,
            Self::FinishedBy => a0 < b0 && a1 == b1,
            Self::Finishes => a0 > b0 && a1 == b1,
            Self::Intersects => a0 <= b1 && a1 >= b0,
            Self::Meets => a1 == b0,
            Self::MetBy => a0 == b1,
            Self::OverlappedBy => a0 > b0 && a0 < b1 && a1 > b1,
            Self::Overlaps => a0 < b0 && a1 > b0 && a1 < b1,
            Self::StartedBy => a0 == b0 && a1 > b1,
            Self::Starts => a0 == b0 && a1 < b1,
        }
    }
}
