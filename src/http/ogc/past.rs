//! `at=`: items and tiles as the database held them, with today's rights and today's definition.
//!
//! The rows of one page (or tile) come from PostGIS and are read through a layer made of them alone, so that the
//! answer is written by the same code as today's.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, header};
use chrono::DateTime;

use super::ask::Ask;
use super::items::Page;
use super::params::{ItemsQuery, Params};
use crate::access::{self, View};
use crate::features::encode::geojson::FeatureWriter;
use crate::features::encode::mvt::MARGIN;
use crate::features::{LayerBuilder, LayerReader, Query, Snapshot};
use crate::filter::{Expr, Sort};
use crate::layers::{ItemRow, LayerDef, Value};
use crate::space::Bbox;
use crate::space::crs::Offered;
use crate::space::tile_matrix::Tile;
use crate::state::AppState;
use crate::store::history::{At, PastQuery, State};
use crate::{Error, Result};

/// Most items of a page of the past; a larger `limit` means this one.
pub(super) const MAX_LIMIT: usize = 10_000;
/// Most items that a tile of the past is made from.
const MAX_TILE_ITEMS: usize = 50_000;

/// A layer as it was.
pub(in crate::http) struct Past {
    view: View,
    /// Which state.
    pub state: State,
    /// Whether the caller named the revision, so that the answer will never be another one.
    pinned: bool,
}

/// What `at` asks for: a whole number is a revision, anything else an RFC 3339 time.
pub(in crate::http) fn parse_at(text: &str) -> Result<At> {
    let wrong = || {
        Error::invalid(
            "at",
            "cần một thời điểm RFC 3339, như 2026-03-01T08:00:00+07:00, hoặc số của lần thay đổi",
            "expected an RFC 3339 time such as 2026-03-01T08:00:00+07:00, or the number of a revision",
        )
    };
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().map(At::Revision).map_err(|_| wrong());
    }
    // A plus sign that was not escaped arrives as a blank.
    let time = DateTime::parse_from_rfc3339(&text.replace(' ', "+")).map_err(|_| wrong())?;
    Ok(At::Time(time.to_utc()))
}

/// The layer `id` at the state that the request names; none where it names none. A layer that the caller may not
/// see does not exist.
pub(in crate::http) async fn open(state: &AppState, ask: &Ask, id: &str) -> Result<Option<Past>> {
    let Some(text) = ask.params.get("at") else { return Ok(None) };
    let catalog = state.catalog.load_full();
    let view = catalog.layer(id).and_then(|l| access::view(&ask.who, l, &catalog));
    let view = view.ok_or_else(|| Error::not_found("collection", id))?;
    let at = parse_at(text)?;
    let past = Past { view, state: state.store.state_at(at).await?, pinned: matches!(at, At::Revision(_)) };
    Ok(Some(past))
}

impl Past {
    /// The page of a query, and the reader that has its items.
    pub(super) async fn page(&self, state: &AppState, asked: ItemsQuery) -> Result<(LayerReader, Page)> {
        let limit = asked.limit.min(MAX_LIMIT);
        // The database narrows a box of another system down to what may meet it.
        let bbox = asked.within.as_ref().map(|(crs, b)| crs.box_to_stored(b)).transpose()?;
        let nowhere = matches!(bbox, Some(None));
        let query = PastQuery {
            bbox: bbox.flatten(),
            within_crs84: asked.boxes,
            filter: asked.filter,
            ..PastQuery::default()
        };
        let mut place = asked.sort.as_ref().map(|s| s.sort.clone());
        let after = asked.after.unwrap_or(0);
        let mut rows = Vec::new();
        let mut next = Some(after);
        while let Some(after) = next.filter(|_| rows.len() <= limit && !nowhere) {
            let query =
                PastQuery { after, sort: place.clone(), limit: limit + 1 - rows.len(), ..query.clone() };
            let (found, more) = self.meeting(state, query, asked.within).await?;
            rows.extend(found);
            if let (Some(sort), Some(last)) = (&mut place, &more) {
                sort.after = Some(place_of(sort, last));
            }
            next = more.map(|row| row.fid);
        }
        let more = rows.len() > limit;
        rows.truncate(limit);
        // A first page that holds everything has counted it; beyond that the standard lets the number be left out.
        let first = asked.after.is_none() && asked.sort.as_ref().is_none_or(|s| s.sort.after.is_none());
        let matched = (first && !more).then_some(rows.len());
        let fids: Vec<i64> = rows.iter().map(|r| r.fid).collect();
        let next = rows.last().filter(|_| more).map(|last| match &asked.sort {
            Some(asked) => asked.token(&place_of(&asked.sort, last)),
            None => last.fid.to_string(),
        });
        Ok((
            self.reader(rows).await?,
            Page {
                fids,
                matched,
                next,
                crs: asked.crs,
                properties: asked.properties,
                resolved: asked.resolved,
            },
        ))
    }

