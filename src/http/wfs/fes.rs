//! Filters of FES 2.0 (OGC 09-026r2) and of Filter Encoding 1.0 and 1.1, read into the one expression tree.

use super::fault::Fault;
use super::gml;
use super::names::{fid, local};
use super::query::Around;
use super::xml::Element;
use crate::access::View;
use crate::features::Query;
use crate::features::encode::gml::{GEOMETRY, Srs};
use crate::filter::check::{parse_value, unknown_attribute};
use crate::filter::literal::to_stored;
use crate::filter::{CompareOp, Expr, SpatialOp, Term};
use crate::layers::{Attribute, AttributeType, Value};
use crate::space::Bbox;
use crate::space::crs::Offered;

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
        self.all.push(meets(around)?);
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
    let reader = Reader { view, answer };
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

/// The geometry meets the box.
fn meets(around: &Around) -> Result<Expr, Fault> {
    let Around { bbox: b, crs } = around;
    let corners = Term::Box([b.min_x, b.min_y, b.max_x, b.max_y]);
    spatial(SpatialOp::Intersects, Term::property(GEOMETRY), corners, *crs)
}

/// A spatial relation, its literals brought to the stored reference system.
fn spatial(op: SpatialOp, left: Term, right: Term, crs: Offered) -> Result<Expr, Fault> {
    let mut expr = Expr::Spatial { op, left, right };
    to_stored(&mut expr, crs)?;
    Ok(expr)
}

struct Reader<'a> {
    view: &'a View,
    answer: &'a Srs,
}

