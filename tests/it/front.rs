//! The program's front door: the real router on a real database, listening on a port of its own.

use std::sync::Arc;

use arc_swap::ArcSwap;
use dothi::access::Role;
use dothi::config::Config;
use dothi::features::Features;
use dothi::feed::Feed;
use dothi::files::Files;
use dothi::files::made::MadeFiles;
use dothi::layers::{AttributeType, Catalog, LayerDef, Value};
use dothi::permit::Law;
use dothi::state::{AppState, Parts};
use dothi::store::Author;
use dothi::store::accounts::NewAccount;
use dothi::store::items::{NewItem, Written};
use reqwest::{Client, Response, StatusCode};
use serde_json::Value as Json;

use crate::support::{TestDb, database};

/// A running server with its database.
pub struct Server {
    /// Address without a slash at the end.
    pub base: String,
    /// What its handlers share.
    pub state: AppState,
    /// Its database, kept for as long as it is served.
    db: Arc<TestDb>,
    /// Follows no redirects, sends no cookies but those of a test.
    pub client: Client,
    _files: tempfile::TempDir,
}

impl Server {
    /// Starts one on a database with every layer applied, all of them empty.
    pub async fn start() -> Self {
        Self::on(Arc::new(database().await), None).await
    }

    /// Another one on the same database; layers whose table takes more bytes are not loaded by it.
    pub async fn beside(&self, layer_bytes: Option<u64>) -> Self {
        Self::on(self.db.clone(), layer_bytes).await
    }

    async fn on(db: Arc<TestDb>, layer_bytes: Option<u64>) -> Self {
        let files = tempfile::tempdir().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let listen = listener.local_addr().unwrap();
        let config = Config {
            home: files.path().to_owned(),
            listen,
            database_url: Some(db.serve_url.clone()),
            owner_url: None,
            public_url: None,
            behind_proxy: false,
            tile_cache_mib: 16,
            layer_memory_mib: None,
            download_cache_mib: 16,
            rate_limit: None,
        };
        let features = Arc::new(Features::new(16 << 20, layer_bytes));
        let catalog = Arc::new(ArcSwap::<Catalog>::default());
        let feed = Feed::start(db.store.clone(), features.clone(), catalog.clone()).await.unwrap();
        let state = AppState::new(Parts {
            config: Arc::new(config),
            store: db.store.clone(),
            catalog,
            features,
            feed,
            files: Files::open(&files.path().join("files")).unwrap(),
            made: MadeFiles::new(files.path().join("made"), 16 << 20),
            law: Arc::new(Law::load().unwrap()),
        });
        tokio::spawn(dothi::http::server::serve(listener, state.clone(), std::future::pending()));
        Self { base: format!("http://{listen}"), state, db, client: Client::new(), _files: files }
    }

    /// A connection for statements of the test itself, as superuser.
    pub async fn sql(&self) -> sqlx::PgConnection {
        self.db.sql().await
    }

    /// `GET`, whatever the answer.
    pub async fn get(&self, path: &str) -> Response {
        self.client.get(format!("{}{path}", self.base)).send().await.unwrap()
    }

