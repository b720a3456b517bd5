//! State, clock and the main facts of a case, in plain words.

use maud::{Markup, html};

use super::super::format::{day, day_of, time};
use super::super::i18n::Tr;
use super::model::CaseView;

/// Steps that an applicant goes through.
const STEPS: [&str; 6] =
    ["step-form", "step-model", "step-check", "step-submit", "step-appraisal", "step-decision"];

/// The step at which the case is: 0 form … 5 result.
fn step(case: &CaseView, has_model: bool, has_run: bool) -> usize {
    match case.state.as_str() {
        "DRAFT" | "RETURNED" if !has_model => 1,
        "DRAFT" | "RETURNED" if !has_run => 2,
        "DRAFT" | "RETURNED" => 3,
        "SUBMITTED" | "ACCEPTED" | "APPRAISAL" | "SUPPLEMENT_REQUESTED" => 4,
        _ => 5,
    }
}

/// The way from form to result, with the present step marked.
pub fn steps(tr: Tr, case: &CaseView, has_model: bool, has_run: bool) -> Markup {
    let now = step(case, has_model, has_run);
    html! {
        ol class="steps" {
            @for (i, key) in STEPS.iter().enumerate() {
                li class=[(i < now || case.is_closed()).then_some("is-done")] aria-current=[(i == now && !case.is_closed()).then_some("step")] {
                    (tr.t(key))
                }
            }
        }
    }
}

/// The badge of a state.
pub fn state_badge(tr: Tr, state: &str, title: &str) -> Markup {
    let class = match state {
        "ISSUED" => "badge badge--pass",
        "REFUSED" => "badge badge--fail",
        "RETURNED" | "SUPPLEMENT_REQUESTED" => "badge badge--manual",
        "DRAFT" | "WITHDRAWN" => "badge",
        _ => "badge badge--brand",
    };
    html! { span class=(class) data-state=(state) { (title) } @if state == "DRAFT" { span class="visually-hidden" { (tr.t("not-filed")) } } }
}

/// The box beside a case: state, clock, what it is about.
pub fn aside(tr: Tr, case: &CaseView, total_wd: Option<u32>) -> Markup {
    html! {
        div class="card card--quiet" {
            div class="state-line" { (state_badge(tr, &case.state, tr.of(&case.state_title))) }
            (clock(tr, case, total_wd))
            hr;
            dl class="facts" {
                dt { (tr.t("col-code")) } dd { (case.code) }
                dt { (tr.t("kind")) } dd { (tr.of(&case.kind_title)) }
                dt { (tr.t("parcels")) }
                dd { @for (i, p) in case.parcels.iter().enumerate() { @if i > 0 { ", " } a href={ "/?parcel=" (p) } { (p) } } }
                @if let Some(name) = &case.authority_name { dt { (tr.t("authority")) } dd { (name) } }
                @if let Some(at) = case.submitted_at { dt { (tr.t("col-submitted")) } dd { (time(at)) } }
                @if let Some(date) = case.legal_date { dt { (tr.t("legal-date")) } dd { (day(date)) } }
            }
            @if let Some(permit) = &case.permit {
                div class="actions" { a class="button" href={ "/permits/" (permit) } { (tr.t("see-permit")) } }
            }
        }
    }
}

/// The working-day clock.
fn clock(tr: Tr, case: &CaseView, total_wd: Option<u32>) -> Markup {
    if case.is_closed() {
        return html! {};
    }
    let late = case.clock.overdue || case.clock.working_days_left.is_some_and(|d| d < 0);
    html! {
        div class=(if late { "clock clock--late" } else { "clock" }) {
            @match (case.clock.due, case.clock.working_days_left) {
                (Some(due), Some(left)) if !case.clock.stopped => {
                    p class="clock__big" { (left_text(tr, left)) }
                    p { (tr.t("due")) ": " strong { (time(due)) } }
                }
                _ if case.submission == 0 => { p class="small muted" { (tr.t("clock-not-started")) } }
                _ if case.clock.stopped => {}
                _ => { p class="small muted" { (tr.t("clock-not-started")) } }
            }
            @if case.clock.paused { p { strong { (tr.t("clock-paused")) } } }
            @if let Some(due) = case.supplement_due.filter(|_| case.state == "SUPPLEMENT_REQUESTED") {
                p { (tr.t("supplement-due")) ": " strong { (time(due)) } }
            }
            @if let Some(days) = total_wd { p class="small muted" { (tr.with("clock-total", &[("days", &days.to_string())])) } }
        }
    }
}

/// How many working days are left, in words.
pub fn left_text(tr: Tr, left: i64) -> String {
    match left {
        0 => tr.t("days-today"),
        days if days > 0 => tr.with("days-left", &[("days", &days.to_string())]),
        days => tr.with("days-late", &[("days", &(-days).to_string())]),
    }
}

/// A due time in a table, marked where it is near or past.
pub fn due_cell(tr: Tr, due: Option<chrono::DateTime<chrono::Utc>>, left: Option<i64>) -> Markup {
    let Some(due) = due else { return html! { (tr.t("no-due")) } };
    let class = match left {
        Some(d) if d < 0 => "due--late",
        Some(d) if d <= 1 => "due--soon",
        _ => "",
    };
    html! {
        span class=(class) {
            (day(day_of(due)))
            @if let Some(left) = left { " " span class="small" { "(" (left_text(tr, left)) ")" } }
        }
    }
}
