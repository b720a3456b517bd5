//! Administrative units, old and new: what a code or a name of any time means today.
//!
//! Pure, and the same on every node: units and changes are data of the program (`schema/units`), as the law is. A
//! unit's key is its code with the day from which it is valid, for codes are reused: 24611 was the ward Nghĩa Đức and
//! is the ward Bắc Gia Nghĩa. Where a unit lies is the layer `admin_commune`; which unit a feature lies in is
//! `store::units`.

mod name;
mod note;
mod resolve;

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::text::{Text, fold::name_key};
use crate::{Error, Result};

pub use note::now;
pub use resolve::{Asked, By, Outcome, Reading, Resolution};

/// The layer of the communes' outlines.
pub const COMMUNE_LAYER: &str = "admin_commune";
/// The code list of attributes that hold a commune of today.
pub const COMMUNE_CODES: &str = "commune";

/// The data files that the program was built with.
const FILES: [&str; 1] = [include_str!("../../schema/units/lam_dong.toml")];

/// Tier of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Tỉnh.
    Province,
    /// Huyện, thị xã, thành phố thuộc tỉnh; ended on 30 June 2025.
    District,
    /// Xã, phường, thị trấn, đặc khu.
    Commune,
}

/// What a unit is called by law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the definitions")]
pub enum Kind {
    Tinh,
    ThanhPho,
    ThiXa,
    Huyen,
    Phuong,
    Xa,
    ThiTran,
    DacKhu,
}

/// A unit of some time.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Code of the General Statistics Office.
    pub code: String,
    /// Kind.
    pub kind: Kind,
    /// Name without its kind.
    pub name: String,
    /// Spellings that folding does not make equal to the name.
    #[serde(default)]
    pub variants: Vec<String>,
    /// Code of the unit above, of the same time.
    #[serde(default)]
    pub parent: Option<String>,
    /// First day; none: before the first day that the data know of.
    #[serde(default)]
    pub valid_from: Option<NaiveDate>,
    /// Last day; none: in force.
    #[serde(default)]
    pub valid_to: Option<NaiveDate>,
}

/// What became of units on one day.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// First day of the new unit.
    pub on: NaiveDate,
    /// The act and its clause.
    pub legal: String,
    /// Codes of the units that ended the day before.
    pub from: Vec<String>,
    /// Those of `from` of which only a part came in.
    #[serde(default)]
    pub in_part: Vec<String>,
    /// Code of the unit that began.
    pub into: String,
}

/// Where data come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// What was taken.
    pub what: Text,
    /// From where.
    pub name: String,
    /// Under which licence.
    pub licence: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "id")]
    _id: String,
    #[serde(rename = "title")]
    _title: Text,
    source: Vec<Origin>,
    unit: Vec<Unit>,
    change: Vec<Change>,
}

/// All units and changes, indexed.
#[derive(Debug, Default)]
pub struct Units {
    units: Vec<Unit>,
    origins: Vec<Origin>,
    by_code: HashMap<String, Vec<usize>>,
    by_name: HashMap<String, Vec<usize>>,
    /// Of each unit what it came into, with whether only a part of it did, and under which act.
    successors: Vec<Vec<Step>>,
    /// Of each unit what it was made of.
    predecessors: Vec<Vec<Step>>,
}

/// One end of a change, as seen from the other.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Step {
    unit: usize,
    in_part: bool,
    legal: String,
}

/// A unit that another came from or into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Related<'a> {
    /// The unit.
    pub unit: &'a Unit,
    /// Only a part of the older one.
    pub in_part: bool,
    /// The act and its clause.
    pub legal: &'a str,
}

/// The units that the program knows.
pub fn known() -> &'static Units {
    static UNITS: LazyLock<Units> =
        LazyLock::new(|| Units::read(&FILES).expect("the files are read by this module's tests"));
    &UNITS
}

/// The day in Vietnam, by which units begin and end.
///
/// # Panics
/// Never: seven hours are a valid offset.
pub fn day_in_vietnam(now: DateTime<Utc>) -> NaiveDate {
    let zone = FixedOffset::east_opt(7 * 3600).expect("seven hours are within a day");
    now.with_timezone(&zone).date_naive()
}

impl Units {
    /// Reads data files. The error names the first change that does not fit the units.
    pub fn read(files: &[&str]) -> Result<Self> {
        let mut units = Self::default();
        for text in files {
            let file: File = toml::from_str(text)
                .map_err(|e| Error::bad_file("schema/units", e.message(), e.message()))?;
            units.origins.extend(file.source);
            let first = units.units.len();
            for unit in file.unit {
                units.add(unit);
            }
            units.successors.resize(units.units.len(), Vec::new());
            units.predecessors.resize(units.units.len(), Vec::new());
            units.check_keys(first)?;
            for change in &file.change {
                units.link(change)?;
            }
        }
        Ok(units)
    }

    fn add(&mut self, unit: Unit) {
        let at = self.units.len();
        self.by_code.entry(unit.code.clone()).or_default().push(at);
        let mut keys: Vec<String> =
            std::iter::once(&unit.name).chain(&unit.variants).map(|n| name_key(n)).collect();
        keys.dedup();
        for key in keys {
            self.by_name.entry(key).or_default().push(at);
        }
        self.units.push(unit);
    }

