//! Single values of a model as IDS compares them: lexical forms, tolerance, order.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};

/// Relative and absolute tolerance of reals (IDS documentation, tolerance.md).
const EPSILON: f64 = 1.0e-6;

/// A value: numbers already in SI units.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// A text, an enumeration item, a date, a duration.
    Text(String),
    /// An integer.
    Integer(i64),
    /// A real.
    Real(f64),
    /// A boolean, or a logical that is known.
    Boolean(bool),
    /// A logical that is unknown: never matches.
    Unknown,
    /// A reference to a record or a list: there, but without a value to compare.
    Object,
}

impl Scalar {
    /// Whether nothing is said: an empty text or an unknown logical.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Unknown) || matches!(self, Self::Text(text) if text.is_empty())
    }

    /// Whether the document's `literal` is this value.
    pub fn equals(&self, literal: &str) -> bool {
        match self {
            Self::Text(text) => text == literal,
            Self::Integer(n) => match parse_integer(literal) {
                Some(wanted) => wanted == *n,
                None => parse_double(literal).is_some_and(|wanted| close(*n as f64, wanted)),
            },
            Self::Real(x) => parse_double(literal).is_some_and(|wanted| close(*x, wanted)),
            Self::Boolean(b) => parse_boolean(literal) == Some(*b),
            Self::Unknown | Self::Object => false,
        }
    }

    /// For messages.
    pub fn shown(&self) -> String {
        match self {
            Self::Text(text) => {
                let short: String = text.chars().take(80).collect();
                if short.len() < text.len() { format!("“{short}…”") } else { format!("“{short}”") }
            }
            Self::Integer(n) => n.to_string(),
            Self::Real(x) => x.to_string(),
            Self::Boolean(b) => b.to_string(),
            Self::Unknown => "UNKNOWN".to_owned(),
            Self::Object => "an object or a list".to_owned(),
        }
    }
}

/// Whether `x` equals `wanted` within the tolerance, its ends included (as the test cases have it).
pub fn close(x: f64, wanted: f64) -> bool {
    let slack = wanted.abs() * EPSILON + EPSILON;
    let same = x.is_infinite() && x.total_cmp(&wanted).is_eq();
    same || (x - wanted).abs() <= slack + rounding(x, wanted)
}

/// What the arithmetic of doubles (units, tolerance) may have moved.
fn rounding(a: f64, b: f64) -> f64 {
    4.0 * f64::EPSILON * (a.abs() + b.abs())
}

/// A bound of a restriction. Bounds have no tolerance (by the test cases), only what doubles round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BoundKind {
    /// `minInclusive`.
    AtLeast,
    /// `maxInclusive`.
    AtMost,
    /// `minExclusive`.
    Above,
    /// `maxExclusive`.
    Below,
}

/// Whether `value` lies on the right side of `bound`.
pub fn within(value: &Scalar, kind: BoundKind, bound: &str) -> bool {
    match value {
        Scalar::Real(x) => parse_double(bound).is_some_and(|b| {
            let slack = rounding(*x, b);
            match kind {
                BoundKind::AtLeast => *x >= b - slack,
                BoundKind::AtMost => *x <= b + slack,
                BoundKind::Above => *x > b + slack,
                BoundKind::Below => *x < b - slack,
            }
        }),
        Scalar::Integer(n) => parse_double(bound).is_some_and(|b| {
            let x = *n as f64;
            match kind {
                BoundKind::AtLeast => x >= b,
                BoundKind::AtMost => x <= b,
                BoundKind::Above => x > b,
                BoundKind::Below => x < b,
            }
        }),
        Scalar::Text(text) => moment(text).zip(moment(bound)).is_some_and(|(x, b)| match kind {
            _ if x.0 != b.0 => false,
            BoundKind::AtLeast => x.1 >= b.1,
            BoundKind::AtMost => x.1 <= b.1,
            BoundKind::Above => x.1 > b.1,
            BoundKind::Below => x.1 < b.1,
        }),
        Scalar::Boolean(_) | Scalar::Unknown | Scalar::Object => false,
    }
}

/// Kinds of moments, which do not compare with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    Instant,
    OfDay,
    Span,
}

/// A date, date and time, time or duration as seconds. Without a zone UTC is taken; a month of a duration counts 30.436875
/// days (a year's twelfth), as only the order is asked for.
fn moment(text: &str) -> Option<(Moment, f64)> {
    if let Some(seconds) = duration(text) {
        return Some((Moment::Span, seconds));
    }
    if let Ok(t) = DateTime::parse_from_rfc3339(text) {
        return Some((Moment::Instant, t.timestamp() as f64 + f64::from(t.timestamp_subsec_micros()) / 1e6));
    }
    let instant = |t: NaiveDateTime| t.and_utc().timestamp() as f64;
    if let Ok(t) = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f") {
        return Some((Moment::Instant, instant(t)));
    }
    if let Ok(t) = NaiveTime::parse_from_str(text.trim_end_matches('Z'), "%H:%M:%S%.f") {
        return Some((Moment::OfDay, instant(NaiveDate::default().and_time(t))));
    }
    let day = text.get(..10).and_then(|d| NaiveDate::parse_from_str(d, "%Y-%m-%d").ok())?;
    Some((Moment::Instant, instant(day.and_time(NaiveTime::default()))))
}

/// Seconds of a day.
const DAY: f64 = 86_400.0;

