//! The items that a revision changed: how many, and one by one with what they were and became.
//!
//! Rows that a revision wrote carry its number, rows that it superseded end with it. A reader is told what he may see
//! of both: a row that is hidden from him is not there, and a change of nothing but hidden attributes is none.

use std::collections::BTreeMap;

use sqlx::Row;

use super::versions::{Kind, Step, changed};
use super::{has_history, too_long};
use crate::Result;
use crate::access::View;
use crate::layers::ItemRow;
use crate::store::feed::Counts;
use crate::store::filter_sql::{self, Sql};
use crate::store::load::item;
use crate::store::{Store, Tx, layer_sql};

/// Items looked at for one page, at most, before it is given short: changes that the reader may not see fill none.
const LOOKED_AT_MAX: usize = 20_000;

/// An item that a revision changed.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangedItem {
    /// What happened to it.
    pub step: Step,
    /// What it was; none: it was not there, or not to be seen.
    pub before: Option<ItemRow>,
    /// What it became; none: it is not there any more, or not to be seen.
    pub after: Option<ItemRow>,
}

impl ChangedItem {
    /// What it became, or else was.
    pub fn row(&self) -> Option<&ItemRow> {
        self.after.as_ref().or(self.before.as_ref())
    }

    /// What happened between two rows of one item in a revision; none where the view shows no difference.
    fn new(view: &View, number: i64, before: Option<ItemRow>, after: Option<ItemRow>) -> Option<Self> {
        let bare = |kind| Step { revision: number, kind, geometry_changed: false, attributes: Vec::new() };
        let step = match (&before, &after) {
            (Some(old), Some(new)) => changed(view, old, new),
            (None, Some(_)) => bare(Kind::Inserted),
            (Some(_), None) => bare(Kind::Removed),
            (None, None) => return None,
        };
        let told = step.kind != Kind::Updated || step.geometry_changed || !step.attributes.is_empty();
        (told || view.is_whole()).then_some(Self { step, before, after })
    }
}

/// A page of the items that a revision changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChangedItems {
    /// In the order of their fids.
    pub items: Vec<ChangedItem>,
    /// The fid after which the next page begins; none: this is the last one.
    pub next: Option<i64>,
}

impl Store {
    /// How many items of the view's layer each of these revisions added, changed and removed, as far as the view
    /// shows it; a revision that shows nothing is left out. `listed`: only among the items that the feed lists, which
    /// is quick, and of no revision whose items it does not list.
    pub async fn count_changed(
        &self,
        view: &View,
        numbers: &[i64],
        listed: bool,
    ) -> Result<BTreeMap<i64, Counts>> {
        has_history(view)?;
        let def = &view.layer;
        let list = layer_sql::geom_and_columns(def, "")?;
        let mut sql =
            Sql::new("with f as (select unnest(fids) as fid from dothi.feed_change where revision = any(");
        sql.push_bind(numbers)
            .push(") and kind = 'items' and layer = ")
            .push_bind(def.id.as_str())
            .push("), a as (");
        for (i, (table, number)) in
            [(layer_sql::table(def)?, "version"), (layer_sql::history(def)?, "rev_from")].iter().enumerate()
        {
            sql.push(if i > 0 { " union all " } else { "" });
            push_rows(&mut sql, view, table, number, numbers, &list, listed);
        }
        sql.push("), b as (");
        push_rows(&mut sql, view, &layer_sql::history(def)?, "rev_to", numbers, &list, listed);
        sql.push(format!(
            ") select coalesce(a.n, b.n), count(*) filter (where b.fid is null), \
             count(*) filter (where a.fid is not null and b.fid is not null and ({})), \
             count(*) filter (where a.fid is null) from a full join b on b.fid = a.fid and b.n = a.n group by 1",
            layer_sql::differs(def, |i| view.attributes[i], view.is_whole())?
        ));
        let mut tx = self.bounded().await?;
        let rows = sql.build().fetch_all(&mut *tx).await.map_err(too_long)?;
        tx.rollback().await?;
        let mut counts = BTreeMap::new();
        for row in rows {
            let found =
                Counts { inserted: row.try_get(1)?, updated: row.try_get(2)?, removed: row.try_get(3)? };
            if found.inserted + found.updated + found.removed > 0 {
                counts.insert(row.try_get(0)?, found);
            }
        }
        Ok(counts)
    }

