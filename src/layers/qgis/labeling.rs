//! The labels of a layer: its style layers with texts.

use serde_json::Value;

use super::Drawing;
use super::expression::{expression, text_field};
use super::symbol::{Amount, PX_MM, color, last_color};
use super::xml::{Element, data_defined};

/// Points of a pixel, as CSS takes both.
const PX_PT: f64 = 0.75;
/// Letters that stand in one `em` of Noto Sans, on average.
const LETTERS_PER_EM: f64 = 1.8;
const FONT: &str = "Noto Sans";

/// `QgsPalLayerSettings::Placement`.
#[derive(Debug, Clone, Copy)]
enum Placement {
    AroundPoint = 0,
    OverPoint = 1,
    Curved = 3,
}

/// The `labeling` element; none where no style has a text.
pub(super) fn of(drawing: &Drawing<'_>) -> Option<Element> {
    let texts: Vec<(&Value, String)> = drawing
        .texts()
        .into_iter()
        .filter_map(|s| Some((s, text_field(&s["layout"]["text-field"])?)))
        .collect();
    match texts.as_slice() {
        [] => None,
        [(style, text)] if style["filter"].is_null() => {
            Some(Element::new("labeling").with("type", "simple").child(settings(drawing, style, text)))
        }
        several => {
            let mut rules = Element::new("rules").with("key", "{labels}");
            for (i, (style, text)) in several.iter().enumerate() {
                let mut rule = Element::new("rule").with("key", format!("{{label-{i}}}"));
                if let Some(filter) = Some(&style["filter"]).filter(|f| !f.is_null()).and_then(expression) {
                    rule = rule.with("filter", filter);
                }
                let scales = drawing.scales(style);
                if let Some(s) = scales.largest {
                    rule = rule.with("scalemaxdenom", s);
                }
                if let Some(s) = scales.smallest {
                    rule = rule.with("scalemindenom", s);
                }
                rules = rules.child(rule.child(settings(drawing, style, text)));
            }
            Some(Element::new("labeling").with("type", "rule-based").child(rules))
        }
    }
}

fn settings(drawing: &Drawing<'_>, style: &Value, text: &str) -> Element {
    let (paint, layout) = (&style["paint"], &style["layout"]);
    let size = Amount::of(&layout["text-size"], 16.0).times(PX_PT);
    let face = layout["text-font"][0].as_str().and_then(|f| f.strip_prefix(FONT)).unwrap_or("").trim();
    let face = if face.is_empty() { "Regular" } else { face };
    let weight = match face {
        "Medium" => 57,
        "SemiBold" => 63,
        "Bold" => 75,
        _ => 50,
    };
    let opacity = Amount::of(&paint["text-opacity"], 1.0).known();
    let halo_mm = Amount::of(&paint["text-halo-width"], 0.0).known() * PX_MM;
    let buffer = Element::new("text-buffer")
        .with("bufferDraw", u8::from(halo_mm > 0.0))
        .with("bufferSize", halo_mm)
        .with("bufferSizeUnits", "MM")
        .with("bufferColor", color(last_color(&paint["text-halo-color"]).unwrap_or("#ffffff"), opacity))
        .with("bufferOpacity", 1)
        .with("bufferJoinStyle", 128);
    let style_of_text = Element::new("text-style")
        .with("fieldName", text)
        .with("isExpression", 1)
        .with("fontFamily", FONT)
        .with("namedStyle", face)
        .with("fontWeight", weight)
        .with("fontSize", size.known())
        .with("fontSizeUnit", "Point")
        .with("textColor", color(last_color(&paint["text-color"]).unwrap_or("#000000"), 1.0))
        .with("textOpacity", opacity)
        .with("allowHtml", 0)
        .child(buffer);
    let wrap = (layout["text-max-width"].as_f64().unwrap_or(10.0) * LETTERS_PER_EM).round();
    let format = Element::new("text-format")
        .with("autoWrapLength", wrap)
        .with("useMaxLineLengthForAutoWrap", 1)
        .with("multilineAlign", 1);
    let mut settings = Element::new("settings")
        .child(style_of_text)
        .child(format)
        .child(placement(drawing, style))
        .child(rendering(drawing, style));
    if let Some(e) = size.followed() {
        settings = settings.child(data_defined("dd_properties", [("Size", e.to_owned())]));
    }
    settings
}

fn placement(drawing: &Drawing<'_>, style: &Value) -> Element {
    let layout = &style["layout"];
    let along = layout["symbol-placement"].as_str().is_some_and(|p| p.starts_with("line"));
    let geometry = drawing.layer.geometry;
    let placement = if along || !(geometry.is_area() || geometry.is_point()) {
        Placement::Curved
    } else if geometry.is_point() && layout["text-variable-anchor"].is_array() {
        Placement::AroundPoint
    } else {
        Placement::OverPoint
    };
    let size_px = Amount::of(&layout["text-size"], 16.0).known();
    let offset_mm = |i: usize| layout["text-offset"][i].as_f64().unwrap_or(0.0) * size_px * PX_MM;
    Element::new("placement")
        .with("placement", placement as u8)
        .with("quadOffset", quadrant(layout["text-anchor"].as_str().unwrap_or("center")))
        .with("xOffset", offset_mm(0))
        .with("yOffset", offset_mm(1))
        .with("offsetUnits", "MM")
        // On the line itself, turned so that it is not read upside down.
        .with("placementFlags", 9)
        .with("centroidWhole", 1)
        .with("centroidInside", 1)
        .with("fitInPolygonOnly", 0)
        .with("priority", 5)
        .with("maxCurvedCharAngleIn", 25)
        .with("maxCurvedCharAngleOut", -25)
}

/// Where the text lies around its point (`QgsPalLayerSettings::QuadrantPosition`): MapLibre names the part of the text
/// that is at the point.
fn quadrant(anchor: &str) -> u8 {
    match anchor {
        "bottom-right" => 0,
        "bottom" => 1,
        "bottom-left" => 2,
        "right" => 3,
        "left" => 5,
        "top-right" => 6,
        "top" => 7,
        "top-left" => 8,
        _ => 4,
    }
}

fn rendering(drawing: &Drawing<'_>, style: &Value) -> Element {
    let scales = drawing.scales(style);
    let limited = scales.largest.is_some() || scales.smallest.is_some();
    Element::new("rendering")
        .with("drawLabels", 1)
        .with("scaleVisibility", u8::from(limited))
        .with("scaleMax", scales.largest.unwrap_or(0.0))
        .with("scaleMin", scales.smallest.unwrap_or(0.0))
        .with("obstacle", 1)
        .with("displayAll", u8::from(style["layout"]["text-allow-overlap"] == true))
        .with("limitNumLabels", 0)
        .with("mergeLines", u8::from(style["layout"]["symbol-placement"] == "line"))
}
