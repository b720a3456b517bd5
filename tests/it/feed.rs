//! Memory follows the database: single writes, bulk changes, another epoch, many writers at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use dothi::access::View;
use dothi::features::Features;
use dothi::feed::Feed;
use dothi::layers::{Catalog, Value};
use dothi::store::bulk::{Incoming, Mode};
use dothi::store::items::NewItem;
use dothi::store::{Author, Position};

use crate::support::{TestDb, database};

/// A server's memory, without a door.
pub struct Node {
    pub features: Arc<Features>,
    pub feed: Feed,
}

pub async fn node(db: &TestDb) -> Node {
    let features = Arc::new(Features::default());
    let feed = Feed::start(db.store.clone(), features.clone(), Arc::new(ArcSwap::default())).await.unwrap();
    Node { features, feed }
}

impl Node {
    fn count(&self, catalog: &Catalog, layer: &str) -> usize {
        let view = View::system(catalog.layer(layer).unwrap());
        self.features.snapshot().layer(&view).unwrap().count()
    }

    async fn reaches(&self, position: Position) {
        let began = Instant::now();
        while self.feed.position().revision < position.revision {
            assert!(began.elapsed() < Duration::from_secs(5), "memory stays behind");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// A point of ISO WKB in little endian.
fn point(x: f64, y: f64) -> Vec<u8> {
    [&[1u8, 1, 0, 0, 0][..], &x.to_le_bytes(), &y.to_le_bytes()].concat()
}

/// A hydrant with every required attribute filled.
fn hydrant(catalog: &Catalog, n: i64) -> NewItem {
    let def = catalog.layer("hydrant").unwrap();
    let values = def
        .attributes
        .iter()
        .map(|a| match a.kind {
            dothi::layers::AttributeType::Text if a.codes.is_none() && a.required => {
                Value::Text(format!("T{n}"))
            }
            dothi::layers::AttributeType::Boolean if a.required => Value::Bool(true),
            _ => Value::Null,
        })
        .collect();
    NewItem { wkb: point(411_600.0 + n as f64, 1_327_195.0), values }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_node_sees_a_write_and_the_writer_sees_it_first() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    let (here, there) = (node(&db).await, node(&db).await);
    let author = Author::program("test", "one hydrant");
    let def = catalog.layer("hydrant").unwrap();
    let items = db.store.items(&catalog, def, &author);
    let made = items.insert(hydrant(&catalog, 1)).await.unwrap();
    here.feed.catch_up(made.position).await.unwrap();
    assert_eq!(here.count(&catalog, "hydrant"), 1);
    there.reaches(made.position).await;
    assert_eq!(there.count(&catalog, "hydrant"), 1);

    let gone = items.delete(made.fid, None).await.unwrap();
    here.feed.catch_up(gone.position).await.unwrap();
    assert_eq!(here.count(&catalog, "hydrant"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bulk_change_is_swapped_in_whole() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    let node = node(&db).await;
    let mut heard = node.feed.subscribe();
    let rows = (0..12_000).map(|n| {
        let NewItem { wkb, values } = hydrant(&catalog, n);
        Incoming { place: format!("row {n}"), wkb, values }
    });
    let author = Author::program("test", "many hydrants");
    let report = db.store.load_rows(&catalog, "hydrant", rows, Mode::Append, &author).await.unwrap();
    assert_eq!((report.inserted, report.rejected), (12_000, 0), "{:?}", report.rejections);
    node.feed.catch_up(report.position.unwrap()).await.unwrap();
    assert_eq!(node.count(&catalog, "hydrant"), 12_000);
    assert_eq!(heard.recv().await.unwrap().layers, [("hydrant".to_owned(), None)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_epoch_loads_everything_again() {
    let db = database().await;
    let catalog = db.store.catalog().await.unwrap();
    let node = node(&db).await;
    let author = Author::program("test", "one");
    let def = catalog.layer("hydrant").unwrap();
    let made = db.store.items(&catalog, def, &author).insert(hydrant(&catalog, 1)).await.unwrap();
    node.feed.catch_up(made.position).await.unwrap();
    // What a restore of an older backup does.
    let mut sql = db.sql().await;
    sqlx::raw_sql(
        "truncate layer.hydrant; delete from dothi.feed_change where revision = (select revision from dothi.feed);
         delete from dothi.revision where number = (select revision from dothi.feed);
         update dothi.feed set epoch = gen_random_uuid(), revision = revision - 1",
    )
    .execute(&mut sql)
    .await
    .unwrap();
    let began = Instant::now();
    while node.count(&catalog, "hydrant") != 0 {
        assert!(began.elapsed() < Duration::from_secs(10), "the old state is still served");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_ne!(node.feed.position().epoch, made.position.epoch);
}
