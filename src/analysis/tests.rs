//! Cases that can be worked out by hand, in metres of EPSG:9218 around (400000, 1300000).

use std::sync::Arc;
use std::time::Duration;

use geo::{Area, Coord, Euclidean, Geometry, Length, LineString, Point, Rect};
use serde_json::json;

use super::*;
use crate::access::View;
use crate::features::{LayerBuilder, LayerReader, Snapshot};
use crate::layers::{ItemRow, LayerDef, Value};

const E: f64 = 400_000.0;
const N: f64 = 1_300_000.0;

fn def(id: &str, geometry: &str, attributes: &[(&str, &str)]) -> Arc<LayerDef> {
    let attributes: Vec<_> = attributes
        .iter()
        .map(|(name, kind)| json!({"name": name, "type": kind, "title": {"vi": name, "en": name}}))
        .collect();
    let def = json!({
        "id": id, "title": {"vi": id, "en": id}, "theme": "t", "geometry": geometry, "owner": [], "access": "O",
        "label": "name", "attribute": attributes,
    });
    Arc::new(serde_json::from_value(def).unwrap())
}

/// A layer of made rows, as the program itself reads it.
fn items(def: &Arc<LayerDef>, rows: Vec<(Geometry<f64>, Vec<Value>)>) -> Source {
    let mut builder = LayerBuilder::new(def.clone());
    for (i, (geometry, values)) in rows.into_iter().enumerate() {
        let wkb = {
            use geozero::{CoordDimensions, ToWkb};
            geometry.to_wkb(CoordDimensions::xy()).unwrap()
        };
        builder.push(&ItemRow { fid: i as i64 + 1, version: 1, wkb, values }).unwrap();
    }
    let mut snapshot = Snapshot::default();
    snapshot.insert(builder.build());
    let reader: LayerReader = snapshot.layer(&View::system(def)).unwrap();
    Source::Items { reader, query: Box::default(), area: None }
}

fn square(x: f64, y: f64, side: f64) -> Geometry<f64> {
    let low = Coord { x: E + x, y: N + y };
    Geometry::Polygon(Rect::new(low, low + Coord { x: side, y: side }).to_polygon())
}

fn point(x: f64, y: f64) -> Geometry<f64> {
    Geometry::Point(Point::new(E + x, N + y))
}

fn line(points: &[(f64, f64)]) -> Geometry<f64> {
    Geometry::LineString(LineString::from_iter(points.iter().map(|(x, y)| Coord { x: E + x, y: N + y })))
}

fn text(t: &str) -> Value {
    Value::Text(t.to_owned())
}

fn work() -> Work {
    Work::new(Progress::default(), Duration::from_secs(30))
}

fn names(outcome: &Outcome) -> Vec<String> {
    outcome
        .rows
        .iter()
        .map(|r| if let Value::Text(t) = &r.values[0] { t.clone() } else { String::new() })
        .collect()
}

fn column(outcome: &Outcome, name: &str) -> usize {
    outcome.columns.iter().position(|c| c.name == name).unwrap_or_else(|| panic!("no column {name}"))
}

fn real(value: &Value) -> f64 {
    match value {
        Value::Real(r) => *r,
        Value::Int(i) => *i as f64,
        other => panic!("{other:?} is no number"),
    }
}

fn homes() -> Source {
    let def = def("home", "Point", &[("name", "text"), ("people", "integer")]);
    let home = |name: &str, x: f64, y: f64, people: i64| (point(x, y), vec![text(name), Value::Int(people)]);
    items(
        &def,
        vec![
            home("a", 10.0, 10.0, 2),
            home("b", 50.0, 50.0, 3),
            home("c", 150.0, 50.0, 4),
            home("d", 900.0, 900.0, 5),
        ],
    )
}

fn lots() -> Source {
    let def = def("lot", "Polygon", &[("name", "text")]);
    items(
        &def,
        vec![(square(0.0, 0.0, 100.0), vec![text("west")]), (square(100.0, 0.0, 100.0), vec![text("east")])],
    )
}

