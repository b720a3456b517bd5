//! Writing one item: one transaction that locks the row, closes its old state into history, writes the new one and
//! records it in the feed.

use geo::Geometry;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{Postgres, Row};

use super::feed::{self, Author, Counts, Position, Revision};
use super::load::{item, rows_on};
use super::{Store, Tx, layer_sql, overwrites, units, wkb};
use crate::layers::computed;
use crate::layers::conform::conform;
use crate::layers::{AttributeType, Catalog, ItemRow, LayerDef, Source, Value};
use crate::text::Text;
use crate::{Error, Result};

/// An item as a client gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct NewItem {
    /// Geometry in EPSG:9218, WKB of any flavour.
    pub wkb: Vec<u8>,
    /// One value an attribute of the definition.
    pub values: Vec<Value>,
}

/// Changes to an item; what is not named stays.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Patch {
    /// New geometry, WKB in EPSG:9218.
    pub wkb: Option<Vec<u8>>,
    /// Index of the attribute in the definition, and its new value.
    pub values: Vec<(usize, Value)>,
}

/// What a write came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// The item.
    pub fid: i64,
    /// Its version now (the one before if the write changed nothing).
    pub version: i64,
    /// Where the database stands with this write: a node that has caught up to it serves it.
    pub position: Position,
    /// The revision of somebody else, some minutes ago, on which a write without a version was made.
    pub overwrote: Option<i64>,
}

/// Items of one layer, written by one author. Made by [`Store::items`].
#[derive(Debug, Clone, Copy)]
pub struct Items<'a> {
    pub(in crate::store) store: &'a Store,
    pub(in crate::store) catalog: &'a Catalog,
    pub(in crate::store) def: &'a LayerDef,
    pub(in crate::store) author: &'a Author,
    /// Whether a write on somebody else's fresh change is noted.
    unguarded: bool,
}

impl Store {
    /// Items of `def`. Whether the author may write them is decided before (`access`).
    pub fn items<'a>(&'a self, catalog: &'a Catalog, def: &'a LayerDef, author: &'a Author) -> Items<'a> {
        Items { store: self, catalog, def, author, unguarded: false }
    }

    /// The current row, straight from the database.
    pub async fn item(&self, def: &LayerDef, fid: i64) -> Result<Option<ItemRow>> {
        let mut db = self.pool.acquire().await?;
        Ok(rows_on(&mut db, def, &[fid]).await?.pop())
    }
}

