//! How areas stand to each other, case by case, and against the overlay.

use std::sync::Arc;

use geo::{Area, BooleanOps, Polygon};
use proptest::prelude::*;

use super::contact::{Scratch, contact};
use super::outline::{Outline, Place, Step, Window};
use crate::access::View;
use crate::features::{LayerBuilder, LayerReader, Query, Snapshot};
use crate::layers::{ItemRow, LayerDef};

/// A layer of areas, each given by its rings in steps from a corner in Gia Nghĩa.
fn reader(areas: &[Vec<Vec<Step>>]) -> LayerReader {
    let text = serde_json::json!({"vi": "x", "en": "x"});
    let def: Arc<LayerDef> = Arc::new(
        serde_json::from_value(serde_json::json!({
            "id": "thing", "title": text, "theme": "land", "owner": ["NNMT"], "access": "O", "geometry": "Polygon",
        }))
        .unwrap(),
    );
    let mut builder = LayerBuilder::new(def.clone());
    for (n, rings) in areas.iter().enumerate() {
        let mut wkb = vec![1, 3, 0, 0, 0];
        wkb.extend_from_slice(&(rings.len() as u32).to_le_bytes());
        for ring in rings {
            wkb.extend_from_slice(&(ring.len() as u32 + 1).to_le_bytes());
            for p in ring.iter().chain(ring.first()) {
                wkb.extend_from_slice(&((4_116_000_000 + p[0]) as f64 / 10_000.0).to_le_bytes());
                wkb.extend_from_slice(&((13_271_950_000_i64 + p[1]) as f64 / 10_000.0).to_le_bytes());
            }
        }
        builder.push(&ItemRow { fid: n as i64 + 1, version: 1, wkb, values: Vec::new() }).unwrap();
    }
    let mut snapshot = Snapshot::default();
    snapshot.insert(builder.build());
    snapshot.layer(&View::system(&def)).unwrap()
}

fn outlines(areas: &[Vec<Vec<Step>>]) -> Vec<Outline> {
    reader(areas).query(&Query::default()).unwrap().map(|item| Outline::of(&item)).collect()
}

fn square(x: i64, y: i64, side: i64) -> Vec<Step> {
    vec![[x, y], [x + side, y], [x + side, y + side], [x, y + side]]
}

#[test]
fn neighbours_touch_and_do_not_overlap() {
    let hole = vec![square(0, 0, 90), square(30, 30, 30)];
    #[allow(clippy::type_complexity, reason = "a table of cases")]
    let cases: &[(Vec<Vec<Step>>, Vec<Vec<Step>>, bool, bool, &str)] = &[
        (vec![square(0, 0, 10)], vec![square(10, 0, 10)], false, false, "a side"),
        (vec![square(0, 0, 10)], vec![square(10, 10, 10)], false, false, "a corner"),
        (vec![square(0, 0, 10)], vec![square(10, 3, 4)], false, false, "part of a side"),
        (vec![square(0, 0, 10)], vec![square(20, 0, 10)], false, false, "apart"),
        (vec![square(0, 0, 10)], vec![square(0, 0, 10)], true, true, "equal"),
        (vec![square(2, 2, 4)], vec![square(0, 0, 10)], true, true, "inside"),
        (vec![square(0, 2, 4)], vec![square(0, 0, 10)], true, true, "inside, at the border"),
        (vec![square(0, 0, 10)], vec![square(2, 2, 4)], true, false, "around"),
        (vec![square(0, 0, 10)], vec![square(9, 0, 10)], true, false, "a strip with sides in line"),
        (
            vec![square(0, 0, 10)],
            vec![vec![[5, -5], [15, 5], [5, 15], [-5, 5]]],
            true,
            true,
            "through the corners",
        ),
        (vec![square(30, 30, 30)], hole.clone(), false, false, "fills the hole"),
        (vec![square(35, 35, 5)], hole.clone(), false, false, "in the hole"),
        (vec![square(10, 10, 60)], hole.clone(), true, false, "around the hole"),
        (vec![square(25, 35, 5)], hole, true, true, "between border and hole"),
    ];
    for (a, b, meet, covered, name) in cases {
        let both = outlines(&[a.clone(), b.clone()]);
        let how = contact(&both[0], &both[1], &mut Scratch::default());
        assert_eq!((how.interiors_meet(), how.a_covered()), (*meet, *covered), "{name}: {how:?}");
        let back = contact(&both[1], &both[0], &mut Scratch::default());
        assert_eq!(back.interiors_meet(), *meet, "{name}, the other way round");
    }
}

