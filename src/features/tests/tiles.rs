use geo::{Area, BooleanOps, Rect};
use geozero::mvt::{Message, Tile as Decoded, tile};

use super::cache::tile_over;
use super::*;
use crate::features::encode::mvt::{self, BUFFER, EXTENT};
use crate::space::crs;
use crate::space::tile_matrix::{MatrixSet, Tile};

fn decoded(layer: &Layer, tile: Tile) -> Option<tile::Layer> {
    let bytes = mvt::encode(&reader(layer), tile);
    if bytes.is_empty() {
        return None;
    }
    let mut decoded = Decoded::decode(&*bytes).unwrap();
    assert_eq!(decoded.layers.len(), 1);
    decoded.layers.pop()
}

/// Rings, lines or points of a feature in units of the tile; rings are given back closed.
fn parts(feature: &tile::Feature) -> Vec<Vec<(i64, i64)>> {
    let (mut parts, mut at, mut i) = (Vec::<Vec<(i64, i64)>>::new(), (0_i64, 0_i64), 0);
    let number = |v: u32| i64::from(v >> 1) ^ -i64::from(v & 1);
    while i < feature.geometry.len() {
        let (id, count) = (feature.geometry[i] & 7, feature.geometry[i] >> 3);
        i += 1;
        if id == 7 {
            let part = parts.last_mut().unwrap();
            part.push(part[0]);
            continue;
        }
        for _ in 0..count {
            at = (at.0 + number(feature.geometry[i]), at.1 + number(feature.geometry[i + 1]));
            i += 2;
            if id == 1 { parts.push(vec![at]) } else { parts.last_mut().unwrap().push(at) }
        }
    }
    parts
}

/// Surveyor's formula, y to the south.
fn area(ring: &[(i64, i64)]) -> i64 {
    ring.windows(2).map(|w| w[0].0 * w[1].1 - w[1].0 * w[0].1).sum::<i64>()
}

fn properties(layer: &tile::Layer, feature: &tile::Feature) -> BTreeMap<String, tile::Value> {
    feature
        .tags
        .chunks(2)
        .map(|t| (layer.keys[t[0] as usize].clone(), layer.values[t[1] as usize].clone()))
        .collect()
}

/// The geometry in units of the tile, not clipped.
fn in_units(geometry: &Geometry<f64>, tile: Tile) -> Geometry<f64> {
    use geo::MapCoords;
    geometry.map_coords(|c| {
        if tile.set == MatrixSet::WorldCrs84Quad {
            let b = tile.bbox_crs84(0.0);
            let unit = (b.max_x - b.min_x) / f64::from(EXTENT);
            return ((c.x - b.min_x) / unit, (b.max_y - c.y) / unit).into();
        }
        let [x, y] = crs::world_from_crs84(c.x, c.y);
        let unit = 2f64.powi(i32::from(tile.bits()) - 12);
        let [ox, oy] = tile.origin();
        ((i64::from(x) - ox) as f64 / unit, (i64::from(y) - oy) as f64 / unit).into()
    })
}

/// The tile of degrees over a place, at the zoom of a web map.
fn degrees_over(dx: f64, zoom: u8) -> Tile {
    let set = MatrixSet::WorldCrs84Quad;
    let (lon, lat) = crs::to_crs84(CENTRE.0 + dx, CENTRE.1);
    let side = 180.0 / f64::from(set.size(set.at_zoom(zoom)).1);
    Tile::of(set, set.at_zoom(zoom), ((90.0 - lat) / side) as u32, ((lon + 180.0) / side) as u32).unwrap()
}

fn frame() -> Polygon<f64> {
    frame_with(0.0)
}

