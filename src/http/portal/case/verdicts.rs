//! The rows of a check run: what fails first, each with clause, measured value, limit and where the limit is from.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::super::format::{fixed, quantity, unit_symbol};
use super::super::i18n::Tr;
use super::super::icons;
use crate::permit::verdict::{Effect, LimitSource, Outcome, Verdict};
use crate::text::Text;

/// What the list needs beside the verdicts.
#[derive(Debug, Default)]
pub struct Extras {
    /// Titles of the rules, by id.
    pub titles: BTreeMap<String, Text>,
    /// Whether the case has several works, so that each row must say which it is about.
    pub many_works: bool,
    /// What stands under a row, by its position: an officer's finding or the form for one.
    pub below: BTreeMap<usize, Markup>,
}

/// Groups in the order in which they matter to the reader.
const GROUPS: [(&str, Outcome, bool); 5] = [
    ("verdicts-fail", Outcome::Fail, true),
    ("verdicts-manual", Outcome::Manual, true),
    ("verdicts-nodata", Outcome::NoData, true),
    ("verdicts-pass", Outcome::Pass, true),
    ("verdicts-na", Outcome::NotApplicable, false),
];

/// Key of the text that names an outcome.
pub fn outcome_key(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "verdict-pass",
        Outcome::Fail => "verdict-fail",
        Outcome::Manual => "verdict-manual",
        Outcome::NotApplicable => "verdict-na",
        Outcome::NoData => "verdict-nodata",
    }
}

/// An outcome as a badge with sign and word.
pub fn badge(tr: Tr, outcome: Outcome) -> Markup {
    let class = match outcome {
        Outcome::Pass => "badge badge--pass",
        Outcome::Fail => "badge badge--fail",
        Outcome::Manual => "badge badge--manual",
        Outcome::NoData => "badge badge--nodata",
        Outcome::NotApplicable => "badge",
    };
    html! { span class=(class) { (icons::outcome(outcome)) (tr.t(outcome_key(outcome))) } }
}

/// How many rows came out how.
pub fn tally(tr: Tr, rows: &[Verdict]) -> Markup {
    html! {
        ul class="tally" aria-label=(tr.t("verdicts-tally")) {
            @for (_, outcome, _) in GROUPS {
                @let count = rows.iter().filter(|v| v.verdict == outcome).count();
                @if count > 0 { li { (badge(tr, outcome)) " " strong { (count) } } }
            }
        }
    }
}

/// A row that this version does not compute: it waits for an officer and says nothing about the model.
fn is_uncomputed(v: &Verdict) -> bool {
    v.verdict == Outcome::Manual
        && v.measured.is_none()
        && v.message.vi.to_lowercase().contains("chưa kiểm tra tự động")
}

/// The rows of a run by outcome. Rows that are not computed automatically stand apart, folded.
pub fn list(tr: Tr, rows: &[Verdict], extras: &Extras) -> Markup {
    let indexed: Vec<(usize, &Verdict)> = rows.iter().enumerate().collect();
    let (waiting, judged): (Vec<_>, Vec<_>) = indexed.into_iter().partition(|(_, v)| is_uncomputed(v));
    html! {
        @let settled = judged.iter().all(|(_, v)| matches!(v.verdict, Outcome::Pass | Outcome::NotApplicable));
        @for (key, outcome, open) in GROUPS {
            @let of: Vec<_> = judged.iter().filter(|(_, v)| v.verdict == outcome).copied().collect();
            (group(tr, &tr.t(key), &of, open && (settled || outcome != Outcome::Pass), extras))
        }
        (group(tr, &tr.t("verdicts-uncomputed"), &waiting, false, extras))
    }
}

fn group(tr: Tr, title: &str, rows: &[(usize, &Verdict)], open: bool, extras: &Extras) -> Markup {
    if rows.is_empty() {
        return html! {};
    }
    html! {
        details class="verdict-group" open[open] {
            summary { (title) span class="count" { (rows.len()) } }
            ol class="verdicts" { @for (i, v) in rows { (row(tr, *i, v, extras)) } }
        }
    }
}

fn row(tr: Tr, index: usize, v: &Verdict, extras: &Extras) -> Markup {
    let title = extras.titles.get(&v.rule).map(|t| tr.of(t)).unwrap_or_default();
    html! {
        li id={ "row-" (index) } class={ "verdict verdict--" (outcome_class(v.verdict)) } {
            div class="verdict__head" {
                h3 { span class="verdict__rule" { (v.rule) } (title) @if let Some(work) = v.work.as_ref().filter(|_| extras.many_works) { span class="muted" { " · " (tr.with("work-n", &[("work", work)])) } } }
                (badge(tr, v.verdict))
            }
            p { (tr.of(&v.message)) }
            (numbers(tr, v))
            div class="verdict__foot" {
                span { (tr.t("clause")) ": " (v.clause) }
                @if v.effect != Effect::Blocking { span { (tr.t(effect_key(v.effect))) } }
                @if !v.binding && v.verdict == Outcome::Fail { span { (tr.t("not-binding")) } }
                @if v.geometry.is_some() {
                    button type="button" class="link-button" data-row=(index) { (tr.t("show-on-map")) }
                }
                @if !v.elements.is_empty() { (elements(tr, &v.elements)) }
            }
            @if let Some(below) = extras.below.get(&index) { (below) }
        }
    }
}

