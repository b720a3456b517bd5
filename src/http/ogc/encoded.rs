//! Items that were found, written in the form that is asked for.

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use chrono::{SecondsFormat, Utc};
use serde_json::{Value, json};
use tokio_util::io::ReaderStream;

use super::ask::{Ask, typed};
use super::datetime::temporal;
use super::items::Page;
use crate::access::View;
use crate::features::encode::Form;
use crate::features::encode::csv::CsvWriter;
use crate::features::encode::geojson::FeatureWriter;
use crate::features::encode::text::{Document, json_fg_members};
use crate::features::{Item, LayerReader};
use crate::formats::write;
use crate::http::stream::stream_of;
use crate::http::wfs;
use crate::jobs::export::Export;
use crate::space::crs::{Offered, Target};
use crate::state::AppState;
use crate::{Error, Result};

/// Bytes of a file that are read at a time.
const PIECE: usize = 1 << 17;

/// A page to be written.
pub(super) struct Paged<'a> {
    pub ask: &'a Ask,
    pub reader: &'a LayerReader,
    pub page: Page,
    pub links: &'a [Value],
    pub form: Form,
}

/// The format of a form that is a file; none of one that is text.
pub(super) fn table_format(form: Form) -> Option<write::Format> {
    match form {
        Form::GeoPackage => Some(write::Format::GeoPackage),
        Form::FlatGeobuf => Some(write::Format::FlatGeobuf),
        Form::GeoParquet => Some(write::Format::GeoParquet),
        Form::GeoJson | Form::JsonFg | Form::Gml | Form::Csv => None,
    }
}

/// What of the view is wanted; one that is hidden stays so.
fn narrowed(view: &View, wanted: Option<&[usize]>) -> View {
    let mut narrowed = view.clone();
    if let Some(wanted) = wanted {
        let seen = narrowed.attributes.iter_mut().enumerate();
        seen.for_each(|(i, seen)| *seen = *seen && wanted.contains(&i));
    }
    narrowed
}

/// Writes GeoJSON or, for JSON-FG, what is more.
fn feature_writer(view: &View, form: Form, crs: Offered, wanted: Option<&[usize]>) -> FeatureWriter {
    let writer = FeatureWriter::new(view).in_crs(crs);
    let writer = match wanted {
        Some(wanted) => writer.only(wanted),
        None => writer,
    };
    match form {
        Form::JsonFg => writer.json_fg(times(view)),
        _ => writer,
    }
}

/// The attributes that say when an item is, start and end, as far as the view shows them.
fn times(view: &View) -> Option<(usize, usize)> {
    let (from, to) = temporal(view)?;
    Some((view.attribute(from)?, view.attribute(to)?))
}

/// The layer's text in a form that is one, positions in `crs`. `members` are what GeoJSON says beside the features,
/// `counts` the numbers of those that match and that are written, `next` the address of the next page, `address` makes
/// one of this service.
pub(super) fn document(
    view: &View,
    (form, crs, wanted): (Form, Offered, Option<&[usize]>),
    members: &str,
    (matched, returned): (Option<usize>, usize),
    next: Option<&str>,
    address: impl Fn(&str) -> String,
) -> Document {
    match form {
        Form::Gml => {
            let of = wfs::of_one_layer(&narrowed(view, wanted), crs, address);
            of.collection(matched, returned, next)
        }
        Form::Csv => {
            let place = Some((crs.into(), crs.axis_order()));
            Document::csv(CsvWriter::new(&narrowed(view, wanted), place))
        }
        Form::JsonFg => Document::json_fg(feature_writer(view, form, crs, wanted), &view.layer, crs, members),
        _ => Document::geojson(feature_writer(view, form, crs, wanted), members),
    }
}

/// A page of items.
pub(super) async fn page(state: &AppState, paged: Paged<'_>) -> Result<Response> {
    let Paged { ask, reader, page, links, form } = paged;
    let (view, wanted) = (reader.view(), page.properties.as_deref());
    if let Some(format) = table_format(form) {
        return file(state, ask, reader, page, form, format).await;
    }
    let next = links.iter().find(|l| l["rel"] == "next").and_then(|l| l["href"].as_str());
    let counts = (page.matched, page.fids.len());
    let how = (form, page.crs, wanted);
    let document = document(view, how, &members(&page, links), counts, next, |path| {
        ask.keyed(format!("{}{path}", ask.base))
    });
    let mut response =
        typed(form.media_type(), stream_of(document.into(), vec![(reader.clone(), page.fids)]));
    if form == Form::Csv {
        attach(&mut response, &view.layer.id, form.extension());
    }
    Ok(response)
}

/// What a collection of GeoJSON says beside its features.
fn members(page: &Page, links: &[Value]) -> String {
    let resolved = match page.resolved.as_slice() {
        [] => String::new(),
        resolved => format!(r#","resolvedUnits":{}"#, json!(resolved)),
    };
    let matched = page.matched.map_or_else(String::new, |n| format!(r#""numberMatched":{n},"#));
    let now = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
    let (returned, links) = (page.fids.len(), Value::from(links.to_vec()));
    format!(r#"{matched}"numberReturned":{returned},"timeStamp":"{now}"{resolved},"links":{links}"#)
}

/// A page as a file: written whole on a thread that may block, then sent. Nothing of it stays on the disk.
async fn file(
    state: &AppState,
    ask: &Ask,
    reader: &LayerReader,
    page: Page,
    form: Form,
    format: write::Format,
) -> Result<Response> {
    let (reader, lang) = (reader.clone(), ask.lang);
    let id = reader.view().layer.id.clone();
    let file = state.made.once(move |path| {
        let crs = Target::from(page.crs);
        let mut export = Export::table(path, format, reader.view(), page.properties.as_deref(), &crs, lang)?;
        export.add(&reader, &page.fids)?;
        export.finish()
    });
    let file = tokio::fs::File::from_std(file.await?);
    let bytes = file.metadata().await.map_err(|e| Error::internal("reading a file of items", e))?.len();
    let mut response = typed(form.media_type(), Body::from_stream(ReaderStream::with_capacity(file, PIECE)));
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(bytes));
    attach(&mut response, &id, form.extension());
    Ok(response)
}

/// Names the file that a browser makes of the answer.
pub(super) fn attach(response: &mut Response, layer: &str, extension: &str) {
    // Identifiers of layers need no quoting.
    let value = HeaderValue::from_str(&format!("attachment; filename=\"{layer}.{extension}\""));
    response.headers_mut().extend(value.map(|value| (header::CONTENT_DISPOSITION, value)));
}

/// One item in a form that is text.
pub(super) fn one(
    ask: &Ask,
    item: &Item<'_>,
    form: Form,
    crs: Offered,
    wanted: Option<&[usize]>,
    links: &[Value],
) -> Vec<u8> {
    let view = item.view();
    if form == Form::Gml {
        let address = |path: &str| ask.keyed(format!("{}{path}", ask.base));
        return wfs::of_one_layer(&narrowed(view, wanted), crs, address).one(item);
    }
    let mut members = format!("\"links\":{}", json!(links));
    if form == Form::JsonFg {
        members = format!("{},{members}", json_fg_members(&view.layer, crs));
    }
    let mut out = Vec::with_capacity(1024);
    feature_writer(view, form, crs, wanted).feature_with(item, &members, &mut out);
    out
}
