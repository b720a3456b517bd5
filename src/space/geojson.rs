//! Geometry as GeoJSON objects (RFC 7946) in whatever CRS the caller uses; for facts, evidence and messages.
//! Items of collections are written by `features::encode`, which needs no JSON tree.

use geo::{Geometry, LineString, MultiPolygon, Point, Polygon};
use serde_json::{Value, json};

/// A geometry as a GeoJSON object, coordinates rounded to `decimals`.
pub fn to_json(geometry: &Geometry<f64>, decimals: u8) -> Value {
    let line = |l: &LineString<f64>| Value::Array(l.points().map(|p| pos(p, decimals)).collect());
    let rings = |p: &Polygon<f64>| {
        Value::Array(std::iter::once(p.exterior()).chain(p.interiors()).map(line).collect())
    };
    match geometry {
        Geometry::Point(p) => json!({"type":"Point","coordinates":pos(*p, decimals)}),
        Geometry::Line(l) => to_json(&Geometry::LineString(LineString::from(vec![l.start, l.end])), decimals),
        Geometry::LineString(l) => json!({"type":"LineString","coordinates":line(l)}),
        Geometry::Polygon(p) => json!({"type":"Polygon","coordinates":rings(p)}),
        Geometry::MultiPoint(m) => {
            json!({"type":"MultiPoint","coordinates":m.iter().map(|p| pos(*p, decimals)).collect::<Vec<_>>()})
        }
        Geometry::MultiLineString(m) => {
            json!({"type":"MultiLineString","coordinates":m.iter().map(line).collect::<Vec<_>>()})
        }
        Geometry::MultiPolygon(m) => {
            json!({"type":"MultiPolygon","coordinates":m.iter().map(rings).collect::<Vec<_>>()})
        }
        Geometry::GeometryCollection(c) => {
            json!({"type":"GeometryCollection","geometries":c.iter().map(|g| to_json(g, decimals)).collect::<Vec<_>>()})
        }
        Geometry::Rect(r) => to_json(&Geometry::Polygon(r.to_polygon()), decimals),
        Geometry::Triangle(t) => to_json(&Geometry::Polygon(t.to_polygon()), decimals),
    }
}

/// A geometry from a GeoJSON object. The error names the member that is wrong.
pub fn from_json(value: &Value) -> Result<Geometry<f64>, String> {
    let kind = value["type"].as_str().ok_or("type: a geometry type was expected")?;
    let coordinates = &value["coordinates"];
    Ok(match kind {
        "Point" => Geometry::Point(point(coordinates)?),
        "LineString" => Geometry::LineString(line(coordinates)?),
        "Polygon" => Geometry::Polygon(polygon(coordinates)?),
        "MultiPoint" => {
            Geometry::MultiPoint(items(coordinates)?.map(point).collect::<Result<Vec<_>, _>>()?.into())
        }
        "MultiLineString" => Geometry::MultiLineString(geo::MultiLineString(
            items(coordinates)?.map(line).collect::<Result<_, _>>()?,
        )),
        "MultiPolygon" => Geometry::MultiPolygon(multi_polygon(coordinates)?),
        other => return Err(format!("type: {other} is not a geometry type that is read here")),
    })
}

/// `#[serde(with = …)]` for a `MultiPolygon`, rounded to 1 mm.
pub mod serde_multi_polygon {
    use geo::{Geometry, MultiPolygon};
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

    /// Writes it as a GeoJSON object.
    pub fn serialize<S: Serializer>(m: &MultiPolygon<f64>, s: S) -> Result<S::Ok, S::Error> {
        super::to_json(&Geometry::MultiPolygon(m.clone()), 3).serialize(s)
    }

    /// Reads a GeoJSON Polygon or MultiPolygon.
    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<MultiPolygon<f64>, D::Error> {
        let value = serde_json::Value::deserialize(d)?;
        match super::from_json(&value).map_err(D::Error::custom)? {
            Geometry::MultiPolygon(m) => Ok(m),
            Geometry::Polygon(p) => Ok(MultiPolygon(vec![p])),
            _ => Err(D::Error::custom("type: a MultiPolygon was expected")),
        }
    }
}

fn pos(p: Point<f64>, decimals: u8) -> Value {
    let k = 10f64.powi(i32::from(decimals));
    json!([(p.x() * k).round() / k, (p.y() * k).round() / k])
}

fn items(v: &Value) -> Result<std::slice::Iter<'_, Value>, String> {
    Ok(v.as_array().ok_or("coordinates: an array was expected")?.iter())
}

fn point(v: &Value) -> Result<Point<f64>, String> {
    let n = |i: usize| v[i].as_f64().filter(|x| x.is_finite());
    match (n(0), n(1)) {
        (Some(x), Some(y)) => Ok(Point::new(x, y)),
        _ => Err("coordinates: a position of two finite numbers was expected".to_owned()),
    }
}

fn line(v: &Value) -> Result<LineString<f64>, String> {
    Ok(items(v)?.map(point).collect::<Result<Vec<_>, _>>()?.into())
}

fn polygon(v: &Value) -> Result<Polygon<f64>, String> {
    let mut rings = items(v)?.map(line).collect::<Result<Vec<_>, _>>()?.into_iter();
    let outer = rings.next().ok_or("coordinates: a polygon needs an outer ring")?;
    Ok(Polygon::new(outer, rings.collect()))
}

fn multi_polygon(v: &Value) -> Result<MultiPolygon<f64>, String> {
    Ok(MultiPolygon(items(v)?.map(polygon).collect::<Result<_, _>>()?))
}
