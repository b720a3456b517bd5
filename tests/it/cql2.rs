//! CQL2 (OGC 21-065r2): the predicates of its abstract test suite on its own data, in memory and as SQL; and `filter`
//! through the front door.

use std::sync::Arc;

use dothi::access::{Principal, View, view};
use dothi::features::{LayerBuilder, LayerReader, Query, Snapshot};
use dothi::filter::{Expr, Term, literal, text};
use dothi::layers::{Catalog, LayerDef, Value};
use dothi::space::{geojson, wkb};
use dothi::store::bulk::{Incoming, Mode};
use dothi::store::history::{At, PastQuery, State};
use dothi::store::layers::ApplyOptions;
use dothi::store::{Author, Store};
use geo::{Coord, Geometry, MapCoords};
use reqwest::StatusCode;
use serde_json::{Value as Json, json};

use crate::front::{Server, square};
use crate::support::{TestDb, empty_database};

const AT: (f64, f64) = (411_600.0, 1_327_195.0);

/// The text as a query's value.
fn escaped(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

async fn parcels(server: &Server) {
    for i in 0..6_i64 {
        let wkb = square(AT.0 + 10.0 * i as f64, AT.1, 10.0);
        let values = [
            ("code", Value::from(format!("24611-12-{i}"))),
            ("parcel_number", Value::Int(i + 1)),
            ("land_use", Value::from(if i % 2 == 0 { "ODT" } else { "CLN" })),
            ("holder", Value::from("Nguyễn Đắc Hoà")),
            ("area_m2", Value::Real(100.5 + i as f64)),
        ];
        server.insert("parcel", wkb, &values).await;
    }
}

fn numbers(json: &Json) -> Vec<i64> {
    let features = json["features"].as_array().unwrap();
    features.iter().map(|f| f["properties"]["parcel_number"].as_i64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_chooses_items_today_and_in_the_past() {
    let server = Server::start().await;
    parcels(&server).await;
    let revision = server.state.store.position().await.unwrap().revision;
    // The middle of the second parcel in degrees, and its south-west corner.
    let (lon, lat) = dothi::space::crs::to_crs84(AT.0 + 15.0, AT.1 + 5.0);
    let point = format!("S_CONTAINS(geometry, POINT({lon} {lat}))");
    let corner = format!("S_TOUCHES(geometry, POINT({} {}))", AT.0 + 10.0, AT.1);
    let swapped = format!("S_INTERSECTS(geometry, BBOX({lat},{lon},{lat},{lon}))");
    let stored = "http://www.opengis.net/def/crs/EPSG/0/9218";
    let json_filter = json!({"op": "and", "args": [
        {"op": "=", "args": [{"property": "land_use"}, "ODT"]},
        {"op": ">", "args": [{"op": "*", "args": [{"property": "parcel_number"}, 2]}, {"property": "fid"}]},
        {"op": "like", "args": [{"op": "fold", "args": [{"property": "code"}]}, "%-4"]},
    ]});
    for (filter, more, expected) in [
        ("parcel_number > 2 AND land_use = 'ODT'".to_owned(), String::new(), vec![3, 5]),
        ("casei(land_use) IN (casei('odt')) and area_m2 / 2 < 52".to_owned(), String::new(), vec![1, 3]),
        (
            "code LIKE '24611-__-_' and not parcel_number between 2 and 5".to_owned(),
            String::new(),
            vec![1, 6],
        ),
        (point, String::new(), vec![2]),
        (corner, format!("&filter-crs={}", escaped(stored)), vec![1, 2]),
        (swapped, format!("&filter-crs={}", escaped("http://www.opengis.net/def/crs/EPSG/0/4326")), vec![2]),
        (json_filter.to_string(), "&filter-lang=cql2-json".to_owned(), vec![5]),
        ("parcel_number <= 4".to_owned(), "&land_use=CLN".to_owned(), vec![2, 4]),
        ("geometry is null or fid = 0".to_owned(), String::new(), vec![]),
        ("true".to_owned(), "&limit=2".to_owned(), vec![1, 2]),
    ] {
        let path = format!("/ogc/collections/parcel/items?filter={}{more}", escaped(&filter));
        let now = server.json(&path).await;
        assert_eq!(numbers(&now), expected, "{filter}");
        let then = server.json(&format!("{path}&at={revision}")).await;
        assert_eq!(numbers(&then), expected, "at {revision}: {filter}");
        let next = now["links"].as_array().unwrap().iter().find(|l| l["rel"] == "next");
        if let Some(next) = next {
            assert!(next["href"].as_str().unwrap().contains("filter=true"), "{next}");
            assert_eq!(now["numberMatched"], 6);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_filter_is_400_and_named() {
    let server = Server::start().await;
    parcels(&server).await;
    let wrong = async |query: &str| {
        let response = server.get(&format!("/ogc/collections/parcel/items?{query}")).await;
        let status = response.status();
        let body = response.text().await.unwrap();
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query:.100}: {body}");
        body
    };
    for (filter, says) in [
        ("parcel_number >", "byte 15"),
        ("nothing = 1", "nothing"),
        ("parcel_number = 'a'", "'a'"),
        ("land_use > 5", "5"),
        ("land_use", "land_use"),
        ("geometry = 5", "geometry"),
        ("s_within(land_use, POINT(1 1))", "land_use"),
        ("s_within(geometry, POLYGON((0 0, 2 2, 2 0, 0 2, 0 0)))", "geometry"),
        ("s_within(geometry, BBOX(1, 2, 3, 1))", "geometry"),
        ("t_after(land_use, DATE('2026-01-01'))", "land_use"),
        ("a_contains(land_use, ('ODT'))", "land_use"),
        ("nothing(land_use) = 'a'", "nothing"),
        ("fold(land_use, 'a') = 'a'", "fold"),
        ("land_use like code", "like"),
    ] {
        for at in ["", "&at=1"] {
            let body = wrong(&format!("filter={}{at}", escaped(filter))).await;
            assert!(body.contains("filter") && body.contains(says), "{filter}: {body}");
        }
    }
    let start = std::time::Instant::now();
    for filter in ["(".repeat(10_000), "not ".repeat(10_000) + "true", "s_within(geometry,".repeat(1_500)] {
        assert!(wrong(&format!("filter={}", escaped(&filter))).await.contains("64"));
    }
    let deep = "[".repeat(10_000);
    assert!(wrong(&format!("filter-lang=cql2-json&filter={}", escaped(&deep))).await.contains("filter"));
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
    assert!(wrong("filter=true&filter-lang=cql").await.contains("filter-lang"));
    assert!(wrong("filter=true&filter-crs=EPSG:2154").await.contains("filter-crs"));
    // What one may not see answers as what is not there.
    let hidden = wrong(&format!("filter={}", escaped("holder = 'x'"))).await;
    let absent = wrong(&format!("filter={}", escaped("holdex = 'x'"))).await;
    let said = |body: &str| serde_json::from_str::<Json>(body).unwrap()["detail"].to_string();
    assert_eq!(said(&hidden).replace("holder", "holdex"), said(&absent));
    let functions = server.json("/ogc/functions").await;
    assert_eq!(functions["functions"][0]["name"], "fold");
    assert_eq!(functions["functions"][0]["returns"], json!(["string"]));
}

/// In memory: the items of a filter.
fn by_memory(reader: &LayerReader, filter: &Expr) -> Vec<i64> {
    let query = Query { filter: Some(filter.clone()), ..Query::default() };
    reader.query(&query).unwrap().map(|i| i.fid).collect()
}

async fn by_sql(db: &TestDb, view: &View, state: State, filter: &Expr) -> Vec<i64> {
    let query = PastQuery { filter: Some(filter.clone()), ..PastQuery::default() };
    db.store.past_rows(view, state, &query).await.unwrap().into_iter().map(|r| r.fid).collect()
}

mod with_test_data {
    use super::*;

    const FOLDER: &str = "cql2/ogc_spec_annex_a/cql2/standard/data/ne110m4cql2.gpkg";

    /// Predicates for which the list says 2, which no reading gives on these data: of their names exactly Chișinău,
    /// Chicago and Chengdu begin with Ch, and exactly Chișinău with Chis. What the data hold counts.
    const IMPOSSIBLE: [(&str, usize); 3] = [
        ("ACCENTI(name) LIKE accenti('Ch%')", 3),
        ("ACCENTI(CASEI(name)) LIKE accenti(casei('Chiș%'))", 1),
        ("ACCENTI(CASEI(name)) LIKE accenti(casei('cHis%'))", 1),
    ];

    /// The standard's degrees as metres of a plane, ten thousand to a degree: the predicates are planar, and the grid
    /// that is stored is then a hundred-millionth of a degree.
    fn plane(geometry: &Geometry<f64>) -> Geometry<f64> {
        geometry.map_coords(|c| Coord { x: (c.x * 1e8).round() / 1e4, y: (c.y * 1e8).round() / 1e4 })
    }

    fn def(id: &str, geometry: &str, attributes: &[(&str, &str)]) -> LayerDef {
        let text = json!({"vi": "x", "en": "x"});
        let list: Vec<Json> = attributes
            .iter()
            .map(|(name, kind)| json!({"name": name, "type": kind, "title": text}))
            .collect();
        serde_json::from_value(json!({
            "id": id, "title": text, "theme": "t", "geometry": geometry, "owner": ["XD"], "access": "O",
            "attribute": list,
        }))
        .unwrap()
    }

    fn layers() -> [(&'static str, LayerDef); 3] {
        let places = [
            ("name", "text"),
            ("nameascii", "text"),
            ("pop_other", "integer"),
            ("pop_min", "integer"),
            ("pop_max", "integer"),
            ("date", "date"),
            ("start", "timestamp"),
            ("end", "timestamp"),
            ("boolean", "boolean"),
        ];
        [
            (
                "ne_110m_admin_0_countries",
                def("countries", "MultiPolygon", &[("name", "text"), ("pop_est", "real")]),
            ),
            ("ne_110m_populated_places_simple", def("places", "Point", &places)),
            ("ne_110m_rivers_lake_centerlines", def("rivers", "LineString", &[("name", "text")])),
        ]
    }

    fn value(kind: dothi::layers::AttributeType, json: &Json) -> Value {
        use dothi::layers::AttributeType as T;
        match (kind, json) {
            (_, Json::Null) => Value::Null,
            (T::Text, v) => v.as_str().unwrap().into(),
            (T::Integer, v) => v.as_i64().unwrap().into(),
            (T::Real, v) => v.as_f64().unwrap().into(),
            (T::Boolean, v) => v.as_bool().unwrap().into(),
            (T::Date, v) => Value::Date(v.as_str().unwrap().parse().unwrap()),
            (T::Timestamp, v) => Value::Time(format!("{}Z", v.as_str().unwrap()).parse().unwrap()),
        }
    }

    /// The rows of a table of the standard's GeoPackage.
    fn rows(table: &str, def: &LayerDef) -> Vec<Incoming> {
        let file = crate::import_support::test_data(FOLDER);
        let out = std::process::Command::new("ogr2ogr")
            .args(["-f", "GeoJSON", "-lco", "COORDINATE_PRECISION=15", "/vsistdout/"])
            .arg(file)
            .arg(table)
            .output()
            .unwrap();
        assert!(out.status.success());
        let json: Json = serde_json::from_slice(&out.stdout).unwrap();
        let features = json["features"].as_array().unwrap().iter().enumerate();
        let row = |(i, f): (usize, &Json)| {
            let properties = f["properties"].as_object().unwrap();
            let property = |name: &str| {
                properties.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map_or(&Json::Null, |(_, v)| v)
            };
            Incoming {
                place: i.to_string(),
                wkb: wkb::encode(&plane(&geojson::from_json(&f["geometry"]).unwrap())).unwrap(),
                values: def.attributes.iter().map(|a| value(a.kind, property(&a.name))).collect(),
            }
        };
        features.map(row).collect()
    }

    /// A predicate of the list in the plane of the test.
    fn predicate(text: &str, table: &str) -> Expr {
        // Names of attributes are lower case here.
        let text = if table.ends_with("countries") {
            text.replace("NAME", "name").replace("POP_EST", "pop_est")
        } else {
            text.to_owned()
        };
        let mut expr = text::parse(&text).unwrap_or_else(|e| panic!("{text}: {e}"));
        literal::each_geometry(&mut expr, &mut |term| {
            *term = Term::Geometry(plane(&match term {
                Term::Geometry(g) => g.clone(),
                Term::Box(b) => literal::box_geometry(*b)?,
                other => panic!("{other:?}"),
            }));
            Ok(())
        })
        .unwrap();
        expr
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_274_predicates_of_annex_a_count_what_they_should() {
        let db = empty_database().await;
        let mut catalog = Catalog::default();
        for (_, def) in layers() {
            catalog.layers.insert(def.id.clone(), Arc::new(def));
        }
        let author = Author::program("test", "x");
        let owner = Store::connect(&db.owner_url).await.unwrap();
        owner.apply(&catalog, ApplyOptions::default(), &author).await.unwrap();
        let mut readers = Vec::new();
        for (table, def) in layers() {
            let incoming = rows(table, &def);
            let count = incoming.len();
            let report =
                db.store.load_rows(&catalog, &def.id, incoming, Mode::Append, &author).await.unwrap();
            assert_eq!(report.inserted, count as u64, "{table}: {:?}", report.rejections);
            let def = catalog.layer(&def.id).unwrap();
            let view = view(&Principal::public(), def, &Catalog::default()).unwrap();
            let mut builder = LayerBuilder::new(def.clone());
            for row in db.store.load_layer(def).await.unwrap().1 {
                builder.push(&row).unwrap();
            }
            let mut snapshot = Snapshot::default();
            snapshot.insert(builder.build());
            readers.push((table, snapshot.layer(&view).unwrap(), view));
        }
        let state =
            db.store.state_at(At::Revision(db.store.position().await.unwrap().revision)).await.unwrap();
        let list = crate::import_support::test_data("cql2/annex_a_predicates_expected.csv");
        let mut wrong = Vec::new();
        let mut asked = 0;
        for record in csv::Reader::from_path(list).unwrap().records() {
            let record = record.unwrap();
            let (class, table, text) = (&record[0], &record[2], &record[3]);
            let expected = IMPOSSIBLE.iter().find(|(t, _)| *t == text).map(|(_, count)| *count);
            let expected: usize = expected.unwrap_or_else(|| record[4].parse().unwrap());
            let (_, reader, view) = readers.iter().find(|(t, ..)| *t == table).unwrap();
            let filter = predicate(text, table);
            let memory = by_memory(reader, &filter);
            let sql = by_sql(&db, view, state, &filter).await;
            if memory.len() != expected || sql != memory {
                let (m, s) = (memory.len(), sql.len());
                wrong.push(format!("{class}: {text:.200}: expected {expected}, in memory {m}, as SQL {s}"));
            }
            asked += 1;
        }
        assert_eq!(asked, 274);
        assert!(wrong.is_empty(), "{} of 274:\n{}", wrong.len(), wrong.join("\n"));
    }
}
