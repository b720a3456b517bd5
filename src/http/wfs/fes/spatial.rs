//! Relations and distances of the item's geometry and a literal one.

use geo::CoordsIter;

use super::super::fault::Fault;
use super::super::gml;
use super::super::query::Around;
use super::super::xml::Element;
use super::{Property, Reader, is_name, own_geometry, two, wrong};
use crate::filter::functions::DWITHIN;
use crate::filter::literal::{MOST_VERTICES, to_stored};
use crate::filter::{Expr, SpatialOp, Term};
use crate::space::crs::Offered;

/// The geometry meets the box.
pub(super) fn meets(around: &Around) -> Result<Expr, Fault> {
    let (corners, crs) = corners(around);
    stored(Expr::Spatial { op: SpatialOp::Intersects, left: own_geometry(), right: corners }, crs)
}

fn corners(Around { bbox: b, crs }: &Around) -> (Term, Offered) {
    (Term::Box([b.min_x, b.min_y, b.max_x, b.max_y]), *crs)
}

/// The condition with its literals brought to the stored reference system.
fn stored(mut expr: Expr, crs: Offered) -> Result<Expr, Fault> {
    to_stored(&mut expr, crs)?;
    Ok(expr)
}

impl Reader<'_> {
    /// The layer's geometry and a literal, in either order.
    pub(super) fn spatial(&self, element: &Element, op: SpatialOp) -> Result<Expr, Fault> {
        let [a, b] = two(element)?;
        let (name, given) = if is_name(a) { (a, b) } else { (b, a) };
        self.must_be_geometry(name, element)?;
        let (literal, crs) = self.geometry(given)?;
        let (left, right) = if is_name(a) { (own_geometry(), literal) } else { (literal, own_geometry()) };
        stored(Expr::Spatial { op, left, right }, crs)
    }

    /// `DWithin`: the geometry, a literal and a distance.
    pub(super) fn near(&self, element: &Element) -> Result<Expr, Fault> {
        let [a, b, distance] = element.children.as_slice() else {
            return Err(wrong(
                element,
                "cần hình học, một hình học để so và Distance",
                "expected the geometry, another one and Distance",
            ));
        };
        let (name, given) = if is_name(a) { (a, b) } else { (b, a) };
        self.must_be_geometry(name, element)?;
        let (literal, crs) = self.geometry(given)?;
        let args = vec![own_geometry(), literal, Term::literal(metres(distance)?)];
        stored(Expr::Truth(Term::Function { name: DWITHIN.to_owned(), args }), crs)
    }

    pub(super) fn bbox(&self, element: &Element) -> Result<Around, Fault> {
        for name in element.children.iter().filter(|c| is_name(c)) {
            self.must_be_geometry(name, element)?;
        }
        let envelope =
            element.children.iter().find(|c| c.is_gml || matches!(c.name.as_str(), "Envelope" | "Box"));
        gml::envelope(
            envelope.ok_or_else(|| wrong(element, "thiếu khung", "there is no envelope"))?,
            self.answer,
        )
    }

    fn must_be_geometry(&self, name: &Element, within: &Element) -> Result<(), Fault> {
        match self.name(Some(name), within)? {
            Property::Geometry => Ok(()),
            Property::Attribute(_) => Err(wrong(within, "cần thuộc tính hình học", "expected the geometry")),
        }
    }

    fn geometry(&self, given: &Element) -> Result<(Term, Offered), Fault> {
        if matches!(given.name.as_str(), "Envelope" | "Box") {
            return Ok(corners(&gml::envelope(given, self.answer)?));
        }
        let (geometry, crs) = gml::literal(given, self.answer)?;
        self.vertices.set(self.vertices.get() + geometry.coords_count());
        if self.vertices.get() > MOST_VERTICES {
            return Err(wrong(
                given,
                &format!("quá {MOST_VERTICES} đỉnh trong bộ lọc"),
                &format!("more than {MOST_VERTICES} vertices in the filter"),
            ));
        }
        Ok((Term::Geometry(geometry), crs))
    }
}

/// A distance in metres. Degrees are refused: they are another length in each direction and at each place.
fn metres(distance: &Element) -> Result<f64, Fault> {
    let unit = distance.attribute("uom").or(distance.attribute("units")).unwrap_or_default();
    // Addresses and URNs end with the unit's code (UCUM, EPSG).
    let code = unit.rsplit([':', '/', '#']).next().unwrap_or(unit).to_ascii_lowercase();
    let metres = match code.as_str() {
        "m" | "metre" | "metres" | "meter" | "meters" | "9001" => 1.0,
        "km" | "kilometre" | "kilometres" | "kilometer" | "kilometers" | "9036" => 1000.0,
        "cm" | "centimetre" | "centimetres" | "centimeter" | "centimeters" | "1033" => 0.01,
        "ft" | "foot" | "feet" | "[ft_i]" | "9002" => 0.3048,
        "mi" | "mile" | "miles" | "[mi_i]" | "9093" => 1609.344,
        _ => {
            return Err(wrong(
                distance,
                &format!(
                    "đơn vị “{unit}” không dùng được; cần m, km, cm, ft hoặc mi (độ không phải khoảng cách)"
                ),
                &format!(
                    "the unit “{unit}” is not taken; expected m, km, cm, ft or mi (degrees are no distance)"
                ),
            ));
        }
    };
    let number = distance.text.parse().ok().filter(|d: &f64| d.is_finite() && *d >= 0.0);
    number
        .map(|d| d * metres)
        .ok_or_else(|| wrong(distance, "cần một số từ 0 trở lên", "expected a number, 0 or more"))
}
