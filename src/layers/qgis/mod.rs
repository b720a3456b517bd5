//! A layer in QGIS: its style as QGIS keeps styles (`renderer-v2`, `labeling`), and files that QGIS opens.
//!
//! The style of the layer file is MapLibre's; here it is told in QGIS's words. QGIS 3.22 and later read what is written:
//! `qgis.dtd` of the QGIS sources, `QgsFeatureRenderer::load`, `QgsPalLayerSettings::readXml`.

mod expression;
pub mod files;
mod labeling;
mod renderer;
mod scale;
mod symbol;
pub mod xml;

use serde_json::Value;

use self::symbol::Scales;
use self::xml::Element;
use super::{Catalog, LayerDef, style};
use crate::text::Lang;

/// Version that the files say they were written by: older ones warn, newer ones convert.
pub const VERSION: &str = "3.22.0";

/// What of a layer's styles somebody may see, and the language of its legend.
#[derive(Debug)]
pub struct Drawing<'a> {
    layer: &'a LayerDef,
    styles: Vec<&'a Value>,
    catalog: &'a Catalog,
    lang: Lang,
    icons: Icons,
}

/// The drawing (SVG) of an icon that a style names.
pub type Icons = fn(&str) -> Option<&'static str>;

impl<'a> Drawing<'a> {
    /// The styles of `layer` that draw only what `seen` says may be seen.
    pub fn of(
        layer: &'a LayerDef,
        seen: impl Fn(&str) -> bool + 'a,
        catalog: &'a Catalog,
        lang: Lang,
    ) -> Self {
        let styles = style::visible(layer, seen).map(|(_, style)| style).collect();
        Self { layer, styles, catalog, lang, icons: |_| None }
    }

    /// With the icons that `icon-image` names. Without them styles are drawn that have none.
    #[must_use]
    pub fn with_icons(mut self, icons: Icons) -> Self {
        self.icons = icons;
        self
    }

    fn icon(&self, style: &Value) -> Option<&'static str> {
        style["layout"]["icon-image"].as_str().and_then(self.icons)
    }

    /// The symbol layer of a style.
    fn symbol_layer(&self, style: &Value, pass: usize, scales: Scales, of_layer: Scales) -> Option<Element> {
        symbol::layer(style, self.icon(style), pass, scales, of_layer)
    }

    /// The `renderer-v2` element.
    pub fn renderer(&self) -> Element {
        renderer::of(self)
    }

    /// The `labeling` element; none where nothing is labelled.
    pub fn labeling(&self) -> Option<Element> {
        labeling::of(self)
    }

    /// The style as a file of its own (`.qml`).
    pub fn qml(&self) -> String {
        self.onto(
            Element::new("qgis")
                .with("version", VERSION)
                .with("styleCategories", "Symbology|Labeling|Rendering"),
        )
        .document(Some("qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'"))
    }

    /// What belongs to the style, put onto the root of a `.qml` or a project's `maplayer`.
    fn onto(&self, element: Element) -> Element {
        let scales = self.of_layer();
        let limited = scales.largest.is_some() || scales.smallest.is_some();
        let labeling = self.labeling();
        element
            .with("hasScaleBasedVisibilityFlag", u8::from(limited))
            .with("minScale", scales.largest.unwrap_or(1e8))
            .with("maxScale", scales.smallest.unwrap_or(0.0))
            .with("labelsEnabled", u8::from(labeling.is_some()))
            .child(self.renderer())
            .children(labeling)
            .leaf("blendMode", 0)
            .leaf("featureBlendMode", 0)
            .leaf("layerOpacity", 1)
    }

    /// The styles that draw shapes, areas under lines under points.
    fn shapes(&self) -> Vec<&'a Value> {
        let rank = |style: &Value| match style["type"].as_str() {
            Some("fill") => Some(0),
            Some("line") => Some(1),
            Some("fill-extrusion") => Some(2),
            Some("circle") => Some(3),
            Some("symbol") if self.icon(style).is_some() => Some(4),
            _ => None,
        };
        let mut shapes: Vec<&Value> = self.styles.iter().copied().filter(|s| rank(s).is_some()).collect();
        shapes.sort_by_key(|s| rank(s));
        shapes
    }

    fn texts(&self) -> Vec<&'a Value> {
        self.styles.iter().copied().filter(|s| s["type"] == "symbol").collect()
    }

    fn scales(&self, style: &Value) -> Scales {
        Scales::of(style, self.layer.min_zoom)
    }

    /// Scales at which any of the styles is drawn.
    fn of_layer(&self) -> Scales {
        let each = self.styles.iter().map(|s| self.scales(s));
        each.reduce(Scales::and_of).unwrap_or_else(|| Scales::of(&Value::Null, self.layer.min_zoom))
    }

    fn symbol(&self, name: &str, styles: &[&Value]) -> Element {
        let of_layer = self.of_layer();
        let layers =
            styles.iter().enumerate().filter_map(|(i, s)| self.symbol_layer(s, i, self.scales(s), of_layer));
        symbol::symbol(self.layer.geometry, name, layers.collect())
    }

    fn title(&self) -> &'a str {
        self.layer.title.get(self.lang)
    }

    fn others(&self) -> &'static str {
        match self.lang {
            Lang::Vi => "Khác",
            Lang::En => "Other",
        }
    }

    /// What a value of an attribute means.
    fn meaning(&self, attribute: &str, value: &Value) -> String {
        let Value::String(code) = value else { return value.to_string() };
        let list = self.layer.attribute(attribute).and_then(|a| a.codes.as_ref());
        let meaning = list.and_then(|l| self.catalog.code_list(l)).and_then(|l| l.code(code));
        meaning.map_or_else(|| code.clone(), |c| format!("{} ({code})", c.title.get(self.lang)))
    }

    /// A condition as people read it: attributes by their titles.
    fn told(&self, condition: &str) -> String {
        let mut told = condition.trim_start_matches('(').trim_end_matches(')').to_owned();
        for a in &self.layer.attributes {
            told = told.replace(&format!("\"{}\"", a.name), a.title.get(self.lang));
        }
        told
    }
}

#[cfg(test)]
mod tests;
