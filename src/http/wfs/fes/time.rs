//! Relations of time (OGC 09-026r2, 7.9): attributes, literals and GML's instants and periods.

use chrono::Utc;

use super::super::fault::Fault;
use super::super::xml::Element;
use super::terms::{day_of, zoned};
use super::{Property, Reader, is_name, no_geometry, two, wrong};
use crate::filter::typed::{parse_day, parse_instant};
use crate::filter::{Expr, TemporalOp, Term};

/// The relation of this name.
pub(super) fn operator(name: &str) -> Option<TemporalOp> {
    Some(match name {
        "After" => TemporalOp::After,
        "Before" => TemporalOp::Before,
        "Begins" => TemporalOp::Starts,
        "BegunBy" => TemporalOp::StartedBy,
        "TContains" => TemporalOp::Contains,
        "During" => TemporalOp::During,
        "TEquals" => TemporalOp::Equals,
        "TOverlaps" => TemporalOp::Overlaps,
        "Meets" => TemporalOp::Meets,
        "OverlappedBy" => TemporalOp::OverlappedBy,
        "MetBy" => TemporalOp::MetBy,
        "EndedBy" => TemporalOp::FinishedBy,
        "Ends" => TemporalOp::Finishes,
        "AnyInteracts" => TemporalOp::Intersects,
        _ => return None,
    })
}

impl Reader<'_> {
    pub(super) fn temporal(&self, element: &Element, op: TemporalOp) -> Result<Expr, Fault> {
        let [a, b] = two(element)?;
        Ok(Expr::Temporal { op, left: self.time(a, element)?, right: self.time(b, element)? })
    }

    fn time(&self, operand: &Element, within: &Element) -> Result<Term, Fault> {
        if is_name(operand) {
            return match self.name(Some(operand), within)? {
                Property::Geometry => Err(no_geometry(within)),
                Property::Attribute(a) => Ok(Term::property(&a.name)),
            };
        }
        match (operand.name.as_str(), operand.children.as_slice()) {
            ("Literal", [inner]) => self.time(inner, within),
            ("Literal", []) => match operand.text.split_once('/') {
                Some((from, to)) => {
                    let end = |text: &str| match text.trim() {
                        "" | ".." => Ok(None),
                        text => moment(text, operand).map(|t| Some(Box::new(t))),
                    };
                    Ok(Term::Interval(end(from)?, end(to)?))
                }
                None => moment(&operand.text, operand),
            },
            ("TimeInstant", _) => position(operand.child("timePosition"), operand)?.ok_or_else(|| {
                wrong(operand, "cần một thời điểm xác định", "expected an instant that is known")
            }),
            ("TimePeriod", _) => {
                let end = |name: &str, whole: &str| {
                    let instant = || operand.child(whole)?.child("TimeInstant")?.child("timePosition");
                    position(operand.child(name).or_else(instant), operand)
                };
                let (from, to) = (end("beginPosition", "begin")?, end("endPosition", "end")?);
                Ok(Term::Interval(from.map(Box::new), to.map(Box::new)))
            }
            _ => Err(wrong(
                operand,
                "cần thuộc tính, Literal, gml:TimeInstant hoặc gml:TimePeriod",
                "expected a property, Literal, gml:TimeInstant or gml:TimePeriod",
            )),
        }
    }
}

/// A position in time; none is open to that side.
fn position(element: Option<&Element>, within: &Element) -> Result<Option<Term>, Fault> {
    let element = element.ok_or_else(|| wrong(within, "thiếu một đầu", "an end is missing"))?;
    match (element.attribute("indeterminatePosition"), element.text.as_str()) {
        (None, text) => moment(text, element).map(Some),
        (Some("now"), "") => Ok(Some(Term::literal(Utc::now()))),
        (Some("unknown"), "") => Ok(None),
        _ => Err(wrong(
            element,
            "indeterminatePosition chỉ nhận now hoặc unknown, không kèm giá trị",
            "indeterminatePosition is now or unknown, without a value",
        )),
    }
}

/// A day, or an instant.
fn moment(text: &str, within: &Element) -> Result<Term, Fault> {
    let text = text.trim();
    let read = if text.contains('T') {
        parse_instant(&zoned(text)).map(Term::literal)
    } else {
        parse_day(day_of(text)).map(Term::literal)
    };
    read.ok_or_else(|| {
        wrong(
            within,
            "cần một ngày như 2026-03-01 hoặc thời điểm như 2026-03-01T08:00:00Z",
            "expected a day such as 2026-03-01 or an instant such as 2026-03-01T08:00:00Z",
        )
    })
}
