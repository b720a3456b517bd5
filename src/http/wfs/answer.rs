//! The answers of `GetFeature` and `GetPropertyValue`, streamed from one state of memory.

use std::fmt::Write as _;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use chrono::{SecondsFormat, Utc};

use super::Ask;
use super::document::{TAIL, namespaces, root};
use super::fault::Fault;
use super::find::{Found, Page, find};
use super::kvp::Pairs;
use super::names::{PREFIX, local};
use super::operation::{GetFeature, Output};
use super::query::Query;
use super::version::Version;
use crate::Error;
use crate::features::LayerReader;
use crate::features::encode::csv::CsvWriter;
use crate::features::encode::geojson::FeatureWriter;
use crate::features::encode::gml::{GEOMETRY, GmlWriter};
use crate::features::encode::text::TextWriter;
use crate::features::encode::xml::escaped;
use crate::filter::Expr;
use crate::filter::check::unknown_attribute;
use crate::http::ogc::cache_headers;
use crate::http::stream::{Document, Part, stream_of};
use crate::space::crs::Offered;
use crate::state::AppState;

/// Features in an answer of 2.0.0 that names no number; said in the capabilities.
pub(super) const COUNT_DEFAULT: usize = 10_000;

/// `GetFeature`
pub(super) async fn features(
    state: &AppState,
    ask: &Ask,
    asked: &GetFeature,
    pairs: Option<&Pairs>,
) -> Result<Response, Fault> {
    let take = match asked.count {
        _ if asked.hits => 0,
        None if asked.version == Version::V20 => COUNT_DEFAULT,
        count => count.unwrap_or(usize::MAX),
    };
    let mut page = Page { skip: asked.start, take };
    let (mut found, mut matched) = (Vec::new(), 0);
    for query in &asked.queries {
        let one = match find(state, ask, asked.version, query, page, None).await {
            // By an identifier of a layer that is not there as by one that is not there in a layer.
            Err(fault) if asked.alone && fault.is_unknown_type() => return Err(not_there(query)),
            other => other?,
        };
        page.take -= one.fids.len();
        // What this query has not skipped the next one has to.
        page.skip -= page.skip.min(one.matched);
        matched += one.matched;
        found.push(one);
    }
    if let (true, Some(query)) = (asked.alone, asked.queries.first()) {
        if found.iter().all(|f| f.fids.is_empty()) && !asked.hits {
            return Err(not_there(query));
        }
        if asked.output == Output::Gml && !asked.hits {
            return alone(ask, asked.version, &found[0]);
        }
    }
    let returned: usize = found.iter().map(|f| f.fids.len()).sum();
    let counts = Counts { matched, returned, start: asked.start, take };
    let (kind, body) = match asked.output {
        Output::Gml => (asked.version.gml_type(), gml(ask, asked, &found, &counts, pairs)),
        Output::GeoJson => ("application/geo+json", geojson(&found, &counts)?),
        Output::Csv => ("text/csv; charset=utf-8", csv(&found)),
    };
    let response = respond(ask, &found, kind);
    Ok(response.map(|_| stream_of(body, sources(found))))
}

struct Counts {
    matched: usize,
    returned: usize,
    start: usize,
    take: usize,
}

fn not_there(query: &Query) -> Fault {
    let id = query.ids.first().map_or("", String::as_str);
    Fault::from(Error::not_found("feature", id))
}

fn gml_writer(version: Version, found: &Found) -> GmlWriter {
    GmlWriter::new(&found.view, PREFIX, version.gml(), &found.srs, found.with_geometry)
}

