//! `/analysis`: a planner's question over the layers he may see; the answer on the map, as a table, as a download.

use axum::response::Response;
use maud::html;

use super::page::{Page, Visit};

const OPERATIONS: [&str; 6] = ["select", "buffer", "intersect", "nearest", "aggregate", "reach"];

/// The page. Its script asks `/api/v1/analysis`.
pub async fn page(visit: Visit) -> Response {
    let tr = visit.tr;
    let body = html! {
        h1 { (tr.t("analysis-heading")) }
        p class="lead" { (tr.t("analysis-intro")) }
        div class="analysis" {
            form id="an-form" class="analysis__form" novalidate {
                div class="field" {
                    label for="an-operation" { (tr.t("analysis-operation")) }
                    select id="an-operation" {
                        @for operation in OPERATIONS {
                            option value=(operation) { (tr.t(&format!("analysis-op-{operation}"))) }
                        }
                    }
                    p class="hint" id="an-about" {}
                }
                div id="an-form-body" { p class="muted" { (tr.t("js-loading")) } }
                p class="notice notice--error" id="an-error" role="alert" tabindex="-1" hidden {}
                div class="analysis__run" {
                    button class="button" type="submit" { (tr.t("analysis-run")) }
                    div class="analysis__working" id="an-working" hidden {
                        progress id="an-progress" max="1" aria-label=(tr.t("analysis-working")) {}
                        button class="button button--plain button--small" type="button" id="an-cancel" { (tr.t("js-cancel")) }
                    }
                }
                p class="visually-hidden" role="status" id="an-status" {}
            }
            div class="analysis__map" { div id="map" {} }
        }
        section id="an-result" aria-labelledby="an-result-title" hidden {
            div class="analysis__head" {
                h2 id="an-result-title" { (tr.t("analysis-result")) }
                div class="analysis__downloads" {
                    button class="button button--plain button--small" type="button" id="an-csv" { (tr.t("analysis-csv")) }
                    button class="button button--plain button--small" type="button" id="an-json" { (tr.t("analysis-geojson")) }
                }
            }
            dl class="analysis__figures" id="an-figures" {}
            p class="small muted" id="an-note" {}
            div class="table-wrap" id="an-table" tabindex="0" {}
        }
    };
    Page::new(&visit, tr.t("analysis-heading")).with_script("analysis.ts").wide().render(&body)
}