/// Seconds of an ISO 8601 duration.
pub fn duration(text: &str) -> Option<f64> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let rest = rest.strip_prefix('P')?;
    let (days, times) = match rest.split_once('T') {
        Some((_, "")) => return None,
        Some((days, times)) => (days, times),
        None => (rest, ""),
    };
    if days.is_empty() && times.is_empty() {
        return None;
    }
    let date = parts(days, &[('Y', 365.2425 * DAY), ('M', 30.436_875 * DAY), ('W', 7.0 * DAY), ('D', DAY)])?;
    let time = parts(times, &[('H', 3600.0), ('M', 60.0), ('S', 1.0)])?;
    Some(sign * (date + time))
}

/// The sum of numbers with designators, in the order of `units`.
fn parts(text: &str, units: &[(char, f64)]) -> Option<f64> {
    let (mut rest, mut sum, mut from) = (text, 0.0, 0);
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        let designator = rest[end..].chars().next()?;
        let at = units[from..].iter().position(|(unit, _)| *unit == designator)? + from;
        sum += number * units[at].1;
        from = at + 1;
        rest = &rest[end + designator.len_utf8()..];
    }
    Some(sum)
}

/// An `xs:integer`.
pub fn parse_integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.strip_prefix('+').unwrap_or(text).parse().ok()
}

/// An `xs:double`: no thousands separator, no comma.
pub fn parse_double(text: &str) -> Option<f64> {
    match text {
        "INF" | "+INF" => return Some(f64::INFINITY),
        "-INF" => return Some(f64::NEG_INFINITY),
        "NaN" => return Some(f64::NAN),
        _ => {}
    }
    let fits = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
    if fits { text.parse().ok() } else { None }
}

/// An `xs:boolean`.
pub fn parse_boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// Whether `text` is a date of `xs:date`, with or without a zone.
pub fn is_date(text: &str) -> bool {
    let Some((day, zone)) = text.split_at_checked(10) else { return false };
    day.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() })
        && NaiveDate::parse_from_str(day, "%Y-%m-%d").is_ok()
        && is_zone(zone)
}

/// Whether `text` is an `xs:dateTime`.
pub fn is_date_time(text: &str) -> bool {
    text.split_once('T').is_some_and(|(day, time)| day.len() == 10 && is_date(day) && is_time(time))
}

/// Whether `text` is an `xs:time`.
pub fn is_time(text: &str) -> bool {
    let Some((clock, rest)) = text.split_at_checked(8) else { return false };
    let fraction =
        rest.strip_prefix('.').map_or("", |r| &r[..r.bytes().take_while(u8::is_ascii_digit).count()]);
    let zone = if rest.starts_with('.') { &rest[1 + fraction.len()..] } else { rest };
    (!rest.starts_with('.') || !fraction.is_empty())
        && NaiveTime::parse_from_str(clock, "%H:%M:%S").is_ok()
        && is_zone(zone)
}

fn is_zone(zone: &str) -> bool {
    let shifted = |z: &str| {
        z.len() == 6
            && z.bytes().enumerate().all(|(i, b)| match i {
                0 => b == b'+' || b == b'-',
                3 => b == b':',
                _ => b.is_ascii_digit(),
            })
    };
    zone.is_empty() || zone == "Z" || shifted(zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tolerance_is_relative_and_absolute() {
        assert!(close(100_000.100_001, 100_000.0) && !close(100_000.100_001_1, 100_000.0));
        assert!(close(0.000_001, 0.0) && !close(0.000_001_1, 0.0) && close(0.999_998, 1.0));
        assert!(Scalar::Real(42.0).equals("42.") && Scalar::Real(1234.5).equals("1.2345E3"));
        assert!(!Scalar::Real(42.3).equals("42,3") && !Scalar::Real(f64::NAN).equals("NaN"));
    }

    #[test]
    fn bounds_are_exact_but_for_rounding() {
        let zero = Scalar::Real(0.0);
        assert!(within(&zero, BoundKind::AtLeast, "0") && !within(&zero, BoundKind::Above, "0"));
        assert!(!within(&Scalar::Real(-1e-8), BoundKind::AtLeast, "0"));
        assert!(within(&Scalar::Real(1e-8), BoundKind::Above, "0"));
        assert!(within(&Scalar::Real(0.1 + 0.2), BoundKind::AtMost, "0.3"));
        let text = |t: &str| Scalar::Text(t.to_owned());
        assert!(within(&text("2022-03-01"), BoundKind::Above, "2022-02-28"));
        assert!(within(&text("PT90M"), BoundKind::AtMost, "PT2H"));
        assert!(!within(&text("PT90M"), BoundKind::AtMost, "2022-02-28"));
        assert!(!within(&text("tầng"), BoundKind::AtMost, "3"));
    }

    #[test]
    fn lexical_forms_are_those_of_xsd() {
        assert!(is_date("2022-02-28+07:00") && !is_date("2022-02-30") && !is_date("28/02/2022"));
        assert!(is_date_time("2022-02-28T10:00:00.5Z") && !is_date_time("2022-02-28 10:00:00"));
        assert!(is_time("09:30:10-06:00") && !is_time("9:30"));
        assert!(duration("P5Y2M10DT15H").is_some() && duration("-P10D").is_some_and(|s| s < 0.0));
        assert!(duration("").is_none() && duration("P").is_none() && duration("PT").is_none());
        assert_eq!((parse_integer("+42"), parse_integer("42.0"), parse_integer("")), (Some(42), None, None));
        assert!(parse_double("1,5").is_none() && parse_double("infinity").is_none());
    }
}
