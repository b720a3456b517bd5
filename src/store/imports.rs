//! Imports that editors ask for on the portal: their files, what was chosen, what came out; and the mapping that is
//! remembered for the next file with the same fields.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::Store;
use super::jobs::{self, State};
use crate::text::Text;
use crate::{Error, Result};

/// A step of an import that a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// Look at the file and its first rows.
    Inspect,
    /// Everything but the last step.
    Trial,
    /// The import itself.
    Run,
}

impl Task {
    /// As the API and the table spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inspect => "inspect",
            Self::Trial => "trial",
            Self::Run => "run",
        }
    }
}

/// A file of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct File {
    /// Name, without folders.
    pub name: String,
    /// Size in bytes.
    pub size_bytes: i64,
}

/// An import as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// Id.
    pub id: Uuid,
    /// Target layer.
    pub layer: String,
    /// What the last job does or did; none before the first.
    pub task: Option<Task>,
    /// The last job.
    pub job: Option<Uuid>,
    /// Its state.
    pub state: Option<State>,
    /// Its progress, 0 … 1.
    pub progress: f32,
    /// Why it failed.
    pub error: Option<Text>,
    /// What was chosen last.
    pub settings: Value,
    /// What the file says of itself.
    pub inspection: Option<Value>,
    /// Report of the last trial.
    pub trial: Option<Value>,
    /// Report of the run; none before it is done.
    pub report: Option<Value>,
    /// Revision that the run made.
    pub revision: Option<i64>,
    /// The latest revision that takes that one back.
    pub undone_by: Option<i64>,
    /// Account that began it.
    pub created_by: Uuid,
    /// Its name.
    pub created_by_name: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When the run was done.
    pub finished_at: Option<DateTime<Utc>>,
    /// When the uploaded files were removed.
    pub cleared_at: Option<DateTime<Utc>>,
    /// Its files, by name.
    pub files: Vec<File>,
}

impl Store {
    /// Begins an import into `layer`.
    pub async fn new_import(&self, layer: &str, by: Uuid) -> Result<Uuid> {
        let id = Uuid::now_v7();
        sqlx::query!("insert into dothi.import (id, layer, created_by) values ($1, $2, $3)", id, layer, by)
            .execute(&self.pool)
            .await?;
        Ok(id)
    }

