//! Values that the law leaves open or that were not read in its text: settings, never constants in code.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::clock::OnSupplement;
use crate::text::Text;

/// Settings by name, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The settings.
    #[serde(rename = "setting")]
    pub list: Vec<Setting>,
}

/// A setting with its default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// Name, as in `CheckInput::settings`.
    pub name: String,
    /// Value.
    pub value: Value,
    /// Unit, where it has one.
    #[serde(default)]
    pub unit: Option<String>,
    /// What it means and why it is a setting.
    pub note: Text,
}

impl Settings {
    /// All values by name: what a `CheckInput` carries.
    pub fn values(&self) -> BTreeMap<String, Value> {
        self.list.iter().map(|s| (s.name.clone(), s.value.clone())).collect()
    }

    /// A value.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.list.iter().find(|s| s.name == name).map(|s| &s.value)
    }

    /// What the clock does during a supplement.
    pub fn on_supplement(&self) -> OnSupplement {
        self.value("clock_on_supplement")
            .and_then(|v| serde_json::from_value(v.clone()).ok())
            .unwrap_or_default()
    }

    /// Whether this portal itself may receive filings.
    pub fn portal_receives(&self) -> bool {
        self.value("portal_receives").and_then(Value::as_bool).unwrap_or(false)
    }
}
