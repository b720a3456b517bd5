//! Filters of FES 2.0 (OGC 09-026r2) and of Filter Encoding 1.0 and 1.1, read into the one expression tree.

mod spatial;
mod terms;
mod time;

pub(super) use terms::literal;

use std::cell::Cell;

use super::fault::Fault;
use super::names::{fid, local};
use super::query::Around;
use super::xml::Element;
use crate::access::View;
use crate::features::Query;
use crate::features::encode::gml::{GEOMETRY, Srs};
use crate::filter::check::unknown_attribute;
use crate::filter::{CompareOp, Expr, SpatialOp, Term};
use crate::layers::Attribute;
use crate::space::Bbox;
use crate::space::crs::Offered;

/// Most conditions of a filter beside identifiers, which are looked up.
const MOST_CONDITIONS: usize = 5_000;

/// What a query asks for. A box at the top is kept apart: it is answered from the index, and exactly.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub all: Vec<Expr>,
    within_crs84: Option<Bbox>,
    bbox: Option<Bbox>,
}

impl Wanted {
    /// Adds a box.
    pub fn within(&mut self, around: &Around) -> Result<(), Fault> {
        if matches!(around.crs, Offered::Crs84 | Offered::Epsg4326) && self.within_crs84.is_none() {
            self.within_crs84 = Some(around.bbox);
            return Ok(());
        }
        // The index takes a box that holds it; what lies in it exactly is looked at item by item.
        if self.bbox.is_none() {
            self.bbox = around.crs.box_to_stored(&around.bbox)?;
        }
        self.all.push(spatial::meets(around)?);
        Ok(())
    }

    /// As `features` takes it.
    pub fn query(mut self) -> Query {
        let filter = match self.all.len() {
            0 => None,
            // Identifiers alone are looked up.
            1 => self.all.pop(),
            _ => Some(Expr::And(self.all)),
        };
        Query {
            bbox: self.bbox,
            within_crs84: self.within_crs84.into_iter().collect(),
            filter,
            ..Query::default()
        }
    }
}

/// Reads a `Filter`. Geometries that name no reference system are in that of the answer.
pub(super) fn read(filter: &Element, view: &View, answer: &Srs) -> Result<Wanted, Fault> {
    if filter.name != "Filter" {
        return Err(wrong(filter, "cần phần tử Filter", "expected the element Filter"));
    }
    let reader = Reader { view, answer, conditions: Cell::new(0), vertices: Cell::new(0) };
    let mut wanted = Wanted::default();
    if let Some(fids) = reader.identifiers(&filter.children) {
        wanted.all.push(fids);
    }
    for condition in filter.children.iter().filter(|c| !is_identifier(c)) {
        reader.top(condition, &mut wanted)?;
    }
    Ok(wanted)
}

/// The fids of a filter that is nothing but identifiers.
pub(super) fn only_identifiers(filter: &Element, layer: &str) -> Option<Vec<i64>> {
    let ids = || filter.children.iter();
    (ids().len() > 0 && ids().all(is_identifier))
        .then(|| ids().filter_map(|e| fid(layer, named(e))).collect())
}

/// The identifier that an element names.
fn named(element: &Element) -> &str {
    ["rid", "fid", "id"].into_iter().find_map(|n| element.attribute(n)).unwrap_or_default()
}

struct Reader<'a> {
    view: &'a View,
    answer: &'a Srs,
    /// Read so far.
    conditions: Cell<usize>,
    /// Of all geometries so far.
    vertices: Cell<usize>,
}

/// The property that an element names.
enum Property<'a> {
    Geometry,
    Attribute(&'a Attribute),
}

