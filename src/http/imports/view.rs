//! An import as it is told: where it stands, what the file holds, what is proposed, what came out.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::Result;
use crate::formats::inspect::Inspection;
use crate::jobs::imports::{Settings, fields, remembered};
use crate::layers::LayerDef;
use crate::state::AppState;
use crate::store::bulk::Mode;
use crate::store::imports::Import;
use crate::store::jobs::State;
use crate::text::Lang;
use crate::text::fold::fold;

/// Field names of a .dbf end after this many letters.
const DBF_NAME_CHARS: usize = 10;

/// What the import should be done with, unless it is changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Proposal {
    /// The settings.
    pub settings: Settings,
    /// They come from the last import of a file with the same fields.
    pub remembered: bool,
}

/// The inspection, where there is one that this program understands.
pub fn inspection(import: &Import) -> Option<Inspection> {
    let mut value = import.inspection.clone()?;
    // What the job added for the page is no part of it.
    value.as_object_mut()?.retain(|k, _| k != "place" && k != "swapped");
    serde_json::from_value(value).ok()
}

/// What was chosen already, else what is remembered of such a file, else what names suggest.
pub async fn propose(
    state: &AppState,
    import: &Import,
    def: &LayerDef,
    found: &Inspection,
) -> Result<Proposal> {
    let chosen = Settings::stored(&import.settings);
    let fields = fields(found);
    let kept = remembered(&state.store, &import.layer, &fields).await?;
    let mode = if def.key.is_empty() { Mode::Append } else { Mode::Upsert };
    let remembered = kept.is_some();
    // Of an inspection that was asked for without a mapping only the mapping and the mode are still open.
    let (map, kept_mode) = match kept {
        Some(kept) => (kept.map, kept.mode),
        None => (suggest(def, &fields), None),
    };
    // A mapping that was chosen for another layer of the file is none for this one.
    let fits = chosen.map.values().all(|source| source.starts_with('\'') || fields.contains(source));
    let map = if chosen.map.is_empty() || !fits { map } else { chosen.map.clone() };
    let settings = Settings { map, mode: chosen.mode.or(kept_mode).or(Some(mode)), ..chosen };
    Ok(Proposal { settings, remembered })
}

/// Fields whose names say which attribute they are: its name or its title, in either language, accents or not.
pub fn suggest(def: &LayerDef, fields: &[String]) -> BTreeMap<String, String> {
    let key = |text: &str| fold(text).chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let mut taken: Vec<&String> = Vec::new();
    let mut map = BTreeMap::new();
    for a in &def.attributes {
        let names = [key(&a.name), key(&a.title.vi), key(&a.title.en)];
        let cut = |f: &str| {
            f.chars().count() == DBF_NAME_CHARS && a.name.to_lowercase().starts_with(&f.to_lowercase())
        };
        let found = fields.iter().find(|f| !taken.contains(f) && (names.contains(&key(f)) || cut(f)));
        if let Some(field) = found {
            taken.push(field);
            map.insert(a.name.clone(), field.clone());
        }
    }
    map
}

/// Where the import stands, in one word.
pub fn stands(import: &Import) -> &'static str {
    match import.state {
        None => "new",
        Some(State::Queued) => "queued",
        Some(State::Running) => "running",
        Some(State::Done) => "done",
        Some(State::Failed) => "failed",
    }
}

/// `GET /api/v1/imports/{id}`.
pub async fn json(state: &AppState, import: &Import, lang: Lang) -> Result<Value> {
    let catalog = state.catalog.load_full();
    let def = catalog.layer(&import.layer);
    let proposal = match (def, inspection(import)) {
        (Some(def), Some(found)) => Some(propose(state, import, def, &found).await?),
        _ => None,
    };
    Ok(json!({
        "id": import.id, "layer": import.layer, "layer_title": def.map(|d| d.title.get(lang)),
        "state": stands(import), "task": import.task, "job": import.job, "progress": import.progress,
        "error": import.error, "files": import.files, "settings": import.settings, "inspection": import.inspection,
        "proposed": proposal.as_ref().map(|p| &p.settings), "remembered": proposal.is_some_and(|p| p.remembered),
        "trial": import.trial, "report": import.report, "revision": import.revision,
        "created_by": import.created_by_name, "created_at": import.created_at, "finished_at": import.finished_at,
        "files_removed_at": import.cleared_at,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_titles_say_which_field_is_which() {
        let catalog = crate::layers::embedded().unwrap();
        let def = catalog.layer("parcel").unwrap();
        let fields: Vec<String> = ["MA THUA", "SO_TO", "Số thửa", "land_use", "DIEN TICH", "survey_acc"]
            .map(str::to_owned)
            .to_vec();
        let map = suggest(def, &fields);
        let of = |a: &str| map.get(a).map(String::as_str);
        assert_eq!(of("parcel_number"), Some("Số thửa"));
        assert_eq!(of("land_use"), Some("land_use"));
        assert_eq!(of("area_m2"), Some("DIEN TICH"));
        assert_eq!(of("survey_accuracy_m"), Some("survey_acc"));
        assert_eq!(of("code"), None);
    }
}
