//! Buffers: what lies within a distance of features.

use geo::{Area, Buffer, Geometry, MultiPolygon, coords_iter::CoordsIter, unary_union};

use super::outcome::{Column, Figure, Outcome, Row, columns_of, row_of};
use super::source::Source;
use super::work::Work;
use crate::layers::Value;
use crate::text::{Lang, number};
use crate::{Error, Result};

/// Vertices that are buffered at once, at most: the union of more would take minutes in one piece.
const VERTICES_MAX: usize = 400_000;

/// A buffer's parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Buffered {
    /// Metres; negative shrinks areas.
    pub distance_m: f64,
    /// One area for all, instead of one a feature.
    pub dissolve: bool,
}

/// Areas within the distance of the features, round at corners and ends.
pub fn buffer(source: &Source, how: Buffered, limit: usize, work: &mut Work) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let (mut vertices, mut read, mut total_m2) = (0, 0, 0.0);
    let mut areas: Vec<MultiPolygon<f64>> = Vec::new();
    if let (Some(reader), false) = (source.reader(), how.dissolve) {
        outcome.columns = columns_of(reader.view(), "");
    }
    outcome.columns.push(Column::new("buffer_area_m2", "Diện tích vùng đệm", "Buffer area", Some("m2")));
    work.stage(0.0, if how.dissolve { 0.6 } else { 1.0 });
    source.each(work, None, |_, feature| {
        vertices += feature.geometry.coords_count();
        if vertices > VERTICES_MAX {
            return Err(Error::invalid(
                "source",
                format!(
                    "hơn {} đỉnh; hãy thu hẹp vùng hoặc điều kiện chọn",
                    number(Lang::Vi, VERTICES_MAX as f64, 0)
                ),
                format!(
                    "more than {} vertices; narrow the area or the conditions",
                    number(Lang::En, VERTICES_MAX as f64, 0)
                ),
            ));
        }
        read += 1;
        let area = feature.geometry.buffer(how.distance_m);
        if area.0.is_empty() {
            return Ok(());
        }
        if how.dissolve {
            areas.push(area);
        } else {
            let area_m2 = area.unsigned_area();
            total_m2 += area_m2;
            outcome.push(limit, || {
                let mut row = feature.item.as_ref().map(row_of).unwrap_or_default();
                row.geometry = Some(Geometry::MultiPolygon(area));
                row.values.push(Value::Real(area_m2));
                row
            });
        }
        Ok(())
    })?;
    if how.dissolve && !areas.is_empty() {
        work.stage(0.6, 1.0);
        work.look()?;
        let whole = unary_union(&areas);
        total_m2 = whole.unsigned_area();
        let row = Row {
            item: None,
            geometry: Some(Geometry::MultiPolygon(whole)),
            values: vec![Value::Real(total_m2)],
        };
        outcome.push(limit, || row);
    }
    outcome.figures.push(Figure::count("read", "Đối tượng gốc", "Features buffered", read));
    outcome.figures.push(Figure::real("area_m2", "Tổng diện tích", "Total area", total_m2, "m2"));
    Ok(outcome)
}
