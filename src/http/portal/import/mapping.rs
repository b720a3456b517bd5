//! Which field of the file, or which fixed value, becomes which attribute of the layer.

use maud::{Markup, html};

use super::super::i18n::Tr;
use crate::formats::inspect::Inspection;
use crate::http::imports::view::Proposal;
use crate::jobs::imports::fields;
use crate::layers::{Attribute, Catalog, LayerDef};

/// Source that leaves an attribute empty, whatever the file's fields are called.
const NOTHING: &str = "''";
/// Choice of a fixed value, which is typed beside it.
const FIXED: &str = "fixed";
/// Codes that are offered while one types.
const CODES_MAX: usize = 300;

pub(super) fn section(
    tr: Tr,
    catalog: &Catalog,
    def: &LayerDef,
    found: &Inspection,
    proposal: &Proposal,
) -> Markup {
    let fields = fields(found);
    let units = def.attributes.iter().any(Attribute::holds_unit);
    html! {
        section class="card" aria-labelledby="mapping" {
            h2 id="mapping" { (tr.t("import-mapping")) }
            @if proposal.remembered { p class="notice notice--ok" id="remembered" { (tr.t("import-remembered")) } }
            @else { p class="small muted" { (tr.t("import-mapping-about")) } }
            div class="mapping" {
                @for a in &def.attributes { (attribute(tr, catalog, def, a, &fields, proposal.settings.map.get(&a.name).map(String::as_str))) }
            }
            @if units {
                div class="field" {
                    label for="units_as_of" { (tr.t("import-units-as-of")) }
                    span class="hint" id="units-hint" { (tr.t("import-units-about")) }
                    input type="date" id="units_as_of" name="units_as_of" class="short" max=(crate::units::day_in_vietnam(chrono::Utc::now())) value=[proposal.settings.units_as_of] aria-describedby="units-hint";
                }
            }
        }
    }
}

fn attribute(
    tr: Tr,
    catalog: &Catalog,
    def: &LayerDef,
    a: &Attribute,
    fields: &[String],
    source: Option<&str>,
) -> Markup {
    let id = format!("map-{}", a.name);
    let fixed = source.filter(|s| *s != NOTHING).and_then(|s| s.strip_prefix('\'')?.strip_suffix('\''));
    let codes =
        a.codes.as_deref().and_then(|list| catalog.code_list(list)).filter(|l| l.codes.len() <= CODES_MAX);
    let list = codes.map(|_| format!("codes-{}", a.name));
    // Without a source there is nothing to import; the browser says so before anything is sent.
    let empty = if a.required { "" } else { NOTHING };
    html! {
        div class="field" {
            label for=(id) {
                (tr.of(&a.title))
                @if a.required { " " span class="badge badge--fail" { (tr.t("rule-required")) } }
                @if def.key.contains(&a.name) { " " span class="badge badge--brand" { (tr.t("rule-key")) } }
            }
            select id=(id) name={ "map." (a.name) } data-map required[a.required] {
                option value=(empty) { (tr.t(if a.required { "choose" } else { "import-empty" })) }
                @for f in fields { option value=(f) selected[source == Some(f)] { (f) } }
                option value=(FIXED) selected[fixed.is_some()] { (tr.t("import-fixed")) }
            }
            input type="text" class="fixed" name={ "fixed." (a.name) } value=(fixed.unwrap_or_default()) list=[list.as_ref()] aria-label=(tr.with("import-fixed-of", &[("title", tr.of(&a.title))])) autocomplete="off" required[fixed.is_some()] hidden[fixed.is_none()];
            @if let (Some(list), Some(codes)) = (&list, codes) {
                datalist id=(list) { @for c in &codes.codes { option value=(c.code) { (tr.of(&c.title)) } } }
            }
        }
    }
}
