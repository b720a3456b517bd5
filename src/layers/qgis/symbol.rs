//! How an item is drawn: a style layer of MapLibre as a symbol layer of QGIS. Lengths are millimetres of paper, so that
//! a printed map looks as the screen's.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::expression::expression;
use super::scale;
use super::xml::{Element, data_defined, options};
use crate::layers::GeometryKind;

/// Millimetres of a pixel, as CSS takes it.
pub const PX_MM: f64 = 25.4 / 96.0;

/// Scales at which a style is drawn, as denominators; none: without a limit.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Scales {
    /// Not when further out than this.
    pub largest: Option<f64>,
    /// Not when this close or closer.
    pub smallest: Option<f64>,
}

impl Scales {
    /// Of a style of a layer whose tiles begin at `min_zoom`.
    pub fn of(style: &Value, min_zoom: u8) -> Self {
        let from = style["minzoom"].as_f64().unwrap_or(0.0).max(f64::from(min_zoom));
        let to = style["maxzoom"].as_f64();
        Self { largest: (from > 0.0).then(|| scale::of_zoom(from)), smallest: to.map(scale::of_zoom) }
    }

    /// What both are drawn at together.
    pub fn and_of(self, other: Self) -> Self {
        let widest = |a: Option<f64>, b: Option<f64>, of: fn(f64, f64) -> f64| Some(of(a?, b?));
        Self {
            largest: widest(self.largest, other.largest, f64::max),
            smallest: widest(self.smallest, other.smallest, f64::min),
        }
    }

    /// The condition, where it is narrower than the layer's own scales.
    fn condition(self, of_layer: Self) -> Option<String> {
        let far =
            self.largest.filter(|_| self.largest != of_layer.largest).map(|s| format!("@map_scale <= {s}"));
        let near =
            self.smallest.filter(|_| self.smallest != of_layer.smallest).map(|s| format!("@map_scale > {s}"));
        let both: Vec<String> = far.into_iter().chain(near).collect();
        (!both.is_empty()).then(|| both.join(" AND "))
    }
}

/// A property's value: known, or found for each item by an expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Amount {
    /// The same for all.
    Fixed(f64),
    /// By an expression; the number stands where it cannot be found.
    Follows(String, f64),
}

impl Amount {
    /// Of `value`; `otherwise` where the style says nothing.
    pub fn of(value: &Value, otherwise: f64) -> Self {
        match value {
            Value::Number(n) => Self::Fixed(n.as_f64().unwrap_or(otherwise)),
            Value::Null => Self::Fixed(otherwise),
            other => match expression(other) {
                Some(expression) => Self::Follows(expression, last_number(other).unwrap_or(otherwise)),
                None => Self::Fixed(last_number(other).unwrap_or(otherwise)),
            },
        }
    }

    /// `self * factor`.
    pub fn times(&self, factor: f64) -> Self {
        match self {
            Self::Fixed(v) => Self::Fixed(v * factor),
            Self::Follows(e, v) => Self::Follows(format!("({e}) * {factor}"), v * factor),
        }
    }

    fn plus(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Fixed(a), Self::Fixed(b)) => Self::Fixed(a + b),
            (a, b) => Self::Follows(format!("{} + {}", a.written(), b.written()), a.known() + b.known()),
        }
    }

    fn written(&self) -> String {
        match self {
            Self::Fixed(v) => v.to_string(),
            Self::Follows(e, _) => format!("({e})"),
        }
    }

    /// A number that stands for it.
    pub fn known(&self) -> f64 {
        match self {
            Self::Fixed(v) | Self::Follows(_, v) => *v,
        }
    }

    /// The expression, where there is one.
    pub fn followed(&self) -> Option<&str> {
        match self {
            Self::Fixed(_) => None,
            Self::Follows(e, _) => Some(e),
        }
    }
}

/// The last number of an expression: what its last stop or its default gives.
fn last_number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(n) => n.as_f64(),
        Value::Array(items) => items.iter().rev().find_map(last_number),
        _ => None,
    }
}

/// The last colour of an expression.
pub fn last_color(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => text.starts_with('#').then_some(text),
        Value::Array(items) => items.iter().rev().find_map(last_color),
        _ => None,
    }
}

