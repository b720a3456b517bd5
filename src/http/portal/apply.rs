//! `/apply?parcel=`: where an application begins, from a parcel.

use axum::extract::State;
use axum::response::Response;
use chrono::Utc;
use maud::{Markup, html};
use serde::Deserialize;

use super::format::quantity;
use super::i18n::Tr;
use super::page::{Page, Visit};
use super::parcel::{self, Parcel};
use crate::Result;
use crate::access::Role;
use crate::http::extract::Query;
use crate::http::family::{self, Relative};
use crate::permit::calendar::local_date;
use crate::state::AppState;

/// What a link to the page may say.
#[derive(Debug, Deserialize)]
pub struct Wish {
    parcel: Option<String>,
    kind: Option<String>,
}

/// `GET /apply`.
pub async fn page(visit: Visit, State(state): State<AppState>, Query(wish): Query<Wish>) -> Result<Response> {
    let tr = visit.tr;
    let code = wish.parcel.as_deref().map(str::trim).unwrap_or_default();
    let found = if code.is_empty() { None } else { parcel::find(&state, &visit.who, code)? };
    let became = if code.is_empty() || found.is_some() {
        Vec::new()
    } else {
        family::parcels_of_today(&state, &visit.who, code, tr.0).await?
    };
    let kind = wish.kind.as_deref().unwrap_or("new_house");
    let refusal = (!code.is_empty() && found.is_none()).then(|| refusal(tr, code, kind, &became));
    let applies = visit.who.has(Role::Applicant);
    let body = html! {
        h1 { (tr.t("apply-heading")) }
        p { (tr.t("apply-intro")) }
        @if let Some(parcel) = &found { (facts(&visit, parcel)) }
        // Who applies reads it at the field.
        @if let Some(refusal) = refusal.as_ref().filter(|_| !applies) {
            div class="notice notice--error" role="alert" { (refusal) }
        }
        @if visit.who.user.is_none() {
            div class="notice" { p { (tr.t("apply-sign-in")) } }
            @let next = percent_encoding::utf8_percent_encode(&visit.path, percent_encoding::NON_ALPHANUMERIC).to_string();
            div class="actions" { a class="button" href={ "/sign-in?next=" (next) } { (tr.t("sign-in")) } }
        } @else if !applies {
            div class="notice notice--warn" { p { (tr.t("apply-not-applicant")) } }
        } @else {
            (form(&visit, &state, code, kind, refusal.as_ref()))
        }
    };
    let page = Page::new(&visit, tr.t("apply-heading")).narrow();
    let page = if visit.who.user.is_some() {
        page.crumb(tr.t("applications-heading"), "/applications")
    } else {
        page
    };
    Ok(page.render(&body))
}

/// Why there is nothing to apply for at `code`: there is no such parcel, or not any more, and which ones took its place.
fn refusal(tr: Tr, code: &str, kind: &str, became: &[Relative]) -> Markup {
    let successors: Vec<(&str, &str)> =
        became.iter().filter_map(|r| Some((r.label.as_deref()?, r.title.as_str()))).collect();
    let href = |code: &str| {
        let code =
            percent_encoding::utf8_percent_encode(code, percent_encoding::NON_ALPHANUMERIC).to_string();
        format!("/apply?parcel={code}&kind={kind}")
    };
    html! {
        @if successors.is_empty() { (tr.with("apply-no-parcel", &[("code", code)])) }
        @else {
            (tr.with("apply-parcel-gone", &[("code", code)]))
            ul { @for (code, title) in &successors {
                li { a href=(href(code)) { (title) @if !title.contains(code) { " (" (code) ")" } } }
            } }
        }
    }
}

/// What the cadastre says of the parcel, as far as the reader may see it.
fn facts(visit: &Visit, parcel: &Parcel) -> Markup {
    let tr = visit.tr;
    html! {
        div class="card card--quiet" {
            div class="card__head" {
                h2 { (parcel.title(tr)) }
                @if parcel.made_up { span class="badge badge--manual" { (tr.t("js-made-up")) } }
            }
            dl class="facts" {
                dt { (tr.t("apply-parcel")) } dd { (parcel.code) }
                @if let Some(area) = parcel.area_m2 { dt { (tr.t("parcel-area")) } dd { (quantity(tr, area, Some("m2"))) } }
                @if let Some(land_use) = &parcel.land_use { dt { (tr.t("parcel-land-use")) } dd { (tr.of(land_use)) } }
                @if let Some(commune) = &parcel.commune { dt { (tr.t("parcel-commune")) } dd { (tr.of(commune)) } }
                @if let Some(address) = &parcel.address { dt { (tr.t("parcel-address")) } dd { (address) } }
            }
            p class="small" { a href={ "/?parcel=" (parcel.code) } { (tr.t("show-on-map")) } }
        }
    }
}

fn form(visit: &Visit, state: &AppState, code: &str, kind: &str, refusal: Option<&Markup>) -> Markup {
    let tr = visit.tr;
    let procedures = state.law.list_procedures(local_date(Utc::now()));
    html! {
        form class="card" data-api="POST /api/v1/applications" data-then="/applications/{id}" data-draft="apply" data-refused="parcel=/apply?parcel={parcel}&kind={kind}" {
            div class={ "field" @if refusal.is_some() { " field--error" } } {
                label for="parcel" { (tr.t("apply-parcel")) }
                span class="hint" id="parcel-hint" { (tr.t("apply-parcel-hint")) }
                @if let Some(refusal) = refusal { div class="error-text" id="parcel-error" role="alert" { (refusal) } }
                input type="text" id="parcel" name="parcel" value=(code) data-given[!code.is_empty()] required autocomplete="off"
                    aria-describedby=(if refusal.is_some() { "parcel-error" } else { "parcel-hint" }) aria-invalid=[refusal.map(|_| "true")];
            }
            div class="field" {
                label for="kind" { (tr.t("apply-kind")) }
                select id="kind" name="kind" required {
                    // What is about a permit that exists begins at that permit.
                    @for p in procedures.iter().filter(|p| !p.parent_permit && p.machine().id == "application") {
                        option value=(p.kind) selected[p.kind == kind] { (tr.of(&p.title)) }
                    }
                }
            }
            div class="field" {
                label for="title" { (tr.t("apply-title")) " " span class="muted small" { (tr.t("optional")) } }
                span class="hint" { (tr.t("apply-title-hint")) }
                input type="text" id="title" name="title" maxlength="300" autocomplete="off";
            }
            p class="save-state" id="save-state" role="status" {}
            div class="actions" {
                button class="button" type="submit" { (tr.t("apply-create")) }
                a class="button button--plain" href="/" { (tr.t("apply-choose-on-map")) }
            }
        }
    }
}