/// The tile and its buffer, wider by `more` units on each side.
fn frame_with(more: f64) -> Polygon<f64> {
    let (low, high) = (-f64::from(BUFFER) - more, f64::from(EXTENT + BUFFER) + more);
    Rect::new((low, low), (high, high)).to_polygon()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn polygons_keep_their_area_and_winding(r in rows(GeometryKind::MultiPolygon, 12), zoom in 12..17_u8) {
        let layer = layer(&def(GeometryKind::MultiPolygon), &r);
        let reader = reader(&layer);
        for tile in [0.0, 1500.0].into_iter().flat_map(|dx| [tile_over(dx, zoom), degrees_over(dx, zoom)]) {
            let Some(found) = decoded(&layer, tile) else { continue };
            prop_assert_eq!((found.version, found.extent(), found.name.as_str()), (2, 4096, "thing"));
            for feature in &found.features {
                let rings = parts(feature);
                prop_assert!(area(&rings[0]) > 0, "the first ring is an outer one");
                let within = |v: i64| (-i64::from(BUFFER)..=i64::from(EXTENT + BUFFER)).contains(&v);
                prop_assert!(rings.iter().flatten().all(|(x, y)| within(*x) && within(*y)));
                prop_assert!(rings.iter().all(|r| r.len() >= 4 && area(r) != 0));
                // What small areas were merged into is nobody's own; its area is asked for below, with a town.
                let Some(fid) = feature.id else { continue };
                let item = reader.get(fid as i64).unwrap();
                // Against an independent clip: rounding moves each vertex by half a unit at most.
                if let Geometry::MultiPolygon(units) = in_units(&item.geometry_crs84(), tile) {
                    use geo::Validation;
                    prop_assert!(polygons(feature).iter().all(Validation::is_valid), "{:?}", rings);
                    let expected: f64 = units
                        .0
                        .iter()
                        .map(|p| p.intersection(&frame()).unsigned_area())
                        .sum();
                    let drawn = rings.iter().map(|r| area(r)).sum::<i64>() as f64 / 2.0;
                    let around: f64 = rings
                        .iter()
                        .flat_map(|r| r.windows(2))
                        .map(|w| ((w[0].0 - w[1].0) as f64).hypot((w[0].1 - w[1].1) as f64))
                        .sum();
                    prop_assert!((drawn - expected).abs() <= around + 32.0, "{} for {}", drawn, expected);
                }
            }
        }
    }

    #[test]
    fn points_are_where_they_are(r in rows(GeometryKind::Point, 40), zoom in 8..22_u8) {
        let layer = layer(&def(GeometryKind::Point), &r);
        let reader = reader(&layer);
        for tile in [tile_over(0.0, zoom), degrees_over(0.0, zoom)] {
            let mut drawn = 0;
            for feature in decoded(&layer, tile).iter().flat_map(|l| &l.features) {
                let item = reader.get(feature.id() as i64).unwrap();
                if let Geometry::Point(p) = in_units(&item.geometry_crs84(), tile) {
                    let [(x, y)] = parts(feature)[0][..] else { panic!("one point") };
                    prop_assert!((x as f64 - p.x()).abs() <= 0.501 && (y as f64 - p.y()).abs() <= 0.501);
                }
                drawn += 1;
            }
            let (low, high) = (-f64::from(BUFFER) - 0.5, f64::from(EXTENT + BUFFER) + 0.5);
            let expected = r.iter().filter(|r| {
                let Geometry::Point(p) = in_units(&reader.get(r.fid).unwrap().geometry_crs84(), tile) else { return false };
                p.x() >= low && p.x() < high && p.y() >= low && p.y() < high
            });
            prop_assert_eq!(drawn, expected.count());
        }
    }

    #[test]
    fn lines_stay_within_and_keep_their_length(r in rows(GeometryKind::LineString, 20), zoom in 13..17_u8) {
        use geo::{Euclidean, Length};
        let layer = layer(&def(GeometryKind::LineString), &r);
        let reader = reader(&layer);
        for (tile, feature) in [tile_over(0.0, zoom), degrees_over(0.0, zoom)]
            .into_iter()
            .flat_map(|t| decoded(&layer, t).into_iter().flat_map(move |l| l.features.into_iter().map(move |f| (t, f))))
        {
            let item = reader.get(feature.id() as i64).unwrap();
            let pieces = parts(&feature);
            let drawn: f64 = pieces
                .iter()
                .flat_map(|p| p.windows(2))
                .map(|w| ((w[0].0 - w[1].0) as f64).hypot((w[0].1 - w[1].1) as f64))
                .sum();
            if let Geometry::LineString(units) = in_units(&item.geometry_crs84(), tile) {
                // Rounding moves a line by less than a unit; one that leaves at a narrow angle then leaves elsewhere.
                let lines = geo::MultiLineString(vec![units]);
                let [least, most] = [-1.0, 1.0].map(|more| Euclidean.length(&frame_with(more).clip(&lines, false)));
                prop_assert!((least - 12.0..=most + 12.0).contains(&drawn), "{} for {}–{}", drawn, least, most);
            }
        }
    }
}

