//! What has happened in a case: events, letters, consultations, messages.

use maud::{Markup, html};

use super::super::format::{bytes, time};
use super::super::i18n::Tr;
use super::model::{FiledFile, HistoryRow, SubmissionView};
use crate::store::permits::work::{Consultation, Letter, Message};

/// Events in the order in which they happened, the latest on top. `title_of` names a state.
pub fn timeline(tr: Tr, events: &[HistoryRow], title_of: &impl Fn(&str) -> String) -> Markup {
    html! {
        ol class="timeline" reversed {
            @for e in events.iter().rev() {
                li {
                    p { strong { (event_title(tr, e)) } @if let Some(to) = moved_to(e) { " → " (title_of(to)) } }
                    @if !e.note.is_empty() { p { (e.note) } }
                    p class="small muted" {
                        time datetime=(e.at.to_rfc3339()) { (time(e.at)) }
                        " · " (tr.or(&format!("role-{}", e.role.replace('_', "-")), &e.role))
                        @if let Some(name) = &e.actor { ": " (name) }
                    }
                }
            }
        }
    }
}

fn event_title(tr: Tr, e: &HistoryRow) -> String {
    e.title.clone().unwrap_or_else(|| tr.or(&format!("event-{}", e.event.replace('_', "-")), &e.event))
}

/// The state that an event led to, where it led to another.
fn moved_to(e: &HistoryRow) -> Option<&str> {
    e.to.as_deref().filter(|to| e.from.as_deref() != Some(*to))
}

/// What was filed, each time with its files.
pub fn submissions(tr: Tr, id: &str, list: &[SubmissionView]) -> Markup {
    if list.is_empty() {
        return html! {};
    }
    html! {
        section id="submissions" {
            h2 { (tr.t("submissions")) }
            ol class="verdicts" {
                @for s in list.iter().rev() {
                    li class="verdict" {
                        strong { (tr.with("submission-n", &[("number", &s.number.to_string())])) } " " span class="muted small" { (time(s.submitted_at)) }
                        ul class="small" { @for f in &s.files { li { (filed(tr, id, f)) } } }
                    }
                }
            }
        }
    }
}

/// A filed file: a document can be opened, a model is shown by its facts.
fn filed(tr: Tr, id: &str, f: &FiledFile) -> Markup {
    let about = format!(
        "{} · {}",
        bytes(tr, f.size_bytes),
        tr.with("version-n", &[("version", &f.version.to_string())])
    );
    let work = f.work.as_deref().filter(|w| !w.is_empty());
    html! {
        @match work {
            Some(_) => { (f.name) }
            None => { a href={ "/api/v1/applications/" (id) "/documents/" (f.slot) "/" (f.version) } download { (f.name) } }
        }
        " " span class="muted" { (about) }
    }
}

/// Letters of the authority, each with its points.
pub fn letters(tr: Tr, letters: &[Letter]) -> Markup {
    if letters.is_empty() {
        return html! {};
    }
    html! {
        h2 { (tr.t("letters")) }
        @for l in letters.iter().rev() {
            details class="card card--quiet" open[l.kind == "supplement" || l.kind == "refusal"] {
                summary { strong { (l.title) } " " span class="muted small" { (l.number) " · " (time(l.made_at)) } }
                (letter_body(tr, &l.body))
                @if let Some(at) = l.delivered_at { p class="small muted" { (tr.with("delivered-at", &[("time", &time(at))])) } }
            }
        }
    }
}

fn letter_body(tr: Tr, body: &serde_json::Value) -> Markup {
    let text = |v: &serde_json::Value| {
        v.as_str()
            .or_else(|| v[tr.code()].as_str())
            .or_else(|| v["vi"].as_str())
            .unwrap_or_default()
            .to_owned()
    };
    let paragraphs = body[tr.code()]["paragraphs"].as_array().or_else(|| body["vi"]["paragraphs"].as_array());
    html! {
        @for p in paragraphs.into_iter().flatten() { p { (text(p)) } }
        @if let Some(points) = body["points"].as_array().filter(|p| !p.is_empty()) {
            ol {
                @for point in points {
                    li {
                        @if let Some(rule) = point["rule"].as_str() { strong { (rule) } ": " }
                        (text(&point["text"]))
                        @if let Some(clause) = point["clause"].as_str().filter(|c| !c.is_empty()) { " " span class="muted" { "(" (clause) ")" } }
                    }
                }
            }
        }
    }
}

/// Consultations of agencies with their time and answer.
pub fn consultations(tr: Tr, list: &[Consultation]) -> Markup {
    if list.is_empty() {
        return html! {};
    }
    html! {
        h2 { (tr.t("consultations")) }
        ul class="verdicts" {
            @for c in list {
                li class="verdict" {
                    div class="verdict__head" {
                        h3 { (c.authority_name) }
                        span class="badge" { (tr.or(&format!("consultation-{}", c.state), &c.state)) }
                    }
                    p { (c.question) }
                    @if let Some(answer) = &c.answer { p { strong { (tr.t("answer")) ": " } (answer) } }
                    p class="small muted" { (tr.with("asked-and-due", &[("asked", &time(c.asked_at)), ("due", &time(c.due_at))])) }
                }
            }
        }
    }
}

/// Messages between applicant and officers, and the form for the next.
pub fn messages(tr: Tr, id: &str, list: &[Message], may_write: bool) -> Markup {
    html! {
        h2 id="messages" { (tr.t("messages")) }
        @if list.is_empty() { p class="muted" { (tr.t("messages-none")) } }
        @for m in list {
            div class="card card--quiet" {
                p { (m.body) }
                p class="small muted" { (m.author) " · " (tr.t(if m.from_officer { "from-officer" } else { "from-applicant" })) " · " (time(m.made_at)) }
            }
        }
        @if may_write {
            form data-api={ "POST /api/v1/applications/" (id) "/messages" } {
                div class="field" { label for="message-body" { (tr.t("message-new")) } textarea id="message-body" name="body" required {} }
                div class="actions" { button class="button button--plain" type="submit" { (tr.t("send")) } }
            }
        }
    }
}
