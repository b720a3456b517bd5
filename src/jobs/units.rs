//! Communes of items: codes and names of any time on their way in, and the work that follows a change of boundaries.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{NaiveDate, Utc};
use serde::Serialize;
use serde_json::json;
use tokio::time::{interval, sleep};

use crate::layers::{Catalog, LayerDef, Value};
use crate::store::jobs::Lease;
use crate::store::reasons::Reason;
use crate::store::units::{Recomputed, UNITS_CLIENT, UNITS_JOB};
use crate::store::{Author, Store};
use crate::text::Text;
use crate::units::{self, Asked, By, Level, Outcome};
use crate::{Error, Result};

/// Different texts that are remembered; more are looked up again each time.
const REMEMBERED: usize = 10_000;
/// A lease of the command line, and how often it is renewed.
const LEASE_S: f64 = 60.0;
const RENEW_EVERY: Duration = Duration::from_secs(20);
/// How often another node's work is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What an import made of the communes in its file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct UnitCounts {
    /// Values that were codes of former units.
    pub from_codes: u64,
    /// Values that were names, of today's or of former units.
    pub from_names: u64,
    /// Features without a commune that got the one they lie in.
    pub filled: u64,
    /// Features that name another commune than the one they lie in; they are kept as the file has them.
    pub contradicted: u64,
}

/// Turns communes of any time into today's codes, row by row.
#[derive(Debug)]
pub struct Incoming {
    attributes: Vec<usize>,
    as_of: Option<NaiveDate>,
    today: NaiveDate,
    seen: HashMap<String, Found>,
    /// What was found so far.
    pub counts: UnitCounts,
}

/// What a text came to.
#[derive(Debug, Clone)]
enum Found {
    /// It stays: a code of today, or nothing that is known (the code list will refuse it).
    Stays,
    Code(By, String),
    Refused(Text),
}

impl Incoming {
    /// For rows of `def`, in a file of the day `as_of`.
    pub fn new(def: &LayerDef, as_of: Option<NaiveDate>) -> Self {
        let attributes = def.attributes.iter().enumerate().filter(|(_, a)| a.holds_unit()).map(|(i, _)| i);
        Self {
            attributes: attributes.collect(),
            as_of,
            today: units::day_in_vietnam(Utc::now()),
            seen: HashMap::new(),
            counts: UnitCounts::default(),
        }
    }

    /// Resolves a row's communes in place. The error says why one cannot be told.
    pub fn resolve(&mut self, def: &LayerDef, values: &mut [Value]) -> Result<(), Text> {
        for i in self.attributes.clone() {
            let Some(Value::Text(text)) =
                values.get(i).filter(|v| !matches!(v, Value::Text(t) if t.trim().is_empty()))
            else {
                continue;
            };
            match self.find(text) {
                Found::Stays => {}
                Found::Code(by, code) => {
                    match by {
                        By::Code => self.counts.from_codes += 1,
                        By::Name => self.counts.from_names += 1,
                    }
                    values[i] = Value::Text(code);
                }
                Found::Refused(reason) => {
                    let name = &def.attributes[i].name;
                    return Err(Text::new(
                        format!("{name}: {}", reason.vi),
                        format!("{name}: {}", reason.en),
                    ));
                }
            }
        }
        Ok(())
    }

    fn find(&mut self, text: &str) -> Found {
        if let Some(found) = self.seen.get(text) {
            return found.clone();
        }
        let found = self.look_up(text);
        if self.seen.len() < REMEMBERED {
            self.seen.insert(text.to_owned(), found.clone());
        }
        found
    }

    fn look_up(&self, text: &str) -> Found {
        match todays_code(text, self.as_of, self.today) {
            Ok(None) => Found::Stays,
            Ok(Some(found)) => Found::Code(found.by, found.code),
            Err(reason) => Found::Refused(reason),
        }
    }
}

/// What a commune that was given otherwise is by today's code.
#[derive(Debug, Clone, PartialEq)]
pub struct TodaysCode {
    /// By what it was known.
    pub by: By,
    /// Code of the commune that it is today.
    pub code: String,
    /// What became of it, in words.
    pub note: Text,
}

/// The one rule for communes that are written, from files and by hand: the commune of today that `text` (a code or
/// name of the day `as_of`, or of any time) means; none where the text stays as it is, for it is a code of today, or
/// nothing that is known, which the code list will refuse. The error says why one commune cannot be told.
pub fn todays_code(
    text: &str,
    as_of: Option<NaiveDate>,
    today: NaiveDate,
) -> Result<Option<TodaysCode>, Text> {
    let resolution = units::known().resolve(Asked { text, date: as_of, level: Some(Level::Commune), today });
    match resolution.only() {
        Some(unit) if unit.code == text => Ok(None),
        Some(unit) => Ok(Some(TodaysCode {
            by: resolution.by,
            code: unit.code.clone(),
            note: resolution.note().unwrap_or_else(|| unit.full_name()),
        })),
        None if resolution.outcome == Outcome::Unknown => Ok(None),
        None => {
            let Text { vi, en } = resolution.note().unwrap_or_default();
            Err(Text::new(
                format!("“{text}” không xác định được một xã, phường hiện nay: {vi}"),
                format!("“{text}” is not one commune of today: {en}"),
            ))
        }
    }
}

