//! `/permits` and `/permits/{code}`: the public register.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value as Member;

use super::format::{day, quantity};
use super::i18n::Tr;
use super::page::{Page, Visit};
use crate::access;
use crate::error::{Error, Result};
use crate::features::{Item, Query as Items};
use crate::http::extract::{Path, Query};
use crate::http::permits::read;
use crate::layers::Value;
use crate::state::AppState;

/// Rows of the register on its page.
const ROWS_MAX: usize = 200;

/// What is looked for.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    q: Option<String>,
}

/// A permit as the public layer shows it.
struct Row {
    code: String,
    kind: String,
    state: String,
    authority: String,
    parcels: String,
    issued_on: Option<NaiveDate>,
}

/// `GET /permits?q=`.
pub async fn list(
    visit: Visit,
    State(state): State<AppState>,
    Query(wanted): Query<Wanted>,
) -> Result<Response> {
    let tr = visit.tr;
    let q = wanted.q.as_deref().map(str::trim).unwrap_or_default();
    if !q.is_empty() {
        match read::permit(&state, &visit.who, q).await {
            Ok(found) => {
                let code = found["code"].as_str().unwrap_or(q);
                return Ok(Redirect::to(&format!("/permits/{code}")).into_response());
            }
            Err(Error::NotFound { .. }) => {}
            Err(e) => return Err(e),
        }
    }
    let rows = rows(&state, &visit, q)?;
    let body = html! {
        h1 { (tr.t("register-heading")) }
        p { (tr.t("register-intro")) }
        form class="filters" method="get" action="/permits" role="search" {
            div class="field" {
                label for="q" { (tr.t("register-code")) }
                input type="search" id="q" name="q" value=(q) autocomplete="off";
            }
            button class="button" type="submit" { (tr.t("search")) }
        }
        @if rows.is_empty() {
            div class="empty" { h2 { @if q.is_empty() { (tr.t("register-none")) } @else { (tr.with("register-not-found", &[("q", q)])) } } }
        } @else { (table(tr, &state, &rows)) }
    };
    Ok(Page::new(&visit, tr.t("register-heading")).render(&body))
}

/// Permits of the public layer, the latest first; of those on parcel or under code `q` where it is given.
fn rows(state: &AppState, visit: &Visit, q: &str) -> Result<Vec<Row>> {
    let catalog = state.catalog.load();
    let snapshot = state.features.snapshot();
    let view = catalog.layer("permit").and_then(|layer| access::view(&visit.who, layer, &catalog));
    let Some(reader) = view.and_then(|view| snapshot.layer(&view)) else { return Ok(Vec::new()) };
    let mut rows: Vec<Row> = reader.query(&Items::default())?.map(|item| row(&item)).collect();
    if !q.is_empty() {
        rows.retain(|r| r.code.contains(q) || r.parcels.split(", ").any(|p| p.starts_with(q)));
    }
    rows.sort_by(|a, b| b.issued_on.cmp(&a.issued_on).then_with(|| a.code.cmp(&b.code)));
    rows.truncate(ROWS_MAX);
    Ok(rows)
}

fn row(item: &Item<'_>) -> Row {
    let text = |name: &str| match item.value_of(name) {
        Some(Value::Text(t)) => t,
        _ => String::new(),
    };
    Row {
        code: text("code"),
        kind: text("kind"),
        state: text("state"),
        authority: text("authority_name"),
        parcels: text("parcel_codes"),
        issued_on: match item.value_of("issued_on") {
            Some(Value::Date(d)) => Some(d),
            Some(Value::Time(t)) => Some(super::format::day_of(t)),
            _ => None,
        },
    }
}

/// A code's title from a code list.
fn titled(tr: Tr, state: &AppState, list: &str, code: &str) -> String {
    let catalog = state.catalog.load();
    let found = catalog.code_lists.get(list).and_then(|l| l.codes.iter().find(|c| c.code == code));
    found.map_or_else(|| code.to_owned(), |c| tr.of(&c.title).to_owned())
}