fn gml(ask: &Ask, asked: &GetFeature, found: &[Found], counts: &Counts, pairs: Option<&Pairs>) -> Document {
    let version = asked.version;
    let mut head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<wfs:FeatureCollection".to_owned();
    namespaces(&mut head, &schema(ask, version, found), version, true);
    head += &totals(version, counts);
    if version == Version::V20 && !asked.hits {
        head += &pages(ask, counts, pairs);
    }
    head.push('>');
    if version == Version::V10 {
        // GML 2 wants it, and clients read it by themselves.
        head += "<gml:boundedBy><gml:null>unknown</gml:null></gml:boundedBy>";
    }
    let member = if version == Version::V20 { "wfs:member" } else { "gml:featureMember" };
    // WFS 2.0, 11.3.3: the answers to several queries are collections in the collection.
    let nested = version == Version::V20 && found.len() > 1;
    let part = |f: &Found| {
        let own = Counts { matched: f.matched, returned: f.fids.len(), start: 0, take: 0 };
        let (head, tail) = if nested {
            let totals = totals(version, &own);
            (
                format!("<wfs:member><wfs:FeatureCollection{totals}>"),
                "</wfs:FeatureCollection></wfs:member>".to_owned(),
            )
        } else {
            (String::new(), String::new())
        };
        Part { head, tail, writer: TextWriter::Gml(gml_writer(version, f), member) }
    };
    let parts = if asked.hits { Vec::new() } else { found.iter().map(part).collect() };
    Document { head, tail: TAIL.to_owned(), parts }
}

/// The attributes that tell how many there are.
fn totals(version: Version, counts: &Counts) -> String {
    let now = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
    let Counts { matched, returned, take, .. } = counts;
    match version {
        Version::V10 => String::new(),
        // In 1.1.0 the number of an answer of hits is that of all that match.
        Version::V11 => {
            let number = if *take == 0 { matched } else { returned };
            format!(" numberOfFeatures=\"{number}\" timeStamp=\"{now}\"")
        }
        Version::V20 => {
            format!(" timeStamp=\"{now}\" numberMatched=\"{matched}\" numberReturned=\"{returned}\"")
        }
    }
}

/// The addresses of the pages before and after; those of a request in XML have none.
fn pages(ask: &Ask, counts: &Counts, pairs: Option<&Pairs>) -> String {
    let mut out = String::new();
    let Some(pairs) = pairs else { return out };
    let mut page = |name: &str, start: usize, count: usize| {
        let query = pairs.with(&[("STARTINDEX", start.to_string()), ("COUNT", count.to_string())]);
        let _ = write!(out, " {name}=\"{}\"", escaped(&ask.onwards(&query)));
    };
    let end = counts.start + counts.returned;
    if counts.returned > 0 && end < counts.matched {
        page("next", end, counts.take);
    }
    if counts.start > 0 {
        let start = counts.start.saturating_sub(counts.take);
        page("previous", start, counts.start - start);
    }
    out
}

/// Address of the schema of the layers of an answer.
fn schema(ask: &Ask, version: Version, found: &[Found]) -> String {
    let mut layers: Vec<&str> = found.iter().map(|f| f.view.layer.id.as_str()).collect();
    layers.sort_unstable();
    layers.dedup();
    let types = layers.iter().map(|l| format!("{PREFIX}:{l}")).collect::<Vec<_>>().join(",");
    let key = if version == Version::V20 { "TYPENAMES" } else { "TYPENAME" };
    let number = version.text();
    ask.onwards(&format!("SERVICE=WFS&VERSION={number}&REQUEST=DescribeFeatureType&{key}={types}"))
}

fn sources(found: Vec<Found>) -> Vec<(LayerReader, Vec<i64>)> {
    found.into_iter().map(|f| (f.reader, f.fids)).collect()
}

/// The feature of the stored query `GetFeatureById`: it is the document.
fn alone(ask: &Ask, version: Version, found: &Found) -> Result<Response, Fault> {
    let fid = found.fids.first().copied().unwrap_or_default();
    let item = found.reader.get(fid).ok_or_else(|| Error::not_found("feature", fid.to_string()))?;
    let mut feature = Vec::with_capacity(2048);
    gml_writer(version, found).feature(&item, &mut feature);
    let mut declared = String::new();
    namespaces(&mut declared, &schema(ask, version, std::slice::from_ref(found)), version, false);
    let response = respond(ask, std::slice::from_ref(found), version.gml_type());
    Ok(response.map(|_| Body::from(root(&feature, &declared))))
}

