//! `/ogc/collections/{id}/items` and `…/items/{fid}` (part 1, 7.15 and 7.16) in each of their forms: what is asked for is
//! found once, then written.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use serde_json::Value;

use super::ask::{Ask, ItemAsk, ItemsAsk, cache_headers, link, link_header, not_modified, open, typed, vary};
use super::crs;
use super::encoded::{self, Paged};
use super::format::Format;
use super::items_html;
use super::params::{ItemsQuery, Params};
use super::past;
use super::sorting;
use crate::access::View;
use crate::features::encode::Form;
use crate::features::{LayerReader, Query};
use crate::http::family::Family;
use crate::http::former_units::{self, ResolvedUnits};
use crate::layers::{LayerDef, Source};
use crate::space::crs::Offered;
use crate::state::AppState;
use crate::{Error, Result};

/// Media type of features.
pub(super) const GEOJSON: &str = "application/geo+json";

/// How long an item waits for the time of its version.
const LOG_ANSWERS_WITHIN: Duration = Duration::from_millis(300);

/// A page of a query's answer, found but not yet written.
pub(super) struct Page {
    pub fids: Vec<i64>,
    /// Items that match; none where that is not known without counting through the past.
    pub matched: Option<usize>,
    /// What the next page starts behind (`after`) where another one follows.
    pub next: Option<String>,
    /// The system of its positions.
    pub crs: Offered,
    /// The attributes that are wanted; none: all of them.
    pub properties: Option<Vec<usize>>,
    /// Former communes and names that were read as today's codes.
    pub resolved: Vec<ResolvedUnits>,
}

/// `GET /ogc/collections/{id}/items`
pub(super) async fn list(
    State(state): State<AppState>,
    Path(id): Path<String>,
    ItemsAsk(ask): ItemsAsk,
) -> Result<Response> {
    match listed(&state, &id, &ask).await {
        Err(error) if ask.format == Format::Html => {
            items_html::refused(&state, &ask, &id, error).map(|page| ask.page(page))
        }
        answer => answer,
    }
}

async fn listed(state: &AppState, id: &str, ask: &Ask) -> Result<Response> {
    let past = past::open(state, ask, id).await?;
    let asked = |view: &View| {
        let mut query = ask.params.items(view)?;
        items_html::shorten(ask, &mut query);
        Ok::<_, Error>(query)
    };
    let (reader, page, revision) = match &past {
        Some(past) => {
            let (reader, page) = past.page(state, asked(past.view())?).await?;
            (reader, page, past.state.revision)
        }
        None => {
            let (reader, snapshot) = open(state, &ask.who, id)?;
            let page = find(&reader, asked(reader.view())?)?;
            (reader, page, snapshot.revision)
        }
    };
    let following = past.as_ref().map_or_else(|| ask.params.clone(), |p| p.pin(&ask.params));
    let links = links(ask, &following, &page);
    let (crs, resolved) = (page.crs, page.resolved.clone());
    let mut response = match ask.format.form() {
        Some(form) => {
            let (matched, returned) = (page.matched, page.fids.len());
            let paged = Paged { ask, reader: &reader, page, links: &links, form };
            let mut response = encoded::page(state, paged).await?;
            if !has_room_for_links(form) {
                link_header(response.headers_mut(), &links);
                tell_numbers(response.headers_mut(), matched, returned);
            }
            response
        }
        None => ask.page(items_html::list(state, ask, &reader, &page, &links)),
    };
    let headers = response.headers_mut();
    if ask.format != Format::Html {
        vary(headers);
        cache_headers(headers, reader.view(), &ask.who);
    }
    headers.insert("dothi-revision", HeaderValue::from(revision));
    if let Some(past) = &past {
        past.headers(headers);
    }
    crs::tell(headers, crs);
    former_units::tell(headers, &resolved);
    Ok(response)
}

/// Whether a document of this form has a place for links and numbers of its own.
fn has_room_for_links(form: Form) -> bool {
    matches!(form, Form::GeoJson | Form::JsonFg)
}

/// How many match and how many are in the answer, where the document itself cannot say it.
fn tell_numbers(headers: &mut HeaderMap, matched: Option<usize>, returned: usize) {
    headers.extend(matched.map(|n| (HeaderName::from_static("ogc-numbermatched"), HeaderValue::from(n))));
    headers.insert("ogc-numberreturned", HeaderValue::from(returned));
}

fn find(reader: &LayerReader, asked: ItemsQuery) -> Result<Page> {
    let ItemsQuery { limit, after, sort, properties, crs, boxes, within, filter, resolved } = asked;
    let query = Query { bbox: None, within_crs84: boxes, within, filter, after, limit: limit + 1 };
    if let Some(asked) = sort {
        let (mut fids, matched) = reader.sorted(&query, &asked.sort)?;
        let more = fids.len() > limit;
        fids.truncate(limit);
        let last = fids.last().and_then(|fid| reader.get(*fid)).filter(|_| more);
        let next = last.map(|item| asked.token(&asked.sort.place_of(&item)));
        return Ok(Page { fids, matched: Some(matched), next, crs, properties, resolved });
    }
    let (mut fids, matched) = reader.page(&query)?;
    let more = fids.len() > limit;
    fids.truncate(limit);
    let next = fids.last().map(i64::to_string).filter(|_| more);
    Ok(Page { fids, matched: Some(matched), next, crs, properties, resolved })
}

