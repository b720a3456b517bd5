//! `/edit`: the page on which items are drawn, changed, split and merged. Everything on it is asked for by its script
//! from the public interface, which decides what the reader may change.

use axum::response::Response;
use maud::html;

use super::page::{Page, Visit};
use crate::error::{Error, Result};

/// The page; only for those who are signed in.
pub async fn page(visit: Visit) -> Result<Response> {
    if visit.who.user.is_none() {
        return Err(Error::Unauthorized);
    }
    let tr = visit.tr;
    let body = html! {
        main id="main" class="mapview editview" tabindex="-1" {
            section class="edit-side" aria-label=(tr.t("edit-side")) {
                div class="edit-head" id="edit-head" {
                    h1 { (tr.t("edit-heading")) }
                    div class="field" {
                        label for="edit-layer" { (tr.t("edit-layer")) }
                        select id="edit-layer" {}
                    }
                    div class="actions" {
                        button class="button button--small" type="button" id="edit-new" { (tr.t("edit-new")) }
                        button class="button button--plain button--small" type="button" id="edit-merge" hidden { (tr.t("edit-merge")) }
                    }
                    details class="edit-snap" {
                        summary { (tr.t("edit-snap")) }
                        div id="edit-snap-layers" role="group" aria-label=(tr.t("edit-snap")) {}
                    }
                }
                div id="edit-status" role="status" aria-live="polite" hidden {}
                div id="edit-panel" { p class="muted" { (tr.t("js-loading")) } }
            }
            div class="map-stage" {
                div id="map" {}
                div class="edit-tools" id="edit-tools" role="toolbar" aria-label=(tr.t("edit-tools")) hidden {}
                output class="edit-measure" id="edit-measure" aria-live="off" hidden {}
                noscript { div class="map-failed" { p class="notice notice--warn" { (tr.t("map-no-script")) } } }
            }
        }
    };
    Ok(Page::new(&visit, tr.t("edit-heading")).render_editor(&body))
}
