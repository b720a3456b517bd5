//! Everything that the pages of one application show, read once.

use std::collections::BTreeMap;

use chrono::Utc;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::super::i18n::Tr;
use super::super::parcel;
use super::events::EventForms;
use super::files::Files;
use super::findings::{FindingView, Findings};
use super::form::Fields;
use super::model::CaseView;
use super::{evidence, history, verdicts};
use crate::Result;
use crate::bim::facts::ModelFacts;
use crate::http::auth::User;
use crate::http::permits::read;
use crate::layers::Catalog;
use crate::permit::calendar::local_date;
use crate::permit::law::Procedure;
use crate::permit::verdict::{Outcome, Verdict};
use crate::state::AppState;
use crate::store::permits::Work;
use crate::store::permits::authorities::Authority;
use crate::store::permits::files::CaseFile;
use crate::store::permits::work::{Consultation, Letter, Message};
use crate::text::Text;

/// Verdicts of a run.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs, clippy::struct_field_names, reason = "the members of the API's answer")]
pub struct Checks {
    pub kind: String,
    pub submission: Option<i32>,
    pub ruleset: Option<String>,
    pub stale: bool,
    pub checks: Vec<Verdict>,
}

/// A run without its verdicts.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs, reason = "the members of the API's answer")]
pub struct RunView {
    pub run: Uuid,
    pub state: String,
    pub error: Option<Value>,
}

/// A case with all that its pages show.
pub struct CasePage {
    /// Texts.
    pub tr: Tr,
    /// The case as the API shows it to the reader.
    pub case: CaseView,
    /// Whether the reader is the applicant or his authorised person.
    pub is_party: bool,
    /// Whether the reader examines the case.
    pub examines: bool,
    /// The procedure in force on the case's legal date.
    pub procedure: std::sync::Arc<Procedure>,
    /// Total time, working days.
    pub total_wd: Option<u32>,
    /// Schema of the form.
    pub form_schema: Value,
    /// Latest finished run.
    pub checks: Option<Checks>,
    /// Latest run, finished or not.
    pub latest: Option<RunView>,
    /// Files of the working set, or for officers of the latest submission.
    pub case_files: Vec<CaseFile>,
    /// Models that could be read, by work.
    pub models: Vec<(String, ModelFacts)>,
    /// Why others could not.
    pub refusals: Vec<(String, Text)>,
    /// Findings that the reader may see.
    pub findings: Vec<FindingView>,
    /// Letters, oldest first.
    pub letters: Vec<Letter>,
    /// Messages, oldest first.
    pub messages: Vec<Message>,
    /// Consultations, for officers.
    pub consultations: Vec<Consultation>,
    authorities: Vec<Authority>,
    parcels: Vec<parcel::Parcel>,
    titles: BTreeMap<String, Text>,
    catalog: std::sync::Arc<Catalog>,
}

impl CasePage {
    /// Reads the case with the rights of `user`; one that he may not see answers as unknown.
    pub async fn load(state: &AppState, user: User, id: &str, tr: Tr) -> Result<Self> {
        let who = user.principal();
        let opened = read::open(state, &user, id).await?;
        let case: CaseView = read::typed(read::case(state, &opened, tr.0).await?)?;
        let date = case.legal_date.unwrap_or_else(|| local_date(Utc::now()));
        let procedure = state.law.procedure(&case.kind, date)?;
        let ruleset = state.law.ruleset(date).ok();
        let runs: Vec<RunView> = read::typed(read::runs(state, &opened).await?)?;
        let checks = match read::checks(state, &opened).await? {
            Some(found) => Some(read::typed(found)?),
            None => None,
        };
        let files = read::files(state, &opened).await?;
        let (models, refusals) = read::models(state, &opened).await?;
        let findings = read::typed(read::findings(state, &opened).await?)?;
        let mut parcels = Vec::new();
        for code in &case.parcels {
            parcels.extend(parcel::find(state, &who, code)?);
        }
        Ok(Self {
            tr,
            is_party: opened.standing.party,
            examines: opened.standing.examines(),
            total_wd: read::total_working_days(state, &opened).await?,
            form_schema: state.law.form(&procedure.form).map(|f| f.schema.clone()).unwrap_or_default(),
            latest: runs.into_iter().next(),
            titles: ruleset.map(|r| read::rule_titles(&r)).unwrap_or_default(),
            letters: state.store.list_letters(case.id).await?,
            messages: state.store.list_messages(case.id).await?,
            consultations: read::consultations(state, &opened).await?,
            authorities: state.store.list_authorities().await?,
            catalog: state.catalog.load_full(),
            case_files: files,
            case,
            procedure,
            checks,
            models,
            refusals,
            findings,
            parcels,
        })
    }

    /// Whether a model was uploaded.
    pub fn has_model(&self) -> bool {
        self.case_files.iter().any(|f| f.slot == crate::store::permits::files::MODEL_SLOT)
    }

