//! The map of what changed: the shapes before and after, told apart by what happened.

use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::super::i18n::Tr;
use crate::access::View;
use crate::http::ogc::past::feature;
use crate::layers::ItemRow;
use crate::store::history::versions::{Kind, Step};
use crate::{Error, Result};

/// A step of an item's life with the states on both sides of it.
pub(super) struct Drawn<'a> {
    pub step: &'a Step,
    pub before: Option<&'a ItemRow>,
    pub after: Option<&'a ItemRow>,
}

impl Drawn<'_> {
    /// What is drawn of it, and how: an old shape only where it is another one, or all that is left.
    fn shapes(&self) -> Vec<(&ItemRow, &'static str)> {
        let shape = |row: Option<_>, state| row.map(|row| (row, state));
        let shapes = match self.step.kind {
            Kind::Inserted => [shape(self.after, "new"), None],
            Kind::Removed => [shape(self.before, "gone"), None],
            Kind::Updated if self.step.geometry_changed => {
                [shape(self.before, "old"), shape(self.after, "changed")]
            }
            Kind::Updated => [shape(self.after, "changed"), None],
        };
        shapes.into_iter().flatten().collect()
    }
}

/// The shapes as GeoJSON for the page's script, each with its state and its fid.
pub(super) fn shapes(view: &View, steps: &[Drawn<'_>]) -> Result<Json> {
    let features = steps.iter().flat_map(Drawn::shapes).map(|(row, state)| {
        let mut feature = feature(view, row)?;
        feature["properties"] = json!({ "state": state, "fid": row.fid });
        Ok::<_, Error>(feature)
    });
    let features = features.collect::<Result<Vec<Json>>>()?;
    Ok(json!({ "layer": view.layer.id, "shapes": {"type": "FeatureCollection", "features": features} }))
}

/// The map's place on the page, and what its colours mean where there is more than one.
pub(super) fn place(tr: Tr, label: &str, steps: &[Drawn<'_>]) -> Markup {
    let states: Vec<&str> = steps.iter().flat_map(Drawn::shapes).map(|(_, state)| state).collect();
    let told = [
        ("new", "change-map-new"),
        ("changed", "change-map-changed"),
        ("old", "change-map-old"),
        ("gone", "change-map-gone"),
    ];
    let told: Vec<_> = told.into_iter().filter(|(state, _)| states.contains(state)).collect();
    html! {
        div class="casemap" { div id="change-map" class="casemap__canvas" role="region" aria-label=(tr.t(label)) {} }
        @if told.len() > 1 {
            ul class="change-legend small" {
                @for (state, key) in told { li { i class={ "change-legend__" (state) } aria-hidden="true" {} (tr.t(key)) } }
            }
        }
    }
}