    /// Notes a file that has arrived; one of the same name takes its place.
    pub async fn add_import_file(&self, import: Uuid, name: &str, size_bytes: i64) -> Result<()> {
        let mut tx = self.begin().await?;
        sqlx::query!("delete from dothi.import_file where import = $1 and name = $2", import, name)
            .execute(&mut *tx)
            .await?;
        sqlx::query!(
            "insert into dothi.import_file (import, name, size_bytes) values ($1, $2, $3)",
            import,
            name,
            size_bytes
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!("update dothi.import set used_at = now() where id = $1", import)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// The import with this id.
    pub async fn find_import(&self, id: Uuid) -> Result<Option<Import>> {
        let row = sqlx::query!(
            r#"select i.id, i.layer, i.task, i.job, j.state as "state?", j.progress as "progress?", j.error as "error?",
                      i.settings, i.inspection, i.trial, i.report, i.revision, i.created_by,
                      (select max(b.revision) from dothi.revision_undo b where b.undoes = i.revision) as undone_by,
                      a.display_name as created_by_name, i.created_at, i.finished_at, i.cleared_at
               from dothi.import i join dothi.account a on a.id = i.created_by left join dothi.job j on j.id = i.job
               where i.id = $1"#,
            id
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(r) = row else { return Ok(None) };
        let files = sqlx::query_as!(
            File,
            "select name, size_bytes from dothi.import_file where import = $1 order by name",
            id
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(Some(Import {
            id: r.id,
            layer: r.layer,
            task: r.task.as_deref().and_then(task),
            job: r.job,
            state: r.state.as_deref().map(State::named),
            progress: r.progress.unwrap_or(0.0),
            error: r.error.and_then(|e| serde_json::from_value(e).ok()),
            settings: r.settings,
            inspection: r.inspection,
            trial: r.trial,
            report: r.report,
            revision: r.revision,
            undone_by: r.undone_by,
            created_by: r.created_by,
            created_by_name: r.created_by_name,
            created_at: r.created_at,
            finished_at: r.finished_at,
            cleared_at: r.cleared_at,
            files,
        }))
    }

    /// Queues a step with what was chosen. Refused while another step is at work, after the run, and when the files
    /// are gone.
    pub async fn start_import(&self, id: Uuid, what: Task, settings: &Value, by: Uuid) -> Result<Uuid> {
        let mut tx = self.begin().await?;
        let payload = serde_json::json!({"import": id, "task": what});
        let job = jobs::enqueue(&mut tx, jobs::IMPORT_JOB, &payload, Some(by)).await?;
        let taken = sqlx::query!(
            "update dothi.import i set task = $2, settings = $3, job = $4, used_at = now()
             where id = $1 and report is null and cleared_at is null
                 and not exists (select from dothi.job j where j.id = i.job and j.state in ('queued', 'running'))",
            id,
            what.name(),
            settings,
            job
        )
        .execute(&mut *tx)
        .await?;
        if taken.rows_affected() == 0 {
            return Err(Error::conflict(
                "Lần nhập này đang được xử lý, đã xong, hoặc tệp đã bị xóa. Hãy tải lại trang.",
                "This import is at work, is done, or its files were removed. Load the page again.",
            ));
        }
        tx.commit().await?;
        Ok(job)
    }

    /// Keeps what an inspection found, and with which settings.
    pub async fn keep_inspection(&self, id: Uuid, inspection: &Value, settings: &Value) -> Result<()> {
        sqlx::query!(
            "update dothi.import set inspection = $2, settings = $3, trial = null, used_at = now() where id = $1",
            id,
            inspection,
            settings
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Keeps the report of a trial.
    pub async fn keep_trial(&self, id: Uuid, report: &Value) -> Result<()> {
        sqlx::query!("update dothi.import set trial = $2, used_at = now() where id = $1", id, report)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Keeps the report of the run and the revision that it made.
    pub async fn finish_import(&self, id: Uuid, report: &Value, revision: Option<i64>) -> Result<()> {
        sqlx::query!(
            "update dothi.import set report = $2, revision = $3, finished_at = now(), used_at = now() where id = $1",
            id,
            report,
            revision
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The revision that a run has made already, known by its client's name: the node died between the commit and
    /// the report, and the file must not be brought in twice.
    pub async fn find_revision_of(&self, client: &str, since: DateTime<Utc>) -> Result<Option<i64>> {
        let row = sqlx::query!(
            "select number from dothi.revision where committed_at >= $2 and client = $1 order by number limit 1",
            client,
            since
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|r| r.number))
    }

    /// Imports whose files were last used before `before` and are still kept.
    pub async fn list_stale_imports(&self, before: DateTime<Utc>) -> Result<Vec<Uuid>> {
        let rows = sqlx::query!(
            "select i.id from dothi.import i
             where i.cleared_at is null and i.used_at < $1
                 and not exists (select from dothi.job j where j.id = i.job and j.state in ('queued', 'running'))",
            before
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|r| r.id).collect())
    }

    /// Notes that the files of an import were removed.
    pub async fn clear_import(&self, id: Uuid) -> Result<()> {
        sqlx::query!("update dothi.import set cleared_at = now() where id = $1 and cleared_at is null", id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// What was chosen the last time a file with these fields came into `layer`.
    pub async fn find_import_mapping(&self, layer: &str, fields_sha256: &[u8; 32]) -> Result<Option<Value>> {
        let row = sqlx::query!(
            "select settings from dothi.import_mapping where layer = $1 and fields_sha256 = $2",
            layer,
            fields_sha256.as_slice()
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|r| r.settings))
    }

    /// Whether anything is remembered of files for `layer`.
    pub async fn has_import_mapping(&self, layer: &str) -> Result<bool> {
        let row = sqlx::query!(
            r#"select exists (select from dothi.import_mapping where layer = $1) as "known!""#,
            layer
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(row.known)
    }

    /// Remembers what was chosen for the next file with these fields.
    pub async fn keep_import_mapping(
        &self,
        layer: &str,
        fields_sha256: &[u8; 32],
        settings: &Value,
        by: Option<Uuid>,
    ) -> Result<()> {
        sqlx::query!(
            "insert into dothi.import_mapping (layer, fields_sha256, settings, changed_by) values ($1, $2, $3, $4)
             on conflict (layer, fields_sha256) do update
             set settings = excluded.settings, changed_by = excluded.changed_by, changed_at = now()",
            layer,
            fields_sha256.as_slice(),
            settings,
            by
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

pub(super) fn task(name: &str) -> Option<Task> {
    [Task::Inspect, Task::Trial, Task::Run].into_iter().find(|t| t.name() == name)
}
