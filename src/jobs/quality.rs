//! Running the quality rules of a layer: reads the layers in memory, keeps what was found. As a job on a node, or by
//! the command line with layers that it loads itself.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use geozero::{CoordDimensions, ToWkb};
use serde::{Deserialize, Serialize};
use tokio::time::interval;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::features::{LayerBuilder, Snapshot};
use crate::layers::{Catalog, QualityKind, Severity};
use crate::quality::{self, Control, Problem, Report, Request};
use crate::state::AppState;
use crate::store::jobs::Lease;
pub use crate::store::quality::QUALITY_JOB;
use crate::store::quality::{NewProblem, QualityRun};
use crate::store::reasons::Reason;
use crate::store::{Author, Position, Store};
use crate::text::Text;

/// Problems of one rule that are kept; all are counted.
const LIST_LIMIT: usize = 5_000;
/// How often a job tells how far it is.
const TELL_EVERY: Duration = Duration::from_millis(500);
/// A lease while a run is at work.
const LEASE_S: f64 = 60.0;
/// Vietnam is seven hours before UTC all year.
const VIETNAM: chrono::TimeDelta = chrono::TimeDelta::hours(7);

/// What one rule found, as it is kept and answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleCount {
    /// The rule's id.
    pub rule: String,
    /// What it asks.
    pub title: Text,
    /// Kind.
    pub kind: QualityKind,
    /// Severity.
    pub severity: Severity,
    /// Problems in all.
    pub count: u64,
    /// Problems that are kept, the worst ones.
    pub listed: u64,
    /// Why it could not be asked.
    pub not_run: Option<Text>,
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The layer.
    pub layer: String,
    /// Revision of the data.
    pub revision: i64,
    /// Items looked at.
    pub items: u64,
    /// Problems of severity error.
    pub errors: u64,
    /// Problems of severity warning.
    pub warnings: u64,
    /// Rule by rule.
    pub rules: Vec<RuleCount>,
    /// Where the database stands; none if the problems are the same as before.
    pub position: Option<Position>,
}

/// Layers whose rules are asked again when `layer` changes: itself, and those that have a rule about it.
pub fn concerned(catalog: &Catalog, layer: &str) -> Vec<String> {
    let about = |def: &crate::layers::LayerDef| {
        def.id == layer || def.quality.iter().any(|r| r.layer.as_deref() == Some(layer))
    };
    let found = catalog.layers.values().filter(|def| about(def) && !def.quality_rules().is_empty());
    found.map(|def| def.id.clone()).collect()
}

/// Queues the runs that an import into `layer` makes due, and gives the jobs.
pub async fn after_import(
    store: &Store,
    catalog: &Catalog,
    layer: &str,
    by: Option<Uuid>,
) -> Result<Vec<Uuid>> {
    store.queue_quality(&concerned(catalog, layer), by).await
}

/// The layers that a run of `layers` reads, in one state of the database.
pub async fn load(store: &Store, layers: &[String]) -> Result<(Arc<Snapshot>, Arc<Catalog>)> {
    let database = store.snapshot().await?;
    let catalog = database.catalog().clone();
    let mut ids: BTreeSet<&str> = layers.iter().map(String::as_str).collect();
    for def in layers.iter().filter_map(|id| catalog.layer(id)) {
        ids.extend(def.quality.iter().filter_map(|r| r.layer.as_deref()));
    }
    let position = database.position();
    let mut snapshot = Snapshot::new(position.epoch, position.revision);
    for def in ids.into_iter().filter_map(|id| catalog.layer(id)) {
        let mut builder = LayerBuilder::new(def.clone());
        database.load(def, |row| builder.push_ref(&row)).await?;
        snapshot.insert(builder.build());
    }
    database.close().await?;
    Ok((Arc::new(snapshot), Arc::new(catalog)))
}

/// Asks all rules of `layer` and keeps what was found.
pub async fn run(
    store: &Store,
    snapshot: Arc<Snapshot>,
    catalog: Arc<Catalog>,
    layer: &str,
    by: Option<Uuid>,
    control: Arc<Control>,
) -> Result<Summary> {
    let started_at = Utc::now();
    let today = (started_at + VIETNAM).date_naive();
    let id = layer.to_owned();
    let report = tokio::task::spawn_blocking(move || {
        let request =
            Request { snapshot: &snapshot, catalog: &catalog, layer: &id, today, list_limit: LIST_LIMIT };
        quality::run(&request, &control)
    })
    .await
    .map_err(|e| Error::internal("quality rules", e))??;
    let mut summary = summary(&report);
    let run = QualityRun {
        id: Uuid::now_v7(),
        layer: layer.to_owned(),
        revision: report.revision,
        rules: serde_json::to_value(&summary.rules).map_err(|e| Error::internal("quality run", e))?,
        errors: summary.errors as i64,
        warnings: summary.warnings as i64,
        items: summary.items as i64,
        started_at,
        finished_at: Utc::now(),
        requested_by: by,
    };
    let author = Author { actor: by, reason: Reason::Quality(layer).text(), client: "quality".to_owned() };
    summary.position = store.keep_quality_run(&run, &rows(&report)?, &author).await?;
    Ok(summary)
}

