//! The OpenAPI document as a page: every path with its methods and parameters.

use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value;

use super::super::ask::Ask;
use super::{framed, heading, visit};
use crate::http::portal::i18n::Tr;
use crate::text::fold::fold;

const METHODS: [&str; 6] = ["get", "post", "put", "patch", "delete", "options"];

/// An operation at its place.
struct Operation<'a> {
    path: &'a str,
    method: &'static str,
    told: &'a Value,
}

/// `/ogc/api`
pub(in crate::http::ogc) fn api(ask: &Ask, document: &Value) -> Response {
    let visit = visit(ask);
    let tr = visit.tr;
    let mut tags: Vec<(&str, Vec<Operation<'_>>)> = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for method in METHODS.into_iter().filter(|m| item[m].is_object()) {
            let told = &item[method];
            let tag = told["tags"][0].as_str().unwrap_or_default();
            let operation = Operation { path, method, told };
            match tags.iter_mut().find(|(t, _)| *t == tag) {
                Some((_, list)) => list.push(operation),
                None => tags.push((tag, vec![operation])),
            }
        }
    }
    let title = tr.t("ogc-api");
    let more = &document["externalDocs"];
    let shared = &document["components"]["parameters"];
    let body = html! {
        (heading(ask, &title, Some(&tr.t("ogc-api-intro")), &[], &html! {}))
        p { a href=(more["url"].as_str().unwrap_or_default()) { (more["description"].as_str().unwrap_or_default()) } }
        h2 id="shared" { (tr.t("ogc-api-shared")) }
        dl class="meanings" {
            @for (_, p) in shared.as_object().into_iter().flatten() {
                @let name = p["name"].as_str().unwrap_or_default();
                div id={ "p-" (name) } {
                    dt { code { (name) } " " span class="small muted" { (kind(tr, &p["schema"])) } }
                    dd { (tr.or(&format!("ogc-param-{name}"), p["description"].as_str().unwrap_or_default())) }
                }
            }
        }
        h2 { (tr.t("ogc-api-paths")) }
        form class="filters" role="search" data-filter="layer-list" {
            div class="field" {
                label for="q" { (tr.t("ogc-api-search")) }
                input type="search" id="q" autocomplete="off" maxlength="100";
            }
        }
        p class="small muted" id="layer-count" role="status" {}
        div id="layer-list" {
            @for (i, (tag, operations)) in tags.iter().enumerate() {
                details class="api-tag" data-search=(fold(&format!("{tag} {}", operations.first().map_or("", |o| o.path)))) open[i == 0] {
                    summary { (tag) " " span class="small muted" { (tr.with("ogc-api-count", &[("count", &operations.len().to_string())])) } }
                    @for operation in operations { (told(tr, operation, shared)) }
                }
            }
        }
        p id="layer-none" hidden { (tr.t("catalogue-none")) }
    };
    framed(ask, &visit, &title, &[], false).render(&body)
}

fn told(tr: Tr, operation: &Operation<'_>, shared: &Value) -> Markup {
    let given = operation.told["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    let reference = |p: &Value| p["$ref"].as_str().and_then(|r| r.rsplit('/').next()).map(str::to_owned);
    let common: Vec<String> = given
        .iter()
        .filter_map(reference)
        .map(|key| shared[&key]["name"].as_str().unwrap_or(&key).to_owned())
        .collect();
    let own: Vec<&Value> = given.iter().filter(|p| p["$ref"].is_null()).collect();
    html! {
        div class="api-path" {
            p {
                span class={ "api-method api-method--" (operation.method) } { (operation.method.to_uppercase()) } " "
                code class="break" { (operation.path) }
            }
            p { (operation.told["summary"].as_str().unwrap_or_default()) }
            @if !common.is_empty() {
                p class="small" {
                    (tr.t("ogc-api-parameters")) " "
                    @for (i, name) in common.iter().enumerate() { @if i > 0 { ", " } a href={ "#p-" (name) } { code { (name) } } }
                }
            }
            @if !own.is_empty() {
                ul class="api-own small" {
                    @for p in own {
                        li {
                            code { (p["name"].as_str().unwrap_or_default()) } " "
                            span class="muted" { (kind(tr, &p["schema"])) }
                            @if let Some(about) = p["description"].as_str() { " – " (about) }
                            @if p["required"] == true && p["in"] != "path" { " (" (tr.t("rule-required")) ")" }
                        }
                    }
                }
            }
        }
    }
}

/// The type of a parameter as people say it.
fn kind(tr: Tr, schema: &Value) -> String {
    tr.t(match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("integer"), _) => "type-integer",
        (Some("number"), _) => "type-real",
        (Some("boolean"), _) => "type-boolean",
        (_, Some("date")) => "type-date",
        (_, Some("date-time")) => "type-timestamp",
        (Some("array"), _) => "ogc-type-list",
        _ => "type-text",
    })
}
