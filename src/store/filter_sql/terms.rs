//! The general forms of filters as SQL: terms, patterns, relations of space and time. What a term computes is defined
//! in `filter::evaluate`; the functions of schema `dothi` (migration 0030) do the same.

use chrono::DateTime;

use super::{Columns, Sql, envelope, known, sign};
use crate::filter::evaluate::{HALF_STEP_M, day_begins};
use crate::filter::typed::{Node, Span, Test, TextFunction};
use crate::filter::{ArithmeticOp, CompareOp, SpatialOp, TemporalOp};
use crate::layers::{AttributeType, Value};
use crate::space::wkb;
use crate::{Error, Result};

/// Appends a checked condition in parentheses.
pub(super) fn push(sql: &mut Sql<'_>, test: &Test, columns: &Columns<'_>) -> Result<()> {
    match test {
        Test::And(list) => junction(sql, list, " and ", "true", columns)?,
        Test::Or(list) => junction(sql, list, " or ", "false", columns)?,
        Test::Not(inner) => {
            sql.push("(not ");
            push(sql, inner, columns)?;
            sql.push(")");
        }
        Test::Known(None) => {
            sql.push("null::boolean");
        }
        Test::Known(Some(known)) => {
            sql.push(if *known { "true" } else { "false" });
        }
        Test::Fid(fids) => {
            sql.push(format!("({}fid = any(", columns.prefix)).push_bind(fids.clone()).push("))");
        }
        Test::Bbox(b) => envelope(sql, b, &columns.geom()),
        Test::Truth(node) => value(sql, node, columns)?,
        Test::Compare(op, Node::Column(column, kind), Node::Constant(v)) => {
            super::compare(sql, *kind, &columns.at(*column)?, *op, v);
        }
        Test::Compare(op, a, b) => compare(sql, *op, a, b, columns)?,
        Test::Like(text, pattern) => {
            sql.push("(");
            value(sql, text, columns)?;
            sql.push(" like ").push_bind(pattern.to_sql()).push(" collate \"C\")");
        }
        Test::OneOf(node, list) if matches!(list.first(), Some(Value::Text(_))) => {
            let text = |v: &Value| if let Value::Text(text) = v { Some(text.clone()) } else { None };
            sql.push("(");
            value(sql, node, columns)?;
            sql.push(" = any(").push_bind(list.iter().filter_map(text).collect::<Vec<_>>()).push("))");
        }
        Test::OneOf(node, list) => {
            let list = list.iter().map(|v| Node::Constant(v.clone())).collect();
            push(sql, &Test::In(node.clone(), list), columns)?;
        }
        Test::In(node, list) => {
            sql.push("(false");
            for one in list {
                sql.push(" or ");
                push(sql, &Test::Compare(CompareOp::Eq, node.clone(), one.clone()), columns)?;
            }
            sql.push(")");
        }
        Test::IsNull(node) => {
            sql.push("(");
            value(sql, node, columns)?;
            sql.push(" is null)");
        }
        Test::NoGeometry => {
            let geom = columns.geom();
            sql.push(format!("({geom} is null or ST_IsEmpty({geom}))"));
        }
        Test::Spatial(op, literal) => {
            let wkb = wkb::encode(literal)
                .map_err(|why| Error::InvalidParameter { name: "filter".to_owned(), reason: why })?;
            spatial(sql, *op, &columns.geom(), |sql| {
                sql.push("ST_GeomFromWKB(").push_bind(wkb).push(", 9218)");
            });
        }
        Test::Near(literal, metres) => {
            let wkb = wkb::encode(literal)
                .map_err(|why| Error::InvalidParameter { name: "filter".to_owned(), reason: why })?;
            let geom = columns.geom();
            sql.push(format!("(case when not ST_IsEmpty({geom}) then ST_DWithin({geom}, ST_GeomFromWKB("));
            sql.push_bind(wkb).push(", 9218), ").push_bind(metres + HALF_STEP_M).push(") end)");
        }
        Test::SpatialSelf(op) => {
            let geom = columns.geom();
            spatial(sql, *op, &geom, |sql| {
                sql.push(&geom);
            });
        }
        Test::Temporal(op, a, b) => temporal(sql, *op, a, b, columns)?,
    }
    Ok(())
}

