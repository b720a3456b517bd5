//! `GET /api/v1/layers`: the layers that the caller may see, by theme, with titles, units, codes and styles in his
//! language. The portal's map and catalogue are made from it; so can any other MapLibre client's be.

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use chrono::{DateTime, Utc};
use geo::InteriorPoint;
use serde::Serialize;
use serde_json::Value as Member;

use super::catalogue::activity::{Activity, LastChanges};
use super::i18n::Tr;
use super::told::Words;
use crate::access::{self, Principal, View};
use crate::error::Error;
use crate::features::{LayerReader, Snapshot};
use crate::http::auth::Session;
use crate::http::extract::Path;
use crate::http::lang::Language;
use crate::layers::{Access, Attribute, AttributeType, Catalog, LayerDef, Value, style};
use crate::permit::law::Law;
use crate::space::Bbox;
use crate::state::AppState;
use crate::store::activity::LastChange;

/// Themes in the order of the tree; others follow by name.
const THEMES: [&str; 20] = [
    "planning",
    "land",
    "building",
    "admin",
    "transport",
    "utility",
    "water",
    "nature",
    "hazard",
    "environment",
    "education",
    "health",
    "culture",
    "tourism",
    "commerce",
    "agriculture",
    "security",
    "report",
    "defence",
    "quality",
];

/// Areas of a layer whose texts get points of their own, at most.
const LABELS_MAX: usize = 5000;

/// What the map opens on where no layer has an item: the former province Đắk Nông, CRS84.
const FALLBACK_BOUNDS: [f64; 4] = [107.2, 11.75, 108.15, 12.85];

pub(super) fn router() -> Router<AppState> {
    Router::new().route("/api/v1/layers", get(list)).route("/api/v1/layers/{id}/labels", get(labels))
}

/// A theme with its layers.
#[derive(Debug, Serialize)]
pub(in crate::http) struct Theme {
    pub id: String,
    pub title: String,
    pub layers: Vec<Layer>,
}

/// What is told of a layer, to programs and on its page.
#[derive(Debug, Serialize)]
pub(in crate::http) struct Layer {
    pub id: String,
    pub title: String,
    pub description: String,
    pub theme: String,
    pub geometry: String,
    pub access: Access,
    pub owner: String,
    pub owners: Vec<String>,
    pub licence: Option<String>,
    label: Option<String>,
    pub min_zoom: u8,
    visible: bool,
    draw_order: i32,
    pub count: usize,
    /// West, south, east, north in CRS84; none where nothing has a place.
    pub extent: Option<[f64; 4]>,
    /// Left out where it is not known now; null where the layer never changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[allow(clippy::option_option, reason = "not known, and known to be none, are two answers")]
    pub last_change: Option<Option<Changed>>,
    labels: bool,
    pub attributes: Vec<Described>,
    pub style: Vec<Member>,
}

/// The last change; who and why are for officers.
#[derive(Debug, Serialize)]
pub(in crate::http) struct Changed {
    pub at: DateTime<Utc>,
    pub revision: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// An attribute that the reader may see.
#[derive(Debug, Serialize)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts of a definition")]
pub(in crate::http) struct Described {
    pub name: String,
    pub title: String,
    #[serde(rename = "type")]
    pub kind: AttributeType,
    pub access: Access,
    pub required: bool,
    pub key: bool,
    pub search: bool,
    pub personal: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codes: Option<BTreeMap<String, CodeTitle>>,
}

/// A code's title and its colour on the map.
#[derive(Debug, Serialize)]
pub(in crate::http) struct CodeTitle {
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
}

/// What descriptions are made from: who reads, in which language, and when layers changed, where that is known.
pub(in crate::http) struct Teller<'a> {
    pub catalog: &'a Catalog,
    pub who: &'a Principal,
    pub tr: Tr,
    pub law: &'a Law,
    pub changes: Option<LastChanges>,
}

async fn list(
    State(state): State<AppState>,
    Extension(activity): Extension<Activity>,
    Session(who): Session,
    Language(lang): Language,
) -> Response {
    let catalog = state.catalog.load_full();
    let snapshot = state.features.snapshot();
    let readers = readers(&catalog, &snapshot, &who);
    let teller = Teller {
        catalog: &catalog,
        who: &who,
        tr: Tr(lang),
        law: &state.law,
        changes: activity.known(&state).await,
    };
    let body = serde_json::json!({
        "themes": teller.themes(&readers),
        "bounds": bounds(&readers),
        "revision": snapshot.name(),
        "sample": is_sample(&readers),
    });
    let headers = [(header::CACHE_CONTROL, "private, no-cache"), (header::VARY, "cookie, accept-language")];
    (headers, Json(body)).into_response()
}

