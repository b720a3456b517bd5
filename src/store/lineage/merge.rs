//! Merging areas that share borders.

use geo::Geometry;

use super::{Row, Succession, areas, decode, encode, only_shown, stored};
use crate::layers::{ItemRow, Value};
use crate::store::Tx;
use crate::store::items::{Items, check_valid};
use crate::{Error, Result};

/// Most items of one merge.
pub const MAX_ITEMS: usize = 100;
/// Shared border that two items need to be one, metres.
pub const LEAST_BORDER_M: f64 = 0.1;

/// A merge as a client asks for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Merge {
    /// The items, each with the version that the client looked at.
    pub items: Vec<(i64, i64)>,
    /// The one of them whose attributes the new item takes over.
    pub keep: i64,
    /// What differs from those.
    pub patch: Vec<(usize, Value)>,
}

impl Items<'_> {
    /// Merges items into one, or (`dry_run`) only says into what. Each must share [`LEAST_BORDER_M`] of border with
    /// another of them, and all must hang together.
    pub async fn merge(&self, merge: Merge, dry_run: bool) -> Result<Succession> {
        self.needs_area()?;
        check_list(&merge)?;
        let mut tx = self.begin().await?;
        let rows = self.lock_all(&mut tx, &merge.items, &[]).await?;
        let kept = rows.iter().find(|r| r.fid == merge.keep);
        let kept = kept.ok_or_else(|| Error::not_found("item", merge.keep.to_string()))?;
        let geometry = self.union(&mut tx, &rows).await?;
        let values = if dry_run {
            let mut values = kept.values.clone();
            crate::layers::computed::fill(self.def, &geometry, &mut values, true);
            values
        } else {
            self.values_of(&mut tx, &kept.values, &merge.patch, &geometry, "properties").await?
        };
        let (old, new): (Vec<&ItemRow>, Vec<Row>) = (rows.iter().collect(), vec![Row { geometry, values }]);
        if dry_run {
            tx.rollback().await?;
            return Ok(only_shown(&old, new, &[]));
        }
        self.succeed(tx, &old, new, Vec::new()).await
    }

    /// One area of all, on the stored grid.
    async fn union(&self, tx: &mut Tx, rows: &[ItemRow]) -> Result<Geometry<f64>> {
        let shapes: Vec<Vec<u8>> = rows.iter().map(|r| r.wkb.clone()).collect();
        let borders = sqlx::query!(
            r#"with g as (select n::int as n, ST_Boundary(ST_GeomFromWKB(w, 9218)) as b
                          from unnest($1::bytea[]) with ordinality u (w, n))
               select a.n as "a!", b.n as "b!", ST_Length(ST_Intersection(a.b, b.b, 0.0001)) as "length_m!"
               from g a join g b on a.n < b.n and a.b && b.b"#,
            &shapes
        )
        .fetch_all(&mut **tx)
        .await?;
        let shared = borders.iter().filter(|b| b.length_m >= LEAST_BORDER_M);
        let pairs: Vec<(usize, usize)> =
            shared.map(|b| ((b.a - 1).unsigned_abs() as usize, (b.b - 1).unsigned_abs() as usize)).collect();
        if let Some(apart) = apart(rows.len(), &pairs) {
            let fid = rows[apart].fid;
            return Err(Error::invalid(
                "items",
                format!(
                    "đối tượng {fid} không có chung ranh (ít nhất {LEAST_BORDER_M} m) với các đối tượng kia"
                ),
                format!("item {fid} shares no border (of at least {LEAST_BORDER_M} m) with the others"),
            ));
        }
        let union = sqlx::query!(
            "select ST_AsBinary(ST_UnaryUnion(ST_Collect(ST_GeomFromWKB(w, 9218)), 0.0001)) as wkb
             from unnest($1::bytea[]) u (w)",
            &shapes
        )
        .fetch_one(&mut **tx)
        .await?;
        let union = decode(&union.wkb.unwrap_or_default())?;
        if areas(union.clone()).len() != 1
            && !matches!(self.def.geometry, crate::layers::GeometryKind::MultiPolygon)
        {
            return Err(Error::invalid(
                "items",
                "các đối tượng không ghép thành một vùng liền",
                "the items do not make one connected area",
            ));
        }
        let union = stored(&union, self.def.geometry, "items")?;
        check_valid(tx, &encode(&union)?).await?;
        Ok(union)
    }
}

fn check_list(merge: &Merge) -> Result<()> {
    let mut fids: Vec<i64> = merge.items.iter().map(|i| i.0).collect();
    fids.sort_unstable();
    fids.dedup();
    if fids.len() != merge.items.len() || !(2..=MAX_ITEMS).contains(&fids.len()) {
        return Err(Error::invalid(
            "items",
            format!("cần từ 2 đến {MAX_ITEMS} đối tượng khác nhau"),
            format!("expected 2 to {MAX_ITEMS} different items"),
        ));
    }
    if !fids.contains(&merge.keep) {
        return Err(Error::invalid("keep", "phải là một trong các đối tượng", "must be one of the items"));
    }
    Ok(())
}

/// One of `n` that no chain of pairs joins to the first.
fn apart(n: usize, pairs: &[(usize, usize)]) -> Option<usize> {
    let mut joined = vec![false; n];
    let mut open = vec![0];
    while let Some(at) = open.pop() {
        if std::mem::replace(&mut joined[at], true) {
            continue;
        }
        open.extend(pairs.iter().filter_map(|(a, b)| (*a == at).then_some(*b).or((*b == at).then_some(*a))));
    }
    joined.iter().position(|j| !j)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_hang_together_by_chains_of_borders() {
        assert_eq!(apart(3, &[(1, 2), (0, 1)]), None);
        assert_eq!(apart(4, &[(0, 1), (2, 3)]), Some(2));
        assert_eq!(apart(2, &[]), Some(1));
    }
}
