//! `POST /api/v1/layers/{id}/items/{fid}/split`, `POST /api/v1/layers/{id}/merge` and
//! `GET /api/v1/layers/{id}/items/{fid}/lineage`: areas that are divided and joined, and who came from whom.
//!
//! Both changes name the versions that the client looked at; where one is no longer the present one, nothing is
//! done and the answer is 409 with both versions, who made the present one, when and why. `"dry_run": true` says
//! what would be made and writes nothing.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, middleware};
use geo::{Geometry, MapCoords, MultiLineString};
use serde::Deserialize;
use serde_json::{Map, Value as Member, json};

use super::auth::Session;
use super::edit::{Editing, Writer, patch_of};
use super::extract::{Json, Path};
use super::family::{Family, Relative};
use super::former_units::ResolvedUnits;
use super::idempotency;
use super::lang::Language;
use super::ogc::open;
use crate::access::View;
use crate::error::{Error, Result};
use crate::features::Query;
use crate::space::{Bbox, crs, geojson};
use crate::state::AppState;
use crate::store::lineage::{Merge, Split, Step, Succession, Successor};

/// Decimals of a degree in answers: 0.1 mm.
const DECIMALS: u8 = 9;

/// The routes.
pub fn router(state: &AppState) -> Router<AppState> {
    let writes = Router::new()
        .route("/api/v1/layers/{id}/items/{fid}/split", post(split))
        .route("/api/v1/layers/{id}/merge", post(merge))
        .layer(middleware::from_fn_with_state(state.clone(), idempotency::layer));
    writes.route("/api/v1/layers/{id}/items/{fid}/lineage", get(lineage))
}

/// Body of a split.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SplitBody {
    /// Version of the item that the client looked at.
    version: i64,
    /// LineString, MultiLineString or a list of LineStrings, CRS84.
    line: Member,
    /// What differs from the item, one object a piece in the order of the dry run.
    #[serde(default)]
    pieces: Vec<Map<String, Member>>,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    dry_run: bool,
}

async fn split(
    State(state): State<AppState>,
    writer: Writer,
    Path((id, fid)): Path<(String, String)>,
    Json(body): Json<SplitBody>,
) -> Result<Response> {
    let editing = Editing::open(&state, &writer, &id)?;
    let (fid, geometry, around) = {
        let item = editing.item(&fid)?;
        (item.fid, item.geometry(), item.envelope())
    };
    editing.check_places(&state, vec![geometry]).await?;
    let pieces = body.pieces.iter().enumerate();
    let pieces =
        pieces.map(|(n, p)| patch_of(&editing, p, &format!("pieces/{n}"))).collect::<Result<Vec<_>>>()?;
    let (pieces, resolved): (Vec<_>, Vec<_>) = pieces.into_iter().unzip();
    let line = lines(&body.line)?;
    let neighbours = neighbours(&state, &editing, fid, around).await?;
    let author = writer.author(&body.reason)?;
    let catalog = state.catalog.load_full();
    let items = state.store.items(&catalog, editing.layer(), &author);
    let split = Split { fid, version: body.version, line, pieces, neighbours };
    let done = items.split(split, body.dry_run).await?;
    answer(&state, &editing.view, &done, &resolved.concat()).await
}