/// The layers that `who` may see and that are loaded.
pub(in crate::http) fn readers(
    catalog: &Catalog,
    snapshot: &Snapshot,
    who: &Principal,
) -> Vec<(View, LayerReader)> {
    let views = catalog.layers.values().filter_map(|def| access::view(who, def, catalog));
    views.filter_map(|view| snapshot.described(&view).map(|reader| (view, reader))).collect()
}

impl Teller<'_> {
    /// The layers by theme, in the order of the tree.
    pub fn themes(&self, readers: &[(View, LayerReader)]) -> Vec<Theme> {
        let mut by_theme: BTreeMap<(usize, String), Vec<Layer>> = BTreeMap::new();
        for (view, reader) in readers {
            let theme = &view.layer.theme;
            let place = THEMES.iter().position(|t| t == theme).unwrap_or(THEMES.len());
            by_theme.entry((place, theme.clone())).or_default().push(self.layer(view, reader));
        }
        by_theme
            .into_iter()
            .map(|((_, id), mut layers)| {
                layers.sort_by(|a, b| b.visible.cmp(&a.visible).then_with(|| a.title.cmp(&b.title)));
                Theme { title: self.tr.or(&format!("theme-{id}"), &id), id, layers }
            })
            .collect()
    }

    /// One layer.
    pub fn layer(&self, view: &View, reader: &LayerReader) -> Layer {
        let (def, tr) = (&view.layer, self.tr);
        let seen = def.attributes.iter().zip(&view.attributes).filter(|(_, seen)| **seen);
        let owners = owners(self.catalog, def, tr);
        let styles = style::visible(def, |a| view.attribute(a).is_some());
        Layer {
            id: def.id.clone(),
            title: tr.of(&def.title).to_owned(),
            description: tr.of(&def.description).to_owned(),
            theme: def.theme.clone(),
            geometry: format!("{:?}", def.geometry),
            access: def.access,
            owner: owners.join(", "),
            owners,
            licence: def.licence.clone(),
            label: def.label.clone().filter(|l| view.attribute(l).is_some()),
            min_zoom: def.min_zoom,
            visible: def.visible,
            draw_order: def.draw_order,
            count: reader.count(),
            extent: reader.extent_crs84().map(|b| [b.min_x, b.min_y, b.max_x, b.max_y]),
            last_change: self.changes.as_ref().map(|all| all.get(&def.id).map(|c| self.changed(c))),
            labels: has_labels(def, reader),
            attributes: seen.map(|(a, _)| self.attribute(def, a)).collect(),
            style: styles.map(|(i, style)| style_layer(def, i, style, has_labels(def, reader))).collect(),
        }
    }

    fn changed(&self, change: &LastChange) -> Changed {
        let officer = self.who.is_officer();
        let words = Words { tr: self.tr, who: self.who, catalog: self.catalog, law: self.law };
        Changed {
            at: change.at,
            revision: change.revision,
            by: change.by.clone().filter(|_| officer),
            reason: officer.then(|| words.reason(&change.client, &change.reason, change.undoes)),
        }
    }

    fn attribute(&self, def: &LayerDef, a: &Attribute) -> Described {
        let tr = self.tr;
        let codes = a.codes.as_ref().and_then(|id| self.catalog.code_lists.get(id)).map(|list| {
            let title = |c: &crate::layers::Code| CodeTitle {
                title: tr.of(&c.title).to_owned(),
                color: c.color.clone(),
            };
            list.codes.iter().map(|c| (c.code.clone(), title(c))).collect()
        });
        Described {
            name: a.name.clone(),
            title: tr.of(&a.title).to_owned(),
            kind: a.kind,
            access: a.access.unwrap_or(def.access).max(def.access),
            required: a.required,
            key: def.key.contains(&a.name),
            search: a.search,
            personal: a.personal,
            unit: a.unit.clone(),
            min: a.min,
            max: a.max,
            codes,
        }
    }
}