#[test]
fn selects_by_every_relation() {
    let (homes, lots) = (homes(), lots());
    let of = |relation| names(&select(&homes, Some((relation, &lots)), 100, &mut work()).unwrap());
    assert_eq!(of(Relation::Intersects), ["a", "b", "c"]);
    assert_eq!(of(Relation::Within), ["a", "b", "c"]);
    assert_eq!(of(Relation::Disjoint), ["d"]);
    assert_eq!(of(Relation::WithinDistance(990.0)), ["a", "b", "c"]);
    // d is 700 m east and 800 m north of the corner (200, 100).
    assert_eq!(of(Relation::WithinDistance(1063.1)), ["a", "b", "c", "d"]);
    let contains = select(&lots, Some((Relation::Contains, &homes)), 100, &mut work()).unwrap();
    assert_eq!(names(&contains), ["west", "east"]);
    let touches = select(&lots, Some((Relation::Touches, &lots)), 100, &mut work()).unwrap();
    assert_eq!(names(&touches), ["west", "east"], "neighbours touch; a lot is not compared with itself");
    let place = Source::Place(square(40.0, 40.0, 20.0));
    let drawn = select(&homes, Some((Relation::Intersects, &place)), 100, &mut work()).unwrap();
    assert_eq!(names(&drawn), ["b"]);
}

#[test]
fn a_limit_cuts_the_rows_and_not_the_count() {
    let outcome = select(&homes(), None, 2, &mut work()).unwrap();
    assert_eq!((outcome.rows.len(), outcome.matched), (2, 4));
}

#[test]
fn buffers_are_round_and_dissolve() {
    let homes = homes();
    let apart = buffer(&homes, Buffered { distance_m: 100.0, dissolve: false }, 100, &mut work()).unwrap();
    assert_eq!(apart.rows.len(), 4);
    let circle = std::f64::consts::PI * 100.0 * 100.0;
    let m2 = real(apart.rows[3].values.last().unwrap());
    assert!((m2 / circle - 1.0).abs() < 0.01, "{m2} m² for a circle of {circle} m²");
    let whole = buffer(&homes, Buffered { distance_m: 100.0, dissolve: true }, 100, &mut work()).unwrap();
    let m2 = real(&whole.rows[0].values[0]);
    assert!(m2 < 3.9 * circle && m2 > 2.0 * circle, "{m2}: overlaps count once");
}

#[test]
fn intersection_gives_the_shared_pieces() {
    let def = def("plan", "Polygon", &[("name", "text")]);
    let plan = items(&def, vec![(square(50.0, 0.0, 100.0), vec![text("plan")])]);
    let shared = intersect(&plan, &lots(), 100, &mut work()).unwrap();
    let m2 = column(&shared, "area_m2");
    let areas: Vec<f64> = shared.rows.iter().map(|r| real(&r.values[m2])).collect();
    assert_eq!(areas.len(), 2);
    assert!(areas.iter().all(|a| (a - 5000.0).abs() < 0.01), "{areas:?}");
    let touching = items(&def, vec![(square(200.0, 0.0, 100.0), vec![text("beside")])]);
    assert_eq!(
        intersect(&touching, &lots(), 100, &mut work()).unwrap().matched,
        0,
        "a shared border is no piece"
    );
    let road = Source::Place(line(&[(-10.0, 50.0), (110.0, 50.0)]));
    let along = intersect(&road, &lots(), 100, &mut work()).unwrap();
    let m = column(&along, "length_m");
    let lengths: Vec<f64> = along.rows.iter().map(|r| real(&r.values[m])).collect();
    assert!((lengths[0] - 100.0).abs() < 1e-3 && (lengths[1] - 10.0).abs() < 1e-3, "{lengths:?}");
    let cross =
        intersect(&road, &Source::Place(line(&[(20.0, 0.0), (20.0, 100.0)])), 100, &mut work()).unwrap();
    assert_eq!(cross.matched, 1);
}

