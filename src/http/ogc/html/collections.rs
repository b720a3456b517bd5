//! The collections, by theme, as the catalogue lists its layers.

use axum::response::Response;
use maud::html;

use super::super::ask::Ask;
use super::{framed, heading, visit};
use crate::features::LayerReader;
use crate::http::portal::catalogue::activity::LastChanges;
use crate::http::portal::catalogue::{search_text, table};
use crate::http::portal::layers::{Layer, Teller, Theme};
use crate::state::AppState;
use crate::text::fold::fold;

/// `/ogc/collections?q=`: the script filters while one types, the server where there is no script.
pub(in crate::http::ogc) fn collections(
    state: &AppState,
    ask: &Ask,
    readers: &[LayerReader],
    changes: Option<LastChanges>,
) -> Response {
    let visit = visit(ask);
    let tr = visit.tr;
    let pairs: Vec<_> = readers.iter().map(|r| (r.view().clone(), r.clone())).collect();
    let themes = Teller { catalog: &ask.catalog, who: &ask.who, tr, law: &state.law, changes }.themes(&pairs);
    let q = ask.params.get("q").unwrap_or_default();
    let words = fold(q);
    let shown =
        |l: &Layer, theme: &Theme| words.split_whitespace().all(|w| search_text(l, theme).contains(w));
    let found =
        themes.iter().flat_map(|t| t.layers.iter().map(move |l| (l, t))).filter(|(l, t)| shown(l, t)).count();
    let title = tr.t("ogc-collections");
    let below = ask.url("/collections/");
    let body = html! {
        (heading(ask, &title, Some(&tr.t("ogc-collections-intro")), &[], &html! {}))
        form class="filters" role="search" method="get" action=(ask.url("/collections")) data-filter="layer-list" {
            div class="field" {
                label for="q" { (tr.t("catalogue-search")) }
                span class="hint" { (tr.t("catalogue-search-hint")) }
                input type="search" id="q" name="q" value=(q) autocomplete="off" maxlength="100";
            }
            button class="button" type="submit" { (tr.t("search")) }
        }
        p class="small muted" id="layer-count" role="status" { (tr.with("catalogue-count", &[("count", &found.to_string())])) }
        div id="layer-list" {
            @for theme in &themes {
                section class="theme" hidden[!theme.layers.iter().any(|l| shown(l, theme))] {
                    h2 { (theme.title) }
                    (table(tr, theme, &|l| shown(l, theme), &below))
                }
            }
        }
        div class="empty" id="layer-none" hidden[found > 0] {
            p { (tr.t("catalogue-none")) }
            a class="button button--plain" href=(ask.url("/collections?f=html")) { (tr.t("catalogue-all")) }
        }
    };
    framed(ask, &visit, &title, &[], false).render(&body)
}
