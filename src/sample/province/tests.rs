use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use geo::{
    Area, BooleanOps, BoundingRect, Contains, Coord, Geometry, Intersects, Point, Polygon, Validation,
};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use sha2::{Digest, Sha256};

use super::*;
use crate::layers::{Attribute, AttributeType as T, Catalog, GeometryKind, Source, Value, embedded};
use crate::sample::demo_sites::{QUARTERS, SITES};

fn sample() -> &'static Sample {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    SAMPLE.get_or_init(|| generate(SEED))
}

fn text(item: &SampleItem, name: &str) -> String {
    match item.value(name) {
        Value::Text(s) => s,
        other => panic!("{name}: {other:?}"),
    }
}

fn polygon(item: &SampleItem) -> &Polygon<f64> {
    match &item.geometry {
        Geometry::Polygon(p) => p,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_layer_of_its_own_has_items_and_the_towns_have_parcels() {
    let catalog = embedded().unwrap();
    for layer in catalog.layers.values().filter(|l| l.source == Source::Table) {
        assert!(sample().count(&layer.id) > 0, "{}", layer.id);
    }
    assert!(sample().count("parcel") >= 20_000, "{}", sample().count("parcel"));
    assert!(sample().count("building") >= 15_000);
    for commune in TOWN_COMMUNES {
        let n = sample().items("parcel").iter().filter(|i| text(i, "commune_code") == commune).count();
        assert!(n > 2_500, "{commune}: {n}");
    }
}

#[test]
fn every_value_obeys_its_layer() {
    let catalog = embedded().unwrap();
    for id in catalog.layers.keys() {
        let layer = &catalog.layers[id];
        let mut keys = BTreeSet::new();
        for item in sample().items(id) {
            assert!(kind_fits(layer.geometry, &item.geometry), "{id}: {:?}", item.geometry);
            let row = item.to_row(layer).unwrap();
            for (attribute, value) in layer.attributes.iter().zip(&row.values) {
                let wrong = wrong(&catalog, attribute, value);
                assert_eq!(wrong, None, "{id}.{}: {value:?}", attribute.name);
            }
            let key: Vec<String> = layer.key.iter().map(|k| format!("{:?}", item.value(k))).collect();
            assert!(keys.insert(key.clone()), "{id}: the key {key:?} stands twice");
            assert_eq!(*row.values.last().unwrap(), Value::Bool(true), "{id}: made_up");
        }
    }
}

fn kind_fits(kind: GeometryKind, geometry: &Geometry<f64>) -> bool {
    matches!(
        (kind, geometry),
        (GeometryKind::Point, Geometry::Point(_))
            | (GeometryKind::LineString, Geometry::LineString(_))
            | (GeometryKind::Polygon, Geometry::Polygon(_))
            | (GeometryKind::MultiPolygon, Geometry::MultiPolygon(_))
    )
}

fn wrong(catalog: &Catalog, attribute: &Attribute, value: &Value) -> Option<&'static str> {
    let number = match (value, attribute.kind) {
        (Value::Null, _) => return attribute.required.then_some("required"),
        (Value::Text(s), T::Text) => {
            let known = |list: &String| catalog.code_list(list).is_some_and(|l| l.code(s).is_some());
            return attribute.codes.as_ref().is_some_and(|list| !known(list)).then_some("unknown code");
        }
        (Value::Bool(_), T::Boolean) | (Value::Date(_), T::Date) | (Value::Time(_), T::Timestamp) => {
            return None;
        }
        (Value::Int(i), T::Integer) => *i as f64,
        (Value::Real(r), T::Real) => *r,
        _ => return Some("type"),
    };
    let outside = attribute.min.is_some_and(|m| number < m) || attribute.max.is_some_and(|m| number > m);
    (!number.is_finite() || outside).then_some("out of range")
}

#[test]
fn geometries_are_valid_and_within_the_province() {
    for (layer, items) in &sample().layers_by_ref() {
        for item in *items {
            let g = &item.geometry;
            let valid = match g {
                Geometry::Polygon(p) if p.interiors().is_empty() && p.exterior().0.len() > 200 => {
                    lines::is_simple(p.exterior())
                }
                other => other.is_valid(),
            };
            assert!(valid, "{layer}: {:?}", item.values.first());
            let bounds = g.bounding_rect().unwrap();
            assert!(bounds.min().x > 340_000.0 && bounds.max().x < 480_000.0, "{layer} {bounds:?}");
            assert!(bounds.min().y > 1_280_000.0 && bounds.max().y < 1_440_000.0, "{layer} {bounds:?}");
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let hash = |sample: &Sample| {
        let mut hash = Sha256::new();
        for (layer, items) in &sample.layers_by_ref() {
            hash.update(layer);
            items.iter().for_each(|i| hash.update(format!("{i:?}")));
        }
        hex::encode(hash.finalize())
    };
    let first = hash(sample());
    assert_eq!(first, hash(&generate(SEED)));
    assert_ne!(first, hash(&generate(SEED + 1)));
}

#[test]
fn the_demo_sites_are_exactly_as_fixed_and_free() {
    let parcels: BTreeMap<String, &SampleItem> =
        sample().items("parcel").iter().map(|i| (text(i, "code"), i)).collect();
    for q in QUARTERS {
        for (parcel, lot) in q.list_parcels() {
            let item = parcels[&parcel.code];
            let ring: Vec<[f64; 2]> = polygon(item).exterior().coords().map(|c| [c.x, c.y]).collect();
            assert_eq!(ring, q.ring(&parcel.rect), "{}", parcel.code);
            assert_eq!(text(item, "land_use"), lot.land_use);
        }
        for street in q.streets {
            let width = Value::Real(street.width_between_red_lines_m());
            let fits = |i: &&SampleItem| text_or_empty(i, "name") == street.name;
            let road = sample().items("road").iter().filter(fits);
            assert!(
                road.clone().count() > 0
                    && road.clone().all(|i| i.value("width_between_red_lines_m") == width)
            );
            assert!(
                road.clone().all(|i| text(i, "planning_class") == street.planning_class),
                "{}",
                street.name
            );
        }
        let plan = |i: &&SampleItem| text(i, "name") == q.plan.name;
        assert_eq!(sample().items("plan_boundary").iter().filter(plan).count(), 1);
    }
    let sheet = |p: &str| p.rsplit_once('-').map(|(s, _)| s.to_owned());
    for site in &SITES {
        assert!(
            !sample().items("building").iter().any(|b| text(b, "parcel_code") == site.parcel_code),
            "{}",
            site.id
        );
        let of_sheet = parcels.keys().filter(|c| sheet(c) == sheet(site.parcel_code)).count();
        assert_eq!(of_sheet, site.quarter.list_parcels().len(), "the quarter's sheet is its own");
    }
}

fn text_or_empty(item: &SampleItem, name: &str) -> String {
    match item.value(name) {
        Value::Text(s) => s,
        _ => String::new(),
    }
}

type Entry = GeomWithData<Rectangle<[f64; 2]>, usize>;

fn tree(polygons: &[&Polygon<f64>]) -> RTree<Entry> {
    let entry = |(i, p): (usize, &&Polygon<f64>)| {
        let r = p.bounding_rect().unwrap();
        Entry::new(Rectangle::from_corners([r.min().x, r.min().y], [r.max().x, r.max().y]), i)
    };
    RTree::bulk_load(polygons.iter().enumerate().map(entry).collect())
}

/// Whether a line between the two convex rings exists: the sides of both are tried.
fn apart(a: &Polygon<f64>, b: &Polygon<f64>) -> bool {
    let one_side = |a: &Polygon<f64>, b: &Polygon<f64>| {
        let turn = a.signed_area().signum();
        a.exterior().lines().any(|l| {
            let beyond = |c: &Coord<f64>| {
                ((l.end.x - l.start.x) * (c.y - l.start.y) - (l.end.y - l.start.y) * (c.x - l.start.x)) * turn
            };
            // A micrometre: corners lie on the grid exactly, products of doubles do not.
            b.exterior().coords().all(|c| beyond(c) <= 1e-6 * l.delta().x.hypot(l.delta().y).max(1.0))
        })
    };
    one_side(a, b) || one_side(b, a)
}

#[test]
fn parcels_do_not_overlap_each_other_or_roads() {
    let parcels: Vec<&Polygon<f64>> = sample().items("parcel").iter().map(polygon).collect();
    let index = tree(&parcels);
    let near = |p: &Polygon<f64>| {
        let r = p.bounding_rect().unwrap();
        AABB::from_corners([r.min().x, r.min().y], [r.max().x, r.max().y])
    };
    for (i, a) in parcels.iter().enumerate() {
        for other in index.locate_in_envelope_intersecting(near(a)).map(|e| e.data).filter(|j| *j > i) {
            let b = parcels[other];
            assert!(apart(a, b) || a.intersection(b).unsigned_area() < 1e-3, "{i} {other}");
        }
    }
    // A road that ran over a parcel would hold one of its corners, drawn in by a decimetre.
    let roads: Vec<&Polygon<f64>> = sample().items("road").iter().map(polygon).collect();
    let road_index = tree(&roads);
    for (i, parcel) in parcels.iter().enumerate() {
        let centre = middle(parcel);
        for corner in parcel.exterior().points() {
            let inwards = (centre - corner) * (0.1 / (centre - corner).x().hypot((centre - corner).y()));
            let at = corner + inwards;
            let over = |e: &Entry| roads[e.data].contains(&at);
            let hit = road_index
                .locate_in_envelope_intersecting(AABB::from_point([at.x(), at.y()]))
                .find(|e| over(e));
            assert!(
                hit.is_none(),
                "parcel {i} {:?} lies on a road",
                sample().items("parcel")[i].value("code")
            );
        }
    }
}

#[test]
fn parcels_fill_their_zoning_lots_and_share_their_edges() {
    let parcels: Vec<&Polygon<f64>> = sample().items("parcel").iter().map(polygon).collect();
    let index = tree(&parcels);
    let mut filled = 0;
    for lot in sample().items("zoning_lot") {
        let outline = polygon(lot);
        let r = outline.bounding_rect().unwrap();
        let box_around = AABB::from_corners([r.min().x, r.min().y], [r.max().x, r.max().y]);
        let inside: Vec<&Polygon<f64>> = index
            .locate_in_envelope_intersecting(box_around)
            .map(|e| parcels[e.data])
            .filter(|p| outline.contains(&middle(p)))
            .collect();
        if inside.is_empty() {
            assert_eq!(text(lot, "use"), "green_buffer", "{:?}", lot.value("lot_code"));
            continue;
        }
        let sum: f64 = inside.iter().map(|p| p.unsigned_area()).sum();
        assert!((sum - outline.unsigned_area()).abs() < 0.01, "{:?}: {sum}", lot.value("lot_code"));
        // Every edge of a parcel is another's edge backwards, or one of the lot's own.
        let key = |a: Coord<f64>, b: Coord<f64>| [a.x, a.y, b.x, b.y].map(f64::to_bits);
        let edges = |p: &Polygon<f64>| p.exterior().lines().map(|l| key(l.start, l.end)).collect::<Vec<_>>();
        let all: BTreeSet<_> = inside.iter().flat_map(|p| edges(p)).collect();
        let border: BTreeSet<_> = edges(outline).into_iter().collect();
        for [ax, ay, bx, by] in &all {
            assert!(border.contains(&[*ax, *ay, *bx, *by]) || all.contains(&[*bx, *by, *ax, *ay]));
        }
        filled += 1;
    }
    assert!(filled > 500);
}

fn middle(polygon: &Polygon<f64>) -> Point<f64> {
    geo::Centroid::centroid(polygon).unwrap()
}

#[test]
fn buildings_stand_on_their_parcels() {
    let parcels: BTreeMap<String, &Polygon<f64>> =
        sample().items("parcel").iter().map(|i| (text(i, "code"), polygon(i))).collect();
    for building in sample().items("building") {
        let parcel = parcels[&text(building, "parcel_code")];
        let corners = polygon(building).exterior().points();
        assert!(corners.into_iter().all(|c| parcel.contains(&c)), "{:?}", building.value("code"));
    }
}

#[test]
fn points_stand_where_such_things_stand() {
    let roads: Vec<&Polygon<f64>> = sample().items("road").iter().map(polygon).collect();
    let index = tree(&roads);
    let on_road = |item: &SampleItem| {
        let Geometry::Point(p) = item.geometry else { panic!() };
        let at = AABB::from_point([p.x(), p.y()]);
        index.locate_in_envelope_intersecting(at).any(|e| roads[e.data].intersects(&p))
    };
    for layer in
        ["hydrant", "tree", "street_light", "manhole", "traffic_signal", "camera_traffic", "waste_bin"]
    {
        let off = sample().items(layer).iter().filter(|i| !on_road(i)).count();
        assert!(
            off * 200 <= sample().count(layer),
            "{layer}: {off} of {} off the street",
            sample().count(layer)
        );
    }
    for layer in ["school", "hospital_clinic", "market"] {
        assert!(!sample().items(layer).iter().any(on_road), "{layer}");
    }
}