    /// The form's fields.
    pub fn fields(&self) -> Fields<'_> {
        Fields {
            tr: self.tr,
            catalog: &self.catalog,
            editable: self.case.is_open() && self.is_party,
            fixed_term: self.procedure.fixed_term,
        }
    }

    /// The form's title.
    pub fn form_title(&self) -> String {
        let title = self.form_schema["x-title"][self.tr.code()].as_str();
        title.map_or_else(|| self.tr.t("section-form"), str::to_owned)
    }

    /// Models and documents.
    pub fn files(&self) -> Files<'_> {
        Files {
            tr: self.tr,
            id: self.case.id.to_string(),
            procedure: &self.procedure,
            works: self.works(),
            files: &self.case_files,
            investor_type: self.case.investor_type.as_deref(),
            editable: self.case.is_open() && self.is_party,
        }
    }

    fn works(&self) -> &[Work] {
        &self.case.works
    }

    /// The events that the reader may give.
    pub fn event_forms(&self) -> Markup {
        if self.case.events.is_empty() {
            return html! { p class="muted" { (self.tr.t("no-actions")) } };
        }
        let rows = self.checks.as_ref().map(|c| c.checks.as_slice()).unwrap_or_default();
        let forms = EventForms {
            tr: self.tr,
            id: self.case.id.to_string(),
            state: &self.case.state,
            authorities: &self.authorities,
            rows,
        };
        forms.all(&self.case.events)
    }

    /// What has happened.
    pub fn timeline(&self) -> Markup {
        let machine = self.procedure.machine();
        let title =
            |id: &str| machine.state(id).map_or_else(|| id.to_owned(), |s| self.tr.of(&s.title).to_owned());
        history::timeline(self.tr, &self.case.history, &title)
    }

    /// Which run is shown, and whether one is under way or failed.
    pub fn run_head(&self) -> Markup {
        let tr = self.tr;
        let pending = self.latest.as_ref().filter(|r| matches!(r.state.as_str(), "queued" | "running"));
        let failed = self.latest.as_ref().filter(|r| r.state == "failed");
        html! {
            @if let Some(run) = pending {
                div class="notice" {
                    p { (tr.t("run-pending")) }
                    div data-await-run=(run.run) data-runs={ "/api/v1/applications/" (self.case.id) "/runs" } {}
                }
            }
            @if let Some(run) = failed {
                div class="notice notice--error" {
                    h3 { (tr.t("run-failed")) }
                    p { (run.error.as_ref().and_then(|e| e[tr.code()].as_str()).unwrap_or_default()) }
                }
            }
            @if let Some(c) = &self.checks {
                p class="small muted" {
                    (tr.t(if c.kind == "official" { "run-kind-official" } else { "run-kind-precheck" }))
                    @if let Some(n) = c.submission { " · " (tr.with("run-of-submission", &[("number", &n.to_string())])) }
                    @if let Some(rules) = &c.ruleset { " · " (tr.t("run-rules")) " " (rules) }
                }
                @if c.stale && !self.case.is_closed() {
                    p class="notice notice--warn" { (tr.t(if c.kind == "official" { "run-stale-official" } else { "run-stale" })) }
                }
            }
        }
    }

    /// Where the failures are to be had for the designer's program; nothing where none is, or no model.
    pub fn bcf(&self) -> Markup {
        let rows = self.checks.as_ref().map(|c| c.checks.as_slice()).unwrap_or_default();
        if !self.has_model() || rows.iter().all(|v| v.verdict != Outcome::Fail) {
            return html! {};
        }
        let tr = self.tr;
        let address =
            |version: &str| format!("/api/v1/applications/{}/checks.bcfzip?version={version}", self.case.id);
        html! {
            p class="small" id="checks-bcf" {
                (tr.t("checks-bcf")) " ("
                a href=(address("2.1")) download aria-label=(tr.with("checks-bcf-version", &[("version", "2.1")])) { "2.1" }
                " · "
                a href=(address("3.0")) download aria-label=(tr.with("checks-bcf-version", &[("version", "3.0")])) { "3.0" }
                ")"
            }
        }
    }

    /// Findings on the rows of the run.
    pub fn findings(&self) -> Findings<'_> {
        let open = matches!(self.case.state.as_str(), "ACCEPTED" | "APPRAISAL" | "DECISION");
        let official = self.checks.as_ref().is_some_and(|c| c.kind == "official");
        Findings {
            tr: self.tr,
            id: self.case.id.to_string(),
            made: &self.findings,
            may_find: self.examines && open && official,
        }
    }

    /// Titles of rules, and findings under their rows.
    pub fn extras(&self, with_forms: bool) -> verdicts::Extras {
        let mut findings = self.findings();
        findings.may_find &= with_forms;
        let rows = self.checks.as_ref().map(|c| c.checks.as_slice()).unwrap_or_default();
        let below = rows.iter().enumerate().filter_map(|(i, v)| Some((i, findings.below(i, v)?))).collect();
        verdicts::Extras { titles: self.titles.clone(), many_works: self.case.works.len() > 1, below }
    }

    /// What the map shows.
    pub fn evidence(&self) -> Value {
        let parcels: Vec<_> = self.parcels.iter().map(|p| (p.code.clone(), p.geometry.clone())).collect();
        let case = format!("/api/v1/applications/{}", self.case.id);
        let rows = self.checks.as_ref().map(|c| c.checks.as_slice()).unwrap_or_default();
        evidence::evidence(&case, &parcels, &self.models, rows)
    }
}
