//! What is drawn, when everything is known that it is made of.

use serde_json::Value;

use super::condition::attribute;
use crate::layers::{LayerDef, icons};

/// A constant symbol; lengths in pixels, opacities from 0 to 1, colours `#rrggbb`.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Symbol {
    Fill {
        color: String,
        opacity: f64,
    },
    /// `outline`: it runs along an area.
    Line {
        color: String,
        width: f64,
        opacity: f64,
        cap: String,
        join: String,
        dashes: Vec<f64>,
        outline: bool,
    },
    Circle {
        color: String,
        radius: f64,
        opacity: f64,
        stroke: Option<(String, f64)>,
    },
    Icon {
        name: String,
        size: f64,
        opacity: f64,
    },
    Text(Text),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Text {
    pub(super) words: Vec<Word>,
    pub(super) bold: bool,
    pub(super) italic: bool,
    pub(super) size: f64,
    pub(super) color: String,
    pub(super) halo: Option<(String, f64)>,
    pub(super) along_line: bool,
    /// Which point of the text lies at the place: shares of its width and height from the south-west.
    pub(super) anchor: [f64; 2],
    /// Pixels to the east and the north.
    pub(super) offset: [f64; 2],
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Word {
    Attribute(String),
    Literal(String),
}

/// Properties that have an equivalent, by type of style. The rest would be lost without a word.
fn known(kind: &str) -> &'static [&'static str] {
    match kind {
        "fill" => &["fill-color", "fill-opacity"],
        "line" => &["line-color", "line-width", "line-opacity", "line-cap", "line-join", "line-dasharray"],
        "circle" => {
            &["circle-color", "circle-radius", "circle-opacity", "circle-stroke-color", "circle-stroke-width"]
        }
        "symbol" => &[
            "icon-image",
            "icon-size",
            "icon-opacity",
            "icon-allow-overlap",
            "icon-ignore-placement",
            "text-field",
            "text-font",
            "text-size",
            "text-max-width",
            "text-offset",
            "text-anchor",
            "text-color",
            "text-halo-color",
            "text-halo-width",
            "symbol-placement",
        ],
        _ => &[],
    }
}

/// Reads a style in which nothing follows an item or the zoom. The error names what has no equivalent.
pub(super) fn read(layer: &LayerDef, style: &Value) -> Result<Symbol, String> {
    let kind = style["type"].as_str().unwrap_or_default();
    let known = known(kind);
    if known.is_empty() {
        return Err(format!("{kind} has no equivalent"));
    }
    for member in ["layout", "paint"] {
        if let Some((name, _)) =
            style[member].as_object().into_iter().flatten().find(|(n, _)| !known.contains(&n.as_str()))
        {
            return Err(format!("{name} has no equivalent"));
        }
    }
    let of = Properties(style);
    match kind {
        "fill" => {
            Ok(Symbol::Fill { color: of.color("fill-color")?, opacity: of.number("fill-opacity", 1.0)? })
        }
        "line" => line(layer, &of),
        "circle" => Ok(Symbol::Circle {
            color: of.color("circle-color")?,
            radius: of.number("circle-radius", 5.0)?,
            opacity: of.number("circle-opacity", 1.0)?,
            stroke: of.ring("circle-stroke-color", "circle-stroke-width")?,
        }),
        _ => symbol(&of),
    }
}

fn line(layer: &LayerDef, of: &Properties<'_>) -> Result<Symbol, String> {
    let width = of.number("line-width", 1.0)?;
    // MapLibre counts dashes in widths of the line.
    let dashes = of.numbers("line-dasharray")?.into_iter().map(|d| d * width).collect();
    Ok(Symbol::Line {
        color: of.color("line-color")?,
        width,
        opacity: of.number("line-opacity", 1.0)?,
        cap: of.text("line-cap", "butt")?,
        join: of.text("line-join", "miter")?,
        dashes,
        outline: layer.geometry.is_area(),
    })
}

