//! CQL2 JSON (OGC 21-065r2, clause 6 and its schema): a reader and a writer.

use chrono::SecondsFormat;
use geo::{CoordsIter, Geometry};
use serde_json::{Value as Json, json};

use super::literal::MOST_VERTICES;
use super::text::{
    ARITHMETIC, ARRAY, COMPARE, MOST_BYTES, MOST_DEPTH, SPATIAL, TEMPORAL, box_of, is_binary, moment,
    name_of, named, too_long, with_room_for,
};
use super::typed::{FID, GEOMETRY};
use super::{Expr, Term};
use crate::layers::Value;
use crate::space::geojson;
use crate::{Error, Result};

/// Reads CQL2 JSON. The error gives the place as a JSON pointer and what was expected there.
pub fn parse(text: &str) -> Result<Expr> {
    if text.len() > MOST_BYTES {
        return Err(too_long());
    }
    with_room_for(text, || read(text))
}

fn read(text: &str) -> Result<Expr> {
    // The reader itself refuses what is nested more than 128 deep.
    let json: Json = serde_json::from_str(text).map_err(|e| {
        Error::invalid("filter", format!("không phải JSON: {e}"), format!("this is no JSON: {e}"))
    })?;
    let mut reader = Reader { path: Vec::new(), vertices: 0 };
    reader.expr(&json)
}

struct Reader {
    /// Where the reader is, from the root.
    path: Vec<String>,
    vertices: usize,
}

impl Reader {
    fn expected(&self, vi: &str, en: &str) -> Error {
        let at = format!("/{}", self.path.join("/"));
        Error::invalid("filter", format!("{at}: cần {vi}"), format!("{at}: expected {en}"))
    }

    /// Reads a member or element.
    fn inside<T>(&mut self, step: String, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.path.push(step);
        // Two steps a level: `args` and the number.
        if self.path.len() > 2 * MOST_DEPTH {
            return Err(self.expected(
                &format!("không lồng nhau quá {MOST_DEPTH} lớp"),
                &format!("nothing nested more than {MOST_DEPTH} deep"),
            ));
        }
        let read = read(self)?;
        self.path.pop();
        Ok(read)
    }

    fn each<T>(&mut self, list: &[Json], read: fn(&mut Self, &Json) -> Result<T>) -> Result<Vec<T>> {
        let one = |(i, json): (usize, &Json)| {
            self.inside("args".to_owned(), |r| r.inside(i.to_string(), |r| read(r, json)))
        };
        list.iter().enumerate().map(one).collect()
    }

    fn expr(&mut self, json: &Json) -> Result<Expr> {
        match self.part(json)? {
            Term::Condition(expr) => Ok(*expr),
            term @ (Term::Property(_) | Term::Function { .. } | Term::Literal(Value::Bool(_))) => {
                Ok(Expr::Truth(term))
            }
            _ => Err(self.expected("một điều kiện", "a condition")),
        }
    }

