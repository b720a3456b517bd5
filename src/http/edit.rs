//! What the ways of changing items by hand have in common, and `GET /api/v1/edit/layers`: the layers that the
//! caller may change, with what a form needs to know of their attributes.

use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use geo::Geometry;
use geozero::wkb::Wkb;
use geozero::{CoordDimensions, ToGeo, ToWkb};
use serde_json::{Map, Value as Member, json};

use super::area;
use super::auth::{Session, User};
use super::former_units::{self, ResolvedUnits};
use super::lang::Language;
use super::ogc::open;
use super::ogc::past::feature;
use crate::access::{self, Area, Edit, View};
use crate::error::{Error, Result};
use crate::features::{Item, LayerReader};
use crate::layers::conform::from_json;
use crate::layers::{Attribute, Catalog, ItemRow, LayerDef, Value};
use crate::state::AppState;
use crate::store::Author;
use crate::text::{Lang, Text};

/// Longest reason of a change, characters.
const REASON_CHARS_MAX: usize = 500;

/// The routes.
pub fn router() -> Router<AppState> {
    Router::new().route("/api/v1/edit/layers", get(list))
}

/// Whether a request comes from the portal's own pages, which say so; anybody may, so no right follows from it.
pub(super) fn from_portal(headers: &HeaderMap) -> bool {
    headers.get("dothi-client").is_some_and(|v| v == "portal")
}

/// Who writes, and through what. The public does not come in.
pub(super) struct Writer {
    pub user: User,
    pub client: &'static str,
}

impl FromRequestParts<AppState> for Writer {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self> {
        let user = User::from_request_parts(parts, state).await?;
        Ok(Self { user, client: if from_portal(&parts.headers) { "portal" } else { "api" } })
    }
}

impl Writer {
    /// The author of a change made for this reason; one that is too long is refused.
    pub(super) fn author(&self, reason: &str) -> Result<Author> {
        let reason = reason.trim();
        if reason.chars().count() > REASON_CHARS_MAX {
            return Err(Error::invalid(
                "reason",
                format!("dài quá {REASON_CHARS_MAX} ký tự"),
                format!("longer than {REASON_CHARS_MAX} characters"),
            ));
        }
        Ok(Author {
            actor: Some(self.user.account.id),
            reason: reason.to_owned(),
            client: self.client.to_owned(),
        })
    }
}

/// A layer opened for a change: what the caller sees of it and what he may write.
pub(super) struct Editing {
    pub edit: Edit,
    pub view: View,
    pub reader: LayerReader,
}

impl Editing {
    /// The layer called `id`, if the caller may change it.
    pub(super) fn open(state: &AppState, writer: &Writer, id: &str) -> Result<Self> {
        let who = writer.user.principal();
        let (reader, _) = open(state, &who, id)?;
        let view = reader.view().clone();
        let edit = access::edit(&who, &view.layer).ok_or_else(|| {
            Error::Forbidden(Text::new(
                "Tài khoản không được sửa lớp dữ liệu này.",
                "This account may not change this layer.",
            ))
        })?;
        Ok(Self { edit, view, reader })
    }

    pub(super) fn layer(&self) -> &Arc<LayerDef> {
        &self.view.layer
    }

    /// An item that the caller may see.
    pub(super) fn item(&self, fid: &str) -> Result<Item<'_>> {
        let found = fid.parse().ok().and_then(|f| self.reader.get(f));
        found.ok_or_else(|| Error::not_found("item", format!("{}/{fid}", self.layer().id)))
    }

    /// Refuses places in which the caller may change nothing.
    pub(super) async fn check_places(&self, state: &AppState, places: Vec<Geometry<f64>>) -> Result<()> {
        area::check(state, &self.edit, places).await
    }
}

/// Attributes by their index in the definition, and the communes among them that were given otherwise than by
/// today's codes.
pub(super) type Attributes = (Vec<(usize, Value)>, Vec<ResolvedUnits>);

