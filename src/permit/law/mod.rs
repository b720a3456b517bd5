//! The law as data: procedures, forms, rule sets, calendar and settings, embedded in the program and read once.
//! Everything has a validity period; a case keeps what was in force on its legal date (domain §1).

mod forms;
mod procedure;
mod rule;
mod settings;
mod tables;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use include_dir::{Dir, include_dir};
use serde::de::DeserializeOwned;

pub use forms::{Form, FormProblem};
pub use procedure::{
    Bim, Fee, Gate, Ground, Guard, Machine, OnIssue, Procedure, Scope, Slot, StateDef, Timers, TransitionDef,
    WorkKind,
};
pub use rule::{Comparison, Condition, Example, LimitDef, Method, Rule, RuleInput, RuleSet, Tolerance};
pub use settings::{Setting, Settings};
pub use tables::{Numbers, TableSetback, Tables};

use super::calendar::Calendar;
use crate::{Error, Result};

static PROCEDURES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/schema/procedures");
static RULES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/schema/rules");
static FORMS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/schema/forms");
const CALENDAR: &str = include_str!("../../../schema/calendar/vietnam.toml");

/// All procedures, rule sets, forms, the calendar and the settings.
#[derive(Debug)]
pub struct Law {
    machines: BTreeMap<String, Arc<Machine>>,
    procedures: Vec<Arc<Procedure>>,
    rulesets: Vec<Arc<RuleSet>>,
    forms: BTreeMap<String, Arc<Form>>,
    calendar: Arc<Calendar>,
    settings: Settings,
}

impl Law {
    /// Reads and cross-checks the embedded files. An error names the file and the entry.
    pub fn load() -> Result<Self> {
        let settings: Settings = parse_file(&PROCEDURES, "settings.toml")?;
        let mut law = Self {
            machines: BTreeMap::new(),
            procedures: Vec::new(),
            rulesets: rule::load_sets(&RULES)?,
            forms: forms::load(&FORMS)?,
            calendar: Arc::new(Calendar::parse("schema/calendar/vietnam.toml", CALENDAR)?),
            settings,
        };
        for (path, machine) in parse_all::<Machine>(&PROCEDURES, "machines")? {
            machine.check().map_err(|why| Error::Setup(format!("{path}: {why}")))?;
            law.machines.insert(machine.id.clone(), Arc::new(machine));
        }
        for folder in PROCEDURES.dirs().filter(|d| !d.path().ends_with("machines")) {
            for (path, mut procedure) in
                parse_all::<Procedure>(&PROCEDURES, &folder.path().to_string_lossy())?
            {
                law.link(&mut procedure).map_err(|why| Error::Setup(format!("{path}: {why}")))?;
                law.procedures.push(Arc::new(procedure));
            }
        }
        law.procedures.sort_by(|a, b| (&a.kind, a.valid_from).cmp(&(&b.kind, b.valid_from)));
        law.check_periods()?;
        Ok(law)
    }

    fn link(&self, procedure: &mut Procedure) -> Result<(), String> {
        procedure.check()?;
        let machine = self.machines.get(&procedure.machine_id).ok_or("machine: no such state machine")?;
        procedure.set_machine(Arc::clone(machine));
        if self.forms.contains_key(&procedure.form) { Ok(()) } else { Err("form: no such form".to_owned()) }
    }

    fn check_periods(&self) -> Result<()> {
        for pair in self.procedures.windows(2) {
            let [a, b] = pair else { continue };
            if a.kind == b.kind && a.valid_to.is_none_or(|to| to >= b.valid_from) {
                return Err(Error::Setup(format!(
                    "procedure {}: two are in force on {}",
                    a.kind, b.valid_from
                )));
            }
        }
        for pair in self.rulesets.windows(2) {
            let [a, b] = pair else { continue };
            if a.valid_to.is_none_or(|to| to >= b.valid_from) {
                return Err(Error::Setup(format!(
                    "rule sets {} and {}: two are in force at once",
                    a.id, b.id
                )));
            }
        }
        Ok(())
    }

    /// The procedure of a kind in force on a day.
    pub fn procedure(&self, kind: &str, date: NaiveDate) -> Result<Arc<Procedure>> {
        let mut of_kind = self.procedures.iter().filter(|p| p.kind == kind).peekable();
        if of_kind.peek().is_none() {
            return Err(Error::invalid(
                "kind",
                format!("không có thủ tục {kind}"),
                format!("there is no procedure {kind}"),
            ));
        }
        of_kind.find(|p| in_force(p.valid_from, p.valid_to, date)).cloned().ok_or_else(|| {
            Error::invalid(
                "kind",
                format!("thủ tục {kind} không có hiệu lực vào ngày {}", vi_date(date)),
                format!("procedure {kind} is not in force on {date}"),
            )
        })
    }

    /// All procedures in force on a day, by kind.
    pub fn list_procedures(&self, date: NaiveDate) -> Vec<Arc<Procedure>> {
        self.procedures.iter().filter(|p| in_force(p.valid_from, p.valid_to, date)).cloned().collect()
    }

    /// The rule set in force on a day.
    pub fn ruleset(&self, date: NaiveDate) -> Result<Arc<RuleSet>> {
        self.rulesets.iter().find(|r| in_force(r.valid_from, r.valid_to, date)).cloned().ok_or_else(|| {
            Error::invalid(
                "legal_date",
                format!("không có bộ quy tắc nào có hiệu lực vào ngày {}", vi_date(date)),
                format!("no rule set is in force on {date}"),
            )
        })
    }

    /// A rule set by its id, for repeating an old run.
    pub fn ruleset_by_id(&self, id: &str) -> Option<Arc<RuleSet>> {
        self.rulesets.iter().find(|r| r.id == id).cloned()
    }

    /// A state machine by its id: `application`, `permit`, `start_notice`.
    pub fn machine(&self, id: &str) -> Option<Arc<Machine>> {
        self.machines.get(id).cloned()
    }

    /// A form by its id: `form_01`, `form_02`, `form_start_notice`.
    pub fn form(&self, id: &str) -> Option<Arc<Form>> {
        self.forms.get(id).cloned()
    }

    /// Working days and holidays.
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// Settings with their default values.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}

fn in_force(from: NaiveDate, to: Option<NaiveDate>, date: NaiveDate) -> bool {
    from <= date && to.is_none_or(|to| date <= to)
}

fn vi_date(date: NaiveDate) -> String {
    date.format("%d/%m/%Y").to_string()
}

fn parse_file<T: DeserializeOwned>(dir: &Dir<'_>, path: &str) -> Result<T> {
    let file = dir.get_file(path).ok_or_else(|| Error::Setup(format!("{path}: missing from the program")))?;
    let text = file.contents_utf8().ok_or_else(|| Error::Setup(format!("{path}: not UTF-8")))?;
    toml::from_str(text).map_err(|e| Error::Setup(format!("{path}: {e}")))
}

/// Every `.toml` directly in a folder, sorted by path.
fn parse_all<T: DeserializeOwned>(dir: &Dir<'_>, folder: &str) -> Result<Vec<(String, T)>> {
    let entries =
        dir.get_dir(folder).ok_or_else(|| Error::Setup(format!("{folder}: missing from the program")))?;
    let mut paths: Vec<_> = entries
        .files()
        .filter(|f| f.path().extension().is_some_and(|e| e == "toml"))
        .map(|f| f.path().to_string_lossy().into_owned())
        .collect();
    paths.sort();
    paths.into_iter().map(|p| parse_file(dir, &p).map(|t| (p, t))).collect()
}

#[cfg(test)]
mod tests;
