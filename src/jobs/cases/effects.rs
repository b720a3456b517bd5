//! What each event does to a case beside its state: submissions, routing, clock, letters, consultations, permit.

use chrono::{DateTime, Months, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::situation::{add_mark, marks, work_kind};
use super::{Giver, Situation, kept, letters, map, no_change, record, routing};
use crate::access::Role;
use crate::error::{Error, Result};
use crate::permit::calendar::local_date;
use crate::permit::clock::{Clock, ClockEffect};
use crate::permit::law::TransitionDef;
use crate::permit::procedure::{Event, Step, Transition};
use crate::state::AppState;
use crate::store::permits::register::NewPermit;
use crate::store::permits::runs::NewRun;
use crate::store::permits::work::{Answer, NewConsultation};
use crate::store::permits::{Application, Change, Dossier};

/// An event at work.
pub(super) struct Work<'a> {
    state: &'a AppState,
    pub(super) situation: &'a mut Situation,
    pub(super) event: &'a Event,
    pub(super) giver: &'a Giver,
    pub(super) decided: &'a Transition,
    pub(super) now: DateTime<Utc>,
    change: Change,
}

impl<'a> Work<'a> {
    pub(super) fn new(
        state: &'a AppState,
        situation: &'a mut Situation,
        event: &'a Event,
        giver: &'a Giver,
        decided: &'a Transition,
        now: DateTime<Utc>,
    ) -> Self {
        Self { state, situation, event, giver, decided, now, change: no_change() }
    }

    fn a(&mut self) -> &mut Application {
        &mut self.situation.dossier.application
    }

    /// Applies one step, and what the system does at once after it.
    pub(super) async fn apply(&mut self, step: &Step) -> Result<()> {
        let (actor, now) = (self.giver.record.account, self.now);
        match step.event.as_str() {
            "submit" => self.submit().await?,
            "supplement" => self.supplement().await?,
            "accept" => self.accept(),
            "return" => self.change.letters.push(letters::returned(self)),
            "reroute" => self.reroute().await?,
            "assign" => self.assign().await?,
            "consult" => self.consult().await?,
            "opinion" | "deemed_consent" => self.opinion()?,
            "request_supplement" => self.request_supplement().await?,
            "propose" => {
                let proposal = self.proposal()?;
                (self.a().proposed_by, self.a().proposal) = (actor, Some(proposal));
            }
            "send_back" => (self.a().proposed_by, self.a().proposal) = (None, None),
            "approve" => {
                let fee = i64::try_from(self.situation.case.fee_vnd).unwrap_or(i64::MAX);
                let a = self.a();
                (a.decided_at, a.approved_by, a.fee_vnd) = (Some(now), actor, Some(fee));
            }
            "issue" => self.issue()?,
            "refuse" | "supplement_lapsed" => {
                self.a().decided_at = Some(now);
                self.change.letters.push(letters::refusal(self));
            }
            "pay" => self.a().fee_paid_at = Some(now),
            _ => {}
        }
        self.enter(step);
        if step.event == "accept" {
            self.begin_appraisal(step);
        }
        Ok(())
    }

    /// The state, its clock and its record.
    fn enter(&mut self, step: &Step) {
        let machine = self.situation.procedure.machine();
        let def = machine.transition(&step.event, &step.from);
        let effect = def.map_or(ClockEffect::None, |d| d.clock);
        let is_final = machine.state(&step.to).is_some_and(|s| s.is_final);
        let role = self.role(def);
        let note = self.event.text("note").unwrap_or_default().to_owned();
        let event = record(step, self.giver, &role, &note, kept(self.event));
        self.change.events.push(event);
        let (takes_on, actor, now) = (self.decided.takes_on, self.giver.record.account, self.now);
        let a = self.a();
        step.to.clone_into(&mut a.state);
        add_mark(a, effect, now);
        if takes_on {
            a.assigned_to = actor;
        }
        if is_final {
            a.closed_at = Some(now);
        }
        self.reckon();
    }

    /// Due times, replayed from the marks.
    fn reckon(&mut self) {
        let timers = self.situation.procedure.timers(work_kind(&self.situation.dossier)).clone();
        let calendar = self.state.law.calendar();
        let policy = self.state.law.settings().on_supplement();
        let marks = marks(&self.situation.dossier.application);
        let due = |total| {
            let clock = Clock::replay(&marks, total, policy, calendar, self.now);
            clock.due.filter(|_| !clock.paused).map(|d| d.with_timezone(&Utc))
        };
        let (total, appraisal) = (due(timers.total_wd), due(timers.appraisal_wd));
        let a = self.a();
        (a.due_at, a.appraisal_due_at) = (total, appraisal);
    }

