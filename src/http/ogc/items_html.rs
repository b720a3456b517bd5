//! Items as pages.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::ask::Ask;
use super::html::below;
use super::items::{Page, lineage};
use crate::features::{Item, LayerReader};
use crate::http::family::{Family, Relative};
use crate::http::portal::format::{day, number, time, unit_symbol};
use crate::http::portal::i18n::Tr;
use crate::layers::{Attribute, Catalog, Value};

/// Rows and columns of the table of items; all are in the other forms.
const MOST_ROWS: usize = 200;
const MOST_COLUMNS: usize = 8;

/// A page of items.
pub(super) fn list(
    ask: &Ask,
    reader: &LayerReader,
    page: &Page,
    links: &[Json],
    catalog: &Catalog,
) -> Markup {
    let view = reader.view();
    let def = &view.layer;
    let wanted = |i: usize| page.properties.as_ref().is_none_or(|p| p.contains(&i));
    let shown = def.attributes.iter().enumerate().filter(|(i, _)| view.attributes[*i] && wanted(*i));
    let columns: Vec<(usize, &Attribute)> = shown.take(MOST_COLUMNS).collect();
    let items = page.fids.iter().take(MOST_ROWS).filter_map(|fid| reader.get(*fid));
    let next = links.iter().find(|l| l["rel"] == "next").and_then(|l| l["href"].as_str());
    let body = html! {
        p {
            @if let Some(matched) = page.matched { (number(Tr(ask.lang), matched as f64, 0)) " " (ask.say("đối tượng khớp", "items match")) ", " }
            (page.fids.len()) " " (ask.say("trên trang này", "on this page"))
            @if page.fids.len() > MOST_ROWS { " (" (ask.say("hiện", "shown")) ": " (MOST_ROWS) ")" }
        }
        div.table { table {
            thead { tr { th { "fid" } @for (_, a) in &columns { th { (headed(ask, a)) } } } }
            tbody { @for item in items { tr {
                td { a href=(ask.url(&format!("/collections/{}/items/{}?f=html", def.id, item.fid))) { (item.fid) } }
                @for (i, a) in &columns {
                    @let value = item.value(*i);
                    td { (coded(ask, catalog, a, &value).unwrap_or_else(|| text(ask, &value))) }
                }
            } } }
        } }
        @if let Some(next) = next { p.nav { a rel="next" href=(next) { (ask.say("Trang sau", "Next page")) " →" } } }
    };
    below(ask, Some(def), def.title.get(ask.lang), &body)
}

/// One item.
pub(super) fn one(ask: &Ask, item: &Item<'_>, catalog: &Catalog, family: Option<&Family>) -> Markup {
    let def = &item.view().layer;
    let label = def.label.as_deref().and_then(|l| item.value_of(l)).filter(|v| *v != Value::Null);
    let name = label.map_or_else(|| format!("{} {}", def.title.get(ask.lang), item.fid), |v| text(ask, &v));
    let body = html! {
        div.table { table { tbody {
            tr { th { "fid" } td { (item.fid) } }
            @for (a, v) in item.attributes() { tr {
                th { (a.title.get(ask.lang)) }
                td {
                    (text(ask, &v))
                    @if let Some(unit) = &a.unit { @if v != Value::Null { "\u{a0}" (unit_symbol(Tr(ask.lang), unit)) } }
                    @if let Some(title) = coded(ask, catalog, a, &v) { " – " (title) }
                }
            } }
            @if let Some(e) = item.envelope() { tr {
                th { "EPSG:9218" }
                td { code { "E " (format!("{:.2}", e.min_x)) " … " (format!("{:.2}", e.max_x))
                    ", N " (format!("{:.2}", e.min_y)) " … " (format!("{:.2}", e.max_y)) } }
            } }
        } } }
        @if let Some(family) = family { (relatives(ask, &def.id, item.fid, family)) }
        @if let Some(link) = lineage(ask, def, item.fid) {
            p { a href=(link["href"].as_str().unwrap_or_default()) { (link["title"].as_str().unwrap_or_default()) } }
        }
    };
    below(ask, Some(def), &name, &body)
}

/// The title of a column, with its unit.
fn headed(ask: &Ask, a: &Attribute) -> String {
    let title = a.title.get(ask.lang);
    a.unit
        .as_deref()
        .map_or_else(|| title.to_owned(), |unit| format!("{title} ({})", unit_symbol(Tr(ask.lang), unit)))
}

/// What a code means.
fn coded(ask: &Ask, catalog: &Catalog, a: &Attribute, value: &Value) -> Option<String> {
    let list = a.codes.as_ref().and_then(|c| catalog.code_list(c))?;
    let Value::Text(code) = value else { return None };
    Some(list.code(code)?.title.get(ask.lang).to_owned())
}

/// Whom the item was made from and what it was made into. One that is gone has a page of its history, for officers.
fn relatives(ask: &Ask, layer: &str, fid: i64, family: &Family) -> Markup {
    let href = |r: &Relative| {
        if r.current {
            return Some(ask.url(&format!("/collections/{layer}/items/{}?f=html", r.fid)));
        }
        ask.who.is_officer().then(|| format!("{}/changes/items/{layer}/{}", ask.base, r.fid))
    };
    let list = |heading: &str, members: Vec<&Relative>| {
        html! {
            @if !members.is_empty() {
                h2 { (heading) }
                ul { @for r in members { li {
                    @match href(r) { Some(href) => { a href=(href) { (r.title) } }, None => { (r.title) } }
                    @if !r.current { " – " (ask.say("không còn hiệu lực", "no longer in force")) }
                } } }
            }
        }
    };
    html! {
        (list(ask.say("Tách, hợp từ", "Split or merged from"), family.predecessors(fid)))
        (list(ask.say("Đã tách, hợp thành", "Split or merged into"), family.successors(fid)))
    }
}

fn text(ask: &Ask, value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => ask.say("có", "yes").to_owned(),
        Value::Bool(false) => ask.say("không", "no").to_owned(),
        // Years and numbers of sheets have no thousands.
        Value::Int(v) => v.to_string(),
        Value::Real(v) => number(Tr(ask.lang), *v, 6),
        Value::Text(v) => v.clone(),
        Value::Date(v) => day(*v),
        Value::Time(v) => time(*v),
    }
}