#[test]
fn the_nearest_come_in_their_order() {
    let how = Nearest { count: 2, max_distance_m: 500.0 };
    let outcome = nearest(&Source::Place(point(0.0, 10.0)), &homes(), how, 100, &mut work()).unwrap();
    let (to, m) = (column(&outcome, "to"), column(&outcome, "distance_m"));
    let found: Vec<(String, f64)> = outcome
        .rows
        .iter()
        .map(|r| {
            (if let Value::Text(t) = &r.values[to] { t.clone() } else { String::new() }, real(&r.values[m]))
        })
        .collect();
    assert_eq!(found[0], ("a".to_owned(), 10.0));
    assert_eq!(found[1].0, "b");
    assert!((found[1].1 - 50_f64.hypot(40.0)).abs() < 1e-9);
    // A large feature's nearest point counts, not its centre.
    let lots = nearest(&Source::Place(point(-5.0, 90.0)), &lots(), how, 100, &mut work()).unwrap();
    assert!((real(&lots.rows[0].values[m]) - 5.0).abs() < 1e-9);
    assert!(
        matches!(&lots.rows[0].geometry, Some(Geometry::LineString(l)) if (Euclidean.length(l) - 5.0).abs() < 1e-6)
    );
    let itself =
        nearest(&homes(), &homes(), Nearest { count: 1, max_distance_m: 5000.0 }, 100, &mut work()).unwrap();
    assert!(itself.rows.iter().all(|r| r.values[column(&itself, "distance_m")] != Value::Real(0.0)));
}

#[test]
fn aggregates_by_zone_and_group() {
    let def = def("parcel", "Polygon", &[("name", "text"), ("use", "text"), ("floors", "integer")]);
    let parcel = |x: f64, land_use: &str, floors: i64| {
        (square(x, 10.0, 20.0), vec![Value::Null, text(land_use), Value::Int(floors)])
    };
    // The third lies across the border: 15 of its 20 metres in the east.
    let parcels = items(
        &def,
        vec![parcel(0.0, "ODT", 2), parcel(30.0, "CLN", 4), parcel(95.0, "ODT", 6), parcel(500.0, "ODT", 1)],
    );
    let how = Aggregate { attribute: Some("floors".into()), ..Aggregate::default() };
    let outcome = aggregate(&parcels, &lots(), &how, 100, &mut work()).unwrap();
    assert_eq!(names(&outcome), ["west", "east"]);
    let get = |row: usize, name: &str| real(&outcome.rows[row].values[column(&outcome, name)]);
    assert_eq!((get(0, "count"), get(1, "count")), (2.0, 1.0));
    assert!((get(0, "area_m2") - 900.0).abs() < 0.01 && (get(1, "area_m2") - 300.0).abs() < 0.01);
    assert_eq!((get(0, "sum_floors"), get(0, "mean_floors"), get(1, "max_floors")), (6.0, 3.0, 6.0));
    let outside = outcome.figures.iter().find(|f| f.name == "outside").unwrap();
    assert_eq!(outside.value, Value::Int(1));
    let grouped = Aggregate { group_by: Some("use".into()), ..Aggregate::default() };
    let outcome = aggregate(&parcels, &lots(), &grouped, 100, &mut work()).unwrap();
    let rows: Vec<(String, f64)> = outcome
        .rows
        .iter()
        .map(|r| (format!("{:?}/{:?}", r.values[0], r.values[2]), real(&r.values[3])))
        .collect();
    assert_eq!(rows.len(), 3, "{rows:?}");
}

fn roads(rows: Vec<(Geometry<f64>, &str, bool)>) -> Source {
    let def = def("road", "LineString", &[("name", "text"), ("road_class", "text"), ("oneway", "boolean")]);
    let rows =
        rows.into_iter().map(|(g, class, oneway)| (g, vec![Value::Null, text(class), Value::Bool(oneway)]));
    items(&def, rows.collect())
}

/// Roads of a level; none where nothing is said.
fn levels(rows: Vec<(Geometry<f64>, Option<i64>)>) -> Source {
    let def = def("road", "LineString", &[("name", "text"), ("level", "integer")]);
    let value = |level: Option<i64>| level.map_or(Value::Null, Value::Int);
    items(&def, rows.into_iter().map(|(g, level)| (g, vec![Value::Null, value(level)])).collect())
}

