//! Approximate outlines of the communes and of the sample's part of the province.
//!
//! A commune is the union of the Voronoi cells of its centre and of the centres of the communes that it took in,
//! cut by a rounded hull. Neighbours share their vertices exactly.

use std::collections::BTreeMap;

use geo::{Area, Buffer, ConvexHull, Coord, LineString, MultiPoint, MultiPolygon, Polygon};

use super::communes::{COMMUNES, FORMER_CENTRES};
use super::item::{Sample, on_grid, values};
use super::place;

/// How far the hull lies outside of the outermost centre, metres.
const HULL_MARGIN_M: f64 = 6_000.0;
/// Vertices nearer than this are one, metres: cells computed from two sides differ by rounding.
const SAME_VERTEX_M: f64 = 0.05;

/// Vertices met so far; a ring is a list of their indices.
#[derive(Default)]
struct Vertices(Vec<Coord<f64>>);

impl Vertices {
    fn index(&mut self, c: Coord<f64>) -> usize {
        let near = |v: &Coord<f64>| (v.x - c.x).hypot(v.y - c.y) < SAME_VERTEX_M;
        self.0.iter().position(near).unwrap_or_else(|| {
            self.0.push(on_grid(c));
            self.0.len() - 1
        })
    }
}

/// Adds the province's part and its communes; gives the communes' outlines back, by code.
pub fn add(sample: &mut Sample) -> BTreeMap<&'static str, MultiPolygon<f64>> {
    let seeds: Vec<(&'static str, Coord<f64>)> = COMMUNES
        .iter()
        .map(|c| (c.code, place(c.centre)))
        .chain(FORMER_CENTRES.iter().map(|(code, at)| (*code, place(*at))))
        .collect();
    let hull = seeds
        .iter()
        .map(|s| geo::Point::from(s.1))
        .collect::<MultiPoint>()
        .convex_hull()
        .buffer(HULL_MARGIN_M);
    let hull = super::lines::largest(hull).exterior().coords().copied().collect::<Vec<_>>();
    let mut vertices = Vertices::default();
    let mut rings: Vec<(&'static str, Vec<usize>)> = Vec::new();
    for (i, (code, at)) in seeds.iter().enumerate() {
        let others = seeds.iter().enumerate().filter(|(j, s)| *j != i && s.1 != *at).map(|(_, s)| s.1);
        let cell = others.fold(hull[..hull.len() - 1].to_vec(), |cell, other| nearer(&cell, *at, other));
        let mut ring: Vec<usize> = cell.into_iter().map(|c| vertices.index(c)).collect();
        ring.dedup();
        rings.push((code, ring));
    }
    let whole = merged(rings.iter().map(|r| &r.1), &vertices);
    sample.add(
        "admin_province",
        whole,
        values! {
            code: "68", name: "Lâm Đồng (phần Đắk Nông cũ)", name_en: "Lâm Đồng (former Đắk Nông)",
            valid_from: reform(), approximate: true,
        },
    );
    let mut outlines = BTreeMap::new();
    for c in &COMMUNES {
        let outline = merged(rings.iter().filter(|r| r.0 == c.code).map(|r| &r.1), &vertices);
        let kind = if c.kind == "phuong" { "Phường" } else { "Xã" };
        let row = values! {
            code: c.code, name: format!("{kind} {}", c.name), name_en: c.name_en, kind: c.kind,
            valid_from: reform(), area_km2: c.area_km2, approximate: true,
        };
        sample.add("admin_commune", outline.clone(), row);
        outlines.insert(c.code, outline);
    }
    outlines
}

/// The day on which today's communes came into being.
fn reform() -> Option<chrono::NaiveDate> {
    chrono::NaiveDate::from_ymd_opt(2025, 7, 1)
}

/// The part of a convex ring that is nearer to `at` than to `other`.
fn nearer(ring: &[Coord<f64>], at: Coord<f64>, other: Coord<f64>) -> Vec<Coord<f64>> {
    let (nx, ny) = (other.x - at.x, other.y - at.y);
    let middle = Coord { x: f64::midpoint(at.x, other.x), y: f64::midpoint(at.y, other.y) };
    let beyond = |c: Coord<f64>| (c.x - middle.x) * nx + (c.y - middle.y) * ny;
    let mut kept = Vec::with_capacity(ring.len() + 1);
    for (i, a) in ring.iter().enumerate() {
        let b = ring[(i + 1) % ring.len()];
        let (da, db) = (beyond(*a), beyond(b));
        if da <= 0.0 {
            kept.push(*a);
        }
        if (da < 0.0 && db > 0.0) || (da > 0.0 && db < 0.0) {
            let t = da / (da - db);
            kept.push(Coord { x: a.x + (b.x - a.x) * t, y: a.y + (b.y - a.y) * t });
        }
    }
    kept
}

/// The union of rings that share vertices: edges that two of them run along in opposite directions vanish.
fn merged<'a>(rings: impl Iterator<Item = &'a Vec<usize>>, vertices: &Vertices) -> MultiPolygon<f64> {
    let mut next: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for ring in rings {
        for (i, from) in ring.iter().enumerate() {
            let to = ring[(i + 1) % ring.len()];
            if let Some(back) = next.get_mut(&to).filter(|v| v.contains(from)) {
                back.retain(|v| v != from);
            } else if *from != to {
                next.entry(*from).or_default().push(to);
            }
        }
    }
    let mut outers = Vec::new();
    let mut holes = Vec::new();
    while let Some(start) = next.iter().find(|(_, to)| !to.is_empty()).map(|(from, _)| *from) {
        let mut at = start;
        let mut ring = vec![vertices.0[start]];
        while let Some(to) = next.get_mut(&at).and_then(Vec::pop) {
            ring.push(vertices.0[to]);
            at = to;
            if at == start {
                break;
            }
        }
        let polygon = Polygon::new(LineString::from(ring), vec![]);
        if polygon.signed_area() > 0.0 {
            outers.push(polygon);
        } else {
            holes.push(polygon.exterior().clone());
        }
    }
    if let [outer] = outers.as_mut_slice() {
        for hole in holes {
            outer.interiors_push(hole);
        }
    }
    MultiPolygon(outers)
}

#[cfg(test)]
mod tests {
    use geo::{Contains, Intersects, Point, Validation};

    use super::*;

    #[test]
    fn the_28_communes_tile_their_part_of_the_province() {
        let mut sample = Sample::default();
        let outlines = add(&mut sample);
        assert_eq!(outlines.len(), 28);
        let geo::Geometry::MultiPolygon(whole) = &sample.items("admin_province")[0].geometry else {
            panic!()
        };
        let sum: f64 = outlines.values().map(Area::unsigned_area).sum();
        assert!((sum - whole.unsigned_area()).abs() < 1.0, "{sum} {}", whole.unsigned_area());
        for c in &COMMUNES {
            let outline = &outlines[c.code];
            assert!(outline.is_valid(), "{}", c.name);
            assert!(outline.contains(&Point::from(place(c.centre))), "{}", c.name);
            assert_eq!(outlines.values().filter(|o| o.intersects(&Point::from(place(c.centre)))).count(), 1);
        }
    }
}
