//! Items as pages: a list with its map and the form that asks for it, and one item with all that is known of it.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde_json::Value as Json;

use super::ask::{Ask, look_up};
use super::format::Format;
use super::html::{Shown, below, heading, table, told, visit};
use super::items::{Page, lineage};
use super::params::ItemsQuery;
use super::write;
use crate::features::{Item, LayerReader};
use crate::http::family::{Family, Relative};
use crate::http::item_title;
use crate::http::portal::catalogue::layer::map_data;
use crate::http::portal::format::{day, number, time, unit_symbol};
use crate::http::portal::i18n::Tr;
use crate::layers::{Attribute, AttributeType, Catalog, LayerDef, Source, Value};
use crate::state::AppState;
use crate::{Error, Result};

/// Items on a page unless `limit` says otherwise, and the most: people read a table, and a phone draws its map.
const ROWS: usize = 50;
const MOST_ROWS: usize = 200;
/// Sizes of a page that the form offers.
const SIZES: [usize; 4] = [20, ROWS, 100, MOST_ROWS];
/// Columns of the table; all attributes are on the item's own page.
const MOST_COLUMNS: usize = 8;
/// Fields of the form. What else an address asks for is kept by it.
const FIELDS: [&str; 5] = ["bbox", "filter", "sortby", "datetime", "limit"];

/// A page of people holds less than an answer to a program.
pub(super) fn shorten(ask: &Ask, query: &mut ItemsQuery) {
    if ask.format == Format::Html {
        query.limit = if ask.params.get("limit").is_some() { query.limit.min(MOST_ROWS) } else { ROWS };
    }
}

/// A page of items.
pub(super) fn list(
    state: &AppState,
    ask: &Ask,
    reader: &LayerReader,
    page: &Page,
    links: &[Json],
) -> Response {
    let visit = visit(ask);
    let tr = visit.tr;
    let view = reader.view();
    let def = &view.layer;
    let catalog = &ask.catalog;
    let wanted = |i: usize| page.properties.as_ref().is_none_or(|p| p.contains(&i));
    let seen = def.attributes.iter().enumerate().filter(|(i, _)| view.attributes[*i] && wanted(*i));
    let columns: Vec<(usize, &Attribute)> = seen.take(MOST_COLUMNS).collect();
    let items: Vec<Item<'_>> = page.fids.iter().filter_map(|fid| reader.get(*fid)).collect();
    let next = links.iter().find(|l| l["rel"] == "next").and_then(|l| l["href"].as_str());
    let layer = told(state, ask, reader, None);
    let rows = html! {
        thead { tr {
            th scope="col" { (tr.t("ogc-item")) }
            @for (_, a) in &columns { th scope="col" class=[is_number(a).then_some("num")] { (headed(tr, a)) } }
            th scope="col" { span class="visually-hidden" { (tr.t("ogc-show")) } }
        } }
        tbody { @for item in &items { tr data-item=(item.fid) {
            th scope="row" { a href=(ask.url(&format!("/collections/{}/items/{}?f=html", def.id, item.fid))) { (item.fid) } }
            @for (i, a) in &columns {
                @let value = item.value(*i);
                td class=[is_number(a).then_some("num")] { (coded(tr, catalog, a, &value).unwrap_or_else(|| text(tr, &value))) }
            }
            td { button type="button" class="button button--plain button--small" data-show aria-label={ (tr.t("ogc-show")) ": " (item.fid) } { (tr.t("ogc-show-short")) } }
        } } }
    };
    let title = format!("{}: {}", tr.t("ogc-items"), layer.title);
    let body = html! {
        (heading(ask, &title, None, links, &html! {
            @if write::offers(ask, def).0 { a class="button" href={ "/edit?layer=" (def.id) } { (tr.t("ogc-add")) } }
            a class="button button--plain" href={ "/layers/" (def.id) "/qgis" } { (tr.t("qgis-open")) }
        }))
        (form(ask, tr, def, view, None))
        p role="status" { (counted(tr, page)) }
        @if items.is_empty() {
            div class="empty" { p { (tr.t("ogc-no-items")) } a href=(ask.url(&format!("/collections/{}/items?f=html", def.id))) { (tr.t("ogc-all-items")) } }
        } @else {
            div class="layer-map" id="layer-map" role="region" aria-label=(tr.with("ogc-map-items", &[("title", &layer.title)])) {}
            (table(&title, &rows))
            (paging(ask, tr, next))
        }
    };
    let map = map_data(state, &ask.who, &layer, &Shown::Items(drawn_by(ask, page)));
    below(ask, &visit, Some(def), &tr.t("ogc-items"), true).data("layer-map-data", &map).render(&body)
}

