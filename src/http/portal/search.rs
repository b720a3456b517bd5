//! `/search?q=`: the map's search as a page, for readers without script and for links.

use axum::extract::State;
use axum::response::Response;
use maud::html;
use serde::Deserialize;

use super::page::{Page, Visit};
use crate::error::Result;
use crate::http::extract::Query;
use crate::http::search;
use crate::state::AppState;

/// Hits on the page.
const HITS_MAX: usize = 50;
/// Letters of the longest query that is looked at.
const QUERY_CHARS_MAX: usize = 100;

/// What is looked for.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    q: Option<String>,
}

/// `GET /search?q=`.
pub async fn page(
    visit: Visit,
    State(state): State<AppState>,
    Query(wanted): Query<Wanted>,
) -> Result<Response> {
    let tr = visit.tr;
    let q: String = wanted.q.unwrap_or_default().trim().chars().take(QUERY_CHARS_MAX).collect();
    let enough = q.chars().count() >= 2;
    let hits = if enough {
        let catalog = state.catalog.load_full();
        search::find(&catalog, &state.features.snapshot(), &visit.who, tr.0, &q, None, HITS_MAX)?
    } else {
        Vec::new()
    };
    let body = html! {
        h1 { (tr.t("search")) }
        form class="filters" role="search" method="get" action="/search" {
            div class="field" {
                label for="q" { (tr.t("search-label")) }
                span class="hint" { (tr.t("search-hint")) }
                input type="search" id="q" name="q" value=(q) autocomplete="off";
            }
            button class="button" type="submit" { (tr.t("search")) }
        }
        @if !hits.is_empty() {
            ul class="verdicts" {
                @for hit in &hits {
                    li class="verdict" {
                        a href={ "/?item=" (hit.layer) "/" (hit.fid) } { (hit.title) }
                        p class="small muted" { (hit.subtitle) }
                    }
                }
            }
        } @else if enough {
            div class="empty" { p { (tr.with("search-empty", &[("q", &q)])) } }
        } @else if !q.is_empty() { p { (tr.t("search-type-more")) } }
    };
    Ok(Page::new(&visit, tr.t("search")).narrow().render(&body))
}
