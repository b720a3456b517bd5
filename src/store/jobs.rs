//! The queue of background work. A job is leased to one worker; when the lease ends without an answer (the node
//! died) another takes it up, until its attempts are used up.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Store, Tx};
use crate::Result;
use crate::text::Text;

/// Channel that wakes idle workers.
pub const CHANNEL: &str = "dothi_job";

/// Kind of the job that does a step of an import; its payload is `{"import", "task"}`.
pub const IMPORT_JOB: &str = "import";

/// State of a job, as the API tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Waits for a worker.
    Queued,
    /// Is worked on.
    Running,
    /// Came to its end; `result` says to which.
    Done,
    /// Was given up; `error` says why.
    Failed,
}

impl State {
    /// By its name in the table.
    pub(super) fn named(name: &str) -> Self {
        match name {
            "queued" => Self::Queued,
            "running" => Self::Running,
            "done" => Self::Done,
            _ => Self::Failed,
        }
    }
}

/// A job as an asker sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Id.
    pub id: Uuid,
    /// What is done, such as `check_application`.
    pub kind: String,
    /// State.
    pub state: State,
    /// 0 … 1.
    pub progress: f32,
    /// What came out.
    pub result: Option<serde_json::Value>,
    /// Why it failed.
    pub error: Option<Text>,
    /// Who asked for it.
    pub requested_by: Option<Uuid>,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// A job in a worker's hands, until the lease ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Lease {
    /// The job.
    pub id: Uuid,
    /// What is to be done.
    pub kind: String,
    /// With what.
    pub payload: serde_json::Value,
    /// Proves that the lease is still this worker's.
    pub token: Uuid,
    /// Which attempt this is, from 1.
    pub attempt: i32,
    /// The attempt before ended without an answer: its node died.
    pub interrupted: bool,
    /// Whether a failure now is final.
    pub last_attempt: bool,
    /// Who asked for it.
    pub requested_by: Option<Uuid>,
}

/// Puts a job on the queue in the caller's transaction: it exists if, and only if, what asked for it does.
pub async fn enqueue(
    tx: &mut Tx,
    kind: &str,
    payload: &serde_json::Value,
    requested_by: Option<Uuid>,
) -> Result<Uuid> {
    insert(tx, kind, payload, requested_by).await
}

async fn insert(
    db: &mut PgConnection,
    kind: &str,
    payload: &serde_json::Value,
    requested_by: Option<Uuid>,
) -> Result<Uuid> {
    let id = Uuid::now_v7();
    sqlx::query!(
        "insert into dothi.job (id, kind, payload, requested_by) values ($1, $2, $3, $4)",
        id,
        kind,
        payload,
        requested_by
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!("select pg_notify($1, $2)", CHANNEL, kind).execute(db).await?;
    Ok(id)
}

impl Store {
    /// Puts a job on the queue.
    pub async fn enqueue(&self, kind: &str, payload: &serde_json::Value, by: Option<Uuid>) -> Result<Uuid> {
        let mut tx = self.begin().await?;
        let id = insert(&mut tx, kind, payload, by).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Takes the oldest waiting job of one of these kinds for `lease_s` seconds; none if none waits.
    pub async fn lease_job(&self, kinds: &[&str], lease_s: f64) -> Result<Option<Lease>> {
        self.requeue_orphans().await?;
        let kinds: Vec<String> = kinds.iter().map(|k| (*k).to_owned()).collect();
        let token = Uuid::new_v4();
        let row = sqlx::query!(
            "update dothi.job set state = 'running', lease = $1, lease_until = now() + make_interval(secs => $2),
                 attempts = attempts + 1, started_at = coalesce(started_at, now()), progress = 0
             where id = (select id from dothi.job
                         where state = 'queued' and run_after <= now() and kind = any($3)
                         order by run_after, created_at limit 1 for update skip locked)
             returning id, kind, payload, attempts, max_attempts, requested_by, error",
            token,
            lease_s,
            &kinds
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|r| Lease {
            id: r.id,
            kind: r.kind,
            payload: r.payload,
            token,
            attempt: r.attempts,
            // One that failed says why; one that was given back does not count.
            interrupted: r.attempts > 1 && r.error.is_none(),
            last_attempt: r.attempts >= r.max_attempts,
            requested_by: r.requested_by,
        }))
    }

    /// Jobs whose worker fell silent wait again, or are given up.
    async fn requeue_orphans(&self) -> Result<()> {
        let gone = serde_json::json!({
            "vi": "Công việc đã bị gián đoạn quá số lần cho phép.",
            "en": "The work was interrupted too often.",
        });
        sqlx::query!(
            "update dothi.job set lease = null, lease_until = null,
                 state = case when attempts >= max_attempts then 'failed' else 'queued' end,
                 finished_at = case when attempts >= max_attempts then now() end,
                 error = case when attempts >= max_attempts then $1::jsonb end
             where state = 'running' and lease_until < now()",
            gone
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Tells how far a job is (0 … 1) and renews its lease. False: the lease is lost, stop the work.
    pub async fn progress_job(&self, lease: &Lease, progress: f32, lease_s: f64) -> Result<bool> {
        let done = sqlx::query!(
            "update dothi.job set progress = $3, lease_until = now() + make_interval(secs => $4)
             where id = $1 and lease = $2",
            lease.id,
            lease.token,
            progress.clamp(0.0, 1.0),
            lease_s
        )
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Ends a job with its result. False: the lease was lost, another worker has it.
    pub async fn finish_job(&self, lease: &Lease, result: &serde_json::Value) -> Result<bool> {
        let done = sqlx::query!(
            "update dothi.job set state = 'done', result = $3, progress = 1, finished_at = now(), lease = null,
                 lease_until = null, error = null
             where id = $1 and lease = $2",
            lease.id,
            lease.token,
            result
        )
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Gives a job up with the reason, or lets it wait for another attempt where `retry_after_s` is given and
    /// attempts are left.
    pub async fn fail_job(&self, lease: &Lease, reason: &Text, retry_after_s: Option<f64>) -> Result<bool> {
        let retry = retry_after_s.filter(|_| !lease.last_attempt);
        let reason = serde_json::to_value(reason).unwrap_or_default();
        let done = sqlx::query!(
            "update dothi.job set lease = null, lease_until = null, error = $3,
                 state = case when $4::double precision is null then 'failed' else 'queued' end,
                 finished_at = case when $4::double precision is null then now() end,
                 run_after = now() + make_interval(secs => coalesce($4::double precision, 0))
             where id = $1 and lease = $2",
            lease.id,
            lease.token,
            reason,
            retry
        )
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Gives a job back that was not done for no fault of its own (the node stops): it waits again, and this attempt
    /// does not count.
    pub async fn return_job(&self, lease: &Lease) -> Result<()> {
        sqlx::query!(
            "update dothi.job set state = 'queued', lease = null, lease_until = null, attempts = attempts - 1
             where id = $1 and lease = $2",
            lease.id,
            lease.token
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// A job by id.
    pub async fn find_job(&self, id: Uuid) -> Result<Option<Job>> {
        let row = sqlx::query!(
            "select id, kind, state, progress, result, error, requested_by, created_at from dothi.job where id = $1",
            id
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|r| Job {
            id: r.id,
            kind: r.kind,
            state: State::named(&r.state),
            progress: r.progress,
            result: r.result,
            error: r.error.and_then(|e| serde_json::from_value(e).ok()),
            requested_by: r.requested_by,
            created_at: r.created_at,
        }))
    }
}
