//! Check runs: queued with their case, filled once by the job, never changed after.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::permit::verdict::{Effect, LimitSource, Outcome, Verdict};
use crate::store::{Store, database};
use crate::text::Text;

/// A run without its input and verdicts.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Id.
    pub id: Uuid,
    /// Case.
    pub application: Uuid,
    /// `precheck` or `official`.
    pub kind: String,
    /// Submission checked; none for the open working set.
    pub submission: Option<i32>,
    /// `precheck`, `accept`, `supplement` or `repeat`.
    pub reason: String,
    /// Its job.
    pub job: Option<Uuid>,
    /// `queued`, `running`, `done` or `failed`.
    pub state: String,
    /// Why it failed.
    pub error: Option<Value>,
    /// Rule set.
    pub ruleset_id: Option<String>,
    /// Hash of the rule set.
    pub ruleset_hash: Option<String>,
    /// Version of the checks.
    pub checker_version: Option<String>,
    /// Version of the geometry engine.
    pub geometry_engine: Option<String>,
    /// Epoch of the layers read.
    pub layer_epoch: Option<Uuid>,
    /// Revision of the layers read.
    pub layer_revision: Option<i64>,
    /// SHA-256 of the canonical input.
    pub input_sha256: Option<String>,
    /// SHA-256 of the canonical verdicts.
    pub output_sha256: Option<String>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
}

/// A run about to be queued.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// Id.
    pub id: Uuid,
    /// `precheck` or `official`.
    pub kind: &'static str,
    /// Submission; none for the working set.
    pub submission: Option<i32>,
    /// Why it runs.
    pub reason: &'static str,
    /// Who asked; none for the system.
    pub requested_by: Option<Uuid>,
}

/// What a finished run keeps.
#[derive(Debug, Clone)]
pub struct RunResult {
    /// Rule set.
    pub ruleset_id: String,
    /// Hash of the rule set.
    pub ruleset_hash: String,
    /// Version of the checks.
    pub checker_version: String,
    /// Version of the geometry engine.
    pub geometry_engine: String,
    /// Epoch of the layers.
    pub layer_epoch: Uuid,
    /// Revision of the layers.
    pub layer_revision: i64,
    /// Canonical JSON of the input.
    pub input: String,
    /// Its SHA-256.
    pub input_sha256: String,
    /// SHA-256 of the canonical JSON of the verdicts.
    pub output_sha256: String,
    /// The verdicts.
    pub verdicts: Vec<Verdict>,
}

/// Enters a run as queued.
pub(super) async fn queue(
    db: &mut PgConnection,
    application: Uuid,
    run: &NewRun,
    job: Option<Uuid>,
) -> Result<()> {
    sqlx::query!(
        "insert into permit.check_run (id, application, kind, submission, reason, job, requested_by)
         values ($1, $2, $3, $4, $5, $6, $7)",
        run.id,
        application,
        run.kind,
        run.submission,
        run.reason,
        job,
        run.requested_by
    )
    .execute(db)
    .await
    .map_err(database)?;
    Ok(())
}

impl Store {
    /// The runs of a case, the latest first.
    pub async fn list_runs(&self, application: Uuid) -> Result<Vec<Run>> {
        sqlx::query_as!(
            Run,
            "select id, application, kind, submission, reason, job, state, error, ruleset_id, ruleset_hash,
                checker_version, geometry_engine, layer_epoch, layer_revision, input_sha256, output_sha256,
                created_at, finished_at
             from permit.check_run where application = $1 order by created_at desc, id desc",
            application
        )
        .fetch_all(&self.pool)
        .await
        .map_err(database)
    }

