//! Writing items: OGC API Features part 4 on `/items` and `/items/{fid}`.
//!
//! One feature a request, GeoJSON in CRS84. What one may not see one may not write: a hidden attribute answers as an
//! unknown one, and keeps what is stored. `If-Match` is demanded of the portal and where the layer is `strict`; the
//! tag's version counts, also in a tag that a proxy made weak. The answer comes when this node serves the change.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::ask::{Ask, open};
use super::feature_body::{Body, read};
use super::items::etag;
use crate::access::{self, Edit};
use crate::features::LayerReader;
use crate::http::edit::{from_portal, stored_geometry, with_present, wkb};
use crate::http::{JSON_LIMIT_BYTES, area, former_units};
use crate::layers::{ItemRow, LayerDef, Source, Value};
use crate::state::AppState;
use crate::store::Author;
use crate::store::items::{NewItem, Patch, Written};
use crate::text::Text;
use crate::{Error, Result};

/// What may be done with what one may only read.
const READ_ONLY: &str = "GET, HEAD, OPTIONS";
/// A write that names no version is tried again when another one comes between, so often at most.
const ATTEMPTS: usize = 4;
/// Longest reason that is kept, in letters.
const REASON_CHARS_MAX: usize = 500;

/// Media types of a feature.
static FEATURE_TYPES: [&str; 2] = ["application/geo+json", "application/json"];
/// Media types of a change to one.
static PATCH_TYPES: [&str; 3] = ["application/merge-patch+json", "application/geo+json", "application/json"];

type Given = Result<Bytes, BytesRejection>;

/// `POST /ogc/collections/{id}/items`
pub(super) async fn create(
    State(state): State<AppState>,
    Path(id): Path<String>,
    ask: Ask,
    body: Given,
) -> Result<Response> {
    let (reader, edit) = begin(&state, &ask, &id)?;
    if !may_add(&edit) {
        return Err(Error::Forbidden(Text::new(
            "Bạn không đủ quyền thêm đối tượng vào lớp này.",
            "You may not add items to this layer.",
        )));
    }
    let body = read(&ask.headers, &bytes(body)?, &edit, &FEATURE_TYPES)?;
    body.must_be_feature()?;
    let geometry = body.whole_geometry()?;
    area::check(&state, &edit, vec![geometry.clone()]).await?;
    let mut values = vec![Value::Null; edit.layer.attributes.len()];
    body.values.iter().for_each(|(i, v)| values[*i] = v.clone());
    let catalog = state.catalog.load_full();
    let author = author(&ask, &body)?;
    let items = state.store.items(&catalog, &edit.layer, &author);
    let new = NewItem { wkb: wkb(&geometry)?, values };
    let written = items.insert(new).await.map_err(|e| veil(e, &edit))?;
    let mut response = answer(&state, &reader, written, &body, StatusCode::CREATED).await?;
    let location = ask.url(&format!("/collections/{id}/items/{}", written.fid));
    let location = HeaderValue::from_str(&location).map_err(|e| Error::internal("write a location", e))?;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

/// `PUT /ogc/collections/{id}/items/{fid}`: the item as given; what is left out becomes null, what one may not see
/// stays.
pub(super) async fn replace(
    State(state): State<AppState>,
    Path((id, fid)): Path<(String, String)>,
    ask: Ask,
    body: Given,
) -> Result<Response> {
    let writing = Writing::begin(&state, &ask, &id, &fid)?;
    let body = read(&ask.headers, &bytes(body)?, &writing.edit, &FEATURE_TYPES)?;
    body.must_be_feature()?;
    body.must_be_item(writing.fid)?;
    writing.write(&ask, &body, Kind::Replace).await
}

/// `PATCH /ogc/collections/{id}/items/{fid}`: JSON Merge Patch (RFC 7396) on the feature.
pub(super) async fn update(
    State(state): State<AppState>,
    Path((id, fid)): Path<(String, String)>,
    ask: Ask,
    body: Given,
) -> Result<Response> {
    let writing = Writing::begin(&state, &ask, &id, &fid)?;
    let body = read(&ask.headers, &bytes(body)?, &writing.edit, &PATCH_TYPES)?;
    body.must_be_item(writing.fid)?;
    writing.write(&ask, &body, Kind::Update).await
}

/// `DELETE /ogc/collections/{id}/items/{fid}`: its last state stays in history.
pub(super) async fn remove(
    State(state): State<AppState>,
    Path((id, fid)): Path<(String, String)>,
    ask: Ask,
) -> Result<Response> {
    let writing = Writing::begin(&state, &ask, &id, &fid)?;
    writing.write(&ask, &Body::default(), Kind::Remove).await
}

/// `OPTIONS /ogc/collections/{id}/items`: what the caller may do.
pub(super) async fn options_of_items(
    State(state): State<AppState>,
    Path(id): Path<String>,
    ask: Ask,
) -> Result<Response> {
    let (reader, _) = open(&state, &ask.who, &id)?;
    let adds = access::edit(&ask.who, &reader.view().layer).is_some_and(|edit| may_add(&edit));
    Ok(allowed(if adds { "GET, HEAD, OPTIONS, POST" } else { READ_ONLY }))
}

/// `OPTIONS /ogc/collections/{id}/items/{fid}`: what the caller may do with this item, where it lies.
pub(super) async fn options_of_item(
    State(state): State<AppState>,
    Path((id, fid)): Path<(String, String)>,
    ask: Ask,
) -> Result<Response> {
    let (reader, _) = open(&state, &ask.who, &id)?;
    let missing = || Error::not_found("item", format!("{id}/{fid}"));
    let geometry = fid.parse().ok().and_then(|f| reader.get(f)).ok_or_else(missing)?.geometry();
    let Some(edit) = access::edit(&ask.who, &reader.view().layer) else { return Ok(allowed(READ_ONLY)) };
    match area::check(&state, &edit, vec![geometry]).await {
        Ok(()) => Ok(allowed("GET, HEAD, OPTIONS, PUT, PATCH, DELETE")),
        Err(Error::Forbidden(_)) => Ok(allowed(READ_ONLY)),
        Err(e) => Err(e),
    }
}

fn allowed(methods: &'static str) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(methods));
    response
}

/// What a write does with the item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Replace,
    Update,
    Remove,
}

