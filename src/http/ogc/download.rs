//! Files to be read at once or by ranges: `/ogc/collections/{id}/download/{id}.{extension}`, a whole layer, and
//! `/ogc/download/tiles.pmtiles`, the tiles of several. Each is made when it is first asked for, of the present state for
//! the rights of who asks, and again after a layer has changed (`files::made`).

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::SystemTime;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::{Stream, stream};
use http_serve::BoxError;
use serde_json::Value;
use tokio::runtime::Handle;

use super::ask::{Ask, cache_headers, is_anyones, link, look_up, vary};
use super::encoded::{attach, document, table_format};
use super::format::Format;
use super::past::{self, Past};
use crate::features::encode::Form;
use crate::features::{LayerReader, Query};
use crate::files::made::MadeFile;
use crate::http::tiles::{dataset, keep};
use crate::http::wfs::bounded_by;
use crate::jobs::archive;
use crate::jobs::export::Export;
use crate::space::crs::Target;
use crate::state::AppState;
use crate::text::{Lang, Text};
use crate::{Error, Result};

/// Bytes that are read at a time.
const PIECE: u64 = 1 << 17;

/// What the file of a layer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum Whole {
    /// Its items.
    Items(Form),
    /// Its tiles of all zooms: PMTiles 3.
    Tiles,
}

impl Whole {
    /// All of them, in the order of lists.
    pub fn all() -> impl Iterator<Item = Self> {
        Form::ALL.into_iter().map(Self::Items).chain([Self::Tiles])
    }

    /// How lists of addresses name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Items(form) => form.name(),
            Self::Tiles => "pmtiles",
        }
    }

    /// How the file is called, behind the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Items(form) => form.extension(),
            Self::Tiles => "pmtiles",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Items(form) => form.media_type(),
            Self::Tiles => "application/vnd.pmtiles",
        }
    }

    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Items(form) => form.title(),
            Self::Tiles => "PMTiles",
        }
    }
}

/// `GET /ogc/collections/{id}/download/{file}`
pub(super) async fn file(
    State(state): State<AppState>,
    Path((id, name)): Path<(String, String)>,
    request: Request,
) -> Result<Response> {
    let (mut parts, _) = request.into_parts();
    let ask = Ask::of(&mut parts, &state, &[Format::Json]).await?;
    ask.params.only(&[])?;
    let (reader, snapshot) = look_up(&state, &ask.who, &id)?;
    let extension = name.strip_prefix(&id).and_then(|rest| rest.strip_prefix('.'));
    let whole = extension.and_then(|e| Whole::all().find(|w| w.extension() == e));
    let whole = whole.ok_or_else(|| Error::not_found("file", &name))?;
    let view = reader.view().clone();
    let what = format!("{}/{id}/{:x}/{}", snapshot.epoch, view.profile, whole.extension());
    let pages = if reader.is_outside() {
        let state_of = past::present(&state, &reader, snapshot.revision).await?;
        Pages::Database { past: Box::new(state_of), state: state.clone(), runtime: Handle::current() }
    } else {
        Pages::Memory
    };
    let (base, made_of) = (ask.base.clone(), reader.clone());
    let make = move |path: &std::path::Path| make(path, &made_of, &pages, whole, &base);
    let made = state.made.get(what, reader.state().to_string(), make).await?;
    let mut response = send(made, whole.media_type(), parts)?;
    if response.status().is_client_error() {
        return Ok(response);
    }
    attach(&mut response, &id, whole.extension());
    vary(response.headers_mut());
    cache_headers(response.headers_mut(), &view, &ask.who);
    response.headers_mut().insert("dothi-revision", HeaderValue::from(snapshot.revision));
    Ok(response)
}

