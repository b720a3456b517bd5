//! Rules and rule sets as their files give them (`schema/rules/<set>/`). A set is a manifest that names each rule
//! file with its SHA-256; the set's own hash is that of its manifest. Published files never change.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;
use include_dir::Dir;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::super::canonical::sha256_hex;
use super::super::verdict::{Effect, Outcome};
use super::Tables;
use crate::{Error, Result, text::Text};

/// A rule set: every row of the check catalogue, in its order.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleSet {
    /// Id, the folder's name, such as `nd217-2026.1`.
    pub id: String,
    /// Title.
    pub title: Text,
    /// First day in force.
    pub valid_from: NaiveDate,
    /// Last day in force; none where open.
    pub valid_to: Option<NaiveDate>,
    /// SHA-256 of the manifest, which holds that of each rule file.
    pub hash: String,
    /// Rules.
    pub rules: Vec<Rule>,
    /// QCVN 01 tables.
    pub tables: Tables,
    /// Messages that rules share.
    common: BTreeMap<String, Text>,
}

/// One row of the catalogue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// `P07`.
    pub id: String,
    /// Version.
    pub version: u32,
    /// First day in force.
    pub valid_from: NaiveDate,
    /// Last day in force; none where open.
    #[serde(default)]
    pub valid_to: Option<NaiveDate>,
    /// Title.
    pub title: Text,
    /// Legal clause.
    pub clause: String,
    /// What a breach does.
    pub effect: Effect,
    /// Agency that is asked, for `consult`.
    #[serde(default)]
    pub agency: Option<Text>,
    /// The Rust function that computes it.
    pub method: Method,
    /// Whether it needs the model's place; then it is NO_DATA while G03 is not PASS.
    pub needs_place: bool,
    /// Conditions over named facts; where one does not hold the row is NOT_APPLICABLE.
    #[serde(default)]
    pub applies_when: Vec<Condition>,
    /// What it reads.
    #[serde(default, rename = "input")]
    pub inputs: Vec<RuleInput>,
    /// Limits, the first that is there counts.
    #[serde(default, rename = "limit")]
    pub limits: Vec<LimitDef>,
    /// How the measured value stands to the limit.
    #[serde(default)]
    pub comparison: Option<Comparison>,
    /// Unit of both.
    #[serde(default)]
    pub unit: Option<String>,
    /// Tolerance.
    #[serde(default)]
    pub tolerance: Option<Tolerance>,
    /// Parameters of the method: code tables and numbers of the law.
    #[serde(default)]
    pub parameters: BTreeMap<String, Value>,
    /// Messages by outcome, or by outcome and case (`FAIL`, `NO_DATA_plan`), with placeholders in braces.
    #[serde(default)]
    pub messages: BTreeMap<String, Text>,
    /// Worked examples, executed as tests.
    #[serde(default, rename = "example")]
    pub examples: Vec<Example>,
}

/// Methods: each is one function in `permit::checks`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is described at its function")]
pub enum Method {
    NotComputed,
    SchemaAndUnits,
    Georeference,
    FormAndModel,
    ClassAndAuthority,
    LandUse,
    PlanUse,
    FootprintInParcel,
    RedLine,
    BuildingLine,
    Setback,
    NetCoverage,
    FloorAreaRatio,
    Height,
    Storeys,
}

/// A condition over a named fact: `kind`, `use`, `investor_type`, `area_type`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The fact.
    pub fact: String,
    /// It must be one of these.
    #[serde(rename = "in")]
    pub among: Vec<String>,
}

/// Something that a rule reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleInput {
    /// `model.<fact>`, `form.<field>` or `<layer>.<attribute>`.
    pub name: String,
    /// Whether the row is NO_DATA without it.
    pub required: bool,
}

/// A source of a limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitDef {
    /// `detailed_plan`, `urban_design`, `architecture_rules`, `zoning_plan` or `qcvn`.
    pub source: String,
    /// `<layer>.<attribute>` or `table:<number>`.
    pub from: String,
    /// Whether a breach can alone be a ground for refusal.
    pub binding: bool,
}

/// How the measured value must stand to the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// Not above.
    AtMost,
    /// Not below.
    AtLeast,
    /// Nothing outside, nothing across: the measured value must be zero.
    None,
    /// Equal within the tolerance.
    Equal,
    /// A code among those allowed.
    Among,
}

/// A tolerance with its source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tolerance {
    /// Value, in the rule's unit.
    pub value: f64,
    /// Where it comes from.
    pub source: String,
}

/// A worked example.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it shows.
    pub name: String,
    /// The case, in the words of `permit::checks::example`.
    pub inputs: BTreeMap<String, Value>,
    /// Expected verdict.
    pub verdict: Outcome,
    /// Expected measured value.
    #[serde(default)]
    pub measured: Option<f64>,
    /// Expected limit.
    #[serde(default)]
    pub limit: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    id: String,
    title: Text,
    valid_from: NaiveDate,
    #[serde(default)]
    valid_to: Option<NaiveDate>,
    /// Other files of the set: `tables.toml`, `messages.toml`.
    #[serde(rename = "file")]
    files: Vec<ManifestFile>,
    #[serde(rename = "rule")]
    rules: Vec<ManifestFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ManifestFile {
    id: String,
    sha256: String,
}