    /// A term; a condition is wrapped.
    fn part(&mut self, json: &Json) -> Result<Term> {
        let object = match json {
            Json::Bool(b) => return Ok(Term::literal(*b)),
            Json::String(s) if s.contains('\0') => {
                return Err(self.expected("chuỗi không có ký tự số 0", "a text without the character 0"));
            }
            Json::String(s) => return Ok(Term::literal(s.as_str())),
            Json::Number(n) => {
                let real = || n.as_f64().filter(|r| r.is_finite()).map(Term::literal);
                return n
                    .as_i64()
                    .map(Term::literal)
                    .or_else(real)
                    .ok_or_else(|| self.expected("một số", "a number"));
            }
            Json::Array(list) => return Ok(Term::Array(self.each(list, Self::part)?)),
            Json::Null => return Err(self.expected("một giá trị", "a value")),
            Json::Object(object) => object,
        };
        if let Some(op) = object.get("op") {
            let op = op
                .as_str()
                .ok_or_else(|| self.expected("tên toán tử ở op", "the name of an operator in op"))?;
            let args = match object.get("args") {
                None => &[][..],
                Some(Json::Array(args)) => args,
                Some(_) => return Err(self.expected("một mảng ở args", "an array in args")),
            };
            return self.operation(op, args);
        }
        if let Some(name) = object.get("property") {
            let name =
                name.as_str().ok_or_else(|| self.expected("tên thuộc tính", "the name of a property"))?;
            return Ok(Term::property(name));
        }
        if let Some(day) = object.get("date") {
            let read = day.as_str().and_then(|t| moment(t, true, false));
            return read.ok_or_else(|| self.expected("một ngày như 2026-03-01", "a date such as 2026-03-01"));
        }
        if let Some(time) = object.get("timestamp") {
            let read = time.as_str().and_then(|t| moment(t, false, true));
            return read.ok_or_else(|| {
                self.expected(
                    "một thời điểm như 2026-03-01T08:00:00Z",
                    "an instant such as 2026-03-01T08:00:00Z",
                )
            });
        }
        if let Some(interval) = object.get("interval") {
            let Some([from, to]) = interval.as_array().map(Vec::as_slice) else {
                return Err(self.expected("hai đầu của khoảng", "the two ends of the interval"));
            };
            return Ok(Term::Interval(self.end(from)?, self.end(to)?));
        }
        if let Some(bbox) = object.get("bbox").filter(|_| !object.contains_key("type")) {
            let numbers = bbox.as_array().map(|l| l.iter().map(|n| n.as_f64().unwrap_or(f64::NAN)));
            let numbers: Vec<f64> = numbers.into_iter().flatten().collect();
            let read = box_of(&numbers).filter(|_| numbers.iter().all(|n| n.is_finite()));
            return read.ok_or_else(|| self.expected("4 hoặc 6 số", "4 or 6 numbers"));
        }
        if object.contains_key("type") {
            return Ok(Term::Geometry(self.geometry(json)?));
        }
        Err(self.expected(
            "op, property, date, timestamp, interval, bbox hoặc một hình học GeoJSON",
            "op, property, date, timestamp, interval, bbox or a GeoJSON geometry",
        ))
    }

    fn end(&mut self, json: &Json) -> Result<Option<Box<Term>>> {
        Ok(match json {
            Json::String(s) if s == ".." => None,
            Json::String(s) => Some(Box::new(moment(s, true, true).ok_or_else(|| {
                self.expected("một ngày, một thời điểm hoặc ..", "a date, an instant or ..")
            })?)),
            other => Some(Box::new(self.inside("interval".to_owned(), |r| r.part(other))?)),
        })
    }

    fn geometry(&mut self, json: &Json) -> Result<Geometry<f64>> {
        if json["type"] == "GeometryCollection" {
            let Some(list) = json["geometries"].as_array().filter(|l| !l.is_empty()) else {
                return Err(self.expected("các hình học ở geometries", "geometries"));
            };
            let mut read = Vec::with_capacity(list.len());
            for (i, one) in list.iter().enumerate() {
                read.push(self.inside(format!("geometries/{i}"), |r| r.geometry(one))?);
            }
            return Ok(Geometry::GeometryCollection(read.into()));
        }
        let geometry = geojson::from_json(json).map_err(|why| {
            self.expected(&format!("một hình học GeoJSON ({why})"), &format!("a GeoJSON geometry ({why})"))
        })?;
        self.vertices += geometry.coords_count();
        if geometry.coords_count() == 0 || self.vertices > MOST_VERTICES {
            return Err(self.expected(
                &format!("từ 1 đến {MOST_VERTICES} đỉnh"),
                &format!("between 1 and {MOST_VERTICES} vertices"),
            ));
        }
        Ok(geometry)
    }