/// The attributes of a JSON object as the store takes them, communes by today's codes. A hidden one is unknown; one
/// that may not be written is refused; `place` names where the object stands.
pub(super) fn patch_of(
    editing: &Editing,
    properties: &Map<String, Member>,
    place: &str,
) -> Result<Attributes> {
    let one = |(name, value): (&String, &Member)| {
        let at = format!("{place}/{name}");
        let index = editing.view.attribute(name).ok_or_else(|| {
            Error::invalid(at.clone(), "không có thuộc tính này", "there is no such attribute")
        })?;
        if !editing.edit.attributes[index] {
            return Err(Error::invalid(
                at,
                "không được sửa thuộc tính này",
                "this attribute may not be written",
            ));
        }
        let kind = editing.view.layer.attributes[index].kind;
        let value = from_json(kind, value).map_err(|reason| Error::InvalidParameter { name: at, reason })?;
        Ok((index, value))
    };
    let mut values = properties.iter().map(one).collect::<Result<Vec<_>>>()?;
    let resolved = former_units::resolve(&editing.view.layer, &mut values)?;
    Ok((values, resolved))
}

/// The refusal of a write to an old version, with the item as it is now where the caller may see it. Who may write a
/// layer is one of its officers, so he may know who came in between.
pub(super) fn with_present(refusal: Error, view: &View, row: Option<&ItemRow>) -> Error {
    let Error::PreconditionFailed { reason, mut detail } = refusal else { return refusal };
    if detail.is_object() {
        detail["present"] = row.and_then(|row| feature(view, row).ok()).unwrap_or(Member::Null);
    }
    Error::PreconditionFailed { reason, detail }
}

/// The geometry of a row, EPSG:9218.
pub(super) fn stored_geometry(row: &ItemRow) -> Result<Geometry<f64>> {
    Wkb(row.wkb.as_slice()).to_geo().map_err(|e| Error::internal(format!("read item {}", row.fid), e))
}

/// A geometry as the store takes it.
pub(super) fn wkb(geometry: &Geometry<f64>) -> Result<Vec<u8>> {
    geometry.to_wkb(CoordDimensions::xy()).map_err(|e| Error::internal("write a geometry", e))
}

async fn list(State(state): State<AppState>, Session(who): Session, Language(lang): Language) -> Response {
    let catalog = state.catalog.load_full();
    let layers = catalog.layers.values().filter_map(|def| {
        let (view, edit) = (access::view(&who, def, &catalog)?, access::edit(&who, def)?);
        Some(describe(&catalog, &view, &edit, lang))
    });
    let body = json!({ "layers": layers.collect::<Vec<_>>() });
    let headers = [(header::CACHE_CONTROL, "private, no-cache"), (header::VARY, "cookie, accept-language")];
    (headers, Json(body)).into_response()
}

fn describe(catalog: &Catalog, view: &View, edit: &Edit, lang: Lang) -> Member {
    let def = &view.layer;
    let seen = def.attributes.iter().enumerate().filter(|(i, _)| view.attributes[*i]);
    let units = match &edit.area {
        Area::Everywhere => None,
        Area::Units(codes) => {
            Some(codes.iter().map(|c| named(catalog, "commune", c, lang)).collect::<Vec<_>>())
        }
    };
    json!({
        "id": def.id,
        "title": def.title.get(lang),
        "theme": def.theme,
        "geometry": def.geometry,
        "label": def.label,
        "key": def.key,
        "min_zoom": def.min_zoom,
        "units": units,
        "attributes": seen.map(|(i, a)| field(catalog, def, a, edit.attributes[i], lang)).collect::<Vec<_>>(),
    })
}

fn named(catalog: &Catalog, list: &str, code: &str, lang: Lang) -> Member {
    let title = catalog.code_list(list).and_then(|l| l.code(code)).map(|c| c.title.get(lang));
    json!({"code": code, "title": title.unwrap_or(code)})
}

fn field(catalog: &Catalog, def: &LayerDef, a: &Attribute, writable: bool, lang: Lang) -> Member {
    // The commune in which an item lies is read off the map with each write.
    let carried = def.unit_attribute.as_ref() == Some(&a.name);
    let computed = if carried { json!("unit") } else { json!(a.computed) };
    let codes = a.codes.as_deref().and_then(|list| catalog.code_list(list)).map(|list| {
        list.codes.iter().map(|c| json!({"code": c.code, "title": c.title.get(lang)})).collect::<Vec<_>>()
    });
    json!({
        "name": a.name,
        "title": a.title.get(lang),
        "type": a.kind,
        "unit": a.unit,
        "required": a.required,
        "min": a.min,
        "max": a.max,
        "codes": codes,
        "writable": writable && computed.is_null(),
        "computed": computed,
    })
}
