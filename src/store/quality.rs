//! Quality runs and the problems that the latest one of each layer found (migration 0021).

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::feed::{self, Author, Position};
use super::{Store, Tx};
use crate::{Error, Result};

/// Kind of the job that runs the rules of a layer; its payload is `{"layer"}`.
pub const QUALITY_JOB: &str = "quality";

/// Layers that show the problems: where they are, and the areas that they take up.
pub const PROBLEM_LAYERS: [&str; 2] = ["quality_problem", "quality_problem_area"];

/// A run of the rules of one layer.
#[derive(Debug, Clone, PartialEq)]
pub struct QualityRun {
    /// Id.
    pub id: Uuid,
    /// The layer.
    pub layer: String,
    /// Revision of the data that were looked at.
    pub revision: i64,
    /// What each rule found, as JSON.
    pub rules: serde_json::Value,
    /// Problems of rules whose severity is error.
    pub errors: i64,
    /// Problems of rules whose severity is warning.
    pub warnings: i64,
    /// Items looked at.
    pub items: i64,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it was kept.
    pub finished_at: DateTime<Utc>,
    /// Account that asked for it.
    pub requested_by: Option<Uuid>,
}

/// A problem to be kept.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NewProblem {
    /// The rule's id.
    pub rule: String,
    /// Tells it from others of its rule, from run to run.
    pub key: String,
    /// Kind of the rule.
    pub kind: String,
    /// Severity of the rule.
    pub severity: String,
    /// The item.
    pub item_fid: Option<i64>,
    /// Its name.
    pub item_label: Option<String>,
    /// Layer of the item that it is in conflict with.
    pub other_layer: Option<String>,
    /// That item.
    pub other_fid: Option<i64>,
    /// What is wrong.
    pub message_vi: String,
    /// What is wrong.
    pub message_en: String,
    /// By how much, in `unit`.
    pub measured: Option<f64>,
    /// Unit of `measured`.
    pub unit: Option<String>,
    /// Mark on the map, ISO WKB in EPSG:9218, in hexadecimal digits.
    pub point: Option<String>,
    /// What is wrong on the map, as `point`.
    pub geom: Option<String>,
}

/// A run that waits or is at work.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenJob {
    /// The job.
    pub id: Uuid,
    /// The layer.
    pub layer: String,
    /// Whether a worker has it.
    pub is_running: bool,
    /// 0 … 1.
    pub progress: f32,
}

impl Store {
    /// Keeps a run, and its problems in the place of the layer's earlier ones: in one transaction, with its record
    /// in the feed where anything is other than before. A problem that is known by rule and key keeps its fid and
    /// the time when it was found first.
    pub async fn keep_quality_run(
        &self,
        run: &QualityRun,
        problems: &[NewProblem],
        author: &Author,
    ) -> Result<Option<Position>> {
        let mut tx = self.begin().await?;
        // Two runs of one layer are kept one after the other.
        sqlx::query!("select pg_advisory_xact_lock(7205, hashtext('quality ' || $1))", run.layer)
            .execute(&mut *tx)
            .await?;
        insert_run(&mut tx, run).await?;
        let mut changed = close_missing(&mut tx, run, problems).await?;
        let written = upsert(&mut tx, run, problems).await?;
        changed.extend(&written);
        let mut position = None;
        if !changed.is_empty() {
            let revision = feed::bump(&mut tx, author).await?;
            sqlx::query!(
                "update dothi.quality_problem set version = $1 where fid = any($2)",
                revision.position.revision,
                &written
            )
            .execute(&mut *tx)
            .await?;
            for layer in PROBLEM_LAYERS {
                feed::change(&mut tx, &revision, layer, Some(&changed)).await?;
            }
            position = Some(revision.position);
        }
        tx.commit().await?;
        Ok(position)
    }

    /// The latest run of each layer, by layer.
    pub async fn list_quality_runs(&self) -> Result<Vec<QualityRun>> {
        Ok(sqlx::query_as!(
            QualityRun,
            "select distinct on (layer) id, layer, revision, rules, errors, warnings, items, started_at, finished_at,
                 requested_by
             from dothi.quality_run order by layer, finished_at desc"
        )
        .fetch_all(&self.pool)
        .await?)
    }

    /// The latest run of a layer.
    pub async fn find_quality_run(&self, layer: &str) -> Result<Option<QualityRun>> {
        Ok(sqlx::query_as!(
            QualityRun,
            "select id, layer, revision, rules, errors, warnings, items, started_at, finished_at, requested_by
             from dothi.quality_run where layer = $1 order by finished_at desc limit 1",
            layer
        )
        .fetch_optional(&self.pool)
        .await?)
    }

