//! How areas are made of a drawing (DXF, DGN): which layers bound them, whose texts belong to them, which gaps are
//! closed.

use maud::{Markup, html};

use super::super::format::number;
use super::super::i18n::Tr;
use crate::formats::inspect::Drawn;
use crate::formats::{Drawing, DrawingLayer};

/// The choices, with what each layer holds and what comes of it as it is read now.
pub(super) fn section(tr: Tr, drawn: &Drawn, chosen: &Drawing) -> Markup {
    let count = |n: u64| number(tr, n as f64, 0);
    html! {
        section class="card" aria-labelledby="drawing" id="import-drawing" {
            h2 id="drawing" tabindex="-1" { (tr.t("import-drawing")) }
            p { (tr.t("import-drawing-about")) }
            p class={ "notice " (if drawn.areas > 0 { "notice--ok" } else { "notice--warn" }) } id="drawing-areas" data-areas=(drawn.areas) {
                @if drawn.areas > 0 { (tr.with("import-areas", &[("count", &count(drawn.areas))])) } @else { (tr.t("import-no-areas")) }
            }
            div class="table-wrap preview" tabindex="0" role="region" aria-label=(tr.t("import-drawing-layers")) {
                table class="drawing" {
                    thead { tr { @for key in ["import-drawing-layer", "import-boundaries", "import-texts", "import-sample"] { th scope="col" { (tr.t(key)) } } } }
                    tbody { @for l in &drawn.layers { tr {
                        th scope="row" { (l.name) }
                        td { @if l.lines > 0 { (tick(tr, "boundary_layers", l, &tr.with("import-lines", &[("count", &count(l.lines))]), &chosen.boundary_layers)) } @else { "–" } }
                        td { @if l.texts > 0 { (tick(tr, "text_layers", l, &tr.with("import-texts-count", &[("count", &count(l.texts))]), &chosen.text_layers)) } @else { "–" } }
                        td class="small muted" { @if let Some(sample) = &l.sample { "“" (sample) "”" } }
                    } } }
                }
            }
            div class="field" {
                label for="snap_m" { (tr.t("import-snap")) }
                span class="hint" id="snap-hint" { (tr.t("import-snap-about")) }
                div class="with-unit" {
                    input type="text" id="snap_m" name="drawing.snap_m" inputmode="decimal" pattern="\\d{1,3}([.,]\\d+)?" value=[chosen.snap_m.map(|m| number(tr, m, 3))] aria-describedby="snap-hint";
                    span { "m" }
                }
            }
            div class="actions" { button class="button button--plain" type="button" data-look { (tr.t("import-look-so")) } }
            div class="import-wait" aria-live="polite" {}
        }
    }
}

fn tick(tr: Tr, name: &str, layer: &DrawingLayer, text: &str, chosen: &[String]) -> Markup {
    html! {
        label class="check" {
            input type="checkbox" name={ "drawing." (name) } value=(layer.name) checked[is_chosen(chosen, &layer.name)];
            span { (text) span class="visually-hidden" { ", " (tr.t("import-drawing-layer")) " " (layer.name) } }
        }
    }
}

/// Whether a selection names a layer, or a layer of which this is one colour.
fn is_chosen(chosen: &[String], name: &str) -> bool {
    let name = name.to_lowercase();
    let layer = name.split('/').next().unwrap_or_default();
    chosen.iter().map(|c| c.trim().to_lowercase()).any(|c| c == name || c == layer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_chooses_its_colours() {
        let chosen = ["Ranh".to_owned(), "10/3".to_owned()];
        let is = |name: &str| is_chosen(&chosen, name);
        assert!(is("RANH") && is("10/3") && is("ranh/7") && !is("10/4") && !is("10"));
    }
}
