//! The one way a case changes its state: the case's row, what the event makes (submission, letter, run, permit …),
//! its records, and the map, in one transaction. It is refused where somebody else was first.

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use super::application::{Application, Dossier, save};
use super::events::{self, About, NewEvent};
use super::register::{NewPermit, issue};
use super::runs::{NewRun, queue};
use super::submissions;
use super::work::{Answer, NewConsultation, NewLetter, answer, consult, send_letter};
use crate::error::{Error, Result};
use crate::store::audit::{self, Entry};
use crate::store::feed::{self, Author, Position, bump};
use crate::store::jobs::enqueue;
use crate::store::reasons::Reason;
use crate::store::{Store, Tx};

/// Kind of the job that runs checks; its payload is `{"run"}`.
pub const CHECK_JOB: &str = "check_application";

/// A change of a case, decided on the state in `dossier.application.revision`.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Freeze the working set as the next submission, by this event name.
    pub submission: Option<&'static str>,
    /// What the map shows of the case from now on.
    pub map: Option<MapFacts>,
    /// Letters that go out.
    pub letters: Vec<NewLetter>,
    /// A check run that starts.
    pub run: Option<NewRun>,
    /// Agencies that are asked.
    pub consultations: Vec<NewConsultation>,
    /// A consultation that ends.
    pub answer: Option<Answer>,
    /// The permit that is issued.
    pub permit: Option<NewPermit>,
    /// Records of what happened, in order.
    pub events: Vec<NewEvent>,
}

/// What the map shows of a case in progress.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MapFacts {
    /// Place: MultiPolygon as ISO WKB in EPSG:9218.
    pub wkb: Option<Vec<u8>>,
    /// Commune in which the parcels lie.
    pub commune_code: Option<String>,
    /// Class by TT 34/2026.
    pub building_class: Option<String>,
    /// Name of the first work.
    pub work_name: Option<String>,
    /// Code of `schema/codes/building_use.toml`.
    pub use_: Option<String>,
    /// Storeys.
    pub storeys: Option<i64>,
    /// Height, metres.
    pub height_m: Option<f64>,
    /// Footprint, square metres.
    pub footprint_area_m2: Option<f64>,
    /// Gross floor area, square metres.
    pub gross_floor_area_m2: Option<f64>,
}

/// What a change made.
#[derive(Debug, Clone, PartialEq)]
pub struct Changed {
    /// Where the feed stands.
    pub position: Position,
    /// Job of the queued run.
    pub job: Option<Uuid>,
    /// The queued run.
    pub run: Option<Uuid>,
    /// Code of the issued permit.
    pub permit: Option<String>,
}

/// Who changes, for the audit.
#[derive(Debug, Clone, Default)]
pub struct Actor {
    /// Account; none for the system.
    pub account: Option<Uuid>,
    /// Name at that time.
    pub name: String,
    /// Authority of the account.
    pub authority: Option<String>,
    /// Id of the request.
    pub request_id: String,
}

impl Store {
    /// Applies `change` to the case, whose row becomes `dossier.application` (as the caller has altered it).
    pub async fn change_application(
        &self,
        dossier: &Dossier,
        change: &Change,
        actor: &Actor,
    ) -> Result<Changed> {
        let now = Utc::now();
        let a = &dossier.application;
        let mut tx = self.begin().await?;
        save(&mut tx, a, now).await?;
        if let Some(event) = change.submission {
            let by = actor.account.unwrap_or(a.applicant);
            submissions::insert(&mut tx, dossier, a.submission, event, by, now).await?;
        }
        if let Some(map) = &change.map {
            put_map(&mut tx, a.id, map).await?;
        }
        let job = match &change.run {
            Some(run) => Some(start_run(&mut tx, a.id, run, actor).await?),
            None => None,
        };
        people(&mut tx, dossier, change, now).await?;
        let permit = match &change.permit {
            Some(permit) => Some(issue(&mut tx, dossier, permit, now).await?),
            None => None,
        };
        record(&mut tx, dossier, change, permit.as_ref().map(|p| p.id), actor, now).await?;
        let permits: Vec<(Uuid, i64)> =
            permit.iter().flat_map(|p| [Some((p.id, p.fid)), p.replaced]).flatten().collect();
        let position = put_on_map(&mut tx, a, &permits, actor, change).await?;
        tx.commit().await?;
        Ok(Changed { position, job, run: change.run.as_ref().map(|r| r.id), permit: permit.map(|p| p.code) })
    }

    /// Writes an audit line of work on a case that changes no state.
    pub async fn audit_case(
        &self,
        actor: &Actor,
        action: &str,
        application: Uuid,
        detail: serde_json::Value,
    ) -> Result<()> {
        self.audit(&line(actor, action, application.to_string(), detail)).await
    }

