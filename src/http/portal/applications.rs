//! `/applications`: the applicant's list, and the page of one application from draft to decision.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use super::case::load::CasePage;
use super::case::{elevation, facts, history, summary, verdicts};
use super::format::{day, day_of};
use super::list::{self, Row};
use super::page::{Page, Visit};
use crate::Result;
use crate::access::Role;
use crate::http::auth::User;
use crate::http::extract::Path;
use crate::state::AppState;

/// `GET /applications`.
pub async fn list_page(visit: Visit, user: User, State(state): State<AppState>) -> Result<Response> {
    let tr = visit.tr;
    if !visit.who.has(Role::Applicant) {
        return Ok(Redirect::to("/officer").into_response());
    }
    let (rows, _) = list::rows(&state, user, &list::Wanted::default()).await?;
    let body = html! {
        div class="page-head" {
            h1 { (tr.t("applications-heading")) }
            a class="button" href="/apply" { (tr.t("applications-start")) }
        }
        @if rows.is_empty() {
            div class="empty" {
                h2 { (tr.t("applications-empty")) }
                p { (tr.t("applications-how")) }
                a class="button button--plain" href="/" { (tr.t("nav-map")) }
            }
        } @else { (table(&visit, &rows)) }
    };
    Ok(Page::new(&visit, tr.t("applications-heading")).render(&body))
}

fn table(visit: &Visit, rows: &[Row]) -> Markup {
    let tr = visit.tr;
    html! {
        div class="table-wrap" {
            table class="stack" {
                thead { tr {
                    @for key in ["col-code", "col-title", "col-state", "col-parcels", "col-due"] { th scope="col" { (tr.t(key)) } }
                } }
                tbody {
                    @for r in rows {
                        tr {
                            th scope="row" { a href={ "/applications/" (r.id) } { (r.code) } }
                            td data-label=(tr.t("col-title")) { @if r.title.is_empty() { span class="muted" { "–" } } @else { (r.title) } }
                            td data-label=(tr.t("col-state")) { (summary::state_badge(tr, &r.state, tr.of(&r.state_title))) }
                            td data-label=(tr.t("col-parcels")) { (r.parcels.join(", ")) }
                            td data-label=(tr.t("col-due")) {
                                @if r.state == "SUPPLEMENT_REQUESTED" && let Some(due) = r.supplement_due {
                                    span class="due--soon" { (tr.t("supplement-due")) " " (day(day_of(due))) }
                                } @else { (summary::due_cell(tr, r.due, r.working_days_left)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// `GET /applications/{id}`.
pub async fn case_page(
    visit: Visit,
    user: User,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Response> {
    let tr = visit.tr;
    let page = CasePage::load(&state, user, &id, tr).await?;
    if !page.is_party {
        return Ok(Redirect::to(&format!("/officer/{}", page.case.id)).into_response());
    }
    let case = &page.case;
    let title = if case.title.is_empty() { case.code.clone() } else { case.title.clone() };
    let body = html! {
        h1 { (title) }
        (summary::steps(tr, case, page.has_model(), page.checks.is_some()))
        div class="columns" {
            div {
                (warning(&page))
                (history::letters(tr, &page.letters))
                (form(&page))
                section id="model" class="card" { h2 { (tr.t("section-model")) } (page.files().models()) }
                (evidence(&page))
                (checks(&page))
                details id="documents" class="card" { summary { strong { (tr.t("section-documents")) } } (page.files().documents()) }
                section id="actions" { h2 { (tr.t("section-actions")) } (page.event_forms()) }
                (history::messages(tr, &case.id.to_string(), &page.messages, case.submission > 0))
                (history::submissions(tr, &case.id.to_string(), &case.submissions))
                section id="history" { h2 { (tr.t("section-history")) } (page.timeline()) }
            }
            aside aria-label=(tr.t("state")) { (summary::aside(tr, case, page.total_wd)) }
        }
    };
    let framed = Page::new(&visit, title)
        .with_case_script()
        .crumb(tr.t("applications-heading"), "/applications")
        .data("case-evidence", &page.evidence());
    Ok(framed.render(&body))
}

/// What the applicant must know first: that nothing was filed yet, or what is asked of him.
fn warning(page: &CasePage) -> Markup {
    let key = match page.case.state.as_str() {
        "DRAFT" => "draft-warning",
        "RETURNED" => "returned-warning",
        "SUPPLEMENT_REQUESTED" => "supplement-warning",
        _ => return html! {},
    };
    let returned =
        page.case.history.iter().rev().find(|e| e.event == "return" && page.case.state == "RETURNED");
    html! {
        div class="notice notice--warn" {
            p { strong { (page.tr.t(key)) } }
            @if let Some(note) = returned.map(|e| &e.note).filter(|n| !n.is_empty()) { p { (note) } }
        }
    }
}

/// The form: fields while it may be changed, else what was entered.
fn form(page: &CasePage) -> Markup {
    let (tr, case) = (page.tr, &page.case);
    let fields = page.fields();
    if !case.is_open() {
        return html! {
            details class="card" { summary { strong { (tr.t("section-form-read")) } } (fields.read(&page.form_schema, &case.form)) }
        };
    }
    html! {
        section id="form" class="card" {
            h2 { (page.form_title()) }
            p class="small muted" { (tr.t("form-save-note")) }
            form data-api={ "PUT /api/v1/applications/" (case.id) } data-autosave={ "PUT /api/v1/applications/" (case.id) } data-draft=(case.id) data-at="model" {
                input type="hidden" name="kind" value=(case.kind);
                input type="hidden" name="parcels" value=(case.parcels.join(",")) data-type="list";
                div class="field" {
                    label for="title" { (tr.t("apply-title")) " " span class="muted small" { (tr.t("optional")) } }
                    input type="text" id="title" name="title" value=(case.title) maxlength="300" autocomplete="off";
                }
                (fields.all(&page.form_schema, &case.form, "form"))
                p class="save-state" id="save-state" role="status" {}
                div class="actions" { button class="button" type="submit" { (tr.t("save")) } }
            }
        }
    }
}

/// Map, three dimensions, drawing and figures of the model.
fn evidence(page: &CasePage) -> Markup {
    let tr = page.tr;
    html! {
        section id="evidence" {
            h2 { (tr.t("section-evidence")) }
            div class="evidence" {
                (facts::map_box(tr))
                @for (_, model) in &page.models { @for b in &model.buildings { (elevation::drawing(tr, b)) } }
            }
        }
        (facts::section(tr, &page.models, &page.refusals))
    }
}

/// Pre-check and verdicts.
fn checks(page: &CasePage) -> Markup {
    let (tr, case) = (page.tr, &page.case);
    html! {
        section id="checks" {
            h2 { (tr.t("section-checks")) }
            @if case.is_open() {
                p { (tr.t("precheck-intro")) }
                @if page.has_model() {
                    div class="actions" {
                        button class="button" type="button" data-run={ "/api/v1/applications/" (case.id) "/precheck" } data-out="run-out" {
                            (tr.t(if page.checks.is_some() { "precheck-again" } else { "precheck-run" }))
                        }
                    }
                } @else { p class="muted" { (tr.t("precheck-needs-model")) } }
                div id="run-out" aria-live="polite" {}
            }
            (page.run_head())
            @if let Some(checks) = &page.checks {
                (verdicts::tally(tr, &checks.checks))
                (page.bcf())
                (verdicts::list(tr, &checks.checks, &page.extras(false)))
            } @else if page.has_model() || !case.is_open() { p class="muted" { (tr.t("precheck-none")) } }
        }
    }
}