fn table(tr: Tr, state: &AppState, rows: &[Row]) -> Markup {
    html! {
        div class="table-wrap" {
            table class="stack" {
                thead { tr {
                    @for key in ["permit-code", "permit-kind", "permit-state", "permit-parcels", "permit-authority", "permit-issued-on"] {
                        th scope="col" { (tr.t(key)) }
                    }
                } }
                tbody {
                    @for r in rows {
                        tr {
                            th scope="row" { a href={ "/permits/" (r.code) } { (r.code) } }
                            td data-label=(tr.t("permit-kind")) { (titled(tr, state, "permit_kind", &r.kind)) }
                            td data-label=(tr.t("permit-state")) { (titled(tr, state, "permit_state", &r.state)) }
                            td data-label=(tr.t("permit-parcels")) { (r.parcels) }
                            td data-label=(tr.t("permit-authority")) { (r.authority) }
                            td data-label=(tr.t("permit-issued-on")) { (r.issued_on.map(day).unwrap_or_default()) }
                        }
                    }
                }
            }
        }
    }
}

/// `GET /permits/{code}`.
pub async fn page(visit: Visit, State(state): State<AppState>, Path(code): Path<String>) -> Result<Response> {
    let tr = visit.tr;
    let permit = read::permit(&state, &visit.who, &code).await?;
    let text = |name: &str| permit[name].as_str().unwrap_or_default().to_owned();
    let date = |name: &str| text(name).parse::<NaiveDate>().map(day).unwrap_or_default();
    let number = |name: &str, unit: &str| permit[name].as_f64().map(|v| quantity(tr, v, Some(unit)));
    let parcels: Vec<&str> =
        permit["parcels"].as_array().into_iter().flatten().filter_map(Member::as_str).collect();
    let title = tr.with("permit-heading", &[("number", &text("number"))]);
    let figures = [
        ("permit-use", Some(titled(tr, &state, "building_use", &text("use"))).filter(|u| !u.is_empty())),
        ("permit-storeys", number("storeys", "storeys")),
        ("permit-height", number("height_m", "m")),
        ("permit-footprint", number("footprint_area_m2", "m2")),
        ("permit-floor-area", number("gross_floor_area_m2", "m2")),
    ];
    let body = html! {
        div class="page-head" {
            h1 { (title) }
            @if permit.get("mark").is_some() { span class="badge badge--brand" { (tr.t("permit-extract")) } }
        }
        div class="columns" {
            div {
                div class="card" {
                    dl class="facts" {
                        dt { (tr.t("permit-state")) } dd { strong { (titled(tr, &state, "permit_state", &text("state"))) } }
                        dt { (tr.t("permit-kind")) } dd { (titled(tr, &state, "permit_kind", &text("kind"))) }
                        dt { (tr.t("permit-authority")) } dd { (text("authority_name")) }
                        dt { (tr.t("permit-issued-on")) } dd { (date("issued_on")) }
                        dt { (tr.t("permit-start-by")) } dd { (date("start_by")) }
                        dt { (tr.t("permit-parcels")) } dd { (parcels.join(", ")) }
                        @for (key, value) in &figures { @if let Some(value) = value { dt { (tr.t(key)) } dd { (value) } } }
                        dt { (tr.t("permit-code")) } dd { code { (text("code")) } }
                    }
                }
                @if permit.get("mark").is_some() { p class="small muted" { (tr.t("permit-extract-note")) } }
                div class="actions no-print" {
                    a class="button" href={ "/?item=permit/" (permit["fid"]) } { (tr.t("permit-on-map")) }
                }
            }
            div class="casemap" id="casemap" { div id="casemap-canvas" class="casemap__canvas" {} }
        }
    };
    let outline = serde_json::json!({"type": "Feature", "geometry": permit["geometry"], "properties": {"part": "footprint"}});
    let none = serde_json::json!({"type": "FeatureCollection", "features": []});
    let evidence = serde_json::json!({
        "parcels": none, "verdicts": none,
        "model": {"type": "FeatureCollection", "features": [outline]},
    });
    let framed = Page::new(&visit, title).with_case_script().crumb(tr.t("register-heading"), "/permits");
    Ok(framed.data("case-evidence", &evidence).render(&body))
}
