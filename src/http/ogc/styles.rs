//! OGC API Styles: a MapLibre style for each layer, and `default` with all of them in drawing order.

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::ask::{Ask, link, open, typed, vary};
use super::collections::visible;
use super::format::Format;
use super::html;
use crate::Result;
use crate::access::View;
use crate::features::LayerReader;
use crate::layers::style;
use crate::state::AppState;

/// Media type of a MapLibre style.
const STYLE: &str = "application/vnd.mapbox.style+json";

/// The style of all layers together.
const ALL: &str = "default";

/// `GET /ogc/styles`
pub(super) async fn list(State(state): State<AppState>, ask: Ask) -> Result<Response> {
    ask.params.only(&["f"])?;
    let readers = visible(&state, &ask);
    let drawn = readers.iter().map(LayerReader::view);
    let drawn = drawn.filter(|v| style::visible(&v.layer, |a| v.attribute(a).is_some()).next().is_some());
    let drawn = drawn.map(|v| &v.layer);
    let all = ask.say("Mọi lớp", "All layers");
    let styles: Vec<(&str, &str)> =
        std::iter::once((ALL, all)).chain(drawn.map(|l| (l.id.as_str(), l.title.get(ask.lang)))).collect();
    let described: Vec<Value> = styles
        .iter()
        .map(|(id, title)| {
            let href = ask.url(&format!("/styles/{id}?f=mapbox"));
            json!({"id": id, "title": title, "links": [link(&href, "stylesheet", STYLE, title)]})
        })
        .collect();
    let json = json!({"default": ALL, "styles": described, "links": ask.self_links("application/json")});
    Ok(ask.answer("application/json", &json, || {
        let body = maud::html! {
            ul { @for (id, title) in &styles { li { a href={"styles/" (id)} { (title) } } } }
        };
        html::page(&ask, ask.say("Kiểu bản đồ", "Styles"), &[], &body)
    }))
}

/// `GET /ogc/styles/{id}`: always the stylesheet; a page of it would say no more.
pub(super) async fn one(
    State(state): State<AppState>,
    Path(id): Path<String>,
    mut ask: Ask,
) -> Result<Response> {
    ask.params.only(&["f"])?;
    ask.format = Format::Json;
    let (name, readers) = if id == ALL {
        let mut readers = visible(&state, &ask);
        readers.sort_by_key(|r| r.view().layer.draw_order);
        (ask.say("Mọi lớp", "All layers").to_owned(), readers)
    } else {
        let (reader, _) = open(&state, &ask.who, &id)?;
        (reader.view().layer.title.get(ask.lang).to_owned(), vec![reader])
    };
    let mut sources = Map::new();
    let mut drawn = Vec::new();
    for view in readers.iter().map(LayerReader::view) {
        let (layer, styles) = (&view.layer, style_layers(view));
        if styles.is_empty() {
            continue;
        }
        let url = ask.keyed(format!("{}/tiles/{}.json", ask.base, layer.id));
        sources.insert(layer.id.clone(), json!({"type": "vector", "url": url}));
        drawn.extend(styles);
    }
    // Areas under lines under points under texts; the layers' own order within.
    drawn.sort_by_key(rank);
    let json = json!({
        "version": 8,
        "name": name,
        "font-faces": font_faces(&ask.base),
        "sources": sources,
        "layers": drawn,
    });
    let mut response = typed(STYLE, json.to_string());
    vary(response.headers_mut());
    Ok(response)
}

/// The style layers of a layer file with what is left out there filled in.
fn style_layers(view: &View) -> Vec<Value> {
    let layer = &view.layer;
    let fill = |(n, style): (usize, &Value)| {
        let mut style = style.clone();
        style["id"] = format!("{}-{n}", layer.id).into();
        style["source"] = layer.id.as_str().into();
        style["source-layer"] = layer.id.as_str().into();
        style
    };
    style::visible(layer, |a| view.attribute(a).is_some()).map(fill).collect()
}

fn rank(style: &Value) -> u8 {
    match style["type"].as_str() {
        Some("fill") => 0,
        Some("line") => 1,
        Some("fill-extrusion") => 2,
        Some("circle") => 3,
        _ => 4,
    }
}

/// The fonts of the portal: MapLibre draws labels from them without a glyph server.
fn font_faces(base: &str) -> Value {
    let faces = |file: &str| {
        let face = |subset: &str, range: &[&str]| json!({"url": format!("{base}/assets/fonts/noto-sans-{subset}-{file}.woff2"), "unicode-range": range});
        json!([
            face(
                "vietnamese",
                &[
                    "U+0102-0103",
                    "U+0110-0111",
                    "U+0128-0129",
                    "U+0168-0169",
                    "U+01A0-01A1",
                    "U+01AF-01B0",
                    "U+0300-0301",
                    "U+0303-0304",
                    "U+0308-0309",
                    "U+0323",
                    "U+1EA0-1EF9",
                    "U+20AB",
                ]
            ),
            face("latin-ext", &["U+0100-02BA", "U+1E00-1E9F", "U+1EF2-1EFF", "U+20A0-20C0"]),
            face(
                "latin",
                &[
                    "U+0000-00FF",
                    "U+0131",
                    "U+0152-0153",
                    "U+2000-206F",
                    "U+2122",
                    "U+2191",
                    "U+2193",
                    "U+2212"
                ]
            ),
        ])
    };
    json!({"Noto Sans Regular": faces("400-normal"), "Noto Sans Medium": faces("500-normal")})
}