#[test]
fn attributes_have_their_types_and_hidden_ones_are_not_there() {
    let def = def(GeometryKind::Point);
    let at: Geometry<f64> = Point::new(CENTRE.0, CENTRE.1).into();
    let values = [
        Value::Text("Đắk Mil".into()),
        Value::Text("Nguyễn Văn A".into()),
        Value::Int(-2),
        Value::Real(6.5),
        Value::Bool(true),
        day(0),
        Value::Time("2026-03-01T08:00:00Z".parse().unwrap()),
    ];
    let mut empty = [const { Value::Null }; 7];
    empty[2] = Value::Int(3);
    empty[0] = Value::Text("Đắk Mil".into());
    let layer = layer(&def, &[row(9, 1, &at, values), row(10, 1, &at, empty)]);
    let found = decoded(&layer, tile_over(0.0, 15)).unwrap();
    assert_eq!(found.features.iter().map(tile::Feature::id).collect::<Vec<_>>(), [9, 10]);
    let first = properties(&found, &found.features[0]);
    assert!(!found.keys.contains(&"holder".to_owned()));
    assert_eq!(first["code"].string_value(), "Đắk Mil");
    assert_eq!(first["storeys"].sint_value, Some(-2));
    assert_eq!(first["height_m"].double_value, Some(6.5));
    assert_eq!(first["kept"].bool_value, Some(true));
    assert_eq!(first["since"].string_value(), "2024-04-24");
    assert_eq!(first["seen"].string_value(), "2026-03-01T08:00:00Z");
    let second = properties(&found, &found.features[1]);
    assert_eq!(second.len(), 2);
    assert_eq!(second["storeys"].uint_value, Some(3));
    assert_eq!(found.values.len(), 7, "a value is written once");
    let far = decoded(&layer, tile_over(0.0, 10)).unwrap();
    assert!(far.keys.is_empty() && far.features[0].tags.is_empty(), "no attributes below their zoom");
}

#[test]
fn neighbours_share_their_edge_and_small_ones_add_up() {
    let def = def(GeometryKind::Polygon);
    let cells = 60;
    let rows: Vec<ItemRow> = (0..cells * cells)
        .map(|i| {
            let (x, y) = (CENTRE.0 + f64::from(i % cells) * 12.3, CENTRE.1 + f64::from(i / cells) * 11.7);
            let ring = vec![(x, y), (x + 12.3, y), (x + 12.3, y + 11.7), (x, y + 11.7)];
            let cell: Geometry<f64> = Polygon::new(ring.into(), vec![]).into();
            row(i64::from(i) + 1, 1, &cell, [const { Value::Null }; 7])
        })
        .collect();
    let layer = layer(&def, &rows);
    let near = decoded(&layer, tile_over(360.0, 16)).unwrap();
    let sum: i64 = near.features.iter().flat_map(parts).map(|r| area(&r)).sum();
    let whole = decoded(&layer, tile_over(360.0, 16)).unwrap();
    let mut edges: BTreeMap<_, u32> = BTreeMap::new();
    for ring in whole.features.iter().flat_map(parts) {
        for w in ring.windows(2) {
            *edges.entry((w[0].min(w[1]), w[0].max(w[1]))).or_default() += 1;
        }
    }
    assert!(edges.values().all(|n| *n <= 2), "an edge belongs to two cells at most");
    assert!(edges.values().filter(|n| **n == 2).count() * 10 > edges.len() * 8, "and mostly to two");
    assert!(sum > 0);
    let far = decoded(&layer, tile_over(360.0, 10)).unwrap();
    assert_eq!(far.features.len(), 1, "one class, one feature");
    let covered: i64 = far.features.iter().flat_map(parts).map(|r| area(&r)).sum::<i64>() / 2;
    let unit = tile_over(360.0, 10).unit_m(EXTENT);
    let expected = f64::from(cells * cells) * 12.3 * 11.7 / unit / unit;
    assert!((covered as f64 / expected - 1.0).abs() < 0.02, "{covered} units for {expected}");
}

