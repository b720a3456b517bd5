//! The filter tree as SQL: the same meaning as `features` gives it in memory (three-valued logic, numbers as one
//! type, texts by code point, envelopes in EPSG:9218), with every value bound and every identifier from the
//! catalog. `tests/it/history.rs` holds both to one answer over random rows and filters.

mod terms;

use chrono::{DateTime, NaiveDate};
use sqlx::{Postgres, QueryBuilder};

use super::layer_sql::ident;
use crate::Result;
use crate::access::View;
use crate::filter::typed::{self, Found, Test};
use crate::filter::{CompareOp, Expr, check};
use crate::layers::{Attribute, AttributeType, LayerDef, Value};
use crate::space::{Bbox, crs};

/// A statement in the making.
pub(in crate::store) type Sql<'a> = QueryBuilder<'a, Postgres>;

/// The columns that a filter may name.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Columns<'a> {
    def: &'a LayerDef,
    /// One an attribute; none: all of them.
    visible: Option<&'a [bool]>,
    /// Alias of the table with its dot, or nothing.
    prefix: &'a str,
}

impl<'a> Columns<'a> {
    /// What the reader of a view may ask for.
    pub(in crate::store) fn seen(view: &'a View, prefix: &'a str) -> Self {
        Self { def: &view.layer, visible: Some(&view.attributes), prefix }
    }

    /// Everything, for conditions of the decider of rights himself.
    pub(in crate::store) fn all(def: &'a LayerDef, prefix: &'a str) -> Self {
        Self { def, visible: None, prefix }
    }

    fn find(&self, name: &str) -> Result<(&'a Attribute, String)> {
        let at = self.def.attributes.iter().position(|a| a.name == name);
        let at = at.filter(|i| self.visible.is_none_or(|v| v.get(*i) == Some(&true)));
        let attribute = &self.def.attributes[at.ok_or_else(|| check::unknown_attribute(name))?];
        Ok((attribute, format!("{}{}", self.prefix, ident(&attribute.name)?)))
    }

    /// The filter with its columns as positions in the definition.
    fn check(&self, expr: &Expr) -> Result<Test> {
        typed::check(expr, &|name| {
            let column = self.def.attributes.iter().position(|a| a.name == name);
            let column = column.filter(|i| self.visible.is_none_or(|v| v.get(*i) == Some(&true)))?;
            Some(Found { attribute: &self.def.attributes[column], column: Some(column) })
        })
    }

    /// The column at a position of the definition.
    fn at(&self, position: usize) -> Result<String> {
        Ok(format!("{}{}", self.prefix, ident(&self.def.attributes[position].name)?))
    }

    fn geom(&self) -> String {
        format!("{}geom", self.prefix)
    }
}

/// Appends `expr` as a condition in parentheses. The error names the attribute that does not exist (or may not be
/// seen) or does not fit its value; the statement is then of no use any more.
pub(in crate::store) fn push(sql: &mut Sql<'_>, expr: &Expr, columns: &Columns<'_>) -> Result<()> {
    match expr {
        Expr::And(list) => junction(sql, list, " and ", "true", columns)?,
        Expr::Or(list) => junction(sql, list, " or ", "false", columns)?,
        Expr::Not(inner) => {
            sql.push("(not ");
            push(sql, inner, columns)?;
            sql.push(")");
        }
        Expr::Compare { attribute, op, value } => {
            let (attribute, column) = columns.find(attribute)?;
            check::comparable(attribute, value)?;
            compare(sql, attribute.kind, &column, *op, value);
        }
        Expr::IsNull(name) => {
            let (attribute, column) = columns.find(name)?;
            sql.push(format!("({} is null)", known(attribute.kind, &column)));
        }
        Expr::Fid(fids) => {
            sql.push(format!("({}fid = any(", columns.prefix)).push_bind(fids.clone()).push("))");
        }
        Expr::Bbox(b) => envelope(sql, b, &columns.geom()),
        general => return terms::push(sql, &columns.check(general)?, columns),
    }
    Ok(())
}

/// Appends what the view lets its reader see of the rows. A condition that cannot be evaluated hides them all:
/// rights fail closed.
pub(in crate::store) fn push_rows(sql: &mut Sql<'_>, view: &View, prefix: &str) {
    let Some(rows) = &view.rows else {
        sql.push("true");
        return;
    };
    let columns = Columns::all(&view.layer, prefix);
    if push(&mut Sql::new(""), rows, &columns).and_then(|()| push(sql, rows, &columns)).is_err() {
        sql.push("false");
    }
}

fn junction(sql: &mut Sql<'_>, list: &[Expr], word: &str, empty: &str, columns: &Columns<'_>) -> Result<()> {
    sql.push("(");
    for (i, e) in list.iter().enumerate() {
        if i > 0 {
            sql.push(word);
        }
        push(sql, e, columns)?;
    }
    if list.is_empty() {
        sql.push(empty);
    }
    sql.push(")");
    Ok(())
}

