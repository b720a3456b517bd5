//! Style layers of a layer file: what they name must exist, be readable by whoever sees the layer, and be in
//! the tiles of the zooms at which it is used.

use serde_json::{Value, json};

use super::check::is_color;
use super::read::{Problem, SourceFile, at};
use super::{Access, Catalog, LayerDef, icons};

/// Fonts whose glyphs the program carries.
pub const FONTS: [&str; 2] = ["Noto Sans Regular", "Noto Sans Medium"];
/// Operator of layer files: `["code-color", attribute, default]`.
const CODE_COLOR: &str = "code-color";

/// Checks every style of `layer`.
pub(super) fn check(file: &SourceFile, layer: &LayerDef, problems: &mut Vec<Problem>) {
    for (index, style) in layer.styles.iter().enumerate() {
        let kind = style["type"].as_str().unwrap_or("");
        let mut say = |vi: String, en: String| problems.push(at(file, "style", index, kind, vi, en));
        geometry(layer, kind, &mut say);
        let from_zoom = style["minzoom"].as_f64().unwrap_or_else(|| f64::from(layer.min_zoom));
        if from_zoom < f64::from(layer.min_zoom) {
            say(
                format!("minzoom {from_zoom} nhỏ hơn min_zoom {} của lớp", layer.min_zoom),
                format!("minzoom {from_zoom} is below the layer's min_zoom {}", layer.min_zoom),
            );
        }
        for part in ["filter", "paint", "layout"] {
            expression(layer, from_zoom, &style[part], &mut say);
        }
        properties(kind, style, &mut say);
    }
}

fn geometry(layer: &LayerDef, kind: &str, say: &mut impl FnMut(String, String)) {
    let g = layer.geometry;
    let fits = match kind {
        "fill" | "fill-extrusion" => g.is_area(),
        "line" => !g.is_point(),
        "circle" => g.is_point(),
        _ => true,
    };
    if !fits {
        say(
            format!("kiểu {kind} không vẽ được hình {g:?}"),
            format!("a style of type {kind} cannot draw a {g:?}"),
        );
    }
}

/// Walks an expression: every attribute it names must be usable from `from_zoom` on.
fn expression(layer: &LayerDef, from_zoom: f64, value: &Value, say: &mut impl FnMut(String, String)) {
    match value {
        Value::Array(items) => {
            if let [Value::String(op), Value::String(name), ..] = items.as_slice()
                && matches!(op.as_str(), "get" | "has" | CODE_COLOR)
            {
                named_attribute(layer, from_zoom, name, say);
            }
            for item in items {
                expression(layer, from_zoom, item, say);
            }
        }
        Value::Object(members) => {
            for member in members.values() {
                expression(layer, from_zoom, member, say);
            }
        }
        _ => {}
    }
}

fn named_attribute(layer: &LayerDef, from_zoom: f64, name: &str, say: &mut impl FnMut(String, String)) {
    let Some(attribute) = layer.attribute(name) else {
        say(format!("không có thuộc tính {name}"), format!("there is no attribute {name}"));
        return;
    };
    if attribute.access.unwrap_or(Access::O) > layer.access {
        say(
            format!("thuộc tính {name} bị hạn chế hơn lớp nên không dùng để vẽ"),
            format!("attribute {name} is more restricted than the layer and cannot be drawn"),
        );
    }
    let tiles_from = attribute.tile_zoom();
    if f64::from(tiles_from) > from_zoom {
        say(
            format!(
                "thuộc tính {name} chỉ có trong ô bản đồ từ mức {tiles_from}, nhưng được vẽ từ mức {from_zoom}"
            ),
            format!(
                "attribute {name} is in tiles from zoom {tiles_from} only, but is drawn from zoom {from_zoom}"
            ),
        );
    }
}

