//! All imports in one list: those that editors ask for on the portal, and those of the command line, which the log of
//! imports has.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::Store;
use super::imports::{Task, task};
use super::jobs::State;
use crate::Result;
use crate::text::Text;

/// What the client of a portal's import is called in the log and in the feed: this, and its id. Such records belong to
/// a line of the portal and are none by themselves.
pub const PORTAL_CLIENT: &str = "import ";

/// A line of the list of imports.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// Id.
    pub id: Uuid,
    /// Target layer.
    pub layer: String,
    /// Begun on the portal, else on the command line.
    pub portal: bool,
    /// What the last job does or did; a dry run of the command line is a trial.
    pub task: Option<Task>,
    /// Its state.
    pub state: Option<State>,
    /// Why it failed.
    pub error: Option<Text>,
    /// Names of its files.
    pub files: Vec<String>,
    /// Features that the run read; none before it is done.
    pub read: Option<i64>,
    /// Features that are in the layer since the run.
    pub imported: Option<i64>,
    /// New items among them.
    pub inserted: Option<i64>,
    /// Changed items among them.
    pub updated: Option<i64>,
    /// Items that were closed.
    pub closed: Option<i64>,
    /// Features that were refused.
    pub rejected: Option<i64>,
    /// Revision that the run made.
    pub revision: Option<i64>,
    /// The latest revision that takes that one back.
    pub undone_by: Option<i64>,
    /// Who began it, or through what.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
}

/// An import of the command line.
#[derive(Debug, Clone, PartialEq)]
pub struct Logged {
    /// Its line of the list.
    pub line: Line,
    /// What was chosen: source layer, CRS, encoding, mapping, mode.
    pub options: Value,
    /// Its report; none where it did not come to its end.
    pub report: Option<Value>,
}

impl Store {
    /// Imports into these layers, the latest first, begun before `before` where it is given.
    pub async fn list_imports(
        &self,
        layers: &[String],
        before: Option<DateTime<Utc>>,
        limit: i64,
    ) -> Result<Vec<Line>> {
        self.mark_dead_imports().await?;
        let rows = sqlx::query!(
            r#"select l.id as "id!", l.layer as "layer!", l.portal as "portal!", l.task, l.state, l.died as "died!", l.error,
                      l.files as "files!", (l.report ->> 'read')::bigint as read,
                      (l.report ->> 'imported')::bigint as imported, (l.report ->> 'inserted')::bigint as inserted,
                      (l.report ->> 'updated')::bigint as updated, (l.report ->> 'closed')::bigint as closed,
                      (l.report ->> 'rejected_count')::bigint as rejected, l.revision,
                      (select max(b.revision) from dothi.revision_undo b where b.undoes = l.revision) as undone_by,
                      l.created_by as "created_by!", l.created_at as "created_at!", l.finished_at
               from (
                   (select i.id, i.layer, true as portal, i.task, j.state, false as died, j.error, i.report, i.revision,
                           array(select f.name from dothi.import_file f where f.import = i.id order by f.name) as files,
                           a.display_name as created_by, i.created_at, i.finished_at
                    from dothi.import i join dothi.account a on a.id = i.created_by left join dothi.job j on j.id = i.job
                    where i.layer = any($1) and ($2::timestamptz is null or i.created_at < $2)
                    order by i.created_at desc limit $3)
                   union all
                   (select g.id, g.layer, false, case when g.dry_run then 'trial' else 'run' end,
                           case when g.state in ('running', 'done') then g.state else 'failed' end, g.state = 'died', g.error,
                           g.report, g.revision, array[g.file_name], coalesce(a.display_name, g.client), g.started_at,
                           g.finished_at
                    from dothi.import_log g left join dothi.account a on a.id = g.actor
                    where g.layer = any($1) and not starts_with(g.client, $4)
                        and ($2::timestamptz is null or g.started_at < $2)
                    order by g.started_at desc limit $3)) l
               order by l.created_at desc limit $3"#,
            layers,
            before,
            limit,
            PORTAL_CLIENT
        )
        .fetch_all(&self.pool)
        .await?;
        let line = rows.into_iter().map(|r| Line {
            id: r.id,
            layer: r.layer,
            portal: r.portal,
            task: r.task.as_deref().and_then(task),
            state: r.state.as_deref().map(State::named),
            error: error(r.died, r.error),
            files: r.files,
            read: r.read,
            imported: r.imported,
            inserted: r.inserted,
            updated: r.updated,
            closed: r.closed,
            rejected: r.rejected,
            revision: r.revision,
            undone_by: r.undone_by,
            created_by: r.created_by,
            created_at: r.created_at,
            finished_at: r.finished_at,
        });
        Ok(line.collect())
    }

    /// The import of the command line with this id.
    pub async fn find_logged_import(&self, id: Uuid) -> Result<Option<Logged>> {
        self.mark_dead_imports().await?;
        let row = sqlx::query!(
            r#"select g.layer, g.file_name, g.mode, g.dry_run, g.options, g.state, g.error, g.report, g.revision, g.started_at,
                      g.finished_at, coalesce(a.display_name, g.client) as "created_by!",
                      (select max(b.revision) from dothi.revision_undo b where b.undoes = g.revision) as undone_by
               from dothi.import_log g left join dothi.account a on a.id = g.actor
               where g.id = $1 and not starts_with(g.client, $2)"#,
            id,
            PORTAL_CLIENT
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|r| {
            let count = |name: &str| r.report.as_ref().and_then(|report| report[name].as_i64());
            let line = Line {
                id,
                layer: r.layer,
                portal: false,
                task: Some(if r.dry_run { Task::Trial } else { Task::Run }),
                state: Some(State::named(&r.state)),
                error: error(r.state == "died", r.error),
                files: vec![r.file_name],
                read: count("read"),
                imported: count("imported"),
                inserted: count("inserted"),
                updated: count("updated"),
                closed: count("closed"),
                rejected: count("rejected_count"),
                revision: r.revision,
                undone_by: r.undone_by,
                created_by: r.created_by,
                created_at: r.started_at,
                finished_at: r.finished_at,
            };
            let mut options = r.options;
            options["mode"] = r.mode.into();
            Logged { line, options, report: r.report }
        }))
    }

    /// Takes the job of a portal's import from a worker that died, without waiting for the end of its lease. That the
    /// import's own transaction is gone for some seconds is the proof: one that fails just now has that long to say why.
    pub async fn release_dead_import(&self, id: Uuid) -> Result<()> {
        self.mark_dead_imports().await?;
        sqlx::query!(
            "update dothi.job j set lease_until = now() from dothi.import i
             where i.id = $1 and j.id = i.job and j.state = 'running' and j.attempts = 1
                 and exists (select from dothi.import_log g
                             where g.client = $2 || i.id::text and g.state = 'died' and g.started_at >= j.started_at
                                 and g.finished_at < now() - interval '3 seconds')",
            id,
            PORTAL_CLIENT
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

fn error(died: bool, error: Option<Value>) -> Option<Text> {
    if died {
        return Some(Text::new(
            "Lệnh nhập bị ngắt giữa chừng. Chưa có gì của tệp vào lớp.",
            "The command was killed in the middle. Nothing of the file is in the layer.",
        ));
    }
    error.and_then(|e| serde_json::from_value(e).ok())
}
