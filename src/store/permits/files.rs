//! Files of a case: each slot keeps its versions, the highest is the working set.

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::application::stale;
use crate::bim::facts::ModelFacts;
use crate::error::{Error, Result};
use crate::store::{Store, database};
use crate::text::Text;

/// Slot of the models of works.
pub const MODEL_SLOT: &str = "model";

/// A file in a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFile {
    /// `model` or a document slot of the procedure.
    pub slot: String,
    /// Work of a model; empty for documents.
    pub work: String,
    /// Version in its slot, from 1.
    pub version: i32,
    /// SHA-256, its name in the file store.
    pub sha256: String,
    /// Size in bytes.
    pub size_bytes: i64,
    /// Media type as told by its first bytes.
    pub media_type: String,
    /// Name given by the uploader.
    pub name: String,
    /// When it came.
    pub uploaded_at: DateTime<Utc>,
}

/// A file that was put into the store and is now to be entered.
#[derive(Debug, Clone)]
pub struct NewFile {
    /// Case.
    pub application: Uuid,
    /// States in which the working set is open.
    pub open_states: Vec<String>,
    /// Slot.
    pub slot: String,
    /// Work, empty for documents.
    pub work: String,
    /// SHA-256.
    pub sha256: String,
    /// Size in bytes.
    pub size_bytes: i64,
    /// Media type.
    pub media_type: String,
    /// Name.
    pub name: String,
    /// Account.
    pub uploaded_by: Uuid,
}

impl Store {
    /// Enters an uploaded file as the next version of its slot. Refused where the case changed meanwhile (it may
    /// have been submitted).
    pub async fn add_case_file(&self, file: &NewFile) -> Result<i32> {
        let mut tx = self.begin().await?;
        // Uploads into several slots run side by side, so what counts is the state, not the revision.
        let open = sqlx::query!(
            "update permit.application set revision = revision + 1, updated_at = now()
             where id = $1 and state = any($2)",
            file.application,
            &file.open_states
        )
        .execute(&mut *tx)
        .await?;
        if open.rows_affected() == 0 {
            return Err(stale());
        }
        let version = sqlx::query_scalar!(
            r#"insert into permit.file
                (application, slot, work, version, sha256, size_bytes, media_type, name, uploaded_by)
               select $1, $2, $3, coalesce(max(version), 0) + 1, $4, $5, $6, $7, $8
               from permit.file where application = $1 and slot = $2 and work = $3
               returning version"#,
            file.application,
            file.slot,
            file.work,
            file.sha256,
            file.size_bytes,
            file.media_type,
            file.name,
            file.uploaded_by
        )
        .fetch_one(&mut *tx)
        .await
        .map_err(database)?;
        tx.commit().await.map_err(database)?;
        Ok(version)
    }

    /// The working set of a case: the highest version of each slot.
    pub async fn list_working_set(&self, application: Uuid) -> Result<Vec<CaseFile>> {
        sqlx::query_as!(
            CaseFile,
            "select distinct on (slot, work)
                slot, work, version, sha256, size_bytes, media_type, name, uploaded_at
             from permit.file where application = $1 order by slot, work, version desc",
            application
        )
        .fetch_all(&self.pool)
        .await
        .map_err(database)
    }

    /// Every version of every file of a case.
    pub async fn list_case_files(&self, application: Uuid) -> Result<Vec<CaseFile>> {
        sqlx::query_as!(
            CaseFile,
            "select slot, work, version, sha256, size_bytes, media_type, name, uploaded_at
             from permit.file where application = $1 order by slot, work, version",
            application
        )
        .fetch_all(&self.pool)
        .await
        .map_err(database)
    }

    /// The files that submission `number` froze.
    pub async fn list_submission_files(&self, application: Uuid, number: i32) -> Result<Vec<CaseFile>> {
        sqlx::query_as!(
            CaseFile,
            "select f.slot, f.work, f.version, f.sha256, f.size_bytes, f.media_type, f.name, f.uploaded_at
             from permit.submission_file s
             join permit.file f using (application, slot, work, version)
             where s.application = $1 and s.submission = $2 order by f.slot, f.work",
            application,
            number
        )
        .fetch_all(&self.pool)
        .await
        .map_err(database)
    }

    /// Facts that reader `reader` found in the file, or why it refused it.
    pub async fn find_model_facts(&self, sha256: &str, reader: &str) -> Result<Option<FactsOrRefusal>> {
        let found = sqlx::query!(
            "select facts, refusal from permit.model_facts where sha256 = $1 and reader = $2",
            sha256,
            reader
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(database)?;
        let Some(found) = found else { return Ok(None) };
        match (found.facts, found.refusal) {
            (Some(facts), _) => {
                let facts = serde_json::from_value(facts)
                    .map_err(|e| Error::internal(format!("read the kept facts of {sha256}"), e))?;
                Ok(Some(FactsOrRefusal::Facts(Box::new(facts))))
            }
            (None, refusal) => {
                let reason = serde_json::from_value(refusal.unwrap_or_default())
                    .map_err(|e| Error::internal(format!("read the kept refusal of {sha256}"), e))?;
                Ok(Some(FactsOrRefusal::Refusal(reason)))
            }
        }
    }

    /// Keeps facts or a refusal; the same bytes and reader always give the same.
    pub async fn keep_model_facts(&self, sha256: &str, reader: &str, found: &FactsOrRefusal) -> Result<()> {
        let (facts, refusal) = match found {
            FactsOrRefusal::Facts(facts) => {
                let facts = serde_json::to_value(facts.as_ref())
                    .map_err(|e| Error::internal("write the facts of a model", e))?;
                (Some(facts), None)
            }
            FactsOrRefusal::Refusal(reason) => (None, Some(json!(reason))),
        };
        sqlx::query!(
            "insert into permit.model_facts (sha256, reader, facts, refusal) values ($1, $2, $3, $4)
             on conflict do nothing",
            sha256,
            reader,
            facts,
            refusal
        )
        .execute(&self.pool)
        .await
        .map_err(database)?;
        Ok(())
    }
}

/// What reading a model gave.
#[derive(Debug, Clone)]
pub enum FactsOrRefusal {
    /// Its facts.
    Facts(Box<ModelFacts>),
    /// Why it cannot be read.
    Refusal(Text),
}

/// Freezes the working set as files of submission `number`.
pub(super) async fn freeze(db: &mut PgConnection, application: Uuid, number: i32) -> Result<()> {
    sqlx::query!(
        "insert into permit.submission_file (application, submission, slot, work, version, sha256)
         select distinct on (slot, work) application, $2, slot, work, version, sha256
         from permit.file where application = $1 order by slot, work, version desc, application",
        application,
        number
    )
    .execute(db)
    .await
    .map_err(database)?;
    Ok(())
}
