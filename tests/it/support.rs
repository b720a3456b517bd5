//! A real PostGIS for each test: a database of its own, copied from a template that is made once a run.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, Weak};

use dothi::cluster::{Cluster, Durability, SUPERUSER};
use dothi::layers::Catalog;
use dothi::sample::demo_sites;
use dothi::store::bootstrap::{OWNER, SERVE, bootstrap};
use dothi::store::bulk::{Incoming, Mode};
use dothi::store::layers::ApplyOptions;
use dothi::store::{Author, Store};
use sha2::{Digest, Sha256};
use sqlx::{Connection, Executor, PgConnection};

/// A database of one test, gone with it.
#[derive(Debug)]
pub struct TestDb {
    /// Connected as the serving role.
    pub store: Store,
    /// Address for `dothi_serve`.
    pub serve_url: String,
    /// Address for `dothi_owner`.
    pub owner_url: String,
    /// Address for the superuser.
    pub superuser_url: String,
    name: String,
    cluster: Arc<Cluster>,
}

impl Drop for TestDb {
    /// Hundreds of left databases would slow every later run. `DOTHI_KEEP_TEST_DB` keeps them for a look.
    fn drop(&mut self) {
        if std::env::var_os("DOTHI_KEEP_TEST_DB").is_some() {
            return;
        }
        let (cluster, name) = (self.cluster.clone(), self.name.clone());
        let work = async move {
            let mut db = maintenance(&cluster).await;
            let sql = format!("drop database if exists {name} with (force)");
            db.execute(sql.as_str()).await.map(drop)
        };
        // A test's own runtime may be ending: another thread with one of its own.
        let thread = std::thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread().enable_all().build().map(|rt| rt.block_on(work))
        });
        let _ = thread.join();
    }
}

impl TestDb {
    /// A connection as the serving role.
    pub async fn serve(&self) -> PgConnection {
        PgConnection::connect(&self.serve_url).await.expect("serving role connects")
    }

    /// Its name in the cluster.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A superuser's connection to another database of the cluster.
    pub async fn maintenance(&self) -> PgConnection {
        maintenance(&self.cluster).await
    }

    /// A connection for statements of the test itself, as superuser.
    pub async fn sql(&self) -> PgConnection {
        PgConnection::connect(&self.superuser_url).await.expect("superuser connects")
    }
}

/// A migrated database without layers.
pub async fn empty_database() -> TestDb {
    let cluster = cluster();
    let template = template(&cluster, "empty").await;
    copy(cluster, &template).await
}

/// A migrated database with every layer applied, all of them empty.
pub async fn database() -> TestDb {
    let cluster = cluster();
    let template = template(&cluster, "layers").await;
    copy(cluster, &template).await
}

/// A database with the land of the sample province (what checks read) and the sample accounts.
pub async fn sample_database() -> TestDb {
    let cluster = cluster();
    let template = template(&cluster, "sample").await;
    copy(cluster, &template).await
}

/// The cluster that `scripts/test` keeps running (`DOTHI_TEST_HOME`), or one below the target folder.
fn cluster() -> Arc<Cluster> {
    static CURRENT: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
    let mut current = CURRENT.lock().unwrap();
    if let Some(cluster) = current.upgrade() {
        return cluster;
    }
    let home = std::env::var_os("DOTHI_TEST_HOME")
        .map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("home"), PathBuf::from);
    let cluster = Arc::new(Cluster::open(&home, Durability::None).expect("the test cluster starts"));
    *current = Arc::downgrade(&cluster);
    cluster
}

/// Tells builds apart: a template of an older program is not used again.
fn build() -> String {
    let exe = std::env::current_exe().unwrap();
    let made = std::fs::metadata(exe).unwrap().modified().unwrap();
    hex::encode(&Sha256::digest(format!("{made:?}"))[..5])
}

async fn maintenance(cluster: &Cluster) -> PgConnection {
    PgConnection::connect(&cluster.url(SUPERUSER, "postgres")).await.expect("maintenance connection")
}