/// The column where a number that is none (NaN) is no value, as in memory.
fn known(kind: AttributeType, column: &str) -> String {
    match kind {
        AttributeType::Real => format!("nullif({column}, 'NaN'::float8)"),
        // As layer tables have it anyway; the columns of a view need not.
        AttributeType::Text => format!("{column} collate \"C\""),
        _ => column.to_owned(),
    }
}

fn sign(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => " = ",
        CompareOp::NotEq => " <> ",
        CompareOp::Lt => " < ",
        CompareOp::LtEq => " <= ",
        CompareOp::Gt => " > ",
        CompareOp::GtEq => " >= ",
    }
}

fn compare(sql: &mut Sql<'_>, kind: AttributeType, column: &str, op: CompareOp, value: &Value) {
    let left = known(kind, column);
    let above = matches!(op, CompareOp::Gt | CompareOp::GtEq | CompareOp::NotEq);
    match value {
        Value::Null => {
            sql.push("null::boolean");
        }
        Value::Real(r) if r.is_nan() => {
            sql.push("null::boolean");
        }
        Value::Bool(b) => bound(sql, &left, sign(op), *b),
        Value::Int(i) if kind == AttributeType::Real => bound(sql, &left, sign(op), *i as f64),
        Value::Int(i) => bound(sql, &left, sign(op), *i),
        Value::Real(r) => bound(sql, &format!("{left}::float8"), sign(op), *r),
        Value::Text(text) => match text.split_once('\0') {
            None => bound(sql, &left, sign(op), text.clone()),
            // No stored text has this character, nor can it be sent: all that begins with what stands before it
            // and goes on is greater, all up to it is smaller.
            Some((start, _)) => match op {
                CompareOp::Eq => decided(sql, column, false),
                CompareOp::NotEq => decided(sql, column, true),
                CompareOp::Lt | CompareOp::LtEq => bound(sql, &left, " <= ", start.to_owned()),
                CompareOp::Gt | CompareOp::GtEq => bound(sql, &left, " > ", start.to_owned()),
            },
        },
        Value::Date(d) if Some(*d) < first_day() => decided(sql, column, above),
        Value::Date(d) => bound(sql, &left, sign(op), *d),
        Value::Time(t) if Some(t.date_naive()) < first_day() => decided(sql, column, above),
        // Memory and PostgreSQL count microseconds; what lies between two of them belongs to the earlier one.
        Value::Time(t) => {
            let t = DateTime::from_timestamp_micros(t.timestamp_micros()).unwrap_or(*t);
            bound(sql, &left, sign(op), t);
        }
    }
}

/// The first day that PostgreSQL's dates can be: Julian day 0.
fn first_day() -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(-4713, 11, 24)
}

fn bound<'a, T>(sql: &mut Sql<'a>, left: &str, sign: &str, value: T)
where
    T: sqlx::Encode<'a, Postgres> + sqlx::Type<Postgres> + 'a,
{
    sql.push("(").push(left).push(sign).push_bind(value).push(")");
}

/// A comparison whose answer is known for every value, and unknown where there is none.
fn decided(sql: &mut Sql<'_>, column: &str, answer: bool) {
    sql.push(if answer {
        format!("({column} is not null or null)")
    } else {
        format!("({column} is null and null)")
    });
}

/// Whether the envelope of `geom` meets the box (EPSG:9218). The operator finds candidates in the index, in single
/// precision; the coordinates decide.
fn envelope(sql: &mut Sql<'_>, b: &Bbox, geom: &str) {
    if [b.min_x, b.min_y, b.max_x, b.max_y].iter().any(|v| v.is_nan()) {
        return decided(sql, geom, false);
    }
    // Far outside of every projection, and still within single precision.
    let [west, south, east, north] = [b.min_x, b.min_y, b.max_x, b.max_y].map(|v| v.clamp(-1e30, 1e30));
    sql.push(format!("({geom} && "));
    corners(sql, &Bbox { min_x: west, min_y: south, max_x: east, max_y: north });
    sql.push(format!(" and ST_XMin({geom}) <= ")).push_bind(east);
    sql.push(format!(" and ST_XMax({geom}) >= ")).push_bind(west);
    sql.push(format!(" and ST_YMin({geom}) <= ")).push_bind(north);
    sql.push(format!(" and ST_YMax({geom}) >= ")).push_bind(south);
    sql.push(")");
}

fn corners(sql: &mut Sql<'_>, b: &Bbox) {
    sql.push("ST_MakeEnvelope(");
    sql.push_bind(b.min_x).push(", ").push_bind(b.min_y).push(", ");
    sql.push_bind(b.max_x).push(", ").push_bind(b.max_y).push(", 9218)");
}

/// Appends a condition that holds for every item that may meet one of the CRS84 boxes: its envelope comes near. The
/// exact answer is given in memory, on the grid of the served degrees (`features`).
pub(in crate::store) fn push_near(sql: &mut Sql<'_>, boxes: &[Bbox], geom: &str) {
    sql.push("(false");
    for b in boxes.iter().filter_map(crs::bbox_from_crs84) {
        sql.push(format!(" or {geom} && "));
        corners(sql, &b);
    }
    sql.push(")");
}