    fn operation(&mut self, op: &str, args: &[Json]) -> Result<Term> {
        let condition = |expr| Ok(Term::Condition(Box::new(expr)));
        let lower = op.to_ascii_lowercase();
        match lower.as_str() {
            // None at all would be true of every item, though nobody asked for that.
            "and" | "or" if args.len() < 2 => {
                let got = args.len();
                return Err(self.expected(
                    &format!("ít nhất 2 phần tử ở args của {op}, nhận được {got}"),
                    &format!("at least 2 elements in args of {op}, got {got}"),
                ));
            }
            "and" => return condition(Expr::And(self.each(args, Self::expr)?)),
            "or" => return condition(Expr::Or(self.each(args, Self::expr)?)),
            "not" => {
                let [inner] = self.exactly(op, args)?;
                return condition(Expr::Not(Box::new(self.arg(0, |r| r.expr(inner))?)));
            }
            "isnull" => {
                let [inner] = self.exactly(op, args)?;
                return condition(Expr::IsNullTerm(self.arg(0, |r| r.part(inner))?));
            }
            "between" => {
                self.exactly::<3>(op, args)?;
                let mut read = self.each(args, Self::part)?.into_iter();
                let (Some(value), Some(low), Some(high)) = (read.next(), read.next(), read.next()) else {
                    return Err(self.expected("3 phần tử ở args", "3 elements in args"));
                };
                return condition(Expr::Between { value, low, high });
            }
            "in" => {
                let [value, list] = self.exactly(op, args)?;
                let value = self.arg(0, |r| r.part(value))?;
                let Some(list) = list.as_array().filter(|l| !l.is_empty()) else {
                    return Err(self.expected("một mảng ở args/1", "an array in args/1"));
                };
                let list = self.arg(1, |r| r.each(list, Self::part))?;
                return condition(Expr::In { value, list });
            }
            "casei" | "accenti" => {
                let [inner] = self.exactly(op, args)?;
                let inner = Box::new(self.arg(0, |r| r.part(inner))?);
                return Ok(if lower == "casei" { Term::Casei(inner) } else { Term::Accenti(inner) });
            }
            _ => {}
        }
        if lower == "like" || is_binary(op) {
            let [left, right] = self.exactly(op, args)?;
            let left = self.arg(0, |r| r.part(left))?;
            let right = self.arg(1, |r| r.part(right))?;
            return Ok(binary(op, left, right));
        }
        Ok(Term::Function { name: op.to_owned(), args: self.each(args, Self::part)? })
    }

    fn arg<T>(&mut self, at: usize, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.inside("args".to_owned(), |r| r.inside(at.to_string(), read))
    }

    fn exactly<'j, const N: usize>(&self, op: &str, args: &'j [Json]) -> Result<&'j [Json; N]> {
        args.try_into().map_err(|_| {
            let got = args.len();
            self.expected(
                &format!("{N} phần tử ở args của {op}, nhận được {got}"),
                &format!("{N} elements in args of {op}, got {got}"),
            )
        })
    }
}

/// An operation that [`is_binary`], or `like`.
fn binary(op: &str, left: Term, right: Term) -> Term {
    if let Some(op) = named(&ARITHMETIC, op) {
        return Term::Arithmetic { op, left: Box::new(left), right: Box::new(right) };
    }
    Term::Condition(Box::new(if let Some(op) = named(&COMPARE, op) {
        Expr::CompareTerms { op, left, right }
    } else if let Some(op) = named(&SPATIAL, op) {
        Expr::Spatial { op, left, right }
    } else if let Some(op) = named(&TEMPORAL, op) {
        Expr::Temporal { op, left, right }
    } else if let Some(op) = named(&ARRAY, op) {
        Expr::Array { op, left, right }
    } else {
        Expr::Like { text: left, pattern: right }
    }))
}

