//! What the database held: old states of layers, the life of an item, the list of changes, and taking one back.
//!
//! A state is named by its revision. The rows of a layer at revision R are the current ones that are as old
//! (`version ≤ R`) and the superseded ones that were current then (`rev_from ≤ R < rev_to`). They are read with
//! today's rights and today's definition: an attribute that came later is null.

pub mod changed;
mod json;
mod preview;
pub mod revisions;
mod sorted;
pub mod undo;
pub mod versions;

use chrono::{DateTime, Utc};

use super::filter_sql::{self, Columns, Sql};
use super::load::item;
use super::{Store, Tx, layer_sql};
use crate::access::View;
use crate::filter::{Expr, Sort};
use crate::layers::{self, ItemRow, LayerDef};
use crate::space::Bbox;
use crate::{Error, Result};

/// Time that one question about the past may take in the database.
const ANSWER_WITHIN: &str = "20s";

/// Which state is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// The one of this revision; 0 is before the first.
    Revision(i64),
    /// The one that was current at this time.
    Time(DateTime<Utc>),
}

/// A state that the database has or had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// Its revision; 0 before the first.
    pub revision: i64,
    /// When it came to be. What was closed before is older than this state, so its partitions are left alone.
    since: DateTime<Utc>,
}

/// Which items of a state are wanted, of those that the view shows.
#[derive(Debug, Clone, PartialEq)]
pub struct PastQuery {
    /// Items whose envelope meets this box, EPSG:9218.
    pub bbox: Option<Bbox>,
    /// Items that may meet one of these boxes (CRS84); empty: wherever they are. Whether they do is decided on the grid
    /// of the served degrees, in memory; the database narrows it down.
    pub within_crs84: Vec<Bbox>,
    /// Items for which this is true; unknown is not true.
    pub filter: Option<Expr>,
    /// Items with a greater fid; of no meaning where there is an order.
    pub after: i64,
    /// Another order than that of the fids, and where it goes on.
    pub sort: Option<Sort>,
    /// At most so many.
    pub limit: usize,
}

impl Default for PastQuery {
    fn default() -> Self {
        Self { bbox: None, within_crs84: Vec::new(), filter: None, after: 0, sort: None, limit: usize::MAX }
    }
}