fn properties(kind: &str, style: &Value, say: &mut impl FnMut(String, String)) {
    let prefixes: &[&str] = match kind {
        "symbol" => &["symbol-", "text-", "icon-", "visibility"],
        "fill-extrusion" => &["fill-extrusion-", "visibility"],
        "fill" => &["fill-", "visibility"],
        "line" => &["line-", "visibility"],
        _ => &["circle-", "visibility"],
    };
    for part in ["paint", "layout"] {
        for (name, value) in style[part].as_object().into_iter().flatten() {
            if !prefixes.iter().any(|p| name.starts_with(p)) {
                say(
                    format!("{part}.{name} không thuộc kiểu {kind}"),
                    format!("{part}.{name} is not of type {kind}"),
                );
            }
            if name.ends_with("-color") && value.as_str().is_some_and(|c| !is_color(c)) {
                say(
                    format!("{part}.{name}: màu phải có dạng #rrggbb"),
                    format!("{part}.{name}: not #rrggbb"),
                );
            }
        }
    }
    if let Some(icon) = style["layout"].get("icon-image")
        && icon.as_str().is_none_or(|name| icons::svg(name).is_none())
    {
        say(
            format!("không có biểu tượng {icon} trong layers/icons"),
            format!("there is no icon {icon} in layers/icons"),
        );
    }
    for font in style["layout"]["text-font"].as_array().into_iter().flatten() {
        if !font.as_str().is_some_and(|f| FONTS.contains(&f)) {
            say(
                format!("không có phông {font}"),
                format!("font {font} is not carried; known: {}", FONTS.join(", ")),
            );
        }
    }
}

/// The styles of `layer` that draw only what `seen` says may be seen: one that uses a hidden attribute is left out,
/// else it would tell of it.
pub fn visible<'a>(
    layer: &'a LayerDef,
    seen: impl Fn(&str) -> bool + 'a,
) -> impl Iterator<Item = (usize, &'a Value)> + 'a {
    let draws = move |style: &Value| layer.attributes.iter().all(|a| seen(&a.name) || !names(style, &a.name));
    layer.styles.iter().enumerate().filter(move |(_, style)| draws(style))
}

/// Whether any text in the style is the attribute's name: `["get", name]`, `"{name}"`, a filter of the old form.
fn names(style: &Value, attribute: &str) -> bool {
    match style {
        Value::String(text) => text == attribute || text.contains(&format!("{{{attribute}}}")),
        Value::Array(items) => items.iter().any(|v| names(v, attribute)),
        Value::Object(members) => members.values().any(|v| names(v, attribute)),
        _ => false,
    }
}

/// Replaces each `["code-color", attribute, default]` by a MapLibre `match` over the attribute's code list, so
/// that colours stand in one place only.
pub(super) fn expand_code_colors(
    file: &SourceFile,
    layer: &mut LayerDef,
    catalog: &Catalog,
    problems: &mut Vec<Problem>,
) {
    let mut styles = std::mem::take(&mut layer.styles);
    for (index, style) in styles.iter_mut().enumerate() {
        let kind = style["type"].as_str().unwrap_or("").to_owned();
        let mut say = |vi: String, en: String| problems.push(at(file, "style", index, &kind, vi, en));
        expand(layer, catalog, style, &mut say);
    }
    layer.styles = styles;
}

fn expand(layer: &LayerDef, catalog: &Catalog, value: &mut Value, say: &mut impl FnMut(String, String)) {
    let replaced = match value {
        Value::Array(items) if items.first().is_some_and(|v| v == CODE_COLOR) => {
            Some(matched(layer, catalog, items))
        }
        Value::Array(items) => {
            for item in items {
                expand(layer, catalog, item, say);
            }
            None
        }
        Value::Object(members) => {
            for member in members.values_mut() {
                expand(layer, catalog, member, say);
            }
            None
        }
        _ => None,
    };
    match replaced {
        Some(Ok(new)) => *value = new,
        Some(Err(())) => say(
            format!("[\"{CODE_COLOR}\", thuộc tính, màu] cần thuộc tính có danh mục mã có màu"),
            format!("[\"{CODE_COLOR}\", attribute, colour] needs an attribute whose code list has colours"),
        ),
        None => {}
    }
}

fn matched(layer: &LayerDef, catalog: &Catalog, items: &[Value]) -> Result<Value, ()> {
    let [_, Value::String(name), Value::String(default)] = items else { return Err(()) };
    let list =
        layer.attribute(name).and_then(|a| a.codes.as_ref()).and_then(|c| catalog.code_list(c)).ok_or(())?;
    let mut expression = vec![json!("match"), json!(["get", name])];
    for code in &list.codes {
        if let Some(color) = &code.color {
            expression.extend([json!(code.code), json!(color)]);
        }
    }
    if expression.len() == 2 || !is_color(default) {
        return Err(());
    }
    expression.push(json!(default));
    Ok(Value::Array(expression))
}