/// Where the map finds the items of this page: the same question to a program, in degrees.
fn drawn_by(ask: &Ask, page: &Page) -> String {
    let mut params = ask.params.clone();
    params.remove("crs");
    let params = params.set("limit", &page.fids.len().max(1).to_string());
    format!("{}?{}", ask.path, params.with("f", "json"))
}

fn counted(tr: Tr, page: &Page) -> String {
    let shown = number(tr, page.fids.len() as f64, 0);
    match page.matched {
        Some(matched) => {
            let matched = number(tr, matched as f64, 0);
            tr.with("ogc-shown-of", &[("shown", &shown), ("matched", &matched)])
        }
        None => tr.with("ogc-shown", &[("shown", &shown)]),
    }
}

fn paging(ask: &Ask, tr: Tr, next: Option<&str>) -> Markup {
    let mut first = ask.params.clone();
    first.remove("after");
    if next.is_none() && ask.params.get("after").is_none() {
        return html! {};
    }
    html! {
        nav class="actions" aria-label=(tr.t("ogc-pages")) {
            @if ask.params.get("after").is_some() { a class="button button--plain" href=(format!("{}?{}", ask.path, first.query())) { (tr.t("ogc-first")) } }
            @if let Some(next) = next { a class="button" rel="next" href=(next) { (tr.t("ogc-next")) } }
        }
    }
}

/// What was wrong with a field of the form.
struct Wrong<'a> {
    field: &'a str,
    reason: &'a str,
}

/// The page of a question that was refused: the form as it was filled in, the error at its field. What is no field's
/// fault stays an error.
pub(super) fn refused(state: &AppState, ask: &Ask, id: &str, error: Error) -> Result<Response> {
    let Error::InvalidParameter { name, reason } = &error else { return Err(error) };
    let field = if name.starts_with("filter") { "filter" } else { name.as_str() };
    if !FIELDS.contains(&field) {
        return Err(error);
    }
    let (reader, _) = look_up(state, &ask.who, id)?;
    let visit = visit(ask);
    let (tr, def) = (visit.tr, &reader.view().layer);
    let title = format!("{}: {}", tr.t("ogc-items"), def.title.get(ask.lang));
    let wrong = Wrong { field, reason: reason.get(ask.lang) };
    let body = html! {
        (heading(ask, &title, None, &[], &html! {}))
        div class="notice notice--error error-summary" role="alert" tabindex="-1" data-focus {
            h2 { (tr.t("ogc-refused")) }
            p { a href={ "#" (field) } { (tr.t(&format!("ogc-field-{field}"))) } ": " (wrong.reason) }
        }
        (form(ask, tr, def, reader.view(), Some(&wrong)))
    };
    let mut response = below(ask, &visit, Some(def), &tr.t("ogc-items"), false).render(&body);
    *response.status_mut() = StatusCode::BAD_REQUEST;
    Ok(response.into_response())
}

