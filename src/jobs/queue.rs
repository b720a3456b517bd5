//! The queue's runner on this node: takes waiting jobs under a lease, a few at once, and renews the leases while it
//! works. A job whose node dies is taken up again when its lease ends; results are kept once (`finish_run`).

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{interval, sleep};

use super::undo::{self, UNDO_JOB};
use super::{check_application, deadlines, housekeeping, imports, model, quality, units};
use crate::error::{Error, Result};
use crate::state::AppState;
use crate::store::jobs::{IMPORT_JOB, Lease};
use crate::store::permits::CHECK_JOB;
use crate::store::permits::files::FactsOrRefusal;
use crate::store::quality::QUALITY_JOB;
use crate::store::units::UNITS_JOB;

/// Kind of the job that reads an uploaded model; its payload is `{"sha256"}`.
pub const READ_MODEL_JOB: &str = "read_model";
/// Kinds of work that this runner does.
const KINDS: [&str; 6] = [READ_MODEL_JOB, CHECK_JOB, UNITS_JOB, QUALITY_JOB, IMPORT_JOB, UNDO_JOB];
/// Jobs at once: parsing is bound by the processor, and requests must be served beside it.
const AT_ONCE: usize = 2;
/// A lease, and how often it is renewed.
const LEASE_S: f64 = 60.0;
const RENEW_EVERY: Duration = Duration::from_secs(20);
/// How often a job's progress is told, if it has changed.
const TELL_EVERY: Duration = Duration::from_millis(500);
/// How long an idle runner waits before it looks again.
const IDLE: Duration = Duration::from_millis(250);
/// Time before a job that failed for a passing reason is tried again.
const RETRY_AFTER_S: f64 = 5.0;
/// How often the deadlines of cases are looked at.
const DEADLINES_EVERY: Duration = Duration::from_mins(1);

/// How often the database is tidied.
const HOUSEKEEPING_EVERY: Duration = Duration::from_hours(24);

/// The running workers of this node.
#[derive(Debug)]
pub struct Runner {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Runner {
    /// Starts the workers, the watch over deadlines, and the daily housekeeping.
    pub fn start(state: &AppState) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut tasks: Vec<_> =
            (0..AT_ONCE).map(|_| tokio::spawn(work(state.clone(), stopped.clone()))).collect();
        tasks.push(tokio::spawn(watch_deadlines(state.clone(), stopped.clone())));
        tasks.push(tokio::spawn(keep_house(state.clone(), stopped)));
        Self { stop, tasks }
    }

    /// Lets the jobs at work come to their end, then stops.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        for task in self.tasks {
            let _ = task.await;
        }
    }
}

async fn work(state: AppState, stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        match state.store.lease_job(&KINDS, LEASE_S).await {
            Ok(Some(lease)) => perform(&state, &lease, &stopped).await,
            Ok(None) => pause(&stopped, IDLE).await,
            Err(e) => {
                // The database is away: jobs wait there and go on when it is back.
                tracing::warn!(error = %e, "the job queue cannot be read");
                pause(&stopped, Duration::from_secs(1)).await;
            }
        }
    }
}

async fn watch_deadlines(state: AppState, stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        if let Err(e) = deadlines::pass(&state).await {
            tracing::warn!(error = %e, "deadlines could not be looked at");
        }
        pause(&stopped, DEADLINES_EVERY).await;
    }
}

async fn keep_house(state: AppState, stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        if let Err(e) = housekeeping::pass(&state).await {
            tracing::warn!(error = %e, "the database could not be tidied");
        }
        pause(&stopped, HOUSEKEEPING_EVERY).await;
    }
}

async fn pause(stopped: &watch::Receiver<bool>, time: Duration) {
    let mut stopped = stopped.clone();
    tokio::select! {
        () = sleep(time) => {}
        _ = stopped.changed() => {}
    }
}

/// How far a job is, 0 … 1; shared by the work and by what tells of it.
#[derive(Debug, Clone)]
pub struct Share(Arc<AtomicU32>);

impl Default for Share {
    /// Half way: what a job says that cannot tell.
    fn default() -> Self {
        Self(Arc::new(AtomicU32::new(0.5_f32.to_bits())))
    }
}

