//! Single writes: versions, history, what is refused and how.

use dothi::Error;
use dothi::layers::Value;
use dothi::store::Author;
use dothi::store::items::{NewItem, Patch};
use geozero::{CoordDimensions, ToWkb};

use crate::store_feed::{coded, point};
use crate::support::database;

fn polygon(points: &[(f64, f64)]) -> Vec<u8> {
    let ring: geo::LineString<f64> = points.iter().map(|(x, y)| (411_600.0 + x, 1_327_195.0 + y)).collect();
    geo::Geometry::Polygon(geo::Polygon::new(ring, vec![])).to_wkb(CoordDimensions::xy()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_history_and_preconditions() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    let def = catalog.layer("hydrant").unwrap();
    let author = Author::program("test", "x");
    let items = db.store.items(&catalog, def, &author);
    let first = NewItem { wkb: point(411_600.000_01, 1_327_195.0), values: coded(&catalog, "hydrant", "A") };
    let made = items.insert(first.clone()).await.unwrap();

    // Read and written back: nothing changes, not even on the way over nine decimals of a degree.
    let stored = db.store.item(def, made.fid).await.unwrap().unwrap();
    assert_eq!(stored.version, made.version);
    let back = NewItem { wkb: point(411_600.000_06, 1_327_194.999_95), values: stored.values.clone() };
    let same = items.replace(made.fid, back, Some(made.version)).await.unwrap();
    assert_eq!((same.version, same.position.revision), (made.version, made.position.revision));

    let moved = NewItem { wkb: point(411_601.0, 1_327_195.0), values: stored.values.clone() };
    let changed = items.replace(made.fid, moved.clone(), Some(made.version)).await.unwrap();
    assert_eq!((changed.fid, changed.version), (made.fid, made.version + 1));
    let stale = items.replace(made.fid, first, Some(made.version)).await.unwrap_err();
    assert!(matches!(stale, Error::PreconditionFailed { .. }), "{stale:?}");
    let gone = items.delete(made.fid, Some(changed.version)).await.unwrap();
    assert!(db.store.item(def, made.fid).await.unwrap().is_none());
    assert!(matches!(items.delete(made.fid, None).await, Err(Error::NotFound { .. })));

    let mut sql = db.sql().await;
    let history: Vec<(i64, i64, i64, f64)> =
        sqlx::query_as("select fid, rev_from, rev_to, ST_X(geom) from history.hydrant order by rev_from")
            .fetch_all(&mut sql)
            .await
            .unwrap();
    assert_eq!(
        history,
        [
            (made.fid, made.version, changed.version, 411_600.0),
            (made.fid, changed.version, gone.version, 411_601.0)
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_refused_with_its_place() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    let author = Author::program("test", "x");
    let def = catalog.layer("parcel").unwrap();
    let items = db.store.items(&catalog, def, &author);
    let square = polygon(&[(0., 0.), (10., 0.), (10., 10.), (0., 10.), (0., 0.)]);
    let good = NewItem { wkb: square.clone(), values: coded(&catalog, "parcel", "24611-1-1") };
    let made = items.insert(good.clone()).await.unwrap();
    let before = db.store.position().await.unwrap();

    let at = |name: &str| def.attributes.iter().position(|a| a.name == name).unwrap();
    let with = |i: usize, value: Value| {
        let mut item = NewItem { wkb: square.clone(), values: coded(&catalog, "parcel", "24611-1-2") };
        item.values[i] = value;
        item
    };
    let cases = [
        (with(at("code"), Value::Null), "code: a value is required"),
        (with(at("area_m2"), Value::Real(-1.0)), "area_m2: -1 is below the minimum"),
        (
            with(at("land_use"), Value::Text("XYZ".into())),
            "land_use: \"XYZ\" is not in the code list landuse",
        ),
        (with(at("area_m2"), Value::Text("x".into())), "area_m2: a value of type number was expected"),
    ];
    for (item, message) in cases {
        let error = items.insert(item).await.unwrap_err();
        assert!(error.to_string().starts_with(message), "{error}");
    }
    let bow_tie = polygon(&[(0., 0.), (10., 10.), (10., 0.), (0., 10.), (0., 0.)]);
    let shapes = [
        (bow_tie, "geometry: invalid geometry at E 411605.000, N 1327200.000"),
        (point(411_600.0, 1_327_195.0), "geometry: the geometry is a Point, the layer needs a Polygon"),
        (vec![9, 9], "geometry: the geometry cannot be read"),
    ];
    for (wkb, message) in shapes {
        let values = coded(&catalog, "parcel", "24611-1-2");
        let error = items.insert(NewItem { wkb, values }).await.unwrap_err();
        assert!(error.to_string().starts_with(message), "{error}");
    }
    let twice = items.insert(good).await.unwrap_err();
    assert!(matches!(twice, Error::Conflict { .. }), "{twice:?}");
    // Nothing was written, and no number was used up.
    assert_eq!(db.store.position().await.unwrap(), before);

    let patch = Patch { wkb: None, values: vec![(at("area_m2"), Value::Real(99.5))] };
    let patched = items.patch(made.fid, patch, None).await.unwrap();
    assert_eq!(patched.version, before.revision + 1);
    let row = db.store.item(def, made.fid).await.unwrap().unwrap();
    assert_eq!(row.values[at("area_m2")], Value::Real(99.5));
    assert_eq!(row.values[at("code")], Value::Text("24611-1-1".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn layers_over_other_records_are_read_only() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    let def = catalog.layer("permit").expect("the permit layer is applied");
    let author = Author::program("test", "x");
    let item = NewItem { wkb: vec![], values: vec![] };
    let refused = db.store.items(&catalog, def, &author).insert(item).await.unwrap_err();
    assert!(matches!(refused, Error::MethodNotAllowed(_)), "{refused:?}");
    assert_eq!(db.store.load_layer(def).await.unwrap().1, []);
}
