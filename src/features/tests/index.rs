use geo::{Intersects, Rect};

use super::*;
use crate::space::crs;

fn brute_force(layer: &Layer, rows: &[ItemRow], query: &Query) -> Vec<i64> {
    let reader = reader(layer);
    let mut found: Vec<i64> = rows
        .iter()
        .filter(|r| {
            let item = reader.get(r.fid).unwrap();
            let envelope = item.envelope();
            let geometry = envelope.map(|_| item.geometry());
            let plain = Plain { row: r, def: layer.def(), envelope, geometry };
            let degrees = item.geometry_crs84();
            let in_box = query.within_crs84.is_empty()
                || query.within_crs84.iter().any(|b| {
                    degrees.intersects(&Rect::new((b.min_x, b.min_y), (b.max_x, b.max_y)).to_polygon())
                });
            in_box
                && query.bbox.is_none_or(|b| item.envelope().is_some_and(|e| e.intersects(&b)))
                && query.filter.as_ref().is_none_or(|f| plain.holds(f) == Some(true))
                && query.after.is_none_or(|a| r.fid > a)
        })
        .map(|r| r.fid)
        .collect();
    found.sort_unstable();
    found.truncate(query.limit);
    found
}

fn queries() -> impl Strategy<Value = Query> {
    let degrees = boxes().prop_map(|b| {
        let b = crs::bbox_to_crs84(&b);
        // On the grid that is served, so that brute force and the index look at the same box.
        let snap = |v: f64| (v * 1e9).round() / 1e9;
        Bbox { min_x: snap(b.min_x), min_y: snap(b.min_y), max_x: snap(b.max_x), max_y: snap(b.max_y) }
    });
    (
        prop::option::of(boxes()),
        prop::collection::vec(degrees, 0..3),
        prop::option::of(expr()),
        prop::option::of(0..500_i64),
        prop_oneof![Just(usize::MAX), 0..20_usize],
    )
        .prop_map(|(bbox, within_crs84, filter, after, limit)| Query {
            bbox,
            within_crs84,
            filter,
            after,
            limit,
        })
}

fn check(kind: GeometryKind, rows: &[ItemRow], query: &Query) -> Result<(), TestCaseError> {
    let layer = layer(&def(kind), rows);
    let reader = reader(&layer);
    let found: Vec<i64> = reader.query(query).unwrap().map(|i| i.fid).collect();
    prop_assert_eq!(&found, &brute_force(&layer, rows, query));
    let whole = Query { after: None, limit: usize::MAX, ..query.clone() };
    prop_assert_eq!(reader.count_matching(query).unwrap(), brute_force(&layer, rows, &whole).len());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn polygons_are_found_as_by_brute_force(r in rows(GeometryKind::Polygon, 60), q in queries()) {
        check(GeometryKind::Polygon, &r, &q)?;
    }

    #[test]
    fn lines_are_found_as_by_brute_force(r in rows(GeometryKind::LineString, 60), q in queries()) {
        check(GeometryKind::LineString, &r, &q)?;
    }

    #[test]
    fn points_are_found_as_by_brute_force(r in rows(GeometryKind::Point, 60), q in queries()) {
        check(GeometryKind::Point, &r, &q)?;
    }

    #[test]
    fn pages_make_the_whole(r in rows(GeometryKind::MultiPolygon, 60), f in prop::option::of(expr()), page in 1..9_usize) {
        let layer = layer(&def(GeometryKind::MultiPolygon), &r);
        let reader = reader(&layer);
        let whole: Vec<i64> =
            reader.query(&Query { filter: f.clone(), ..Query::default() }).unwrap().map(|i| i.fid).collect();
        let mut paged: Vec<i64> = Vec::new();
        loop {
            let query = Query { filter: f.clone(), after: paged.last().copied(), limit: page, ..Query::default() };
            let before = paged.len();
            paged.extend(reader.query(&query).unwrap().map(|i| i.fid));
            if paged.len() == before { break }
        }
        prop_assert_eq!(paged, whole);
    }
}

