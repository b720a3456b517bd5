//! The site's own outline: IfcSite's drawn boundary (a `FootPrint` or any representation of closed curves or
//! bounded planes), else the plan view of its solid or surface.

use geo::{MultiPolygon, Polygon};

use super::element::Context;
use super::shape::{axes, curves, outline};
use super::step::Record;

/// The outline of the first IfcSite that has one, local coordinates.
pub fn outline(context: &Context<'_>) -> Option<MultiPolygon<f64>> {
    context.model.exactly("IfcSite").iter().find_map(|&id| {
        let site = context.model.get(id)?;
        drawn(context, &site).or_else(|| Some(context.solid(id)?.plan())).filter(|o| outline::area(o) > 0.0)
    })
}

fn drawn(context: &Context<'_>, site: &Record) -> Option<MultiPolygon<f64>> {
    let model = context.model;
    let unit = context.units.length_m;
    let place = axes::of_product(model, site, unit).unwrap_or(axes::Axes::WORLD);
    let shape = model.follow(site, "Representation")?;
    let mut representations: Vec<Record> =
        shape.references("Representations").into_iter().filter_map(|id| model.get(id)).collect();
    let is_footprint =
        |r: &Record| r.text("RepresentationIdentifier").is_some_and(|i| i.eq_ignore_ascii_case("FootPrint"));
    representations.sort_by_key(|r| !is_footprint(r));
    representations.iter().find_map(|representation| {
        let rings: Vec<Polygon<f64>> = representation
            .references("Items")
            .into_iter()
            .flat_map(|item| curves::rings(model, item, &place, unit))
            .map(|ring| Polygon::new(ring, Vec::new()))
            .collect();
        let filled = outline::fill(rings);
        (!filled.0.is_empty()).then_some(filled)
    })
}
