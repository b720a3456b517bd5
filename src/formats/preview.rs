//! What is shown of a file's shapes before it is imported: the first ones, with no more vertices than a small map
//! needs, and the layers of a drawing to choose from.

use std::collections::BTreeMap;

use gdal::vector::Feature;
use geo::{BoundingRect, CoordsIter, Geometry, Simplify};

use super::DrawingLayer;
use super::curve::SAGITTA;
use super::geometry::{Tally, plain};
use crate::space::geojson::to_json;

/// Shapes that are shown.
pub(super) const SHAPES: usize = 200;
/// Vertices of all of them together.
const VERTICES: usize = 10_000;
/// A shape with more vertices is drawn with fewer: none of them is moved by more than this part of its size.
const FINE: usize = 200;
const COARSE_PART: f64 = 0.001;
/// Decimals of coordinates, enough for degrees.
const DECIMALS: u8 = 8;

/// Shapes that are gathered while vertices are left.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    vertices: usize,
    full: bool,
    /// The first shapes, GeoJSON geometries in the file's own system; null where a feature has none that can be drawn, or
    /// one of too many parts.
    pub shapes: Vec<serde_json::Value>,
}

impl Shapes {
    /// Whether no more are taken.
    pub(super) fn is_full(&self) -> bool {
        self.full || self.shapes.len() >= SHAPES
    }

    /// The next feature's shape.
    pub(super) fn feature(&mut self, feature: &Feature) {
        let geometry = feature.geometry().and_then(|g| plain(g, SAGITTA, &mut Tally::default()).ok());
        match geometry {
            Some(geometry) => self.shape(&geometry),
            None => self.shapes.push(serde_json::Value::Null),
        }
    }

    /// The next shape.
    pub(super) fn shape(&mut self, geometry: &Geometry<f64>) {
        let drawn = coarse(geometry);
        let vertices = drawn.coords_count();
        if vertices > VERTICES || drawn.coords_iter().any(|c| !(c.x.is_finite() && c.y.is_finite())) {
            self.shapes.push(serde_json::Value::Null);
            return;
        }
        if self.vertices + vertices > VERTICES {
            self.full = true;
            return;
        }
        self.vertices += vertices;
        self.shapes.push(to_json(&drawn, DECIMALS));
    }
}

fn coarse(geometry: &Geometry<f64>) -> Geometry<f64> {
    let size = geometry.bounding_rect().map_or(0.0, |r| r.width().max(r.height()));
    let tolerance = size * COARSE_PART;
    match geometry {
        g if g.coords_count() <= FINE => g.clone(),
        Geometry::LineString(l) => l.simplify(tolerance).into(),
        Geometry::MultiLineString(m) => m.simplify(tolerance).into(),
        Geometry::Polygon(p) => p.simplify(tolerance).into(),
        Geometry::MultiPolygon(m) => m.simplify(tolerance).into(),
        other => other.clone(),
    }
}

/// Layers that are shown to choose from, and colours of one that are told apart.
const MAX_LAYERS: usize = 300;
const MAX_COLOURS: usize = 8;
/// Letters of the text that shows what a layer's texts are like.
const SAMPLE_CHARS: usize = 40;

/// What a drawing's layers hold, by layer and colour.
#[derive(Debug, Default)]
pub(super) struct Seen(BTreeMap<(String, String), DrawingLayer>);

impl Seen {
    /// Counts an element; `label` is its text.
    pub(super) fn see(&mut self, layer: &str, colour: &str, geometry: &Geometry<f64>, label: &str) {
        let text = matches!(geometry, Geometry::Point(_));
        if text && label.is_empty() {
            return;
        }
        let found = self.0.entry((layer.to_owned(), colour.to_owned())).or_insert_with(|| DrawingLayer {
            name: if colour.is_empty() { layer.to_owned() } else { format!("{layer}/{colour}") },
            lines: 0,
            texts: 0,
            sample: None,
        });
        if text {
            found.texts += 1;
            found.sample.get_or_insert_with(|| label.chars().take(SAMPLE_CHARS).collect());
        } else {
            found.lines += 1;
        }
    }

    /// The layers; where one has some colours, each of them by itself.
    pub(super) fn layers(self) -> Vec<DrawingLayer> {
        let mut by_layer: BTreeMap<String, Vec<DrawingLayer>> = BTreeMap::new();
        for ((layer, _), found) in self.0 {
            by_layer.entry(layer).or_default().push(found);
        }
        let one = |(name, colours): (String, Vec<DrawingLayer>)| match colours.len() {
            2..=MAX_COLOURS => colours,
            _ => vec![DrawingLayer {
                lines: colours.iter().map(|c| c.lines).sum(),
                texts: colours.iter().map(|c| c.texts).sum(),
                sample: colours.into_iter().find_map(|c| c.sample),
                name,
            }],
        };
        by_layer.into_iter().flat_map(one).take(MAX_LAYERS).collect()
    }
}

#[cfg(test)]
mod tests {
    use geo::{LineString, Point};

    use super::*;

    #[test]
    fn shapes_end_with_their_vertices() {
        let mut shapes = Shapes::default();
        let zigzag = |n: usize| -> Geometry<f64> {
            LineString::from_iter((0..n).map(|i| (i as f64, (i % 2) as f64 * n as f64))).into()
        };
        for _ in 0..100 {
            if !shapes.is_full() {
                shapes.shape(&zigzag(190));
            }
        }
        assert_eq!(shapes.shapes.len(), VERTICES / 190);
        let mut shapes = Shapes::default();
        shapes.shape(&Point::new(f64::NAN, 1.0).into());
        shapes.shape(&LineString::from_iter((0..5000).map(|i| (f64::from(i), 0.0))).into());
        assert_eq!(shapes.shapes[0], serde_json::Value::Null);
        assert_eq!(shapes.shapes[1]["coordinates"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn colours_of_a_layer_are_told_apart_while_they_are_few() {
        let line: Geometry<f64> = LineString::from(vec![(0.0, 0.0), (1.0, 0.0)]).into();
        let text: Geometry<f64> = Point::new(0.5, 0.5).into();
        let mut seen = Seen::default();
        seen.see("10", "3", &line, "");
        seen.see("10", "7", &line, "");
        seen.see("13", "0", &text, "ODT 12");
        seen.see("13", "0", &text, "");
        for colour in 0..20 {
            seen.see("20", &colour.to_string(), &line, "");
        }
        let layers = seen.layers();
        let told: Vec<_> = layers.iter().map(|l| (l.name.as_str(), l.lines, l.texts)).collect();
        assert_eq!(told, [("10/3", 1, 0), ("10/7", 1, 0), ("13", 0, 1), ("20", 20, 0)]);
        assert_eq!(layers[2].sample.as_deref(), Some("ODT 12"));
    }
}
