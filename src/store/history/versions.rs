//! The life of an item: its states, and what changed from one to the next.

use sqlx::Row;

use super::{has_history, too_long};
use crate::Result;
use crate::access::View;
use crate::layers::{ItemRow, Value};
use crate::store::filter_sql::{self, Sql};
use crate::store::load::item;
use crate::store::{Store, layer_sql};

/// A state of an item.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// What it held; its `version` is the revision that wrote it.
    pub row: ItemRow,
    /// The revision that replaced or removed it; none: it is the present one.
    pub until: Option<i64>,
}

/// What happened to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It came to be, or came back.
    Inserted,
    /// Its geometry or attributes changed.
    Updated,
    /// It was removed.
    Removed,
}

/// A step of an item's life.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The revision that made it.
    pub revision: i64,
    /// What happened.
    pub kind: Kind,
    /// Whether the geometry changed.
    pub geometry_changed: bool,
    /// Index of each visible attribute that changed, with the value before and after.
    pub attributes: Vec<(usize, Value, Value)>,
}

impl Store {
    /// The states of an item, the newest first: those that were written before revision `before` (all where none is
    /// given), at most `limit`. A state that the view does not show is left out.
    pub async fn item_versions(
        &self,
        view: &View,
        fid: i64,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<Version>> {
        let def = &view.layer;
        has_history(view)?;
        let list = layer_sql::geom_and_columns(def, "")?;
        let mut sql = Sql::new(format!(
            "select {}, until from (select fid, version, {list}, ",
            layer_sql::select_list(def)?
        ));
        sql.push(format!("null::bigint as until from {} where fid = ", layer_sql::table(def)?))
            .push_bind(fid);
        sql.push(format!(
            " union all select fid, rev_from, {list}, rev_to from {} where fid = ",
            layer_sql::history(def)?
        ));
        sql.push_bind(fid).push(") s where version < ").push_bind(before.unwrap_or(i64::MAX)).push(" and ");
        filter_sql::push_rows(&mut sql, view, "s.");
        sql.push(" order by version desc limit ").push_bind(limit);
        let mut tx = self.bounded().await?;
        let rows = sql.build().fetch_all(&mut *tx).await.map_err(too_long)?;
        tx.rollback().await?;
        rows.iter()
            .map(|row| Ok(Version { row: item(row, def)?, until: row.try_get(def.attributes.len() + 3)? }))
            .collect()
    }
}

/// What happened, the newest first, from states in that order. `newer` is the revision of the state that comes before
/// them, where they are not the first. With `more` the last one is there for comparison only: the step that made it
/// is told with the next page.
pub fn steps(view: &View, versions: &[Version], newer: Option<i64>, more: bool) -> Vec<Step> {
    let mut steps = Vec::new();
    for (i, version) in versions.iter().enumerate() {
        let newer = i.checked_sub(1).map_or(newer, |n| Some(versions[n].row.version));
        // Nothing follows, or what follows came later than this one went: it was removed in between.
        if let Some(until) = version.until
            && newer.is_none_or(|n| n > until)
        {
            steps.push(Step {
                revision: until,
                kind: Kind::Removed,
                geometry_changed: false,
                attributes: Vec::new(),
            });
        }
        if more && i + 1 == versions.len() {
            break;
        }
        let older = versions.get(i + 1).filter(|o| o.until == Some(version.row.version));
        steps.push(match older {
            None => Step {
                revision: version.row.version,
                kind: Kind::Inserted,
                geometry_changed: false,
                attributes: Vec::new(),
            },
            Some(older) => changed(view, &older.row, &version.row),
        });
    }
    steps
}

pub(super) fn changed(view: &View, old: &ItemRow, new: &ItemRow) -> Step {
    let pairs = old.values.iter().zip(&new.values).enumerate();
    Step {
        revision: new.version,
        kind: Kind::Updated,
        geometry_changed: old.wkb != new.wkb,
        attributes: pairs
            .filter(|(i, (a, b))| view.attributes[*i] && a != b)
            .map(|(i, (a, b))| (i, a.clone(), b.clone()))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::access::Principal;

    fn view() -> View {
        let text = serde_json::json!({"vi": "a", "en": "a"});
        let def: crate::layers::LayerDef = serde_json::from_value(serde_json::json!({
            "id": "x", "title": text, "theme": "land", "owner": ["XD"], "access": "O", "geometry": "Point",
            "attribute": [{"name": "n", "type": "integer", "title": text},
                {"name": "secret", "type": "integer", "title": text, "access": "R"}],
        }))
        .unwrap();
        crate::access::view(&Principal::public(), &Arc::new(def), &crate::layers::Catalog::default()).unwrap()
    }

    fn version(from: i64, until: Option<i64>, n: i64, place: u8) -> Version {
        let values = vec![Value::Int(n), Value::Int(from)];
        Version { row: ItemRow { fid: 1, version: from, wkb: vec![place], values }, until }
    }

    fn told(versions: &[Version], newer: Option<i64>, more: bool) -> Vec<(i64, Kind, bool, usize)> {
        let steps = steps(&view(), versions, newer, more);
        steps.iter().map(|s| (s.revision, s.kind, s.geometry_changed, s.attributes.len())).collect()
    }

    #[test]
    fn a_life_is_told_without_what_may_not_be_seen() {
        // Made in 2, moved in 4, counted in 5, removed in 7, back in 9.
        let life = [
            version(9, None, 2, 1),
            version(5, Some(7), 2, 1),
            version(4, Some(5), 1, 1),
            version(2, Some(4), 1, 0),
        ];
        let whole = [
            (9, Kind::Inserted, false, 0),
            (7, Kind::Removed, false, 0),
            (5, Kind::Updated, false, 1),
            (4, Kind::Updated, true, 0),
            (2, Kind::Inserted, false, 0),
        ];
        assert_eq!(told(&life, None, false), whole);
        // In pages of two states, each looking at one more.
        assert_eq!(told(&life[..3], None, true), whole[..3]);
        assert_eq!(told(&life[2..], Some(5), false), whole[3..]);
        assert_eq!(
            told(&life[1..2], None, false),
            [(7, Kind::Removed, false, 0), (5, Kind::Inserted, false, 0)]
        );
    }
}
