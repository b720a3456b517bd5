//! A case as the engine must know it: the dossier with what the guards ask for.

use std::sync::Arc;

use chrono::Utc;

use super::Giver;
use crate::error::Result;
use crate::jobs::check_application;
use crate::permit::calendar::local_date;
use crate::permit::clock::{Clock, ClockEffect, ClockMark};
use crate::permit::law::{Gate, Procedure, Timers, WorkKind};
use crate::permit::procedure::{
    CaseState, Consultation, FindingKind, Missing, OfficialRun, PermitFacts, RowState,
};
use crate::state::AppState;
use crate::store::permits::files::CaseFile;
use crate::store::permits::runs::Run;
use crate::store::permits::work;
use crate::store::permits::{Application, Dossier};
use crate::text::Text;

/// A case with its procedure, as the engine sees it.
#[derive(Debug)]
pub struct Situation {
    /// The case.
    pub dossier: Dossier,
    /// The procedure in force on its legal date.
    pub procedure: Arc<Procedure>,
    /// What the guards ask for.
    pub case: CaseState,
    /// Working set.
    pub files: Vec<CaseFile>,
    /// Latest official run.
    pub run: Option<Run>,
    /// Consultations.
    pub consultations: Vec<work::Consultation>,
}

/// The procedure of a case: of its legal date, or today's where none is fixed yet.
pub fn procedure_of(state: &AppState, a: &Application) -> Result<Arc<Procedure>> {
    state.law.procedure(&a.kind, a.legal_date.unwrap_or_else(|| local_date(Utc::now())))
}

/// Single houses have times of their own, whoever builds them (domain §1).
pub fn work_kind(dossier: &Dossier) -> WorkKind {
    let a = &dossier.application;
    let house = |use_: &str| use_ == "house_single";
    let uses: Vec<&str> = dossier.works.iter().filter_map(|w| w.use_.as_deref()).collect();
    let by_uses = !uses.is_empty() && uses.iter().all(|u| house(u));
    let by_form = uses.is_empty() && a.form["use"].as_str().is_some_and(house);
    if a.kind == "new_house" || by_uses || by_form { WorkKind::House } else { WorkKind::Other }
}

/// The clock of a case as it shows now.
pub fn clock(state: &AppState, a: &Application, timers: &Timers) -> Clock {
    let marks = marks(a);
    let calendar = state.law.calendar();
    Clock::replay(&marks, timers.total_wd, state.law.settings().on_supplement(), calendar, Utc::now())
}

/// What the events of a case did to the clock.
pub fn marks(a: &Application) -> Vec<ClockMark> {
    serde_json::from_value(a.clock_marks.clone()).unwrap_or_default()
}

/// Adds a mark; no effect, no mark.
pub fn add_mark(a: &mut Application, effect: ClockEffect, at: chrono::DateTime<Utc>) {
    if effect == ClockEffect::None {
        return;
    }
    let mut marks = marks(a);
    marks.push(ClockMark { at, effect });
    a.clock_marks = serde_json::json!(marks);
}

impl Situation {
    /// Loads what the engine asks for.
    pub async fn load(state: &AppState, dossier: Dossier) -> Result<Self> {
        let a = &dossier.application;
        let procedure = procedure_of(state, a)?;
        let files = state.store.list_working_set(a.id).await?;
        let run = state.store.find_latest_run(a.id, Some(a.submission)).await?;
        let consultations = state.store.list_consultations(a.id).await?;
        let mut case = CaseState {
            state: a.state.clone(),
            authority: a.authority.clone(),
            reviewer: a.assigned_to,
            proposer: a.proposed_by,
            supplements: u32::try_from(a.supplements).unwrap_or(u32::MAX),
            missing: missing(state, &dossier, &procedure, &files),
            consultations: consultations.iter().map(consultation).collect(),
            fee_vnd: a.fee_vnd.map_or(procedure.fee.amount_vnd, |f| u64::try_from(f).unwrap_or_default()),
            fee_paid: a.fee_paid_at.is_some(),
            permit: PermitFacts { fixed_term: procedure.fixed_term, ..PermitFacts::default() },
            ..CaseState::default()
        };
        case.areas = dossier.parcels.iter().filter_map(|c| c.split('-').next()).map(str::to_owned).collect();
        let mut situation = Self { dossier, procedure, case, files, run, consultations };
        situation.load_rows(state).await?;
        Ok(situation)
    }

