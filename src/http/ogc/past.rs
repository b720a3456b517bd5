//! Items and tiles that are read in the database: `at=`, as they were, with today's rights and today's definition; and
//! the present of layers that are too large for memory.
//!
//! The rows of one page (or tile) come from PostGIS and are read through a layer made of them alone, so that the
//! answer is written by the same code as that of memory.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, header};
use chrono::DateTime;

use super::ask::{Ask, look_up};
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
/// Most items of an answer that names no pages.
const MAX_FOUND: usize = 50_000;
/// Most items that a tile of the past is made from.
const MAX_TILE_ITEMS: usize = 50_000;

/// A state of a layer in the database.
pub(in crate::http) struct Past {
    view: View,
    /// Which state.
    pub state: State,
    asked: Asked,
}

/// What the caller asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// A revision: the answer will never be another one.
    Revision,
    /// A time.
    Time,
    /// The present, of a layer that is too large for memory.
    Present,
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

/// The layer `id` at the state that the request names; none where it names none and the layer is in memory. A layer that
/// the caller may not see does not exist.
pub(in crate::http) async fn open(state: &AppState, ask: &Ask, id: &str) -> Result<Option<Past>> {
    if let Some(past) = named(state, ask, id).await? {
        return Ok(Some(past));
    }
    let (reader, snapshot) = look_up(state, &ask.who, id)?;
    if reader.is_outside() {
        return present(state, &reader, snapshot.revision).await.map(Some);
    }
    Ok(None)
}

/// The layer `id` at the state that `at` names; none without `at`.
pub(in crate::http) async fn named(state: &AppState, ask: &Ask, id: &str) -> Result<Option<Past>> {
    let Some(text) = ask.params.get("at") else { return Ok(None) };
    let catalog = state.catalog.load_full();
    let view = catalog.layer(id).and_then(|l| access::view(&ask.who, l, &catalog));
    let view = view.ok_or_else(|| Error::not_found("collection", id))?;
    let at = parse_at(text)?;
    let asked = if matches!(at, At::Revision(_)) { Asked::Revision } else { Asked::Time };
    Ok(Some(Past { view, state: state.store.state_at(at).await?, asked }))
}

/// A layer that is too large for memory, at the revision at which memory stands: all layers of an answer are of one
/// state.
pub(in crate::http) async fn present(state: &AppState, reader: &LayerReader, revision: i64) -> Result<Past> {
    let state = state.store.state_at(At::Revision(revision)).await?;
    Ok(Past { view: reader.view().clone(), state, asked: Asked::Present })
}

