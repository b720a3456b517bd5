//! When layers changed: the last change of each, and how often in each of some months. Read from the change log by
//! its index, never by looking at items.

use chrono::{DateTime, Utc};

use super::Store;
use crate::Result;

/// The last change of a layer's items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastChange {
    /// Layer id.
    pub layer: String,
    /// Its number in the change log.
    pub revision: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// Name of the account; none for the program itself and the command line.
    pub by: Option<String>,
    /// Why, in a few words.
    pub reason: String,
    /// Through what: `ogc`, `portal`, `cli import by nam` …
    pub client: String,
    /// The revision that it takes back.
    pub undoes: Option<i64>,
}

/// How often a layer changed in a calendar month of Vietnam.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Month {
    /// `YYYY-MM`.
    pub month: String,
    /// Revisions that changed items of the layer.
    pub revisions: i64,
    /// Items that they changed; none where one of them changed more than the log lists.
    pub items: Option<i64>,
}

impl Store {
    /// The last change of each of these layers; those that never changed are left out.
    pub async fn list_last_changes(&self, layers: &[String]) -> Result<Vec<LastChange>> {
        let rows = sqlx::query!(
            r#"select l.layer as "layer!", r.number as "number!", r.committed_at as "at!", r.reason as "reason!",
                      r.client as "client!", a.display_name as "by?", u.undoes as "undoes?"
               from unnest($1::text[]) as l (layer)
               cross join lateral (select c.revision from dothi.feed_change c
                                   where c.layer = l.layer and c.kind = 'items' order by c.revision desc limit 1) c
               join dothi.revision r on r.number = c.revision
               left join dothi.account a on a.id = r.actor
               left join dothi.revision_undo u on u.revision = r.number"#,
            layers
        )
        .fetch_all(&self.pool)
        .await?;
        let change = rows.into_iter().map(|r| LastChange {
            layer: r.layer,
            revision: r.number,
            at: r.at,
            by: r.by,
            reason: r.reason,
            client: r.client,
            undoes: r.undoes,
        });
        Ok(change.collect())
    }

    /// Changes of `layer` by month since `since`; months without one are left out.
    pub async fn list_months(&self, layer: &str, since: DateTime<Utc>) -> Result<Vec<Month>> {
        let before = self.revision_at(since).await?;
        let rows = sqlx::query!(
            r#"select to_char(r.committed_at at time zone 'Asia/Ho_Chi_Minh', 'YYYY-MM') as "month!",
                      count(*) as "revisions!", sum(cardinality(c.fids))::bigint as items, bool_or(c.fids is null) as "whole!"
               from dothi.feed_change c join dothi.revision r on r.number = c.revision
               where c.layer = $1 and c.kind = 'items' and c.revision > $2
               group by 1 order by 1"#,
            layer,
            before
        )
        .fetch_all(&self.pool)
        .await?;
        let month = rows.into_iter().map(|r| Month {
            month: r.month,
            revisions: r.revisions,
            items: r.items.filter(|_| !r.whole),
        });
        Ok(month.collect())
    }
}
