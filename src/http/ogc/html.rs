//! Pages of the API, for people who look at what programs read. The frame is small and its own: the pages stand
//! for themselves, also where the portal is not installed in front.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;

use super::ask::Ask;
use super::collections::bounds;
use crate::access::View;
use crate::features::LayerReader;
use crate::http::portal::format::{number, unit_symbol};
use crate::http::portal::i18n::Tr;
use crate::layers::{Access, Catalog, LayerDef};
use crate::space::tile_matrix::WEB_MERCATOR_QUAD;

const STYLE: &str = "
:root{color-scheme:light dark}
body{font:16px/1.5 'Noto Sans',system-ui,sans-serif;max-width:72rem;margin:0 auto;padding:0 1rem 4rem;overflow-wrap:anywhere}
header{padding:1rem 0;border-bottom:1px solid #8886;display:flex;gap:1rem;flex-wrap:wrap}
header a:last-child{margin-left:auto}
a{color:#0b6385}@media(prefers-color-scheme:dark){a{color:#7cc4e0}}
.table{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.93rem}
th,td{text-align:left;overflow-wrap:normal;min-width:5rem;padding:.35rem .7rem .35rem 0;border-bottom:1px solid #8884;vertical-align:top}
code{font-size:.9em}.nav{display:flex;gap:1rem;margin:1rem 0}.quiet{opacity:.75}
";

/// The frame of a page: title, the way to it (name and path below `/ogc`), body.
pub(super) fn page(ask: &Ask, title: &str, crumbs: &[(&str, String)], body: &Markup) -> Markup {
    let json = format!("{}{}?{}", ask.base, ask.path, ask.params.with("f", "json"));
    html! {
        (DOCTYPE)
        html lang=(ask.say("vi", "en")) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – Dothi" }
                link rel="alternate" type="application/json" href=(json);
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    a href="/" { "Dothi" }
                    a href=(ask.url("/?f=html")) { "OGC API" }
                    @for (name, path) in crumbs { a href=(ask.url(path)) { (name) } }
                    a href=(json) { "JSON" }
                }
                main { h1 { (title) } (body) }
            }
        }
    }
}

/// Links with their titles.
pub(super) fn links(links: &[Value]) -> Markup {
    let text = |l: &Value, name: &str| l[name].as_str().unwrap_or_default().to_owned();
    html! {
        ul {
            @for l in links {
                @let href = text(l, "href");
                // A page leads to pages; `service-desc` is JSON by its nature, a file a file.
                @let as_it_is = matches!(text(l, "rel").as_str(), "service-desc" | "enclosure");
                @let href = if as_it_is || href.contains("f=") { href } else { href + "?f=html" };
                li { a href=(href) { (text(l, "title")) } " " span.quiet { (text(l, "rel")) } }
            }
        }
    }
}

fn way(ask: &Ask, def: Option<&LayerDef>) -> Vec<(String, String)> {
    let mut way = vec![(ask.say("Các lớp", "Collections").to_owned(), "/collections?f=html".to_owned())];
    if let Some(def) = def {
        way.push((def.title.get(ask.lang).to_owned(), format!("/collections/{}?f=html", def.id)));
    }
    way
}

/// The frame of a page below a layer.
pub(super) fn below(ask: &Ask, def: Option<&LayerDef>, title: &str, body: &Markup) -> Markup {
    let way = way(ask, def);
    let way: Vec<(&str, String)> = way.iter().map(|(n, p)| (n.as_str(), p.clone())).collect();
    page(ask, title, &way, body)
}

fn access(ask: &Ask, def: &LayerDef) -> &'static str {
    match def.access {
        Access::O => ask.say("mở", "open"),
        Access::I => ask.say("nội bộ", "internal"),
        Access::R => ask.say("hạn chế", "restricted"),
    }
}

/// The list of collections.
pub(super) fn collections(ask: &Ask, readers: &[LayerReader], catalog: &Catalog) -> Markup {
    let agencies = catalog.code_list("agency");
    let owner = |code: &String| {
        let title = agencies.and_then(|list| list.code(code)).map(|c| c.title.get(ask.lang).to_owned());
        title.unwrap_or_else(|| code.clone())
    };
    let body = html! {
        div.table { table {
            thead { tr {
                th { (ask.say("Lớp", "Layer")) } th { (ask.say("Mã", "Id")) } th { (ask.say("Số đối tượng", "Items")) }
                th { (ask.say("Cơ quan", "Owner")) } th { (ask.say("Quyền đọc", "Access")) }
            } }
            tbody { @for r in readers {
                @let def = &r.view().layer;
                tr {
                    td { a href=(ask.url(&format!("/collections/{}?f=html", def.id))) { (def.title.get(ask.lang)) } }
                    td { code { (def.id) } }
                    td { (number(Tr(ask.lang), r.count() as f64, 0)) }
                    td { (def.owner.iter().map(owner).collect::<Vec<_>>().join(", ")) }
                    td { (access(ask, def)) }
                }
            } }
        } }
    };
    page(ask, ask.say("Các lớp dữ liệu", "Collections"), &[], &body)
}

/// One collection.
pub(super) fn collection(ask: &Ask, reader: &LayerReader, json: &Value) -> Markup {
    let def = &reader.view().layer;
    let body = html! {
        p { (def.description.get(ask.lang)) }
        p {
            (number(Tr(ask.lang), reader.count() as f64, 0)) " " (ask.say("đối tượng", "items")) " · " (access(ask, def))
            @if let Some(b) = bounds(reader) { " · CRS84 " code { (b.map(|v| v.to_string()).join(", ")) } }
        }
        (links(json["links"].as_array().map(Vec::as_slice).unwrap_or_default()))
    };
    below(ask, None, def.title.get(ask.lang), &body)
}

/// Attributes with type and title, from their JSON Schema.
pub(super) fn schema(ask: &Ask, view: &View, json: &Value) -> Markup {
    let properties = json["properties"].as_object();
    let text = |v: &Value, name: &str| v[name].as_str().unwrap_or_default().to_owned();
    let body = html! {
        div.table { table {
            thead { tr {
                th { (ask.say("Thuộc tính", "Attribute")) } th { (ask.say("Kiểu", "Type")) }
                th { (ask.say("Tên", "Title")) } th { (ask.say("Đơn vị", "Unit")) }
            } }
            tbody { @for (name, p) in properties.into_iter().flatten() { tr {
                td { code { (name) } }
                td { (text(p, "type")) " " (text(p, "format")) }
                td { (text(p, "title")) }
                td { (unit_symbol(Tr(ask.lang), &text(p, "x-ogc-unit"))) }
            } } }
        } }
    };
    below(ask, Some(&view.layer), view.layer.title.get(ask.lang), &body)
}

/// The tileset of a collection.
pub(super) fn tileset(ask: &Ask, reader: &LayerReader) -> Markup {
    let def = &reader.view().layer;
    let body = html! {
        p { "OGC: " code { (ask.url(&format!("/collections/{}/tiles/{WEB_MERCATOR_QUAD}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}", def.id))) } }
        p { "XYZ: " code { (ask.base) "/tiles/" (def.id) "/{z}/{x}/{y}.mvt" } }
        p { a href={(ask.base) "/tiles/" (def.id) ".json"} { "TileJSON" } }
    };
    below(ask, Some(def), ask.say("Ô vectơ", "Vector tiles"), &body)
}
