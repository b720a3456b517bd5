//! Geometries of GML 2, 3.1.1 and 3.2 in requests.

use geo::{
    Coord, Geometry, LineString, MapCoords, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon,
};

use super::fault::Fault;
use super::query::{Around, around, srs_named};
use super::xml::Element;
use crate::features::encode::gml::Srs;

/// A box: `Envelope` or `Box`. One that names no reference system is in `default`.
pub(super) fn envelope(element: &Element, default: &Srs) -> Result<Around, Fault> {
    let named = element.attribute("srsName").map(srs_named).transpose()?;
    let srs = named.as_ref().unwrap_or(default);
    let corners: Vec<f64> = match (element.child("lowerCorner"), element.child("upperCorner")) {
        (Some(low), Some(high)) => [numbers(&low.text)?, numbers(&high.text)?].concat(),
        _ => positions(element)?.into_iter().flat_map(|c| [c.x, c.y]).collect(),
    };
    let corners =
        <[f64; 4]>::try_from(corners).map_err(|_| wrong(element, "cần hai góc", "expected two corners"))?;
    around(corners, srs, "filter")
}

/// A geometry in EPSG:9218. One that names no reference system is in `default`.
pub(super) fn geometry(element: &Element, default: &Srs) -> Result<Geometry<f64>, Fault> {
    let named = srs_name(element).map(srs_named).transpose()?;
    let srs = named.as_ref().unwrap_or(default);
    let given = shape(element)?;
    let finite = |c: Coord<f64>| c.x.is_finite() && c.y.is_finite();
    let stored = given.try_map_coords(|c| {
        if !finite(c) {
            return Err(wrong(element, "toạ độ không phải số", "a coordinate is no number"));
        }
        let (x, y) = {
            let (x, y) = srs.order.turn((c.x, c.y));
            srs.crs.to_stored(x, y)?
        };
        Ok(Coord { x, y })
    })?;
    Ok(stored)
}

/// The reference system that the geometry or, where it is a collection, its first member names.
fn srs_name(element: &Element) -> Option<&str> {
    element.attribute("srsName").or_else(|| element.children.iter().find_map(srs_name))
}

fn shape(element: &Element) -> Result<Geometry<f64>, Fault> {
    Ok(match element.name.as_str() {
        "Point" => Geometry::Point(point(element)?),
        "LineString" | "Curve" => Geometry::LineString(line(element)?),
        "Polygon" | "Surface" => match surface(element)?.as_mut_slice() {
            [only] => Geometry::Polygon(std::mem::replace(only, empty())),
            many => MultiPolygon(many.to_vec()).into(),
        },
        "MultiPoint" => MultiPoint(members(element, "Point")?.map(point).collect::<Result<_, _>>()?).into(),
        "MultiLineString" | "MultiCurve" => {
            MultiLineString(members(element, "")?.map(line).collect::<Result<_, _>>()?).into()
        }
        "MultiPolygon" | "MultiSurface" => {
            let parts: Vec<Vec<Polygon<f64>>> =
                members(element, "")?.map(surface).collect::<Result<_, _>>()?;
            MultiPolygon(parts.concat()).into()
        }
        _ => {
            return Err(wrong(element, "không nhận kiểu hình học này", "this type of geometry is not taken"));
        }
    })
}

fn empty() -> Polygon<f64> {
    Polygon::new(LineString::new(Vec::new()), Vec::new())
}

/// The geometries in the members of a collection.
fn members<'a>(element: &'a Element, kind: &'static str) -> Result<impl Iterator<Item = &'a Element>, Fault> {
    let inside = |e: &&Element| e.name.ends_with("Member") || e.name.ends_with("Members");
    if let Some(other) =
        element.children.iter().filter(inside).flat_map(|m| &m.children).find(|g| !g.name.contains(kind))
    {
        return Err(wrong(other, "không đúng kiểu của tập hợp", "is not of the collection's type"));
    }
    Ok(element.children.iter().filter(inside).flat_map(|m| &m.children))
}

fn point(element: &Element) -> Result<Point<f64>, Fault> {
    match positions(element)?.as_slice() {
        [only] => Ok((*only).into()),
        _ => Err(wrong(element, "cần đúng một vị trí", "expected exactly one position")),
    }
}

fn line(element: &Element) -> Result<LineString<f64>, Fault> {
    if element.name != "Curve" {
        return Ok(LineString::new(positions(element)?));
    }
    let mut whole: Vec<Coord<f64>> = Vec::new();
    for segment in element.child("segments").iter().flat_map(|s| &s.children) {
        if segment.name != "LineStringSegment" {
            return Err(wrong(segment, "chỉ nhận đoạn thẳng", "only straight segments are taken"));
        }
        let next = positions(segment)?;
        // A segment begins where the one before ends.
        let skip = usize::from(whole.last().is_some() && whole.last() == next.first());
        whole.extend(&next[skip..]);
    }
    Ok(LineString::new(whole))
}