fn summary(report: &Report) -> Summary {
    let sum = |severity: Severity| {
        report.rules.iter().filter(|r| r.rule.severity == severity).map(|r| r.count).sum()
    };
    let rules = report.rules.iter().map(|r| RuleCount {
        rule: r.rule.id.clone(),
        title: r.rule.title.clone(),
        kind: r.rule.kind,
        severity: r.rule.severity,
        count: r.count,
        listed: r.problems.len() as u64,
        not_run: r.not_run.clone(),
    });
    Summary {
        layer: report.layer.clone(),
        revision: report.revision,
        items: report.items,
        errors: sum(Severity::Error),
        warnings: sum(Severity::Warning),
        rules: rules.collect(),
        position: None,
    }
}

fn rows(report: &Report) -> Result<Vec<NewProblem>> {
    let mut seen = BTreeSet::new();
    let mut rows = Vec::new();
    for result in &report.rules {
        for p in &result.problems {
            // Two gaps at one place to the decimetre are one on the map; they stay two in the count.
            if seen.insert((&result.rule.id, &p.key)) {
                rows.push(row(result, p)?);
            }
        }
    }
    Ok(rows)
}

fn row(result: &quality::RuleResult, p: &Problem) -> Result<NewProblem> {
    let hex = |g: &geo::Geometry<f64>| {
        let wkb = g.to_wkb(CoordDimensions::xy()).map_err(|e| Error::internal("place of a problem", e))?;
        Ok::<_, Error>(hex::encode(wkb))
    };
    Ok(NewProblem {
        rule: result.rule.id.clone(),
        key: p.key.clone(),
        kind: result.rule.kind.as_str().to_owned(),
        severity: result.rule.severity.as_str().to_owned(),
        item_fid: p.item,
        item_label: p.item_label.clone(),
        other_layer: p.other.as_ref().map(|(layer, _)| layer.clone()),
        other_fid: p.other.as_ref().map(|(_, fid)| *fid),
        message_vi: p.message.vi.clone(),
        message_en: p.message.en.clone(),
        measured: p.measured,
        unit: p.unit.clone(),
        point: p.point.map(|point| hex(&point.into())).transpose()?,
        geom: p.geometry.as_ref().map(hex).transpose()?,
    })
}

/// Stops the run when the one who waits for it goes away.
struct StopOnDrop(Arc<Control>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// The job, on a node that has the layers in memory.
pub async fn run_job(state: &AppState, lease: &Lease) -> Result<serde_json::Value> {
    // The job was queued in a revision that this node may not have yet.
    state.feed.catch_up(state.store.position().await?).await?;
    let (snapshot, catalog) = (state.features.snapshot(), state.catalog.load_full());
    let summary = leased(&state.store, snapshot, catalog, lease).await?;
    if let Some(position) = summary.position {
        state.feed.catch_up(position).await?;
    }
    serde_json::to_value(summary).map_err(|e| Error::internal("quality summary", e))
}

/// The job under its lease, with word of how far it is.
pub async fn leased(
    store: &Store,
    snapshot: Arc<Snapshot>,
    catalog: Arc<Catalog>,
    lease: &Lease,
) -> Result<Summary> {
    let layer = lease.payload["layer"].as_str().unwrap_or_default().to_owned();
    let control = Arc::new(Control::default());
    let _stop = StopOnDrop(control.clone());
    let work = run(store, snapshot, catalog, &layer, lease.requested_by, control.clone());
    tokio::pin!(work);
    let mut ticks = interval(TELL_EVERY);
    loop {
        tokio::select! {
            done = &mut work => return done,
            _ = ticks.tick() => {
                // A database that is away for a moment is no reason to stop; a lost lease is.
                if let Ok(false) = store.progress_job(lease, control.progress(), LEASE_S).await {
                    return Err(Error::conflict("Công việc đã được giao cho nút khác.", "Another worker has the job."));
                }
            }
        }
    }
}
