//! Geometries that are not plainly valid: PostGIS judges them, many at a time, and mends what can be mended safely.

use sqlx::Row;

use super::report::{AreaChange, BulkReport};
use crate::Result;
use crate::layers::GeometryKind;
use crate::store::{Store, wkb};
use crate::text::Text;

/// A row with its geometry encoded.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) row: i64,
    pub(super) place: String,
    /// ISO WKB on the stored grid.
    pub(super) wkb: Vec<u8>,
    pub(super) values: Vec<crate::layers::Value>,
    /// Whether the geometry is known to be valid.
    pub(super) sure: bool,
}

/// What PostGIS says of a faulty geometry.
struct Fault {
    index: usize,
    /// The reason and where, in EPSG:9218.
    what: String,
    before_m2: f64,
    mended: Option<Vec<u8>>,
}

/// Takes out of `rows` what is not valid and cannot be made so without guessing, and mends the rest; the report tells
/// of both.
pub(super) async fn judge(
    store: &Store,
    kind: GeometryKind,
    rows: Vec<Ready>,
) -> Result<(Vec<Ready>, BulkReport)> {
    let mut report = BulkReport::default();
    let faults = faults(store, &rows).await?;
    if faults.is_empty() {
        return Ok((rows, report));
    }
    let mended = mended(store, kind, &faults).await?;
    let mut rows: Vec<Option<Ready>> = rows.into_iter().map(Some).collect();
    for (fault, mended) in faults.into_iter().zip(mended) {
        let Some(slot) = rows.get_mut(fault.index) else { continue };
        let Some(mut row) = slot.take() else { continue };
        let what = fault.what;
        match mended {
            Some((geometry, area)) if !kind.is_area() || area.is_small() => {
                let AreaChange { before_m2, after_m2 } = area;
                let told = if kind.is_area() {
                    format!(", {before_m2:.2} m² → {after_m2:.2} m²")
                } else {
                    String::new()
                };
                report.repair(
                    row.place.clone(),
                    Text::new(format!("đã sửa hình học: {what}{told}"), format!("repaired: {what}{told}")),
                    kind.is_area().then_some(area),
                );
                row.wkb = geometry;
                *slot = Some(row);
            }
            Some((_, AreaChange { before_m2, after_m2 })) => report.reject(
                row.place,
                Text::new(
                    format!(
                        "hình học không hợp lệ: {what}; sửa tự động sẽ đổi diện tích từ {before_m2:.2} m² thành {after_m2:.2} m²"
                    ),
                    format!(
                        "invalid geometry: {what}; a repair would change its area from {before_m2:.2} m² to {after_m2:.2} m²"
                    ),
                ),
            ),
            None => report.reject(
                row.place,
                Text::new(format!("hình học không hợp lệ: {what}"), format!("invalid geometry: {what}")),
            ),
        }
    }
    Ok((rows.into_iter().flatten().collect(), report))
}

async fn faults(store: &Store, rows: &[Ready]) -> Result<Vec<Fault>> {
    let doubtful: Vec<(usize, &[u8])> =
        rows.iter().enumerate().filter(|(_, r)| !r.sure).map(|(i, r)| (i, r.wkb.as_slice())).collect();
    if doubtful.is_empty() {
        return Ok(Vec::new());
    }
    let (indexes, geometries): (Vec<usize>, Vec<&[u8]>) = doubtful.into_iter().unzip();
    let found = sqlx::query(
        "select n, reason(d), ST_X(location(d)), ST_Y(location(d)), ST_Area(geom), \
         ST_AsBinary(ST_MakeValid(geom, 'method=structure')) \
         from (select n, ST_GeomFromWKB(wkb, 9218) as geom from unnest($1::bytea[]) with ordinality u (wkb, n)) g, \
         lateral ST_IsValidDetail(geom) d where not valid(d) order by n",
    )
    .bind(geometries)
    .fetch_all(&store.pool)
    .await?;
    found
        .iter()
        .map(|row| {
            let (reason, x, y): (String, Option<f64>, Option<f64>) =
                (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
            let what = match (x, y) {
                (Some(x), Some(y)) => format!("{reason} (E {x:.3}, N {y:.3})"),
                _ => reason,
            };
            let n = usize::try_from(row.try_get::<i64, _>(0)?).unwrap_or(0);
            let index = n.checked_sub(1).and_then(|i| indexes.get(i)).copied().unwrap_or(usize::MAX);
            Ok(Fault { index, what, before_m2: row.try_get(4)?, mended: row.try_get(5)? })
        })
        .collect()
}

/// The mended geometries on the grid with their areas, where they still are of the layer's kind and valid.
async fn mended(
    store: &Store,
    kind: GeometryKind,
    faults: &[Fault],
) -> Result<Vec<Option<(Vec<u8>, AreaChange)>>> {
    use geo::Area;
    let fitting: Vec<Option<(Vec<u8>, AreaChange)>> = faults
        .iter()
        .map(|fault| {
            let geometry = wkb::normalise(fault.mended.as_deref()?, kind).ok()?;
            let area = AreaChange { before_m2: fault.before_m2, after_m2: geometry.unsigned_area() };
            Some((wkb::encode(&geometry).ok()?, area))
        })
        .collect();
    // Rounding to the grid may have broken it again.
    let geometries: Vec<Option<&[u8]>> =
        fitting.iter().map(|f| f.as_ref().map(|(g, _)| g.as_slice())).collect();
    let valid: Vec<bool> = sqlx::query_scalar(
        "select coalesce(ST_IsValid(ST_GeomFromWKB(wkb, 9218)), false) \
         from unnest($1::bytea[]) with ordinality u (wkb, n) order by n",
    )
    .bind(geometries)
    .fetch_all(&store.pool)
    .await?;
    Ok(fitting.into_iter().zip(valid).map(|(f, valid)| f.filter(|_| valid)).collect())
}