    fn check_keys(&self, first: usize) -> Result<()> {
        for unit in &self.units[first..] {
            let same =
                self.by_code[&unit.code].iter().filter(|i| self.units[**i].valid_from == unit.valid_from);
            let parent = unit.parent.as_ref().is_none_or(|p| self.by_code.contains_key(p));
            if same.count() > 1 || !parent {
                let code = &unit.code;
                return Err(Error::bad_file(
                    format!("schema/units: {code}"),
                    "trùng mã và ngày hiệu lực, hoặc không có đơn vị cấp trên",
                    "code and first day are used twice, or there is no unit above",
                ));
            }
        }
        Ok(())
    }

    fn link(&mut self, change: &Change) -> Result<()> {
        let wrong = |code: &str| {
            Error::bad_file(
                format!("schema/units: {} {code}", change.on),
                "không có đơn vị này vào ngày đó",
                "there is no such unit on that day",
            )
        };
        let into = self.index_on(&change.into, change.on).ok_or_else(|| wrong(&change.into))?;
        let before = change.on.pred_opt().ok_or_else(|| wrong(&change.into))?;
        for code in &change.from {
            let from = self.index_on(code, before).ok_or_else(|| wrong(code))?;
            let in_part = change.in_part.contains(code);
            let step = |unit| Step { unit, in_part, legal: change.legal.clone() };
            self.successors[from].push(step(into));
            self.predecessors[into].push(step(from));
        }
        Ok(())
    }

    fn index_on(&self, code: &str, day: NaiveDate) -> Option<usize> {
        self.by_code.get(code)?.iter().copied().find(|i| self.units[*i].in_force(day))
    }

    /// Every unit of every time, in the order of the data.
    pub fn all(&self) -> impl Iterator<Item = &Unit> {
        self.units.iter()
    }

    /// Where the data come from.
    pub fn origins(&self) -> &[Origin] {
        &self.origins
    }

    /// The unit that has this code on this day.
    pub fn on(&self, code: &str, day: NaiveDate) -> Option<&Unit> {
        self.index_on(code, day).map(|i| &self.units[i])
    }

    /// The units above, the nearest first.
    pub fn above<'a>(&'a self, unit: &'a Unit) -> impl Iterator<Item = &'a Unit> + use<'a> {
        // A day on which the unit was there, so that a reused code names the right one.
        let day = unit.valid_to.or(unit.valid_from).unwrap_or(NaiveDate::MAX);
        std::iter::successors(Some(unit), move |u| self.on(u.parent.as_deref()?, day)).skip(1)
    }

    /// What the unit was made of.
    pub fn predecessors<'a>(&'a self, unit: &Unit) -> Vec<Related<'a>> {
        self.related(unit, &self.predecessors)
    }

    /// What the unit came into.
    pub fn successors<'a>(&'a self, unit: &Unit) -> Vec<Related<'a>> {
        self.related(unit, &self.successors)
    }

    fn related<'a>(&'a self, unit: &Unit, steps: &'a [Vec<Step>]) -> Vec<Related<'a>> {
        let list = self.index(unit).map_or(&[][..], |i| &steps[i]);
        list.iter()
            .map(|s| Related { unit: &self.units[s.unit], in_part: s.in_part, legal: &s.legal })
            .collect()
    }

    fn index(&self, unit: &Unit) -> Option<usize> {
        self.by_code.get(&unit.code)?.iter().copied().find(|i| self.units[*i].valid_from == unit.valid_from)
    }
}

impl Unit {
    /// Tier.
    pub fn level(&self) -> Level {
        self.kind.level()
    }

    /// Whether the unit was there on `day`.
    pub fn in_force(&self, day: NaiveDate) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day <= to)
    }

    /// The name with its kind: `xã Đức Lập`.
    pub fn full_name(&self) -> Text {
        Text::new(
            format!("{} {}", self.kind.title().vi, self.name),
            format!("{} {}", self.name, self.kind.title().en),
        )
    }
}

impl Kind {
    /// Tier.
    pub fn level(self) -> Level {
        match self {
            Self::Tinh => Level::Province,
            Self::ThanhPho | Self::ThiXa | Self::Huyen => Level::District,
            Self::Phuong | Self::Xa | Self::ThiTran | Self::DacKhu => Level::Commune,
        }
    }

    /// The kind in words, in small letters.
    pub fn title(self) -> Text {
        let (vi, en) = match self {
            Self::Tinh => ("tỉnh", "province"),
            Self::ThanhPho => ("thành phố", "city"),
            Self::ThiXa => ("thị xã", "town"),
            Self::Huyen => ("huyện", "district"),
            Self::Phuong => ("phường", "ward"),
            Self::Xa => ("xã", "commune"),
            Self::ThiTran => ("thị trấn", "township"),
            Self::DacKhu => ("đặc khu", "special zone"),
        };
        Text::new(vi, en)
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