/// Minutes on foot from (0, 0) to a home there, where a road leads to it.
fn walk(roads: &Source, home: (f64, f64)) -> Option<f64> {
    let def = def("home", "Point", &[("name", "text")]);
    let homes = items(&def, vec![(point(home.0, home.1), vec![text("home")])]);
    let how = Reach { access_m: 20.0, ..how(Mode::Walk, Direction::From, 60.0) };
    let outcome = reach(&Source::Place(point(0.0, 0.0)), Some(&homes), roads, &how, 10, &mut work()).unwrap();
    minutes_of(&outcome).first().map(|(_, minutes)| *minutes)
}

fn how(mode: Mode, direction: Direction, minutes: f64) -> Reach {
    Reach { minutes: vec![minutes], mode, direction, access_m: 100.0 }
}

fn minutes_of(outcome: &Outcome) -> Vec<(String, f64)> {
    let m = column(outcome, "minutes");
    outcome.rows.iter().zip(names(outcome)).map(|(r, n)| (n, real(&r.values[m]))).collect()
}

#[test]
fn reach_follows_roads_and_not_the_crow() {
    // A T: the second road ends half a metre beside the first, which has no vertex there.
    let roads = roads(vec![
        (line(&[(0.0, 0.0), (1000.0, 0.0)]), "urban_area", false),
        (line(&[(500.0, 0.5), (500.0, 750.0)]), "urban_area", false),
        (line(&[(0.0, 3000.0), (1000.0, 3000.0)]), "urban_area", false),
    ]);
    let def = def("home", "Point", &[("name", "text")]);
    let homes = items(
        &def,
        vec![
            (point(250.0, 0.0), vec![text("beside")]),
            (point(500.0, 750.0), vec![text("up")]),
            (point(500.0, 3000.0), vec![text("elsewhere")]),
        ],
    );
    let clinic = Source::Place(point(0.0, 0.0));
    let outcome =
        reach(&clinic, Some(&homes), &roads, &how(Mode::Walk, Direction::To, 20.0), 100, &mut work())
            .unwrap();
    let found = minutes_of(&outcome);
    assert_eq!(found.len(), 2, "no road leads elsewhere: {found:?}");
    // 250 m and 500 + 750 m at 75 m a minute.
    assert!((found[0].1 - 3.33).abs() < 0.01 && (found[1].1 - 16.67).abs() < 0.03, "{found:?}");
    let area = outcome.areas[0].geometry.as_ref().unwrap();
    assert!(area.unsigned_area() > 200.0 * 1500.0, "{}", area.unsigned_area());
}

#[test]
fn one_way_streets_are_heeded_both_ways() {
    let roads = roads(vec![(line(&[(0.0, 0.0), (600.0, 0.0)]), "urban_area", true)]);
    let def = def("home", "Point", &[("name", "text")]);
    let homes = items(
        &def,
        vec![(point(100.0, 0.0), vec![text("before")]), (point(500.0, 0.0), vec![text("behind")])],
    );
    let station = Source::Place(point(300.0, 0.0));
    let of = |mode, direction| {
        let o = reach(&station, Some(&homes), &roads, &how(mode, direction, 10.0), 100, &mut work()).unwrap();
        names(&o)
    };
    assert_eq!(of(Mode::Car, Direction::From), ["behind"]);
    assert_eq!(of(Mode::Car, Direction::To), ["before"]);
    assert_eq!(of(Mode::Walk, Direction::To), ["before", "behind"]);
}

#[test]
fn crossing_lines_are_junctions_and_cars_keep_off_paths() {
    let roads = roads(vec![
        (line(&[(0.0, 0.0), (1000.0, 0.0)]), "urban_area", false),
        (line(&[(500.0, -500.0), (500.0, 500.0)]), "path", false),
    ]);
    let def = def("home", "Point", &[("name", "text")]);
    let homes = items(&def, vec![(point(500.0, 400.0), vec![text("north")])]);
    let clinic = Source::Place(point(300.0, 0.0));
    let of = |mode| {
        let o =
            reach(&clinic, Some(&homes), &roads, &how(mode, Direction::To, 30.0), 100, &mut work()).unwrap();
        minutes_of(&o)
    };
    // 200 m along, 400 m up, at 75 m a minute.
    assert!((of(Mode::Walk)[0].1 - 8.0).abs() < 0.01);
    assert!(of(Mode::Car).is_empty());
}