/// `GET /ogc/download/tiles.pmtiles`: the tiles of those layers that `collections` names, or of all that the caller may
/// see and memory holds, in one archive.
pub(super) async fn tiles(State(state): State<AppState>, request: Request) -> Result<Response> {
    let (mut parts, _) = request.into_parts();
    let ask = Ask::of(&mut parts, &state, &[Format::Json]).await?;
    ask.params.only(&["collections"])?;
    let snapshot = state.features.snapshot();
    let mut readers = dataset::chosen(&state, &ask, &snapshot)?;
    if ask.params.get("collections").is_none() {
        readers.retain(|r| !r.is_outside());
    }
    if let Some(outside) = readers.iter().find(|r| r.is_outside()) {
        return Err(Error::NotInMemory(outside.view().layer.id.clone()));
    }
    let named = |r: &LayerReader| format!("{}:{:x}", r.view().layer.id, r.view().profile);
    let names: Vec<String> = readers.iter().map(named).collect();
    let states: Vec<String> = readers.iter().map(|r| r.state().to_string()).collect();
    let what = format!("{}/tiles/{}", snapshot.epoch, names.join(","));
    let anyones = readers.iter().all(|r| is_anyones(r.view(), &ask.who));
    let make = move |path: &std::path::Path| archive::write(path, &readers, "Dothi", Lang::Vi).map(drop);
    let made = state.made.get(what, states.join(","), make).await?;
    let mut response = send(made, Whole::Tiles.media_type(), parts)?;
    if response.status().is_client_error() {
        return Ok(response);
    }
    attach(&mut response, "tiles", Whole::Tiles.extension());
    vary(response.headers_mut());
    keep(response.headers_mut(), anyones, false);
    response.headers_mut().insert("dothi-revision", HeaderValue::from(snapshot.revision));
    Ok(response)
}

/// A made file as the request wants it: whole, by ranges, not at all where the client has it; or refused.
pub(in crate::http) fn send(
    made: Arc<MadeFile>,
    media_type: &'static str,
    request: Parts,
) -> Result<Response> {
    let file = made.open().map_err(|e| Error::internal("reading a made file", e))?;
    let bytes = made.bytes;
    let served = Served { file: Arc::new(file), made, media_type };
    let response = http_serve::serve(served, &Request::from_parts(request, ())).map(Body::new);
    Ok(match response.status() {
        StatusCode::PRECONDITION_FAILED => refused(&response, changed()),
        StatusCode::RANGE_NOT_SATISFIABLE => refused(&response, Error::NoSuchRange { bytes }),
        _ => response,
    })
}

/// The answer that refuses, with what its headers say of the file (`Content-Range`, `ETag`).
fn refused(answer: &Response, error: Error) -> Response {
    let mut refused = error.into_response();
    refused.headers_mut().extend(answer.headers().clone());
    refused
}

fn changed() -> Error {
    let reason = Text::new(
        "Tệp không còn như ở phiên bản mà yêu cầu nêu; dữ liệu đã thay đổi.",
        "The file is not the one that the request names; the data has changed.",
    );
    Error::PreconditionFailed { reason, detail: Value::Null }
}

/// Links to the files of a layer.
pub(super) fn links<'a>(ask: &'a Ask, layer: &'a str) -> impl Iterator<Item = Value> + use<'a> {
    Whole::all().map(move |whole| {
        let title = format!("{} {}", ask.say("Tải cả lớp dạng", "The whole layer as"), whole.title());
        link(&ask.url(&path(layer, whole)), "enclosure", whole.media_type(), &title)
    })
}

/// Link to the archive of these layers; of all without any.
pub(super) fn archive_link(ask: &Ask) -> Value {
    let named = ask.params.get("collections").map(|names| {
        let names: String = url::form_urlencoded::byte_serialize(names.as_bytes()).collect();
        format!("?collections={names}")
    });
    let title =
        ask.say("Tải các ô vectơ của mọi mức dạng PMTiles", "The vector tiles of all zooms as PMTiles");
    let address = ask.url("/download/tiles.pmtiles") + &named.unwrap_or_default();
    link(&address, "enclosure", Whole::Tiles.media_type(), title)
}

/// Where a layer's file lies, below `/ogc`.
pub(in crate::http) fn path(layer: &str, whole: Whole) -> String {
    format!("/collections/{layer}/download/{layer}.{}", whole.extension())
}

