//! `datetime` (part 1, 7.15.4): items by the layer's own time, its `temporal` attributes.
//!
//! One attribute is an instant, two are start and end; an item without a start has always been, one without an end
//! still is. A layer without temporal attributes (or whose reader may not see them) is in every answer whole, as the
//! standard says of features without time. Days are days in Vietnam (UTC+7): an instant is compared with an
//! attribute of whole days by the day that it falls on there, and a day with an attribute of instants from its
//! first moment there to its last.

use std::cmp::Ordering;

use chrono::{DateTime, Days, FixedOffset, NaiveDate, NaiveTime, SecondsFormat, TimeDelta, Utc};

use crate::access::View;
use crate::features::{LayerReader, Query};
use crate::filter::evaluate::compare;
use crate::filter::{CompareOp, Expr};
use crate::layers::{AttributeType, LayerDef, Value};
use crate::{Error, Result};

/// An instant, or a whole day with its first and last moment.
#[derive(Debug, Clone, Copy)]
struct Moment {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    day: NaiveDate,
}

/// Vietnam has one zone and no summer time.
fn vietnam() -> Option<FixedOffset> {
    FixedOffset::east_opt(7 * 3600)
}

/// The names of the start and the end (one name where the layer has instants) that the view shows.
pub(super) fn temporal(view: &View) -> Option<(&str, &str)> {
    let names = &view.layer.temporal;
    let seen = names.iter().take(2).all(|n| view.attribute(n).is_some());
    match names.as_slice() {
        [at] if seen => Some((at, at)),
        [start, end, ..] if seen => Some((start, end)),
        _ => None,
    }
}

/// From when to when the items of a layer are, as RFC 3339 texts for `extent.temporal`; an end is null where an item
/// is open to that side. None where the layer has no time, or no items.
pub(super) fn interval(reader: &LayerReader) -> Option<[Option<String>; 2]> {
    let view = reader.view();
    let (start, end) = temporal(view)?;
    let (start, end) = (view.attribute(start)?, view.attribute(end)?);
    let mut span: Option<[Value; 2]> = None;
    for item in reader.query(&Query::default()).ok()? {
        let (from, to) = (item.value(start), item.value(end));
        span = Some(match span {
            None => [from, to],
            Some([a, b]) => [wider(a, from, Ordering::Less), wider(b, to, Ordering::Greater)],
        });
    }
    let [from, to] = span?;
    Some([instant(&from, NaiveTime::MIN), instant(&to, NaiveTime::from_hms_opt(23, 59, 59)?)])
}

/// Of two ends the one that lies farther out; none is the farthest.
fn wider(a: Value, b: Value, out: Ordering) -> Value {
    match compare(&a, &b) {
        Some(order) if order == out => a,
        Some(_) => b,
        None => Value::Null,
    }
}