fn junction(sql: &mut Sql<'_>, list: &[Test], word: &str, empty: &str, columns: &Columns<'_>) -> Result<()> {
    sql.push("(");
    for (i, test) in list.iter().enumerate() {
        if i > 0 {
            sql.push(word);
        }
        push(sql, test, columns)?;
    }
    if list.is_empty() {
        sql.push(empty);
    }
    sql.push(")");
    Ok(())
}

fn compare(sql: &mut Sql<'_>, op: CompareOp, a: &Node, b: &Node, columns: &Columns<'_>) -> Result<()> {
    if let (Some(AttributeType::Integer), Some(AttributeType::Real))
    | (Some(AttributeType::Real), Some(AttributeType::Integer)) = (a.kind(), b.kind())
    {
        sql.push("(");
        number(sql, a, columns)?;
        sql.push(sign(op));
        number(sql, b, columns)?;
        sql.push(")");
        return Ok(());
    }
    sql.push("(");
    value(sql, a, columns)?;
    sql.push(sign(op));
    value(sql, b, columns)?;
    sql.push(")");
    Ok(())
}

/// Appends a term as a value of its type.
fn value(sql: &mut Sql<'_>, node: &Node, columns: &Columns<'_>) -> Result<()> {
    match node {
        Node::Column(column, kind) => {
            sql.push(known(*kind, &columns.at(*column)?));
        }
        Node::Fid => {
            sql.push(format!("{}fid", columns.prefix));
        }
        Node::Constant(v) => constant(sql, v),
        Node::Arithmetic(op, a, b) => {
            let name = match op {
                ArithmeticOp::Add => "+",
                ArithmeticOp::Sub => "-",
                ArithmeticOp::Mul => "*",
                ArithmeticOp::Div => "/",
                ArithmeticOp::Rem => "%",
                ArithmeticOp::IntDiv => "div",
                ArithmeticOp::Pow => "^",
            };
            sql.push(format!("dothi.calculate('{name}', "));
            number(sql, a, columns)?;
            sql.push(", ");
            number(sql, b, columns)?;
            sql.push(")");
        }
        Node::Text(function, of) => {
            sql.push(match function {
                TextFunction::Casei => "(dothi.casei(",
                TextFunction::Accenti => "(dothi.accenti(",
                TextFunction::Fold => "(dothi.fold(",
            });
            value(sql, of, columns)?;
            sql.push(") collate \"C\")");
        }
        Node::Condition(test) => push(sql, test, columns)?,
    }
    Ok(())
}

/// Appends a number in double precision.
fn number(sql: &mut Sql<'_>, node: &Node, columns: &Columns<'_>) -> Result<()> {
    sql.push("(");
    value(sql, node, columns)?;
    sql.push(")::float8");
    Ok(())
}

fn constant(sql: &mut Sql<'_>, value: &Value) {
    match value {
        Value::Null => {
            sql.push("null");
        }
        Value::Bool(b) => {
            sql.push_bind(*b);
        }
        Value::Int(i) => {
            sql.push_bind(*i);
        }
        Value::Real(r) => {
            sql.push("nullif(").push_bind(*r).push(", 'NaN'::float8)");
        }
        Value::Text(t) => {
            // A text with the character 0 cannot be sent; the check lets none through.
            sql.push("(").push_bind(t.replace('\0', "")).push(" collate \"C\")");
        }
        Value::Date(d) => {
            sql.push_bind(*d);
        }
        Value::Time(t) => {
            sql.push_bind(DateTime::from_timestamp_micros(t.timestamp_micros()).unwrap_or(*t));
        }
    }
}

/// A relation of the item's geometry and another; unknown where the item has none.
fn spatial(sql: &mut Sql<'_>, op: SpatialOp, geom: &str, other: impl FnOnce(&mut Sql<'_>)) {
    let function = match op {
        SpatialOp::Intersects => "ST_Intersects",
        SpatialOp::Equals => "ST_Equals",
        SpatialOp::Disjoint => "ST_Disjoint",
        SpatialOp::Touches => "ST_Touches",
        SpatialOp::Within => "ST_Within",
        SpatialOp::Overlaps => "ST_Overlaps",
        SpatialOp::Crosses => "ST_Crosses",
        SpatialOp::Contains => "ST_Contains",
    };
    sql.push(format!("(case when not ST_IsEmpty({geom}) then {function}({geom}, "));
    other(sql);
    sql.push(") end)");
}

