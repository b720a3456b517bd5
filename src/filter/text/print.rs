//! A filter as CQL2 text. What was read is printed so that it reads as the same tree.

use std::fmt::Write as _;

use chrono::SecondsFormat;
use geo::{Geometry, LineString, Polygon};

use super::{ARITHMETIC, ARRAY, COMPARE, SPATIAL, TEMPORAL, name_of};
use crate::filter::typed::{FID, GEOMETRY};
use crate::filter::{Expr, Term};
use crate::layers::Value;

/// The filter as CQL2 text.
pub fn print(expr: &Expr) -> String {
    match expr {
        Expr::And(list) => junction(list, " AND ", "TRUE"),
        Expr::Or(list) => junction(list, " OR ", "FALSE"),
        Expr::Not(inner) => format!("NOT {}", inside(inner)),
        Expr::Compare { attribute, op, value } => {
            format!("{} {} {}", name(attribute), name_of(&COMPARE, op), literal(value))
        }
        Expr::IsNull(attribute) => format!("{} IS NULL", name(attribute)),
        Expr::Fid(fids) if fids.is_empty() => "FALSE".to_owned(),
        Expr::Fid(fids) => {
            let list: Vec<String> = fids.iter().map(ToString::to_string).collect();
            format!("{} IN ({})", name(FID), list.join(", "))
        }
        Expr::Bbox(b) => {
            let [w, s, e, n] = [b.min_x, b.min_y, b.max_x, b.max_y];
            format!("S_INTERSECTS({}, BBOX({w}, {s}, {e}, {n}))", name(GEOMETRY[0]))
        }
        Expr::Truth(term) => print_term(term),
        Expr::CompareTerms { op, left, right } => {
            format!("{} {} {}", operand(left), name_of(&COMPARE, op), operand(right))
        }
        Expr::Like { text, pattern } => format!("{} LIKE {}", operand(text), operand(pattern)),
        Expr::Between { value, low, high } => {
            format!("{} BETWEEN {} AND {}", operand(value), operand(low), operand(high))
        }
        Expr::In { value, list } => format!("{} IN ({})", operand(value), terms(list)),
        Expr::IsNullTerm(term) => format!("{} IS NULL", operand(term)),
        Expr::Spatial { op, left, right } => call(name_of(&SPATIAL, op), left, right),
        Expr::Temporal { op, left, right } => call(name_of(&TEMPORAL, op), left, right),
        Expr::Array { op, left, right } => call(name_of(&ARRAY, op), left, right),
    }
}

/// A term as CQL2 text.
pub fn print_term(term: &Term) -> String {
    match term {
        Term::Property(property) => name(property),
        Term::Literal(value) => literal(value),
        Term::Arithmetic { op, left, right } => {
            format!("{} {} {}", operand(left), name_of(&ARITHMETIC, op), operand(right))
        }
        Term::Casei(inner) => format!("CASEI({})", print_term(inner)),
        Term::Accenti(inner) => format!("ACCENTI({})", print_term(inner)),
        Term::Function { name: function, args } => format!("{}({})", name(function), terms(args)),
        Term::Geometry(g) => wkt(g),
        Term::Box([w, s, e, n]) => format!("BBOX({w}, {s}, {e}, {n})"),
        Term::Interval(from, to) => {
            let end = |t: &Option<Box<Term>>| match t.as_deref() {
                None => "'..'".to_owned(),
                Some(Term::Literal(Value::Date(d))) => format!("'{d}'"),
                Some(Term::Literal(Value::Time(t))) => {
                    format!("'{}'", t.to_rfc3339_opts(SecondsFormat::AutoSi, true))
                }
                Some(other) => print_term(other),
            };
            format!("INTERVAL({}, {})", end(from), end(to))
        }
        Term::Array(list) => format!("({})", terms(list)),
        Term::Condition(expr) => print(expr),
    }
}

fn terms(list: &[Term]) -> String {
    list.iter().map(print_term).collect::<Vec<_>>().join(", ")
}

