//! An import as it is told: where it stands, what the file holds, what is proposed, what came out.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::Result;
use crate::formats::inspect::Inspection;
use crate::jobs::imports::{Settings, fields, remembered};
use crate::layers::LayerDef;
use crate::state::AppState;
use crate::store::bulk::Mode;
use crate::store::import_list::Logged;
use crate::store::imports::{Import, Task};
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
    import.inspection.clone().and_then(|value| serde_json::from_value(value).ok())
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
    let kept = remembered(&state.store, &import.layer, found).await?;
    let mode = if def.key.is_empty() { Mode::Append } else { Mode::Upsert };
    let known = kept.as_ref().map(|k| k.map.clone());
    // Of an inspection that was asked for without a mapping only the mapping and the mode are still open.
    let (map, kept_mode) = match kept {
        Some(kept) => (kept.map, kept.mode),
        None => (suggest(def, &fields), None),
    };
    // A mapping that was chosen for another layer of the file is none for this one.
    let fits = chosen.map.values().all(|source| source.starts_with('\'') || fields.contains(source));
    let map = if chosen.map.is_empty() || !fits { map } else { chosen.map.clone() };
    let remembered = known.is_some_and(|k| k == map);
    let settings = Settings { map, mode: chosen.mode.or(kept_mode).or(Some(mode)), ..chosen };
    Ok(Proposal { settings, remembered })
}

/// Fields whose names say which attribute they are: one that the layer file gives, its name or its title, in either
/// language, accents or not.
pub fn suggest(def: &LayerDef, fields: &[String]) -> BTreeMap<String, String> {
    let key = |text: &str| fold(text).chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let mut taken: Vec<&String> = Vec::new();
    let mut map = BTreeMap::new();
    for a in &def.attributes {
        // The names that the layer file gives count before its own, as they do on the command line.
        let names: Vec<String> =
            a.import_from.iter().chain([&a.name, &a.title.vi, &a.title.en]).map(|n| key(n)).collect();
        let cut = |f: &str| {
            f.chars().count() == DBF_NAME_CHARS && a.name.to_lowercase().starts_with(&f.to_lowercase())
        };
        let free = || fields.iter().filter(|f| !taken.contains(f));
        let named = names.iter().find_map(|name| free().find(|f| key(f) == *name));
        let found = named.or_else(|| free().find(|f| cut(f)));
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
    // The shapes have an address of their own.
    let mut inspection = import.inspection.clone();
    if let Some(found) = inspection.as_mut().and_then(Value::as_object_mut) {
        found.retain(|name, _| name != "shapes" && name != "placed");
    }
    Ok(json!({
        "id": import.id, "portal": true, "layer": import.layer, "layer_title": def.map(|d| d.title.get(lang)),
        "state": stands(import), "task": import.task, "job": import.job, "progress": import.progress,
        "error": import.error, "files": import.files, "settings": import.settings, "inspection": inspection,
        "proposed": proposal.as_ref().map(|p| &p.settings), "remembered": proposal.is_some_and(|p| p.remembered),
        "trial": import.trial, "report": import.report, "revision": import.revision, "undone_by": import.undone_by,
        "created_by": import.created_by_name, "created_at": import.created_at, "finished_at": import.finished_at,
        "files_removed_at": import.cleared_at,
    }))
}

/// The same of an import of the command line.
pub fn logged_json(state: &AppState, logged: &Logged, lang: Lang) -> Value {
    let line = &logged.line;
    let title = state.catalog.load().layer(&line.layer).map(|d| d.title.get(lang).to_owned());
    let (trial, report) = match line.task {
        Some(Task::Trial) => (&logged.report, &None),
        _ => (&None, &logged.report),
    };
    json!({
        "id": line.id, "portal": false, "layer": line.layer, "layer_title": title, "state": line.state, "task": line.task,
        "error": line.error, "files": line.files.iter().map(|name| json!({"name": name})).collect::<Vec<_>>(),
        "settings": logged.options, "trial": trial, "report": report, "revision": line.revision,
        "undone_by": line.undone_by, "created_by": line.created_by, "created_at": line.created_at,
        "finished_at": line.finished_at,
    })
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

        let mut def = (**def).clone();
        def.attributes.iter_mut().find(|a| a.name == "area_m2").unwrap().import_from =
            vec!["SHAPE_Area".into()];
        let fields = ["Area_m2", "Shape_Area"].map(str::to_owned);
        assert_eq!(suggest(&def, &fields).get("area_m2").map(String::as_str), Some("Shape_Area"));
    }
}
