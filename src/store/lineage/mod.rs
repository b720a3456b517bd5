//! Splitting an item and merging several: the old ones are closed into history, the new ones inserted, and who came
//! from whom is kept, all in one revision (migration 0025).

mod merge;
mod read;
mod split;

use std::collections::BTreeMap;

use geo::{Geometry, Polygon};
use serde_json::json;
use sqlx::Row as _;

pub use merge::{LEAST_BORDER_M, MAX_ITEMS, Merge};
pub use read::{Lineage, Step};
pub use split::{MAX_PIECES, Split};

use super::feed::{self, Position, Revision};
use super::items::{Items, bind_all};
use super::load::item;
use super::{Tx, layer_sql, units, wkb};
use crate::layers::conform::conform;
use crate::layers::{GeometryKind, ItemRow, Value, computed};
use crate::text::Text;
use crate::{Error, Result};

/// An item that was made, or would be.
#[derive(Debug, Clone, PartialEq)]
pub struct Successor {
    /// Its identifier; none where nothing was written.
    pub fid: Option<i64>,
    /// Geometry in EPSG:9218, on the stored grid.
    pub geometry: Geometry<f64>,
    /// One value an attribute of the definition.
    pub values: Vec<Value>,
}

/// What a split or a merge came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Succession {
    /// The new items.
    pub successors: Vec<Successor>,
    /// The items that were closed, in the order of their fids.
    pub predecessors: Vec<i64>,
    /// Neighbours that got a vertex where the cut ends on their border.
    pub adjusted: Vec<i64>,
    /// Where the database stands with it; none where nothing was written.
    pub position: Option<Position>,
}

/// A row about to be written: its geometry as it is stored, and its values.
pub(super) struct Row {
    pub geometry: Geometry<f64>,
    pub values: Vec<Value>,
}

impl Items<'_> {
    /// Refuses layers whose items are no areas.
    fn needs_area(&self) -> Result<()> {
        if self.def.geometry.is_area() {
            return Ok(());
        }
        Err(Error::invalid(
            "layer",
            "chỉ tách, hợp được đối tượng dạng vùng",
            "only items that are areas are split and merged",
        ))
    }

    /// Locks the items and refuses those that changed or went since `expected` was read, naming each with who and
    /// when; `others` are locked with them as they are.
    async fn lock_all(&self, tx: &mut Tx, expected: &[(i64, i64)], others: &[i64]) -> Result<Vec<ItemRow>> {
        let fids: Vec<i64> = expected.iter().map(|e| e.0).chain(others.iter().copied()).collect();
        let sql = layer_sql::lock(self.def)?;
        let found = sqlx::query(&sql).bind(&fids).fetch_all(&mut **tx).await?;
        let rows = found.iter().map(|r| item(r, self.def)).collect::<Result<Vec<_>>>()?;
        let version = |fid: i64| rows.iter().find(|r| r.fid == fid).map(|r| r.version);
        let mut stale = Vec::new();
        for (fid, expected) in expected.iter().filter(|(fid, expected)| version(*fid) != Some(*expected)) {
            stale.push(self.stale(tx, *fid, *expected, version(*fid)).await?);
        }
        if stale.is_empty() { Ok(rows) } else { Err(conflict(&stale)) }
    }

    /// The values of a successor: those of the item that it comes from, with changes; what is computed, computed.
    async fn values_of(
        &self,
        tx: &mut Tx,
        from: &[Value],
        patch: &[(usize, Value)],
        geometry: &Geometry<f64>,
        place: &str,
    ) -> Result<Vec<Value>> {
        let mut values = from.to_vec();
        for (i, value) in patch {
            *values.get_mut(*i).ok_or_else(|| Error::not_found("attribute", i.to_string()))? = value.clone();
        }
        computed::fill(self.def, geometry, &mut values, true);
        conform(self.def, self.catalog, &mut values).map_err(|m| Error::InvalidParameter {
            name: format!("{place}/{}", m.attribute),
            reason: m.reason,
        })?;
        units::carry(tx, self.def, &encode(geometry)?, &mut values).await?;
        Ok(values)
    }

    /// Refuses successors with one key: the index would name the key but not which two.
    fn distinct_keys(&self, rows: &[Row]) -> Result<()> {
        let key = |row: &Row| -> Vec<String> {
            let at = |name: &String| self.def.attributes.iter().position(|a| &a.name == name);
            self.def.key.iter().filter_map(at).map(|i| row.values[i].to_json().to_string()).collect()
        };
        let Some(first) = self.def.key.first() else { return Ok(()) };
        let mut seen: BTreeMap<Vec<String>, usize> = BTreeMap::new();
        for (n, row) in rows.iter().enumerate() {
            if let Some(other) = seen.insert(key(row), n) {
                return Err(Error::invalid(
                    format!("pieces/{n}/{first}"),
                    format!("trùng mã (khóa) với phần {}", other + 1),
                    format!("has the key of piece {}", other + 1),
                ));
            }
        }
        Ok(())
    }

    /// Closes `old`, inserts `new`, writes `adjusted` anew, and keeps who came from whom.
    async fn succeed(
        &self,
        mut tx: Tx,
        old: &[&ItemRow],
        new: Vec<Row>,
        adjusted: Vec<(ItemRow, Geometry<f64>)>,
    ) -> Result<Succession> {
        let gone: Vec<i64> = old.iter().map(|r| r.fid).collect();
        let near: Vec<i64> = adjusted.iter().map(|(r, _)| r.fid).collect();
        let revision = feed::bump(&mut tx, self.author).await?;
        let closed: Vec<i64> = gone.iter().chain(&near).copied().collect();
        self.close_all(&mut tx, &closed, &revision).await?;
        sqlx::query(&layer_sql::delete(self.def)?).bind(&gone).execute(&mut *tx).await?;
        let mut successors = Vec::new();
        for Row { geometry, values } in new {
            let sql = layer_sql::insert(self.def)?;
            let query = sqlx::query(&sql).bind(revision.position.revision).bind(encode(&geometry)?);
            let fid: i64 = bind_all(query, self.def, values.clone()).fetch_one(&mut *tx).await?.try_get(0)?;
            successors.push(Successor { fid: Some(fid), geometry, values });
        }
        for (row, geometry) in adjusted {
            let sql = layer_sql::update(self.def)?;
            let query = sqlx::query(&sql).bind(revision.position.revision).bind(encode(&geometry)?);
            bind_all(query, self.def, row.values).bind(row.fid).execute(&mut *tx).await?;
        }
        let made: Vec<i64> = successors.iter().filter_map(|s| s.fid).collect();
        sqlx::query!(
            "insert into dothi.lineage (layer, revision, predecessor, successor)
             select $1, $2, p, s from unnest($3::bigint[]) p, unnest($4::bigint[]) s",
            self.def.id,
            revision.position.revision,
            &gone,
            &made
        )
        .execute(&mut *tx)
        .await?;
        let touched: Vec<i64> = closed.iter().chain(&made).copied().collect();
        let number = |list: &[i64]| i64::try_from(list.len()).unwrap_or(i64::MAX);
        let counts = feed::Counts { inserted: number(&made), updated: number(&near), removed: number(&gone) };
        feed::change_counted(&mut tx, &revision, &self.def.id, Some(&touched), Some(counts)).await?;
        tx.commit().await?;
        Ok(Succession { successors, predecessors: gone, adjusted: near, position: Some(revision.position) })
    }

    async fn close_all(&self, tx: &mut Tx, fids: &[i64], revision: &Revision) -> Result<()> {
        sqlx::query(&layer_sql::close(self.def)?)
            .bind(fids)
            .bind(revision.position.revision)
            .bind(revision.committed_at)
            .execute(&mut **tx)
            .await?;
        Ok(())
    }
}

