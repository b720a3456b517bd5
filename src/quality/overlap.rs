//! Items that overlap.

use geo::{Area, BooleanOps, MultiPolygon};

use super::contact::{Scratch, contact};
use super::outline::{Outline, Step};
use super::subject::Subject;
use super::words::{self, number, placed};
use super::work::{Control, Finding, Stopped, Worst, in_parallel};
use super::{Found, Problem};
use crate::features::Item;
use crate::layers::QualityRule;
use crate::text::Text;

/// Pairs within the layer, or of the layer and `other`, that share more than the tolerance.
pub(super) fn ask(
    subject: &Subject<'_>,
    rule: &QualityRule,
    other: Option<&Subject<'_>>,
    limit: usize,
    control: &Control,
) -> Result<Found, Stopped> {
    let tolerance_m2 = rule.tolerance_m2.unwrap_or(0.0);
    let same: Vec<usize> =
        rule.same.iter().filter_map(|n| subject.def.attributes.iter().position(|a| a.name == *n)).collect();
    let agree = |a: &Item<'_>, b: &Item<'_>| same.iter().all(|i| a.value(*i) == b.value(*i));
    let start = || (Worst::new(limit), Scratch::default(), Vec::new());
    let states = in_parallel(subject.items.len(), control, start, |(worst, scratch, near), i| {
        let a = &subject.items[i];
        if !subject.is_current(a) {
            return;
        }
        let outline = subject.outline(a);
        let Some(window) = outline.window() else { return };
        near.clear();
        match other {
            None => subject.near(&window, |b| {
                if b.fid > a.fid && agree(a, &b) {
                    near.push(b);
                }
            }),
            Some(other) => other.near(&window, |b| near.push(b)),
        }
        for b in near.iter() {
            let against = other.unwrap_or(subject).outline(b);
            if let Some(measured) = shared_m2(&outline, &against, tolerance_m2, scratch) {
                worst.add(Finding { measured, item: a.fid, other: b.fid });
            }
        }
    })?;
    let (count, found) = Worst::join(states.into_iter().map(|(worst, ..)| worst), limit);
    Ok((count, found.iter().filter_map(|f| describe(subject, other, f)).collect()))
}

/// The area that two outlines share where it is above the tolerance; of none whose interiors do not meet.
fn shared_m2(a: &Outline, b: &Outline, tolerance_m2: f64, scratch: &mut Scratch) -> Option<f64> {
    let window = a.window()?.shared(&b.window()?)?;
    // They cannot share more than their envelopes do.
    if window.area_m2() <= tolerance_m2 || !contact(a, b, scratch).interiors_meet() {
        return None;
    }
    let area = shared(a, b)?.1.unsigned_area();
    (area > tolerance_m2).then_some(area)
}

/// What two outlines share, in metres from a point nearby.
fn shared(a: &Outline, b: &Outline) -> Option<(Step, MultiPolygon<f64>)> {
    let window = a.window()?.shared(&b.window()?)?;
    let origin = window.low;
    // A margin keeps the cut clear of the answer.
    let margin = window.grown(MARGIN_STEPS);
    let both = a.rings_within(&margin, origin).intersection(&b.rings_within(&margin, origin));
    Some((origin, both))
}

/// A metre.
const MARGIN_STEPS: i64 = 10_000;

fn describe(subject: &Subject<'_>, other: Option<&Subject<'_>>, f: &Finding) -> Option<Problem> {
    let against = other.unwrap_or(subject);
    let (a, b) = (subject.get(f.item)?, against.get(f.other)?);
    let size = number(f.measured, "m2");
    let (name, by) = (subject.name(a), against.name(b));
    let message = if other.is_some() {
        let layer = &against.def.title;
        Text::new(
            format!("{name} chồng lấn {by} của lớp “{}”: {}", layer.vi, size.vi),
            format!("{name} overlaps {by} of “{}”: {}", layer.en, size.en),
        )
    } else {
        Text::new(format!("{name} chồng lấn {by}: {}", size.vi), format!("{name} overlaps {by}: {}", size.en))
    };
    let (origin, areas) = shared(&subject.outline(a), &against.outline(b))?;
    let found = words::problem(subject, a, format!("{}-{}", f.item, f.other), message);
    Some(found.measuring(f.measured, "m2").with_other(&against.def.id, f.other).at(placed(&areas, origin)))
}