    /// The item, if it was there and may be seen.
    pub(super) async fn item(&self, state: &AppState, fid: i64) -> Result<LayerReader> {
        let query = PastQuery { filter: Some(Expr::Fid(vec![fid])), limit: 1, ..PastQuery::default() };
        self.reader(state.store.past_rows(&self.view, self.state, &query).await?).await
    }

    /// What a tile is made from.
    pub(in crate::http) async fn tile(&self, state: &AppState, tile: Tile) -> Result<LayerReader> {
        let around = tile.bbox_9218(MARGIN).filter(|_| tile.zoom() >= self.view.layer.min_zoom);
        let Some(bbox) = around else { return self.reader(Vec::new()).await };
        let query = PastQuery { bbox: Some(bbox), limit: MAX_TILE_ITEMS + 1, ..PastQuery::default() };
        let rows = state.store.past_rows(&self.view, self.state, &query).await?;
        if rows.len() > MAX_TILE_ITEMS {
            return Err(Error::invalid(
                "at",
                format!("ô này có hơn {MAX_TILE_ITEMS} đối tượng ở trạng thái cũ; hãy phóng to"),
                format!("this tile has more than {MAX_TILE_ITEMS} items in an old state; zoom in"),
            ));
        }
        self.reader(rows).await
    }

    /// The view it is read with.
    pub(in crate::http) fn view(&self) -> &View {
        &self.view
    }

    /// Which state this is, and how the answer may be kept. A state that is named by its revision never changes,
    /// but what one may see of it can, hence an hour and not for ever; never by a shared cache.
    pub(in crate::http) fn headers(&self, headers: &mut HeaderMap) {
        let keep = if self.pinned { "private, max-age=3600" } else { "private, no-cache" };
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
        headers.insert("dothi-revision", HeaderValue::from(self.state.revision));
    }

    /// The parameters with the state named by its revision, so that all pages are of one state.
    pub(super) fn pin(&self, params: &Params) -> Params {
        params.set("at", &self.state.revision.to_string())
    }

    /// Rows that meet the query's boxes, and the last one that was looked at where there are more.
    async fn meeting(
        &self,
        state: &AppState,
        query: PastQuery,
        within: Option<(Offered, Bbox)>,
    ) -> Result<(Vec<ItemRow>, Option<ItemRow>)> {
        let rows = state.store.past_rows(&self.view, self.state, &query).await?;
        let more = rows.last().filter(|_| rows.len() == query.limit).cloned();
        if query.within_crs84.is_empty() && within.is_none() {
            return Ok((rows, more));
        }
        let reader = self.reader(rows.clone()).await?;
        let exact = Query { within_crs84: query.within_crs84, within, ..Query::default() };
        let fids: BTreeSet<i64> = reader.query(&exact)?.map(|i| i.fid).collect();
        Ok((rows.into_iter().filter(|r| fids.contains(&r.fid)).collect(), more))
    }

    async fn reader(&self, mut rows: Vec<ItemRow>) -> Result<LayerReader> {
        rows.sort_unstable_by_key(|row| row.fid);
        let def = self.view.layer.clone();
        let layer = tokio::task::spawn_blocking(move || build(def, &rows))
            .await
            .map_err(|e| Error::internal("reading an old state", e))??;
        layer.layer(&self.view).ok_or_else(|| Error::not_found("collection", &self.view.layer.id))
    }
}

/// What a page after this row starts behind.
fn place_of(sort: &Sort, row: &ItemRow) -> (Vec<Value>, i64) {
    (sort.keys.iter().map(|(i, _)| row.values[*i].clone()).collect(), row.fid)
}

/// One state of an item as a feature, with what the view shows of it.
pub(in crate::http) fn feature(view: &View, row: &ItemRow) -> Result<serde_json::Value> {
    let state = build(view.layer.clone(), std::slice::from_ref(row))?;
    let reader = state.layer(view).ok_or_else(|| Error::not_found("collection", &view.layer.id))?;
    let item = reader.get(row.fid).ok_or_else(|| Error::not_found("item", row.fid.to_string()))?;
    let mut out = Vec::new();
    FeatureWriter::new(view).feature(&item, &mut out);
    serde_json::from_slice(&out).map_err(|e| Error::internal("a feature", e))
}

fn build(def: Arc<LayerDef>, rows: &[ItemRow]) -> Result<Snapshot> {
    let mut builder = LayerBuilder::new(def);
    rows.iter().try_for_each(|row| builder.push(row))?;
    let mut state = Snapshot::default();
    state.insert(builder.build());
    Ok(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_named_by_number_or_time() {
        assert_eq!(parse_at("12").unwrap(), At::Revision(12));
        let time = "2026-03-01T01:00:00Z".parse().unwrap();
        for text in ["2026-03-01T01:00:00Z", "2026-03-01T08:00:00+07:00", "2026-03-01T08:00:00 07:00"] {
            assert_eq!(parse_at(text).unwrap(), At::Time(time), "{text}");
        }
        for text in ["-1", "yesterday", "2026-03-01", "1.5", "", "99999999999999999999"] {
            assert!(parse_at(text).is_err(), "{text}");
        }
    }
}