    /// Items of the view's layer that revision `number` changed, in the order of their fids: at most `limit` behind
    /// the fid `after`.
    pub async fn list_changed(
        &self,
        view: &View,
        number: i64,
        after: i64,
        limit: usize,
    ) -> Result<ChangedItems> {
        has_history(view)?;
        let listed = sqlx::query_scalar!(
            r#"select fids is not null as "listed!" from dothi.feed_change
               where revision = $1 and layer = $2 and kind = 'items'"#,
            number,
            view.layer.id
        );
        let mut tx = self.bounded().await?;
        let Some(listed) = listed.fetch_optional(&mut *tx).await? else { return Ok(ChangedItems::default()) };
        let (mut page, mut after, mut looked_at) = (ChangedItems::default(), after, 0);
        loop {
            // One more than the page holds tells whether there is another.
            let fids = changed_fids(&mut tx, view, number, listed, after, limit + 1).await?;
            let read = changed_items(&mut tx, view, number, &fids).await?;
            page.items.extend(read);
            looked_at += fids.len();
            if page.items.len() > limit {
                page.items.truncate(limit);
                page.next = page.items.last().and_then(|i| i.row()).map(|r| r.fid);
                break;
            }
            match fids.last() {
                Some(last) if fids.len() > limit => after = *last,
                _ => break,
            }
            if looked_at >= LOOKED_AT_MAX {
                page.next = Some(after);
                break;
            }
        }
        tx.rollback().await?;
        Ok(page)
    }
}

/// `select fid, <number> as n, geom, … from …`: the rows that the revisions wrote or closed and the view shows.
fn push_rows<'a>(
    sql: &mut Sql<'a>,
    view: &View,
    table: &str,
    number: &str,
    numbers: &'a [i64],
    list: &str,
    listed: bool,
) {
    sql.push(format!("select fid, {number} as n, {list} from {table} t where {number} = any("));
    sql.push_bind(numbers).push(")");
    if listed {
        sql.push(" and fid = any(array(select fid from f))");
    }
    sql.push(" and ");
    filter_sql::push_rows(sql, view, "t.");
}

/// The next fids that the revision wrote or closed; among them may be some whose change the view does not show.
async fn changed_fids(
    tx: &mut Tx,
    view: &View,
    number: i64,
    listed: bool,
    after: i64,
    limit: usize,
) -> Result<Vec<i64>> {
    let def = &view.layer;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    if listed {
        let fids = sqlx::query_scalar!(
            r#"select distinct fid as "fid!" from dothi.feed_change c, unnest(c.fids) fid
               where c.revision = $1 and c.layer = $2 and c.kind = 'items' and fid > $3 order by 1 limit $4"#,
            number,
            def.id,
            after,
            limit
        );
        return Ok(fids.fetch_all(&mut **tx).await?);
    }
    let (table, history) = (layer_sql::table(def)?, layer_sql::history(def)?);
    let mut sql = Sql::new("select fid from (");
    // Each in the order of its index, so that the first page of a large revision is read and no more.
    for (i, (table, column)) in
        [(&table, "version"), (&history, "rev_from"), (&history, "rev_to")].into_iter().enumerate()
    {
        sql.push(if i > 0 { " union (" } else { "(" });
        sql.push(format!("select fid from {table} t where {column} = ")).push_bind(number);
        sql.push(" and fid > ").push_bind(after).push(" and ");
        filter_sql::push_rows(&mut sql, view, "t.");
        sql.push(" order by fid limit ").push_bind(limit).push(")");
    }
    sql.push(") f order by fid limit ").push_bind(limit);
    let rows = sql.build().fetch_all(&mut **tx).await.map_err(too_long)?;
    rows.iter().map(|r| Ok(r.try_get(0)?)).collect()
}

/// What the revision made of these items, as far as the view shows it.
async fn changed_items(tx: &mut Tx, view: &View, number: i64, fids: &[i64]) -> Result<Vec<ChangedItem>> {
    let def = &view.layer;
    let (table, history) = (layer_sql::table(def)?, layer_sql::history(def)?);
    let list = layer_sql::geom_and_columns(def, "")?;
    let select = layer_sql::select_list(def)?;
    let mut states = Vec::new();
    for sources in [&[(&table, "version"), (&history, "rev_from")][..], &[(&history, "rev_to")][..]] {
        let mut sql = Sql::new(format!("select {select} from ("));
        for (i, (table, column)) in sources.iter().enumerate() {
            sql.push(if i > 0 { " union all " } else { "" });
            sql.push(format!("select fid, {column} as version, {list} from {table} t where {column} = "));
            sql.push_bind(number).push(" and fid = any(").push_bind(fids).push(") and ");
            filter_sql::push_rows(&mut sql, view, "t.");
        }
        sql.push(") s");
        let rows = sql.build().fetch_all(&mut **tx).await.map_err(too_long)?;
        let rows = rows.iter().map(|r| item(r, def).map(|row| (row.fid, row)));
        states.push(rows.collect::<Result<BTreeMap<i64, ItemRow>>>()?);
    }
    let mut before = states.pop().unwrap_or_default();
    let mut after = states.pop().unwrap_or_default();
    let told = |fid| ChangedItem::new(view, number, before.remove(fid), after.remove(fid));
    Ok(fids.iter().filter_map(told).collect())
}