impl Past {
    /// The page of a query, and the reader that has its items.
    pub(super) async fn page(&self, state: &AppState, asked: ItemsQuery) -> Result<(LayerReader, Page)> {
        let limit = asked.limit.min(MAX_LIMIT);
        let query = PastQuery {
            within_crs84: asked.boxes,
            filter: asked.filter,
            after: asked.after.unwrap_or(0),
            sort: asked.sort.as_ref().map(|s| s.sort.clone()),
            limit: limit + 1,
            ..PastQuery::default()
        };
        let mut rows = Vec::new();
        self.each(state, query, asked.within, |found| rows.extend(found)).await?;
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

    /// Number of items.
    pub(super) async fn count(&self, state: &AppState) -> Result<usize> {
        state.store.past_count(&self.view, self.state, &PastQuery::default()).await
    }

    /// The next items behind a fid, a large page of them; none at the end.
    pub(super) async fn items_behind(&self, state: &AppState, after: i64) -> Result<(LayerReader, Vec<i64>)> {
        let query = PastQuery { after, limit: MAX_LIMIT, ..PastQuery::default() };
        let rows = state.store.past_rows(&self.view, self.state, &query).await?;
        let fids = rows.iter().map(|r| r.fid).collect();
        Ok((self.reader(rows).await?, fids))
    }

    /// What a tile is made from.
    pub(in crate::http) async fn tile(&self, state: &AppState, tile: Tile) -> Result<LayerReader> {
        let around = tile.bbox_9218(MARGIN).filter(|_| tile.zoom() >= self.view.layer.min_zoom);
        let Some(bbox) = around else { return self.reader(Vec::new()).await };
        let query = PastQuery { bbox: Some(bbox), limit: MAX_TILE_ITEMS + 1, ..PastQuery::default() };
        let rows = state.store.past_rows(&self.view, self.state, &query).await?;
        if rows.len() > MAX_TILE_ITEMS {
            return Err(Error::invalid(
                if self.asked == Asked::Present { "tileMatrix" } else { "at" },
                format!("ô này có hơn {MAX_TILE_ITEMS} đối tượng phải đọc từ cơ sở dữ liệu; hãy phóng to"),
                format!("this tile has more than {MAX_TILE_ITEMS} items to be read in the database; zoom in"),
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
        match self.asked {
            Asked::Revision => {
                headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600"))
            }
            Asked::Time => {
                headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"))
            }
            Asked::Present => None,
        };
        headers.insert("dothi-revision", HeaderValue::from(self.state.revision));
    }

    /// The parameters with the state named by its revision, so that all pages are of one state.
    pub(super) fn pin(&self, params: &Params) -> Params {
        params.set("at", &self.state.revision.to_string())
    }

    /// The items of a query behind the first `skip`, at most `take`, and how many match.
    pub(in crate::http) async fn find(
        &self,
        state: &AppState,
        asked: &Query,
        sort: Option<Sort>,
        skip: usize,
        take: usize,
    ) -> Result<(LayerReader, Vec<i64>, usize)> {
        let boxed = asked.bbox.map(Expr::Bbox);
        let query = PastQuery {
            within_crs84: asked.within_crs84.clone(),
            filter: Some(Expr::And(asked.filter.iter().cloned().chain(boxed).collect())),
            sort,
            ..PastQuery::default()
        };
        let most = skip.saturating_add(take);
        let (mut rows, mut passed) = (Vec::new(), 0);
        let is_anywhere = query.within_crs84.is_empty() && asked.within.is_none();
        if take > 0 || !is_anywhere {
            // Without boxes the database counts, and no more is read than may be answered; with them each item is
            // looked at.
            let limit = if is_anywhere { most.min(skip.saturating_add(MAX_FOUND + 1)) } else { usize::MAX };
            let query = PastQuery { limit, ..query.clone() };
            self.each(state, query, asked.within, |found| {
                for row in found {
                    if (skip..most).contains(&passed) && rows.len() <= MAX_FOUND {
                        rows.push(row);
                    }
                    passed += 1;
                }
            })
            .await?;
        }
        if rows.len() > MAX_FOUND {
            return Err(Error::invalid(
                "count",
                format!(
                    "lớp này đọc mỗi lần nhiều nhất {MAX_FOUND} đối tượng; hãy dùng count và startIndex, hoặc bbox"
                ),
                format!(
                    "this layer is read in parts of at most {MAX_FOUND} items: use count and startIndex, or bbox"
                ),
            ));
        }
        let whole = !is_anywhere || take > 0 && passed < most;
        let matched =
            if whole { passed } else { state.store.past_count(&self.view, self.state, &query).await? };
        let fids = rows.iter().map(|row| row.fid).collect();
        Ok((self.reader(rows).await?, fids, matched))
    }

    /// Gives the rows of a query in their order, a part at a time, and no more than its limit.
    async fn each(
        &self,
        state: &AppState,
        mut query: PastQuery,
        within: Option<(Offered, Bbox)>,
        mut take: impl FnMut(Vec<ItemRow>),
    ) -> Result<()> {
        // The database narrows a box of another system down to what may meet it.
        let bbox = within.as_ref().map(|(crs, b)| crs.box_to_stored(b)).transpose()?;
        if matches!(bbox, Some(None)) {
            return Ok(());
        }
        query.bbox = bbox.flatten();
        let mut left = query.limit;
        while left > 0 {
            query.limit = left.min(MAX_LIMIT + 1);
            let (mut found, more) = self.meeting(state, query.clone(), within).await?;
            found.truncate(left);
            left -= found.len();
            take(found);
            let Some(last) = more else { break };
            if let Some(sort) = &mut query.sort {
                sort.after = Some(place_of(sort, &last));
            }
            query.after = last.fid;
        }
        Ok(())
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
