//! Working days of Vietnamese authorities: weekends, public holidays and swapped days as data
//! (`schema/calendar/vietnam.toml`), in Vietnam's time (UTC+7, no daylight saving).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, Days, FixedOffset, NaiveDate, NaiveTime, TimeZone, Utc, Weekday};
use serde::Deserialize;

use crate::{Error, Result, text::Text};

/// Seconds that Vietnam's time is ahead of UTC.
const OFFSET_S: i32 = 7 * 3600;

/// Which days count, and when an office day ends.
#[derive(Debug, Clone)]
pub struct Calendar {
    off: BTreeMap<NaiveDate, Holiday>,
    working: BTreeSet<NaiveDate>,
    years: BTreeSet<i32>,
    office_end: NaiveTime,
}

/// Why a day is no working day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holiday {
    /// Name.
    pub title: Text,
    /// The notice or law it was taken from.
    pub source: String,
    /// Whether the official notice was seen.
    pub confirmed: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CalendarFile {
    office_end: String,
    #[allow(dead_code, reason = "kept for people: says that the hour is a setting")]
    office_end_source: String,
    years: BTreeSet<i32>,
    #[serde(default)]
    off: Vec<OffEntry>,
    #[serde(default)]
    working: Vec<WorkingEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OffEntry {
    from: NaiveDate,
    to: Option<NaiveDate>,
    title: Text,
    source: String,
    #[serde(default = "yes")]
    confirmed: bool,
    #[serde(default = "yes")]
    off: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WorkingEntry {
    date: NaiveDate,
    #[allow(dead_code, reason = "kept for people")]
    title: Text,
    #[allow(dead_code, reason = "kept for people")]
    source: String,
}

fn yes() -> bool {
    true
}

impl Calendar {
    /// Reads a calendar file. The error names the entry that is wrong.
    pub fn parse(name: &str, toml: &str) -> Result<Self> {
        let bad = |why: String| Error::Setup(format!("{name}: {why}"));
        let file: CalendarFile = toml::from_str(toml).map_err(|e| bad(e.to_string()))?;
        let office_end = NaiveTime::parse_from_str(&file.office_end, "%H:%M")
            .map_err(|_| bad(format!("office_end: {} is not a time HH:MM", file.office_end)))?;
        let mut off = BTreeMap::new();
        for entry in file.off {
            let to = entry.to.unwrap_or(entry.from);
            if to < entry.from || !file.years.contains(&to.year()) {
                return Err(bad(format!(
                    "off.from {}: ends before it starts or lies outside `years`",
                    entry.from
                )));
            }
            for day in entry.from.iter_days().take_while(|d| *d <= to).filter(|_| entry.off) {
                let holiday = Holiday {
                    title: entry.title.clone(),
                    source: entry.source.clone(),
                    confirmed: entry.confirmed,
                };
                if off.insert(day, holiday).is_some() {
                    return Err(bad(format!("off: {day} is listed twice")));
                }
            }
        }
        let working = file.working.into_iter().map(|w| w.date).collect::<BTreeSet<_>>();
        if let Some(day) = working.iter().find(|d| off.contains_key(d) || !is_weekend(**d)) {
            return Err(bad(format!("working: {day} is a day off, or no weekend day")));
        }
        Ok(Self { off, working, years: file.years, office_end })
    }

    /// Whether offices work on that day.
    pub fn is_working_day(&self, day: NaiveDate) -> bool {
        self.working.contains(&day) || !(is_weekend(day) || self.off.contains_key(&day))
    }

    /// The public holiday on that day, if it is one (a weekend alone is none).
    pub fn holiday(&self, day: NaiveDate) -> Option<&Holiday> {
        self.off.get(&day)
    }

    /// Whether the holidays of that day's year are in the data; else only weekends are left out.
    pub fn covers(&self, day: NaiveDate) -> bool {
        self.years.contains(&day.year())
    }

    /// The `n`-th working day after `day`, `day` itself not counted; the day itself for `n` = 0.
    pub fn add_working_days(&self, day: NaiveDate, n: u32) -> NaiveDate {
        let mut day = day;
        let mut left = n;
        while left > 0 {
            day = day + Days::new(1);
            left -= u32::from(self.is_working_day(day));
        }
        day
    }

    /// Working days after `from` up to and with `to`; negative where `to` lies before `from`.
    pub fn working_days_between(&self, from: NaiveDate, to: NaiveDate) -> i64 {
        let (a, b, sign) = if from <= to { (from, to, 1) } else { (to, from, -1) };
        let days = a.iter_days().skip(1).take_while(|d| *d <= b);
        sign * i64::try_from(days.filter(|d| self.is_working_day(*d)).count()).unwrap_or(i64::MAX)
    }

    /// End of office hours of the `n`-th working day after the day of receipt, which is not counted.
    pub fn due(&self, received: DateTime<Utc>, n: u32) -> DateTime<FixedOffset> {
        self.end_of(self.add_working_days(local_date(received), n))
    }

    /// End of office hours on that day, Vietnam's time.
    pub fn end_of(&self, day: NaiveDate) -> DateTime<FixedOffset> {
        zone().from_local_datetime(&day.and_time(self.office_end)).single().unwrap_or_else(|| {
            // A fixed offset has exactly one instant for each local time.
            DateTime::<Utc>::MAX_UTC.with_timezone(&zone())
        })
    }
}

/// The day it is in Vietnam at that instant.
pub fn local_date(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&zone()).date_naive()
}

/// Vietnam's time zone.
pub fn zone() -> FixedOffset {
    FixedOffset::east_opt(OFFSET_S).unwrap_or_else(|| Utc.fix())
}

fn is_weekend(day: NaiveDate) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

use chrono::Offset as _;

#[cfg(test)]
#[path = "calendar_tests.rs"]
mod tests;