impl UnitCounts {
    /// What should be looked at.
    pub fn warnings(&self) -> Option<Text> {
        let n = self.contradicted;
        (n > 0).then(|| {
            Text::new(
                format!("{n} đối tượng ghi xã, phường khác với nơi chúng nằm; được giữ như trong tệp"),
                format!("{n} features name another commune than the one they lie in; they were kept as the file has them"),
            )
        })
    }
}

/// Does the recomputation that a job asks for.
pub async fn run_job(store: &Store) -> Result<serde_json::Value> {
    let done = recompute(store).await?;
    tracing::info!(items = done.items(), layers = done.layers.len(), "items have followed the boundaries");
    Ok(json!({ "items": done.items(), "layers": done.layers }))
}

/// Gives every item the commune that it lies in.
pub async fn recompute(store: &Store) -> Result<Recomputed> {
    let catalog: Catalog = store.catalog().await?;
    let author = Author::program(UNITS_CLIENT, Reason::Communes.text());
    store.recompute_units(&catalog, &author).await
}

/// Brings a recomputation that waits to its end: here, or by waiting for the node that has it. None if none waits.
pub async fn finish_waiting(store: &Store) -> Result<Option<serde_json::Value>> {
    let mut result = None;
    loop {
        if let Some(lease) = store.lease_units_job(LEASE_S).await? {
            let done = tokio::select! {
                done = run_job(store) => done,
                e = renew(store, &lease) => Err(e),
            };
            match done {
                Ok(value) => {
                    store.finish_job(&lease, &value).await?;
                    result = Some(value);
                }
                Err(e) => {
                    // It stays in the queue: a node will take it up.
                    let reason = Text::new(format!("Chưa tính lại xong: {e}"), format!("not finished: {e}"));
                    store.fail_job(&lease, &reason, Some(1.0)).await?;
                    return Err(e);
                }
            }
        }
        let Some(job) = store.find_units_job().await? else { return Ok(result) };
        sleep(LOOK_EVERY).await;
        if let Some(job) = store.find_job(job.id).await?
            && let Some(value) = job.result
        {
            result = Some(value);
        }
    }
}

/// Keeps the lease; comes back only when it is lost.
async fn renew(store: &Store, lease: &Lease) -> Error {
    let mut ticks = interval(RENEW_EVERY);
    loop {
        ticks.tick().await;
        if let Ok(false) = store.progress_job(lease, 0.5, LEASE_S).await {
            return Error::conflict(
                "một nút khác đang tính lại",
                format!("another node has the job {UNITS_JOB}"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn def() -> LayerDef {
        let catalog = crate::layers::embedded().unwrap();
        catalog.layer("market").unwrap().as_ref().clone()
    }

    fn resolve(incoming: &mut Incoming, text: &str) -> Result<Value, Text> {
        let def = def();
        let at = def.unit_index().unwrap();
        let mut values = vec![Value::Null; def.attributes.len()];
        values[at] = Value::Text(text.to_owned());
        incoming.resolve(&def, &mut values).map(|()| values[at].clone())
    }

    #[test]
    fn communes_of_any_time_become_todays_codes() {
        let mut incoming = Incoming::new(&def(), None);
        for (text, expected) in [
            ("24611", "24611"),
            ("24612", "24611"),
            ("24612", "24611"),
            ("TT. Đăk Mil", "24664"),
            ("Phường Bắc Gia Nghĩa", "24611"),
            ("xã Tân Thành, huyện Krông Nô", "24688"),
            // What is not known is left to the code list.
            ("xã Không Có", "xã Không Có"),
            (" ", " "),
        ] {
            assert_eq!(resolve(&mut incoming, text), Ok(Value::Text(expected.to_owned())), "{text}");
        }
        assert_eq!((incoming.counts.from_codes, incoming.counts.from_names), (2, 3));
        for text in ["Đắk Mil", "huyện Đắk Mil"] {
            let reason = resolve(&mut incoming, text).unwrap_err();
            assert!(reason.en.starts_with("commune_code: “"), "{}", reason.en);
        }
        let mut old = Incoming::new(&def(), "2020-01-01".parse().ok());
        assert_eq!(resolve(&mut old, "Đắk Mil"), Ok(Value::Text("24664".into())));
    }
}