fn symbol(of: &Properties<'_>) -> Result<Symbol, String> {
    let Some(field) = of.get("text-field") else {
        let name = of.text("icon-image", "")?;
        icons::svg(&name).ok_or_else(|| format!("there is no icon {name}"))?;
        let (size, opacity) = (of.number("icon-size", 1.0)?, of.number("icon-opacity", 1.0)?);
        return Ok(Symbol::Icon { name, size: size * f64::from(icons::SIDE_PX), opacity });
    };
    if of.get("icon-image").is_some() {
        return Err("an icon and a text in one style layer; give each one of its own".to_owned());
    }
    let size = of.number("text-size", 16.0)?;
    let offset = match of.numbers("text-offset")?.as_slice() {
        [] => [0.0; 2],
        [east, south] => [east * size, -south * size],
        other => return Err(format!("text-offset {other:?} is no pair")),
    };
    let font = of.get("text-font").and_then(|f| f[0].as_str()).unwrap_or_default();
    Ok(Symbol::Text(Text {
        words: words(field)?,
        // SLD 1.0 knows normal and bold.
        bold: font.ends_with("Medium") || font.ends_with("Bold"),
        italic: font.ends_with("Italic"),
        size,
        color: of.color("text-color")?,
        halo: of.ring("text-halo-color", "text-halo-width")?,
        along_line: match of.text("symbol-placement", "point")?.as_str() {
            "point" => false,
            "line" => true,
            other => return Err(format!("symbol-placement {other} has no equivalent")),
        },
        anchor: anchor(&of.text("text-anchor", "center")?)?,
        offset,
    }))
}

fn anchor(name: &str) -> Result<[f64; 2], String> {
    let known = [
        ("center", [0.5, 0.5]),
        ("top", [0.5, 1.0]),
        ("bottom", [0.5, 0.0]),
        ("left", [0.0, 0.5]),
        ("right", [1.0, 0.5]),
        ("top-left", [0.0, 1.0]),
        ("top-right", [1.0, 1.0]),
        ("bottom-left", [0.0, 0.0]),
        ("bottom-right", [1.0, 0.0]),
    ];
    let found = known.iter().find(|(n, _)| *n == name).map(|(_, at)| *at);
    found.ok_or_else(|| format!("text-anchor {name} has no equivalent"))
}

/// The parts of a text field.
fn words(field: &Value) -> Result<Vec<Word>, String> {
    if let Some(name) = attribute(field) {
        return Ok(vec![Word::Attribute(name.to_owned())]);
    }
    match field {
        Value::String(template) => template_words(template),
        Value::Number(n) => Ok(vec![Word::Literal(n.to_string())]),
        Value::Array(items) => match items.as_slice() {
            [Value::String(name), parts @ ..] if name == "concat" => {
                Ok(parts.iter().map(words).collect::<Result<Vec<_>, _>>()?.concat())
            }
            _ => Err(format!("the text {field} has no equivalent")),
        },
        _ => Err(format!("the text {field} has no equivalent")),
    }
}

/// A text with `{attribute}` in it.
fn template_words(template: &str) -> Result<Vec<Word>, String> {
    let mut words = Vec::new();
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once('{') {
        let (name, after) = behind.split_once('}').ok_or("a text has a brace that is not closed")?;
        words.extend((!before.is_empty()).then(|| Word::Literal(before.to_owned())));
        words.push(Word::Attribute(name.to_owned()));
        rest = after;
    }
    words.extend((!rest.is_empty()).then(|| Word::Literal(rest.to_owned())));
    Ok(words)
}

/// The properties of a style, `paint` and `layout` alike.
struct Properties<'a>(&'a Value);

impl<'a> Properties<'a> {
    fn get(&self, name: &str) -> Option<&'a Value> {
        ["layout", "paint"].into_iter().find_map(|member| self.0[member].get(name))
    }

    fn number(&self, name: &str, other: f64) -> Result<f64, String> {
        let value = self.get(name).map_or(Some(other), Value::as_f64);
        value.ok_or_else(|| format!("{name} is no number when item and zoom are known"))
    }

    fn color(&self, name: &str) -> Result<String, String> {
        let value = self.get(name).map_or(Some("#000000"), Value::as_str);
        let hex = value.filter(|c| crate::layers::check::is_color(c));
        hex.map(str::to_owned)
            .ok_or_else(|| format!("{name} is no colour #rrggbb when item and zoom are known"))
    }

    fn text(&self, name: &str, other: &str) -> Result<String, String> {
        let value = self.get(name).map_or(Some(other), Value::as_str);
        value.map(str::to_owned).ok_or_else(|| format!("{name} is no text when item and zoom are known"))
    }

    fn numbers(&self, name: &str) -> Result<Vec<f64>, String> {
        let Some(value) = self.get(name) else { return Ok(Vec::new()) };
        let list = value.as_array().and_then(|a| a.iter().map(Value::as_f64).collect::<Option<Vec<_>>>());
        list.ok_or_else(|| format!("{name} is no list of numbers"))
    }

    fn ring(&self, color: &str, width: &str) -> Result<Option<(String, f64)>, String> {
        let width = self.number(width, 0.0)?;
        Ok((width > 0.0).then_some((self.color(color)?, width)))
    }
}