/// The filter as CQL2 JSON.
pub fn print(expr: &Expr) -> Json {
    let property = |name: &str| json!({ "property": name });
    let two = |op: &str, a: &Term, b: &Term| json!({"op": op, "args": [term(a), term(b)]});
    match expr {
        Expr::And(list) if list.is_empty() => json!(true),
        Expr::Or(list) if list.is_empty() => json!(false),
        Expr::And(list) | Expr::Or(list) if list.len() == 1 => print(&list[0]),
        Expr::And(list) => json!({"op": "and", "args": list.iter().map(print).collect::<Vec<_>>()}),
        Expr::Or(list) => json!({"op": "or", "args": list.iter().map(print).collect::<Vec<_>>()}),
        Expr::Not(inner) => json!({"op": "not", "args": [print(inner)]}),
        Expr::Compare { attribute, op, value } => {
            json!({"op": name_of(&COMPARE, op), "args": [property(attribute), literal(value)]})
        }
        Expr::IsNull(attribute) => json!({"op": "isNull", "args": [property(attribute)]}),
        Expr::Fid(fids) if fids.is_empty() => json!(false),
        Expr::Fid(fids) => json!({"op": "in", "args": [property(FID), fids]}),
        Expr::Bbox(b) => json!({"op": "s_intersects", "args": [
            property(GEOMETRY[0]), {"bbox": [b.min_x, b.min_y, b.max_x, b.max_y]},
        ]}),
        Expr::Truth(t) => term(t),
        Expr::CompareTerms { op, left, right } => two(name_of(&COMPARE, op), left, right),
        Expr::Like { text, pattern } => two("like", text, pattern),
        Expr::Between { value, low, high } => {
            json!({"op": "between", "args": [term(value), term(low), term(high)]})
        }
        Expr::In { value, list } => {
            json!({"op": "in", "args": [term(value), list.iter().map(term).collect::<Vec<_>>()]})
        }
        Expr::IsNullTerm(t) => json!({"op": "isNull", "args": [term(t)]}),
        Expr::Spatial { op, left, right } => two(name_of(&SPATIAL, op), left, right),
        Expr::Temporal { op, left, right } => two(name_of(&TEMPORAL, op), left, right),
        Expr::Array { op, left, right } => two(name_of(&ARRAY, op), left, right),
    }
}

fn term(of: &Term) -> Json {
    match of {
        Term::Property(name) => json!({ "property": name }),
        Term::Literal(value) => literal(value),
        Term::Arithmetic { op, left, right } => {
            json!({"op": name_of(&ARITHMETIC, op), "args": [term(left), term(right)]})
        }
        Term::Casei(inner) => json!({"op": "casei", "args": [term(inner)]}),
        Term::Accenti(inner) => json!({"op": "accenti", "args": [term(inner)]}),
        Term::Function { name, args } => {
            json!({"op": name, "args": args.iter().map(term).collect::<Vec<_>>()})
        }
        Term::Geometry(g) => geometry(g),
        Term::Box(b) => json!({ "bbox": b }),
        Term::Interval(from, to) => {
            let end = |t: &Option<Box<Term>>| match t.as_deref() {
                None => json!(".."),
                Some(Term::Literal(Value::Date(d))) => json!(d.to_string()),
                Some(Term::Literal(Value::Time(t))) => json!(t.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
                Some(other) => term(other),
            };
            json!({"interval": [end(from), end(to)]})
        }
        Term::Array(list) => list.iter().map(term).collect(),
        Term::Condition(expr) => print(expr),
    }
}

fn literal(value: &Value) -> Json {
    match value {
        Value::Date(d) => json!({"date": d.to_string()}),
        Value::Time(t) => json!({"timestamp": t.to_rfc3339_opts(SecondsFormat::AutoSi, true)}),
        other => other.to_json(),
    }
}

/// A geometry as GeoJSON with its positions as they are.
fn geometry(of: &Geometry<f64>) -> Json {
    fn line(l: &geo::LineString<f64>) -> Json {
        l.coords().map(|c| json!([c.x, c.y])).collect()
    }
    fn polygon(p: &geo::Polygon<f64>) -> Json {
        std::iter::once(p.exterior()).chain(p.interiors()).map(line).collect()
    }
    let (kind, coordinates): (&str, Json) = match of {
        Geometry::Point(p) => ("Point", json!([p.x(), p.y()])),
        Geometry::LineString(l) => ("LineString", line(l)),
        Geometry::Polygon(p) => ("Polygon", polygon(p)),
        Geometry::MultiPoint(m) => ("MultiPoint", m.iter().map(|p| json!([p.x(), p.y()])).collect()),
        Geometry::MultiLineString(m) => ("MultiLineString", m.iter().map(line).collect()),
        Geometry::MultiPolygon(m) => ("MultiPolygon", m.iter().map(polygon).collect()),
        Geometry::GeometryCollection(c) => {
            let list: Vec<Json> = c.iter().map(geometry).collect();
            return json!({"type": "GeometryCollection", "geometries": list});
        }
        Geometry::Line(l) => ("LineString", line(&(*l).into())),
        Geometry::Rect(r) => ("Polygon", polygon(&r.to_polygon())),
        Geometry::Triangle(t) => ("Polygon", polygon(&t.to_polygon())),
    };
    json!({"type": kind, "coordinates": coordinates})
}