    /// The rows of the latest official run of the current submission, with the findings on them.
    async fn load_rows(&mut self, state: &AppState) -> Result<()> {
        let a = &self.dossier.application;
        let Some(run) = &self.run else {
            // A procedure without checks (a start notice) waits for none.
            let none = OfficialRun { current_submission: true, stale: false };
            self.case.official_run = (!self.procedure.checks).then_some(none);
            return Ok(());
        };
        // Before `propose` the run is repeated anyway; after it, a change of layers must be noticed.
        let stale = a.state == "DECISION" && check_application::is_stale(state, &self.dossier, run).await?;
        self.case.official_run = Some(OfficialRun { current_submission: true, stale });
        let findings = state.store.list_findings(a.id, a.submission).await?;
        let verdicts = state.store.list_verdicts(run.id).await?;
        self.case.rows = verdicts
            .iter()
            .map(|v| {
                let work = v.work.as_deref().unwrap_or_default();
                // A finding on a rule without a work settles that rule for all works; one on the work goes first.
                let of = |w: &str| findings.iter().find(|f| f.rule == v.rule && f.work == w);
                let finding = of(work).or_else(|| of(""));
                RowState::new(v, finding.and_then(|f| finding_kind(&f.finding)))
            })
            .collect();
        Ok(())
    }

    /// Repeats the official run on today's layers (or makes the first one, where its job failed) and judges by it
    /// from now on.
    pub(super) async fn repeat_official_run(&mut self, state: &AppState, giver: &Giver) -> Result<()> {
        let a = &self.dossier.application;
        if !self.procedure.checks || a.state != "APPRAISAL" {
            return Ok(());
        }
        check_application::repeat(state, &self.dossier, giver.record.account).await?;
        self.run = state.store.find_latest_run(a.id, Some(a.submission)).await?;
        self.load_rows(state).await
    }

    /// Times of this kind of work.
    pub fn timers(&self) -> &Timers {
        self.procedure.timers(work_kind(&self.dossier))
    }
}

fn finding_kind(name: &str) -> Option<FindingKind> {
    serde_json::from_value(serde_json::Value::String(name.to_owned())).ok()
}

fn consultation(c: &work::Consultation) -> Consultation {
    Consultation {
        agency: c.authority.clone(),
        open: matches!(c.state.as_str(), "open" | "overdue"),
        overdue: c.due_at < Utc::now(),
        deemed: c.deemed_consent,
    }
}

/// What the completeness gate still misses: fields of the form, and slots that submission is refused without.
pub fn missing(
    state: &AppState,
    dossier: &Dossier,
    procedure: &Procedure,
    files: &[CaseFile],
) -> Vec<Missing> {
    let a = &dossier.application;
    let mut found = Vec::new();
    if let Some(form) = state.law.form(&procedure.form) {
        let whole = whole_form(a);
        found.extend(form.problems(&whole).into_iter().map(|p| Missing {
            reason: Text::new(
                if p.missing {
                    format!("thiếu {}", p.pointer)
                } else {
                    format!("{}: {}", p.pointer, p.reason)
                },
                format!("{}: {}", p.pointer, p.reason),
            ),
            place: p.pointer,
        }));
    }
    let filled = |slot: &str| match slot {
        "model" => dossier.works.iter().all(|w| files.iter().any(|f| f.slot == "model" && f.work == w.id)),
        other => files.iter().any(|f| f.slot == other),
    };
    for slot in procedure.slots_for(a.investor_type.as_deref()).filter(|s| s.gate == Gate::Submit) {
        if !filled(&slot.id) && !slot.replaced_by.as_deref().is_some_and(filled) {
            found.push(Missing {
                place: format!("documents/{}", slot.id),
                reason: Text::new(format!("thiếu: {}", slot.title.vi), format!("missing: {}", slot.title.en)),
            });
        }
    }
    found
}

/// Both halves of a form, as it was entered.
pub fn whole_form(a: &Application) -> serde_json::Value {
    let mut whole = a.form.as_object().cloned().unwrap_or_default();
    whole.extend(a.parties.as_object().cloned().unwrap_or_default());
    serde_json::Value::Object(whole)
}
