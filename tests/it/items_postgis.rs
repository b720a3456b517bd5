//! What items say is what PostGIS says: random items, random questions, feature by feature, by none of our own code on
//! the other side.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use dothi::layers::{GeometryKind, Value};
use dothi::store::Author;
use dothi::store::bulk::{Incoming, Mode};
use geo::{Coord, Geometry, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon};
use geozero::{CoordDimensions, ToWkb};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value as Json, json};
use sqlx::{PgConnection, Row};

use crate::formats::layer;
use crate::front::Server;
use crate::wfs::AT;

/// Metres of the square in which all lies.
const REACH: f64 = 2_000.0;
/// Items of a layer.
const ITEMS: usize = 150;
/// Questions to each layer.
const QUESTIONS: usize = 40;
const STORED: &str = "http://www.opengis.net/def/crs/EPSG/0/9218";

fn place(rng: &mut ChaCha8Rng) -> Coord<f64> {
    Coord { x: AT.0 + rng.random_range(0.0..REACH), y: AT.1 + rng.random_range(0.0..REACH) }
}

fn line(rng: &mut ChaCha8Rng) -> LineString<f64> {
    let n = rng.random_range(2..12);
    (0..n).map(|_| place(rng)).collect()
}

/// A star about a place, wound either way, now and then with a hole.
fn area(rng: &mut ChaCha8Rng, at: Coord<f64>) -> Polygon<f64> {
    let n = rng.random_range(3..14);
    let reach: Vec<f64> = (0..n).map(|_| rng.random_range(15.0..90.0)).collect();
    let turn = if rng.random_bool(0.5) { 1.0 } else { -1.0 };
    let ring = |share: f64| -> LineString<f64> {
        let corner = |i: usize| {
            let angle = turn * std::f64::consts::TAU * i as f64 / n as f64;
            Coord { x: at.x + share * reach[i] * angle.cos(), y: at.y + share * reach[i] * angle.sin() }
        };
        (0..=n).map(|i| corner(i % n)).collect()
    };
    Polygon::new(ring(1.0), if rng.random_bool(0.3) { vec![ring(0.3)] } else { vec![] })
}

fn geometry(kind: GeometryKind, rng: &mut ChaCha8Rng) -> Geometry<f64> {
    match kind {
        GeometryKind::Point => Point(place(rng)).into(),
        GeometryKind::MultiPoint => MultiPoint((0..3).map(|_| Point(place(rng))).collect()).into(),
        GeometryKind::LineString => line(rng).into(),
        GeometryKind::MultiLineString => MultiLineString((0..2).map(|_| line(rng)).collect()).into(),
        GeometryKind::Polygon => {
            let at = place(rng);
            area(rng, at).into()
        }
        GeometryKind::MultiPolygon => {
            let at = place(rng);
            let beside = Coord { x: at.x + 250.0, y: at.y };
            MultiPolygon(vec![area(rng, at), area(rng, beside)]).into()
        }
    }
}

fn values(rng: &mut ChaCha8Rng) -> Vec<Value> {
    let texts = ["Đắk Mil", "", "a\"b\\c", "𠀀\u{1}\n", "Nguyễn Thị “Hoà”", "<b>&amp;"];
    let day = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap() + Days::new(rng.random_range(0..30_000));
    let time: DateTime<Utc> =
        day.and_hms_micro_opt(13, 5, 9, rng.random_range(0..1_000_000)).unwrap().and_utc();
    let time = if rng.random_bool(0.5) {
        time
    } else {
        time - TimeDelta::microseconds(time.timestamp_subsec_micros().into())
    };
    let all = [
        Value::Text((*texts.choose(rng).unwrap()).to_owned()),
        Value::Int(*[0, -1, 7, (1 << 53) - 1, rng.random_range(0..40)].choose(rng).unwrap()),
        Value::Real(*[0.1, -0.5, 1e-7, 1.5e15, 123_456.789, rng.random_range(0.0..1e6)].choose(rng).unwrap()),
        Value::Bool(rng.random_bool(0.5)),
        Value::Date(day),
        Value::Date(day + Days::new(400)),
        Value::Time(time),
        Value::Text("nobody's business".to_owned()),
    ];
    all.into_iter().map(|v| if rng.random_bool(0.2) { Value::Null } else { v }).collect()
}

/// An item as PostGIS tells it: attributes, the stored place, the place in degrees.
type Told = BTreeMap<i64, (Json, Json, Json)>;

/// PostGIS turns lines and lists of points too where it is asked to turn rings: it is asked for areas alone.
async fn told(sql: &mut PgConnection, id: &str, condition: &str) -> Told {
    let query = format!(
        r#"select fid, jsonb_build_object('name', name, 'storeys', storeys, 'area_m2', area_m2, 'public', public,
             'since', since, 'until', until,
             'seen_at', to_char(seen_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) as attributes,
           st_asgeojson(turned, 4, 0)::jsonb as stored,
           st_asgeojson(st_transform(turned, 4326), 9, 0)::jsonb as degrees
           from layer.{id},
           lateral (select case st_dimension(geom) when 2 then st_forcepolygonccw(geom) else geom end as turned) t
           where {condition}"#
    );
    let rows = sqlx::query(&query).fetch_all(sql).await.unwrap();
    rows.iter().map(|row| (row.get(0), (row.get(1), row.get(2), row.get(3)))).collect()
}

