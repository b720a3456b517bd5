use super::*;
use crate::features::layer::Difference;
use crate::space::tile_matrix::Tile;

fn point_at(fid: i64, version: i64, dx: f64) -> ItemRow {
    row(fid, version, &Point::new(CENTRE.0 + dx, CENTRE.1).into(), [const { Value::Null }; 7])
}

/// The tile of a zoom that holds a place.
pub(super) fn tile_over(dx: f64, zoom: u8) -> Tile {
    let (lon, lat) = crate::space::crs::to_crs84(CENTRE.0 + dx, CENTRE.1);
    let [x, y] = crate::space::crs::world_from_crs84(lon, lat);
    Tile::new(zoom, y >> (32 - zoom), x >> (32 - zoom)).unwrap()
}

#[test]
fn a_change_drops_where_it_was_and_where_it_is_and_nothing_else() {
    let def = def(GeometryKind::Point);
    let features = Features::default();
    let first = layer(&def, &[point_at(1, 1, 0.0), point_at(2, 1, 50_000.0)]);
    features.publish(snapshot_of(&first, 1));
    let get = |dx: f64, zoom: u8| {
        let reader = features.snapshot().layer(&public(&def)).unwrap();
        features.tiles().get(&reader, tile_over(dx, zoom), TileEncoding::Identity)
    };
    for dx in [0.0, 50_000.0, 20_000.0] {
        for zoom in [8, 14] {
            get(dx, zoom);
        }
    }
    let misses = features.tiles().counts().misses;
    // The first point moves.
    let second = first.with_changes(vec![point_at(1, 2, 20_000.0)], &[]).unwrap();
    features.publish(snapshot_of(&second, 2));
    assert!(!get(50_000.0, 14).bytes.is_empty());
    assert_eq!(features.tiles().counts().misses, misses, "an untouched tile is still there");
    assert!(get(0.0, 14).bytes.is_empty(), "gone from where it was");
    assert!(!get(20_000.0, 14).bytes.is_empty(), "to be seen where it is");
    assert_eq!(features.tiles().counts().misses, misses + 2);
}

#[test]
fn a_tile_of_an_older_state_is_not_taken_in() {
    let def = def(GeometryKind::Point);
    let features = Features::default();
    let first = layer(&def, &[point_at(1, 1, 0.0)]);
    features.publish(snapshot_of(&first, 1));
    let slow = features.snapshot().layer(&public(&def)).unwrap();
    let second = first.with_changes(vec![], &[1]).unwrap();
    features.publish(snapshot_of(&second, 2));
    let tile = tile_over(0.0, 14);
    let late = features.tiles().get(&slow, tile, TileEncoding::Gzip);
    let now = features.snapshot().layer(&public(&def)).unwrap();
    let fresh = features.tiles().get(&now, tile, TileEncoding::Gzip);
    assert_ne!(late.etag, fresh.etag, "the slow reader sees its own state, and leaves no trace of it");
    assert_eq!(features.tiles().counts().tiles, 1);
    // A layer that is loaded anew drops everything of it.
    features.publish(snapshot_of(&layer(&def, &[point_at(1, 3, 0.0)]), 3));
    assert_eq!(features.tiles().counts().tiles, 0);
}

#[test]
fn the_difference_of_two_states_is_the_sum_of_the_steps() {
    let def = def(GeometryKind::Point);
    let first = layer(&def, &[point_at(1, 1, 0.0)]);
    let second = first.with_changes(vec![point_at(2, 2, 5.0)], &[]).unwrap();
    let third = second.with_changes(vec![], &[1]).unwrap();
    assert_eq!(third.difference(&third), Difference::Boxes(vec![]));
    assert!(matches!(third.difference(&second), Difference::Boxes(b) if b.len() == 1));
    assert!(matches!(third.difference(&first), Difference::Boxes(b) if b.len() == 2));
    assert_eq!(first.difference(&third), Difference::Everywhere);
    assert!(
        matches!(third.rebased(&second, &second.merged()).difference(&second), Difference::Boxes(b) if b.len() == 1)
    );
}

#[test]
fn the_cache_keeps_within_its_bound() {
    let def = def(GeometryKind::Point);
    let features = Features::new(20_000, None);
    features.publish(snapshot_of(&layer(&def, &[point_at(1, 1, 0.0)]), 1));
    let reader = features.snapshot().layer(&public(&def)).unwrap();
    for col in 0..2000 {
        features.tiles().get(&reader, Tile::new(14, 7000, col).unwrap(), TileEncoding::Identity);
    }
    let counts = features.tiles().counts();
    assert!(counts.bytes <= 20_000 && counts.tiles > 10, "{counts:?}");
}

#[test]
fn layers_come_together_in_a_tile_as_long_as_they_fit() {
    let def = def(GeometryKind::Point);
    let features = Features::default();
    features.publish(snapshot_of(&layer(&def, &[point_at(1, 1, 0.0)]), 1));
    let reader = features.snapshot().layer(&public(&def)).unwrap();
    let tile = tile_over(0.0, 14);
    let one = features.tiles().get(&reader, tile, TileEncoding::Identity).bytes;
    let three = [reader.clone(), reader.clone(), reader.clone()];
    let together =
        |most, encoding| features.tiles().together(&three, vec![None; 3], tile, encoding, most, |_| 0);
    let all = together(3 * one.len(), TileEncoding::Identity);
    assert_eq!((all.body.bytes.len(), all.left_out.len()), (3 * one.len(), 0));
    let two = together(3 * one.len() - 1, TileEncoding::Identity);
    assert_eq!((two.body.bytes.len(), two.left_out), (2 * one.len(), vec![2]));
    // A tile that is too large by itself is there, as it is by its own address.
    let least = together(1, TileEncoding::Identity);
    assert_eq!((&least.body.bytes, least.left_out), (&one, vec![1, 2]));
    // Compressed once: the second answer is the first one's bytes.
    let first = together(1 << 20, TileEncoding::Gzip).body.bytes;
    assert_eq!(together(1 << 20, TileEncoding::Gzip).body.bytes.as_ptr(), first.as_ptr());
    assert_eq!(features.tiles().counts().misses, 1, "they are made of the kept tiles");
}