/// An attribute and a literal, or a literal and an attribute.
type Comparison<'a> = (&'a Attribute, &'a str, bool);

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
        let operator = match element.name.as_str() {
            "And" => return Ok(Expr::And(self.each(element)?)),
            "Or" => return Ok(Expr::Or(self.each(element)?)),
            "Not" => {
                let [inner] = element.children.as_slice() else {
                    return Err(wrong(element, "cần đúng một điều kiện", "expected exactly one condition"));
                };
                return Ok(Expr::Not(Box::new(self.expr(inner)?)));
            }
            "PropertyIsNull" | "PropertyIsNil" => {
                return match self.name(element.children.first(), element)? {
                    // Every item that is served has a geometry or is found by its absence alone.
                    Property::Geometry => Err(no_geometry(element)),
                    Property::Attribute(a) => Ok(Expr::IsNull(a.name.clone())),
                };
            }
            "PropertyIsBetween" => return self.between(element),
            "BBOX" => return meets(&self.bbox(element)?),
            "PropertyIsLike" => return self.like(element),
            "Intersects" | "Intersect" => return self.spatial(element, SpatialOp::Intersects),
            "Equals" => return self.spatial(element, SpatialOp::Equals),
            "Disjoint" => return self.spatial(element, SpatialOp::Disjoint),
            "Touches" => return self.spatial(element, SpatialOp::Touches),
            "Within" => return self.spatial(element, SpatialOp::Within),
            "Overlaps" => return self.spatial(element, SpatialOp::Overlaps),
            "Crosses" => return self.spatial(element, SpatialOp::Crosses),
            "Contains" => return self.spatial(element, SpatialOp::Contains),
            "ResourceId" | "FeatureId" | "GmlObjectId" => {
                return Ok(self.identifiers(std::slice::from_ref(element)).unwrap_or(Expr::Or(Vec::new())));
            }
            "PropertyIsEqualTo" => CompareOp::Eq,
            "PropertyIsNotEqualTo" => CompareOp::NotEq,
            "PropertyIsLessThan" => CompareOp::Lt,
            "PropertyIsLessThanOrEqualTo" => CompareOp::LtEq,
            "PropertyIsGreaterThan" => CompareOp::Gt,
            "PropertyIsGreaterThanOrEqualTo" => CompareOp::GtEq,
            other => {
                return Err(Fault::unsupported(
                    other,
                    format!("chưa có phép {other} trong bộ lọc"),
                    format!("the filter operator {other} is not offered"),
                ));
            }
        };
        if let Some((left, right)) = self.two_properties(element)? {
            return Ok(Expr::CompareTerms { op: operator, left, right });
        }
        let (attribute, text, turned) = self.comparison(element)?;
        let operator = if turned { turn(operator) } else { operator };
        let value = literal(attribute, text)?;
        if element.attribute("matchCase") == Some("false") && attribute.kind == AttributeType::Text {
            let fold = |term| Term::Casei(Box::new(term));
            let (left, right) = (fold(Term::property(&attribute.name)), fold(Term::literal(value)));
            return Ok(Expr::CompareTerms { op: operator, left, right });
        }
        Ok(Expr::Compare { attribute: attribute.name.clone(), op: operator, value })
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

    /// Both operands, where both are attributes.
    fn two_properties(&self, element: &Element) -> Result<Option<(Term, Term)>, Fault> {
        let is_name = |e: &Element| matches!(e.name.as_str(), "ValueReference" | "PropertyName");
        let [a, b] = element.children.as_slice() else { return Ok(None) };
        if !is_name(a) || !is_name(b) {
            return Ok(None);
        }
        let term = |e| match self.name(Some(e), element)? {
            Property::Geometry => Err(no_geometry(element)),
            Property::Attribute(a) => Ok(Term::property(&a.name)),
        };
        Ok(Some((term(a)?, term(b)?)))
    }

    /// A pattern with the signs that the element names, rewritten to those of the tree.
    fn like(&self, element: &Element) -> Result<Expr, Fault> {
        let (attribute, pattern, _) = self.comparison(element)?;
        if attribute.kind != AttributeType::Text {
            return Err(wrong(element, "chỉ dùng cho văn bản", "applies to texts only"));
        }
        let sign = |names: [&str; 2]| {
            let text = names.into_iter().find_map(|n| element.attribute(n))?;
            let mut signs = text.chars();
            signs.next().filter(|_| signs.next().is_none())
        };
        let (many, one) = (sign(["wildCard", "wildcard"]), sign(["singleChar", "singlechar"]));
        let escape = sign(["escapeChar", "escape"]);
        let mut rewritten = String::new();
        let mut letters = pattern.chars();
        while let Some(c) = letters.next() {
            let (c, plain) = match c {
                _ if Some(c) == escape => (letters.next().unwrap_or(c), true),
                _ => (c, false),
            };
            match c {
                _ if !plain && Some(c) == many => rewritten.push('%'),
                _ if !plain && Some(c) == one => rewritten.push('_'),
                '%' | '_' | '\\' => rewritten.extend(['\\', c]),
                _ => rewritten.push(c),
            }
        }
        let (mut text, mut pattern) =
            (Term::property(&attribute.name), Term::literal(Value::Text(rewritten)));
        if element.attribute("matchCase") == Some("false") {
            (text, pattern) = (Term::Casei(Box::new(text)), Term::Casei(Box::new(pattern)));
        }
        Ok(Expr::Like { text, pattern })
    }

    /// The layer's geometry and a literal, in either order.
    fn spatial(&self, element: &Element, op: SpatialOp) -> Result<Expr, Fault> {
        let [a, b] = element.children.as_slice() else {
            return Err(wrong(element, "cần hai vế", "expected two operands"));
        };
        let is_name = |e: &Element| matches!(e.name.as_str(), "ValueReference" | "PropertyName");
        let (name, given) = if is_name(a) { (a, b) } else { (b, a) };
        if let Property::Attribute(_) = self.name(Some(name), element)? {
            return Err(wrong(element, "cần thuộc tính hình học", "expected the geometry"));
        }
        let (literal, crs) = if matches!(given.name.as_str(), "Envelope" | "Box") {
            let Around { bbox: b, crs } = gml::envelope(given, self.answer)?;
            (Term::Box([b.min_x, b.min_y, b.max_x, b.max_y]), crs)
        } else {
            let (geometry, crs) = gml::literal(given, self.answer)?;
            (Term::Geometry(geometry), crs)
        };
        let own = Term::property(GEOMETRY);
        if is_name(a) { spatial(op, own, literal, crs) } else { spatial(op, literal, own, crs) }
    }

    fn comparison<'a>(&'a self, element: &'a Element) -> Result<Comparison<'a>, Fault> {
        let [a, b] = element.children.as_slice() else {
            return Err(wrong(element, "cần hai vế", "expected two operands"));
        };
        let (name, value, turned) = match (a.name.as_str(), b.name.as_str()) {
            ("Literal", _) => (b, a, true),
            (_, "Literal") => (a, b, false),
            _ => {
                return Err(wrong(
                    element,
                    "cần một thuộc tính và một giá trị",
                    "expected a property and a literal",
                ));
            }
        };
        match self.name(Some(name), element)? {
            Property::Geometry => Err(no_geometry(element)),
            Property::Attribute(a) => Ok((a, &value.text, turned)),
        }
    }

    fn between(&self, element: &Element) -> Result<Expr, Fault> {
        let Property::Attribute(attribute) = self.name(element.children.first(), element)? else {
            return Err(no_geometry(element));
        };
        let bound = |name: &str, op| {
            let text = element.child(name).and_then(|b| b.child("Literal")).map(|l| l.text.as_str());
            let text = text.ok_or_else(|| wrong(element, "thiếu cận", "a boundary is missing"))?;
            Ok::<_, Fault>(Expr::Compare {
                attribute: attribute.name.clone(),
                op,
                value: literal(attribute, text)?,
            })
        };
        Ok(Expr::And(vec![
            bound("LowerBoundary", CompareOp::GtEq)?,
            bound("UpperBoundary", CompareOp::LtEq)?,
        ]))
    }

    fn bbox(&self, element: &Element) -> Result<Around, Fault> {
        for name in
            element.children.iter().filter(|c| matches!(c.name.as_str(), "ValueReference" | "PropertyName"))
        {
            if let Property::Attribute(_) = self.name(Some(name), element)? {
                return Err(wrong(element, "cần thuộc tính hình học", "expected the geometry"));
            }
        }
        let envelope =
            element.children.iter().find(|c| c.is_gml || matches!(c.name.as_str(), "Envelope" | "Box"));
        gml::envelope(
            envelope.ok_or_else(|| wrong(element, "thiếu khung", "there is no envelope"))?,
            self.answer,
        )
    }

    /// The property that an element names; what may not be seen does not exist.
    fn name(&self, element: Option<&Element>, within: &Element) -> Result<Property<'_>, Fault> {
        let element = element.filter(|e| matches!(e.name.as_str(), "ValueReference" | "PropertyName"));
        let Some(element) = element else {
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

enum Property<'a> {
    Geometry,
    Attribute(&'a Attribute),
}

/// A literal as a value of the attribute. XML Schema writes yes and no as 1 and 0 too, and instants without a zone.
pub(super) fn literal(attribute: &Attribute, text: &str) -> Result<Value, Fault> {
    let text = match (attribute.kind, text) {
        (AttributeType::Boolean, "1") => "true".to_owned(),
        (AttributeType::Boolean, "0") => "false".to_owned(),
        (AttributeType::Boolean, other) => other.to_ascii_lowercase(),
        (AttributeType::Date, other) => {
            other.split('T').next().unwrap_or(other).trim_end_matches('Z').to_owned()
        }
        (AttributeType::Timestamp, other) => zoned(other),
        (_, other) => other.to_owned(),
    };
    Ok(parse_value(attribute, &text)?)
}

/// An instant with the zone that it lacks: clients write those of Vietnam's clocks as they got them, in UTC.
fn zoned(text: &str) -> String {
    let time = text.split_once('T').map(|(_, time)| time);
    match time {
        Some(time) if !time.contains(['Z', 'z', '+', '-']) => format!("{text}Z"),
        Some(_) => text.to_owned(),
        None => format!("{text}T00:00:00Z"),
    }
}

fn turn(operator: CompareOp) -> CompareOp {
    match operator {
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::LtEq => CompareOp::GtEq,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::GtEq => CompareOp::LtEq,
        same => same,
    }
}

fn is_identifier(element: &Element) -> bool {
    matches!(element.name.as_str(), "ResourceId" | "FeatureId" | "GmlObjectId")
}

fn wrong(element: &Element, vi: &str, en: &str) -> Fault {
    Fault::value("filter", format!("{}: {vi}", element.name), format!("{}: {en}", element.name))
}

fn no_geometry(element: &Element) -> Fault {
    wrong(element, "không so sánh được hình học", "a geometry cannot be compared")
}