impl Share {
    /// Sets it.
    pub fn set(&self, share: f32) {
        self.0.store(share.to_bits(), Ordering::Relaxed);
    }

    fn get(&self) -> f32 {
        f32::from_bits(self.0.load(Ordering::Relaxed))
    }
}

/// Does one job to its end, whatever it is. An import may take an hour: where the node stops, it is given back.
async fn perform(state: &AppState, lease: &Lease, stopped: &watch::Receiver<bool>) {
    let share = Share::default();
    let done = tokio::select! {
        done = dispatch(state, lease, &share) => done,
        () = lose(state, lease, &share) => {
            tracing::warn!(job = %lease.id, "the lease was lost; another worker has the job");
            return;
        }
        () = stop(stopped.clone()), if matches!(lease.kind.as_str(), IMPORT_JOB | UNDO_JOB) => {
            if let Err(e) = state.store.return_job(lease).await {
                tracing::warn!(job = %lease.id, error = %e, "a job could not be given back; it waits for its lease");
            }
            return;
        }
    };
    let kept = match done {
        Ok(result) => state.store.finish_job(lease, &result).await,
        Err(e) => give_up(state, lease, &e).await,
    };
    if let Err(e) = kept {
        tracing::error!(job = %lease.id, error = %e, "a job's end could not be written; it will run again");
    }
}

async fn stop(mut stopped: watch::Receiver<bool>) {
    // An error means that the runner itself is gone: that is a stop too.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// Renews the lease and tells of the progress; returns when the lease is lost.
async fn lose(state: &AppState, lease: &Lease, share: &Share) {
    if lease.kind == QUALITY_JOB {
        // It renews its lease itself, with word of how far it is.
        return std::future::pending().await;
    }
    let mut ticks = interval(TELL_EVERY);
    let (mut told, mut at) = (share.get(), Instant::now());
    loop {
        ticks.tick().await;
        let now = share.get();
        if at.elapsed() < RENEW_EVERY && (now - told).abs() < 0.01 {
            continue;
        }
        (told, at) = (now, Instant::now());
        if let Ok(false) = state.store.progress_job(lease, now, LEASE_S).await {
            return;
        }
    }
}

async fn dispatch(state: &AppState, lease: &Lease, share: &Share) -> Result<Value> {
    match lease.kind.as_str() {
        READ_MODEL_JOB => read_model(state, &lease.payload).await,
        UNITS_JOB => units::run_job(&state.store).await,
        CHECK_JOB => check_application::run_job(state, &lease.payload).await,
        QUALITY_JOB => quality::run_job(state, lease).await,
        IMPORT_JOB => imports::run_job(state, lease, share).await,
        UNDO_JOB => undo::run_job(state, lease, share).await,
        other => Err(Error::Setup(format!("no such job: {other}"))),
    }
}

/// Reads a model at upload, so that the applicant learns at once whether it can be read.
async fn read_model(state: &AppState, payload: &Value) -> Result<Value> {
    let sha256 = payload["sha256"].as_str().unwrap_or_default();
    match model::facts(state, sha256).await? {
        FactsOrRefusal::Facts(facts) => Ok(json!({
            "sha256": sha256, "schema": facts.schema, "entities": facts.entities,
            "buildings": facts.buildings.len(), "warnings": facts.warnings,
        })),
        FactsOrRefusal::Refusal(reason) => Err(Error::BadFile { place: "model".to_owned(), reason }),
    }
}

/// A refused file stays refused; anything else may pass and is tried again.
async fn give_up(state: &AppState, lease: &Lease, error: &Error) -> Result<bool> {
    let final_ =
        matches!(error, Error::BadFile { .. } | Error::InvalidParameter { .. } | Error::NotFound { .. })
            || matches!(lease.kind.as_str(), IMPORT_JOB | UNDO_JOB)
                && matches!(error, Error::Conflict { .. });
    if !final_ {
        tracing::error!(job = %lease.id, kind = lease.kind, attempt = lease.attempt, error = %error, "a job failed");
    }
    let reason = check_application::failure(error);
    if lease.kind == CHECK_JOB && (final_ || lease.last_attempt) {
        check_application::fail_job(state, &lease.payload, &reason).await?;
    }
    state.store.fail_job(lease, &reason, (!final_).then_some(RETRY_AFTER_S)).await
}