/// Parcels without gaps, of four land uses in no order, as dense as a town: some 14 m a side.
fn town(side: i32) -> Layer {
    let mut def = LayerDef::clone(&def(GeometryKind::Polygon));
    def.merge_by = Some(vec!["code".to_owned()]);
    def.attributes[0].tile_min_zoom = Some(0);
    let corner = |i: i32, j: i32| {
        // Corners are moved the same way for all that meet in them.
        let jitter = |seed: i32| f64::from((i * 7919 + j * 104_729 + seed).rem_euclid(1000)) / 200.0 - 2.5;
        (CENTRE.0 + f64::from(i) * 14.0 + jitter(1), CENTRE.1 + f64::from(j) * 13.0 + jitter(2))
    };
    let mut builder = LayerBuilder::new(Arc::new(def));
    for n in 0..side * side {
        let (i, j) = (n % side, n / side);
        let ring = vec![corner(i, j), corner(i + 1, j), corner(i + 1, j + 1), corner(i, j + 1)];
        let parcel: Geometry<f64> = Polygon::new(ring.into(), vec![]).into();
        let mut values = [const { Value::Null }; 7];
        values[0] = Value::Text(["ODT", "CLN", "LUC", "DGT"][(n % 7 * (n % 7) % 7 % 4) as usize].to_owned());
        builder.push(&row(i64::from(n) + 1, 1, &parcel, values)).unwrap();
    }
    builder.build()
}

/// The polygons of a feature: outer rings with the holes behind them.
fn polygons(feature: &tile::Feature) -> Vec<Polygon<f64>> {
    let mut polygons: Vec<Polygon<f64>> = Vec::new();
    for ring in parts(feature) {
        let line = geo::LineString::from_iter(ring.iter().map(|(x, y)| (*x as f64, *y as f64)));
        if area(&ring) > 0 {
            polygons.push(Polygon::new(line, vec![]));
        } else {
            polygons.last_mut().expect("a hole follows its outer ring").interiors_push(line);
        }
    }
    polygons
}

/// 6,821 real parcels of a city (DGFiP, 18th district of Paris), moved to Gia Nghĩa in their true size; courtyards, slivers and
/// all. Their land use is made up.
fn real_town() -> Layer {
    let folder = std::env::var("DOTHI_TEST_DATA").expect("DOTHI_TEST_DATA names the folder of the test data");
    let path = format!("{folder}/data/cadastre/fr_cadastre_75118_parcelles.geojson");
    let text = std::fs::read_to_string(&path).expect("the parcels of the test data");
    let collection: serde_json::Value = serde_json::from_str(&text).unwrap();
    let (lon, lat) = (2.35, 48.89);
    let (m_per_degree, east) = (111_320.0, f64::to_radians(lat).cos());
    let moved = |c: &serde_json::Value| {
        let at = [c[0].as_f64().unwrap() - lon, c[1].as_f64().unwrap() - lat];
        (CENTRE.0 + at[0] * m_per_degree * east, CENTRE.1 + at[1] * m_per_degree)
    };
    let line = |r: &serde_json::Value| r.as_array().unwrap().iter().map(moved).collect::<geo::LineString>();
    let polygon = |rings: &serde_json::Value| {
        let mut rings = rings.as_array().unwrap().iter().map(line);
        Polygon::new(rings.next().unwrap(), rings.collect())
    };
    let mut def = LayerDef::clone(&def(GeometryKind::MultiPolygon));
    def.merge_by = Some(vec!["code".to_owned()]);
    def.attributes[0].tile_min_zoom = Some(0);
    let mut builder = LayerBuilder::new(Arc::new(def));
    let features = collection["features"].as_array().unwrap();
    assert!(features.len() > 6000, "{} parcels", features.len());
    for (n, feature) in features.iter().enumerate() {
        let geometry = &feature["geometry"];
        let polygons = if geometry["type"] == "Polygon" {
            vec![polygon(&geometry["coordinates"])]
        } else {
            geometry["coordinates"].as_array().unwrap().iter().map(polygon).collect()
        };
        let mut values = [const { Value::Null }; 7];
        values[0] = Value::Text(["ODT", "CLN", "TMD", "DGT"][n * n % 7 % 4].to_owned());
        builder.push(&row(n as i64 + 1, 1, &geo::MultiPolygon(polygons).into(), values)).unwrap();
    }
    builder.build()
}

