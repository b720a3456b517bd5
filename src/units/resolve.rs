//! What a code or a name means today.

use chrono::NaiveDate;

use super::{Level, Related, Unit, Units, name};
use crate::text::fold::{fold, name_key};

/// A question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked<'a> {
    /// A code, or a name with or without its kind and the units above: `24612`, `TT. Đắk Mil`, `xã Tân Thành, huyện
    /// Krông Nô`.
    pub text: &'a str,
    /// The day of which the text is. Without it a reused code is today's unit, and a name may be of any time.
    pub date: Option<NaiveDate>,
    /// The tier that is wanted: a name alone is read as one of it if it can be, and larger units become their parts.
    pub level: Option<Level>,
    /// The day that is today.
    pub today: NaiveDate,
}

/// By what the text was known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// A code.
    Code,
    /// A name.
    Name,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// A unit of today.
    Current,
    /// A unit of before; what became of it is known.
    Former,
    /// Several units of different fates; each reading says what it would mean.
    Ambiguous,
    /// Nothing that is known.
    Unknown,
}

/// One unit that the text may name, and what it is today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading<'a> {
    /// The unit that is named.
    pub unit: &'a Unit,
    /// Units of today that it is, or that it (or a part of it) came into.
    pub today: Vec<&'a Unit>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution<'a> {
    /// By what the text was known.
    pub by: By,
    /// What came of it.
    pub outcome: Outcome,
    /// Units that the text names; of different fates if ambiguous.
    pub readings: Vec<Reading<'a>>,
    /// Units that once had the code and are not meant: the code was reused.
    pub reused_from: Vec<&'a Unit>,
    /// Units of today, by code; of all readings together if ambiguous.
    pub today: Vec<&'a Unit>,
}

impl<'a> Resolution<'a> {
    /// The one unit of today that is meant, if it is one.
    pub fn only(&self) -> Option<&'a Unit> {
        match self.today.as_slice() {
            [unit] if self.outcome != Outcome::Ambiguous => Some(unit),
            _ => None,
        }
    }
}

impl Units {
    /// What a code or a name means today. Codes are digits only.
    pub fn resolve(&self, asked: Asked<'_>) -> Resolution<'_> {
        let text = asked.text.trim();
        if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
            return self.by_code(text, asked);
        }
        let candidates = name::parse(text).map(|written| self.named(&written, asked)).unwrap_or_default();
        self.answer(By::Name, candidates, Vec::new(), asked)
    }

    fn by_code(&self, code: &str, asked: Asked<'_>) -> Resolution<'_> {
        let all = self.by_code.get(code).map_or(&[][..], Vec::as_slice);
        let on = |day| all.iter().copied().find(|i| self.units[*i].in_force(day));
        // Of the day that is named, else of today, else whatever it once was.
        let meant = asked.date.and_then(on).or_else(|| on(asked.today));
        let candidates = meant.map_or_else(|| all.to_vec(), |i| vec![i]);
        let earlier = all.iter().filter(|i| !candidates.contains(i)).map(|i| &self.units[*i]).collect();
        self.answer(By::Code, candidates, earlier, asked)
    }

    /// Units that the name may mean.
    fn named(&self, written: &name::Written, asked: Asked<'_>) -> Vec<usize> {
        let find = |key: &str| {
            let all = self.by_name.get(key).map_or(&[][..], Vec::as_slice);
            let then: Vec<usize> = all
                .iter()
                .copied()
                .filter(|i| asked.date.is_none_or(|day| self.units[*i].in_force(day)))
                .collect();
            then
        };
        let keep = |list: Vec<usize>, wanted: &dyn Fn(&Unit) -> bool| {
            let kept: Vec<usize> = list.iter().copied().filter(|i| wanted(&self.units[*i])).collect();
            if kept.is_empty() { list } else { kept }
        };
        let mut found = find(&written.key);
        if let Some(kind) = written.kind {
            found.retain(|i| self.units[*i].level() == kind.level());
            found = keep(found, &|u| u.kind == kind);
        } else if let Some(level) = asked.level {
            found = keep(found, &|u| u.level() == level);
        }
        if found.is_empty() && written.kind.is_some() {
            found = find(&written.whole);
        }
        // Đắk Nang and Đạ K'Nàng have one key: where words are set apart as the name has them, that one is meant.
        found =
            keep(found, &|u| std::iter::once(&u.name).chain(&u.variants).any(|n| fold(n) == written.name));
        let agreeing = |u: &Unit| {
            let above: Vec<String> = self.above(u).map(|a| name_key(&a.name)).collect();
            written.above.iter().filter(|w| above.contains(w)).count()
        };
        let most = found.iter().map(|i| agreeing(&self.units[*i])).max().unwrap_or(0);
        found.retain(|i| agreeing(&self.units[*i]) == most);
        found
    }

    fn answer<'a>(
        &'a self,
        by: By,
        candidates: Vec<usize>,
        reused_from: Vec<&'a Unit>,
        asked: Asked<'_>,
    ) -> Resolution<'a> {
        let readings: Vec<Reading<'a>> = candidates
            .into_iter()
            .map(|i| Reading { unit: &self.units[i], today: self.today(&self.units[i], asked) })
            .filter(|r| !r.today.is_empty())
            .collect();
        let mut today: Vec<&Unit> = readings.iter().flat_map(|r| r.today.iter().copied()).collect();
        today.sort_by(|a, b| a.code.cmp(&b.code));
        today.dedup();
        let outcome = match readings.split_first() {
            None => Outcome::Unknown,
            Some((first, rest)) if rest.iter().any(|r| r.today != first.today) => Outcome::Ambiguous,
            _ if readings.iter().any(|r| r.unit.in_force(asked.today)) => Outcome::Current,
            _ => Outcome::Former,
        };
        Resolution { by, outcome, readings, reused_from, today }
    }

    /// What a unit is today, by code: itself, what it came into, or (of a larger one, where `level` asks for it or
    /// the tier is gone) what its parts are.
    fn today<'a>(&'a self, unit: &'a Unit, asked: Asked<'_>) -> Vec<&'a Unit> {
        let finer = asked.level.is_some_and(|level| level > unit.level());
        let mut found = Vec::new();
        if unit.in_force(asked.today) && !finer {
            found.push(unit);
        } else {
            let next: Vec<Related<'_>> = self.successors(unit);
            if next.is_empty() || finer {
                for part in self.below(unit) {
                    found.extend(self.today(part, asked));
                }
            } else {
                for step in next {
                    found.extend(self.today(step.unit, asked));
                }
            }
        }
        found.sort_by(|a, b| a.code.cmp(&b.code));
        found.dedup();
        found
    }

    /// What a unit of any time is today, in units of `level`, by code.
    pub fn today_of<'a>(&'a self, unit: &'a Unit, level: Level, today: NaiveDate) -> Vec<&'a Unit> {
        self.today(unit, Asked { text: "", date: None, level: Some(level), today })
    }

    /// Units of which this is the one above, at its time.
    pub fn below<'a>(&'a self, unit: &'a Unit) -> impl Iterator<Item = &'a Unit> {
        self.units.iter().filter(move |u| {
            u.parent.as_deref() == Some(unit.code.as_str()) && self.above(u).next() == Some(unit)
        })
    }
}