impl Items<'_> {
    /// The client named no version: where it writes on what somebody else changed in the last ten minutes, that is
    /// noted for both ([`Written::overwrote`], and the list of changes).
    #[must_use]
    pub fn unguarded(self) -> Self {
        Self { unguarded: true, ..self }
    }

    /// Adds an item.
    pub async fn insert(&self, new: NewItem) -> Result<Written> {
        let mut tx = self.begin().await?;
        let (geometry, values) = self.check(&mut tx, new, None).await?;
        let revision = feed::bump(&mut tx, self.author).await?;
        let sql = layer_sql::insert(self.def)?;
        let query = sqlx::query(&sql).bind(revision.position.revision).bind(geometry);
        let fid: i64 = bind_all(query, self.def, values).fetch_one(&mut *tx).await?.try_get(0)?;
        self.finish(tx, &revision, fid, None, Counts { inserted: 1, ..Counts::default() }).await
    }

    /// Replaces an item whole. `expected` is the version of `If-Match`; another one is refused.
    pub async fn replace(&self, fid: i64, new: NewItem, expected: Option<i64>) -> Result<Written> {
        let mut tx = self.begin().await?;
        let old = self.lock(&mut tx, fid, expected).await?;
        self.write(tx, &old, new).await
    }

    /// Changes parts of an item.
    pub async fn patch(&self, fid: i64, patch: Patch, expected: Option<i64>) -> Result<Written> {
        let mut tx = self.begin().await?;
        let old = self.lock(&mut tx, fid, expected).await?;
        let new = Self::patched(&old, patch)?;
        self.write(tx, &old, new).await
    }

    /// The item as it is after a change.
    pub(in crate::store) fn patched(old: &ItemRow, patch: Patch) -> Result<NewItem> {
        let mut new =
            NewItem { wkb: patch.wkb.unwrap_or_else(|| old.wkb.clone()), values: old.values.clone() };
        for (i, value) in patch.values {
            *new.values.get_mut(i).ok_or_else(|| Error::not_found("attribute", i.to_string()))? = value;
        }
        Ok(new)
    }

    /// Removes an item; its last state stays in history.
    pub async fn delete(&self, fid: i64, expected: Option<i64>) -> Result<Written> {
        let mut tx = self.begin().await?;
        let old = self.lock(&mut tx, fid, expected).await?;
        let revision = feed::bump(&mut tx, self.author).await?;
        self.close(&mut tx, fid, &revision).await?;
        let sql = format!("delete from {} where fid = $1", layer_sql::table(self.def)?);
        sqlx::query(&sql).bind(fid).execute(&mut *tx).await?;
        self.finish(tx, &revision, fid, Some(old.version), Counts { removed: 1, ..Counts::default() }).await
    }

    /// A transaction that keeps bulk changes and changes of the definition away from this layer.
    pub(in crate::store) async fn begin(&self) -> Result<Tx> {
        let mut tx = self.store.begin().await?;
        self.keep_still(&mut tx).await?;
        Ok(tx)
    }

    /// Keeps bulk changes and changes of the definition away from this layer, to the end of the transaction.
    pub(in crate::store) async fn keep_still(&self, tx: &mut Tx) -> Result<()> {
        if self.def.source == Source::View {
            return Err(Error::MethodNotAllowed("GET, HEAD, OPTIONS"));
        }
        sqlx::query!("select pg_advisory_xact_lock_shared(7206, hashtext($1))", self.def.id)
            .execute(&mut **tx)
            .await?;
        Ok(())
    }

    /// The row, held to the end of the transaction; refused where it is not at version `expected`.
    pub(in crate::store) async fn lock(
        &self,
        tx: &mut Tx,
        fid: i64,
        expected: Option<i64>,
    ) -> Result<ItemRow> {
        let sql = format!(
            "select {} from {} where fid = $1 for update",
            layer_sql::select_list(self.def)?,
            layer_sql::table(self.def)?
        );
        let row = sqlx::query(&sql).bind(fid).fetch_optional(&mut **tx).await?;
        let old = row.map(|row| item(&row, self.def)).transpose()?;
        let now = old.as_ref().map(|old| old.version);
        match expected.filter(|version| now != Some(*version)) {
            Some(version) => Err(stale_item(&self.stale(tx, fid, version, now).await?)),
            None => old.ok_or_else(|| Error::not_found("item", fid.to_string())),
        }
    }

    /// The refusal of a write to version `expected` of an item that is at version `now`, or gone: it names who came
    /// in between and when. An item that never was is not found.
    pub async fn refusal(&self, fid: i64, expected: i64, now: Option<i64>) -> Error {
        let told = async {
            let mut tx = self.store.begin().await?;
            self.stale(&mut tx, fid, expected, now).await
        };
        told.await.map_or_else(|e| e, |entry| stale_item(&entry))
    }

    /// One entry of a conflict: both versions, and who made the present one, when and why.
    pub(in crate::store) async fn stale(
        &self,
        tx: &mut Tx,
        fid: i64,
        expected: i64,
        now: Option<i64>,
    ) -> Result<serde_json::Value> {
        let changed_in = match now {
            Some(version) => Some(version),
            None => {
                let sql = layer_sql::closed_in(self.def)?;
                sqlx::query_scalar::<_, Option<i64>>(&sql).bind(fid).fetch_one(&mut **tx).await?
            }
        };
        let Some(changed_in) = changed_in else { return Err(Error::not_found("item", fid.to_string())) };
        let row = sqlx::query!(
            r#"select r.committed_at, r.reason, a.display_name as "name?"
               from dothi.revision r left join dothi.account a on a.id = r.actor where r.number = $1"#,
            changed_in
        )
        .fetch_optional(&mut **tx)
        .await?;
        Ok(serde_json::json!({
            "fid": fid,
            "expected_version": expected,
            "version": now,
            "changed_in": changed_in,
            "changed_at": row.as_ref().map(|r| r.committed_at),
            "changed_by": row.as_ref().and_then(|r| r.name.clone()),
            "reason": row.map(|r| r.reason),
        }))
    }

    async fn write(&self, mut tx: Tx, old: &ItemRow, new: NewItem) -> Result<Written> {
        let (geometry, values) = self.check(&mut tx, new, Some(old)).await?;
        if geometry == old.wkb && values == old.values {
            // Nothing to record; the row lock shows that this state is still the current one.
            tx.rollback().await?;
            let position = self.store.position().await?;
            return Ok(Written { fid: old.fid, version: old.version, position, overwrote: None });
        }
        let revision = feed::bump(&mut tx, self.author).await?;
        self.close(&mut tx, old.fid, &revision).await?;
        let sql = layer_sql::update(self.def)?;
        let query = sqlx::query(&sql).bind(revision.position.revision).bind(geometry);
        bind_all(query, self.def, values).bind(old.fid).execute(&mut *tx).await?;
        self.finish(tx, &revision, old.fid, Some(old.version), Counts { updated: 1, ..Counts::default() })
            .await
    }

    /// Writes the present state into history.
    pub(in crate::store) async fn close(&self, tx: &mut Tx, fid: i64, revision: &Revision) -> Result<()> {
        let sql = layer_sql::close(self.def)?;
        sqlx::query(&sql)
            .bind([fid].as_slice())
            .bind(revision.position.revision)
            .bind(revision.committed_at)
            .execute(&mut **tx)
            .await?;
        Ok(())
    }

    async fn finish(
        &self,
        mut tx: Tx,
        revision: &Revision,
        fid: i64,
        old: Option<i64>,
        counts: Counts,
    ) -> Result<Written> {
        let overwrote = match old.filter(|_| self.unguarded) {
            Some(old) => overwrites::note(&mut tx, revision, old, self.author).await?,
            None => None,
        };
        feed::change_counted(&mut tx, revision, &self.def.id, Some(&[fid]), Some(counts)).await?;
        tx.commit().await?;
        Ok(Written { fid, version: revision.position.revision, position: revision.position, overwrote })
    }

    /// The geometry as it will be stored, and the values in their normal form; what does not fit is refused.
    pub(in crate::store) async fn check(
        &self,
        tx: &mut Tx,
        mut new: NewItem,
        stored: Option<&ItemRow>,
    ) -> Result<(Vec<u8>, Vec<Value>)> {
        let misfit = |reason| Error::InvalidParameter { name: "geometry".to_owned(), reason };
        let old = stored.map(|s| wkb::decode(&s.wkb)).transpose().map_err(misfit)?;
        let given = wkb::decode(&new.wkb).map_err(misfit)?;
        let geometry = self.welded(tx, given, old, stored.map(|s| s.fid)).await?;
        let geometry =
            wkb::encode(&geometry).and_then(|g| wkb::normalise(&g, self.def.geometry)).map_err(misfit)?;
        let wkb = wkb::encode(&geometry).map_err(misfit)?;
        let anew = stored.is_some_and(|s| s.wkb != wkb);
        computed::fill(self.def, &geometry, &mut new.values, anew);
        conform(self.def, self.catalog, &mut new.values)
            .map_err(|m| Error::InvalidParameter { name: m.attribute, reason: m.reason })?;
        let geometry = wkb;
        check_valid(tx, &geometry).await?;
        units::carry(tx, self.def, &geometry, &mut new.values).await?;
        Ok((geometry, new.values))
    }
}

