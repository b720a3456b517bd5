//! Geometries of GML 2, 3.1.1 and 3.2 in requests.

use geo::{
    Coord, Geometry, LineString, MapCoords, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon,
};

use super::fault::Fault;
use super::query::{Around, around, srs_named};
use super::xml::Element;
use crate::features::encode::gml::Srs;
use crate::space::crs::Offered;

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
    let (given, crs) = literal(element, default)?;
    given.try_map_coords(|c| {
        let (x, y) = crs.to_stored(c.x, c.y)?;
        Ok(Coord { x, y })
    })
}

/// A geometry as it is given, east before north, and its reference system; `default` where it names none.
pub(super) fn literal(element: &Element, default: &Srs) -> Result<(Geometry<f64>, Offered), Fault> {
    let named = srs_name(element).map(srs_named).transpose()?;
    let srs = named.as_ref().unwrap_or(default);
    let given = shape(element)?.try_map_coords(|c| {
        if !(c.x.is_finite() && c.y.is_finite()) {
            return Err(wrong(element, "toạ độ không phải số", "a coordinate is no number"));
        }
        let (x, y) = srs.order.turn((c.x, c.y));
        Ok(Coord { x, y })
    })?;
    Ok((given, srs.crs))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::wfs::xml::parse;
    use crate::space::crs::AxisOrder;

    fn metres() -> Srs {
        Srs { crs: Offered::Epsg9218, order: AxisOrder::EastNorth, name: "EPSG:9218".to_owned() }
    }

    fn read(xml: &str) -> Result<Geometry<f64>, Fault> {
        let root = parse(&format!("<r xmlns:gml='http://www.opengis.net/gml'>{xml}</r>")).unwrap();
        geometry(&root.children[0], &metres())
    }

    #[test]
    fn one_geometry_in_three_versions() {
        let square = read(
            "<gml:Polygon><gml:outerBoundaryIs><gml:LinearRing><gml:coordinates>0,0 4,0 4,4 0,0</gml:coordinates>\
             </gml:LinearRing></gml:outerBoundaryIs><gml:innerBoundaryIs><gml:LinearRing><gml:coordinates cs=';' ts='|' \
             decimal=','>2;1|3;1|3;1,5|2;1</gml:coordinates></gml:LinearRing></gml:innerBoundaryIs></gml:Polygon>",
        )
        .unwrap();
        let Geometry::Polygon(polygon) = &square else { panic!("{square:?}") };
        assert_eq!((polygon.exterior().0.len(), polygon.interiors().len()), (4, 1));
        assert!((polygon.interiors()[0].0[2].y - 1.5).abs() < 1e-12);
        let newer = read(
            "<gml:Surface><gml:patches><gml:PolygonPatch><gml:exterior><gml:LinearRing><gml:posList srsDimension='3'>\
             0 0 9 4 0 9 4 4 9 0 0 9</gml:posList></gml:LinearRing></gml:exterior><gml:interior><gml:LinearRing>\
             <gml:pos>2 1</gml:pos><gml:pos>3 1</gml:pos><gml:pos>3 1.5</gml:pos><gml:pos>2 1</gml:pos></gml:LinearRing>\
             </gml:interior></gml:PolygonPatch></gml:patches></gml:Surface>",
        );
        assert_eq!(newer.unwrap(), square);
        let curve = read(
            "<gml:MultiCurve><gml:curveMember><gml:Curve><gml:segments><gml:LineStringSegment><gml:posList>0 0 1 1</gml:posList>\
             </gml:LineStringSegment><gml:LineStringSegment><gml:posList>1 1 2 0</gml:posList></gml:LineStringSegment>\
             </gml:segments></gml:Curve></gml:curveMember></gml:MultiCurve>",
        );
        let Geometry::MultiLineString(lines) = curve.unwrap() else { panic!() };
        assert_eq!(lines.0[0].0.len(), 3);
        let points = "<gml:MultiPoint><gml:pointMember><gml:Point><gml:coord><gml:X>1</gml:X><gml:Y>2</gml:Y></gml:coord>\
            </gml:Point></gml:pointMember></gml:MultiPoint>";
        assert!(matches!(read(points), Ok(Geometry::MultiPoint(p)) if p.0.len() == 1));
    }

    #[test]
    fn the_name_of_the_system_decides_the_order() {
        let point = |name: &str, pos: &str| {
            read(&format!("<gml:Point srsName='{name}'><gml:pos>{pos}</gml:pos></gml:Point>")).unwrap()
        };
        let by_urn = point("urn:ogc:def:crs:EPSG::4326", "12 107.69");
        assert_eq!(by_urn, point("EPSG:4326", "107.69 12"));
        assert_eq!(by_urn, point("http://www.opengis.net/gml/srs/epsg.xml#4326", "107.69 12"));
        let Geometry::Point(p) = by_urn else { panic!() };
        assert!((p.x() - 411_600.265).abs() < 0.001 && (p.y() - 1_327_195.238).abs() < 0.001);
    }

    #[test]
    fn what_is_no_geometry_is_refused() {
        for wrong in [
            "<gml:Point/>",
            "<gml:Point><gml:pos>1</gml:pos></gml:Point>",
            "<gml:Point><gml:pos>1 x</gml:pos></gml:Point>",
            "<gml:Point><gml:pos>1 NaN</gml:pos></gml:Point>",
            "<gml:Point srsName='EPSG:2154'><gml:pos>1 2</gml:pos></gml:Point>",
            "<gml:LineString><gml:posList>1 2 3</gml:posList></gml:LineString>",
            "<gml:LineString><gml:posList srsDimension='9'>1 2 3</gml:posList></gml:LineString>",
            "<gml:LineString><gml:coordinates>1 2</gml:coordinates></gml:LineString>",
            "<gml:Polygon><gml:interior/></gml:Polygon>",
            "<gml:Polygon><gml:exterior/></gml:Polygon>",
            "<gml:Curve><gml:segments><gml:Arc/></gml:segments></gml:Curve>",
            "<gml:MultiPoint><gml:pointMember><gml:LineString/></gml:pointMember></gml:MultiPoint>",
            "<gml:Solid/>",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