/// The form that asks for items. It works without script; with it, it shows the address that it makes.
fn form(ask: &Ask, tr: Tr, def: &LayerDef, view: &crate::access::View, wrong: Option<&Wrong<'_>>) -> Markup {
    let value = |name: &str| ask.params.get(name).unwrap_or_default().to_owned();
    let asked = FIELDS.iter().any(|f| ask.params.get(f).is_some());
    let limit = ask.params.get("limit").and_then(|l| l.parse().ok()).unwrap_or(ROWS);
    let error = |field: &str| wrong.filter(|w| w.field == field).map(|w| w.reason);
    let kept = ask.params.pairs().filter(|(n, _)| !FIELDS.contains(n) && !matches!(*n, "after" | "f"));
    let field = |name: &str, hint: String, input: Markup| {
        html! {
            div class={ "field" @if error(name).is_some() { " field--error" } } {
                label for=(name) { (tr.t(&format!("ogc-field-{name}"))) }
                span class="hint" id={ (name) "-hint" } { (hint) }
                @if let Some(reason) = error(name) { span class="error-text" id={ (name) "-error" } { (reason) } }
                (input)
            }
        }
    };
    let described = |name: &str| {
        if error(name).is_some() { format!("{name}-error {name}-hint") } else { format!("{name}-hint") }
    };
    let one_line = |name: &str| {
        html! { input type="text" id=(name) name=(name) value=(value(name)) autocomplete="off" spellcheck="false"
        aria-describedby=(described(name)) aria-invalid=[error(name).map(|_| "true")]; }
    };
    html! {
        details class="card items-form" open[asked || wrong.is_some()] {
            summary { (tr.t("ogc-form")) }
            form method="get" action=(format!("{}{}", ask.base, ask.path)) data-items {
                @for (name, value) in kept { input type="hidden" name=(name) value=(value); }
                (field("filter", tr.with("ogc-hint-filter", &[("example", &example(view))]), html! {
                    textarea id="filter" name="filter" rows="3" spellcheck="false" aria-describedby=(described("filter"))
                        aria-invalid=[error("filter").map(|_| "true")] { (value("filter")) }
                }))
                p class="small" {
                    a href=(ask.url(&format!("/collections/{}/queryables?f=html", def.id))) { (tr.t("ogc-queryables")) } " · "
                    a href=(ask.url("/functions?f=html")) { (tr.t("ogc-functions")) }
                }
                (field("bbox", tr.t("ogc-hint-bbox"), html! {
                    (one_line("bbox"))
                    button type="button" class="button button--plain button--small" id="bbox-from-map" hidden { (tr.t("ogc-bbox-map")) }
                }))
                div class="grid-2" {
                    (field("sortby", tr.t("ogc-hint-sortby"), one_line("sortby")))
                    @if !def.temporal.is_empty() { (field("datetime", tr.t("ogc-hint-datetime"), one_line("datetime"))) }
                    (field("limit", tr.t("ogc-hint-limit"), html! {
                        select id="limit" name="limit" aria-describedby=(described("limit")) {
                            @for size in SIZES { option value=(size) selected[size == limit] { (size) } }
                            @if !SIZES.contains(&limit) { option value=(limit) selected { (limit) } }
                        }
                    }))
                }
                div class="actions" { button class="button" type="submit" { (tr.t("ogc-ask")) } }
                div class="copy" {
                    span class="copy__label" { (tr.t("ogc-address-made")) }
                    code class="copy__text" data-address { (format!("{}{}?{}", ask.base, ask.path, ask.params.query())) }
                    button class="button button--plain button--small" type="button" data-copy="" { (tr.t("copy")) }
                }
            }
        }
    }
}

/// A filter that this layer understands.
fn example(view: &crate::access::View) -> String {
    let seen = || view.layer.attributes.iter().zip(&view.attributes).filter(|(_, s)| **s).map(|(a, _)| a);
    let texts = seen().find(|a| a.kind == AttributeType::Text).map(|a| format!("{} LIKE 'A%'", a.name));
    let numbers = seen().find(|a| is_number(a)).map(|a| format!("{} > 10", a.name));
    let both: Vec<String> = texts.into_iter().chain(numbers).collect();
    if both.is_empty() {
        "S_INTERSECTS(geometry, BBOX(107.6, 11.9, 107.8, 12.1))".to_owned()
    } else {
        both.join(" AND ")
    }
}

fn is_number(a: &Attribute) -> bool {
    matches!(a.kind, AttributeType::Integer | AttributeType::Real)
}