    /// The last revision in which each of these layers or its definition changed; one that never did is left out.
    pub async fn list_layer_revisions(&self, layers: &[String]) -> Result<Vec<(String, i64)>> {
        let rows = sqlx::query!(
            r#"select l.layer as "layer!", c.revision as "revision!"
               from unnest($1::text[]) as l (layer),
                    lateral (select revision from dothi.feed_change f where f.layer = l.layer
                             order by revision desc limit 1) as c"#,
            layers
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|r| (r.layer, r.revision)).collect())
    }

    /// Queues a run of each layer that has none waiting, and gives the jobs that will do them.
    pub async fn queue_quality(&self, layers: &[String], by: Option<Uuid>) -> Result<Vec<Uuid>> {
        let mut tx = self.begin().await?;
        // Two askers at once get the same job.
        sqlx::query!("select pg_advisory_xact_lock(7205, 21)").execute(&mut *tx).await?;
        let mut jobs = Vec::with_capacity(layers.len());
        for layer in layers {
            let waiting = sqlx::query_scalar!(
                "select id from dothi.job where kind = 'quality' and state = 'queued' and payload->>'layer' = $1 limit 1",
                layer
            )
            .fetch_optional(&mut *tx)
            .await?;
            jobs.push(match waiting {
                Some(job) => job,
                None => {
                    let payload = serde_json::json!({ "layer": layer });
                    super::jobs::enqueue(&mut tx, QUALITY_JOB, &payload, by).await?
                }
            });
        }
        tx.commit().await?;
        Ok(jobs)
    }

    /// Runs that wait or are at work.
    pub async fn list_open_quality_jobs(&self) -> Result<Vec<OpenJob>> {
        Ok(sqlx::query_as!(
            OpenJob,
            r#"select id, payload->>'layer' as "layer!", state = 'running' as "is_running!", progress
               from dothi.job where kind = 'quality' and state in ('queued', 'running')
               order by state desc, created_at"#
        )
        .fetch_all(&self.pool)
        .await?)
    }
}

async fn insert_run(tx: &mut Tx, run: &QualityRun) -> Result<()> {
    sqlx::query!(
        "insert into dothi.quality_run (id, layer, revision, rules, errors, warnings, items, started_at, finished_at,
             requested_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        run.id,
        run.layer,
        run.revision,
        run.rules,
        run.errors,
        run.warnings,
        run.items,
        run.started_at,
        run.finished_at,
        run.requested_by
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Problems that are no more; gives their fids.
async fn close_missing(tx: &mut Tx, run: &QualityRun, problems: &[NewProblem]) -> Result<Vec<i64>> {
    let rules: Vec<String> = problems.iter().map(|p| p.rule.clone()).collect();
    let keys: Vec<String> = problems.iter().map(|p| p.key.clone()).collect();
    Ok(sqlx::query_scalar!(
        "delete from dothi.quality_problem p where layer = $1 and not exists (
             select from unnest($2::text[], $3::text[]) as n (rule, key) where n.rule = p.rule and n.key = p.key)
         returning fid",
        run.layer,
        &rules,
        &keys
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// New problems, and known ones that have changed; gives their fids.
async fn upsert(tx: &mut Tx, run: &QualityRun, problems: &[NewProblem]) -> Result<Vec<i64>> {
    let problems = serde_json::to_value(problems).map_err(|e| Error::internal("quality problems", e))?;
    Ok(sqlx::query_scalar!(
        "insert into dothi.quality_problem as p (version, run, layer, rule, key, kind, severity, item_fid, item_label,
             other_layer, other_fid, message_vi, message_en, measured, unit, found_at, point, geom)
         select 0, $1, $2, rule, key, kind, severity, item_fid, item_label, other_layer, other_fid, message_vi,
             message_en, measured, unit, $3, ST_GeomFromWKB(decode(point, 'hex'), 9218),
             ST_GeomFromWKB(decode(geom, 'hex'), 9218)
         from jsonb_to_recordset($4) as n (rule text, key text, kind text, severity text, item_fid bigint,
             item_label text, other_layer text, other_fid bigint, message_vi text, message_en text,
             measured double precision, unit text, point text, geom text)
         on conflict (layer, rule, key) do update set
             run = excluded.run, version = 0, kind = excluded.kind, severity = excluded.severity,
             item_fid = excluded.item_fid, item_label = excluded.item_label, other_layer = excluded.other_layer,
             other_fid = excluded.other_fid, message_vi = excluded.message_vi, message_en = excluded.message_en,
             measured = excluded.measured, unit = excluded.unit, point = excluded.point, geom = excluded.geom
         where (p.kind, p.severity, p.item_fid, p.item_label, p.other_layer, p.other_fid, p.message_vi, p.message_en,
                p.measured, p.unit, ST_AsBinary(p.point), ST_AsBinary(p.geom))
             is distinct from (excluded.kind, excluded.severity, excluded.item_fid, excluded.item_label,
                excluded.other_layer, excluded.other_fid, excluded.message_vi, excluded.message_en,
                excluded.measured, excluded.unit, ST_AsBinary(excluded.point), ST_AsBinary(excluded.geom))
         returning fid",
        run.id,
        run.layer,
        run.finished_at,
        problems
    )
    .fetch_all(&mut **tx)
    .await?)
}
