//! When layers changed, kept for a while: the catalogue is read far more often than layers change, and it must be
//! readable while the database is away.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Datelike, Months, TimeZone, Utc};
use uuid::Uuid;

use crate::Result;
use crate::state::AppState;
use crate::store::activity::{LastChange, Month};

/// Months in a layer's chart, the present one included.
pub const MONTHS: u32 = 12;
/// How long a chart may lag behind.
const MONTHS_FOR: Duration = Duration::from_mins(10);
/// How long the database is not asked again after it was away: the map must not wait for what it can do without.
const AWAY_FOR: Duration = Duration::from_secs(10);
/// Seconds of Vietnam's zone before UTC: a month begins there.
const VIETNAM_S: i32 = 7 * 3600;

/// Last changes by layer.
pub type LastChanges = Arc<BTreeMap<String, LastChange>>;

/// What is known, shared by the catalogue's pages.
#[derive(Debug, Clone, Default)]
pub struct Activity(Arc<Known>);

/// A layer's months, and when they were read.
type Charted = (Instant, Arc<Vec<Month>>);

#[derive(Debug, Default)]
struct Known {
    /// With the position of memory at which they were read.
    last: Mutex<Option<((Uuid, i64), LastChanges)>>,
    months: Mutex<HashMap<String, Charted>>,
    /// When the database could not be asked.
    failed: Mutex<Option<Instant>>,
}

impl Activity {
    /// The last change of every layer. Answered from what is known while the database is away.
    pub async fn last(&self, state: &AppState) -> Result<LastChanges> {
        let snapshot = state.features.snapshot();
        let now = (snapshot.epoch, snapshot.revision);
        let kept = self.0.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, last)) = &kept
            && *at == now
        {
            return Ok(last.clone());
        }
        let layers: Vec<String> = state.catalog.load().layers.keys().cloned().collect();
        match state.store.list_last_changes(&layers).await {
            Ok(found) => {
                let last: LastChanges = Arc::new(found.into_iter().map(|c| (c.layer.clone(), c)).collect());
                *self.0.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, last.clone()));
                Ok(last)
            }
            Err(e) => kept.map(|(_, last)| last).ok_or(e),
        }
    }

    fn kept(&self) -> Option<LastChanges> {
        self.0.last.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|(_, last)| last.clone())
    }

    /// The same, or nothing where it cannot be known now: for answers that are worth giving without.
    pub async fn known(&self, state: &AppState) -> Option<LastChanges> {
        let failed = *self.0.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.is_some_and(|at| at.elapsed() < AWAY_FOR) {
            return self.kept();
        }
        let last = self.last(state).await;
        *self.0.failed.lock().unwrap_or_else(PoisonError::into_inner) = last.is_err().then(Instant::now);
        last.inspect_err(|e| tracing::warn!(error = %e, "when layers changed cannot be read")).ok()
    }

    /// Changes of a layer in each of the last twelve months, the oldest first.
    pub async fn months(&self, state: &AppState, layer: &str) -> Result<Arc<Vec<Month>>> {
        let kept = self.0.months.lock().unwrap_or_else(PoisonError::into_inner).get(layer).cloned();
        if let Some((at, months)) = &kept
            && at.elapsed() < MONTHS_FOR
        {
            return Ok(months.clone());
        }
        let wanted = calendar(Utc::now());
        match state.store.list_months(layer, begin(&wanted)).await {
            Ok(found) => {
                let months = Arc::new(filled(wanted, &found));
                let mut all = self.0.months.lock().unwrap_or_else(PoisonError::into_inner);
                all.insert(layer.to_owned(), (Instant::now(), months.clone()));
                Ok(months)
            }
            Err(e) => kept.map(|(_, months)| months).ok_or(e),
        }
    }
}

/// Year and month of the last twelve months, the oldest first.
fn calendar(now: DateTime<Utc>) -> Vec<(i32, u32)> {
    let zone =
        chrono::FixedOffset::east_opt(VIETNAM_S).unwrap_or(chrono::FixedOffset::east_opt(0).expect("zero"));
    let first = now.with_timezone(&zone).date_naive().with_day(1).unwrap_or_default();
    let back = |n| first.checked_sub_months(Months::new(n)).unwrap_or(first);
    (0..MONTHS).rev().map(back).map(|d| (d.year(), d.month())).collect()
}

fn begin(months: &[(i32, u32)]) -> DateTime<Utc> {
    let (year, month) = months[0];
    let local = Utc.with_ymd_and_hms(year, month, 1, 0, 0, 0).single().unwrap_or_default();
    local - chrono::Duration::seconds(i64::from(VIETNAM_S))
}

fn filled(wanted: Vec<(i32, u32)>, found: &[Month]) -> Vec<Month> {
    let month = |(year, month)| {
        let name = format!("{year:04}-{month:02}");
        let known = found.iter().find(|m| m.month == name).cloned();
        known.unwrap_or(Month { month: name, revisions: 0, items: Some(0) })
    };
    wanted.into_iter().map(month).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_those_of_vietnam_and_none_is_missing() {
        // Half past one at night on the first of March in Vietnam is still February in UTC.
        let now = Utc.with_ymd_and_hms(2026, 2, 28, 18, 30, 0).unwrap();
        let wanted = calendar(now);
        assert_eq!((wanted[0], wanted[11]), ((2025, 4), (2026, 3)));
        assert_eq!(begin(&wanted).to_rfc3339(), "2025-03-31T17:00:00+00:00");
        let march = Month { month: "2026-03".into(), revisions: 4, items: None };
        let months = filled(wanted, std::slice::from_ref(&march));
        assert_eq!((months.len(), &months[11], months[0].revisions), (12, &march, 0));
    }
}
