//! Areas that others are counted in: where a point lies, and how much of a geometry lies in which.

use geo::orient::{Direction, Orient};
use geo::{
    Area, BooleanOps, Contains, Euclidean, Geometry, InteriorPoint, Intersects, Length, Line, LinesIter,
    MultiPolygon, indexed::IntervalTreeMultiPolygon,
};
use rstar::primitives::GeomWithData;
use rstar::{AABB, RTree};

use super::overlay::{as_area, as_lines};
use super::places::Places;
use super::source::Feature;
use crate::space::Bbox;
use crate::{Error, Result};

type Side = GeomWithData<rstar::primitives::Line<[f64; 2]>, usize>;

pub(super) struct Zones<'a> {
    pub places: Places<'a>,
    areas: Vec<MultiPolygon<f64>>,
    points: Vec<IntervalTreeMultiPolygon<f64>>,
    /// All sides of all zones: a geometry that none of them comes near lies in one zone whole.
    sides: RTree<Side>,
}

/// How much of a geometry lies in a zone.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Share {
    pub area_m2: f64,
    pub length_m: f64,
}

impl<'a> Zones<'a> {
    pub(super) fn new(features: Vec<Feature<'a>>) -> Result<Self> {
        let areas = features
            .iter()
            // Rings turn as the point test counts them: outer ones left, inner ones right.
            .map(|f| as_area(&f.geometry).map(|a| a.orient(Direction::Default)).ok_or_else(no_area))
            .collect::<Result<Vec<_>>>()?;
        let points = areas.iter().map(IntervalTreeMultiPolygon::new).collect();
        let side = |l: Line<f64>, zone| {
            GeomWithData::new(rstar::primitives::Line::new([l.start.x, l.start.y], [l.end.x, l.end.y]), zone)
        };
        let sides = areas.iter().enumerate().flat_map(|(z, a)| a.lines_iter().map(move |l| side(l, z)));
        let sides = RTree::bulk_load(sides.collect());
        Ok(Self { places: Places::new(features), areas, points, sides })
    }

    /// The first zone, in their order, in which a point of the geometry lies (its interior point, a line's middle).
    pub(super) fn of(&self, feature: &Feature<'_>) -> Option<usize> {
        let p = feature.geometry.interior_point()?;
        let at = Bbox { min_x: p.x(), min_y: p.y(), max_x: p.x(), max_y: p.y() };
        let near = self.places.near(&at);
        let inside = near.iter().copied().find(|z| self.points[*z].contains(&p));
        // On a border: the first of the zones that share it.
        inside.or_else(|| near.into_iter().find(|z| self.areas[*z].intersects(&p)))
    }

    /// The zones that hold a part of the geometry, with how much.
    pub(super) fn shares(&self, feature: &Feature<'_>) -> Vec<(usize, Share)> {
        let e = &feature.envelope;
        let around = AABB::from_corners([e.min_x, e.min_y], [e.max_x, e.max_y]);
        let crossed = self.sides.locate_in_envelope_intersecting(around).next().is_some();
        let near = self.places.near(e);
        if !crossed {
            let Some(p) = feature.geometry.interior_point() else { return Vec::new() };
            let whole = measure(&feature.geometry);
            return near.into_iter().filter(|z| self.points[*z].contains(&p)).map(|z| (z, whole)).collect();
        }
        let share = |z: usize| {
            let share = if let Some(area) = as_area(&feature.geometry) {
                Share { area_m2: area.intersection(&self.areas[z]).unsigned_area(), length_m: 0.0 }
            } else if let Some(lines) = as_lines(&feature.geometry) {
                let inside = self.areas[z].clip(&lines, false);
                Share { area_m2: 0.0, length_m: Euclidean.length(&inside) }
            } else {
                return None;
            };
            (share.area_m2 > 0.0 || share.length_m > 0.0).then_some((z, share))
        };
        near.into_iter().filter_map(share).collect()
    }
}

fn measure(g: &Geometry<f64>) -> Share {
    let length_m = as_lines(g).map_or(0.0, |l| Euclidean.length(&l));
    Share { area_m2: g.unsigned_area(), length_m }
}

fn no_area() -> Error {
    Error::invalid("zones", "cần một lớp vùng", "a layer of areas was expected")
}