    /// One run.
    pub async fn find_run(&self, id: Uuid) -> Result<Option<Run>> {
        sqlx::query_as!(
            Run,
            "select id, application, kind, submission, reason, job, state, error, ruleset_id, ruleset_hash,
                checker_version, geometry_engine, layer_epoch, layer_revision, input_sha256, output_sha256,
                created_at, finished_at
             from permit.check_run where id = $1",
            id
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(database)
    }

    /// The case whose official run a job does.
    pub async fn find_case_of_job(&self, job: Uuid) -> Result<Option<Uuid>> {
        sqlx::query_scalar!(
            "select application from permit.check_run where job = $1 and kind = 'official'",
            job
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(database)
    }

    /// The latest finished run of a case, of `submission` where one is named.
    pub async fn find_latest_run(&self, application: Uuid, submission: Option<i32>) -> Result<Option<Run>> {
        let found = self.list_runs(application).await?;
        Ok(found.into_iter().find(|r| {
            r.state == "done" && submission.is_none_or(|s| r.submission == Some(s) && r.kind == "official")
        }))
    }

    /// The canonical JSON that a run saw.
    pub async fn find_run_input(&self, id: Uuid) -> Result<Option<String>> {
        let found = sqlx::query_scalar!("select input from permit.check_run where id = $1", id)
            .fetch_optional(&self.pool)
            .await
            .map_err(database)?;
        Ok(found.flatten())
    }

    /// How many pre-checks an account asked for since `since`.
    pub async fn count_prechecks(&self, account: Uuid, since: DateTime<Utc>) -> Result<i64> {
        sqlx::query_scalar!(
            r#"select count(*) as "n!" from permit.check_run
               where requested_by = $1 and kind = 'precheck' and created_at >= $2"#,
            account,
            since
        )
        .fetch_one(&self.pool)
        .await
        .map_err(database)
    }

    /// Marks a run as begun; false where it is already finished (a job that ran before).
    pub async fn begin_run(&self, id: Uuid) -> Result<bool> {
        let done = sqlx::query!(
            "update permit.check_run set state = 'running' where id = $1 and state in ('queued', 'running')",
            id
        )
        .execute(&self.pool)
        .await
        .map_err(database)?;
        Ok(done.rows_affected() == 1)
    }

    /// Keeps the result of a run, once: a second worker's result of the same run is dropped.
    pub async fn finish_run(&self, id: Uuid, result: &RunResult) -> Result<()> {
        let mut tx = self.begin().await?;
        finish(&mut tx, id, result).await?;
        tx.commit().await.map_err(database)
    }

    /// Enters a run that was made at once, with its result.
    pub async fn add_finished_run(&self, application: Uuid, run: &NewRun, result: &RunResult) -> Result<()> {
        let mut tx = self.begin().await?;
        queue(&mut tx, application, run, None).await?;
        finish(&mut tx, run.id, result).await?;
        tx.commit().await.map_err(database)
    }

    /// Marks a run as failed, with the reason for people.
    pub async fn fail_run(&self, id: Uuid, reason: &Text) -> Result<()> {
        sqlx::query!(
            "update permit.check_run set state = 'failed', finished_at = now(), error = $2
             where id = $1 and state in ('queued', 'running')",
            id,
            json!(reason)
        )
        .execute(&self.pool)
        .await
        .map_err(database)?;
        Ok(())
    }

    /// The verdicts of a run, in order; geometry in EPSG:9218.
    pub async fn list_verdicts(&self, run: Uuid) -> Result<Vec<Verdict>> {
        let rows = sqlx::query!(
            "select rule, version, effect, verdict, work, parcels, measured, limit_value, unit, limit_source,
                binding, clause, message_vi, message_en, elements, geometry
             from permit.verdict where run = $1 order by position",
            run
        )
        .fetch_all(&self.pool)
        .await
        .map_err(database)?;
        rows.into_iter()
            .map(|r| {
                Ok(Verdict {
                    rule: r.rule,
                    version: u32::try_from(r.version).unwrap_or_default(),
                    effect: named::<Effect>(&r.effect)?,
                    verdict: named::<Outcome>(&r.verdict)?,
                    work: r.work,
                    parcels: r.parcels,
                    measured: r.measured,
                    limit: r.limit_value,
                    unit: r.unit,
                    limit_source: r.limit_source.map(parse::<LimitSource>).transpose()?,
                    binding: r.binding,
                    clause: r.clause,
                    message: Text::new(r.message_vi, r.message_en),
                    elements: r.elements,
                    geometry: r.geometry,
                })
            })
            .collect()
    }
}

async fn finish(db: &mut PgConnection, id: Uuid, result: &RunResult) -> Result<()> {
    let done = sqlx::query!(
        "update permit.check_run set state = 'done', finished_at = now(), ruleset_id = $2, ruleset_hash = $3,
            checker_version = $4, geometry_engine = $5, layer_epoch = $6, layer_revision = $7, input = $8,
            input_sha256 = $9, output_sha256 = $10
         where id = $1 and state in ('queued', 'running')",
        id,
        result.ruleset_id,
        result.ruleset_hash,
        result.checker_version,
        result.geometry_engine,
        result.layer_epoch,
        result.layer_revision,
        result.input,
        result.input_sha256,
        result.output_sha256
    )
    .execute(&mut *db)
    .await
    .map_err(database)?;
    if done.rows_affected() == 1 {
        for (position, verdict) in (0..).zip(&result.verdicts) {
            insert_verdict(db, id, position, verdict).await?;
        }
    }
    Ok(())
}

async fn insert_verdict(db: &mut PgConnection, run: Uuid, position: i32, v: &Verdict) -> Result<()> {
    sqlx::query!(
        "insert into permit.verdict (run, position, rule, version, effect, verdict, work, parcels, measured,
            limit_value, unit, limit_source, binding, clause, message_vi, message_en, elements, geometry)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        run,
        position,
        v.rule,
        i32::try_from(v.version).unwrap_or(i32::MAX),
        name(v.effect),
        name(v.verdict),
        v.work,
        &v.parcels,
        v.measured,
        v.limit,
        v.unit,
        v.limit_source.as_ref().map(|s| json!(s)),
        v.binding,
        v.clause,
        v.message.vi,
        v.message.en,
        &v.elements,
        v.geometry
    )
    .execute(db)
    .await
    .map_err(database)?;
    Ok(())
}

/// The serialised name of a plain enum.
fn name(value: impl serde::Serialize) -> String {
    json!(value).as_str().unwrap_or_default().to_owned()
}

fn named<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    parse(Value::String(text.to_owned()))
}

fn parse<T: serde::de::DeserializeOwned>(value: Value) -> Result<T> {
    serde_json::from_value(value).map_err(|e| Error::internal("read a kept verdict", e))
}