#[test]
fn a_point_is_inside_outside_or_on_the_border() {
    let area = &outlines(&[vec![square(0, 0, 10), square(4, 4, 2)]])[0];
    let corner = [4_116_000_000_i64, 13_271_950_000];
    for (p, place) in [
        ([1, 1], Place::Inside),
        ([5, 5], Place::Outside),
        ([4, 5], Place::Boundary),
        ([0, 0], Place::Boundary),
        ([11, 4], Place::Outside),
        ([3, 4], Place::Inside),
    ] {
        assert_eq!(area.locate([2 * (corner[0] + p[0]), 2 * (corner[1] + p[1])]), place, "{p:?}");
    }
}

/// A star-shaped ring on a coarse grid, so that touching is common.
fn star() -> impl Strategy<Value = Vec<Step>> {
    (0..20_i64, 0..20_i64, prop::collection::vec(2..14_i64, 5..9)).prop_map(|(x, y, radii)| {
        let n = radii.len() as f64;
        let vertex = |(i, r): (usize, &i64)| {
            let (sin, cos) = (i as f64 / n * std::f64::consts::TAU).sin_cos();
            [(x + (*r as f64 * cos).round() as i64) * 1000, (y + (*r as f64 * sin).round() as i64) * 1000]
        };
        let mut ring: Vec<Step> = radii.iter().enumerate().map(vertex).collect();
        ring.dedup();
        ring
    })
}

fn polygon(ring: &[Step]) -> Polygon<f64> {
    Polygon::new(ring.iter().map(|p| (p[0] as f64, p[1] as f64)).collect(), Vec::new())
}

proptest! {
    #[test]
    fn contact_agrees_with_the_overlay(a in star(), b in star(), many in any::<bool>()) {
        use geo::Validation;
        prop_assume!(a.len() > 3 && b.len() > 3);
        let (pa, pb) = (polygon(&a), polygon(&b));
        prop_assume!(pa.is_valid() && pb.is_valid());
        let shared = pa.intersection(&pb).unsigned_area();
        let outside = pa.difference(&pb).unsigned_area();
        let split = |ring: &[Step]| -> Vec<Step> {
            // Many collinear vertices: the tree of edges is used.
            let next = ring.iter().cycle().skip(1);
            ring.iter().zip(next).flat_map(|(p, q)| {
                let (dx, dy) = (q[0] - p[0], q[1] - p[1]);
                (0..20).map(move |k| [p[0] * 20 + dx * k, p[1] * 20 + dy * k])
            }).collect()
        };
        let scaled = |ring: &[Step]| -> Vec<Step> { ring.iter().map(|p| [p[0] * 20, p[1] * 20]).collect() };
        let both = outlines(&[vec![scaled(&a)], vec![if many { split(&b) } else { scaled(&b) }]]);
        let how = contact(&both[0], &both[1], &mut Scratch::default());
        prop_assert_eq!(how.interiors_meet(), shared > 1.0, "{:?} shared {}", how, shared);
        prop_assert_eq!(how.a_covered(), outside < 1.0 && shared > 1.0, "{:?} outside {}", how, outside);
    }
}

#[test]
fn a_cut_outline_keeps_its_area_within_the_window() {
    let area = &outlines(&[vec![square(0, 0, 100_000), square(30_000, 30_000, 20_000)]])[0];
    let corner = [4_116_000_000_i64, 13_271_950_000];
    let window =
        Window::of([corner[0] + 20_000, corner[1] - 50_000], [corner[0] + 40_000, corner[1] + 40_000]);
    let within = area.rings_within(&window, corner);
    let all = Polygon::from(geo::Rect::new((-50.0, -50.0), (50.0, 50.0)));
    // 2 × 4 m less the corner of the hole, 1 × 1 m.
    assert!((within.intersection(&all).unsigned_area() - 7.0).abs() < 1e-6);
}
