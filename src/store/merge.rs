//! The second half of a bulk change: from the staging table into the layer.

use sqlx::Row;

use super::bulk::{Bulk, Mode};
use super::feed::{self, Author, Revision};
use super::{Tx, layer_sql, units, wkb};
use crate::text::Text;
use crate::{Error, Result};

/// Runs the steps of `bulk`, filling its report. Everything but the last runs before the feed's number is taken.
pub(in crate::store) async fn merge(
    bulk: &mut Bulk<'_>,
    mode: Mode,
    author: &Author,
    dry_run: bool,
) -> Result<()> {
    if mode == Mode::Upsert && bulk.def.key.is_empty() {
        return Err(Error::invalid(
            "mode",
            "Lớp không khai báo khóa nên không dùng được chế độ upsert.",
            "the layer declares no key, so upsert cannot tell which item a row is",
        ));
    }
    repair(bulk).await?;
    bulk.report.units = units::fill(bulk).await?;
    reject_keys(bulk, mode).await?;
    sqlx::raw_sql(&format!("analyze {}", bulk.staging)).execute(&bulk.store.pool).await?;

    let mut tx = bulk.store.begin().await?;
    // Single edits of this layer wait from here to the commit; other layers do not.
    sqlx::query!("select pg_advisory_xact_lock(7206, hashtext($1))", bulk.def.id).execute(&mut *tx).await?;
    compare(bulk, &mut tx, mode).await?;
    let counts = count(bulk, &mut tx, mode).await?;
    if dry_run || !counts {
        tx.rollback().await?;
        return Ok(());
    }
    let gone = if mode == Mode::Replace { gone(bulk, &mut tx).await? } else { Vec::new() };
    let revision = feed::bump(&mut tx, author).await?;
    let fids = write(bulk, &mut tx, &revision, gone).await?;
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let counts = feed::Counts {
        inserted: number(bulk.report.inserted),
        updated: number(bulk.report.updated),
        removed: number(bulk.report.closed),
    };
    feed::change_counted(&mut tx, &revision, &bulk.def.id, fids.as_deref(), Some(counts)).await?;
    tx.commit().await?;
    bulk.report.position = Some(revision.position);
    if bulk.def.id == crate::units::COMMUNE_LAYER {
        // What is loaded next finds the new outlines; items that are there follow by the job that was asked for.
        bulk.store.refresh_unit_pieces().await?;
    }
    if bulk.report.inserted + bulk.report.updated > 1000 {
        // Estimates of a table that just grew a hundredfold would spoil the next plans. Only the owner may.
        let sql = format!("analyze {}", layer_sql::table(&bulk.def)?);
        sqlx::raw_sql(&sql).execute(&bulk.store.pool).await?;
    }
    Ok(())
}

/// Makes invalid geometries valid where that keeps their kind, and rejects the others, with place and reason.
async fn repair(bulk: &mut Bulk<'_>) -> Result<()> {
    let sql = format!(
        "select row, place, reason(d), ST_X(location(d)), ST_Y(location(d)), \
         ST_AsBinary(ST_MakeValid(geom, 'method=structure')), ST_Area(geom) \
         from {} s, lateral ST_IsValidDetail(geom) d where not valid(d) order by row",
        bulk.staging
    );
    for bad in sqlx::query(&sql).fetch_all(&bulk.store.pool).await? {
        let (row, place): (i64, String) = (bad.try_get(0)?, bad.try_get(1)?);
        let (reason, x, y): (String, Option<f64>, Option<f64>) =
            (bad.try_get(2)?, bad.try_get(3)?, bad.try_get(4)?);
        let fault = match (x, y) {
            (Some(x), Some(y)) => format!("{reason} (E {x:.3}, N {y:.3})"),
            _ => reason,
        };
        let mended: Option<Vec<u8>> = bad.try_get(5)?;
        if let Some(mended) = fit(bulk, mended).await? {
            let sql = format!("update {} set geom = ST_GeomFromWKB($1, 9218) where row = $2", bulk.staging);
            sqlx::query(&sql).bind(mended).bind(row).execute(&bulk.store.pool).await?;
            bulk.report
                .repair(place, Text::new(format!("đã sửa hình học: {fault}"), format!("repaired: {fault}")));
        } else {
            let sql = format!("delete from {} where row = $1", bulk.staging);
            sqlx::query(&sql).bind(row).execute(&bulk.store.pool).await?;
            bulk.report.reject(
                place,
                Text::new(format!("hình học không hợp lệ: {fault}"), format!("invalid geometry: {fault}")),
            );
        }
    }
    Ok(())
}