fn outcome_class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "PASS",
        Outcome::Fail => "FAIL",
        Outcome::Manual => "MANUAL",
        Outcome::NotApplicable => "NOT_APPLICABLE",
        Outcome::NoData => "NO_DATA",
    }
}

fn effect_key(effect: Effect) -> &'static str {
    match effect {
        Effect::Blocking => "effect-blocking",
        Effect::Consult => "effect-consult",
        Effect::Advisory => "effect-advisory",
    }
}

/// Measured value and limit, with unit and source.
fn numbers(tr: Tr, v: &Verdict) -> Markup {
    if v.measured.is_none() && v.limit.is_none() && v.limit_source.is_none() {
        return html! {};
    }
    let unit = v.unit.as_deref();
    html! {
        dl class="verdict__nums" {
            @if let Some(value) = v.measured { div { dt { (tr.t("measured")) } dd { (measure(tr, value, unit)) } } }
            @if let Some(value) = v.limit { div { dt { (tr.t("limit")) } dd { (measure(tr, value, unit)) } } }
            @if let Some(source) = &v.limit_source { div { dt { (tr.t("limit-source")) } dd class="wide" { (source_text(tr, source)) } } }
        }
    }
}

/// A number as checks compare it: two decimals, but for counts.
fn measure(tr: Tr, value: f64, unit: Option<&str>) -> String {
    match unit {
        Some("storeys") | None => quantity(tr, value, unit),
        Some(unit) => format!("{}\u{a0}{}", fixed(tr, value), unit_symbol(tr, unit)),
    }
}

/// Where a limit came from, in words.
fn source_text(tr: Tr, source: &LimitSource) -> String {
    let kind = tr.or(&format!("source-{}", source.kind), &source.kind);
    // Of a parcel it may be an attribute.
    let name = tr.or(&format!("source-name-{}", source.name.replace('_', "-")), &source.name);
    // Names of plans mostly begin with what they are.
    if source.name.is_empty() {
        kind
    } else if source.name.to_lowercase().starts_with(&kind.to_lowercase()) {
        source.name.clone()
    } else {
        format!("{kind}: {name}")
    }
}

fn elements(tr: Tr, elements: &[String]) -> Markup {
    html! {
        details {
            summary { (tr.with("elements-n", &[("count", &elements.len().to_string())])) }
            ul class="small" { @for id in elements.iter().take(50) { li { code { (id) } } } }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::text::Lang;

    pub fn verdict(rule: &str, outcome: Outcome) -> Verdict {
        Verdict {
            rule: rule.to_owned(),
            version: 1,
            effect: Effect::Blocking,
            verdict: outcome,
            work: None,
            parcels: vec![],
            measured: None,
            limit: None,
            unit: None,
            limit_source: None,
            binding: true,
            clause: "QCVN 01:2021 2.6.3".to_owned(),
            message: Text::new("thông báo", "message"),
            elements: vec![],
            geometry: None,
        }
    }

    #[test]
    fn shows_clause_measured_limit_and_source_with_units() {
        let mut v = verdict("P07", Outcome::Fail);
        v.measured = Some(86.5);
        v.limit = Some(80.0);
        v.unit = Some("percent".to_owned());
        v.limit_source = Some(LimitSource {
            kind: "detailed_plan".to_owned(),
            name: "QHCT 1/500 khu A".to_owned(),
            feature: None,
        });
        let html = list(Tr(Lang::Vi), &[v], &Extras::default()).into_string();
        for part in
            ["86,50\u{a0}%", "80,00\u{a0}%", "QHCT 1/500 khu A", "QCVN 01:2021 2.6.3", "verdict--FAIL"]
        {
            assert!(html.contains(part), "{part} in {html}");
        }
    }

    #[test]
    fn failures_come_first_and_uncomputed_rows_last() {
        let mut waiting = verdict("E06", Outcome::Manual);
        waiting.message = Text::new("Chưa kiểm tra tự động", "Not checked automatically");
        let rows = [waiting, verdict("P01", Outcome::Pass), verdict("P07", Outcome::Fail)];
        let html = list(Tr(Lang::Vi), &rows, &Extras::default()).into_string();
        let at = |rule: &str| html.find(&format!("{rule}</span>")).unwrap();
        assert!(at("P07") < at("P01") && at("P01") < at("E06"));
    }

    #[test]
    fn texts_of_data_are_escaped() {
        let mut v = verdict("P07", Outcome::Fail);
        v.message = Text::new("<script>", "<script>");
        assert!(!list(Tr(Lang::Vi), &[v], &Extras::default()).into_string().contains("<script>"));
    }
}
