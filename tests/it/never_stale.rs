//! Two nodes, a minute of random edits: every tile that is served is the one that would be made of the database now, and
//! at the zooms where all is drawn it holds what PostGIS finds there.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use dothi::access::View;
use dothi::features::encode::mvt;
use dothi::features::{LayerBuilder, LayerReader, Snapshot, TileEncoding};
use dothi::layers::Value;
use dothi::space::crs::{to_crs84, world_from_crs84};
use dothi::space::tile_matrix::Tile;
use dothi::store::Author;
use dothi::store::items::NewItem;
use geozero::mvt::{Message, Tile as Decoded};
use rand::seq::{IndexedRandom, IteratorRandom};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sqlx::PgConnection;

use crate::feed::{Node, node};
use crate::front::{item, square};
use crate::support::{TestDb, database};
use crate::wfs::AT;

/// How long edits go on.
const TIME: Duration = Duration::from_mins(1);
/// Metres of the side of the square in which all lies.
const REACH: f64 = 1_500.0;
/// Tiles that are compared after each round of edits.
const LOOKED_AT: usize = 40;
/// Zooms from which nothing of these sizes is left out.
const FULL_DETAIL: u8 = 15;

/// Every tile of some zooms that lies over the square.
fn tiles() -> Vec<Tile> {
    let corner = |dx: f64, dy: f64| {
        let (lon, lat) = to_crs84(AT.0 + dx, AT.1 + dy);
        world_from_crs84(lon, lat)
    };
    let ([west, south], [east, north]) = (corner(-100.0, -100.0), corner(REACH + 100.0, REACH + 100.0));
    let mut all = Vec::new();
    for zoom in [6_u8, 9, 11, 12, 13, 14, 15, 16, 17] {
        let of = |v: u32| v >> (32 - u32::from(zoom));
        for row in of(north)..=of(south) {
            all.extend((of(west)..=of(east)).filter_map(|col| Tile::new(zoom, row, col)));
        }
    }
    all
}

/// The layer as a program that starts now would load it.
async fn fresh(db: &TestDb, view: &View) -> LayerReader {
    let database = db.store.snapshot().await.unwrap();
    let mut layer = LayerBuilder::new(view.layer.clone());
    database.load(&view.layer, |row| layer.push_ref(&row)).await.unwrap();
    database.close().await.unwrap();
    let mut memory = Snapshot::default();
    memory.insert(layer.build());
    memory.layer(view).unwrap()
}

/// The items that meet a tile, wider by so many of its units, as PostGIS finds them.
async fn found(sql: &mut PgConnection, tile: Tile, units: f64) -> BTreeSet<u64> {
    let fids: Vec<i64> = sqlx::query_scalar(
        "select fid from layer.parcel, ST_Transform(ST_TileEnvelope($1, $2, $3, margin => $4), 4326) as tile
         where ST_Intersects(ST_Transform(geom, 4326), tile)",
    )
    .bind(i32::from(tile.tile_matrix))
    .bind(tile.tile_col as i32)
    .bind(tile.tile_row as i32)
    .bind(units / 4096.0)
    .fetch_all(sql)
    .await
    .unwrap();
    fids.into_iter().map(|fid| fid as u64).collect()
}

/// Area and way round of each item in units of the tile, as PostGIS draws it there.
async fn drawn_by_postgis(sql: &mut PgConnection, tile: Tile) -> BTreeMap<u64, (f64, f64)> {
    let rows: Vec<(i64, f64, f64)> = sqlx::query_as(
        "select fid, st_area(drawn), st_perimeter(drawn)
         from layer.parcel, ST_TileEnvelope($1, $2, $3) as tile,
           lateral (select st_asmvtgeom(st_transform(geom, 3857), tile, 4096, 64, true) as drawn) d
         where drawn is not null",
    )
    .bind(i32::from(tile.tile_matrix))
    .bind(tile.tile_col as i32)
    .bind(tile.tile_row as i32)
    .fetch_all(sql)
    .await
    .unwrap();
    rows.into_iter().map(|(fid, area, around)| (fid as u64, (area, around))).collect()
}

/// Area of each item of a tile of polygons, in square units (vector tiles 2.1, §4.3).
fn areas(tile: &[u8]) -> BTreeMap<u64, f64> {
    let area = |commands: &[u32]| {
        let (mut rest, mut at, mut doubled) = (commands.iter(), (0_i64, 0_i64), 0_i64);
        let mut ring: Vec<(i64, i64)> = Vec::new();
        while let Some(command) = rest.next() {
            let (id, count) = (command & 7, command >> 3);
            if id == 7 {
                let sides = ring.iter().zip(ring.iter().cycle().skip(1));
                doubled += sides.map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum::<i64>();
                ring.clear();
                continue;
            }
            for _ in 0..count {
                let mut step = || {
                    let n = *rest.next().unwrap();
                    i64::from(n >> 1) ^ -i64::from(n & 1)
                };
                at = (at.0 + step(), at.1 + step());
                ring.push(at);
            }
        }
        doubled as f64 / 2.0
    };
    let decoded = Decoded::decode(tile).unwrap();
    let features = decoded.layers.iter().flat_map(|l| &l.features);
    features.filter_map(|f| Some((f.id?, area(&f.geometry)))).collect()
}