#[test]
fn a_hidden_attribute_is_as_an_unknown_one() {
    let def = def(GeometryKind::Point);
    let at = Point::new(CENTRE.0, CENTRE.1).into();
    let mut values = [const { Value::Null }; 7];
    values[1] = Value::Text("Nguyễn Văn A".into());
    let layer = layer(&def, &[row(7, 1, &at, values)]);
    let reader = reader(&layer);
    let item = reader.get(7).unwrap();
    assert_eq!(item.value(1), Value::Null);
    assert_eq!(item.value_of("holder"), None);
    assert!(item.attributes().all(|(a, _)| a.name != "holder"));
    let ask = |name: &str| {
        let filter = Some(Expr::IsNull(name.into()));
        reader.query(&Query { filter, ..Query::default() }).map(Iterator::count).unwrap_err().to_string()
    };
    assert_eq!(ask("holder").replace("holder", "x"), ask("nothing").replace("nothing", "x"));
    let mut out = Vec::new();
    encode::geojson::FeatureWriter::new(reader.view()).feature(&item, &mut out);
    let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert!(json["properties"].get("holder").is_none());
    assert_eq!(json["id"], 7);
}

#[test]
fn a_row_predicate_hides_rows_everywhere() {
    let def = def(GeometryKind::Point);
    let at: Geometry<f64> = Point::new(CENTRE.0, CENTRE.1).into();
    let with = |fid, holder: &str| {
        let mut values = [const { Value::Null }; 7];
        values[1] = Value::Text(holder.into());
        row(fid, 1, &at, values)
    };
    let layer = layer(&def, &[with(1, "a"), with(2, "b")]);
    let mut view = public(&def);
    let value = Value::Text("b".into());
    view.rows = Some(Expr::Compare { attribute: "holder".into(), op: CompareOp::Eq, value });
    let reader = snapshot_of(&layer, 1).layer(&view).unwrap();
    assert_eq!(reader.count(), 1);
    assert!(reader.get(1).is_none());
    assert_eq!(reader.query(&Query::default()).unwrap().map(|i| i.fid).collect::<Vec<_>>(), [2]);
    assert_eq!(reader.in_tile(&Bbox { min_x: 0.0, min_y: 0.0, max_x: 1e6, max_y: 2e6 }).len(), 1);
    view.rows = Some(Expr::IsNull("nothing".into()));
    assert!(snapshot_of(&layer, 1).layer(&view).is_none(), "rights fail closed");
}

#[test]
fn geojson_is_what_the_item_is() {
    let def = def(GeometryKind::MultiPolygon);
    let square = |x: f64| {
        let ring = |d: f64| {
            LineString::from(vec![
                (x + d, 0. + d),
                (x + 10. - d, d),
                (x + 10. - d, 10. - d),
                (x + d, 10. - d),
            ])
        };
        Polygon::new(ring(0.0), vec![ring(2.0)])
    };
    let shifted = MultiPolygon(vec![square(CENTRE.0), square(CENTRE.0 + 20.0)]);
    let values = [
        Value::Text("\"Đắk\"\n".into()),
        Value::Null,
        Value::Int(-5),
        Value::Real(0.1),
        Value::Bool(true),
        day(0),
        Value::Time("2026-03-01T08:00:00Z".parse().unwrap()),
    ];
    let layer = layer(&def, &[row(1, 3, &shifted.into(), values)]);
    let reader = reader(&layer);
    let item = reader.get(1).unwrap();
    let mut out = Vec::new();
    encode::geojson::FeatureWriter::new(reader.view()).feature(&item, &mut out);
    let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
    let geometry = crate::space::geojson::from_json(&json["geometry"]).unwrap();
    assert_eq!(geometry, item.geometry_crs84());
    assert_eq!(
        json["properties"],
        serde_json::json!({"code": "\"Đắk\"\n", "storeys": -5, "height_m": 0.1, "kept": true,
            "since": "2024-04-24", "seen": "2026-03-01T08:00:00Z"})
    );
}

#[test]
fn a_row_that_does_not_fit_is_named() {
    let def = def(GeometryKind::Point);
    let at: Geometry<f64> = Point::new(CENTRE.0, CENTRE.1).into();
    let mut values = [const { Value::Null }; 7];
    values[2] = Value::Text("five".into());
    let error = LayerBuilder::new(def.clone()).push(&row(12, 1, &at, values)).unwrap_err();
    let error = format!("{error}: {}", std::error::Error::source(&error).unwrap());
    assert!(error.contains("item 12") && error.contains("storeys"), "{error}");
    let mut cut = row(13, 1, &at, [const { Value::Null }; 7]);
    cut.wkb.truncate(9);
    assert!(LayerBuilder::new(def).push(&cut).is_err());
}
