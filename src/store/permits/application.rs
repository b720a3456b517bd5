//! Applications as they are kept: the case's row, read whole and written whole under its revision.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::access::permits::Case;
use crate::error::{Error, Result};
use crate::store::database;

/// A case as it stands. [`save`] writes all of it but `id`, `fid`, `code`, `applicant` and `created_at`.
#[derive(Debug, Clone, PartialEq)]
pub struct Application {
    /// Id in addresses.
    pub id: Uuid,
    /// Item of the layer `permit_application`.
    pub fid: i64,
    /// Number that people use, such as `HS-2026-000017`.
    pub code: String,
    /// Kind (`new_house` …).
    pub kind: String,
    /// State of the procedure.
    pub state: String,
    /// Counts every change; the ETag.
    pub revision: i64,
    /// Title by the applicant.
    pub title: String,
    /// Competent authority; none before the first submission.
    pub authority: Option<String>,
    /// `portal`, or the channel that filed it.
    pub channel: String,
    /// The channel's own number.
    pub external_code: Option<String>,
    /// Permit that an adjustment, extension … is about.
    pub parent_permit: Option<Uuid>,
    /// Account of the applicant.
    pub applicant: Uuid,
    /// `household_individual` or `organisation`.
    pub investor_type: Option<String>,
    /// Technical fields of form 01.
    pub form: Value,
    /// Personal fields of form 01.
    pub parties: Value,
    /// Procedure in force on the legal date.
    pub procedure_id: Option<String>,
    /// Its version.
    pub procedure_version: Option<i32>,
    /// Rule set in force on the legal date.
    pub ruleset_id: Option<String>,
    /// Its hash.
    pub ruleset_hash: Option<String>,
    /// Day of the accepted submission.
    pub legal_date: Option<NaiveDate>,
    /// Number of the latest submission, 0 before the first.
    pub submission: i32,
    /// Supplements asked for so far.
    pub supplements: i32,
    /// Reviewer in charge.
    pub assigned_to: Option<Uuid>,
    /// Who proposed the decision.
    pub proposed_by: Option<Uuid>,
    /// What was proposed.
    pub proposal: Option<Value>,
    /// Latest filing.
    pub submitted_at: Option<DateTime<Utc>>,
    /// Start of the clock.
    pub accepted_at: Option<DateTime<Utc>>,
    /// End of the appraisal.
    pub appraisal_due_at: Option<DateTime<Utc>>,
    /// End of the total time.
    pub due_at: Option<DateTime<Utc>>,
    /// Proven delivery of the supplement letter.
    pub supplement_delivered_at: Option<DateTime<Utc>>,
    /// End of the applicant's time for the supplement.
    pub supplement_due_at: Option<DateTime<Utc>>,
    /// What the events did to the clock: `permit::clock` replays it.
    pub clock_marks: Value,
    /// Fee of the permit, dong; none before the approval.
    pub fee_vnd: Option<i64>,
    /// When it was paid.
    pub fee_paid_at: Option<DateTime<Utc>>,
    /// Who approved.
    pub approved_by: Option<Uuid>,
    /// Signature of the decision.
    pub decided_at: Option<DateTime<Utc>>,
    /// End of the case.
    pub closed_at: Option<DateTime<Utc>>,
    /// Start of the draft.
    pub created_at: DateTime<Utc>,
    /// Last change.
    pub updated_at: DateTime<Utc>,
}

/// A work of an application.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Work {
    /// Id within the application.
    pub id: String,
    /// Name.
    pub name: String,
    /// Code of `schema/codes/building_use.toml`.
    #[serde(rename = "use")]
    pub use_: Option<String>,
}

/// An application with what belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Dossier {
    /// The case.
    pub application: Application,
    /// Parcel codes in the order of the form.
    pub parcels: Vec<String>,
    /// Works in the order of the form.
    pub works: Vec<Work>,
    /// Site of linear works: ISO WKB, EPSG:9218.
    pub site: Option<Vec<u8>>,
    /// Accounts that are party to it.
    pub parties: Vec<Uuid>,
    /// Authorities that are consulted.
    pub consulted: Vec<String>,
}

impl Dossier {
    /// What rights on it depend on.
    pub fn case(&self) -> Case {
        Case {
            parties: self.parties.clone(),
            authority: self.application.authority.clone(),
            consulted: self.consulted.clone(),
            filed: self.application.submission > 0,
        }
    }
}

