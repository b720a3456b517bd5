//! What is told of a style (OGC 20-009, style metadata).

use serde_json::{Value, json};

use super::form::Form;
use super::{Style, seen};
use crate::features::LayerReader;
use crate::http::ogc::ask::{Ask, link};
use crate::http::tiles::DATASET;

pub(super) fn document(ask: &Ask, style: &Style) -> Value {
    let (id, title) = (&style.id, &style.title);
    let sheets: Vec<Value> = Form::offered(id)
        .map(|form| {
            let (version, specification) = form.specification();
            json!({
                "title": form.name(),
                "version": version,
                "specification": specification,
                "native": form == Form::MapLibre,
                "link": form.link(ask, id, title),
            })
        })
        .collect();
    let mut links = ask.self_links("application/json");
    let page = ask.url(&format!("/styles/{id}?f=html"));
    links.push(link(&page, "preview", "text/html", ask.say("Xem thử trên bản đồ", "Preview on a map")));
    let mut json = json!({
        "id": id,
        "title": title,
        "scope": "style",
        "version": env!("CARGO_PKG_VERSION"),
        "stylesheets": sheets,
        "layers": style.readers.iter().map(|reader| layer(ask, reader)).collect::<Vec<_>>(),
        "links": links,
    });
    let only = style.readers.first().filter(|_| id != DATASET).map(|r| &r.view().layer);
    if let Some(def) = only {
        json["description"] = def.description.get(ask.lang).into();
        json["keywords"] = json!([def.theme]);
        json["license"] = def.licence.as_deref().into();
    }
    json
}

fn layer(ask: &Ask, reader: &LayerReader) -> Value {
    let def = &reader.view().layer;
    let kind = match def.geometry {
        g if g.is_point() => "point",
        g if g.is_area() => "polygon",
        _ => "line",
    };
    let data = ask.url(&format!("/collections/{}/items?f=json", def.id));
    let types: Vec<&str> = seen(reader).iter().filter_map(|(_, s)| s["type"].as_str()).collect();
    json!({
        "id": def.id,
        "description": def.title.get(ask.lang),
        "type": kind,
        "drawnAs": types,
        "sampleData": link(&data, "data", "application/geo+json", def.title.get(ask.lang)),
    })
}
