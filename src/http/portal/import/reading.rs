//! What a file holds and how it is read; its first rows, and its first shapes on the map.

use maud::{Markup, html};
use serde_json::Value;

use super::super::format::number;
use super::super::i18n::Tr;
use super::plainly;
use crate::formats::inspect::Inspection;
use crate::formats::{Encoding, Source};
use crate::jobs::imports::{Settings, fields, selected};
use crate::store::imports::Import;

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

/// What the file holds, and how it is read.
pub(super) fn file(tr: Tr, found: &Inspection, settings: &Settings) -> Markup {
    let layer = selected(found);
    let of_file = found.system();
    html! {
        section class="card" aria-labelledby="reading" {
            h2 id="reading" { (tr.t("import-reading")) }
            p {
                (found.driver)
                @if let Some(l) = layer {
                    @if !l.geometry.starts_with("Unknown") && l.geometry != "None" { " · " (tr.or(&format!("geometry-{}", l.geometry), &l.geometry)) }
                    @if let Some(n) = l.features { " · " (tr.with(if found.drawing.is_some() { "import-elements" } else { "import-features" }, &[("count", &number(tr, n as f64, 0))])) }
                }
            }
            @for warning in &found.warnings { p class="notice notice--warn" { (plainly(tr, tr.of(warning))) } }
            div class="grid-2 grid-2--top" {
                @if found.layers.len() > 1 {
                    div class="field" {
                        label for="source_layer" { (tr.t("import-source-layer")) }
                        select id="source_layer" name="source_layer" data-redo {
                            @for l in &found.layers { option value=(l.name) selected[Some(&l.name) == found.layer.as_ref()] { (l.name) } }
                        }
                    }
                }
                (system(tr, settings.crs.as_deref(), of_file, Some(found)))
                (encoding(tr, settings.encoding, Some(found)))
            }
            label class="check" {
                input type="checkbox" name="swap_axes" value="true" data-place checked[settings.swap_axes];
                span { (tr.t("import-swap")) }
            }
            div class="import-wait" aria-live="polite" {}
        }
    }
}

/// The choice of a reference system: needed where the file does not tell its own. Those in which the file would lie in
/// the province stand first.
pub(super) fn system(
    tr: Tr,
    chosen: Option<&str>,
    of_file: Option<&str>,
    found: Option<&Inspection>,
) -> Markup {
    let other = chosen.filter(|c| SYSTEMS.iter().all(|(code, _)| code != c));
    let is_likely = |code: &str| found.is_some_and(|f| f.likely.iter().any(|l| l.crs == code && !l.swapped));
    let (first, rest): (Vec<_>, Vec<_>) = SYSTEMS.into_iter().partition(|(code, _)| is_likely(code));
    let asked = found.is_some() && of_file.is_none();
    let options = |systems: &[(&str, &str)]| {
        html! {
            @for (code, name) in systems { option value=(code) selected[chosen == Some(code)] { (name) " – " (code) } }
        }
    };
    html! {
        div class="field" {
            label for="crs" { (tr.t("import-crs")) @if asked { " " span class="badge badge--fail" { (tr.t("rule-required")) } } }
            select id="crs" name="crs" data-place required[asked] aria-describedby=[asked.then_some("crs-asked")] {
                option value="" { @match of_file { Some(crs) => { (tr.with("import-crs-of-file", &[("crs", crs)])) }, None => { (tr.t("choose")) } } }
                @if first.is_empty() { (options(&rest)) }
                @else {
                    optgroup label=(tr.t("import-crs-likely")) { (options(&first)) }
                    optgroup label=(tr.t("import-crs-rest")) { (options(&rest)) }
                }
                @if let Some(other) = other { option value=(other) selected { (other) } }
                option value="other" { (tr.t("import-crs-other")) }
            }
            input type="text" id="crs-other" placeholder="EPSG:n" aria-label=(tr.t("import-crs-other")) autocomplete="off" hidden;
            @if asked { span class="hint" id="crs-asked" { (tr.t("import-no-crs")) } }
        }
    }
}

pub(super) fn encoding(tr: Tr, chosen: Option<Encoding>, found: Option<&Inspection>) -> Markup {
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

/// The first shapes on the map, which the script draws over what the layer has and the layers `around`; and the first
/// rows.
pub(super) fn preview(tr: Tr, import: &Import, found: &Inspection, around: &[&str]) -> Markup {
    let shapes = found.shapes.iter().filter(|s| !s.is_null()).count();
    html! {
        section class="card" aria-labelledby="preview" {
            h2 id="preview" { (tr.t("import-look-at")) }
            @if shapes > 0 {
                p id="import-place" role="status" class="notice" data-shapes={ "/api/v1/imports/" (import.id) "/shapes" } { (tr.t("import-placing")) }
                div class="layer-map" id="import-map" data-layer=(import.layer) data-around=(around.join(" ")) role="region" aria-label=(tr.t("import-place")) {}
                p class="small muted" { (tr.with("import-shapes", &[("count", &number(tr, shapes as f64, 0))])) }
            } @else if !found.rows.is_empty() {
                p class="notice notice--warn" { (tr.t(if found.driver == "CSV" { "import-no-columns" } else { "import-no-shapes" })) }
            }
            (rows(tr, found))
        }
    }
}

fn rows(tr: Tr, found: &Inspection) -> Markup {
    let fields = fields(found);
    let cell = |v: Option<&Value>| match v {
        None | Some(Value::Null) => "–".to_owned(),
        Some(Value::String(s)) => s.clone(),
        Some(other) => other.to_string(),
    };
    html! {
        @if found.rows.is_empty() { p class="empty" { (tr.t("import-no-rows")) } }
        @else if !fields.is_empty() {
            h3 { (tr.with("import-preview", &[("count", &number(tr, found.rows.len() as f64, 0))])) }
            div class="table-wrap preview" tabindex="0" role="region" aria-label=(tr.t("import-rows")) {
                table id="import-preview" {
                    thead { tr { @for f in &fields { th scope="col" { (f) } } } }
                    tbody { @for row in &found.rows { tr { @for f in &fields { td { (cell(row.get(f))) } } } } }
                }
            }
        }
    }
}
