//! What the models say: map box, figures with measured and declared values, storeys, doubts.

use maud::{Markup, html};

use super::super::format::{number, quantity};
use super::super::i18n::Tr;
use super::elevation;
use crate::bim::facts::{BuildingFacts, Georeference, Measured, ModelFacts};
use crate::text::Text;

/// The place of the case's map; its script fills it.
pub fn map_box(tr: Tr) -> Markup {
    html! {
        div class="casemap" id="casemap" {
            div class="casemap__tools" {
                button class="button button--plain button--small" type="button" id="case-3d" { (tr.t("case-3d")) }
            }
            div id="casemap-canvas" class="casemap__canvas" role="region" aria-label=(tr.t("section-evidence")) {}
        }
    }
}

/// Figures of every model; why one cannot be read, where it cannot.
pub fn section(tr: Tr, models: &[(String, ModelFacts)], refusals: &[(String, Text)]) -> Markup {
    html! {
        section id="facts" {
            h2 { (tr.t("section-facts")) }
            @for (_, reason) in refusals {
                div class="notice notice--error" { h3 { (tr.t("model-refused")) } p { (tr.of(reason)) } }
            }
            @if models.is_empty() && refusals.is_empty() { p class="muted" { (tr.t("facts-none")) } }
            @for (_, model) in models { (one(tr, model)) }
        }
    }
}

fn one(tr: Tr, model: &ModelFacts) -> Markup {
    html! {
        @for b in &model.buildings { (building(tr, model, b)) }
        @if model.buildings.iter().all(|b| b.placed.is_none()) { p class="notice notice--warn" { (tr.t("facts-not-placed")) } }
        @if !model.notes.is_empty() {
            details { summary { (tr.t("facts-warnings")) " " span class="count" { (model.notes.len()) } } ul class="small" { @for n in &model.notes { li { (tr.of(n)) } } } }
        }
    }
}

fn building(tr: Tr, model: &ModelFacts, b: &BuildingFacts) -> Markup {
    let row = |key: &str, value: &Measured, unit: &str| {
        html! {
            @if value.measured.is_some() || value.declared.is_some() {
                dt { (tr.t(key)) }
                dd {
                    @match value.measured { Some(v) => { strong { (quantity(tr, v, Some(unit))) } } None => { "–" } }
                    @if let Some(d) = value.declared { " " span class="muted small" { "(" (tr.with("facts-declared", &[("value", &quantity(tr, d, Some(unit)))])) ")" } }
                }
            }
        }
    };
    html! {
        div class="card" {
            h3 { (b.name) }
            dl class="facts" {
                dt { (tr.t("facts-schema")) } dd { (model.schema) }
                @if let Some(g) = &model.georeference { dt { (tr.t("facts-georeference")) } dd { (georeference(tr, g)) } }
                (row("facts-height", &b.height_m, "m"))
                dt { (tr.t("facts-storeys")) } dd { strong { (quantity(tr, f64::from(b.storey_count.total_49_9), Some("storeys"))) } }
                (row("facts-footprint", &b.footprint_area_m2, "m2"))
                (row("facts-projection", &b.projection_area_m2, "m2"))
                (row("facts-floor-area", &b.gross_floor_area_m2, "m2"))
                (row("facts-far-area", &b.far_area_m2, "m2"))
            }
            details { summary { (tr.t("storey")) " " span class="count" { (b.storeys.len()) } } (elevation::storey_table(tr, b)) }
        }
    }
}

/// Where the model stands: source, CRS, easting and northing.
fn georeference(tr: Tr, g: &Georeference) -> String {
    let mut parts = vec![g.source.clone()];
    parts.extend(g.crs.clone());
    if let (Some(e), Some(n)) = (g.easting, g.northing) {
        parts.push(format!("E {}\u{a0}m, N {}\u{a0}m", number(tr, e, 3), number(tr, n, 3)));
    }
    if g.rotation_deg.abs() > 1e-6 {
        parts.push(format!("{}°", number(tr, g.rotation_deg, 4)));
    }
    parts.join(" · ")
}