impl Reader<'_> {
    fn top(&self, condition: &Element, wanted: &mut Wanted) -> Result<(), Fault> {
        match condition.name.as_str() {
            "And" => condition.children.iter().try_for_each(|c| self.top(c, wanted)),
            "BBOX" => wanted.within(&self.bbox(condition)?),
            _ => {
                wanted.all.push(self.expr(condition)?);
                Ok(())
            }
        }
    }

    fn expr(&self, element: &Element) -> Result<Expr, Fault> {
        self.conditions.set(self.conditions.get() + 1);
        if self.conditions.get() > MOST_CONDITIONS {
            return Err(wrong(
                element,
                &format!("quá {MOST_CONDITIONS} điều kiện"),
                &format!("more than {MOST_CONDITIONS} conditions"),
            ));
        }
        match element.name.as_str() {
            "And" => Ok(Expr::And(self.each(element)?)),
            "Or" => Ok(Expr::Or(self.each(element)?)),
            "Not" => {
                let [inner] = element.children.as_slice() else {
                    return Err(wrong(element, "cần đúng một điều kiện", "expected exactly one condition"));
                };
                Ok(Expr::Not(Box::new(self.expr(inner)?)))
            }
            "PropertyIsNull" | "PropertyIsNil" => self.is_null(element),
            "PropertyIsBetween" => self.between(element),
            "PropertyIsLike" => self.like(element),
            "BBOX" => spatial::meets(&self.bbox(element)?),
            "DWithin" => self.near(element),
            "Beyond" => Ok(Expr::Not(Box::new(self.near(element)?))),
            "ResourceId" | "FeatureId" | "GmlObjectId" => {
                Ok(self.identifiers(std::slice::from_ref(element)).unwrap_or(Expr::Or(Vec::new())))
            }
            name => {
                if let Some(op) = comparison(name) {
                    self.compare(element, op)
                } else if let Some(op) = relation(name) {
                    self.spatial(element, op)
                } else if let Some(op) = time::operator(name) {
                    self.temporal(element, op)
                } else {
                    Err(Fault::unsupported(
                        name,
                        format!("chưa có phép {name} trong bộ lọc"),
                        format!("the filter operator {name} is not offered"),
                    ))
                }
            }
        }
    }

    fn each(&self, element: &Element) -> Result<Vec<Expr>, Fault> {
        let others = element.children.iter().filter(|c| !is_identifier(c));
        let mut all: Vec<Expr> = others.map(|c| self.expr(c)).collect::<Result<_, _>>()?;
        // Identifiers side by side are a choice wherever they stand.
        all.extend(self.identifiers(&element.children));
        if all.is_empty() {
            return Err(wrong(element, "không có điều kiện nào", "there is no condition in it"));
        }
        Ok(all)
    }

    fn identifiers(&self, elements: &[Element]) -> Option<Expr> {
        let ids: Vec<&str> = elements.iter().filter(|e| is_identifier(e)).map(named).collect();
        let layer = &self.view.layer.id;
        (!ids.is_empty()).then(|| Expr::Fid(ids.into_iter().filter_map(|id| fid(layer, id)).collect()))
    }

    /// The property that an element names; what may not be seen does not exist.
    fn name(&self, element: Option<&Element>, within: &Element) -> Result<Property<'_>, Fault> {
        let Some(element) = element.filter(|e| is_name(e)) else {
            return Err(wrong(within, "cần tên một thuộc tính", "expected the name of a property"));
        };
        let text = element.text.as_str();
        let name = local(text.rsplit('/').next().unwrap_or(text));
        if name == GEOMETRY {
            return Ok(Property::Geometry);
        }
        let index = self.view.attribute(name).ok_or_else(|| unknown_attribute(name))?;
        Ok(Property::Attribute(&self.view.layer.attributes[index]))
    }
}

fn comparison(name: &str) -> Option<CompareOp> {
    Some(match name {
        "PropertyIsEqualTo" => CompareOp::Eq,
        "PropertyIsNotEqualTo" => CompareOp::NotEq,
        "PropertyIsLessThan" => CompareOp::Lt,
        "PropertyIsLessThanOrEqualTo" => CompareOp::LtEq,
        "PropertyIsGreaterThan" => CompareOp::Gt,
        "PropertyIsGreaterThanOrEqualTo" => CompareOp::GtEq,
        _ => return None,
    })
}

fn relation(name: &str) -> Option<SpatialOp> {
    Some(match name {
        "Intersects" | "Intersect" => SpatialOp::Intersects,
        "Equals" => SpatialOp::Equals,
        "Disjoint" => SpatialOp::Disjoint,
        "Touches" => SpatialOp::Touches,
        "Within" => SpatialOp::Within,
        "Overlaps" => SpatialOp::Overlaps,
        "Crosses" => SpatialOp::Crosses,
        "Contains" => SpatialOp::Contains,
        _ => return None,
    })
}

/// The two operands of an element.
fn two(element: &Element) -> Result<[&Element; 2], Fault> {
    match element.children.as_slice() {
        [a, b] => Ok([a, b]),
        _ => Err(wrong(element, "cần hai vế", "expected two operands")),
    }
}

fn is_name(element: &Element) -> bool {
    matches!(element.name.as_str(), "ValueReference" | "PropertyName")
}

fn is_identifier(element: &Element) -> bool {
    matches!(element.name.as_str(), "ResourceId" | "FeatureId" | "GmlObjectId")
}

/// The term that is the item's geometry.
fn own_geometry() -> Term {
    Term::property(GEOMETRY)
}

fn wrong(element: &Element, vi: &str, en: &str) -> Fault {
    Fault::value("filter", format!("{}: {vi}", element.name), format!("{}: {en}", element.name))
}

fn no_geometry(element: &Element) -> Fault {
    wrong(element, "không so sánh được hình học", "a geometry cannot be compared")
}