/// How two intervals stand to each other: their ends as days or as instants.
fn temporal(sql: &mut Sql<'_>, op: TemporalOp, a: &Span, b: &Span, columns: &Columns<'_>) -> Result<()> {
    let days = a.days.unwrap_or(true) && b.days.unwrap_or(true);
    let parts: &[(usize, &str, usize)] = match op {
        TemporalOp::After => &[(0, " > ", 3)],
        TemporalOp::Before => &[(1, " < ", 2)],
        TemporalOp::Contains => &[(0, " < ", 2), (1, " > ", 3)],
        TemporalOp::Disjoint => &[(0, " > ", 3), (1, " < ", 2)],
        TemporalOp::During => &[(0, " > ", 2), (1, " < ", 3)],
        TemporalOp::Equals => &[(0, " = ", 2), (1, " = ", 3)],
        TemporalOp::FinishedBy => &[(0, " < ", 2), (1, " = ", 3)],
        TemporalOp::Finishes => &[(0, " > ", 2), (1, " = ", 3)],
        TemporalOp::Intersects => &[(0, " <= ", 3), (1, " >= ", 2)],
        TemporalOp::Meets => &[(1, " = ", 2)],
        TemporalOp::MetBy => &[(0, " = ", 3)],
        TemporalOp::OverlappedBy => &[(0, " > ", 2), (0, " < ", 3), (1, " > ", 3)],
        TemporalOp::Overlaps => &[(0, " < ", 2), (1, " > ", 2), (1, " < ", 3)],
        TemporalOp::StartedBy => &[(0, " = ", 2), (1, " > ", 3)],
        TemporalOp::Starts => &[(0, " = ", 2), (1, " < ", 3)],
    };
    let ends = [(&a.from, false), (&a.to, true), (&b.from, false), (&b.to, true)];
    // One end that is not known makes the whole unknown.
    sql.push("(case when ");
    for (i, (node, last)) in ends.iter().enumerate() {
        sql.push(if i > 0 { " and " } else { "" });
        end(sql, node.as_ref(), *last, days, columns)?;
        sql.push(" is not null");
    }
    sql.push(" then ");
    let word = if op == TemporalOp::Disjoint { " or " } else { " and " };
    for (i, (left, sign, right)) in parts.iter().enumerate() {
        sql.push(if i > 0 { word } else { "" });
        end(sql, ends[*left].0.as_ref(), ends[*left].1, days, columns)?;
        sql.push(*sign);
        end(sql, ends[*right].0.as_ref(), ends[*right].1, days, columns)?;
    }
    sql.push(" end)");
    Ok(())
}

/// Appends an end of an interval as a date or as an instant; a day beside instants lasts from its midnight in Vietnam
/// to the next one.
fn end(sql: &mut Sql<'_>, node: Option<&Node>, last: bool, days: bool, columns: &Columns<'_>) -> Result<()> {
    let kind = if days { "date" } else { "timestamptz" };
    let Some(node) = node else {
        sql.push(format!("'{}infinity'::{kind}", if last { "" } else { "-" }));
        return Ok(());
    };
    if days || node.kind() != Some(AttributeType::Date) {
        sql.push("(");
        value(sql, node, columns)?;
        sql.push(format!(")::{kind}"));
        return Ok(());
    }
    if let Node::Constant(Value::Date(day)) = node {
        let begins = day_begins(if last { day.succ_opt().unwrap_or(*day) } else { *day });
        let micros = begins.timestamp_micros() - i64::from(last);
        sql.push_bind(DateTime::from_timestamp_micros(micros).unwrap_or(begins));
        return Ok(());
    }
    let (next, before) = if last { (" + 1", " - interval '1 microsecond'") } else { ("", "") };
    sql.push("((((");
    value(sql, node, columns)?;
    sql.push(format!("){next})::timestamp - interval '7 hours'{before}) at time zone 'UTC')"));
    Ok(())
}