/// Lines and areas that meet the layer's others share their vertices to the last digit: clients know positions to
/// the served rounding only, and a border that is drawn along a neighbour's must not tear from it by 0.1 mm.
impl Items<'_> {
    async fn welded(
        &self,
        tx: &mut Tx,
        given: Geometry<f64>,
        old: Option<Geometry<f64>>,
        fid: Option<i64>,
    ) -> Result<Geometry<f64>> {
        let edited = old.is_some();
        let mut known: Vec<Geometry<f64>> = old.into_iter().collect();
        if !self.def.geometry.is_point() {
            let new = wkb::unknown_vertices(&given, known.first());
            known.extend(self.neighbours(tx, &new, fid).await?);
        }
        let welded = wkb::keep_stored(&given, &known);
        Ok(match known.first().filter(|_| edited) {
            Some(old) => wkb::turned_as(welded, old),
            None => welded,
        })
    }

    /// The layer's other items that lie where these positions are.
    async fn neighbours(
        &self,
        tx: &mut Tx,
        at: &[geo::Coord<f64>],
        except: Option<i64>,
    ) -> Result<Vec<Geometry<f64>>> {
        if at.is_empty() || at.iter().any(|c| !c.x.is_finite() || !c.y.is_finite()) {
            return Ok(Vec::new());
        }
        let (x, y): (Vec<f64>, Vec<f64>) = at.iter().map(|c| (c.x, c.y)).unzip();
        let sql = layer_sql::near_positions(self.def)?;
        let query = sqlx::query_scalar::<_, Vec<u8>>(&sql).bind(x).bind(y).bind(except.unwrap_or(0));
        let found = query.fetch_all(&mut **tx).await?;
        found.iter().map(|g| wkb::decode(g).map_err(|r| Error::internal("stored geometry", r.en))).collect()
    }
}

