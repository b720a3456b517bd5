//! The queue's runner on this node: takes waiting jobs under a lease, a few at once, and renews the leases while it
//! works. A job whose node dies is taken up again when its lease ends; results are kept once (`finish_run`).

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{interval, sleep};

use super::{check_application, deadlines, housekeeping, model, quality, units};
use crate::error::{Error, Result};
use crate::state::AppState;
use crate::store::jobs::Lease;
use crate::store::permits::CHECK_JOB;
use crate::store::permits::files::FactsOrRefusal;
use crate::store::quality::QUALITY_JOB;
use crate::store::units::UNITS_JOB;

/// Kind of the job that reads an uploaded model; its payload is `{"sha256"}`.
pub const READ_MODEL_JOB: &str = "read_model";
/// Kinds of work that this runner does.
const KINDS: [&str; 4] = [READ_MODEL_JOB, CHECK_JOB, UNITS_JOB, QUALITY_JOB];
/// Jobs at once: parsing is bound by the processor, and requests must be served beside it.
const AT_ONCE: usize = 2;
/// A lease, and how often it is renewed.
const LEASE_S: f64 = 60.0;
const RENEW_EVERY: Duration = Duration::from_secs(20);
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
            Ok(Some(lease)) => perform(&state, &lease).await,
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

/// Does one job to its end, whatever it is.
async fn perform(state: &AppState, lease: &Lease) {
    let done = tokio::select! {
        done = dispatch(state, lease) => done,
        () = lose(state, lease) => {
            tracing::warn!(job = %lease.id, "the lease was lost; another worker has the job");
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

/// Renews the lease; returns when it is lost.
async fn lose(state: &AppState, lease: &Lease) {
    if lease.kind == QUALITY_JOB {
        // It renews its lease itself, with word of how far it is.
        return std::future::pending().await;
    }
    let mut ticks = interval(RENEW_EVERY);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        if let Ok(false) = state.store.progress_job(lease, 0.5, LEASE_S).await {
            return;
        }
    }
}

async fn dispatch(state: &AppState, lease: &Lease) -> Result<Value> {
    match lease.kind.as_str() {
        READ_MODEL_JOB => read_model(state, &lease.payload).await,
        UNITS_JOB => units::run_job(&state.store).await,
        CHECK_JOB => check_application::run_job(state, &lease.payload).await,
        QUALITY_JOB => quality::run_job(state, lease).await,
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
        matches!(error, Error::BadFile { .. } | Error::InvalidParameter { .. } | Error::NotFound { .. });
    if !final_ {
        tracing::error!(job = %lease.id, kind = lease.kind, attempt = lease.attempt, error = %error, "a job failed");
    }
    let reason = check_application::failure(error);
    if lease.kind == CHECK_JOB && (final_ || lease.last_attempt) {
        check_application::fail_job(state, &lease.payload, &reason).await?;
    }
    state.store.fail_job(lease, &reason, (!final_).then_some(RETRY_AFTER_S)).await
}
