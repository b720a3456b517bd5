//! Vertices that come near to another item without touching it: slivers between areas, ends of lines that fall
//! short.

use geo::MultiPoint;

use super::Found;
use super::outline::{Outline, Step};
use super::subject::Subject;
use super::words::{metres, number, problem};
use super::work::{Control, Finding, Stopped, Worst, in_parallel};
use crate::features::{Item, STEPS_PER_M};
use crate::layers::QualityRule;
use crate::text::Text;

/// Nearer than this is touching, in steps of 0.1 mm: a vertex on the grid lies seldom exactly on a slanting edge.
const TOUCHING_STEPS: f64 = 2.0;
/// Vertices shown of one pair.
const SHOWN: usize = 100;

/// Pairs of which a vertex is nearer than the tolerance and does not touch.
pub(super) fn ask(
    subject: &Subject<'_>,
    rule: &QualityRule,
    other: Option<&Subject<'_>>,
    limit: usize,
    control: &Control,
) -> Result<Found, Stopped> {
    let reach = (rule.tolerance_m.unwrap_or(0.0) * STEPS_PER_M).round() as i64;
    let start = || (Worst::new(limit), Vec::new());
    let states = in_parallel(subject.items.len(), control, start, |(worst, near), i| {
        let a = &subject.items[i];
        if a.shape().is_empty() || !subject.is_current(a) {
            return;
        }
        let outline = subject.outline(a);
        let ends = ends(subject, a, &outline);
        let Some(window) = ends_window(&ends, &outline) else { return };
        near.clear();
        match other {
            None => subject.near(&window.grown(reach), |b| {
                if b.fid > a.fid {
                    near.push(b);
                }
            }),
            Some(other) => other.near(&window.grown(reach), |b| near.push(b)),
        }
        for b in near.iter() {
            let gaps = pair(subject, (&ends, &outline), other, b, reach);
            if let Some(measured) = gaps.iter().map(|(_, d)| *d).reduce(f64::max) {
                worst.add(Finding { measured, item: a.fid, other: b.fid });
            }
        }
    })?;
    let (count, found) = Worst::join(states.into_iter().map(|(worst, _)| worst), limit);
    let problems = found.iter().filter_map(|f| {
        let against = other.unwrap_or(subject);
        let (a, b) = (subject.get(f.item)?, against.get(f.other)?);
        let outline = subject.outline(a);
        let gaps = pair(subject, (&ends(subject, a, &outline), &outline), other, b, reach);
        let size = number(f.measured, "m");
        let (name, by) = (subject.name(a), against.name(b));
        let message = Text::new(
            format!("{name} không khớp với {by}: cách {}", size.vi),
            format!("{name} does not meet {by}: {} apart", size.en),
        );
        let places = MultiPoint(gaps.iter().take(SHOWN).map(|(p, _)| metres(*p)).collect());
        let found = problem(subject, a, format!("{}-{}", f.item, f.other), message).at(places.into());
        Some(found.measuring(f.measured, "m").with_other(&against.def.id, f.other))
    });
    Ok((count, problems.collect()))
}

/// Vertices of `a` near to `b`, and within one layer those of `b` near to `a`, with their distances in metres.
fn pair(
    subject: &Subject<'_>,
    (ends_a, a): (&[Step], &Outline),
    other: Option<&Subject<'_>>,
    b: &Item<'_>,
    reach: i64,
) -> Vec<(Step, f64)> {
    let against = other.unwrap_or(subject).outline(b);
    let mut gaps = Vec::new();
    near(ends_a, &against, reach, &mut gaps);
    if other.is_none() {
        near(&ends(subject, b, &against), a, reach, &mut gaps);
    }
    gaps
}

fn near(ends: &[Step], to: &Outline, reach: i64, gaps: &mut Vec<(Step, f64)>) {
    let Some(window) = to.window().map(|w| w.grown(reach)) else { return };
    for p in ends.iter().filter(|p| window.contains(**p)) {
        if let Some(d) = to.distance(*p, reach).filter(|d| *d > TOUCHING_STEPS && *d < reach as f64) {
            gaps.push((*p, d / STEPS_PER_M));
        }
    }
}

/// The vertices that are to touch: all of an area, both ends of a line that is not closed, the points.
fn ends(subject: &Subject<'_>, item: &Item<'_>, outline: &Outline) -> Vec<Step> {
    if subject.def.geometry.is_point() {
        return Subject::points(item);
    }
    if subject.def.geometry.is_area() {
        return outline.edges.iter().map(|e| e.from).collect();
    }
    let shape = item.shape();
    let ends = shape
        .rings()
        .filter(|(_, v)| !v.is_empty())
        .map(|(_, v)| (shape.metres(v.start), shape.metres(v.end - 1)));
    ends.filter(|(first, last)| first != last).flat_map(|(first, last)| [first, last]).collect()
}

fn ends_window(ends: &[Step], outline: &Outline) -> Option<super::outline::Window> {
    outline.window().or_else(|| ends.first().map(|p| super::outline::Window::of(*p, *p)))
}