fn call(function: &str, left: &Term, right: &Term) -> String {
    format!("{}({}, {})", function.to_ascii_uppercase(), print_term(left), print_term(right))
}

fn junction(list: &[Expr], word: &str, empty: &str) -> String {
    match list {
        [] => empty.to_owned(),
        [only] => print(only),
        list => list.iter().map(inside).collect::<Vec<_>>().join(word),
    }
}

/// In parentheses where it would otherwise read as part of what is around it.
fn inside(expr: &Expr) -> String {
    match expr {
        Expr::And(_) | Expr::Or(_) | Expr::Not(_) => format!("({})", print(expr)),
        other => print(other),
    }
}

fn operand(term: &Term) -> String {
    match term {
        Term::Arithmetic { .. } | Term::Condition(_) => format!("({})", print_term(term)),
        other => print_term(other),
    }
}

/// A name, in quotation marks: it might be a keyword.
fn name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(value: &Value) -> String {
    match value {
        // No literal of the standard; unknown as NULL is.
        Value::Null => "NULL".to_owned(),
        Value::Bool(b) => if *b { "TRUE" } else { "FALSE" }.to_owned(),
        Value::Int(i) => i.to_string(),
        Value::Real(r) => format!("{r:?}"),
        Value::Text(text) => quoted(text),
        Value::Date(d) => format!("DATE('{d}')"),
        Value::Time(t) => format!("TIMESTAMP('{}')", t.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
    }
}

/// A text in marks. A mark in it is doubled; behind a backslash, which would take the first of two for its own, it is
/// written with one more. (A text that ends in a backslash has no writing in the standard's grammar.)
fn quoted(text: &str) -> String {
    let (mut out, mut before) = (String::from("'"), ' ');
    for c in text.chars() {
        match (before, c) {
            ('\\', '\'') => out.push_str("\\'"),
            (_, '\'') => out.push_str("''"),
            (_, c) => out.push(c),
        }
        before = c;
    }
    out.push('\'');
    out
}

fn wkt(geometry: &Geometry<f64>) -> String {
    let positions = |points: &mut dyn Iterator<Item = geo::Coord<f64>>| {
        let mut out = String::new();
        for c in points {
            let _ = write!(out, "{}{} {}", if out.is_empty() { "" } else { ", " }, c.x, c.y);
        }
        out
    };
    let line = |l: &LineString<f64>| format!("({})", positions(&mut l.coords().copied()));
    let polygon = |p: &Polygon<f64>| {
        let rings = std::iter::once(p.exterior()).chain(p.interiors()).map(line);
        format!("({})", rings.collect::<Vec<_>>().join(", "))
    };
    match geometry {
        Geometry::Point(p) => format!("POINT({} {})", p.x(), p.y()),
        Geometry::LineString(l) => format!("LINESTRING{}", line(l)),
        Geometry::Polygon(p) => format!("POLYGON{}", polygon(p)),
        Geometry::MultiPoint(m) => {
            let points = m.iter().map(|p| format!("({} {})", p.x(), p.y()));
            format!("MULTIPOINT({})", points.collect::<Vec<_>>().join(", "))
        }
        Geometry::MultiLineString(m) => {
            format!("MULTILINESTRING({})", m.iter().map(line).collect::<Vec<_>>().join(", "))
        }
        Geometry::MultiPolygon(m) => {
            format!("MULTIPOLYGON({})", m.iter().map(polygon).collect::<Vec<_>>().join(", "))
        }
        Geometry::GeometryCollection(c) => {
            format!("GEOMETRYCOLLECTION({})", c.iter().map(wkt).collect::<Vec<_>>().join(", "))
        }
        Geometry::Line(l) => format!("LINESTRING{}", line(&LineString::from(*l))),
        Geometry::Rect(r) => wkt(&r.to_polygon().into()),
        Geometry::Triangle(t) => wkt(&t.to_polygon().into()),
    }
}