fn geojson(found: &[Found], counts: &Counts) -> Result<Document, Fault> {
    if let Some(f) =
        found.iter().find(|f| !matches!(f.srs.crs, Offered::Crs84 | Offered::Epsg4326 | Offered::Epsg9218))
    {
        return Err(Fault::value(
            "srsName",
            format!("GeoJSON chỉ có CRS84, không có {}", f.srs.name),
            format!("GeoJSON is in CRS84 only, not in {}", f.srs.name),
        ));
    }
    let Counts { matched, returned, .. } = counts;
    let now = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
    let tail =
        format!("],\"numberMatched\":{matched},\"numberReturned\":{returned},\"timeStamp\":\"{now}\"}}");
    let part = |f: &Found| Part {
        head: String::new(),
        tail: String::new(),
        writer: TextWriter::GeoJson(FeatureWriter::new(&f.view)),
    };
    Ok(Document {
        head: "{\"type\":\"FeatureCollection\",\"features\":[".to_owned(),
        tail,
        parts: found.iter().map(part).collect(),
    })
}

fn csv(found: &[Found]) -> Document {
    let part = |f: &Found| {
        let writer = CsvWriter::new(&f.view, f.with_geometry.then(|| (f.srs.crs.into(), f.srs.order)));
        Part { head: writer.head().to_owned(), tail: String::new(), writer: TextWriter::Csv(writer) }
    };
    Document { head: String::new(), tail: String::new(), parts: found.iter().map(part).collect() }
}

/// `GetPropertyValue`: the values of one property, in the order of their features.
pub(super) async fn values(
    state: &AppState,
    ask: &Ask,
    asked: &GetFeature,
    reference: &str,
    pairs: Option<&Pairs>,
) -> Result<Response, Fault> {
    if asked.output != Output::Gml {
        return Err(Fault::value("outputFormat", "chỉ có GML ở đây", "only GML is offered here"));
    }
    let [query] = asked.queries.as_slice() else {
        return Err(Fault::unsupported("typeNames", "mỗi yêu cầu một lớp", "one feature type a request"));
    };
    let name = local(reference.rsplit('/').next().unwrap_or(reference));
    let take = if asked.hits { 0 } else { asked.count.unwrap_or(COUNT_DEFAULT) };
    let page = Page { skip: asked.start, take };
    let by_name = !reference.contains('@') && name != GEOMETRY;
    let having = by_name.then(|| Expr::Not(Box::new(Expr::IsNull(name.to_owned()))));
    let mut query = query.clone();
    query.properties = Vec::new();
    let found = find(state, ask, asked.version, &query, page, having).await?;
    let writer = match name {
        _ if by_name => {
            let index = found.view.attribute(name).ok_or_else(|| unknown_attribute(name))?;
            TextWriter::Values(gml_writer(asked.version, &found), Some(index))
        }
        GEOMETRY => TextWriter::Values(gml_writer(asked.version, &found), None),
        "id" | "@id" => TextWriter::Ids,
        _ => return Err(unknown_attribute(name).into()),
    };
    let counts = Counts { matched: found.matched, returned: found.fids.len(), start: asked.start, take };
    let found = vec![found];
    let mut head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<wfs:ValueCollection".to_owned();
    namespaces(&mut head, &schema(ask, asked.version, &found), asked.version, true);
    head += &totals(asked.version, &counts);
    if !asked.hits {
        head += &pages(ask, &counts, pairs);
    }
    head.push('>');
    let part = Part { head: String::new(), tail: String::new(), writer };
    let parts = if asked.hits { Vec::new() } else { vec![part] };
    let document = Document { head, tail: "</wfs:ValueCollection>\n".to_owned(), parts };
    let response = respond(ask, &found, asked.version.gml_type());
    Ok(response.map(|_| stream_of(document, sources(found))))
}

/// The head of an answer.
fn respond(ask: &Ask, found: &[Found], kind: &'static str) -> Response {
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    super::vary(headers);
    // The strictest of the layers decides.
    let strictest = found.iter().max_by_key(|f| f.view.layer.access);
    if let Some(f) = strictest {
        cache_headers(headers, &f.view, &ask.who);
    }
    response
}