    /// The role in which the giver acts: the first of the transition's that he holds.
    fn role(&self, def: Option<&TransitionDef>) -> String {
        let held = |r: &&crate::permit::procedure::Role| self.giver.engine.roles.contains(r);
        let role = def.and_then(|d| d.roles.iter().find(held));
        role.and_then(|r| json!(r).as_str().map(str::to_owned)).unwrap_or_else(|| "system".to_owned())
    }

    async fn submit(&mut self) -> Result<()> {
        let now = self.now;
        // The submission that intake accepts is the latest one, so its day is the legal date.
        let date = local_date(now);
        self.a().legal_date = Some(date);
        let procedure = self.state.law.procedure(&self.situation.dossier.application.kind, date)?;
        let a = self.a();
        (a.procedure_id, a.procedure_version) =
            (Some(format!("{}@{}", procedure.kind, procedure.valid_from)), Some(1));
        if procedure.checks {
            let ruleset = self.state.law.ruleset(date)?;
            let a = self.a();
            (a.ruleset_id, a.ruleset_hash) = (Some(ruleset.id.clone()), Some(ruleset.hash.clone()));
        }
        self.situation.procedure = procedure;
        self.freeze("submit").await?;
        let authority = routing::authority(self.state, self.situation).await?;
        self.a().authority = Some(authority);
        Ok(())
    }

    async fn supplement(&mut self) -> Result<()> {
        self.freeze("supplement").await?;
        self.a().supplement_due_at = None;
        self.start_run("supplement");
        Ok(())
    }

    async fn freeze(&mut self, event: &'static str) -> Result<()> {
        let now = self.now;
        let a = self.a();
        a.submission += 1;
        a.submitted_at = Some(now);
        self.change.submission = Some(event);
        self.change.map = Some(map::facts(self.state, &self.situation.dossier).await?);
        Ok(())
    }

    fn accept(&mut self) {
        let now = self.now;
        self.a().accepted_at = Some(now);
        self.start_run("accept");
        let letter = letters::receipt(self);
        self.change.letters.push(letter);
    }

    /// The system begins the appraisal at once: the official run is on the queue.
    fn begin_appraisal(&mut self, accepted: &Step) {
        let machine = self.situation.procedure.machine();
        let Some(to) = machine.transition("begin_appraisal", &accepted.to).and_then(|t| t.to.clone()) else {
            return;
        };
        let step =
            Step { event: "begin_appraisal".to_owned(), from: accepted.to.clone(), to, by_system: true };
        self.enter(&step);
    }

    fn start_run(&mut self, reason: &'static str) {
        if !self.situation.procedure.checks {
            return;
        }
        let submission = Some(self.situation.dossier.application.submission);
        let requested_by = self.giver.record.account;
        let id = Uuid::now_v7();
        self.change.run = Some(NewRun { id, kind: "official", submission, reason, requested_by });
    }

    async fn reroute(&mut self) -> Result<()> {
        let code = self.event.text("authority").unwrap_or_default().to_owned();
        let known = self.state.store.find_authority(&code).await?.filter(|a| a.kind != "agency");
        if known.is_none() {
            return Err(Error::invalid(
                "authority",
                format!("không có cơ quan cấp phép mã {code}"),
                format!("{code} is no authority that issues permits"),
            ));
        }
        self.a().authority = Some(code);
        Ok(())
    }

    async fn assign(&mut self) -> Result<()> {
        let name = self.event.text("reviewer").unwrap_or_default();
        let authority = self.situation.dossier.application.authority.clone();
        let accounts = self.state.store.list_accounts().await?;
        let found = accounts.into_iter().find(|l| {
            let a = &l.account;
            l.disabled_at.is_none()
                && a.name == name
                && a.roles.contains(&Role::Reviewer)
                && a.authority == authority
        });
        let Some(found) = found else {
            return Err(Error::invalid(
                "reviewer",
                format!("cơ quan không có người thẩm định tên {name}"),
                format!("the authority has no reviewer called {name}"),
            ));
        };
        if self.situation.dossier.parties.contains(&found.account.id) {
            return Err(Error::conflict(
                "Không phân công người là một bên của hồ sơ.",
                "A party to the case cannot be its reviewer.",
            ));
        }
        self.a().assigned_to = Some(found.account.id);
        Ok(())
    }

    async fn consult(&mut self) -> Result<()> {
        let code = self.event.text("agency").unwrap_or_default().to_owned();
        if self.state.store.find_authority(&code).await?.is_none() {
            return Err(Error::invalid(
                "agency",
                format!("không có cơ quan mã {code}"),
                format!("no agency {code}"),
            ));
        }
        if self.situation.case.consultations.iter().any(|c| c.open && c.agency == code) {
            return Err(Error::conflict(
                "Cơ quan này đang được lấy ý kiến.",
                "This agency is being consulted already.",
            ));
        }
        let due = self.state.law.calendar().due(self.now, self.situation.timers().consult_wd);
        let question = self.event.text("question").or_else(|| self.event.text("note")).unwrap_or_default();
        self.change.consultations.push(NewConsultation {
            authority: code,
            question: question.to_owned(),
            asked_by: self.giver.record.account.unwrap_or_default(),
            due_at: due.with_timezone(&Utc),
        });
        Ok(())
    }