/// The same items as the service tells them.
async fn served(server: &Server, id: &str, query: &str) -> BTreeMap<i64, Json> {
    let answer = server.json(&format!("/ogc/collections/{id}/items?limit=10000&{query}")).await;
    let features = answer["features"].as_array().unwrap_or_else(|| panic!("{query}: {answer}"));
    assert_eq!(answer["numberMatched"], features.len(), "{query}");
    features.iter().map(|f| (f["id"].as_i64().unwrap(), f.clone())).collect()
}

/// Instants are instants and numbers are numbers, whatever their digits.
fn attributes(json: &Json) -> Json {
    let mut json = json.clone();
    json["area_m2"] = json!(json["area_m2"].as_f64());
    if let Some(text) = json["seen_at"].as_str() {
        json["seen_at"] = json!(DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros());
    }
    json
}

/// Type and numbers of a geometry in their order.
fn numbers(geometry: &Json) -> (String, Vec<f64>) {
    fn all(json: &Json, into: &mut Vec<f64>) {
        match json {
            Json::Array(parts) => parts.iter().for_each(|p| all(p, into)),
            number => into.push(number.as_f64().unwrap()),
        }
    }
    let mut found = Vec::new();
    all(&geometry["coordinates"], &mut found);
    (geometry["type"].as_str().unwrap().to_owned(), found)
}

fn near(a: &Json, b: &Json, most: f64) {
    let ((kind, a), (other, b)) = (numbers(a), numbers(b));
    assert_eq!((&kind, a.len()), (&other, b.len()));
    assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() <= most), "{a:?}, {b:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn items_are_feature_by_feature_what_postgis_gives() {
    let server = Server::start().await;
    let mut sql = server.sql().await;
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let (mut compared, mut chosen) = (0, 0);
    for kind in [
        GeometryKind::Point,
        GeometryKind::MultiPoint,
        GeometryKind::LineString,
        GeometryKind::MultiLineString,
        GeometryKind::Polygon,
        GeometryKind::MultiPolygon,
    ] {
        let id = format!("thu_{}", format!("{kind:?}").to_lowercase());
        server.apply(layer(&id, kind)).await;
        let rows: Vec<Incoming> = (0..ITEMS)
            .map(|n| Incoming {
                place: n.to_string(),
                wkb: geometry(kind, &mut rng).to_wkb(CoordDimensions::xy()).unwrap(),
                values: values(&mut rng),
            })
            .collect();
        let catalog = server.state.catalog.load_full();
        let author = Author::program("test", "random");
        let report = server.state.store.load_rows(&catalog, &id, rows, Mode::Append, &author).await.unwrap();
        assert_eq!(report.inserted as usize, ITEMS, "{:?}", report.rejections);
        server.state.feed.catch_up(server.state.store.position().await.unwrap()).await.unwrap();
        for _ in 0..QUESTIONS {
            let (a, b) = (place(&mut rng), place(&mut rng));
            let round = |v: f64| (v * 100.0).round() / 100.0;
            let [west, south, east, north] =
                [a.x.min(b.x), a.y.min(b.y), a.x.max(b.x), a.y.max(b.y)].map(round);
            let storeys = rng.random_range(-2..40);
            let (filter, condition) = *[
                ("", "true"),
                ("&filter=storeys%3E=", "storeys >="),
                ("&filter=name%20IS%20NOT%20NULL%20AND%20storeys%3C", "name is not null and storeys <"),
            ]
            .choose(&mut rng)
            .unwrap();
            let n = if filter.is_empty() { String::new() } else { storeys.to_string() };
            let condition = format!(
                "st_intersects(geom, st_makeenvelope({west}, {south}, {east}, {north}, 9218)) and {condition} {n}"
            );
            let expected = told(&mut sql, &id, &condition).await;
            let question = format!("bbox={west},{south},{east},{north}&bbox-crs={STORED}{filter}{n}");
            let stored = served(&server, &id, &format!("{question}&crs={STORED}")).await;
            let degrees = served(&server, &id, &question).await;
            assert!(
                expected.keys().eq(stored.keys()) && expected.keys().eq(degrees.keys()),
                "{id} {question}"
            );
            for (fid, (values, place, place_in_degrees)) in &expected {
                let feature = &stored[fid];
                assert_eq!(attributes(&feature["properties"]), attributes(values), "{id} {fid}");
                near(&feature["geometry"], place, 0.0);
                // PROJ transforms by the same parameters with another iteration: a millimetre is 1e-8 degrees.
                near(&degrees[fid]["geometry"], place_in_degrees, 1e-8);
                compared += 1;
            }
            chosen += usize::from(!expected.is_empty() && expected.len() < ITEMS);
        }
    }
    assert!(compared > 2_000 && chosen > 100, "{compared} features, {chosen} questions");
}
