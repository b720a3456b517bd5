//! `/officer`: the queue, and the page on which a case is reviewed: map, facts, documents and verdicts side by side.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::case::load::CasePage;
use super::case::{elevation, facts, history, summary, verdicts};
use super::format::{day, day_of};
use super::list::{self, Row, Wanted};
use super::page::{Page, Visit};
use crate::Result;
use crate::http::auth::User;
use crate::http::extract::{Path, Query};
use crate::state::AppState;

/// Filters of the queue.
#[derive(Debug, Default, Deserialize)]
pub struct Filters {
    view: Option<String>,
    state: Option<String>,
    due_before: Option<String>,
    cursor: Option<String>,
}

fn filled(value: Option<&String>) -> Option<String> {
    value.filter(|v| !v.is_empty()).cloned()
}

/// `GET /officer`.
pub async fn queue(
    visit: Visit,
    user: User,
    State(state): State<AppState>,
    Query(filters): Query<Filters>,
) -> Result<Response> {
    let tr = visit.tr;
    if !visit.who.is_officer() {
        return Ok(Redirect::to("/applications").into_response());
    }
    let all = filters.view.as_deref() == Some("all");
    let wanted = Wanted {
        waiting: !all,
        state: filled(filters.state.as_ref()),
        due_before: filled(filters.due_before.as_ref()),
        cursor: filled(filters.cursor.as_ref()),
    };
    let (rows, next) = list::rows(&state, user, &wanted).await?;
    let body = html! {
        h1 { (tr.t("queue-heading")) }
        ul class="tabs" {
            li { a href="/officer" aria-current=[(!all).then_some("page")] { (tr.t("queue-waiting")) } }
            li { a href="/officer?view=all" aria-current=[all.then_some("page")] { (tr.t("queue-all")) } }
        }
        (filter_form(&visit, &state, &filters, all))
        @if rows.is_empty() {
            div class="empty" { h2 { (tr.t(if all { "queue-empty-all" } else { "queue-empty-waiting" })) } }
        } @else { (table(&visit, &state, &rows)) }
        @if let Some(next) = next { div class="actions" { a class="button button--plain" href=(next_page(&filters, &next)) { (tr.t("queue-next")) } } }
    };
    Ok(Page::new(&visit, tr.t("queue-heading")).wide().render(&body))
}

fn next_page(filters: &Filters, cursor: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let given = [("view", &filters.view), ("state", &filters.state), ("due_before", &filters.due_before)];
    for (name, value) in given {
        if let Some(value) = filled(value.as_ref()) {
            query.append_pair(name, &value);
        }
    }
    format!("/officer?{}", query.append_pair("cursor", cursor).finish())
}

fn filter_form(visit: &Visit, state: &AppState, filters: &Filters, all: bool) -> Markup {
    let tr = visit.tr;
    let machine = state.law.machine("application");
    let states = machine.iter().flat_map(|m| &m.states).filter(|s| s.id != "DRAFT");
    html! {
        form class="filters" method="get" action="/officer" {
            @if all { input type="hidden" name="view" value="all"; }
            div class="field" {
                label for="state" { (tr.t("queue-state")) }
                select id="state" name="state" {
                    option value="" { (tr.t("queue-any-state")) }
                    @for s in states { option value=(s.id) selected[filters.state.as_deref() == Some(s.id.as_str())] { (tr.of(&s.title)) } }
                }
            }
            div class="field" {
                label for="due_before" { (tr.t("queue-due-before")) }
                input type="date" id="due_before" name="due_before" value=(filters.due_before.as_deref().unwrap_or_default());
            }
            button class="button button--plain" type="submit" { (tr.t("queue-filter")) }
        }
    }
}