impl Store {
    /// The state at a revision or time. One that lies in the future is refused; before the first revision there
    /// was nothing.
    pub async fn state_at(&self, at: At) -> Result<State> {
        let now = sqlx::query!(r#"select revision as last, clock_timestamp() as "now!" from dothi.feed"#)
            .fetch_one(&self.pool)
            .await?;
        let revision = match at {
            At::Revision(number) if number > now.last => {
                return Err(Error::invalid(
                    "at",
                    format!("lần thay đổi {number} chưa có; mới nhất là {}", now.last),
                    format!("there is no revision {number} yet; the latest is {}", now.last),
                ));
            }
            At::Time(time) if time > now.now => {
                return Err(Error::invalid(
                    "at",
                    "thời điểm này còn ở tương lai",
                    "this time lies in the future",
                ));
            }
            At::Revision(number) => number.max(0),
            At::Time(time) => self.revision_at(time).await?,
        };
        let since =
            sqlx::query_scalar!("select committed_at from dothi.revision where number = $1", revision)
                .fetch_optional(&self.pool)
                .await?;
        Ok(State { revision, since: since.unwrap_or_default() })
    }

    /// Items of a state in the order of their fids, or that of the query. The error names the attribute of the filter that does not
    /// exist (or may not be seen), or says that the layer keeps no history.
    pub async fn past_rows(&self, view: &View, state: State, query: &PastQuery) -> Result<Vec<ItemRow>> {
        let def = &view.layer;
        let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
        let mut sql = Sql::new(format!("select {} from (", layer_sql::select_list(def)?));
        for (i, source) in sources(def)?.iter().enumerate() {
            // Each half in its own order and number, so that the first page of the longer one is read by its index.
            sql.push(if i == 0 { "(" } else { " union all (" });
            sql.push(format!(
                "select fid, {} as version, {}",
                source.since,
                layer_sql::geom_and_columns(def, "")?
            ));
            push_matching(&mut sql, source, view, state, query)?;
            sorted::push_order(&mut sql, def, query.sort.as_ref())?;
            sql.push(" limit ").push_bind(limit).push(")");
        }
        sql.push(") s");
        sorted::push_order(&mut sql, def, query.sort.as_ref())?;
        sql.push(" limit ").push_bind(limit);
        let mut tx = self.bounded().await?;
        let rows = sql.build().fetch_all(&mut *tx).await.map_err(too_long)?;
        tx.rollback().await?;
        rows.iter().map(|row| item(row, def)).collect()
    }

    /// How many items of a state match, whatever the query's order and limit; of those near its CRS84 boxes too.
    pub async fn past_count(&self, view: &View, state: State, query: &PastQuery) -> Result<usize> {
        let query = PastQuery { sort: None, after: 0, ..query.clone() };
        let mut sql = Sql::new("select sum(n)::bigint from (");
        for (i, source) in sources(&view.layer)?.iter().enumerate() {
            sql.push(if i == 0 { "select count(*) as n" } else { " union all select count(*)" });
            push_matching(&mut sql, source, view, state, &query)?;
        }
        sql.push(") s");
        let mut tx = self.bounded().await?;
        let count: i64 = sql.build_query_scalar().fetch_one(&mut *tx).await.map_err(too_long)?;
        tx.rollback().await?;
        Ok(usize::try_from(count).unwrap_or_default())
    }

    /// A transaction that only reads, and not for long.
    async fn bounded(&self) -> Result<Tx> {
        let mut tx = self.begin().await?;
        sqlx::query("select set_config('transaction_read_only', 'on', true), set_config('statement_timeout', $1, true)")
            .bind(ANSWER_WITHIN)
            .execute(&mut *tx)
            .await?;
        Ok(tx)
    }
}

/// One of the two tables that a state lies in.
struct Source {
    table: String,
    /// Column of the revision that wrote a row.
    since: &'static str,
    is_past: bool,
}

fn sources(def: &LayerDef) -> Result<[Source; 2]> {
    Ok([
        Source { table: layer_sql::table(def)?, since: "version", is_past: false },
        Source { table: layer_sql::history(def)?, since: "rev_from", is_past: true },
    ])
}

/// ` from … where …`: the rows of a source that belong to the state and match.
fn push_matching(
    sql: &mut Sql<'_>,
    source: &Source,
    view: &View,
    state: State,
    query: &PastQuery,
) -> Result<()> {
    has_history(view)?;
    sql.push(format!(" from {} where {} <= ", source.table, source.since)).push_bind(state.revision);
    if source.is_past {
        sql.push(" and rev_to > ").push_bind(state.revision);
        sql.push(" and closed_at >= ").push_bind(state.since);
    }
    match &query.sort {
        None => {
            sql.push(" and fid > ").push_bind(query.after).push(" and ");
        }
        Some(sort) => {
            sql.push(" and ");
            sorted::push_behind(sql, sort, &Columns::seen(view, ""), &view.layer)?;
            sql.push(" and ");
        }
    }
    filter_sql::push_rows(sql, view, "");
    for filter in query.filter.iter().cloned().chain(query.bbox.map(Expr::Bbox)) {
        sql.push(" and ");
        filter_sql::push(sql, &filter, &Columns::seen(view, ""))?;
    }
    if query.within_crs84.is_empty() {
        return Ok(());
    }
    sql.push(" and ");
    filter_sql::push_near(sql, &query.within_crs84, "geom");
    Ok(())
}

/// Layers that show other records keep no versions of their own. Where a reader gets blurred places he gets no old
/// ones: several states of one item would tell the exact place.
fn has_history(view: &View) -> Result<()> {
    let def = &view.layer;
    match def.source {
        layers::Source::Table if view.exact => Ok(()),
        layers::Source::Table => Err(Error::invalid(
            "at",
            format!("lớp {} chỉ cho xem vị trí gần đúng nên không cho xem trạng thái cũ", def.id),
            format!("layer {} is shown with approximate places only, and not in old states", def.id),
        )),
        layers::Source::View => Err(Error::invalid(
            "at",
            format!("lớp {} hiển thị hồ sơ của hệ thống khác nên không lưu trạng thái cũ", def.id),
            format!("layer {} shows the records of another register and keeps no old states of them", def.id),
        )),
    }
}

/// A question that took too long is the asker's to narrow.
fn too_long(error: sqlx::Error) -> Error {
    match error.as_database_error().and_then(sqlx::error::DatabaseError::code) {
        Some(code) if code == "57014" => Error::invalid(
            "at",
            "câu hỏi về trạng thái cũ mất quá nhiều thời gian; hãy thu hẹp vùng hoặc điều kiện",
            "the question about an old state takes too long; narrow the box or the filter",
        ),
        _ => error.into(),
    }
}
