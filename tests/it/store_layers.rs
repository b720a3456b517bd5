//! Layer definitions and their tables.

use std::sync::Arc;

use dothi::Error;
use dothi::layers::{AttributeType, Catalog, LayerDef};
use dothi::store::feed::Changed;
use dothi::store::layers::{Applied, ApplyOptions};
use dothi::store::{Author, Store};

use crate::support::{TestDb, empty_database};

fn def(attributes: &[(&str, &str, bool)]) -> LayerDef {
    let attributes: Vec<_> = attributes
        .iter()
        .map(|(name, kind, required)| {
            serde_json::json!({"name": name, "type": kind, "title": {"vi": name, "en": name}, "required": required})
        })
        .collect();
    serde_json::from_value(serde_json::json!({
        "id": "thing", "title": {"vi": "x", "en": "x"}, "theme": "t", "geometry": "Point", "owner": ["XD"],
        "access": "O", "attribute": attributes,
    }))
    .unwrap()
}

fn catalog(def: LayerDef) -> Catalog {
    let mut catalog = Catalog::default();
    catalog.layers.insert(def.id.clone(), Arc::new(def));
    catalog
}

async fn apply(db: &TestDb, wanted: &Catalog, options: ApplyOptions) -> Result<Applied, Error> {
    let owner = Store::connect(&db.owner_url).await.unwrap();
    owner.apply(wanted, options, &Author::program("test", "apply")).await
}

async fn columns(db: &TestDb) -> Vec<String> {
    sqlx::query_scalar(
        "select column_name::text from information_schema.columns where table_schema = 'layer' and table_name = 'thing'
         order by column_name",
    )
    .fetch_all(&mut db.sql().await)
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_follow_the_definitions() {
    let db = empty_database().await;
    let plain = ApplyOptions::default();
    let first = def(&[("name", "text", false), ("height_m", "real", false)]);
    let made = apply(&db, &catalog(first.clone()), plain).await.unwrap();
    let revision = made.position.unwrap().revision;
    let change = db.store.feed_after(revision - 1, 10).await.unwrap();
    assert_eq!((change[0].layer.as_str(), &change[0].what), ("thing", &Changed::Catalog));
    assert_eq!(db.store.catalog().await.unwrap().layer("thing").unwrap().as_ref(), &first);
    // Once more: nothing to do, no revision.
    assert_eq!(apply(&db, &catalog(first.clone()), plain).await.unwrap(), Applied::default());

    let mut more = first.clone();
    more.attributes.push(def(&[("storeys", "integer", false)]).attributes.remove(0));
    let tried = apply(&db, &catalog(more.clone()), ApplyOptions { dry_run: true, ..plain }).await.unwrap();
    assert!(tried.position.is_none() && !tried.actions.is_empty());
    assert_eq!(columns(&db).await, ["fid", "geom", "height_m", "name", "version"]);
    apply(&db, &catalog(more.clone()), plain).await.unwrap();
    assert_eq!(columns(&db).await, ["fid", "geom", "height_m", "name", "storeys", "version"]);

    let mut other_type = more.clone();
    other_type.attributes[1].kind = AttributeType::Text;
    let refused =
        apply(&db, &catalog(other_type), ApplyOptions { allow_drop: true, ..plain }).await.unwrap_err();
    assert!(refused.to_string().contains("thing.height_m: the type cannot change"), "{refused}");

    // Fewer attributes: only when asked for, and the data stays.
    let refused = apply(&db, &catalog(first.clone()), plain).await.unwrap_err();
    assert!(
        refused.to_string().contains("thing.storeys: hiding an attribute needs --allow-drop"),
        "{refused}"
    );
    apply(&db, &catalog(first.clone()), ApplyOptions { allow_drop: true, ..plain }).await.unwrap();
    assert!(columns(&db).await.contains(&"storeys".to_owned()));
    assert!(db.store.catalog().await.unwrap().layer("thing").unwrap().attribute("storeys").is_none());
    apply(&db, &catalog(more), plain).await.unwrap();
    apply(&db, &catalog(first), ApplyOptions { allow_drop: true, purge: true, ..plain }).await.unwrap();
    assert!(!columns(&db).await.contains(&"storeys".to_owned()));

    let left = apply(&db, &Catalog::default(), plain).await.unwrap();
    assert_eq!(left.left.len(), 1);
    assert!(db.store.catalog().await.unwrap().layer("thing").is_some());
    apply(&db, &Catalog::default(), ApplyOptions { allow_drop: true, ..plain }).await.unwrap();
    assert!(db.store.catalog().await.unwrap().layer("thing").is_none());
    assert!(!columns(&db).await.is_empty(), "a hidden layer keeps its data");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_serving_role_cannot_apply() {
    let db = empty_database().await;
    let wanted = catalog(def(&[("name", "text", false)]));
    let author = Author::program("test", "apply");
    assert!(db.store.apply(&wanted, ApplyOptions::default(), &author).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn history_has_room_for_this_year_and_the_next() {
    let db = empty_database().await;
    apply(&db, &catalog(def(&[("name", "text", false)])), ApplyOptions::default()).await.unwrap();
    let partitions: i64 =
        sqlx::query_scalar("select count(*) from pg_inherits where inhparent = 'history.thing'::regclass")
            .fetch_one(&mut db.sql().await)
            .await
            .unwrap();
    assert_eq!(partitions, 2);
    // Any serving node may ask for it, again and again.
    let made: i32 = sqlx::query_scalar("select dothi.ensure_history_partitions()")
        .fetch_one(&mut db.serve().await)
        .await
        .unwrap();
    assert_eq!(made, 0);
}
