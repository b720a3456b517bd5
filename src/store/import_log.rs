//! The log of imports: who brought which file into which layer, how, and what it came to. A record is written before
//! the first feature is read, so that an import that was killed has one too.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value as Json;
use uuid::Uuid;

use super::bulk::{Bulk, Mode};
use super::feed::{Author, Revision};
use super::{Store, Tx, layer_sql};
use crate::{Error, Result};

/// Records on one page of [`Store::imports`].
pub const PAGE: i64 = 50;

/// What is known of an import when it begins.
#[derive(Debug, Clone, PartialEq)]
pub struct NewImport<'a> {
    /// Name of the file, without its folder.
    pub file_name: &'a str,
    /// How rows meet what is there.
    pub mode: Mode,
    /// Nothing will be stored.
    pub dry_run: bool,
    /// What else was asked for: source layer, CRS, encoding, mapping.
    pub options: Json,
    /// Who, and through what.
    pub author: &'a Author,
}

/// How an import ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportState {
    /// It is at work.
    Running,
    /// It came to its end.
    Done,
    /// The file or its options were refused.
    Refused,
    /// The program or the database failed.
    Failed,
    /// It was killed, or its machine went down.
    Died,
}

impl ImportState {
    fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Died => "died",
        }
    }

    fn find(name: &str) -> Self {
        [Self::Running, Self::Done, Self::Refused, Self::Died]
            .into_iter()
            .find(|s| s.name() == name)
            .unwrap_or(Self::Failed)
    }
}

/// A record of the log.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ImportRecord {
    /// Its name; later ones are greater.
    pub id: Uuid,
    /// Target layer.
    pub layer: String,
    /// Name of the file.
    pub file_name: String,
    /// `replace`, `append` or `upsert`.
    pub mode: String,
    /// Nothing was stored.
    pub dry_run: bool,
    /// Source layer, CRS, encoding, mapping.
    pub options: Json,
    /// Account; none for the command line.
    pub actor: Option<Uuid>,
    /// Through what.
    pub client: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// How it ended.
    pub state: ImportState,
    /// The revision that it made; none where nothing changed. An undo takes this number.
    pub revision: Option<i64>,
    /// The import's report as its command prints it.
    pub report: Option<Json>,
    /// Why it was refused or failed: `{"vi","en"}`.
    pub error: Option<Json>,
}

impl Bulk<'_> {
    /// Writes the change into the log of imports, at once and for good.
    pub async fn log(&mut self, new: &NewImport<'_>) -> Result<()> {
        sqlx::query!(
            "insert into dothi.import_log (id, layer, file_name, mode, dry_run, options, actor, client)
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
            self.id(),
            self.layer().id,
            new.file_name,
            new.mode.name(),
            new.dry_run,
            new.options,
            new.author.actor,
            new.author.client
        )
        .execute(&self.store().pool)
        .await?;
        self.set_logged();
        Ok(())
    }

    /// Records the revision in the transaction that makes it: the log and the layer cannot disagree.
    pub(in crate::store) async fn log_done(&self, tx: &mut Tx, revision: &Revision) -> Result<()> {
        if self.is_logged() {
            sqlx::query!(
                "update dothi.import_log set state = 'done', revision = $2, finished_at = clock_timestamp() where id = $1",
                self.id(),
                revision.position.revision
            )
            .execute(&mut **tx)
            .await?;
        }
        Ok(())
    }
}

impl Store {
    /// Closes the record of an import: with its report where it ended, or with the error.
    pub async fn close_import_log(&self, id: Uuid, outcome: Result<&Json, &Error>) -> Result<()> {
        let (state, report, error) = match outcome {
            Ok(report) => (ImportState::Done, Some(report), None),
            Err(error) => {
                let (state, vi, en) = match error {
                    Error::BadFile { reason, .. } | Error::InvalidParameter { reason, .. } => {
                        (ImportState::Refused, reason.vi.clone(), reason.en.clone())
                    }
                    other => (
                        ImportState::Failed,
                        "lỗi của hệ thống; xem nhật ký máy chủ".to_owned(),
                        other.to_string(),
                    ),
                };
                (state, None, Some(serde_json::json!({ "vi": vi, "en": en })))
            }
        };
        sqlx::query!(
            "update dothi.import_log set state = $2, report = $3, error = $4,
                 finished_at = coalesce(finished_at, clock_timestamp()) where id = $1",
            id,
            state.name(),
            report,
            error
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Imports, the latest first, at most [`PAGE`] before `cursor` (the last record of the page before); of one layer,
    /// or of all. Whether the caller may know of a layer is decided before.
    pub async fn imports(&self, cursor: Option<Uuid>, layer: Option<&str>) -> Result<Vec<ImportRecord>> {
        self.mark_dead_imports().await?;
        let rows = sqlx::query!(
            "select id, layer, file_name, mode, dry_run, options, actor, client, started_at, finished_at, state,
                    revision, report, error
             from dothi.import_log
             where ($1::uuid is null or id < $1) and ($2::text is null or layer = $2) order by id desc limit $3",
            cursor,
            layer,
            PAGE
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .map(|r| ImportRecord {
                id: r.id,
                layer: r.layer,
                file_name: r.file_name,
                mode: r.mode,
                dry_run: r.dry_run,
                options: r.options,
                actor: r.actor,
                client: r.client,
                started_at: r.started_at,
                finished_at: r.finished_at,
                state: ImportState::find(&r.state),
                revision: r.revision,
                report: r.report,
                error: r.error,
            })
            .collect())
    }

    /// A running import holds a lock that ends with its connection; one without it was killed.
    pub async fn mark_dead_imports(&self) -> Result<()> {
        sqlx::query!(
            "with running as materialized (select id from dothi.import_log where state = 'running')
             update dothi.import_log l set state = 'died', finished_at = clock_timestamp() from running r
             where l.id = r.id and l.state = 'running' and pg_try_advisory_xact_lock(7207, hashtext(r.id::text))"
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// What imports that died left: their records say so from now on, and staging tables of earlier versions of the
    /// program go when they are a day old. (Today's live and die with their transaction.)
    pub async fn clear_staging(&self) -> Result<()> {
        self.mark_dead_imports().await?;
        let tables: Vec<String> = sqlx::query_scalar(
            "select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where n.nspname = 'staging' and c.relkind = 'r' and pg_has_role(c.relowner, 'member')",
        )
        .fetch_all(&self.pool)
        .await?;
        let day_ago = (Utc::now() - chrono::Duration::days(1)).timestamp();
        for table in tables {
            let made = table
                .strip_prefix('b')
                .and_then(|id| Uuid::parse_str(id).ok())
                .and_then(|id| id.get_timestamp());
            if made.is_some_and(|t| i64::try_from(t.to_unix().0).is_ok_and(|t| t < day_ago)) {
                let sql = format!("drop table if exists staging.{}", layer_sql::ident(&table)?);
                sqlx::raw_sql(&sql).execute(&self.pool).await?;
            }
        }
        Ok(())
    }
}
