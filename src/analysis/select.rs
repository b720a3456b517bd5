//! Select by location and attribute.

use super::outcome::{Figure, Outcome, columns_of, row_of};
use super::places::{Compared, Places, distance_m};
use super::source::{Feature, Source, grown};
use super::work::Work;
use crate::{Error, Result};

/// How the wanted features lie to the others (OGC 06-103r4, 6.1.15, but for the distance).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Relation {
    /// Share a point.
    Intersects,
    /// Lie in one of the others.
    Within,
    /// Hold one of the others.
    Contains,
    /// Share a border, but no interior.
    Touches,
    /// Share nothing with any of the others.
    Disjoint,
    /// Lie no farther than this from one of the others, metres.
    WithinDistance(f64),
}

/// Features of `target` that stand in the relation to one of the others; without a relation all of them.
pub fn select(
    target: &Source,
    relation: Option<(Relation, &Source)>,
    limit: usize,
    work: &mut Work,
) -> Result<Outcome> {
    let reader = target.reader().ok_or_else(no_layer)?;
    let mut outcome = Outcome { columns: columns_of(reader.view(), ""), ..Outcome::default() };
    let Some((relation, others)) = relation else {
        target.each(work, None, |_, feature| {
            keep(&mut outcome, limit, &feature);
            Ok(())
        })?;
        return Ok(finished(outcome));
    };
    work.stage(0.0, 0.2);
    let others = Places::new(others.all(work, "of")?);
    let compared: Vec<Compared<'_>> = others.features.iter().map(|f| Compared::new(&f.geometry)).collect();
    work.stage(0.2, 1.0);
    let around = match relation {
        Relation::Disjoint => None,
        Relation::WithinDistance(m) => extent(&others, m),
        _ => extent(&others, 0.0),
    };
    if around.is_none() && relation != Relation::Disjoint {
        return Ok(finished(outcome));
    }
    target.each(work, around, |_, feature| {
        if stands(&feature, relation, &others, &compared) {
            keep(&mut outcome, limit, &feature);
        }
        Ok(())
    })?;
    Ok(finished(outcome))
}

fn stands(feature: &Feature<'_>, relation: Relation, others: &Places<'_>, compared: &[Compared<'_>]) -> bool {
    let by_m = if let Relation::WithinDistance(m) = relation { m } else { 0.0 };
    let near = others.near(&grown(&feature.envelope, by_m));
    // A feature is not compared with itself.
    let mut near = near.into_iter().filter(|i| !same(feature, &others.features[*i]));
    let matrix = |i: usize| compared[i].relate(&feature.geometry);
    match relation {
        Relation::Intersects => near.any(|i| matrix(i).is_intersects()),
        Relation::Within => near.any(|i| matrix(i).is_within()),
        Relation::Contains => near.any(|i| matrix(i).is_contains()),
        Relation::Touches => near.any(|i| matrix(i).is_touches()),
        Relation::Disjoint => !near.any(|i| matrix(i).is_intersects()),
        Relation::WithinDistance(m) => {
            near.any(|i| distance_m(&feature.geometry, &others.features[i].geometry) <= m)
        }
    }
}

/// Whether both are the same item of one layer.
pub(super) fn same(a: &Feature<'_>, b: &Feature<'_>) -> bool {
    match (&a.item, &b.item) {
        (Some(a), Some(b)) => a.fid == b.fid && a.view().layer.id == b.view().layer.id,
        _ => false,
    }
}

fn extent(places: &Places<'_>, by_m: f64) -> Option<crate::space::Bbox> {
    let all = places.features.iter().map(|f| f.envelope).reduce(|a, b| crate::space::Bbox {
        min_x: a.min_x.min(b.min_x),
        min_y: a.min_y.min(b.min_y),
        max_x: a.max_x.max(b.max_x),
        max_y: a.max_y.max(b.max_y),
    })?;
    Some(grown(&all, by_m))
}

fn keep(outcome: &mut Outcome, limit: usize, feature: &Feature<'_>) {
    if let Some(item) = &feature.item {
        outcome.push(limit, || row_of(item));
    }
}

fn finished(mut outcome: Outcome) -> Outcome {
    outcome.figures.push(Figure::count(
        "selected",
        "Đối tượng được chọn",
        "Features selected",
        outcome.matched,
    ));
    outcome
}

pub(super) fn no_layer() -> Error {
    Error::invalid(
        "layer",
        "cần một lớp dữ liệu, không phải một hình vẽ",
        "a layer was expected, not a drawn place",
    )
}