    /// `GET` of JSON that must be there.
    pub async fn json(&self, path: &str) -> Json {
        let response = self.get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}: {}", response.text().await.unwrap());
        response.json().await.unwrap()
    }

    /// Makes an officer of the commune Bắc Gia Nghĩa and signs him in; gives his bearer token.
    pub async fn sign_in(&self, name: &str, role: Role) -> String {
        self.sign_in_as(name, role, Some("24611"), Some("XA")).await
    }

    /// Makes an account of an authority and an agency and signs it in; gives its bearer token.
    pub async fn sign_in_as(
        &self,
        name: &str,
        role: Role,
        authority: Option<&str>,
        agency: Option<&str>,
    ) -> String {
        let account = NewAccount {
            name: name.to_owned(),
            display_name: name.to_owned(),
            password: "dothi-sample".to_owned(),
            roles: [role].into(),
            authority: authority.map(str::to_owned),
            agency: agency.map(str::to_owned),
            sample: true,
            must_change_password: false,
        };
        self.state.store.put_account(account).await.unwrap();
        let body = serde_json::json!({"name": name, "password": "dothi-sample"});
        let answer =
            self.client.post(format!("{}/api/v1/login", self.base)).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "sign-in of {name}");
        answer.json::<Json>().await.unwrap()["token"].as_str().unwrap().to_owned()
    }

    /// Applies a layer beside those that are there, or a new definition of one, and waits until it is served.
    pub async fn apply(&self, layer: LayerDef) {
        let owner = dothi::store::Store::connect(&self.db.owner_url).await.unwrap();
        let mut catalog = owner.catalog().await.unwrap();
        catalog.layers.insert(layer.id.clone(), Arc::new(layer));
        let done = owner
            .apply(
                &catalog,
                dothi::store::layers::ApplyOptions::default(),
                &Author::program("test", "a layer"),
            )
            .await;
        self.state.feed.catch_up(done.unwrap().position.unwrap()).await.unwrap();
    }

    /// Who made a revision, why and with what.
    pub async fn author_of(&self, revision: i64) -> (String, String, String) {
        sqlx::query_as(
            "select a.name, r.reason, r.client from dothi.revision r join dothi.account a on a.id = r.actor
             where r.number = $1",
        )
        .bind(revision)
        .fetch_one(&mut self.db.sql().await)
        .await
        .unwrap()
    }

    /// Definition of a layer.
    pub fn layer(&self, id: &str) -> Arc<LayerDef> {
        self.state.catalog.load().layer(id).unwrap().clone()
    }

    /// Adds an item and waits until it is served. Attributes not named get the least that they may be.
    pub async fn insert(&self, layer: &str, wkb: Vec<u8>, values: &[(&str, Value)]) -> Written {
        let def = self.layer(layer);
        let catalog = self.state.catalog.load_full();
        let new = item(&catalog, &def, wkb, values);
        let author = Author::program("test", "an item");
        let written = self.state.store.items(&catalog, &def, &author).insert(new).await.unwrap();
        self.state.feed.catch_up(written.position).await.unwrap();
        written
    }
}

/// A new item. Attributes not named get the least that they may be.
pub fn item(catalog: &Catalog, def: &LayerDef, wkb: Vec<u8>, values: &[(&str, Value)]) -> NewItem {
    let value = |a: &dothi::layers::Attribute| {
        let given = values.iter().find(|(n, _)| *n == a.name).map(|(_, v)| v.clone());
        given.unwrap_or_else(|| if a.required { least(a, catalog) } else { Value::Null })
    };
    NewItem { wkb, values: def.attributes.iter().map(value).collect() }
}

fn least(a: &dothi::layers::Attribute, catalog: &Catalog) -> Value {
    let code = a.codes.as_ref().and_then(|c| catalog.code_list(c)).map(|l| l.codes[0].code.clone());
    match a.kind {
        AttributeType::Text => Value::Text(code.unwrap_or_else(|| format!("T{}", uuid::Uuid::new_v4()))),
        AttributeType::Integer => Value::Int(a.min.unwrap_or(0.0) as i64),
        AttributeType::Real => Value::Real(a.min.unwrap_or(0.0)),
        AttributeType::Boolean => Value::Bool(false),
        AttributeType::Date => Value::Date("2026-01-01".parse().unwrap()),
        AttributeType::Timestamp => Value::Time("2026-01-01T00:00:00Z".parse().unwrap()),
    }
}

/// A point of ISO WKB in EPSG:9218.
pub fn point(x: f64, y: f64) -> Vec<u8> {
    [&[1u8, 1, 0, 0, 0][..], &x.to_le_bytes(), &y.to_le_bytes()].concat()
}

/// A square of ISO WKB in EPSG:9218 from its south-west corner.
pub fn square(x: f64, y: f64, side: f64) -> Vec<u8> {
    let mut wkb = vec![1, 3, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0];
    for (dx, dy) in [(0.0, 0.0), (side, 0.0), (side, side), (0.0, side), (0.0, 0.0)] {
        wkb.extend_from_slice(&(x + dx).to_le_bytes());
        wkb.extend_from_slice(&(y + dy).to_le_bytes());
    }
    wkb
}