/// Where the items of a whole layer come from.
enum Pages {
    Memory,
    /// The layer is too large for memory.
    Database {
        past: Box<Past>,
        state: AppState,
        runtime: Handle,
    },
}

impl Pages {
    /// How many items there are.
    fn count(&self, reader: &LayerReader) -> Result<usize> {
        match self {
            Self::Memory => Ok(reader.count()),
            Self::Database { past, state, runtime } => runtime.block_on(past.count(state)),
        }
    }

    /// Gives all items in the order of their fids, as many at a time as memory has room for.
    fn each(
        &self,
        reader: &LayerReader,
        mut take: impl FnMut(&LayerReader, &[i64]) -> Result<()>,
    ) -> Result<()> {
        let Self::Database { past, state, runtime } = self else {
            let fids: Vec<i64> = reader.query(&Query::default())?.map(|item| item.fid).collect();
            return take(reader, &fids);
        };
        let mut after = Some(0);
        while let Some(behind) = after {
            let (page, fids) = runtime.block_on(past.items_behind(state, behind))?;
            after = fids.last().copied();
            take(&page, &fids)?;
        }
        Ok(())
    }
}

/// Writes the whole layer: each form in its usual system, texts in Vietnamese, links without anybody's key.
fn make(path: &std::path::Path, reader: &LayerReader, pages: &Pages, whole: Whole, base: &str) -> Result<()> {
    let Whole::Items(form) = whole else {
        if reader.is_outside() {
            return Err(Error::NotInMemory(reader.view().layer.id.clone()));
        }
        let title = reader.view().layer.title.get(Lang::Vi);
        return archive::write(path, std::slice::from_ref(reader), title, Lang::Vi).map(drop);
    };
    let (view, crs) = (reader.view(), form.usual_crs());
    let count = pages.count(reader)?;
    let mut export = match table_format(form) {
        Some(format) => Export::table(path, format, view, None, &Target::from(crs), Lang::Vi)?,
        None => {
            let address = |path: &str| format!("{base}{path}");
            let counts = (Some(count), count);
            let mut document = document(view, (form, crs, None), "", counts, None, address).exact();
            if let (Form::Gml, Some(around)) = (form, reader.extent()) {
                document.head.push_str(&bounded_by(&around, crs)?);
            }
            Export::text(path, document)?
        }
    };
    pages.each(reader, |page, fids| export.add(page, fids))?;
    export.finish()
}

/// A file as `http_serve` reads it: whole, by ranges, or not at all where the client has it.
struct Served {
    file: Arc<File>,
    made: Arc<MadeFile>,
    media_type: &'static str,
}

impl http_serve::Entity for Served {
    type Error = BoxError;
    type Data = Bytes;

    fn len(&self) -> u64 {
        self.made.bytes
    }

    fn get_range(
        &self,
        range: Range<u64>,
    ) -> Pin<Box<dyn Stream<Item = Result<Bytes, BoxError>> + Send + Sync>> {
        // The file stays on the disk while it is being read.
        let (file, made) = (self.file.clone(), self.made.clone());
        Box::pin(stream::try_unfold((range, file, made), |(range, file, made)| async move {
            if range.is_empty() {
                return Ok(None);
            }
            let (at, n) = (range.start, PIECE.min(range.end - range.start));
            let reading = file.clone();
            let piece = tokio::task::spawn_blocking(move || {
                let mut piece = vec![0; n as usize];
                reading.read_exact_at(&mut piece, at).map(|()| piece)
            });
            let piece = piece.await??;
            Ok(Some((Bytes::from(piece), (at + n..range.end, file, made))))
        }))
    }

    fn add_headers(&self, headers: &mut HeaderMap) {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media_type));
    }

    fn etag(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&format!("\"{}\"", &self.made.sha256[..32])).ok()
    }

    fn last_modified(&self) -> Option<SystemTime> {
        Some(self.made.made)
    }
}
