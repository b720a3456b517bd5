//! `/keys`: one's access keys, which QGIS and scripts hold instead of a password.

use axum::extract::State;
use axum::response::Response;
use chrono::Utc;
use maud::{Markup, html};

use super::format::time;
use super::i18n::Tr;
use super::page::{Page, Visit};
use crate::access;
use crate::error::{Error, Result};
use crate::http::access_keys::{MAX_DAYS, MAX_NAME_CHARS};
use crate::state::AppState;
use crate::store::access_keys::ListedKey;

/// Lives of a key that the form offers, in days.
const LIVES: [i64; 4] = [7, 30, 180, MAX_DAYS];

/// `GET /keys`.
pub async fn page(visit: Visit, State(state): State<AppState>) -> Result<Response> {
    let tr = visit.tr;
    let user = visit.who.user.as_ref().ok_or(Error::Unauthorized)?;
    let keys = state.store.list_access_keys(user.id).await?;
    let body = html! {
        h1 { (tr.t("keys-heading")) }
        p { (tr.t("keys-intro")) }
        (form(&visit, &state))
        h2 { (tr.t("keys-yours")) }
        @if keys.is_empty() { p class="muted" { (tr.t("keys-none")) } } @else { (table(tr, &keys)) }
        h2 { (tr.t("keys-use-heading")) }
        p { (tr.with("keys-use-qgis", &[("name", user.name.as_str())])) }
        dl {
            dt { "OGC API" } dd { code { (state.config.base_url()) "/ogc/" } }
            dt { "WFS" } dd { code { (state.config.base_url()) "/wfs" } }
        }
        p { (tr.t("keys-use-address")) }
    };
    Ok(Page::new(&visit, tr.t("keys-heading")).narrow().render(&body))
}

fn form(visit: &Visit, state: &AppState) -> Markup {
    let tr = visit.tr;
    let catalog = state.catalog.load();
    let seen: Vec<_> =
        catalog.layers.values().filter(|l| access::view(&visit.who, l, &catalog).is_some()).collect();
    html! {
        form class="card" data-api="POST /api/v1/access-keys" data-reveal="key" autocomplete="off" {
            h2 { (tr.t("keys-new")) }
            div class="field" {
                label for="name" { (tr.t("keys-name")) }
                p class="hint" id="name-hint" { (tr.t("keys-name-hint")) }
                input type="text" id="name" name="name" required maxlength=(MAX_NAME_CHARS) aria-describedby="name-hint";
            }
            div class="field" {
                label for="days" { (tr.t("keys-days")) }
                select id="days" name="days" data-type="number" {
                    @for days in LIVES {
                        option value=(days) selected[days == 180] { (tr.with("keys-days-n", &[("count", &days.to_string())])) }
                    }
                }
            }
            @if visit.edits {
                div class="check" {
                    input type="checkbox" id="edit" name="edit" data-type="bool";
                    label for="edit" { (tr.t("keys-edit")) }
                }
            }
            details class="field" {
                summary { (tr.t("keys-layers")) }
                p class="hint" { (tr.t("keys-layers-hint")) }
                @for layer in seen {
                    div class="check" {
                        input type="checkbox" id={ "layer-" (layer.id) } name="layers" value=(layer.id) data-type="item";
                        label for={ "layer-" (layer.id) } { (tr.of(&layer.title)) }
                    }
                }
            }
            div class="actions" { button class="button" type="submit" { (tr.t("keys-make")) } }
        }
    }
}

fn table(tr: Tr, keys: &[ListedKey]) -> Markup {
    html! {
        div class="table-wrap" {
            table class="stack" {
                thead { tr {
                    th scope="col" { (tr.t("keys-name")) }
                    th scope="col" { (tr.t("keys-reach")) }
                    th scope="col" { (tr.t("keys-until")) }
                    th scope="col" { (tr.t("keys-used")) }
                    th scope="col" { span class="visually-hidden" { (tr.t("keys-revoke")) } }
                } }
                tbody { @for key in keys { (row(tr, key)) } }
            }
        }
    }
}

fn row(tr: Tr, key: &ListedKey) -> Markup {
    let ended = key.revoked_at.is_none() && key.expires_at <= Utc::now();
    html! {
        tr {
            th scope="row" { (key.name) }
            td data-label=(tr.t("keys-reach")) {
                (tr.t(if key.may_edit { "keys-may-edit" } else { "keys-may-read" })) "; "
                @match &key.layers {
                    Some(layers) => { (layers.join(", ")) }
                    None => { (tr.t("keys-all-layers")) }
                }
            }
            td data-label=(tr.t("keys-until")) { (time(key.expires_at)) }
            td data-label=(tr.t("keys-used")) {
                @if let Some(at) = key.last_used_at { (time(at)) } @else { span class="muted" { (tr.t("keys-never-used")) } }
            }
            td {
                @if key.revoked_at.is_some() { span class="badge badge--nodata" { (tr.t("keys-revoked")) } }
                @else if ended { span class="badge badge--nodata" { (tr.t("keys-ended")) } }
                @else {
                    form data-api={ "DELETE /api/v1/access-keys/" (key.id) } data-then="reload" data-confirm=(tr.with("keys-revoke-sure", &[("name", key.name.as_str())])) {
                        button class="button button--small button--danger" type="submit" { (tr.t("keys-revoke")) }
                    }
                }
            }
        }
    }
}
