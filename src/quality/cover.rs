//! Items that are not covered by those of another layer.

use geo::{
    Area, BooleanOps, Euclidean, Geometry, Length, LineString, MultiLineString, MultiPoint, MultiPolygon,
};

use super::Found;
use super::contact::{Scratch, contact};
use super::outline::{Outline, Place, Step, Window};
use super::subject::Subject;
use super::words::{metres, number, placed, problem};
use super::work::{Control, Finding, Stopped, Worst, in_parallel};
use crate::features::{Item, STEPS_PER_M};
use crate::layers::QualityRule;
use crate::text::Text;

/// A metre beyond the item: what is cut off there is out of its sight.
const MARGIN_STEPS: i64 = 10_000;

/// Items of which more than the tolerance lies outside of `cover`.
pub(super) fn ask(
    subject: &Subject<'_>,
    rule: &QualityRule,
    cover: &Subject<'_>,
    limit: usize,
    control: &Control,
) -> Result<Found, Stopped> {
    let areas = subject.def.geometry.is_area();
    let tolerance = if areas { rule.tolerance_m2 } else { rule.tolerance_m }.unwrap_or(0.0);
    let start = || (Worst::new(limit), Scratch::default());
    let states = in_parallel(subject.items.len(), control, start, |(worst, scratch), i| {
        let item = &subject.items[i];
        if item.shape().is_empty() || !subject.is_current(item) {
            return;
        }
        if let Some((measured, _)) =
            outside(subject, cover, item, tolerance, scratch).filter(|(m, _)| *m > tolerance)
        {
            worst.add(Finding { measured, item: item.fid, other: 0 });
        }
    })?;
    let (count, found) = Worst::join(states.into_iter().map(|(worst, _)| worst), limit);
    let unit = if areas { "m2" } else { "m" };
    let mut scratch = Scratch::default();
    let problems = found.iter().filter_map(|f| {
        let item = subject.get(f.item)?;
        let (_, place) = outside(subject, cover, item, tolerance, &mut scratch)?;
        let (name, layer) = (subject.name(item), &cover.def.title);
        let message = if subject.def.geometry.is_point() {
            Text::new(
                format!("{name} nằm ngoài lớp “{}”", layer.vi),
                format!("{name} lies outside of “{}”", layer.en),
            )
        } else {
            let size = number(f.measured, unit);
            Text::new(
                format!("{name} có phần nằm ngoài lớp “{}”: {}", layer.vi, size.vi),
                format!("a part of {name} lies outside of “{}”: {}", layer.en, size.en),
            )
        };
        let found = problem(subject, item, f.item.to_string(), message).at(place);
        // Of a point the distance is known only as far as the tolerance reaches.
        Some(if subject.def.geometry.is_point() { found } else { found.measuring(f.measured, unit) })
    });
    Ok((count, problems.collect()))
}

/// How much of the item lies outside, and what; none where it is covered.
fn outside(
    subject: &Subject<'_>,
    cover: &Subject<'_>,
    item: &Item<'_>,
    tolerance: f64,
    scratch: &mut Scratch,
) -> Option<(f64, Geometry<f64>)> {
    if subject.def.geometry.is_point() {
        return points(cover, item, tolerance);
    }
    let outline = subject.outline(item);
    let window = outline.window()?;
    let mut near = Vec::new();
    cover.near(&window, |c| near.push(c));
    if subject.def.geometry.is_area() {
        areas(cover, &outline, &window, &near, scratch)
    } else {
        lines(cover, item, &outline, &window, &near)
    }
}

fn areas(
    cover: &Subject<'_>,
    outline: &Outline,
    window: &Window,
    near: &[Item<'_>],
    scratch: &mut Scratch,
) -> Option<(f64, Geometry<f64>)> {
    let mut parts = Vec::new();
    for c in near {
        let by = cover.outline(c);
        let how = contact(outline, &by, scratch);
        if how.a_covered() {
            return None;
        }
        if how.interiors_meet() {
            parts.push(by);
        }
    }
    let (origin, margin) = (window.low, window.grown(MARGIN_STEPS));
    let mut left: MultiPolygon<f64> = outline.rings_within(&margin, origin);
    if parts.is_empty() {
        // The rings as they are, holes apart from what they are cut out of.
        left = left.intersection(&frame(&margin, origin));
    }
    for by in parts {
        left = left.difference(&by.rings_within(&margin, origin));
    }
    Some((left.unsigned_area(), placed(&left, origin)))
}

fn frame(window: &Window, origin: Step) -> geo::Polygon<f64> {
    let local = |p: Step| [0, 1].map(|i| (p[i] - origin[i]) as f64 / STEPS_PER_M);
    let (low, high) = (local(window.low), local(window.high));
    geo::Rect::new((low[0], low[1]), (high[0], high[1])).to_polygon()
}

fn lines(
    cover: &Subject<'_>,
    item: &Item<'_>,
    outline: &Outline,
    window: &Window,
    near: &[Item<'_>],
) -> Option<(f64, Geometry<f64>)> {
    let (origin, margin) = (window.low, window.grown(MARGIN_STEPS));
    let local = |p: Step| [0, 1].map(|i| (p[i] - origin[i]) as f64 / STEPS_PER_M);
    let shape = item.shape();
    let lines = shape.rings().map(|(_, v)| v.map(|i| local(shape.metres(i))).collect::<Vec<_>>());
    let mut left = MultiLineString(lines.map(LineString::from).collect());
    for c in near {
        let by = cover.outline(c);
        let mut meets = false;
        for e in &outline.edges {
            by.edges_in(&e.window(), |_| meets = true);
        }
        let first = outline.edges.first().map(|e| by.locate(e.from.map(|v| 2 * v)));
        // A line that comes near no edge lies whole inside or whole outside.
        match (meets, first) {
            (false, Some(Place::Inside)) => return None,
            (false, _) => {}
            (true, _) => left = by.rings_within(&margin, origin).clip(&left, true),
        }
    }
    let length: f64 = left.0.iter().map(|l| Euclidean.length(l)).sum();
    let to_map = |l: &LineString<f64>| -> LineString<f64> {
        l.coords()
            .map(|c| {
                let back = |v: f64, o: i64| ((v * STEPS_PER_M).round() + o as f64) / STEPS_PER_M;
                geo::Coord { x: back(c.x, origin[0]), y: back(c.y, origin[1]) }
            })
            .collect()
    };
    (length > 0.0).then(|| (length, MultiLineString(left.0.iter().map(to_map).collect()).into()))
}

/// Points further outside than the tolerance: the measure is infinite, for how far is not asked.
fn points(cover: &Subject<'_>, item: &Item<'_>, tolerance: f64) -> Option<(f64, Geometry<f64>)> {
    let reach = (tolerance * STEPS_PER_M).ceil() as i64;
    let mut left = Vec::new();
    for p in Subject::points(item) {
        let mut covered = false;
        cover.near(&Window::of(p, p).grown(reach), |c| {
            if !covered {
                let by = cover.outline(&c);
                covered = by.locate(p.map(|v| 2 * v)) != Place::Outside || by.distance(p, reach).is_some();
            }
        });
        if !covered {
            left.push(metres(p));
        }
    }
    (!left.is_empty()).then(|| (f64::INFINITY, MultiPoint(left).into()))
}