#[test]
fn roads_of_different_level_cross_without_meeting() {
    let street = || line(&[(0.0, 0.0), (1000.0, 0.0)]);
    let across = || line(&[(500.0, -500.0), (500.0, 500.0)]);
    // 500 m along, 400 m up, at 75 m a minute.
    for level in [None, Some(0)] {
        assert_eq!(walk(&levels(vec![(street(), None), (across(), level)]), (500.0, 400.0)), Some(12.0));
    }
    for level in [1, -1] {
        let roads = levels(vec![(street(), None), (across(), Some(level))]);
        assert_eq!(walk(&roads, (500.0, 400.0)), None, "{level}");
    }
    // A vertex of the bridge on one of the street below, and one beside it, make no junction.
    let street = line(&[(0.0, 0.0), (500.0, 0.0), (1000.0, 0.0)]);
    for x in [500.0, 500.4] {
        let bridge = line(&[(x, -500.0), (x, 0.0), (x, 500.0)]);
        assert_eq!(walk(&levels(vec![(street.clone(), None), (bridge, Some(1))]), (x, 400.0)), None, "{x}");
    }
}

#[test]
fn levels_meet_at_the_ends_of_roads() {
    // Street, bridge, street: two lines of level 0 with one of level 1 between them, over a street of level 0.
    let over = |level| {
        levels(vec![
            (line(&[(0.0, 0.0), (300.0, 0.0)]), None),
            (line(&[(300.0, 0.0), (600.0, 0.0)]), Some(level)),
            (line(&[(600.0, 0.0), (1000.0, 0.0)]), None),
            (line(&[(450.0, -300.0), (450.0, 300.0)]), None),
        ])
    };
    assert_eq!(walk(&over(1), (900.0, 0.0)), Some(12.0));
    assert_eq!(walk(&over(1), (450.0, 300.0)), None);
    assert_eq!(walk(&over(0), (450.0, 300.0)), Some(10.0));
    // A ramp that ends half a metre beside the middle of a flyover.
    let ramp = line(&[(0.0, 0.0), (500.0, 0.0)]);
    let flyover = line(&[(500.5, -600.0), (500.5, 600.0)]);
    let minutes = walk(&levels(vec![(ramp.clone(), None), (flyover.clone(), Some(1))]), (500.5, 400.0));
    assert!((minutes.unwrap() - 12.0).abs() < 0.02, "{minutes:?}");
    // The same street ends on another one, which lies below the flyover.
    let below = line(&[(500.0, -600.0), (500.0, 600.0)]);
    let both = levels(vec![(ramp, None), (flyover, Some(1)), (below, None)]);
    assert_eq!(walk(&both, (485.0, 400.0)), Some(12.2), "fifteen metres on foot from the street below");
}

#[test]
fn work_ends_when_nobody_waits_or_time_is_over() {
    let def = def("home", "Point", &[("name", "text")]);
    let many = items(&def, (0..1000).map(|i| (point(f64::from(i), 0.0), vec![text("x")])).collect());
    let progress = Progress::default();
    progress.give_up();
    assert!(select(&many, None, 10, &mut Work::new(progress, Duration::from_secs(30))).is_err());
    assert!(select(&many, None, 10, &mut Work::new(Progress::default(), Duration::ZERO)).is_err());
}

#[test]
fn a_place_that_no_road_comes_near_is_named() {
    let roads = roads(vec![(line(&[(0.0, 0.0), (100.0, 0.0)]), "urban_area", false)]);
    let far = Source::Place(point(5000.0, 5000.0));
    let refused = reach(&far, None, &roads, &how(Mode::Walk, Direction::To, 5.0), 10, &mut work());
    assert!(refused.unwrap_err().to_string().contains("places"));
}

#[test]
fn an_unknown_attribute_is_named() {
    let how = Aggregate { attribute: Some("secret".into()), ..Aggregate::default() };
    let refused = aggregate(&homes(), &lots(), &how, 10, &mut work()).unwrap_err();
    assert!(refused.to_string().contains("secret"));
}