/// What would be written, for a caller who only asks.
fn only_shown(old: &[&ItemRow], new: Vec<Row>, adjusted: &[(ItemRow, Geometry<f64>)]) -> Succession {
    Succession {
        successors: new
            .into_iter()
            .map(|r| Successor { fid: None, geometry: r.geometry, values: r.values })
            .collect(),
        predecessors: old.iter().map(|r| r.fid).collect(),
        adjusted: adjusted.iter().map(|(r, _)| r.fid).collect(),
        position: None,
    }
}

fn conflict(stale: &[serde_json::Value]) -> Error {
    Error::Conflict {
        reason: Text::new(
            "Đối tượng đã được người khác sửa hoặc xóa sau khi bạn mở. Hãy xem thay đổi đó rồi làm lại.",
            "An item was changed or removed after you opened it. Look at that change, then do yours again.",
        ),
        detail: json!({ "conflicts": stale }),
    }
}

fn encode(geometry: &Geometry<f64>) -> Result<Vec<u8>> {
    wkb::encode(geometry).map_err(|reason| Error::InvalidParameter { name: "geometry".to_owned(), reason })
}

fn decode(wkb: &[u8]) -> Result<Geometry<f64>> {
    wkb::decode(wkb).map_err(|r| Error::internal("geometry from the database", r.en))
}

/// The geometry on the stored grid as the layer's kind wants it; `place` names it in the refusal.
fn stored(geometry: &Geometry<f64>, kind: GeometryKind, place: &str) -> Result<Geometry<f64>> {
    let refused = |reason| Error::InvalidParameter { name: place.to_owned(), reason };
    wkb::encode(geometry).and_then(|g| wkb::normalise(&g, kind)).map_err(refused)
}

/// The single areas of a geometry.
fn areas(geometry: Geometry<f64>) -> Vec<Polygon<f64>> {
    match geometry {
        Geometry::Polygon(p) => vec![p],
        Geometry::MultiPolygon(m) => m.0,
        Geometry::GeometryCollection(c) => c.0.into_iter().flat_map(areas).collect(),
        _ => Vec::new(),
    }
}
