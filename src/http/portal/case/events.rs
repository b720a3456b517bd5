//! The events that the reader may give now, each as a form with the members that its body needs.

use maud::{Markup, html};

use super::super::i18n::Tr;
use super::model::{Blocked, Offered};
use crate::permit::verdict::{Effect, Outcome, Verdict};
use crate::store::permits::authorities::Authority;
use crate::text::Lang;

/// What the forms are made for.
#[derive(Debug)]
pub struct EventForms<'a> {
    /// Texts.
    pub tr: Tr,
    /// Id of the case.
    pub id: String,
    /// State that the page shows; an event is refused where the case has moved on.
    pub state: &'a str,
    /// Authorities to reroute to and agencies to consult.
    pub authorities: &'a [Authority],
    /// Rows of the latest official run, for grounds and supplements.
    pub rows: &'a [Verdict],
}

/// Events whose form stands open; the others wait under their title.
const MAIN: [&str; 6] = ["submit", "supplement", "accept", "propose", "approve", "issue"];
/// Events that end something: their button asks first and does not look inviting.
const GRAVE: [&str; 3] = ["withdraw", "refuse", "return"];

impl EventForms<'_> {
    /// All forms: what leads on first, then the rest folded.
    pub fn all(&self, allowed: &[Offered]) -> Markup {
        let (main, other): (Vec<_>, Vec<_>) = allowed.iter().partition(|e| MAIN.contains(&e.event.as_str()));
        html! {
            @for event in &main { (self.form(event)) }
            @for event in &other {
                details class="card card--quiet" {
                    summary { strong { (self.tr.of(&event.title)) } }
                    (self.form(event))
                }
            }
        }
    }

    fn form(&self, event: &Offered) -> Markup {
        let tr = self.tr;
        let grave = GRAVE.contains(&event.event.as_str());
        let question =
            grave.then(|| tr.with("confirm-event", &[("event", &tr.of(&event.title).to_lowercase())]));
        html! {
            form class="card" data-event=(event.event) data-api={ "POST /api/v1/applications/" (self.id) "/events" } data-then="reload" data-confirm=[question] {
                input type="hidden" name="event" value=(event.event);
                input type="hidden" name="expected_state" value=(self.state);
                @if let Some(why) = &event.blocked { (self.blocked(why)) }
                (self.fields(event))
                div class="actions" {
                    button type="submit" class=(if grave { "button button--danger" } else { "button" }) disabled[event.blocked.is_some()] {
                        (tr.of(&event.title))
                    }
                }
            }
        }
    }

    /// Why an event would be refused now, with what to do about it.
    fn blocked(&self, why: &Blocked) -> Markup {
        let tr = self.tr;
        html! {
            div class="notice notice--warn" {
                p { (tr.of(&why.reason)) }
                @if !why.missing.is_empty() {
                    ul { @for m in &why.missing { li { (tr.of(&m.reason)) } } }
                }
                // Some reasons name the rows themselves.
                @if why.rows.first().is_some_and(|r| !why.reason.vi.contains(&r.rule)) {
                    p { (tr.t("rows-in-the-way")) ": " @for (i, r) in why.rows.iter().enumerate() { @if i > 0 { ", " } (r.rule) } }
                }
            }
        }
    }

    fn fields(&self, event: &Offered) -> Markup {
        let needs = |name: &str| event.requires.iter().any(|r| r == name);
        html! {
            @if needs("authority") { (self.authority(event, "authority", &["commune", "zone_board", "department"])) }
            @if needs("agency") { (self.authority(event, "agency", &["agency", "department"])) }
            @if needs("reviewer") { (self.line(event, "reviewer")) }
            @if needs("opinion") { (self.opinion(event)) }
            @if needs("grounds") { (self.grounds(event)) }
            @if event.event == "consult" { (self.text(event, "question", "note-consult", true)) } @else { (self.note(event, needs("note"))) }
        }
    }

    fn note(&self, event: &Offered, required: bool) -> Markup {
        let tr = self.tr;
        let id = id_of(event, "note");
        let label = tr.or(&format!("note-{}", event.event.replace('_', "-")), &tr.t("note"));
        html! {
            div class="field" {
                label for=(id) { (label) @if !required { " " span class="muted small" { (tr.t("optional")) } } }
                textarea id=(id) name="note" required[required] { @if event.event == "request_supplement" { (self.supplement_text()) } }
            }
        }
    }

    fn text(&self, event: &Offered, field: &str, label: &str, required: bool) -> Markup {
        let id = id_of(event, field);
        html! {
            div class="field" {
                label for=(id) { (self.tr.or(label, field)) }
                textarea id=(id) name=(field) required[required] {}
            }
        }
    }

    fn line(&self, event: &Offered, field: &str) -> Markup {
        let id = id_of(event, field);
        html! {
            div class="field" {
                label for=(id) { (self.tr.t(&format!("field-{field}"))) }
                input type="text" id=(id) name=(field) required autocapitalize="none" autocomplete="off";
            }
        }
    }

    fn authority(&self, event: &Offered, field: &str, kinds: &[&str]) -> Markup {
        let tr = self.tr;
        let id = id_of(event, field);
        html! {
            div class="field" {
                label for=(id) { (tr.t(&format!("field-{field}"))) }
                select id=(id) name=(field) required {
                    option value="" { (tr.t("choose")) }
                    @for a in self.authorities.iter().filter(|a| kinds.contains(&a.kind.as_str())) {
                        option value=(a.code) { (name_of(tr, a)) }
                    }
                }
            }
        }
    }

    fn opinion(&self, event: &Offered) -> Markup {
        let tr = self.tr;
        let id = id_of(event, "opinion");
        html! {
            div class="field" {
                label for=(id) { (tr.t("field-opinion")) }
                select id=(id) name="opinion" required {
                    option value="" { (tr.t("choose")) }
                    @for choice in ["agree", "agree_with_conditions", "disagree"] {
                        option value=(choice) { (tr.t(&format!("opinion-{}", choice.replace('_', "-")))) }
                    }
                }
            }
        }
    }

    /// Grounds of a refusal: the failed rows that bind, and one in the officer's own words with its clause.
    fn grounds(&self, event: &Offered) -> Markup {
        let tr = self.tr;
        let failed: Vec<_> = self.rows.iter().filter(|v| may_bear_refusal(v)).collect();
        html! {
            fieldset data-grounds="" {
                legend { (tr.t("grounds")) }
                span class="hint" { (tr.t("grounds-hint")) }
                @for (i, v) in failed.iter().enumerate() {
                    div class="check" {
                        input type="checkbox" id=(id_of(event, &format!("ground-{i}"))) data-ground-rule=(v.rule) data-ground-clause=(v.clause) data-ground-vi=(v.message.vi) data-ground-en=(v.message.en);
                        label for=(id_of(event, &format!("ground-{i}"))) { strong { (v.rule) } " – " (tr.of(&v.message)) " " span class="muted" { "(" (v.clause) ")" } }
                    }
                }
                div class="grid-2" {
                    div class="field" {
                        label for=(id_of(event, "clause")) { (tr.t("ground-clause")) " " span class="muted small" { (tr.t("optional")) } }
                        input type="text" id=(id_of(event, "clause")) data-ground-clause-text="" autocomplete="off";
                    }
                    div class="field" {
                        label for=(id_of(event, "text")) { (tr.t("ground-text")) " " span class="muted small" { (tr.t("optional")) } }
                        input type="text" id=(id_of(event, "text")) data-ground-text="" autocomplete="off";
                    }
                }
            }
        }
    }

    /// A first text of a supplement letter: one point a row that stands in the way.
    fn supplement_text(&self) -> String {
        let points = self.rows.iter().filter(|v| v.verdict == Outcome::Fail && v.effect == Effect::Blocking);
        points.map(|v| format!("{}: {} ({})", v.rule, v.message.vi, v.clause)).collect::<Vec<_>>().join("\n")
    }
}

/// Id of a field; several events stand on one page.
fn id_of(event: &Offered, field: &str) -> String {
    format!("{}-{field}", event.event)
}

/// A breach of a limit that binds can bear a refusal (domain §3); one of a fall-back limit cannot alone.
fn may_bear_refusal(v: &Verdict) -> bool {
    v.verdict == Outcome::Fail && v.binding && v.effect == Effect::Blocking
}

/// Name of an authority in the reader's language.
pub fn name_of(tr: Tr, a: &Authority) -> &str {
    if tr.0 == Lang::En && !a.name_en.is_empty() { &a.name_en } else { &a.name }
}
