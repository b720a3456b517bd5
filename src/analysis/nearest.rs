//! The nearest features of another layer.

use geo::{Closest, ClosestPoint, Geometry, InteriorPoint, LineString, Point};

use super::outcome::{Column, Figure, Outcome, Row, columns_of, name_of};
use super::places::Places;
use super::source::Source;
use super::work::Work;
use crate::Result;
use crate::layers::Value;

/// The question's parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Nearest {
    /// How many of the others for each feature.
    pub count: usize,
    /// No farther than this, metres.
    pub max_distance_m: f64,
}

/// For each feature of `from` the nearest of `to`, in a straight line. A row's geometry is that line.
pub fn nearest(from: &Source, to: &Source, how: Nearest, limit: usize, work: &mut Work) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let columns = &mut outcome.columns;
    columns.push(Column::new("from", "Từ", "From", None));
    columns.push(Column::new("from_fid", "Số hiệu (từ)", "Identifier (from)", None));
    columns.push(Column::new("rank", "Thứ tự gần", "Rank", None));
    columns.push(Column::new("distance_m", "Khoảng cách", "Distance", Some("m")));
    columns.push(Column::new("to", "Đến", "To", None));
    columns.push(Column::new("to_fid", "Số hiệu (đến)", "Identifier (to)", None));
    if let Some(reader) = to.reader() {
        columns.extend(columns_of(reader.view(), "to_"));
    }
    work.stage(0.0, 0.2);
    let places = Places::new(to.all(work, "to")?);
    work.stage(0.2, 1.0);
    let (mut asked, mut answered, mut sum_m) = (0_usize, 0_usize, 0.0);
    // One more: a feature is not its own neighbour.
    let wanted = how.count + 1;
    from.each(work, None, |_, feature| {
        asked += 1;
        let found = places.nearest(&feature, wanted, how.max_distance_m);
        let others = found.into_iter().filter(|(i, _)| !super::select::same(&feature, &places.features[*i]));
        for (rank, (i, distance_m)) in others.take(how.count).enumerate() {
            if rank == 0 {
                answered += 1;
                sum_m += distance_m;
            }
            let other = &places.features[i];
            outcome.push(limit, || {
                let mut values = match &feature.item {
                    Some(item) => vec![Value::Text(name_of(item)), Value::Int(item.fid)],
                    None => vec![Value::Null, Value::Null],
                };
                values.extend([Value::Int(rank as i64 + 1), Value::Real(distance_m)]);
                match &other.item {
                    Some(item) => {
                        values.extend([Value::Text(name_of(item)), Value::Int(item.fid)]);
                        values.extend(item.attributes().map(|(_, v)| v));
                    }
                    None => values.extend([Value::Null, Value::Null]),
                }
                let item = feature.item.as_ref().map(|i| (i.view().layer.id.as_str().into(), i.fid));
                Row { item, geometry: between(&feature.geometry, &other.geometry), values }
            });
        }
        Ok(())
    })?;
    let mean_m = if answered == 0 { 0.0 } else { sum_m / answered as f64 };
    outcome.figures.extend([
        Figure::count("asked", "Đối tượng xét", "Features looked at", asked),
        Figure::count("without", "Không có gì trong khoảng cách", "With nothing near", asked - answered),
        Figure::real("mean_distance_m", "Khoảng cách trung bình", "Mean distance", mean_m, "m"),
    ]);
    Ok(outcome)
}

/// A line for the map: from a point of one to the closest point of the other.
fn between(a: &Geometry<f64>, b: &Geometry<f64>) -> Option<Geometry<f64>> {
    let on_b = closest(b, &a.interior_point()?)?;
    let on_a = closest(a, &on_b)?;
    let on_b = closest(b, &on_a)?;
    Some(Geometry::LineString(LineString::from(vec![on_a, on_b])))
}

fn closest(g: &Geometry<f64>, p: &Point<f64>) -> Option<Point<f64>> {
    match g.closest_point(p) {
        Closest::Intersection(c) | Closest::SinglePoint(c) => Some(c),
        Closest::Indeterminate => None,
    }
}