/// A write to one item that is there.
struct Writing<'a> {
    state: &'a AppState,
    reader: LayerReader,
    edit: Edit,
    fid: i64,
    /// Versions of `If-Match`; none where any will do.
    expected: Option<Vec<i64>>,
}

impl<'a> Writing<'a> {
    fn begin(state: &'a AppState, ask: &Ask, id: &str, fid: &str) -> Result<Self> {
        let (reader, edit) = begin(state, ask, id)?;
        let missing = || Error::not_found("item", format!("{id}/{fid}"));
        let number = fid.parse().map_err(|_| missing())?;
        // A row that may not be seen does not exist.
        if reader.view().rows.is_some() && reader.get(number).is_none() {
            return Err(missing());
        }
        let expected = precondition(&ask.headers, edit.layer.strict)?;
        Ok(Self { state, reader, edit, fid: number, expected })
    }

    async fn write(&self, ask: &Ask, body: &Body, kind: Kind) -> Result<Response> {
        let author = author(ask, body)?;
        for attempt in 1.. {
            match self.attempt(&author, body, kind).await {
                Err(Error::PreconditionFailed { .. }) if self.expected.is_none() && attempt < ATTEMPTS => {}
                done => {
                    let written = done.map_err(|e| veil(e, &self.edit))?;
                    let (state, reader) = (self.state, &self.reader);
                    return answer(state, reader, written, body, StatusCode::NO_CONTENT).await;
                }
            }
        }
        unreachable!("the last attempt returns")
    }

