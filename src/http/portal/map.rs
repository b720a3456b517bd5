//! `/`: the map with its layer tree, search and what lies at a place.

use axum::response::Response;
use maud::html;

use super::icons;
use super::page::{Page, Visit};

/// The map page. Everything on it is asked for by its script from the public interface.
pub async fn page(visit: Visit) -> Response {
    let tr = visit.tr;
    let body = html! {
        main id="main" class="mapview" tabindex="-1" {
            section class="map-side" id="map-side" aria-label=(tr.t("map-side")) {
                div class="map-side__head" {
                    h1 { (tr.t("map-heading")) }
                    form class="search" id="search" role="search" action="/search" method="get" {
                        label class="visually-hidden" for="search-q" { (tr.t("search-label")) }
                        div class="search__box" {
                            input type="search" id="search-q" name="q" autocomplete="off" placeholder=(tr.t("search-placeholder"))
                                role="combobox" aria-expanded="false" aria-controls="search-list" aria-autocomplete="list";
                            button class="button" type="submit" aria-label=(tr.t("search")) { (icons::search()) }
                        }
                        ul class="search__list" id="search-list" role="listbox" aria-label=(tr.t("search-results")) hidden {}
                        p class="visually-hidden" role="status" {}
                    }
                    button class="button button--plain side-toggle" id="side-toggle" type="button" aria-expanded="false" aria-controls="map-side" {
                        (icons::layers()) (tr.t("layers-short"))
                    }
                }
                div class="map-side__body" {
                    h2 class="visually-hidden" { (tr.t("layers")) }
                    div id="layer-tree" { p class="muted" { (tr.t("js-loading")) } }
                    p class="small muted" id="sample-note" hidden { (tr.t("sample-note")) }
                }
            }
            div class="map-stage" {
                div id="map" {}
                p class="map-status" id="map-status" role="status" hidden { span class="spinner" aria-hidden="true" {} span {} }
                section class="identify" id="identify" aria-labelledby="identify-title" hidden {
                    div class="identify__head" {
                        h2 id="identify-title" { (tr.t("identify-heading")) }
                        button class="icon-button" id="identify-close" type="button" aria-label=(tr.t("close")) { (icons::close()) }
                    }
                    div class="identify__body" id="identify-body" aria-live="polite" {}
                }
                noscript { div class="map-failed" { p class="notice notice--warn" { (tr.t("map-no-script")) " " a href="/search" { (tr.t("search")) } } } }
            }
        }
    };
    Page::new(&visit, tr.t("map-heading")).render_map(&body)
}
