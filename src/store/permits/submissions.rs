//! Submissions: what was filed, frozen.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

use super::application::{Dossier, Work};
use super::files::{CaseFile, freeze};
use crate::error::{Error, Result};
use crate::store::{Store, database};

/// A frozen submission.
#[derive(Debug, Clone, PartialEq)]
pub struct Submission {
    /// Number, from 1.
    pub number: i32,
    /// `submit` or `supplement`.
    pub event: String,
    /// Title.
    pub title: String,
    /// Technical fields of form 01.
    pub form: Value,
    /// Personal fields.
    pub parties: Value,
    /// Investor type.
    pub investor_type: Option<String>,
    /// Parcel codes.
    pub parcels: Vec<String>,
    /// Works.
    pub works: Vec<Work>,
    /// SHA-256 over the content and the file hashes.
    pub content_sha256: String,
    /// When.
    pub submitted_at: DateTime<Utc>,
    /// Its files.
    pub files: Vec<CaseFile>,
}

/// Freezes the working set of `dossier` as submission `number`.
pub(super) async fn insert(
    db: &mut PgConnection,
    dossier: &Dossier,
    number: i32,
    event: &str,
    by: Uuid,
    now: DateTime<Utc>,
) -> Result<()> {
    let a = &dossier.application;
    let hashes = sqlx::query!(
        "select distinct on (slot, work) slot, work, sha256 from permit.file
         where application = $1 order by slot, work, version desc",
        a.id
    )
    .fetch_all(&mut *db)
    .await
    .map_err(database)?;
    let content = json!({
        "title": a.title, "form": a.form, "parties": a.parties, "investor_type": a.investor_type,
        "parcels": dossier.parcels, "works": dossier.works, "site": dossier.site.as_ref().map(hex::encode),
        "files": hashes.iter().map(|f| json!([f.slot, f.work, f.sha256])).collect::<Vec<_>>(),
    });
    let canonical = serde_json_canonicalizer::to_vec(&content)
        .map_err(|e| Error::internal("write a submission as canonical JSON", e))?;
    sqlx::query!(
        "insert into permit.submission (application, number, event, title, form, parties, investor_type, parcels,
            works, site, content_sha256, submitted_by, submitted_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, ST_SetSRID(ST_GeomFromWKB($10), 9218), $11, $12, $13)",
        a.id,
        number,
        event,
        a.title,
        a.form,
        a.parties,
        a.investor_type,
        &dossier.parcels,
        json!(dossier.works),
        dossier.site.as_deref(),
        hex::encode(Sha256::digest(&canonical)),
        by,
        now
    )
    .execute(&mut *db)
    .await
    .map_err(database)?;
    freeze(db, a.id, number).await
}

impl Store {
    /// The submissions of a case in order, with their files.
    pub async fn list_submissions(&self, application: Uuid) -> Result<Vec<Submission>> {
        let rows = sqlx::query!(
            "select number, event, title, form, parties, investor_type, parcels, works, content_sha256,
                submitted_at
             from permit.submission where application = $1 order by number",
            application
        )
        .fetch_all(&self.pool)
        .await
        .map_err(database)?;
        let mut found = Vec::with_capacity(rows.len());
        for r in rows {
            found.push(Submission {
                files: self.list_submission_files(application, r.number).await?,
                number: r.number,
                event: r.event,
                title: r.title,
                form: r.form,
                parties: r.parties,
                investor_type: r.investor_type,
                parcels: r.parcels,
                works: serde_json::from_value(r.works)
                    .map_err(|e| Error::internal("read the works of a submission", e))?,
                content_sha256: r.content_sha256,
                submitted_at: r.submitted_at,
            });
        }
        Ok(found)
    }
}