    /// One write to the row as it is now: its place is looked at, so the write holds for this version only.
    async fn attempt(&self, author: &Author, body: &Body, kind: Kind) -> Result<Written> {
        let layer = &self.edit.layer;
        let row = self.state.store.item(layer, self.fid).await?;
        let row = row.ok_or_else(|| Error::not_found("item", format!("{}/{}", layer.id, self.fid)))?;
        let catalog = self.state.catalog.load_full();
        let items = self.state.store.items(&catalog, layer, author);
        if let Some(versions) = self.expected.as_ref().filter(|v| !v.contains(&row.version)) {
            let expected = versions.first().copied().unwrap_or_default();
            let refusal = items.refusal(self.fid, expected, Some(row.version)).await;
            return Err(with_present(refusal, self.reader.view(), Some(&row)));
        }
        let old = stored_geometry(&row)?;
        let new = match kind {
            Kind::Replace => Some(body.whole_geometry()?),
            Kind::Update => body.changed_geometry(&old)?,
            Kind::Remove => None,
        };
        area::check(self.state, &self.edit, [Some(old), new.clone()].into_iter().flatten().collect()).await?;
        let version = Some(row.version);
        match (kind, new) {
            (Kind::Replace, Some(geometry)) => {
                let new = NewItem { wkb: wkb(&geometry)?, values: self.replaced(row, body) };
                items.replace(self.fid, new, version).await
            }
            (Kind::Remove, _) => items.delete(self.fid, version).await,
            (_, geometry) => {
                let patch =
                    Patch { wkb: geometry.as_ref().map(wkb).transpose()?, values: body.values.clone() };
                items.patch(self.fid, patch, version).await
            }
        }
    }

    /// The values of a replaced row: those given, null for the others, the stored one where it may not be seen.
    fn replaced(&self, row: ItemRow, body: &Body) -> Vec<Value> {
        let writable = self.edit.attributes.iter();
        let mut values: Vec<Value> =
            row.values.into_iter().zip(writable).map(|(v, w)| if *w { Value::Null } else { v }).collect();
        body.values.iter().for_each(|(i, v)| values[*i] = v.clone());
        values
    }
}

/// The layer as the caller sees it and what he may change of it. Who may not see it gets 404, who may not change it
/// 401 or 403, and a layer that shows other records is 405 for everybody.
fn begin(state: &AppState, ask: &Ask, id: &str) -> Result<(LayerReader, Edit)> {
    ask.params.only(&["f"])?;
    let (reader, _) = open(state, &ask.who, id)?;
    let layer = &reader.view().layer;
    if layer.source == Source::View {
        return Err(Error::MethodNotAllowed(READ_ONLY));
    }
    match access::edit(&ask.who, layer) {
        Some(edit) => Ok((reader, edit)),
        None if ask.who.user.is_none() => Err(Error::Unauthorized),
        None => Err(Error::Forbidden(Text::new(
            "Tài khoản của bạn không được sửa lớp này.",
            "Your account may not change this layer.",
        ))),
    }
}

/// Whether a new item can be complete: a required attribute that one may not write would stay empty.
pub(in crate::http) fn may_add(edit: &Edit) -> bool {
    edit.layer.attributes.iter().zip(&edit.attributes).all(|(a, writable)| *writable || !a.required)
}

fn bytes(body: Given) -> Result<Bytes> {
    body.map_err(|_| Error::TooLarge { limit_bytes: JSON_LIMIT_BYTES })
}

/// Versions that `If-Match` names; none where it names none and none is demanded, or any (`*`) will do.
fn precondition(headers: &HeaderMap, strict: bool) -> Result<Option<Vec<i64>>> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        if !strict && !from_portal(headers) {
            return Ok(None);
        }
        return Err(Error::PreconditionRequired(Text::new(
            "Cần tiêu đề If-Match với ETag của phiên bản mà bạn đã đọc.",
            "An If-Match header with the ETag of the version that you read is required.",
        )));
    };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let version = |tag: &str| {
        let bare = tag.trim().trim_start_matches("W/").trim_matches('"');
        bare.split('-').next()?.parse().ok()
    };
    // A tag that is not ours is of no version of ours, so nothing matches it.
    Ok(Some(text.split(',').filter_map(version).collect()))
}