/// Items around the one that is split which the caller may change: they share the vertices of the cut's ends.
async fn neighbours(state: &AppState, editing: &Editing, fid: i64, around: Option<Bbox>) -> Result<Vec<i64>> {
    let Some(b) = around else { return Ok(Vec::new()) };
    let reach = 0.01;
    let bbox = Bbox {
        min_x: b.min_x - reach,
        min_y: b.min_y - reach,
        max_x: b.max_x + reach,
        max_y: b.max_y + reach,
    };
    let query = Query { bbox: Some(bbox), ..Query::default() };
    let near: Vec<(i64, Geometry<f64>)> =
        editing.reader.query(&query)?.filter(|i| i.fid != fid).map(|i| (i.fid, i.geometry())).collect();
    let mut own = Vec::new();
    for (fid, geometry) in near {
        match editing.check_places(state, vec![geometry]).await {
            Ok(()) => own.push(fid),
            Err(Error::Forbidden(_)) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(own)
}

/// The lines of a split in EPSG:9218.
fn lines(given: &Member) -> Result<Geometry<f64>> {
    let wrong = |reason: String| Error::invalid("line", reason.clone(), reason);
    let read = |v: &Member| match geojson::from_json(v).map_err(wrong)? {
        Geometry::LineString(l) => Ok(vec![l]),
        Geometry::MultiLineString(m) => Ok(m.0),
        _ => Err(Error::invalid("line", "cần LineString", "a LineString was expected")),
    };
    let all = match given {
        Member::Array(list) => list.iter().map(read).collect::<Result<Vec<_>>>()?.concat(),
        one => read(one)?,
    };
    Ok(Geometry::MultiLineString(MultiLineString(all)).map_coords(|c| crs::from_crs84(c.x, c.y).into()))
}

/// Body of a merge.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MergeBody {
    items: Vec<MergeItem>,
    /// The item whose attributes the new one takes over; the first unless said otherwise.
    keep: Option<i64>,
    /// What differs from those.
    #[serde(default)]
    properties: Map<String, Member>,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    dry_run: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MergeItem {
    fid: i64,
    version: i64,
}

async fn merge(
    State(state): State<AppState>,
    writer: Writer,
    Path(id): Path<String>,
    Json(body): Json<MergeBody>,
) -> Result<Response> {
    let editing = Editing::open(&state, &writer, &id)?;
    let mut places = Vec::new();
    for item in &body.items {
        // One that is gone is a conflict that names who removed it; one that may not be seen does not exist.
        if let Some(item) = editing.reader.get(item.fid) {
            places.push(item.geometry());
        } else if editing.view.rows.is_some() {
            return Err(Error::not_found("item", format!("{id}/{}", item.fid)));
        }
    }
    editing.check_places(&state, places).await?;
    let author = writer.author(&body.reason)?;
    let (patch, resolved) = patch_of(&editing, &body.properties, "properties")?;
    let merge = Merge {
        keep: body.keep.or_else(|| body.items.first().map(|i| i.fid)).unwrap_or_default(),
        items: body.items.iter().map(|i| (i.fid, i.version)).collect(),
        patch,
    };
    let catalog = state.catalog.load_full();
    let done = state.store.items(&catalog, editing.layer(), &author).merge(merge, body.dry_run).await?;
    answer(&state, &editing.view, &done, &resolved).await
}

/// The new items as features; this node serves them before it answers.
async fn answer(
    state: &AppState,
    view: &View,
    done: &Succession,
    resolved: &[ResolvedUnits],
) -> Result<Response> {
    let revision = done.position.map(|p| p.revision);
    let mut body = json!({
        "revision": revision,
        "predecessors": done.predecessors,
        "adjusted": done.adjusted,
        "successors": done.successors.iter().map(|s| feature(view, s)).collect::<Vec<_>>(),
    });
    if !resolved.is_empty() {
        body["resolvedUnits"] = json!(resolved);
    }
    let Some(position) = done.position else { return Ok(axum::Json(body).into_response()) };
    state.feed.catch_up(position).await?;
    let headers = [("dothi-revision", position.revision.to_string())];
    Ok((StatusCode::CREATED, headers, axum::Json(body)).into_response())
}

fn feature(view: &View, made: &Successor) -> Member {
    let seen =
        view.layer.attributes.iter().zip(&made.values).zip(&view.attributes).filter(|(_, seen)| **seen);
    let properties: Map<String, Member> = seen.map(|((a, v), _)| (a.name.clone(), v.to_json())).collect();
    let geometry = made.geometry.map_coords(|c| crs::to_crs84(c.x, c.y).into());
    json!({
        "type": "Feature",
        "id": made.fid,
        "geometry": geojson::to_json(&geometry, DECIMALS),
        "properties": properties,
        "area_m2": (geo::Area::unsigned_area(&made.geometry) * 1e4).round() / 1e4,
    })
}

/// `GET …/lineage`: the splits and merges that led to an item and those that followed, oldest first, each item with
/// what people call it. Officers see who did them and why, and where an item's history is told.
async fn lineage(
    State(state): State<AppState>,
    Session(who): Session,
    Language(lang): Language,
    Path((id, fid)): Path<(String, String)>,
) -> Result<Response> {
    let (reader, _) = open(&state, &who, &id)?;
    let missing = || Error::not_found("item", format!("{id}/{fid}"));
    let number: i64 = fid.parse().map_err(|_| missing())?;
    let family = Family::read(&state, &reader, number, lang).await?.ok_or_else(missing)?;
    let officer = who.is_officer();
    let items = |fids: &[i64]| {
        let one = |r: &Relative| {
            json!({"fid": r.fid, "label": r.label, "title": r.title, "current": r.current,
                "history": officer.then(|| format!("/changes/items/{id}/{}", r.fid))})
        };
        family.members(fids).into_iter().map(one).collect::<Vec<_>>()
    };
    let steps = |list: &[Step]| {
        let one = |s: &Step| {
            json!({
                "revision": s.revision,
                "at": s.at,
                "by": s.by.as_ref().filter(|_| officer),
                "reason": officer.then_some(&s.reason),
                "predecessors": items(&s.predecessors),
                "successors": items(&s.successors),
            })
        };
        list.iter().map(one).collect::<Vec<_>>()
    };
    let body = json!({
        "layer": id,
        "fid": number,
        "before": steps(&family.lineage.before),
        "after": steps(&family.lineage.after),
        "truncated": family.lineage.truncated,
    });
    Ok(([(header::VARY, "cookie, accept-language")], axum::Json(body)).into_response())
}
