//! Well-known text within a filter (OGC 21-065r2, annex B): x y, a third number is left out.

use geo::{
    Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon,
};

use super::lex::Kind;
use super::{Parser, wrong};
use crate::Result;
use crate::filter::Term;
use crate::filter::literal::MOST_VERTICES;

const TAGS: [&str; 7] =
    ["point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection"];

/// Whether a word begins a geometry where a parenthesis follows.
pub(super) fn is_tag(lower: &str) -> bool {
    TAGS.contains(&lower)
}

pub(super) fn is_z(kind: &Kind<'_>) -> bool {
    matches!(kind, Kind::Word(w) if w.eq_ignore_ascii_case("z"))
}

impl Parser<'_> {
    pub(super) fn geometry(&mut self) -> Result<Term> {
        self.tagged().map(Term::Geometry)
    }

    fn tagged(&mut self) -> Result<Geometry<f64>> {
        let lower = match self.peek() {
            Kind::Word(w) => w.to_ascii_lowercase(),
            _ => String::new(),
        };
        if !is_tag(&lower) {
            return Err(self.expected("một hình học", "a geometry"));
        }
        self.skip();
        if is_z(self.peek()) {
            self.skip();
        }
        Ok(match lower.as_str() {
            "point" => {
                self.must("(")?;
                let point = self.position()?;
                self.must(")")?;
                point.into()
            }
            "linestring" => self.line()?.into(),
            "polygon" => self.polygon()?.into(),
            "multipoint" => MultiPoint(self.several(Self::point_of_many)?).into(),
            "multilinestring" => MultiLineString(self.several(Self::line)?).into(),
            "multipolygon" => MultiPolygon(self.several(Self::polygon)?).into(),
            _ => {
                let list = self.deeper(|p| p.several(Self::tagged))?;
                Geometry::GeometryCollection(GeometryCollection::from(list))
            }
        })
    }

    /// What stands in parentheses, with commas between.
    fn several<T>(&mut self, read: fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        self.must("(")?;
        let mut list = vec![read(self)?];
        while self.takes(",") {
            list.push(read(self)?);
        }
        self.must(")")?;
        Ok(list)
    }

    fn position(&mut self) -> Result<Point<f64>> {
        self.vertices += 1;
        if self.vertices > MOST_VERTICES {
            return Err(wrong(
                self.at(),
                &format!("quá {MOST_VERTICES} đỉnh"),
                &format!("more than {MOST_VERTICES} vertices"),
            ));
        }
        let point = Point::new(self.signed()?, self.signed()?);
        if matches!(self.peek(), Kind::Number(_) | Kind::Sign("-" | "+")) {
            self.signed()?;
        }
        Ok(point)
    }

    fn point_of_many(&mut self) -> Result<Point<f64>> {
        if !self.takes("(") {
            return self.position();
        }
        let point = self.position()?;
        self.must(")")?;
        Ok(point)
    }

    fn line(&mut self) -> Result<LineString<f64>> {
        let at = self.at();
        let points = self.several(Self::position)?;
        if points.len() < 2 {
            return Err(wrong(at, "một đường cần ít nhất 2 đỉnh", "a line needs at least 2 vertices"));
        }
        Ok(points.into())
    }

    fn ring(&mut self) -> Result<LineString<f64>> {
        let at = self.at();
        let ring = self.line()?;
        if ring.0.len() < 4 || !ring.is_closed() {
            return Err(wrong(
                at,
                "một vòng cần ít nhất 4 đỉnh, đỉnh cuối trùng đỉnh đầu",
                "a ring needs at least 4 vertices, the last one the same as the first",
            ));
        }
        Ok(ring)
    }

    fn polygon(&mut self) -> Result<Polygon<f64>> {
        let mut rings = self.several(Self::ring)?;
        let outer = rings.remove(0);
        Ok(Polygon::new(outer, rings))
    }
}