/// Who writes, why (header `Dothi-Reason`, percent-encoded where it is not ASCII, or the member `reason`), and with
/// what.
fn author(ask: &Ask, body: &Body) -> Result<Author> {
    let text = |name: &str| ask.headers.get(name).map(HeaderValue::as_bytes);
    let given = match text("dothi-reason") {
        Some(bytes) => {
            let decoded = percent_encoding::percent_decode(bytes).decode_utf8();
            let wrong = |_| {
                let (vi, en) = ("cần UTF-8, mã hoá phần trăm", "expected UTF-8, percent-encoded");
                Error::invalid("Dothi-Reason", vi, en)
            };
            Some(decoded.map_err(wrong)?.into_owned())
        }
        None => body.reason.clone(),
    };
    let reason: String = given.unwrap_or_default().trim().chars().take(REASON_CHARS_MAX).collect();
    let agent = text("user-agent").map(String::from_utf8_lossy).unwrap_or_default();
    let client = if from_portal(&ask.headers) { "portal".to_owned() } else { format!("ogc {agent}") };
    let client = client.trim().chars().filter(|c| !c.is_control()).take(120).collect();
    Ok(Author { actor: ask.who.user.as_ref().map(|u| u.id), reason, client })
}

/// The error as the author may read it: nothing of an attribute that he may not see.
pub(in crate::http) fn veil(error: Error, edit: &Edit) -> Error {
    let hidden = |name: &str| {
        let mut all = edit.layer.attributes.iter().zip(&edit.attributes);
        all.any(|(a, writable)| a.name == name && !writable)
    };
    match error {
        Error::InvalidParameter { name, .. } if hidden(&name) => Error::Forbidden(Text::new(
            "Đối tượng có dữ liệu mà bạn không được sửa nên không lưu được.",
            "The item has data that you may not change, so it cannot be saved.",
        )),
        Error::Conflict { reason, .. } if edit.layer.key.iter().any(|k| hidden(k)) => {
            Error::Conflict { reason, detail: serde_json::Value::Null }
        }
        other => other,
    }
}

/// The answer to a write, once this node serves it.
async fn answer(
    state: &AppState,
    reader: &LayerReader,
    written: Written,
    body: &Body,
    status: StatusCode,
) -> Result<Response> {
    state.feed.catch_up(written.position).await?;
    let mut response = status.into_response();
    let headers = response.headers_mut();
    headers.insert("dothi-revision", HeaderValue::from(written.position.revision));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    former_units::tell(headers, &body.resolved);
    if let Ok(tag) = HeaderValue::from_str(&etag(written.version, reader.view().profile)) {
        headers.insert(header::ETAG, tag);
    }
    Ok(response)
}

/// Whether the caller may add items to `layer`, and change those that are there; for the API's description.
pub(super) fn offers(ask: &Ask, layer: &std::sync::Arc<LayerDef>) -> (bool, bool) {
    access::edit(&ask.who, layer).map_or((false, false), |edit| (may_add(&edit), true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_match_names_versions() {
        let of = |value: &'static str, strict| {
            let mut headers = HeaderMap::new();
            if !value.is_empty() {
                headers.insert(header::IF_MATCH, HeaderValue::from_static(value));
            }
            precondition(&headers, strict)
        };
        for (value, expected) in [
            ("", None),
            ("*", None),
            ("\"7\"", Some(vec![7])),
            ("\"7-ab12\"", Some(vec![7])),
            ("W/\"7\", \"8\"", Some(vec![7, 8])),
            ("\"other\"", Some(vec![])),
        ] {
            assert_eq!(of(value, false).unwrap(), expected, "{value}");
        }
        assert!(matches!(of("", true), Err(Error::PreconditionRequired(_))));
        assert_eq!(of("*", true).unwrap(), None);
        let mut portal = HeaderMap::new();
        portal.insert("dothi-client", HeaderValue::from_static("portal"));
        assert!(matches!(precondition(&portal, false), Err(Error::PreconditionRequired(_))));
    }
}