/// The mended geometry on the grid, if it still is of the layer's kind and valid.
async fn fit(bulk: &Bulk<'_>, mended: Option<Vec<u8>>) -> Result<Option<Vec<u8>>> {
    let fitting =
        mended.and_then(|m| wkb::normalise(&m, bulk.def.geometry).and_then(|g| wkb::encode(&g)).ok());
    let Some(fitting) = fitting else { return Ok(None) };
    let row = sqlx::query!(r#"select ST_IsValid(ST_GeomFromWKB($1, 9218)) as "valid!""#, fitting)
        .fetch_one(&bulk.store.pool)
        .await?;
    Ok(row.valid.then_some(fitting))
}

/// Rejects rows whose key is missing, repeated in the file, or (append) taken in the layer.
async fn reject_keys(bulk: &mut Bulk<'_>, mode: Mode) -> Result<()> {
    if bulk.def.key.is_empty() {
        return Ok(());
    }
    let staging = bulk.staging.clone();
    let key = layer_sql::key(&bulk.def, "")?;
    if mode != Mode::Append {
        let nulls = layer_sql::any_null(&bulk.def)?;
        let sql = format!("delete from {staging} where {nulls} returning place");
        reject(
            bulk,
            &sql,
            &Text::new(
                format!("thiếu giá trị khóa ({})", bulk.def.key.join(", ")),
                format!("the key ({}) has no value", bulk.def.key.join(", ")),
            ),
        )
        .await?;
    }
    let sql = format!(
        "delete from {staging} where row in (select row from (select row, row_number() over \
         (partition by {key} order by row) as n from {staging} where not ({nulls})) r where n > 1) returning place",
        nulls = layer_sql::any_null(&bulk.def)?
    );
    reject(
        bulk,
        &sql,
        &Text::new(
            format!("khóa ({}) đã có ở dòng trước của tệp", bulk.def.key.join(", ")),
            format!("the key ({}) stands in an earlier row of the file", bulk.def.key.join(", ")),
        ),
    )
    .await?;
    if mode == Mode::Append {
        let sql = format!(
            "delete from {staging} s using {} l where {} returning place",
            layer_sql::table(&bulk.def)?,
            layer_sql::same_key(&bulk.def)?
        );
        reject(
            bulk,
            &sql,
            &Text::new(
                format!("khóa ({}) đã có trong lớp", bulk.def.key.join(", ")),
                format!("the layer has an item with this key ({})", bulk.def.key.join(", ")),
            ),
        )
        .await?;
    }
    Ok(())
}

async fn reject(bulk: &mut Bulk<'_>, sql: &str, reason: &Text) -> Result<()> {
    let places: Vec<String> = sqlx::query_scalar(sql).fetch_all(&bulk.store.pool).await?;
    for place in places {
        bulk.report.reject(place, reason.clone());
    }
    Ok(())
}

/// Finds for each row the item it is (`fid`) and whether it is the same (`same`). By the declared key; without one
/// a row is the item that equals it in everything, each item once.
async fn compare(bulk: &Bulk<'_>, tx: &mut Tx, mode: Mode) -> Result<()> {
    if mode == Mode::Append {
        return Ok(());
    }
    let sql = if bulk.def.key.is_empty() {
        layer_sql::match_equal(&bulk.def, &bulk.staging)?
    } else {
        layer_sql::match_key(&bulk.def, &bulk.staging)?
    };
    sqlx::query(&sql).execute(&mut **tx).await?;
    Ok(())
}

/// Fills the report's counts; says whether anything is to be done.
async fn count(bulk: &mut Bulk<'_>, tx: &mut Tx, mode: Mode) -> Result<bool> {
    let sql = format!(
        "select count(*) filter (where fid is null), count(*) filter (where fid is not null and not same), \
         count(*) filter (where same) from {}",
        bulk.staging
    );
    let row = sqlx::query(&sql).fetch_one(&mut **tx).await?;
    let n = |i: usize| row.try_get::<i64, _>(i).map(|n| u64::try_from(n).unwrap_or(0));
    (bulk.report.inserted, bulk.report.updated, bulk.report.unchanged) = (n(0)?, n(1)?, n(2)?);
    bulk.report.closed = if mode == Mode::Replace {
        let sql = format!(
            "select count(*) from {} l where not exists (select from {} s where s.fid = l.fid)",
            layer_sql::table(&bulk.def)?,
            bulk.staging
        );
        let closed: i64 = sqlx::query_scalar(&sql).fetch_one(&mut **tx).await?;
        u64::try_from(closed).unwrap_or(0)
    } else {
        0
    };
    Ok(bulk.report.inserted + bulk.report.updated + bulk.report.closed > 0)
}

/// Items that no row is.
async fn gone(bulk: &Bulk<'_>, tx: &mut Tx) -> Result<Vec<i64>> {
    let sql = format!(
        "select fid from {} l where not exists (select from {} s where s.fid = l.fid)",
        layer_sql::table(&bulk.def)?,
        bulk.staging
    );
    Ok(sqlx::query_scalar(&sql).fetch_all(&mut **tx).await?)
}

/// The numbered part: history, removals, changes, new items. Gives the fids while they are few enough to list.
async fn write(
    bulk: &Bulk<'_>,
    tx: &mut Tx,
    revision: &Revision,
    gone: Vec<i64>,
) -> Result<Option<Vec<i64>>> {
    let (def, number) = (&bulk.def, revision.position.revision);
    let sql = format!("select fid from {} where fid is not null and not same", bulk.staging);
    let changed: Vec<i64> = sqlx::query_scalar(&sql).fetch_all(&mut **tx).await?;
    for fids in [&changed, &gone] {
        if !fids.is_empty() {
            let sql = layer_sql::close(def)?;
            sqlx::query(&sql).bind(fids).bind(number).bind(revision.committed_at).execute(&mut **tx).await?;
        }
    }
    if !gone.is_empty() {
        let sql = format!("delete from {} where fid = any($1)", layer_sql::table(def)?);
        sqlx::query(&sql).bind(&gone).execute(&mut **tx).await?;
    }
    if !changed.is_empty() {
        let sql = layer_sql::update_from(def, &bulk.staging)?;
        sqlx::query(&sql).bind(number).execute(&mut **tx).await?;
    }
    let few = changed.len() + gone.len() + usize::try_from(bulk.report.inserted).unwrap_or(usize::MAX)
        <= feed::MAX_FIDS;
    let insert = layer_sql::insert_from(def, &bulk.staging)?;
    if !few {
        sqlx::query(&insert).bind(number).execute(&mut **tx).await?;
        return Ok(None);
    }
    let mut fids: Vec<i64> =
        sqlx::query_scalar(&format!("{insert} returning fid")).bind(number).fetch_all(&mut **tx).await?;
    fids.extend(changed);
    fids.extend(gone);
    fids.sort_unstable();
    Ok(Some(fids))
}