fn table(visit: &Visit, state: &AppState, rows: &[Row]) -> Markup {
    let tr = visit.tr;
    let today = crate::permit::calendar::local_date(chrono::Utc::now());
    let kind = |kind: &str| {
        state.law.procedure(kind, today).map_or_else(|_| kind.to_owned(), |p| tr.of(&p.title).to_owned())
    };
    html! {
        div class="table-wrap" {
            table class="stack" {
                thead { tr {
                    @for key in ["col-code", "col-title", "col-kind", "col-state", "col-parcels", "col-submitted", "col-due", "col-reviewer"] {
                        th scope="col" { (tr.t(key)) }
                    }
                } }
                tbody {
                    @for r in rows {
                        tr {
                            th scope="row" { a href={ "/officer/" (r.id) } class="nowrap" { (r.code) } }
                            td data-label=(tr.t("col-title")) { (r.title) }
                            td data-label=(tr.t("col-kind")) { (kind(&r.kind)) }
                            td data-label=(tr.t("col-state")) { (summary::state_badge(tr, &r.state, tr.of(&r.state_title))) }
                            td data-label=(tr.t("col-parcels")) { @for (i, parcel) in r.parcels.iter().enumerate() { @if i > 0 { ", " } span class="nowrap" { (parcel) } } }
                            td data-label=(tr.t("col-submitted")) { (r.submitted_at.map_or_else(|| "–".to_owned(), |at| day(day_of(at)))) }
                            td data-label=(tr.t("col-due")) { (summary::due_cell(tr, r.due, r.working_days_left)) }
                            td data-label=(tr.t("col-reviewer")) { (r.assigned_to.as_deref().unwrap_or("–")) }
                        }
                    }
                }
            }
        }
    }
}

/// `GET /officer/{id}`.
pub async fn review(
    visit: Visit,
    user: User,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Response> {
    let tr = visit.tr;
    let page = CasePage::load(&state, user, &id, tr).await?;
    if page.is_party && !visit.who.is_officer() {
        return Ok(Redirect::to(&format!("/applications/{}", page.case.id)).into_response());
    }
    let title = tr.with("review-heading", &[("code", &page.case.code)]);
    let body = html! {
        div class="page-head" {
            div {
                h1 { (title) }
                p class="muted" { (page.case.title) }
            }
        }
        div class="review" {
            div class="review__side evidence" { (evidence(&page)) }
            div { (work(&page)) }
        }
    };
    let framed = Page::new(&visit, title)
        .with_case_script()
        .wide()
        .crumb(tr.t("queue-heading"), "/officer")
        .data("case-evidence", &page.evidence());
    Ok(framed.render(&body))
}

/// The left side: map, drawing, figures, form, documents.
fn evidence(page: &CasePage) -> Markup {
    let tr = page.tr;
    html! {
        (facts::map_box(tr))
        @for (_, model) in &page.models { @for b in &model.buildings { (elevation::drawing(tr, b)) } }
        (facts::section(tr, &page.models, &page.refusals))
        section class="card" { h2 { (tr.t("section-form-read")) } (page.fields().read(&page.form_schema, &page.case.form)) }
        section { h2 { (tr.t("section-documents")) } (page.files().models()) (page.files().documents()) }
    }
}

/// The right side: state, verdicts with findings, what can be done, what has happened.
fn work(page: &CasePage) -> Markup {
    let (tr, case) = (page.tr, &page.case);
    let findings = page.findings();
    html! {
        (summary::aside(tr, case, page.total_wd))
        section id="checks" {
            h2 { (tr.t("section-checks")) }
            (page.run_head())
            @if let Some(checks) = &page.checks {
                (verdicts::tally(tr, &checks.checks))
                (page.bcf())
                @if findings.may_find {
                    @let left = findings.open_rows(&checks.checks).len();
                    p class=(if left == 0 { "notice notice--ok" } else { "notice" }) {
                        @if left == 0 { (tr.t("findings-done")) } @else { (tr.with("findings-left", &[("count", &left.to_string())])) }
                    }
                    (findings.bulk(&checks.checks))
                }
                (verdicts::list(tr, &checks.checks, &page.extras(true)))
            } @else { p class="muted" { (tr.t("precheck-none")) } }
        }
        section id="actions" { h2 { (tr.t("section-actions")) } (page.event_forms()) }
        (history::consultations(tr, &page.consultations))
        (history::letters(tr, &page.letters))
        (history::messages(tr, &case.id.to_string(), &page.messages, page.examines))
        (history::submissions(tr, &case.id.to_string(), &case.submissions))
                section id="history" { h2 { (tr.t("section-history")) } (page.timeline()) }
    }
}