async fn template(cluster: &Cluster, kind: &str) -> String {
    let name = format!("tpl_{}_{kind}", build());
    let mut db = maintenance(cluster).await;
    // Tests are processes and threads: the first makes the template, the others wait here.
    sqlx::query("select pg_advisory_lock(4711)").execute(&mut db).await.unwrap();
    let exists: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(&name)
        .fetch_one(&mut db)
        .await
        .unwrap();
    if !exists {
        drop_old(&mut db).await;
        let making = format!("{name}_new");
        sqlx::raw_sql(&format!("drop database if exists {making}")).execute(&mut db).await.unwrap();
        bootstrap(&cluster.url(SUPERUSER, "postgres"), &making).await.unwrap();
        fill(&cluster.url(SUPERUSER, &making), kind).await;
        sqlx::raw_sql(&format!("alter database {making} rename to {name}")).execute(&mut db).await.unwrap();
    }
    db.close().await.unwrap();
    name
}

async fn fill(url: &str, kind: &str) {
    let store = Store::connect(url).await.unwrap();
    store.migrate().await.unwrap();
    if kind != "empty" {
        let catalog = dothi::layers::embedded().expect("the embedded layer files are right");
        let author = Author::program("test", "layer files");
        store.apply(&catalog, ApplyOptions::default(), &author).await.unwrap();
        if kind == "sample" {
            load_sample(&store, &catalog).await;
        }
    }
    store.close().await;
}

/// The layers that checks read, and the accounts.
async fn load_sample(store: &Store, catalog: &Catalog) {
    let author = Author::program("test", "sample");
    for (layer, items) in dothi::sample::province::generate(dothi::sample::province::SEED).into_layers() {
        if dothi::permit::checks::needed_layers().iter().all(|(id, _)| *id != layer) {
            continue;
        }
        let def = catalog.layer(layer).unwrap();
        let near = items.iter().filter(|i| layer.starts_with("admin_") || is_near(&i.geometry));
        let rows = near.enumerate().map(|(i, item)| {
            let row = item.to_row(def).unwrap();
            Incoming { place: i.to_string(), wkb: row.wkb, values: row.values }
        });
        let report =
            store.load_rows(catalog, layer, rows.collect::<Vec<_>>(), Mode::Append, &author).await.unwrap();
        assert_eq!(report.rejected, 0, "{layer}: {:?}", report.rejections);
    }
    dothi::store::permits::sample::accounts(store, catalog).await.unwrap();
}

/// Near one of the quarters on which the sample models stand: all that their checks can reach.
fn is_near(geometry: &geo::Geometry<f64>) -> bool {
    use geo::BoundingRect;
    let Some(rect) = geometry.bounding_rect() else { return false };
    demo_sites::QUARTERS.iter().any(|q| {
        let [x, y] = q.to_map([q.size[0] / 2.0, q.size[1] / 2.0]);
        let reach = q.size[0].max(q.size[1]) + 200.0;
        rect.min().x < x + reach
            && rect.max().x > x - reach
            && rect.min().y < y + reach
            && rect.max().y > y - reach
    })
}

/// Databases of older builds; those in use by a run beside this one stay.
async fn drop_old(db: &mut PgConnection) {
    let old: Vec<String> = sqlx::query_scalar(
        "select datname::text from pg_database where datname ~ '^(tpl|test)_' and position($1 in datname) = 0",
    )
    .bind(build())
    .fetch_all(&mut *db)
    .await
    .unwrap();
    for name in old {
        let _ = sqlx::raw_sql(&format!("drop database if exists \"{name}\"")).execute(&mut *db).await;
    }
}

async fn copy(cluster: Arc<Cluster>, template: &str) -> TestDb {
    let name = format!("test_{}_{}", build(), &uuid::Uuid::new_v4().simple().to_string()[..12]);
    let mut db = maintenance(&cluster).await;
    let sql = format!("create database {name} owner {OWNER} template {template}");
    sqlx::raw_sql(&sql).execute(&mut db).await.unwrap();
    // Rights on the database itself are not copied with a template.
    sqlx::raw_sql(&format!("grant connect on database {name} to {SERVE}")).execute(&mut db).await.unwrap();
    db.close().await.unwrap();
    let url = |role: &str| cluster.url(role, &name);
    TestDb {
        store: Store::connect(&url(SERVE)).await.expect("the test's database answers"),
        serve_url: url(SERVE),
        owner_url: url(OWNER),
        superuser_url: url(SUPERUSER),
        name,
        cluster,
    }
}