/// `#rrggbb` as QGIS writes colours: red, green, blue and cover, 0 to 255 each.
pub fn color(hex: &str, opacity: f64) -> String {
    let part =
        |from: usize| hex.get(from..from + 2).and_then(|h| u8::from_str_radix(h, 16).ok()).unwrap_or(0);
    format!("{},{},{},{}", part(1), part(3), part(5), (opacity.clamp(0.0, 1.0) * 255.0).round())
}

/// A colour with its cover, and the expression of both where one of them follows the item or the scale.
struct Colored {
    fixed: String,
    follows: Option<String>,
}

impl Colored {
    fn of(value: &Value, opacity: &Amount, otherwise: &str) -> Self {
        let hex = last_color(value).unwrap_or(otherwise);
        let fixed = color(hex, opacity.known());
        let by_item = if value.is_array() { expression(value) } else { None };
        let follows = match (by_item, opacity) {
            (None, Amount::Fixed(_)) => None,
            (Some(e), Amount::Fixed(v)) if *v >= 1.0 => Some(e),
            (e, opacity) => {
                let of = e.unwrap_or_else(|| format!("'{}'", color(hex, 1.0)));
                Some(format!("set_color_part({of}, 'alpha', 255 * {})", opacity.written()))
            }
        };
        Self { fixed, follows }
    }
}

/// The property of a style that gives its colour.
pub fn color_property(style: &Value) -> Option<&'static str> {
    Some(match style["type"].as_str()? {
        "fill" => "fill-color",
        "line" => "line-color",
        "circle" => "circle-color",
        "fill-extrusion" => "fill-extrusion-color",
        _ => return None,
    })
}

/// A symbol of these symbol layers, by the name that its renderer calls it.
pub fn symbol(geometry: GeometryKind, name: &str, layers: Vec<Element>) -> Element {
    let kind = if geometry.is_point() {
        "marker"
    } else if geometry.is_area() {
        "fill"
    } else {
        "line"
    };
    Element::new("symbol")
        .with("type", kind)
        .with("name", name)
        .with("alpha", 1)
        .with("clip_to_extent", 1)
        .with("force_rhr", 0)
        .children(layers)
}

/// The symbol layer of a style, with the drawing (SVG) of its icon where it has one. `pass` orders the layers of a renderer: all items' first, then all items' second.
pub fn layer(
    style: &Value,
    icon: Option<&str>,
    pass: usize,
    scales: Scales,
    of_layer: Scales,
) -> Option<Element> {
    let (class, values, mut defined) = match style["type"].as_str()? {
        "fill" => fill(style, "fill"),
        "fill-extrusion" => fill(style, "fill-extrusion"),
        "line" => line(style),
        "circle" => circle(style),
        "symbol" => svg(style, icon?),
        _ => return None,
    };
    defined.extend(scales.condition(of_layer).map(|c| ("enabled", c)));
    let layer = Element::new("layer")
        .with("class", class)
        .with("enabled", 1)
        .with("locked", 0)
        .with("pass", pass)
        .child(options(values));
    Some(if defined.is_empty() {
        layer
    } else {
        layer.child(data_defined("data_defined_properties", defined))
    })
}