fn surface(element: &Element) -> Result<Vec<Polygon<f64>>, Fault> {
    if element.name == "Surface" {
        let patches = ["patches", "polygonPatches"].into_iter().find_map(|n| element.child(n));
        return patches.iter().flat_map(|p| &p.children).map(polygon).collect();
    }
    Ok(vec![polygon(element)?])
}

fn polygon(element: &Element) -> Result<Polygon<f64>, Fault> {
    let ring = |boundary: &Element| match boundary.children.as_slice() {
        [ring] if ring.name == "LinearRing" => positions(ring).map(LineString::new),
        _ => Err(wrong(boundary, "cần một LinearRing", "expected one LinearRing")),
    };
    let outer = element.child("exterior").or(element.child("outerBoundaryIs"));
    let outer = ring(outer.ok_or_else(|| wrong(element, "thiếu đường bao", "there is no outer boundary"))?)?;
    let inner = element.all("interior").chain(element.all("innerBoundaryIs"));
    Ok(Polygon::new(outer, inner.map(ring).collect::<Result<_, _>>()?))
}

/// The positions of an element, as they are written.
fn positions(element: &Element) -> Result<Vec<Coord<f64>>, Fault> {
    let pairs = |numbers: &[f64], size: usize| -> Vec<Coord<f64>> {
        numbers.chunks_exact(size).map(|p| Coord { x: p[0], y: p[1] }).collect()
    };
    let dimension = |e: &Element| {
        let text =
            e.attribute("srsDimension").or(e.attribute("dimension")).or(element.attribute("srsDimension"));
        text.map_or(Some(2), |t| t.parse().ok().filter(|d| (2..=3).contains(d)))
    };
    let mut found = Vec::new();
    for child in &element.children {
        match child.name.as_str() {
            "posList" => {
                let size: usize = dimension(child)
                    .ok_or_else(|| wrong(child, "chỉ có 2 hoặc 3 chiều", "2 or 3 dimensions"))?;
                let list = numbers(&child.text)?;
                if list.len() % size != 0 {
                    return Err(wrong(child, "thừa toạ độ lẻ", "an ordinate is left over"));
                }
                found.extend(pairs(&list, size));
            }
            "pos" => match numbers(&child.text)?.as_slice() {
                [x, y] | [x, y, _] => found.push(Coord { x: *x, y: *y }),
                _ => return Err(wrong(child, "cần 2 hoặc 3 số", "expected 2 or 3 numbers")),
            },
            "coordinates" => found.extend(coordinates(child)?),
            "coord" => {
                let of = |name: &str| child.child(name).and_then(|c| c.text.parse().ok());
                match (of("X"), of("Y")) {
                    (Some(x), Some(y)) => found.push(Coord { x, y }),
                    _ => return Err(wrong(child, "cần X và Y", "expected X and Y")),
                }
            }
            "pointProperty" | "pointRep" => {
                found.extend(child.children.first().map_or(Ok(Vec::new()), positions)?);
            }
            _ => {}
        }
    }
    Ok(found)
}

/// `x,y x,y`, or with the separators that its attributes name.
fn coordinates(element: &Element) -> Result<Vec<Coord<f64>>, Fault> {
    let sign =
        |name: &str, usual: char| element.attribute(name).and_then(|t| t.chars().next()).unwrap_or(usual);
    let (between, after, point) = (sign("cs", ','), sign("ts", ' '), sign("decimal", '.'));
    let is_end = |c: char| c == after || (after.is_whitespace() && c.is_whitespace());
    let mut found = Vec::new();
    for tuple in element.text.split(is_end).map(str::trim).filter(|t| !t.is_empty()) {
        let mut numbers = tuple.split(between).map(|n| n.trim().replace(point, ".").parse().ok());
        match (numbers.next().flatten(), numbers.next().flatten()) {
            (Some(x), Some(y)) => found.push(Coord { x, y }),
            _ => return Err(wrong(element, "toạ độ không phải số", "a coordinate is no number")),
        }
    }
    Ok(found)
}

fn numbers(text: &str) -> Result<Vec<f64>, Fault> {
    text.split_whitespace()
        .map(|n| {
            n.parse().map_err(|_| {
                Fault::value("geometry", format!("“{n}” không phải số"), format!("“{n}” is no number"))
            })
        })
        .collect()
}

fn wrong(element: &Element, vi: &str, en: &str) -> Fault {
    Fault::value("geometry", format!("{}: {vi}", element.name), format!("{}: {en}", element.name))
}