fn ids(tile: &[u8]) -> BTreeSet<u64> {
    let decoded = Decoded::decode(tile).unwrap();
    decoded.layers.iter().flat_map(|l| &l.features).filter_map(|f| f.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_node_serves_a_stale_tile() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    let def = catalog.layer("parcel").unwrap().clone();
    let view = View::system(&def);
    let nodes = [node(&db).await, node(&db).await];
    let now = |node: &Node| node.features.snapshot().layer(&view).unwrap();
    let author = Author::program("test", "random edits");
    let mut rng = ChaCha8Rng::seed_from_u64(2026);
    let mut sql = db.sql().await;
    let tiles = tiles();
    let (mut alive, mut made, mut compared, mut dropped) = (Vec::<i64>::new(), 0_u64, 0, 0);
    let mut matched = 0;
    let began = Instant::now();
    while began.elapsed() < TIME {
        // Both nodes hold tiles of the state before, in all encodings.
        for node in &nodes {
            let reader = now(node);
            for tile in tiles.choose_multiple(&mut rng, LOOKED_AT) {
                let encoding = *[TileEncoding::Identity, TileEncoding::Gzip].choose(&mut rng).unwrap();
                node.features.tiles().get(&reader, *tile, encoding);
            }
        }
        let mut last = None;
        for _ in 0..rng.random_range(1..6) {
            let items = db.store.items(&catalog, &def, &author);
            let side =
                if rng.random_bool(0.2) { rng.random_range(1.0..4.0) } else { rng.random_range(8.0..120.0) };
            let (x, y) = (AT.0 + rng.random_range(0.0..REACH), AT.1 + rng.random_range(0.0..REACH));
            made += 1;
            let uses =
                [("land_use", Value::Text(["ODT", "CLN", "LUC"].choose(&mut rng).unwrap().to_string()))];
            let code = [("code", Value::Text(format!("T-{made}")))];
            let new: NewItem = item(&catalog, &def, square(x, y, side), &[&uses[..], &code[..]].concat());
            let one = alive.iter().copied().choose(&mut rng);
            let written = match (rng.random_range(0..10), one) {
                (0..=4, _) | (_, None) => items.insert(new).await.unwrap(),
                (5..=7, Some(fid)) => items.replace(fid, new, None).await.unwrap(),
                (_, Some(fid)) => items.delete(fid, None).await.unwrap(),
            };
            alive.retain(|fid| *fid != written.fid);
            if written.version > 0 && db.store.item(&def, written.fid).await.unwrap().is_some() {
                alive.push(written.fid);
            }
            last = Some(written.position);
        }
        let committed = Instant::now();
        for node in &nodes {
            let revision = last.unwrap().revision;
            while node.feed.position().revision < revision {
                assert!(committed.elapsed() < Duration::from_secs(10), "a node stays behind");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        let truth = fresh(&db, &view).await;
        for tile in tiles.choose_multiple(&mut rng, LOOKED_AT) {
            let expected = mvt::encode(&truth, *tile);
            for (n, node) in nodes.iter().enumerate() {
                let served = node.features.tiles().get(&now(node), *tile, TileEncoding::Identity);
                assert!(served.bytes == expected, "node {n} serves a stale {tile:?}");
                compared += 1;
            }
            if tile.tile_matrix >= FULL_DETAIL {
                let drawn = ids(&expected);
                let (within, near) = (found(&mut sql, *tile, -2.0).await, found(&mut sql, *tile, 68.0).await);
                assert!(drawn.is_subset(&near), "{tile:?}: {:?}", drawn.difference(&near));
                let (ours, theirs) = (areas(&expected), drawn_by_postgis(&mut sql, *tile).await);
                for (fid, area) in &ours {
                    // One that is drawn on the edge of the margin alone may be rounded away there and not here.
                    let (other, around) = theirs.get(fid).copied().unwrap_or_default();
                    // Each vertex lies within a unit of the other's.
                    assert!(
                        (area - other).abs() <= around + 140.0,
                        "{tile:?}, {fid}: {area}, PostGIS {other}"
                    );
                    matched += usize::from(other > 1_000.0);
                }
                // What is a unit or less wide within the tile may be rounded away.
                let lost = within.difference(&drawn).count();
                assert!(lost == 0 || tile.tile_matrix < 16, "{tile:?}: {:?}", within.difference(&drawn));
            }
        }
        dropped += 1;
    }
    assert!(dropped > 20 && compared > 1_000 && alive.len() > 5, "{dropped} rounds, {compared} tiles");
    assert!(matched > 200, "{matched} items as PostGIS draws them");
    let hits: u64 = nodes.iter().map(|n| n.features.tiles().counts().hits).sum();
    assert!(hits > 100, "tiles that no edit touched were kept: {hits}");
}