    /// The answer of a consulted agency, or its silence.
    fn opinion(&mut self) -> Result<()> {
        let silent = self.event.name == "deemed_consent";
        let named = || self.event.text("agency").map(str::to_owned);
        let agency = if silent { named() } else { self.giver.engine.authority.clone() };
        let open = |c: &&crate::store::permits::work::Consultation| {
            Some(&c.authority) == agency.as_ref() && matches!(c.state.as_str(), "open" | "overdue")
        };
        let consultation = self.situation.consultations.iter().find(open).map(|c| c.id);
        let opinion = self.event.text("opinion").map(str::to_owned);
        if !silent && !matches!(opinion.as_deref(), Some("agree" | "agree_with_conditions" | "disagree")) {
            return Err(Error::invalid(
                "opinion",
                "cần agree, agree_with_conditions hoặc disagree",
                "agree, agree_with_conditions or disagree was expected",
            ));
        }
        self.change.answer = Some(Answer {
            application: self.situation.dossier.application.id,
            consultation: consultation.unwrap_or_default(),
            state: if silent { "deemed" } else { "answered" },
            opinion: opinion.filter(|_| !silent),
            text: self.event.text("answer").or_else(|| self.event.text("note")).map(str::to_owned),
            by: self.giver.record.account,
        });
        Ok(())
    }

    /// One merged letter of all open points. On the portal it is delivered when it stands in the applicant's case.
    async fn request_supplement(&mut self) -> Result<()> {
        let a = &self.situation.dossier.application;
        let findings = self.state.store.list_findings(a.id, a.submission).await?;
        let comments = self.state.store.list_comments(a.id, false).await?;
        let due = self.state.law.calendar().due(self.now, self.situation.timers().supplement_wd);
        let letter = letters::supplement(self, &findings, &comments, due);
        self.change.letters.push(letter);
        let now = self.now;
        let a = self.a();
        a.supplements += 1;
        a.supplement_delivered_at = Some(now);
        a.supplement_due_at = Some(due.with_timezone(&Utc));
        Ok(())
    }

    /// What the reviewer proposes: to issue unless he says refuse.
    fn proposal(&self) -> Result<Value> {
        let decision = self.event.text("decision").unwrap_or("issue");
        if !matches!(decision, "issue" | "refuse") {
            return Err(Error::invalid("decision", "cần issue hoặc refuse", "issue or refuse was expected"));
        }
        let grounds = self.event.fields.get("grounds").cloned().unwrap_or_else(|| json!([]));
        Ok(json!({"decision": decision, "note": self.event.text("note"), "grounds": grounds}))
    }

    fn issue(&mut self) -> Result<()> {
        let today = local_date(self.now);
        let months =
            self.state.law.settings().value("start_within_months").and_then(Value::as_u64).unwrap_or(12);
        let start_by = today.checked_add_months(Months::new(months as u32)).unwrap_or(today);
        let actor = self.giver.record.account;
        let Situation { dossier, procedure, files, .. } = &*self.situation;
        let a = &dossier.application;
        let authority = a.authority.clone().unwrap_or_default();
        let approved_by =
            a.approved_by.or(actor).ok_or_else(|| Error::Setup("issue without approval".to_owned()))?;
        let term =
            a.form["term_ends_on"].as_str().and_then(|d| d.parse().ok()).filter(|_| procedure.fixed_term);
        let hashes = files.iter().map(|f| json!({"slot": f.slot, "work": f.work, "sha256": f.sha256}));
        let permit = NewPermit {
            issued_on: today,
            start_by,
            term_ends_on: term,
            series: format!("{}/GPXD-{authority}", today.format("%Y")),
            content: json!({"form": procedure.permit_form, "fields": a.form, "works": dossier.works,
                "legal": procedure.legal}),
            holder: a.parties["investor"].clone(),
            approved_files: json!(hashes.collect::<Vec<_>>()),
            approved_by,
            issued_by: actor.unwrap_or(approved_by),
            replaces_parent: procedure.on_issue.is_some(),
        };
        self.change.permit = Some(permit);
        let letter = letters::permit(self);
        self.change.letters.push(letter);
        Ok(())
    }

    /// The change and the case as they are to be saved.
    pub(super) fn finish(self) -> (Change, Dossier) {
        (self.change, self.situation.dossier.clone())
    }

    /// What the letters need of the program.
    pub(super) fn state(&self) -> &AppState {
        self.state
    }
}
