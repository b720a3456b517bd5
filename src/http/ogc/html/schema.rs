//! Attributes from their JSON Schema, and the functions of filters.

use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value;

use super::super::ask::Ask;
use super::{below, framed, heading, table, visit};
use crate::access::View;
use crate::filter::functions::FUNCTIONS;
use crate::http::portal::format::{number, unit_symbol};
use crate::http::portal::i18n::Tr;

/// Codes that stand open in the table; longer lists unfold.
const CODES_OPEN: usize = 3;

/// `/queryables`, and `/schema` where `whole`.
pub(in crate::http::ogc) fn schema(ask: &Ask, view: &View, json: &Value, whole: bool) -> Response {
    let visit = visit(ask);
    let tr = visit.tr;
    let title = tr.t(if whole { "ogc-schema" } else { "ogc-queryables" });
    let heading_text = format!("{title}: {}", view.layer.title.get(ask.lang));
    let about = tr.t(if whole { "ogc-schema-about" } else { "ogc-queryables-about" });
    let required: Vec<&str> =
        json["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let rows = html! {
        thead { tr {
            th scope="col" { (tr.t("layer-attribute")) }
            th scope="col" { (tr.t("layer-type")) }
            th scope="col" { (tr.t("layer-rules")) }
        } }
        tbody { @for (name, p) in json["properties"].as_object().into_iter().flatten() { tr {
            th scope="row" {
                @if let Some(title) = p["title"].as_str() { (title) div { code class="small" { (name) } } } @else { code { (name) } }
            }
            td { (kind(tr, p)) (codes(tr, p)) }
            td { (rules(tr, p, required.contains(&name.as_str()))) }
        } } }
    };
    let body = html! {
        (heading(ask, &heading_text, Some(&about), &[], &html! {}))
        (table(&title, &rows))
        @if !whole {
            p { a href=(ask.url(&format!("/collections/{}/items?f=html", view.layer.id))) { (tr.t("ogc-see-items")) }
                " · " a href=(ask.url("/functions?f=html")) { (tr.t("ogc-functions")) } }
        }
    };
    below(ask, &visit, Some(&view.layer), &title, false).render(&body)
}

/// The type of a property, with its unit.
fn kind(tr: Tr, p: &Value) -> String {
    let format = p["format"].as_str().unwrap_or_default();
    let named = match p["type"].as_str() {
        Some("integer") => tr.t("type-integer"),
        Some("number") => tr.t("type-real"),
        Some("boolean") => tr.t("type-boolean"),
        _ => match format {
            "date" => tr.t("type-date"),
            "date-time" => tr.t("type-timestamp"),
            "geometry-point" => tr.t("geometry-Point"),
            "geometry-linestring" => tr.t("geometry-LineString"),
            "geometry-polygon" => tr.t("geometry-Polygon"),
            "geometry-multipoint" => tr.t("geometry-MultiPoint"),
            "geometry-multilinestring" => tr.t("geometry-MultiLineString"),
            "geometry-multipolygon" => tr.t("geometry-MultiPolygon"),
            _ => tr.t("type-text"),
        },
    };
    match p["x-ogc-unit"].as_str() {
        Some(unit) => format!("{named}, {}", unit_symbol(tr, unit)),
        None => named,
    }
}

fn codes(tr: Tr, p: &Value) -> Markup {
    let codes: Vec<&str> = p["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if codes.is_empty() {
        return html! {};
    }
    let list = html! {
        ul class="codes small" { @for (i, code) in codes.iter().enumerate() {
            li { code { (code) } " " (p["x-enum-titles"][i].as_str().unwrap_or_default()) }
        } }
    };
    if codes.len() <= CODES_OPEN {
        return list;
    }
    html! { details { summary class="small" { (tr.with("layer-codes", &[("count", &codes.len().to_string())])) } (list) } }
}

fn rules(tr: Tr, p: &Value, required: bool) -> String {
    let bound =
        |key: &str, value: &Value| value.as_f64().map(|v| format!("{} {}", tr.t(key), number(tr, v, 3)));
    let flag = |key: &str, on: bool| on.then(|| tr.t(key));
    let role = p["x-ogc-role"].as_str().map(|r| tr.or(&format!("ogc-role-{r}"), r));
    let all: Vec<String> = [
        flag("rule-required", required),
        bound("rule-min", &p["minimum"]),
        bound("rule-max", &p["maximum"]),
        flag("ogc-read-only", p["readOnly"] == true),
        role,
    ]
    .into_iter()
    .flatten()
    .collect();
    if all.is_empty() { "–".to_owned() } else { all.join(", ") }
}

/// `/ogc/functions`
pub(in crate::http::ogc) fn functions(ask: &Ask) -> Response {
    let visit = visit(ask);
    let tr = visit.tr;
    let title = tr.t("ogc-functions");
    let body = html! {
        (heading(ask, &title, Some(&tr.t("ogc-functions-intro")), &[], &html! {}))
        dl class="meanings" { @for f in FUNCTIONS { div {
            dt { code { (f.name) "(" (f.arguments.iter().map(|a| a.0).collect::<Vec<_>>().join(", ")) ")" } }
            dd { (ask.say(f.vi, f.en)) }
        } } }
    };
    framed(ask, &visit, &title, &[], false).render(&body)
}