#[test]
fn a_town_from_afar_keeps_the_area_of_each_land_use_within_the_limit_of_a_tile() {
    keeps_areas(&town(420), &[0.0, 2900.0], 9..=14);
}

#[test]
fn real_parcels_keep_the_area_of_each_land_use() {
    keeps_areas(&real_town(), &[-900.0, 0.0, 900.0], 9..=16);
}

/// That the tiles over these places are small enough, valid, and show as much of each class as there is.
fn keeps_areas(layer: &Layer, places: &[f64], zooms: std::ops::RangeInclusive<u8>) {
    use geo::Validation;
    let reader = reader(layer);
    for zoom in zooms {
        for &dx in places {
            let tile = tile_over(dx, zoom);
            let bytes = mvt::encode(&reader, tile);
            assert!(bytes.len() <= mvt::LIMIT_BYTES, "{} bytes at zoom {zoom}", bytes.len());
            let Some(found) = decoded(layer, tile) else { continue };
            let (mut drawn, mut exact) = (BTreeMap::<String, f64>::new(), BTreeMap::<String, f64>::new());
            for feature in &found.features {
                let class = properties(&found, feature)["code"].string_value().to_owned();
                let polygons = polygons(feature);
                assert!(polygons.iter().all(Validation::is_valid), "zoom {zoom}: {polygons:?}");
                *drawn.entry(class).or_default() += polygons.iter().map(Area::unsigned_area).sum::<f64>();
            }
            for (item, _) in reader.in_tile(&tile.bbox_9218(mvt::MARGIN).unwrap()) {
                let Value::Text(class) = item.value(0) else { panic!("a land use") };
                let shown = match in_units(&item.geometry_crs84(), tile) {
                    Geometry::Polygon(units) => units.intersection(&frame()),
                    Geometry::MultiPolygon(units) => units.intersection(&frame()),
                    other => panic!("a polygon, not {other:?}"),
                };
                *exact.entry(class).or_default() += shown.unsigned_area();
            }
            for (class, exact) in exact {
                let drawn = drawn.get(&class).copied().unwrap_or(0.0);
                // Two in a hundred, or what a few pixels hold.
                let most = (0.02 * exact).max(64.0 * 16.0);
                assert!((drawn - exact).abs() <= most, "zoom {zoom}, {class}: {drawn} drawn of {exact}");
            }
        }
    }
}

#[test]
fn more_than_a_tile_holds_is_left_out_by_importance() {
    let mut points = LayerDef::clone(&def(GeometryKind::Point));
    points.attributes.iter_mut().for_each(|a| a.tile_min_zoom = Some(0));
    points.importance = Some("storeys".to_owned());
    let mut builder = LayerBuilder::new(Arc::new(points));
    for n in 0..60_000_i64 {
        let at = Point::new(CENTRE.0 + (n % 300) as f64 * 7.0, CENTRE.1 + (n / 300) as f64 * 9.0);
        let mut values = [const { Value::Null }; 7];
        values[0] = Value::Text(format!("P{n}"));
        values[2] = Value::Int(n);
        builder.push(&row(n + 1, 1, &at.into(), values)).unwrap();
    }
    let points = builder.build();
    let mut lines = LayerBuilder::new(def(GeometryKind::LineString));
    for n in 0..60_000_i64 {
        let from = (CENTRE.0 + (n % 300) as f64 * 7.0, CENTRE.1 + (n / 300) as f64 * 9.0);
        let line: Geometry<f64> =
            geo::LineString::from(vec![from, (from.0 + 900.0, from.1 + 20.0 * (n % 7) as f64)]).into();
        lines.push(&row(n + 1, 1, &line, [const { Value::Null }; 7])).unwrap();
    }
    let lines = lines.build();
    for zoom in [8, 11, 13] {
        let tile = tile_over(1000.0, zoom);
        for layer in [&points, &lines] {
            let bytes = mvt::encode(&reader(layer), tile).len();
            assert!((1..=mvt::LIMIT_BYTES).contains(&bytes), "{bytes} bytes at zoom {zoom}");
        }
        let found = decoded(&points, tile).unwrap();
        assert!(
            found.features.iter().any(|f| f.id() == 60_000) || zoom == 13,
            "the most important one is there"
        );
    }
}