/// One item.
pub(super) fn one(
    state: &AppState,
    ask: &Ask,
    reader: &LayerReader,
    item: &Item<'_>,
    family: Option<&Family>,
    links: &[Json],
) -> Response {
    let visit = visit(ask);
    let tr = visit.tr;
    let def = &item.view().layer;
    let catalog = &ask.catalog;
    let layer = told(state, ask, reader, None);
    let name = capital(&item_title::of_item(item, ask.lang));
    let (_, changes) = write::offers(ask, def);
    let rows = html! { tbody {
        tr { th scope="row" { "fid" } td { (item.fid) } }
        @for (a, v) in item.attributes() { tr {
            th scope="row" { (a.title.get(ask.lang)) div { code class="small muted" { (a.name) } } }
            td {
                @if v == Value::Null { span class="muted" { (tr.t("ogc-no-value")) } } @else {
                    (text(tr, &v))
                    @if let Some(unit) = &a.unit { "\u{a0}" (unit_symbol(tr, unit)) }
                    @if let Some(title) = coded(tr, catalog, a, &v) { " – " (title) }
                }
            }
        } }
        @if let Some(e) = item.envelope() { tr {
            th scope="row" { (tr.t("layer-extent")) div { code class="small muted" { "EPSG:9218" } } }
            td { "E " (number(tr, e.min_x, 2)) " … " (number(tr, e.max_x, 2)) br; "N " (number(tr, e.min_y, 2)) " … " (number(tr, e.max_y, 2)) }
        } }
    } };
    let body = html! {
        (heading(ask, &name, None, links, &html! {
            a class="button button--plain" href={ "/?item=" (def.id) "/" (item.fid) } { (tr.t("layer-open-map")) }
            @if changes { a class="button" href={ "/edit?layer=" (def.id) "&item=" (item.fid) } { (tr.t("ogc-edit")) } }
        }))
        div class="columns" {
            div {
                @if item.envelope().is_some() {
                    div class="layer-map" id="layer-map" role="region" aria-label=(tr.with("ogc-map-item", &[("title", &name)])) {}
                }
                (table(&name, &rows))
            }
            aside {
                div class="card card--quiet" {
                    h2 { (layer.title) }
                    p { (layer.description) }
                    ul class="links" {
                        li { a href=(ask.url(&format!("/collections/{}?f=html", def.id))) { (tr.t("ogc-collection")) } }
                        li { a href=(ask.url(&format!("/collections/{}/items?f=html", def.id))) { (tr.t("ogc-all-items")) } }
                        @if let Some(link) = lineage(ask, def, item.fid) {
                            li { a href=(link["href"].as_str().unwrap_or_default()) { (link["title"].as_str().unwrap_or_default()) } }
                        }
                        @if ask.who.is_officer() && def.source == Source::Table {
                            li { a href={ (ask.base) "/changes/items/" (def.id) "/" (item.fid) } { (tr.t("ogc-history")) } }
                        }
                    }
                }
                @if let Some(family) = family { (relatives(ask, tr, &def.id, item.fid, family)) }
            }
        }
    };
    let mut params = ask.params.clone();
    params.remove("crs");
    let address = format!("{}?{}", ask.path, params.with("f", "json"));
    let map = map_data(state, &ask.who, &layer, &Shown::Items(address));
    let (items, page) = (tr.t("ogc-items"), below(ask, &visit, Some(def), &name, true));
    page.crumb(items, ask.url(&format!("/collections/{}/items?f=html", def.id)))
        .data("layer-map-data", &map)
        .render(&body)
}

/// The text with its first letter as at the beginning of a sentence.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The title of a column, with its unit.
fn headed(tr: Tr, a: &Attribute) -> String {
    let title = tr.of(&a.title);
    a.unit.as_deref().map_or_else(|| title.to_owned(), |unit| format!("{title} ({})", unit_symbol(tr, unit)))
}

/// What a code means.
fn coded(tr: Tr, catalog: &Catalog, a: &Attribute, value: &Value) -> Option<String> {
    let list = a.codes.as_ref().and_then(|c| catalog.code_list(c))?;
    let Value::Text(code) = value else { return None };
    Some(tr.of(&list.code(code)?.title).to_owned())
}

/// Whom the item was made from and what it was made into. One that is gone has a page of its history, for officers.
fn relatives(ask: &Ask, tr: Tr, layer: &str, fid: i64, family: &Family) -> Markup {
    let href = |r: &Relative| {
        if r.current {
            return Some(ask.url(&format!("/collections/{layer}/items/{}?f=html", r.fid)));
        }
        ask.who.is_officer().then(|| format!("{}/changes/items/{layer}/{}", ask.base, r.fid))
    };
    let list = |heading: String, members: Vec<&Relative>| {
        html! {
            @if !members.is_empty() {
                div class="card" {
                    h2 { (heading) }
                    ul { @for r in members { li {
                        @match href(r) { Some(href) => { a href=(href) { (r.title) } }, None => { (r.title) } }
                        @if !r.current { " – " (tr.t("ogc-gone")) }
                    } } }
                }
            }
        }
    };
    html! {
        (list(tr.t("ogc-made-from"), family.predecessors(fid)))
        (list(tr.t("ogc-made-into"), family.successors(fid)))
    }
}

fn text(tr: Tr, value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => tr.t("js-yes"),
        Value::Bool(false) => tr.t("js-no"),
        // Years and numbers of sheets have no thousands.
        Value::Int(v) => v.to_string(),
        Value::Real(v) => number(tr, *v, 6),
        Value::Text(v) => v.clone(),
        Value::Date(v) => day(*v),
        Value::Time(v) => time(*v),
    }
}
