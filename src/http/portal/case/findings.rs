//! An officer's findings on rows of the official run: what was found, a form for each row that waits for one, and
//! one form for many rows at once.

use chrono::{DateTime, Utc};
use maud::{Markup, html};
use serde::Deserialize;

use super::super::format::time;
use super::super::i18n::Tr;
use crate::permit::verdict::{Effect, Outcome, Verdict};

/// The findings that an officer chooses from.
const CHOICES: [&str; 3] = ["accepted", "not_accepted", "not_applicable"];

/// A finding as the API gives it.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs, reason = "the members of the API's answer")]
pub struct FindingView {
    pub rule: String,
    #[serde(default)]
    pub work: String,
    pub finding: String,
    pub reason: String,
    pub officer: String,
    pub made_at: DateTime<Utc>,
}

/// What findings are made for.
#[derive(Debug)]
pub struct Findings<'a> {
    /// Texts.
    pub tr: Tr,
    /// Id of the case.
    pub id: String,
    /// The findings that count.
    pub made: &'a [FindingView],
    /// Whether the reader may make findings now.
    pub may_find: bool,
}

/// Whether a decision waits for a finding on the row (domain §3).
pub fn needs_finding(v: &Verdict) -> bool {
    v.effect == Effect::Blocking && matches!(v.verdict, Outcome::Fail | Outcome::Manual | Outcome::NoData)
}

impl Findings<'_> {
    fn of(&self, v: &Verdict) -> Option<&FindingView> {
        let work = v.work.as_deref().unwrap_or_default();
        let fits = |f: &&FindingView| f.rule == v.rule && (f.work == work || f.work.is_empty());
        self.made.iter().filter(fits).max_by_key(|f| f.work == work)
    }

    /// Rows that still wait for a finding.
    pub fn open_rows<'v>(&self, rows: &'v [Verdict]) -> Vec<&'v Verdict> {
        rows.iter().filter(|v| needs_finding(v) && self.of(v).is_none()).collect()
    }

    /// What stands under a row: its finding, and the form for one where it needs one.
    pub fn below(&self, index: usize, v: &Verdict) -> Option<Markup> {
        let made = self.of(v);
        if made.is_none() && !(self.may_find && needs_finding(v)) {
            return None;
        }
        let tr = self.tr;
        Some(html! {
            div class="finding" {
                @if let Some(f) = made {
                    p { strong { (tr.t("finding")) ": " (tr.t(&choice_key(&f.finding))) } " – " (f.reason) }
                    p class="small muted" { (tr.with("finding-by", &[("officer", &f.officer), ("time", &time(f.made_at))])) }
                }
                @if self.may_find && needs_finding(v) {
                    @if made.is_some() { details { summary class="small" { (tr.t("finding-change")) } (self.form(index, v)) } }
                    @else { (self.form(index, v)) }
                }
            }
        })
    }

    fn form(&self, index: usize, v: &Verdict) -> Markup {
        let tr = self.tr;
        html! {
            form data-api={ "POST /api/v1/applications/" (self.id) "/findings" } data-at={ "row-" (index) } {
                input type="hidden" name="rule" value=(v.rule);
                @if let Some(work) = &v.work { input type="hidden" name="work" value=(work); }
                (self.fields(&format!("finding-{index}")))
                button class="button button--plain button--small" type="submit" { (tr.t("finding-save")) }
            }
        }
    }

    fn fields(&self, id: &str) -> Markup {
        let tr = self.tr;
        html! {
            fieldset {
                legend class="visually-hidden" { (tr.t("finding")) }
                div class="choices" {
                    @for choice in CHOICES {
                        label class="check" for={ (id) "-" (choice) } {
                            input type="radio" id={ (id) "-" (choice) } name="finding" value=(choice) required;
                            (tr.t(&choice_key(choice)))
                        }
                    }
                }
                div class="field" {
                    label for={ (id) "-reason" } { (tr.t("finding-reason")) }
                    input type="text" id={ (id) "-reason" } name="reason" required autocomplete="off";
                }
            }
        }
    }

    /// One finding for many rows: the rows that are not computed automatically would else take forty forms.
    pub fn bulk(&self, rows: &[Verdict]) -> Markup {
        let open = self.open_rows(rows);
        if !self.may_find || open.len() < 2 {
            return html! {};
        }
        let tr = self.tr;
        html! {
            details class="card card--quiet" id="bulk-findings" {
                summary { strong { (tr.t("bulk-heading")) } }
                p { (tr.t("bulk-intro")) }
                form data-bulk={ "/api/v1/applications/" (self.id) "/findings" } {
                    fieldset {
                        legend { (tr.t("bulk-rows")) }
                        button class="link-button" type="button" data-check-all="" { (tr.t("bulk-all")) }
                        @for (i, v) in open.iter().enumerate() {
                            label class="check" for={ "bulk-" (i) } {
                                input type="checkbox" id={ "bulk-" (i) } data-rule=(v.rule) data-work=[v.work.as_ref()];
                                span { strong { (v.rule) } " – " (tr.of(&v.message)) }
                            }
                        }
                    }
                    (self.fields("bulk"))
                    div data-out="" aria-live="polite" {}
                    button class="button button--plain" type="submit" { (tr.t("finding-save")) }
                }
            }
        }
    }
}

fn choice_key(choice: &str) -> String {
    format!("finding-{}", choice.replace('_', "-"))
}

#[cfg(test)]
mod tests {
    use super::super::verdicts::tests::verdict;
    use super::*;
    use crate::text::Lang;

    fn made(rule: &str) -> FindingView {
        FindingView {
            rule: rule.to_owned(),
            work: String::new(),
            finding: "accepted".to_owned(),
            reason: "đã xem".to_owned(),
            officer: "Cán bộ".to_owned(),
            made_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_finding_on_the_rule_settles_its_rows() {
        let found = [made("P07")];
        let findings = Findings { tr: Tr(Lang::Vi), id: "1".to_owned(), made: &found, may_find: true };
        let mut of_work = verdict("P07", Outcome::Fail);
        of_work.work = Some("2".to_owned());
        let rows = [of_work, verdict("E06", Outcome::Manual), verdict("G01", Outcome::Pass)];
        let open: Vec<_> = findings.open_rows(&rows).iter().map(|v| v.rule.clone()).collect();
        assert_eq!(open, ["E06"]);
    }

    #[test]
    fn who_may_not_find_sees_no_form() {
        let findings = Findings { tr: Tr(Lang::Vi), id: "1".to_owned(), made: &[], may_find: false };
        assert!(findings.below(0, &verdict("P07", Outcome::Fail)).is_none());
        assert_eq!(
            findings.bulk(&[verdict("P07", Outcome::Fail), verdict("P08", Outcome::Fail)]).into_string(),
            ""
        );
    }
}