fn instant(value: &Value, time_of_day: NaiveTime) -> Option<String> {
    let at = match value {
        Value::Date(day) => day.and_time(time_of_day).and_local_timezone(vietnam()?).single()?,
        Value::Time(at) => at.with_timezone(&vietnam()?),
        _ => return None,
    };
    Some(at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

/// The condition of `datetime`; none where the layer has no time.
pub(super) fn datetime(text: &str, view: &View) -> Result<Option<Expr>> {
    let wrong = || {
        Error::invalid(
            "datetime",
            "cần một thời điểm RFC 3339, hoặc khoảng đầu/cuối với .. là để mở",
            "expected an RFC 3339 instant, or an interval start/end with .. for an open end",
        )
    };
    let end = |t: &str| match t {
        "" | ".." => Ok(None),
        t => moment(t).map(Some).ok_or_else(wrong),
    };
    let (from, to) = if let Some((a, b)) = text.split_once('/') {
        (end(a)?, end(b)?)
    } else {
        let at = moment(text).ok_or_else(wrong)?;
        (Some(at), Some(at))
    };
    if from.is_none() && to.is_none() || from.zip(to).is_some_and(|(a, b)| a.from > b.to) {
        return Err(wrong());
    }
    let Some((first, last)) = temporal(view) else { return Ok(None) };
    let mut all = Vec::new();
    if let Some(to) = to {
        all.push(condition(&view.layer, first, CompareOp::LtEq, to, false));
    }
    if let Some(from) = from {
        all.push(condition(&view.layer, last, CompareOp::GtEq, from, true));
    }
    Ok(Some(Expr::And(all)))
}

/// The attribute on one side of a moment; without a value it is open to that side.
fn condition(def: &LayerDef, name: &str, op: CompareOp, at: Moment, start: bool) -> Expr {
    let value = match def.attribute(name).map(|a| a.kind) {
        Some(AttributeType::Date) => Value::Date(at.day),
        _ => Value::Time(if start { at.from } else { at.to }),
    };
    Expr::Or(vec![Expr::Compare { attribute: name.to_owned(), op, value }, Expr::IsNull(name.to_owned())])
}

fn moment(text: &str) -> Option<Moment> {
    let here = vietnam()?;
    if let Ok(day) = text.parse::<NaiveDate>() {
        let midnight =
            |d: NaiveDate| Some(d.and_time(NaiveTime::MIN).and_local_timezone(here).single()?.to_utc());
        let to = midnight(day.checked_add_days(Days::new(1))?)? - TimeDelta::microseconds(1);
        return Some(Moment { from: midnight(day)?, to, day });
    }
    // A plus sign that was not escaped arrives as a blank.
    let at = DateTime::parse_from_rfc3339(&text.replace(' ', "+")).ok()?;
    Some(Moment { from: at.to_utc(), to: at.to_utc(), day: at.with_timezone(&here).date_naive() })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::access::{Principal, view};

    fn layer(kind: &str, temporal: &[&str], access: Option<&str>) -> View {
        let text = serde_json::json!({"vi": "a", "en": "a"});
        let attribute = |name: &str| {
            let mut a = serde_json::json!({"name": name, "type": kind, "title": text});
            if let Some(access) = access {
                a["access"] = access.into();
            }
            a
        };
        let def: LayerDef = serde_json::from_value(serde_json::json!({
            "id": "x", "title": text, "theme": "land", "owner": ["XD"], "access": "O", "geometry": "Point",
            "temporal": temporal, "attribute": [attribute("since"), attribute("until")],
        }))
        .unwrap();
        view(&Principal::public(), &Arc::new(def), &crate::layers::Catalog::default()).unwrap()
    }

    /// The values that the condition compares with, the end's first.
    fn values(text: &str, view: &View) -> Vec<(CompareOp, Value)> {
        let Some(Expr::And(all)) = datetime(text, view).unwrap() else { panic!("{text}") };
        all.iter()
            .map(|e| match e {
                Expr::Or(list) => match &list[0] {
                    Expr::Compare { op, value, .. } => (*op, value.clone()),
                    other => panic!("{other:?}"),
                },
                other => panic!("{other:?}"),
            })
            .collect()
    }

    fn day(text: &str) -> Value {
        Value::Date(text.parse().unwrap())
    }

    fn time(text: &str) -> Value {
        Value::Time(text.parse().unwrap())
    }

    #[test]
    fn days_are_days_in_vietnam() {
        let days = layer("date", &["since", "until"], None);
        // 20:00 in London is three o'clock of the next morning in Gia Nghĩa.
        let next = [(CompareOp::LtEq, day("2026-01-02")), (CompareOp::GtEq, day("2026-01-02"))];
        assert_eq!(values("2026-01-01T20:00:00Z", &days), next);
        assert_eq!(values("2026-01-02T03:00:00+07:00", &days), next);
        assert_eq!(values("2026-01-02", &days), next);
        let instants = layer("timestamp", &["since"], None);
        assert_eq!(
            values("2026-01-02", &instants),
            [
                (CompareOp::LtEq, time("2026-01-02T16:59:59.999999Z")),
                (CompareOp::GtEq, time("2026-01-01T17:00:00Z"))
            ]
        );
    }

    #[test]
    fn an_open_end_asks_for_one_side_only() {
        let days = layer("date", &["since", "until"], None);
        for text in ["2026-01-02/..", "2026-01-02/"] {
            assert_eq!(values(text, &days), [(CompareOp::GtEq, day("2026-01-02"))], "{text}");
        }
        for text in ["../2026-01-02", "/2026-01-02"] {
            assert_eq!(values(text, &days), [(CompareOp::LtEq, day("2026-01-02"))], "{text}");
        }
    }

    #[test]
    fn a_layer_without_visible_time_is_whole_in_every_answer() {
        assert_eq!(datetime("2026-01-02", &layer("date", &[], None)).unwrap(), None);
        let hidden = layer("date", &["since", "until"], Some("R"));
        assert_eq!(datetime("2026-01-02", &hidden).unwrap(), None);
        assert!(datetime("soon", &hidden).is_err(), "what is wrong is wrong everywhere");
    }
}