/// Reads an application with its parcels, works, parties and consulted agencies.
pub(super) async fn find(db: &mut PgConnection, id: Uuid) -> Result<Option<Dossier>> {
    let Some(application) = row(db, id).await? else { return Ok(None) };
    let parcels = sqlx::query_scalar!(
        "select code from permit.application_parcel where application = $1 order by position",
        id
    )
    .fetch_all(&mut *db)
    .await
    .map_err(database)?;
    let works = sqlx::query_as!(
        Work,
        r#"select id, name, use as "use_" from permit.work where application = $1 order by position"#,
        id
    )
    .fetch_all(&mut *db)
    .await
    .map_err(database)?;
    let rest = sqlx::query!(
        r#"select ST_AsBinary(a.site) as "site: Vec<u8>",
            array(select p.account from permit.application_party p
                  where p.application = a.id and (p.valid_until is null or p.valid_until >= current_date)
                  order by 1) as "parties!",
            array(select distinct c.authority from permit.consultation c where c.application = a.id
                  order by 1) as "consulted!"
           from permit.application a where a.id = $1"#,
        id
    )
    .fetch_one(db)
    .await
    .map_err(database)?;
    Ok(Some(Dossier {
        application,
        parcels,
        works,
        site: rest.site,
        parties: rest.parties,
        consulted: rest.consulted,
    }))
}

async fn row(db: &mut PgConnection, id: Uuid) -> Result<Option<Application>> {
    sqlx::query_as!(
        Application,
        "select id, fid, code, kind, state, revision, title, authority, channel, external_code, parent_permit,
            applicant, investor_type, form, parties, procedure_id, procedure_version, ruleset_id, ruleset_hash,
            legal_date, submission, supplements, assigned_to, proposed_by, proposal, submitted_at, accepted_at,
            appraisal_due_at, due_at, supplement_delivered_at, supplement_due_at, clock_marks, fee_vnd,
            fee_paid_at, approved_by, decided_at, closed_at, created_at, updated_at
         from permit.application where id = $1",
        id
    )
    .fetch_optional(db)
    .await
    .map_err(database)
}

/// Writes the case if nobody changed it since it was read; its revision grows by one.
pub(super) async fn save(db: &mut PgConnection, a: &Application, now: DateTime<Utc>) -> Result<()> {
    let done = sqlx::query!(
        "update permit.application set
            revision = revision + 1, updated_at = $3, kind = $4, state = $5, title = $6, authority = $7,
            investor_type = $8, form = $9, parties = $10, procedure_id = $11, procedure_version = $12,
            ruleset_id = $13, ruleset_hash = $14, legal_date = $15, submission = $16, supplements = $17,
            assigned_to = $18, proposed_by = $19, proposal = $20, submitted_at = $21, accepted_at = $22,
            appraisal_due_at = $23, due_at = $24, supplement_delivered_at = $25, supplement_due_at = $26,
            clock_marks = $27, decided_at = $28, closed_at = $29, fee_vnd = $30, fee_paid_at = $31,
            approved_by = $32
         where id = $1 and revision = $2",
        a.id,
        a.revision,
        now,
        a.kind,
        a.state,
        a.title,
        a.authority,
        a.investor_type,
        a.form,
        a.parties,
        a.procedure_id,
        a.procedure_version,
        a.ruleset_id,
        a.ruleset_hash,
        a.legal_date,
        a.submission,
        a.supplements,
        a.assigned_to,
        a.proposed_by,
        a.proposal,
        a.submitted_at,
        a.accepted_at,
        a.appraisal_due_at,
        a.due_at,
        a.supplement_delivered_at,
        a.supplement_due_at,
        a.clock_marks,
        a.decided_at,
        a.closed_at,
        a.fee_vnd,
        a.fee_paid_at,
        a.approved_by
    )
    .execute(db)
    .await
    .map_err(database)?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(stale()) }
}

/// Locks the case and refuses where it changed since it was read: for changes beside the row itself.
pub(super) async fn touch(db: &mut PgConnection, id: Uuid, revision: i64, now: DateTime<Utc>) -> Result<()> {
    let done = sqlx::query!(
        "update permit.application set revision = revision + 1, updated_at = $3 where id = $1 and revision = $2",
        id,
        revision,
        now
    )
    .execute(db)
    .await
    .map_err(database)?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(stale()) }
}

/// Somebody else was first.
pub(super) fn stale() -> Error {
    Error::stale(
        "Hồ sơ vừa được người khác thay đổi; hãy tải lại rồi thử lại.",
        "Somebody else has just changed the application; load it again and retry.",
    )
}
