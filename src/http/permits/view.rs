//! Cases as JSON. What somebody sees depends on his standing: the applicant sees his own form and the events that
//! concern him, officers what was filed.

use serde_json::{Value, json};

use super::load::Opened;
use super::place::to_crs84;
use super::uploads::file_json;
use crate::error::Result;
use crate::jobs::cases::situation::{Situation, clock, whole_form};
use crate::permit::law::Machine;
use crate::permit::procedure::allowed_events;
use crate::state::AppState;
use crate::store::permits::events::Event;
use crate::store::permits::list::Listed;
use crate::store::permits::submissions::Submission;
use crate::text::{Lang, Text};

/// Events that are the authority's own business until a letter or decision comes of them.
const INTERNAL_EVENTS: [&str; 5] = ["assign", "propose", "send_back", "consult", "site_visit"];

/// `GET /applications/{id}`.
pub(super) async fn application(state: &AppState, opened: &Opened, lang: Lang) -> Result<Value> {
    let situation = Situation::load(state, opened.dossier.clone()).await?;
    let d = &opened.dossier;
    let a = &d.application;
    let machine = situation.procedure.machine();
    let submissions = state.store.list_submissions(a.id).await?;
    let events = state.store.list_case_events(a.id).await?;
    let latest = submissions.last();
    // Officers judge what was filed; the open working set is the applicant's own.
    let form = match (opened.standing.party, latest) {
        (false, Some(filed)) => joined(&filed.form, &filed.parties),
        _ => whole_form(a),
    };
    let allowed = allowed_events(machine, &situation.case, &super::engine_actor(opened));
    let authority = match &a.authority {
        Some(code) => state.store.find_authority(code).await?.map(|u| u.name),
        None => None,
    };
    Ok(json!({
        "id": a.id, "code": a.code, "kind": a.kind, "kind_title": situation.procedure.title,
        "state": a.state, "state_title": title(machine, &a.state), "title": a.title,
        "authority": a.authority, "authority_name": authority,
        "channel": a.channel, "external_code": a.external_code,
        "parcels": d.parcels, "site": d.site.as_deref().map(to_crs84).transpose()?,
        "works": works(opened, &situation), "form": form, "investor_type": a.investor_type,
        "legal_date": a.legal_date, "ruleset": a.ruleset_id, "submission": a.submission,
        "supplements": a.supplements, "supplement_due": a.supplement_due_at,
        "assigned_to_me": a.assigned_to == Some(opened.standing.account),
        "proposal": a.proposal.as_ref().filter(|_| opened.standing.officer),
        "clock": clock(state, a, situation.timers()),
        "allowed_events": allowed.iter().filter(|e| e.blocked.is_none()).map(|e| &e.event).collect::<Vec<_>>(),
        "events": allowed,
        "missing": situation.case.missing.iter().filter(|_| opened.standing.party).collect::<Vec<_>>(),
        "submissions": submissions.iter().map(submission_json).collect::<Vec<_>>(),
        "consultations": if opened.standing.officer { json!(situation.consultations) } else { json!([]) },
        "history": history(opened, machine, &events, lang),
        "permit": state.store.find_permit_code(a.id).await?,
        "fee_vnd": a.fee_vnd, "revision": a.revision,
        "created_at": a.created_at, "updated_at": a.updated_at, "submitted_at": a.submitted_at,
        "accepted_at": a.accepted_at, "decided_at": a.decided_at, "closed_at": a.closed_at,
    }))
}

fn joined(form: &Value, parties: &Value) -> Value {
    let mut whole = form.as_object().cloned().unwrap_or_default();
    whole.extend(parties.as_object().cloned().unwrap_or_default());
    Value::Object(whole)
}

fn title(machine: &Machine, state: &str) -> Text {
    machine.state(state).map_or_else(|| Text::new(state, state), |s| s.title.clone())
}

/// Works with the model that the caller may see.
fn works(opened: &Opened, situation: &Situation) -> Vec<Value> {
    let files = situation.files.iter().filter(|f| f.slot == "model" && opened.standing.party);
    opened
        .dossier
        .works
        .iter()
        .map(|w| {
            let model = files.clone().find(|f| f.work == w.id).map(file_json);
            json!({"id": w.id, "name": w.name, "use": w.use_, "model": model})
        })
        .collect()
}

fn submission_json(s: &Submission) -> Value {
    json!({
        "number": s.number, "event": s.event, "title": s.title, "submitted_at": s.submitted_at,
        "parcels": s.parcels, "works": s.works, "content_sha256": s.content_sha256,
        "files": s.files.iter().map(file_json).collect::<Vec<_>>(),
    })
}

fn history(opened: &Opened, machine: &Machine, events: &[Event], lang: Lang) -> Vec<Value> {
    let shown = |e: &&Event| opened.standing.officer || !INTERNAL_EVENTS.contains(&e.event.as_str());
    let event_title =
        |name: &str| machine.transitions.iter().find(|t| t.event == name).map(|t| t.title.get(lang));
    events
        .iter()
        .filter(shown)
        .map(|e| {
            json!({
                "seq": e.seq, "event": e.event, "title": event_title(&e.event), "from": e.from_state,
                "to": e.to_state, "actor": e.actor_name, "role": e.role, "authority": e.authority,
                "submission": e.submission, "note": e.note, "detail": e.detail, "at": e.at,
            })
        })
        .collect()
}

/// A row of a list.
pub(super) fn listed(state: &AppState, r: &Listed) -> Value {
    let machine = state.law.machine("application");
    let state_title = machine.map(|m| title(&m, &r.state));
    let now = chrono::Utc::now();
    let left = r.due_at.map(|due| {
        let calendar = state.law.calendar();
        let day = crate::permit::calendar::local_date;
        calendar.working_days_between(day(now), day(due))
    });
    json!({
        "id": r.id, "code": r.code, "kind": r.kind, "state": r.state, "state_title": state_title,
        "title": r.title, "authority": r.authority, "parcels": r.parcels, "assigned_to": r.assigned_to,
        "submitted_at": r.submitted_at, "due": r.due_at, "working_days_left": left,
        "supplement_due": r.supplement_due_at, "created_at": r.created_at, "updated_at": r.updated_at,
    })
}
