//! `/import/{id}`: what the file holds and how it is to be taken, the trial, the run, the report.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::super::format::{bytes, number};
use super::super::i18n::Tr;
use super::super::page::{Page, Visit};
use super::{badge, outcome};
use crate::Result;
use crate::error::Error;
use crate::formats::inspect::Inspection;
use crate::formats::{Encoding, Source};
use crate::http::auth::User;
use crate::http::extract::Path;
use crate::http::imports::open;
use crate::http::imports::view::{self, Proposal};
use crate::jobs::imports::{fields, selected};
use crate::layers::{Attribute, LayerDef};
use crate::state::AppState;
use crate::store::bulk::Mode;
use crate::store::imports::{Import, Task};
use crate::store::jobs::State as JobState;

/// Reference systems in which files of the province come.
const SYSTEMS: [(&str, &str); 10] = [
    ("EPSG:9218", "VN-2000 / TM-3 108°30′ (Lâm Đồng)"),
    ("EPSG:5899", "VN-2000 / TM-3 107°45′"),
    ("EPSG:3406", "VN-2000 / UTM 49N"),
    ("EPSG:3405", "VN-2000 / UTM 48N"),
    ("EPSG:4756", "VN-2000 (kinh, vĩ độ)"),
    ("EPSG:4326", "WGS 84 (kinh, vĩ độ)"),
    ("EPSG:32648", "WGS 84 / UTM 48N"),
    ("EPSG:32649", "WGS 84 / UTM 49N"),
    ("EPSG:2154", "RGF93 / Lambert-93"),
    ("EPSG:28992", "Amersfoort / RD New"),
];
/// Source that leaves an attribute empty, whatever the file's fields are called.
const NOTHING: &str = "''";