/// The refusal of a write to a version that is no longer the present one.
fn stale_item(entry: &serde_json::Value) -> Error {
    Error::PreconditionFailed {
        reason: Text::new(
            "Đối tượng đã được người khác sửa hoặc xóa sau khi bạn mở; hãy xem thay đổi đó rồi sửa tiếp.",
            "The item was changed or removed after you opened it; look at that change, then do yours again.",
        ),
        detail: serde_json::json!({ "conflicts": [entry] }),
    }
}

/// OGC validity, by PostGIS, with the place of the fault.
pub(in crate::store) async fn check_valid(tx: &mut Tx, geometry: &[u8]) -> Result<()> {
    let fault = sqlx::query!(
        r#"select reason(d) as reason, ST_X(location(d)) as x, ST_Y(location(d)) as y
           from ST_IsValidDetail(ST_GeomFromWKB($1, 9218)) d where not valid(d)"#,
        geometry
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(fault) = fault else { return Ok(()) };
    let (reason, x, y) = (fault.reason.unwrap_or_default(), fault.x.unwrap_or(0.0), fault.y.unwrap_or(0.0));
    Err(Error::invalid(
        "geometry",
        format!("hình học không hợp lệ tại E {x:.3}, N {y:.3} (EPSG:9218): {reason}"),
        format!("invalid geometry at E {x:.3}, N {y:.3} (EPSG:9218): {reason}"),
    ))
}

/// Binds the values of a row, nulls with the type of their column.
pub(in crate::store) fn bind_all<'q>(
    mut query: Query<'q, Postgres, PgArguments>,
    def: &LayerDef,
    values: Vec<Value>,
) -> Query<'q, Postgres, PgArguments> {
    for (attribute, value) in def.attributes.iter().zip(values) {
        query = match value {
            Value::Bool(b) => query.bind(b),
            Value::Int(i) => query.bind(i),
            Value::Real(r) => query.bind(r),
            Value::Text(t) => query.bind(t),
            Value::Date(d) => query.bind(d),
            Value::Time(t) => query.bind(t),
            Value::Null => match attribute.kind {
                AttributeType::Text => query.bind(None::<String>),
                AttributeType::Integer => query.bind(None::<i64>),
                AttributeType::Real => query.bind(None::<f64>),
                AttributeType::Boolean => query.bind(None::<bool>),
                AttributeType::Date => query.bind(None::<chrono::NaiveDate>),
                AttributeType::Timestamp => query.bind(None::<chrono::DateTime<chrono::Utc>>),
            },
        };
    }
    query
}
