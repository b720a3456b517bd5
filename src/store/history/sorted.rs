//! The order of a page of the past, as memory has it (`filter::Sort`): nulls last, texts by code point, fids last.

use crate::Result;
use crate::filter::{CompareOp, Expr, Sort};
use crate::layers::{LayerDef, Value};
use crate::store::filter_sql::{self, Columns, Sql};

/// ` order by …`.
pub(super) fn push_order(sql: &mut Sql<'_>, def: &LayerDef, sort: Option<&Sort>) -> Result<()> {
    sql.push(" order by ");
    for (i, descending) in sort.iter().flat_map(|s| &s.keys) {
        let column = filter_sql::sortable(&def.attributes[*i])?;
        sql.push(format!("({column} is null), {column}{}, ", if *descending { " desc" } else { "" }));
    }
    sql.push(if sort.is_some_and(|s| s.fid_descending) { "fid desc" } else { "fid" });
    Ok(())
}

/// The condition of lying behind the page before.
pub(super) fn push_behind(
    sql: &mut Sql<'_>,
    sort: &Sort,
    columns: &Columns<'_>,
    def: &LayerDef,
) -> Result<()> {
    let Some((values, fid)) = &sort.after else {
        sql.push("true");
        return Ok(());
    };
    let keys: Vec<(&str, bool, &Value)> = sort
        .keys
        .iter()
        .zip(values)
        .map(|((i, descending), value)| (def.attributes[*i].name.as_str(), *descending, value))
        .collect();
    sql.push("(");
    for (n, (name, descending, value)) in keys.iter().enumerate() {
        for (name, _, value) in &keys[..n] {
            filter_sql::push(sql, &same(name, value), columns)?;
            sql.push(" and ");
        }
        filter_sql::push(sql, &behind(name, *descending, value), columns)?;
        sql.push(" or ");
    }
    for (name, _, value) in &keys {
        filter_sql::push(sql, &same(name, value), columns)?;
        sql.push(" and ");
    }
    sql.push(if sort.fid_descending { "fid < " } else { "fid > " }).push_bind(*fid).push(")");
    Ok(())
}

fn same(name: &str, value: &Value) -> Expr {
    match value {
        Value::Null => Expr::IsNull(name.to_owned()),
        value => Expr::Compare { attribute: name.to_owned(), op: CompareOp::Eq, value: value.clone() },
    }
}

/// Nothing lies behind no value, and no value behind every other.
fn behind(name: &str, descending: bool, value: &Value) -> Expr {
    if *value == Value::Null {
        return Expr::Or(Vec::new());
    }
    let op = if descending { CompareOp::Lt } else { CompareOp::Gt };
    Expr::Or(vec![
        Expr::Compare { attribute: name.to_owned(), op, value: value.clone() },
        Expr::IsNull(name.to_owned()),
    ])
}
