//! The style of a layer file as SLD 1.0.0 (OGC 02-070), for QGIS, GeoServer and others that read it.
//!
//! MapLibre computes a colour or width for each item and zoom; SLD has rules with constant symbols. So each style
//! layer is cut into rules: by the values of the attributes that it asks for, by zoom where something grows with it
//! (a step a zoom, at its middle), and what is drawn alike is brought together again.

mod condition;
mod constant;
mod split;
mod symbol;
mod write;

#[cfg(test)]
mod tests;

use std::ops::Range;

use serde_json::Value;

use super::{Catalog, LayerDef};
use crate::text::Lang;

use condition::Condition;
use symbol::Symbol;

/// Zoom behind which nothing is cut off any more.
const LAST_ZOOM: f64 = 24.0;
/// Scale denominator of a MapLibre map at zoom 0 on the standard's screen of 0.28 mm a pixel: the world on 512 pixels.
const SCALE_AT_ZOOM_0: f64 = 279_541_132.014_358_76;

/// A style layer that SLD cannot say.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("style {index} ({kind}): {reason}")]
pub struct Untranslated {
    /// Its number in the layer file.
    pub index: usize,
    /// Its type.
    pub kind: String,
    /// Why.
    pub reason: String,
}

/// A layer with the styles that may be seen of it (`style::visible`).
#[derive(Debug, Clone)]
pub struct Drawn<'a> {
    /// The layer.
    pub layer: &'a LayerDef,
    /// Its styles by their number in the layer file.
    pub styles: Vec<(usize, &'a Value)>,
}

/// What is drawn how.
#[derive(Debug, Clone, PartialEq)]
struct Rule {
    zooms: Range<f64>,
    condition: Condition,
    symbol: Symbol,
}

/// Words that a style is told in.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    /// Titles of codes.
    pub catalog: &'a Catalog,
    /// Language of titles.
    pub lang: Lang,
    /// Address before an icon's `/{name}.svg`.
    pub icons: &'a str,
}

/// The document with the layers in their order. A style that cannot be translated is named in its layer's `Abstract`.
pub fn document(layers: &[Drawn<'_>], words: Words<'_>) -> String {
    write::document(layers, words)
}

/// What of a layer cannot be translated.
pub fn untranslated(drawn: &Drawn<'_>) -> Vec<Untranslated> {
    translated(drawn).1
}

/// The rules of each style of a layer, and the styles that have none.
fn translated(drawn: &Drawn<'_>) -> (Vec<(usize, Vec<Rule>)>, Vec<Untranslated>) {
    let (mut all, mut left_out) = (Vec::new(), Vec::new());
    for (index, style) in &drawn.styles {
        match rules(drawn.layer, style) {
            Ok(rules) => all.push((*index, rules)),
            Err(reason) => {
                let kind = style["type"].as_str().unwrap_or_default().to_owned();
                left_out.push(Untranslated { index: *index, kind, reason });
            }
        }
    }
    (all, left_out)
}

/// The rules of one style layer; the error says what has no equivalent.
fn rules(layer: &LayerDef, style: &Value) -> Result<Vec<Rule>, String> {
    let filter = style.get("filter").map_or(Ok(Condition::Always), condition::read)?;
    let mut rules: Vec<Rule> = Vec::new();
    for case in split::cases(style)? {
        let condition = filter.clone().and(case.condition);
        let mut open: Option<Rule> = None;
        for zooms in bands(layer, style, &case.style) {
            let at = constant::at_zoom(&case.style, middle(&zooms))?;
            let symbol = symbol::read(layer, &at)?;
            match &mut open {
                Some(rule) if rule.symbol == symbol => rule.zooms.end = zooms.end,
                _ => rules.extend(open.replace(Rule { zooms, condition: condition.clone(), symbol })),
            }
        }
        rules.extend(open);
    }
    Ok(rules)
}

/// The stretches of zoom in which a style is drawn alike.
fn bands(layer: &LayerDef, style: &Value, case: &Value) -> Vec<Range<f64>> {
    let from = style["minzoom"].as_f64().unwrap_or(0.0).max(f64::from(layer.min_zoom));
    let to = style["maxzoom"].as_f64().unwrap_or(LAST_ZOOM);
    let mut ends: Vec<f64> =
        constant::zoom_steps(case).into_iter().filter(|z| *z > from && *z < to).collect();
    ends.sort_by(f64::total_cmp);
    ends.dedup();
    ends.push(to);
    let mut start = from;
    ends.into_iter().map(|end| std::mem::replace(&mut start, end)..end).collect()
}

fn middle(zooms: &Range<f64>) -> f64 {
    f64::midpoint(zooms.start, zooms.end)
}