impl RuleSet {
    /// A rule by its id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|r| r.id == id)
    }

    /// A message of a rule, else the one that rules share.
    pub fn message<'a>(&'a self, rule: &'a Rule, key: &str) -> Option<&'a Text> {
        rule.messages.get(key).or_else(|| self.common.get(key))
    }
}

impl Rule {
    /// Layers that it reads.
    pub fn layers(&self) -> impl Iterator<Item = &str> {
        self.inputs
            .iter()
            .filter_map(|i| i.name.split_once('.').map(|(layer, _)| layer))
            .filter(|layer| !matches!(*layer, "model" | "form" | "application"))
    }

    fn check(&self) -> Result<(), String> {
        if self.method == Method::NotComputed {
            return Ok(());
        }
        if self.examples.is_empty() {
            return Err("example: a computed rule needs worked examples".to_owned());
        }
        let unbound = self.limits.iter().find(|l| (l.source == "qcvn") == l.binding);
        if let Some(limit) = unbound {
            return Err(format!("limit {}: a QCVN fall-back does not bind, a plan does", limit.from));
        }
        match self.messages.iter().find(|(_, t)| placeholders(&t.vi) != placeholders(&t.en)) {
            Some((key, _)) => Err(format!("messages.{key}: the languages name other placeholders")),
            None => Ok(()),
        }
    }
}

/// Names in braces.
pub(in super::super) fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|s| s.split_once('}').map(|(name, _)| name)).collect()
}

pub(super) fn load_sets(dir: &Dir<'_>) -> Result<Vec<Arc<RuleSet>>> {
    let mut sets = Vec::new();
    for folder in dir.dirs() {
        let id = folder.path().to_string_lossy();
        sets.push(Arc::new(load_set(folder, &id)?));
    }
    sets.sort_by_key(|s| s.valid_from);
    Ok(sets)
}

fn load_set(dir: &Dir<'_>, id: &str) -> Result<RuleSet> {
    let folder = Folder { dir, id };
    let text = folder.read("manifest.toml")?;
    let manifest: Manifest = folder.parse("manifest.toml", text)?;
    if manifest.id != id {
        return Err(folder.bad("manifest.toml", format!("id: {} is not the folder's name", manifest.id)));
    }
    let mut rules = Vec::new();
    for entry in &manifest.rules {
        let rule: Rule = folder.sealed(entry)?;
        let bad = |why: String| folder.bad(&format!("{}.toml", entry.id), why);
        rule.check().map_err(bad)?;
        if rule.id != entry.id {
            return Err(bad(format!("id: {} is not the file's name", rule.id)));
        }
        rules.push(rule);
    }
    let file = |name: &str| {
        let entry = manifest.files.iter().find(|f| f.id == name);
        entry.ok_or_else(|| folder.bad("manifest.toml", format!("file {name}: not listed")))
    };
    let tables: Tables = folder.sealed(file("tables")?)?;
    tables.check().map_err(|why| folder.bad("tables.toml", why))?;
    Ok(RuleSet {
        common: folder.sealed(file("messages")?)?,
        tables,
        id: manifest.id,
        title: manifest.title,
        valid_from: manifest.valid_from,
        valid_to: manifest.valid_to,
        hash: sha256_hex(text.as_bytes()),
        rules,
    })
}

/// A rule set's folder, for reading its files with their place in every error.
struct Folder<'a> {
    dir: &'a Dir<'a>,
    id: &'a str,
}

impl<'a> Folder<'a> {
    fn bad(&self, file: &str, why: impl std::fmt::Display) -> Error {
        Error::Setup(format!("schema/rules/{}/{file}: {why}", self.id))
    }

    fn read(&self, file: &str) -> Result<&'a str> {
        let found =
            self.dir.get_file(format!("{}/{file}", self.id)).and_then(include_dir::File::contents_utf8);
        found.ok_or_else(|| self.bad(file, "missing from the program"))
    }

    fn parse<T: DeserializeOwned>(&self, file: &str, text: &str) -> Result<T> {
        toml::from_str(text).map_err(|e| self.bad(file, e))
    }

    /// A file whose bytes must be those that the manifest names.
    fn sealed<T: DeserializeOwned>(&self, entry: &ManifestFile) -> Result<T> {
        let file = format!("{}.toml", entry.id);
        let text = self.read(&file)?;
        let hash = sha256_hex(text.as_bytes());
        if hash != entry.sha256 {
            return Err(self.bad(
                &file,
                format!("SHA-256 {hash} is not the manifest's: a published rule never changes"),
            ));
        }
        self.parse(&file, text)
    }
}