/// `following` are the parameters of the next page but for its start.
fn links(ask: &Ask, following: &Params, page: &Page) -> Vec<Value> {
    let mut links = ask.self_links(GEOJSON);
    if let Some(after) = &page.next {
        let href = format!("{}{}?{}", ask.base, ask.path, following.with("after", after));
        links.push(link(&href, "next", ask.format.media_type(GEOJSON), ask.say("Trang sau", "Next page")));
    }
    let collection = ask.path.trim_end_matches("/items");
    let href = ask.keyed(format!("{}{collection}", ask.base));
    links.push(link(&href, "collection", "application/json", ask.say("Lớp dữ liệu", "Collection")));
    links
}

/// When a version came to be. It can only be left out where the log does not know or the database does not answer:
/// items are served without it.
async fn last_modified(state: &AppState, view: &View, version: i64) -> Option<HeaderValue> {
    if view.layer.source != Source::Table {
        return None;
    }
    let time = tokio::time::timeout(LOG_ANSWERS_WITHIN, state.store.revision_time(version)).await;
    let time = time.ok()?.ok()??;
    HeaderValue::from_str(&time.format("%a, %d %b %Y %H:%M:%S GMT").to_string()).ok()
}

/// Tag of an item: its version; other rights are another representation.
pub(super) fn etag(version: i64, profile: u64) -> String {
    if profile == 0 { format!("\"{version}\"") } else { format!("\"{version}-{profile:x}\"") }
}

/// Where it is told what an area was split or merged from and into; none for layers whose items are never split.
pub(super) fn lineage(ask: &Ask, def: &LayerDef, fid: i64) -> Option<Value> {
    let href = format!("{}/api/v1/layers/{}/items/{fid}/lineage", ask.base, def.id);
    let title = ask.say("Nguồn gốc: các lần tách, hợp", "Lineage: splits and merges");
    is_divided(def).then(|| link(&href, "related", "application/json", title))
}

/// Whether items of the layer are split and merged.
fn is_divided(def: &LayerDef) -> bool {
    def.source == Source::Table && def.geometry.is_area()
}

/// `GET /ogc/collections/{id}/items/{fid}`; the tag is the item's version.
pub(super) async fn one(
    State(state): State<AppState>,
    Path((id, fid)): Path<(String, String)>,
    ItemAsk(ask): ItemAsk,
) -> Result<Response> {
    ask.params.only(&["f", "crs", "at", "properties"])?;
    let crs = crs::named(&ask.params, "crs")?;
    let missing = || Error::not_found("item", format!("{id}/{fid}"));
    let number: Option<i64> = fid.parse().ok();
    let past = past::open(&state, &ask, &id).await?;
    let (reader, revision) = match &past {
        Some(past) => (past.item(&state, number.ok_or_else(missing)?).await?, past.state.revision),
        None => {
            let (reader, snapshot) = open(&state, &ask.who, &id)?;
            (reader, snapshot.revision)
        }
    };
    let item = number.and_then(|f| reader.get(f)).ok_or_else(missing)?;
    let view = reader.view();
    let wanted = ask.params.get("properties").map(|t| sorting::properties(t, view)).transpose()?;
    let etag = match (ask.format, view.profile) {
        (Format::Json | Format::Html, profile) if crs == Offered::Crs84 && wanted.is_none() => {
            etag(item.version, profile)
        }
        // Of the same version, and another representation.
        (format, profile) => {
            let wanted: Vec<String> = wanted.iter().flatten().map(usize::to_string).collect();
            let name = format.name();
            format!("\"{}-{profile:x}-{name}-{}-{}\"", item.version, crs.code(), wanted.join("."))
        }
    };
    // A page has its reader's ways to go on it, and is made anew each time.
    let is_page = ask.format == Format::Html;
    let known = if is_page { None } else { not_modified(&ask.headers, &etag) };
    // A state of the past is told as it was: what came after it is not looked for.
    let family = match (ask.format, &past) {
        (Format::Html, None) if is_divided(&view.layer) => {
            Family::read(&state, &reader, item.fid, ask.lang).await?
        }
        _ => None,
    };
    let mut links = ask.self_links(GEOJSON);
    let href = ask.url(&format!("/collections/{id}"));
    links.push(link(&href, "collection", "application/json", view.layer.title.get(ask.lang)));
    links.extend(lineage(&ask, &view.layer, item.fid));
    let mut response = known.unwrap_or_else(|| {
        let Some(form) = ask.format.form() else {
            return ask.page(items_html::one(&state, &ask, &reader, &item, family.as_ref(), &links));
        };
        let mut response =
            typed(form.media_type(), encoded::one(&ask, &item, form, crs, wanted.as_deref(), &links));
        if !has_room_for_links(form) {
            link_header(response.headers_mut(), &links);
        }
        response
    });
    let headers = response.headers_mut();
    if !is_page {
        vary(headers);
        cache_headers(headers, view, &ask.who);
    }
    headers.insert("dothi-revision", HeaderValue::from(revision));
    if let Some(past) = &past {
        past.headers(headers);
    }
    crs::tell(headers, crs);
    headers.extend(last_modified(&state, view, item.version).await.map(|v| (header::LAST_MODIFIED, v)));
    if let Some(value) = HeaderValue::from_str(&etag).ok().filter(|_| !is_page) {
        headers.insert(header::ETAG, value);
    }
    Ok(response)
}