/// Names of the owning agencies.
fn owners(catalog: &Catalog, def: &LayerDef, tr: Tr) -> Vec<String> {
    let title = |code: &String| {
        let list = catalog.code_lists.get("agency")?;
        list.codes.iter().find(|c| &c.code == code).map(|c| tr.of(&c.title).to_owned())
    };
    def.owner.iter().map(|code| title(code).unwrap_or_else(|| code.clone())).collect()
}

/// A style of the definition with what a MapLibre layer needs: id, source, source layer.
fn style_layer(def: &LayerDef, index: usize, style: &Member, labels: bool) -> Member {
    let mut style = style.clone();
    if let Some(members) = style.as_object_mut() {
        members.insert("id".to_owned(), format!("{}-{index}", def.id).into());
        if labels && members.get("type").is_some_and(|t| t == "symbol") {
            members.insert("source".to_owned(), format!("{}-labels", def.id).into());
        } else {
            members.insert("source".to_owned(), def.id.clone().into());
            members.insert("source-layer".to_owned(), def.id.clone().into());
        }
        let least =
            members.get("minzoom").and_then(Member::as_f64).unwrap_or(0.0).max(f64::from(def.min_zoom));
        if least > 0.0 {
            members.insert("minzoom".to_owned(), least.into());
        }
    }
    style
}

/// Whether the layer's texts are drawn from points of their own: those of an area that is cut by tiles would stand
/// once in each. Of very many areas the points would take longer to fetch than the doubles are worth.
fn has_labels(def: &LayerDef, reader: &LayerReader) -> bool {
    def.geometry.is_area()
        && !reader.is_outside()
        && reader.count() <= LABELS_MAX
        && def.styles.iter().any(|s| s["type"] == "symbol")
}

/// `GET /api/v1/layers/{id}/labels`: a point inside each area of the layer, with the attributes that its texts are
/// made of. GeoJSON, CRS84.
async fn labels(
    State(state): State<AppState>,
    Session(who): Session,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let unknown = || Error::not_found("layer", id.clone());
    let catalog = state.catalog.load_full();
    let view = catalog.layer(&id).and_then(|def| access::view(&who, def, &catalog)).ok_or_else(unknown)?;
    let reader =
        state.features.snapshot().layer(&view).filter(|r| has_labels(&view.layer, r)).ok_or_else(unknown)?;
    let styles = style::visible(&view.layer, |a| view.attribute(a).is_some());
    let styles = styles.map(|(_, s)| s).filter(|s| s["type"] == "symbol");
    let text = styles.map(Member::to_string).collect::<String>();
    let used = |name: &str| text.contains(&format!("[\"get\",\"{name}\"]"));
    let mut features = Vec::new();
    for item in reader.query(&crate::features::Query::default())? {
        let Some(point) = item.geometry_crs84().interior_point() else { continue };
        let properties: serde_json::Map<String, Member> = item
            .attributes()
            .filter(|(a, _)| used(&a.name))
            .map(|(a, value)| (a.name.clone(), value.to_json()))
            .collect();
        let geometry = crate::space::geojson::to_json(&geo::Geometry::Point(point), 7);
        features.push(serde_json::json!({"type": "Feature", "id": item.fid, "geometry": geometry, "properties": properties}));
    }
    let headers = [(header::CACHE_CONTROL, "private, no-cache"), (header::VARY, "cookie")];
    Ok((headers, Json(serde_json::json!({"type": "FeatureCollection", "features": features})))
        .into_response())
}

/// What the map opens on: the detailed plans, else the parcels, else the communes.
fn bounds(readers: &[(View, LayerReader)]) -> [f64; 4] {
    let extent =
        |id: &str| readers.iter().find(|(v, _)| v.layer.id == id).and_then(|(_, r)| r.extent_crs84());
    ["admin_commune", "parcel", "plan_boundary"]
        .into_iter()
        .find_map(extent)
        .map_or(FALLBACK_BOUNDS, |b: Bbox| [b.min_x, b.min_y, b.max_x, b.max_y])
}

/// Whether what is served was made up by `dothi sample load`: then every map says so.
fn is_sample(readers: &[(View, LayerReader)]) -> bool {
    readers.iter().filter(|(v, _)| matches!(v.layer.id.as_str(), "parcel" | "building")).any(|(_, reader)| {
        let query = crate::features::Query { limit: 1, ..Default::default() };
        reader.query(&query).is_ok_and(|mut items| {
            items.next().is_some_and(|item| item.value_of("made_up") == Some(Value::Bool(true)))
        })
    })
}
