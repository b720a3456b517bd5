//! The clock of a case: when it is due, how many working days are left, whether it stands still (domain §2).
//! It is replayed from the marks that the case's events left, so nothing about it is stored twice.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::calendar::{Calendar, local_date, zone};

/// What an event does to the clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockEffect {
    /// Nothing.
    #[default]
    None,
    /// The time starts (acceptance).
    Start,
    /// A supplement is asked for.
    SupplementBegin,
    /// The supplement has arrived.
    SupplementEnd,
    /// The time stops for good (signature, refusal, withdrawal).
    Stop,
}

/// What the clock does while the applicant works on a supplement. The law is silent: a setting.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnSupplement {
    /// It runs on.
    Run,
    /// It stands still and goes on.
    #[default]
    Pause,
    /// It starts again from the full time.
    Restart,
}

/// An event's effect with its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockMark {
    /// When.
    pub at: DateTime<Utc>,
    /// What it did.
    pub effect: ClockEffect,
}

/// The clock as shown (CONTRACT: `clock`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// End of office hours of the last day, Vietnam's time; none before acceptance. While paused: the day it would
    /// be if the clock went on today.
    pub due: Option<DateTime<FixedOffset>>,
    /// Working days left after today (at the stop, where it has stopped); negative where overdue.
    pub working_days_left: Option<i64>,
    /// Whether it stands still for a supplement.
    pub paused: bool,
    /// Whether it has stopped for good.
    pub stopped: bool,
    /// Whether the due time has passed (at the stop, where it has stopped).
    pub overdue: bool,
}

impl Clock {
    /// Replays `marks` (in order of time) for a time of `total_wd` working days, as seen at `now`.
    pub fn replay(
        marks: &[ClockMark],
        total_wd: u32,
        on_supplement: OnSupplement,
        calendar: &Calendar,
        now: DateTime<Utc>,
    ) -> Self {
        let mut run = Run { calendar, total: i64::from(total_wd), used: 0, from: None, paused: false };
        let mut stopped = None;
        for mark in marks.iter().take_while(|m| m.at <= now) {
            if stopped.is_some() {
                break;
            }
            let day = local_date(mark.at);
            match (mark.effect, on_supplement) {
                (ClockEffect::Start, _) => (run.from, run.used, run.paused) = (Some(day), 0, false),
                (ClockEffect::SupplementBegin, OnSupplement::Pause | OnSupplement::Restart) => run.pause(day),
                (ClockEffect::SupplementEnd, OnSupplement::Pause) if run.paused => run.resume(day),
                (ClockEffect::SupplementEnd, OnSupplement::Restart) if run.paused => {
                    run.used = 0;
                    run.resume(day);
                }
                (ClockEffect::Stop, _) => stopped = Some(mark.at),
                _ => {}
            }
        }
        run.shown(stopped.unwrap_or(now), stopped.is_some())
    }
}

struct Run<'a> {
    calendar: &'a Calendar,
    total: i64,
    /// Working days used in segments that are closed.
    used: i64,
    /// Day from which the open segment counts; itself not counted.
    from: Option<NaiveDate>,
    paused: bool,
}

impl Run<'_> {
    fn pause(&mut self, day: NaiveDate) {
        if let (Some(from), false) = (self.from, self.paused) {
            self.used += self.calendar.working_days_between(from, day);
            self.paused = true;
        }
    }

    fn resume(&mut self, day: NaiveDate) {
        self.from = Some(day);
        self.paused = false;
    }

    fn shown(&self, at: DateTime<Utc>, stopped: bool) -> Clock {
        let Some(from) = self.from else {
            return Clock { due: None, working_days_left: None, paused: false, stopped, overdue: false };
        };
        let today = local_date(at);
        let left = self.total - self.used;
        let (base, paused) = if self.paused { (today, !stopped) } else { (from, false) };
        let last = match u32::try_from(left) {
            Ok(n) => self.calendar.add_working_days(base, n),
            Err(_) => base,
        };
        let due = self.calendar.end_of(last);
        let days_left = if self.paused { left } else { self.calendar.working_days_between(today, last) };
        Clock {
            due: Some(due),
            working_days_left: Some(days_left),
            paused,
            stopped,
            overdue: !self.paused && at.with_timezone(&zone()) > due,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar() -> Calendar {
        Calendar::parse("vietnam.toml", include_str!("../../schema/calendar/vietnam.toml")).unwrap()
    }

    fn at(s: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(&format!("{s}:00+07:00")).unwrap().with_timezone(&Utc)
    }

    fn mark(s: &str, effect: ClockEffect) -> ClockMark {
        ClockMark { at: at(s), effect }
    }

    fn seen(marks: &[ClockMark], policy: OnSupplement, now: &str) -> (String, i64, bool, bool) {
        let c = Clock::replay(marks, 7, policy, &calendar(), at(now));
        let due = c.due.unwrap().format("%Y-%m-%dT%H:%M").to_string();
        (due, c.working_days_left.unwrap(), c.paused, c.overdue)
    }

    fn supplemented() -> [ClockMark; 3] {
        [
            mark("2026-10-02T10:00", ClockEffect::Start),
            mark("2026-10-06T15:00", ClockEffect::SupplementBegin),
            mark("2026-10-08T09:00", ClockEffect::SupplementEnd),
        ]
    }

    #[test]
    fn before_acceptance_there_is_no_time() {
        let c = Clock::replay(&[], 7, OnSupplement::Pause, &calendar(), at("2026-10-02T10:00"));
        assert_eq!((c.due, c.working_days_left, c.paused, c.overdue), (None, None, false, false));
    }

    #[test]
    fn the_example_of_the_domain() {
        let marks = [mark("2026-10-02T10:00", ClockEffect::Start)];
        let due = "2026-10-13T17:00".to_owned();
        assert_eq!(seen(&marks, OnSupplement::Run, "2026-10-02T11:00"), (due.clone(), 7, false, false));
        assert_eq!(seen(&marks, OnSupplement::Run, "2026-10-09T11:00"), (due.clone(), 2, false, false));
        assert_eq!(seen(&marks, OnSupplement::Run, "2026-10-13T16:59"), (due.clone(), 0, false, false));
        assert_eq!(seen(&marks, OnSupplement::Run, "2026-10-13T17:01"), (due.clone(), 0, false, true));
        assert_eq!(seen(&marks, OnSupplement::Run, "2026-10-15T09:00"), (due, -2, false, true));
    }

    #[test]
    fn a_supplement_runs_pauses_or_restarts() {
        let marks = supplemented();
        let during = "2026-10-07T12:00";
        let after = "2026-10-08T10:00";
        assert_eq!(seen(&marks, OnSupplement::Run, after), ("2026-10-13T17:00".into(), 3, false, false));
        // Monday and Tuesday are used: five are left, counted from Thursday.
        assert_eq!(seen(&marks, OnSupplement::Pause, during), ("2026-10-14T17:00".into(), 5, true, false));
        assert_eq!(seen(&marks, OnSupplement::Pause, after), ("2026-10-15T17:00".into(), 5, false, false));
        assert_eq!(seen(&marks, OnSupplement::Restart, after), ("2026-10-19T17:00".into(), 7, false, false));
    }

    #[test]
    fn the_signature_stops_it() {
        let mut marks = supplemented().to_vec();
        marks.push(mark("2026-10-12T09:00", ClockEffect::Stop));
        let c = Clock::replay(&marks, 7, OnSupplement::Pause, &calendar(), at("2026-12-01T09:00"));
        assert!(c.stopped && !c.overdue && !c.paused);
        assert_eq!(c.working_days_left, Some(3));
    }
}