    /// Queues a pre-check of the open working set. The case itself does not change.
    pub async fn queue_precheck(&self, application: Uuid, run: &NewRun, actor: &Actor) -> Result<Uuid> {
        let mut tx = self.begin().await?;
        let job = start_run(&mut tx, application, run, actor).await?;
        let (subject_id, detail) = (application.to_string(), json!({ "run": run.id }));
        audit::record(&mut tx, &line(actor, "application_precheck", subject_id, detail)).await?;
        tx.commit().await?;
        Ok(job)
    }
}

/// Queues the run and its job.
async fn start_run(tx: &mut Tx, application: Uuid, run: &NewRun, actor: &Actor) -> Result<Uuid> {
    let job = enqueue(tx, CHECK_JOB, &json!({"run": run.id}), actor.account).await?;
    queue(tx, application, run, Some(job)).await?;
    Ok(job)
}

/// Letters and consultations.
async fn people(tx: &mut Tx, dossier: &Dossier, change: &Change, now: DateTime<Utc>) -> Result<()> {
    let a = &dossier.application;
    for letter in &change.letters {
        send_letter(tx, a.id, a.submission, letter, now).await?;
    }
    for consultation in &change.consultations {
        consult(tx, a.id, a.submission, consultation, now).await?;
    }
    if let Some(found) = &change.answer
        && !answer(tx, found, now).await?
    {
        return Err(Error::conflict(
            "Việc lấy ý kiến này đã kết thúc.",
            "This consultation has already ended.",
        ));
    }
    Ok(())
}

/// Events and their audit lines.
async fn record(
    tx: &mut Tx,
    dossier: &Dossier,
    change: &Change,
    permit: Option<Uuid>,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<()> {
    let a = &dossier.application;
    for e in &change.events {
        let detail = json!({
            "code": a.code, "from": e.from_state, "to": e.to_state, "role": e.role, "submission": a.submission,
        });
        let who = if e.actor.is_some() { actor.clone() } else { system(actor) };
        audit::record(tx, &line(&who, &format!("application_{}", e.event), a.id.to_string(), detail)).await?;
    }
    let about =
        About { application: a.id, permit, authority: a.authority.as_deref(), submission: a.submission };
    events::record(tx, about, &change.events, now).await
}

/// The system acts, at the request that a person made.
fn system(actor: &Actor) -> Actor {
    Actor { name: "system".to_owned(), request_id: actor.request_id.clone(), ..Actor::default() }
}

fn line(actor: &Actor, action: &str, subject_id: String, detail: serde_json::Value) -> Entry {
    Entry {
        actor: actor.account,
        actor_name: actor.name.clone(),
        authority: actor.authority.clone(),
        action: action.to_owned(),
        subject: "application".to_owned(),
        subject_id,
        detail,
        request_id: actor.request_id.clone(),
        ..Entry::default()
    }
}

async fn put_map(tx: &mut Tx, id: Uuid, map: &MapFacts) -> Result<()> {
    sqlx::query!(
        "update permit.application set
            geom = ST_Multi(ST_SetSRID(ST_GeomFromWKB($2), 9218))::geometry(MultiPolygon, 9218),
            commune_code = $3, building_class = $4, work_name = $5, use = $6, storeys = $7, height_m = $8,
            footprint_area_m2 = $9, gross_floor_area_m2 = $10
         where id = $1",
        id,
        map.wkb.as_deref(),
        map.commune_code,
        map.building_class,
        map.work_name,
        map.use_,
        map.storeys,
        map.height_m,
        map.footprint_area_m2,
        map.gross_floor_area_m2
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Last of all: the items of both layers get the feed's next number.
async fn put_on_map(
    tx: &mut Tx,
    a: &Application,
    permits: &[(Uuid, i64)],
    actor: &Actor,
    what: &Change,
) -> Result<Position> {
    let reason = what.events.last().map_or("change", |e| e.event.as_str());
    let author = Author {
        actor: actor.account,
        reason: Reason::PermitEvent(reason).text(),
        client: "permit".to_owned(),
    };
    let revision = bump(tx, &author).await?;
    let number = revision.position.revision;
    sqlx::query!("update permit.application set version = $2 where id = $1", a.id, number)
        .execute(&mut **tx)
        .await?;
    feed::change(tx, &revision, "permit_application", Some(&[a.fid])).await?;
    let (ids, fids): (Vec<Uuid>, Vec<i64>) = permits.iter().copied().unzip();
    if !ids.is_empty() {
        sqlx::query!("update permit.permit set version = $2 where id = any($1)", &ids, number)
            .execute(&mut **tx)
            .await?;
        feed::change(tx, &revision, "permit", Some(&fids)).await?;
    }
    Ok(revision.position)
}

/// Why a change that names an older state is refused.
pub fn stale_state(expected: &str, found: &str) -> Error {
    Error::stale(
        format!("Hồ sơ không còn ở trạng thái {expected} mà đang ở {found}."),
        format!("The application is no longer {expected} but {found}."),
    )
}
