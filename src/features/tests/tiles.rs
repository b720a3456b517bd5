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
    let (low, high) = (-f64::from(BUFFER), f64::from(EXTENT + BUFFER));
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
                let item = reader.get(feature.id() as i64).unwrap();
                let rings = parts(feature);
                prop_assert!(area(&rings[0]) > 0, "the first ring is an outer one");
                let within = |v: i64| (-i64::from(BUFFER)..=i64::from(EXTENT + BUFFER)).contains(&v);
                prop_assert!(rings.iter().flatten().all(|(x, y)| within(*x) && within(*y)));
                prop_assert!(rings.iter().all(|r| r.len() >= 4 && area(r) != 0));
                // Against an independent clip: rounding moves each vertex by half a unit at most.
                if let Geometry::MultiPolygon(units) = in_units(&item.geometry_crs84(), tile) {
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
                let expected = Euclidean.length(&frame().clip(&geo::MultiLineString(vec![units]), false));
                prop_assert!((drawn - expected).abs() <= 12.0, "{} for {}", drawn, expected);
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
    assert!(far.features.len() < rows.len() / 4, "{} squares", far.features.len());
    let covered: i64 = far.features.iter().flat_map(parts).map(|r| area(&r)).sum::<i64>() / 2;
    let unit = tile_over(360.0, 10).unit_m(EXTENT);
    let expected = f64::from(cells * cells) * 12.3 * 11.7 / unit / unit;
    assert!((covered as f64 / expected - 0.66).abs() < 0.15, "{covered} units for {expected}");
}