type Parts = (&'static str, Vec<(&'static str, String)>, Vec<(&'static str, String)>);

fn fill(style: &Value, prefix: &str) -> Parts {
    let paint = |name: &str| &style["paint"][format!("{prefix}-{name}")];
    let opacity = Amount::of(paint("opacity"), 1.0);
    let inside = Colored::of(paint("color"), &opacity, "#000000");
    let mut values = vec![("color", inside.fixed), ("style", "solid".to_owned())];
    let mut defined: Vec<_> = inside.follows.map(|e| ("fillColor", e)).into_iter().collect();
    if paint("outline-color").is_null() {
        values.push(("outline_style", "no".to_owned()));
    } else {
        let edge = Colored::of(paint("outline-color"), &opacity, "#000000");
        values.extend([("outline_color", edge.fixed), ("outline_style", "solid".to_owned())]);
        values.extend([("outline_width", PX_MM.to_string()), ("outline_width_unit", "MM".to_owned())]);
        defined.extend(edge.follows.map(|e| ("outlineColor", e)));
    }
    ("SimpleFill", values, defined)
}

fn line(style: &Value) -> Parts {
    let (paint, layout) = (&style["paint"], &style["layout"]);
    let stroke = Colored::of(&paint["line-color"], &Amount::of(&paint["line-opacity"], 1.0), "#000000");
    let width = Amount::of(&paint["line-width"], 1.0).times(PX_MM);
    let cap = match layout["line-cap"].as_str() {
        Some("round") => "round",
        Some("square") => "square",
        _ => "flat",
    };
    let join = match layout["line-join"].as_str() {
        Some("round") => "round",
        Some("bevel") => "bevel",
        _ => "miter",
    };
    let mut values = vec![
        ("line_color", stroke.fixed),
        ("line_style", "solid".to_owned()),
        ("line_width", width.known().to_string()),
        ("line_width_unit", "MM".to_owned()),
        ("capstyle", cap.to_owned()),
        ("joinstyle", join.to_owned()),
    ];
    let mut defined: Vec<_> = stroke.follows.map(|e| ("outlineColor", e)).into_iter().collect();
    defined.extend(width.followed().map(|e| ("outlineWidth", e.to_owned())));
    // Dashes are counted in widths of the line there, in millimetres here.
    let dashes: Vec<f64> =
        paint["line-dasharray"].as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
    if !dashes.is_empty() {
        let fixed = |d: &f64| (d * width.known()).to_string();
        values.extend([
            ("use_custom_dash", "1".to_owned()),
            ("customdash", dashes.iter().map(fixed).collect::<Vec<_>>().join(";")),
            ("customdash_unit", "MM".to_owned()),
        ]);
        if let Some(e) = width.followed() {
            let parts: Vec<String> = dashes.iter().map(|d| format!("to_string(({e}) * {d})")).collect();
            defined.push(("customDash", parts.join(" || ';' || ")));
        }
    }
    let offset = Amount::of(&paint["line-offset"], 0.0).times(PX_MM);
    if offset.known() != 0.0 {
        values.extend([("offset", offset.known().to_string()), ("offset_unit", "MM".to_owned())]);
    }
    ("SimpleLine", values, defined)
}

fn circle(style: &Value) -> Parts {
    let paint = &style["paint"];
    let inside = Colored::of(&paint["circle-color"], &Amount::of(&paint["circle-opacity"], 1.0), "#000000");
    let edge = Colored::of(
        &paint["circle-stroke-color"],
        &Amount::of(&paint["circle-stroke-opacity"], 1.0),
        "#000000",
    );
    let stroke = Amount::of(&paint["circle-stroke-width"], 0.0).times(PX_MM);
    // MapLibre draws the edge around the circle, QGIS on its rim.
    let size = Amount::of(&paint["circle-radius"], 5.0).times(2.0 * PX_MM).plus(&stroke);
    let edged = stroke.known() > 0.0;
    let values = vec![
        ("name", "circle".to_owned()),
        ("color", inside.fixed),
        ("outline_color", edge.fixed),
        ("outline_style", if edged { "solid" } else { "no" }.to_owned()),
        ("outline_width", stroke.known().to_string()),
        ("outline_width_unit", "MM".to_owned()),
        ("size", size.known().to_string()),
        ("size_unit", "MM".to_owned()),
    ];
    let mut defined: Vec<_> = inside.follows.map(|e| ("fillColor", e)).into_iter().collect();
    defined.extend(edge.follows.map(|e| ("outlineColor", e)));
    defined.extend(stroke.followed().map(|e| ("outlineWidth", e.to_owned())));
    defined.extend(size.followed().map(|e| ("size", e.to_owned())));
    ("SimpleMarker", values, defined)
}

/// Width of an icon whose drawing does not tell its own, pixels.
const ICON_PX: f64 = 20.0;

fn svg(style: &Value, drawing: &str) -> Parts {
    let width = drawing.split_once("width=\"").and_then(|(_, rest)| rest.split('"').next()?.parse().ok());
    let size = Amount::of(&style["layout"]["icon-size"], 1.0).times(width.unwrap_or(ICON_PX) * PX_MM);
    let values = vec![
        ("name", format!("base64:{}", BASE64_STANDARD.encode(drawing))),
        ("size", size.known().to_string()),
        ("size_unit", "MM".to_owned()),
        ("outline_style", "no".to_owned()),
    ];
    let defined = size.followed().map(|e| ("size", e.to_owned())).into_iter().collect();
    ("SvgMarker", values, defined)
}