/// `GET /import/{id}`.
pub async fn page(
    visit: Visit,
    user: User,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Response> {
    let tr = visit.tr;
    let import = open(&state, &user.principal(), &id).await?;
    let catalog = state.catalog.load_full();
    let def = catalog.layer(&import.layer).ok_or_else(|| Error::not_found("layer", &import.layer))?;
    let found = view::inspection(&import);
    let proposal = match &found {
        Some(found) => view::propose(&state, &import, def, found).await?,
        None => Proposal::default(),
    };
    let at_work = matches!(import.state, Some(JobState::Queued | JobState::Running));
    let open_form = import.report.is_none() && import.cleared_at.is_none() && !at_work;
    let body = html! {
        div class="page-head" {
            div {
                h1 { (tr.with("import-into", &[("title", tr.of(&def.title))])) }
                p class="muted" { (files(tr, &import)) }
            }
            p { (badge(tr, import.task, import.state)) }
        }
        @if at_work { (progress(tr, &import)) }
        @if import.state == Some(JobState::Failed) { (failure(tr, &import)) }
        @if let Some(report) = &import.report { (outcome::report(tr, &import, def, report)) }
        @else if import.cleared_at.is_some() { div class="notice notice--warn" { p { (tr.t("import-cleared")) } } }
        @if open_form {
            form id="import-form" data-import=(import.id) {
                @if let Some(found) = &found {
                    (reading(tr, &import, found, &proposal))
                    (mapping(tr, def, found, &proposal))
                    (mode(tr, def, &proposal))
                    @if let Some(trial) = &import.trial { (outcome::trial(tr, trial)) }
                    div class="actions" {
                        button class="button button--plain" type="submit" data-task="trial" { (tr.t("import-try")) }
                        button class="button" type="submit" data-task="run" data-confirm=(tr.t("import-run-sure")) disabled[import.trial.is_none()] { (tr.t("import-run")) }
                    }
                    @if import.trial.is_none() { p class="small muted" { (tr.t("import-try-first")) } }
                } @else { (bare(tr, &import)) }
                div id="import-out" aria-live="polite" {}
            }
        }
    };
    let framed = Page::new(&visit, tr.with("import-into", &[("title", tr.of(&def.title))]))
        .with_script("import.ts")
        .crumb(tr.t("import-heading"), "/import");
    let framed = match import.inspection.as_ref().map(|i| &i["place"]).filter(|p| p.is_array()) {
        Some(place) => framed.data("import-place", &json!({"bbox": place})),
        None => framed,
    };
    Ok(framed.render(&body))
}

fn files(tr: Tr, import: &Import) -> String {
    let file = |f: &crate::store::imports::File| format!("{} ({})", f.name, bytes(tr, f.size_bytes));
    import.files.iter().map(file).collect::<Vec<_>>().join(", ")
}

/// The script follows it and loads the page again at the end.
fn progress(tr: Tr, import: &Import) -> Markup {
    let key = match import.task {
        Some(Task::Trial) => "import-trying",
        Some(Task::Run) => "import-running",
        _ => "import-looking",
    };
    html! {
        div class="card progress" data-await=(import.id) {
            span role="status" { (tr.t(key)) }
            progress max="1" value=(import.progress) aria-label=(tr.t(key)) {}
            p class="small muted" { (tr.t("import-may-leave")) }
        }
    }
}

fn failure(tr: Tr, import: &Import) -> Markup {
    html! {
        div class="notice notice--error" role="alert" {
            h2 { (tr.t("import-failed")) }
            @if let Some(error) = &import.error { p { (tr.of(error)) } }
        }
    }
}

/// Before the first look: nothing but the choice that the look may have failed for.
fn bare(tr: Tr, import: &Import) -> Markup {
    let settings = crate::jobs::imports::Settings::stored(&import.settings);
    html! {
        section class="card" {
            div class="grid-2" { (system(tr, settings.crs.as_deref(), None)) (encoding(tr, settings.encoding, None)) }
            div class="actions" { button class="button" type="submit" data-task="inspect" { (tr.t("import-look")) } }
        }
    }
}

/// What the file holds, how it is read, and its first rows.
fn reading(tr: Tr, import: &Import, found: &Inspection, proposal: &Proposal) -> Markup {
    let settings = &proposal.settings;
    let layer = selected(found);
    let of_file = layer.and_then(|l| l.crs.as_deref());
    let swapped = import.inspection.as_ref().is_some_and(|i| i["swapped"] == Value::Bool(true));
    html! {
        section class="card" aria-labelledby="reading" {
            h2 id="reading" { (tr.t("import-reading")) }
            p {
                (found.driver)
                @if let Some(l) = layer {
                    " · " (l.geometry)
                    @if let Some(n) = l.features { " · " (tr.with("import-features", &[("count", &number(tr, n as f64, 0))])) }
                }
            }
            @for warning in &found.warnings { p class="notice notice--warn" { (tr.of(warning)) } }
            @if swapped { p class="notice notice--warn" { (tr.t("import-swapped")) } }
            @if of_file.is_none() && settings.crs.is_none() { p class="notice notice--warn" { (tr.t("import-no-crs")) } }
            div class="grid-2 grid-2--top" {
                @if found.layers.len() > 1 {
                    div class="field" {
                        label for="source_layer" { (tr.t("import-source-layer")) }
                        select id="source_layer" name="source_layer" data-redo {
                            @for l in &found.layers { option value=(l.name) selected[Some(&l.name) == found.layer.as_ref()] { (l.name) } }
                        }
                    }
                }
                (system(tr, settings.crs.as_deref(), of_file))
                (encoding(tr, settings.encoding, Some(found)))
            }
            label class="check" {
                input type="checkbox" name="swap_axes" value="true" data-type="boolean" data-redo checked[settings.swap_axes];
                span { (tr.t("import-swap")) }
            }
            (preview(tr, found))
            @if import.inspection.as_ref().is_some_and(|i| i["place"].is_array()) {
                h3 { (tr.t("import-place")) }
                div class="layer-map" id="import-map" role="region" aria-label=(tr.t("import-place")) {}
            }
        }
    }
}

fn system(tr: Tr, chosen: Option<&str>, of_file: Option<&str>) -> Markup {
    let other = chosen.filter(|c| SYSTEMS.iter().all(|(code, _)| code != c));
    html! {
        div class="field" {
            label for="crs" { (tr.t("import-crs")) }
            select id="crs" name="crs" data-redo {
                option value="" { @match of_file { Some(crs) => { (tr.with("import-crs-of-file", &[("crs", crs)])) }, None => { (tr.t("choose")) } } }
                @for (code, name) in SYSTEMS { option value=(code) selected[chosen == Some(code)] { (name) " – " (code) } }
                @if let Some(other) = other { option value=(other) selected { (other) } }
                option value="other" { (tr.t("import-crs-other")) }
            }
            input type="text" id="crs-other" placeholder="EPSG:n" aria-label=(tr.t("import-crs-other")) autocomplete="off" hidden;
        }
    }
}

fn encoding(tr: Tr, chosen: Option<Encoding>, found: Option<&Inspection>) -> Markup {
    let names = [
        (Encoding::Utf8, "Unicode (UTF-8)"),
        (Encoding::Tcvn3, "TCVN3 (ABC)"),
        (Encoding::Vni, "VNI Windows"),
        (Encoding::Viscii, "VISCII"),
        (Encoding::Cp1258, "Windows-1258"),
    ];
    let detected = found.map(|f| {
        let how = match f.encoding.source {
            Source::Given => "encoding-given",
            Source::File => "encoding-file",
            Source::Detected => "encoding-detected",
            Source::Default => "encoding-default",
        };
        let name =
            names.iter().find(|(e, _)| e.name() == f.encoding.name).map_or(f.encoding.name.as_str(), |n| n.1);
        let sure = format!("{}\u{a0}%", number(tr, f.encoding.confidence * 100.0, 0));
        tr.with(how, &[("name", name), ("sure", &sure)])
    });
    html! {
        div class="field" {
            label for="encoding" { (tr.t("import-encoding")) }
            select id="encoding" name="encoding" data-redo {
                option value="" { (tr.t("import-encoding-auto")) }
                @for (encoding, name) in names { option value=(encoding.name()) selected[chosen == Some(encoding)] { (name) } }
            }
            @if let Some(text) = detected { span class="hint" id="encoding-used" { (text) } }
        }
    }
}

fn preview(tr: Tr, found: &Inspection) -> Markup {
    let fields = fields(found);
    let cell = |v: Option<&Value>| match v {
        None | Some(Value::Null) => "–".to_owned(),
        Some(Value::String(s)) => s.clone(),
        Some(other) => other.to_string(),
    };
    html! {
        @if !found.rows.is_empty() && !fields.is_empty() {
            h3 { (tr.t("import-preview")) }
            div class="table-wrap preview" tabindex="0" role="region" aria-label=(tr.t("import-preview")) {
                table id="import-preview" {
                    thead { tr { @for f in &fields { th scope="col" { (f) } } } }
                    tbody { @for row in &found.rows { tr { @for f in &fields { td { (cell(row.get(f))) } } } } }
                }
            }
        }
    }
}

fn mapping(tr: Tr, def: &LayerDef, found: &Inspection, proposal: &Proposal) -> Markup {
    let fields = fields(found);
    html! {
        section class="card" aria-labelledby="mapping" {
            h2 id="mapping" { (tr.t("import-mapping")) }
            @if proposal.remembered { p class="notice notice--ok" id="remembered" { (tr.t("import-remembered")) } }
            @else { p class="small muted" { (tr.t("import-mapping-about")) } }
            div class="mapping" {
                @for a in &def.attributes { (attribute(tr, def, a, &fields, proposal.settings.map.get(&a.name).map(String::as_str))) }
            }
        }
    }
}

fn attribute(tr: Tr, def: &LayerDef, a: &Attribute, fields: &[String], source: Option<&str>) -> Markup {
    let id = format!("map-{}", a.name);
    let constant = source.filter(|s| *s != NOTHING && !fields.iter().any(|f| f == s));
    html! {
        div class="field" {
            label for=(id) {
                (tr.of(&a.title))
                @if a.required { " " span class="badge badge--fail" { (tr.t("rule-required")) } }
                @if def.key.contains(&a.name) { " " span class="badge badge--brand" { (tr.t("rule-key")) } }
            }
            select id=(id) name={ "map." (a.name) } {
                option value=(NOTHING) { (tr.t("import-empty")) }
                @for f in fields { option value=(f) selected[source == Some(f)] { (f) } }
                @if let Some(constant) = constant { option value=(constant) selected { (constant) } }
            }
        }
    }
}

fn mode(tr: Tr, def: &LayerDef, proposal: &Proposal) -> Markup {
    let keys: Vec<&str> =
        def.attributes.iter().filter(|a| def.key.contains(&a.name)).map(|a| tr.of(&a.title)).collect();
    let keys = keys.join(", ");
    let mut modes = vec![(Mode::Append, "append"), (Mode::Replace, "replace")];
    if !def.key.is_empty() {
        modes.insert(0, (Mode::Upsert, "upsert"));
    }
    html! {
        fieldset class="card" {
            legend { (tr.t("import-mode")) }
            @for (mode, name) in modes {
                label class="check" {
                    input type="radio" name="mode" value=(name) checked[proposal.settings.mode == Some(mode)];
                    span { strong { (tr.or(&format!("import-mode-{name}"), name)) } " – " (tr.with(about(mode), &[("key", &keys)])) }
                }
            }
        }
    }
}

fn about(mode: Mode) -> &'static str {
    match mode {
        Mode::Upsert => "import-about-upsert",
        Mode::Append => "import-about-append",
        Mode::Replace => "import-about-replace",
    }
}
