//! The whole service on a database of its own with the sample's land and accounts, and people who use it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use dothi::config::Config;
use dothi::features::Features;
use dothi::feed::Feed;
use dothi::files::Files;
use dothi::files::made::MadeFiles;
use dothi::jobs::Runner;
use dothi::jobs::worker;
use dothi::permit::Law;
use dothi::state::{AppState, Parts};
use reqwest::{Method, RequestBuilder, StatusCode, header};
use serde_json::{Value, json};

use crate::support::{TestDb, sample_database};

/// A running service.
pub struct Service {
    pub base: String,
    pub db: TestDb,
    pub state: AppState,
    runner: Option<Runner>,
    _files: tempfile::TempDir,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: header::HeaderMap,
    pub body: Value,
}

impl Answer {
    /// The answer, which must have this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{:#}", self.body);
        self
    }

    pub fn etag(&self) -> String {
        self.headers[header::ETAG].to_str().unwrap().to_owned()
    }
}

/// Somebody who is signed in, or the public.
#[derive(Clone)]
pub struct Person {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

/// Starts the service.
pub async fn service() -> Service {
    worker::use_executable(PathBuf::from(env!("CARGO_BIN_EXE_dothi")));
    let db = sample_database().await;
    let files = tempfile::tempdir().unwrap();
    let catalog = Arc::new(ArcSwap::default());
    let features = Arc::new(Features::default());
    let feed = Feed::start(db.store.clone(), features.clone(), catalog.clone()).await.unwrap();
    let state = AppState::new(Parts {
        config: Arc::new(config(files.path())),
        store: db.store.clone(),
        catalog,
        features,
        feed,
        files: Files::open(&files.path().join("files")).unwrap(),
        made: MadeFiles::new(files.path().join("made"), 16 << 20),
        law: Arc::new(Law::load().unwrap()),
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let app = dothi::http::router(state.clone());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let runner = Some(Runner::start(&state));
    Service { base, db, state, runner, _files: files }
}

fn config(home: &Path) -> Config {
    #[derive(clap::Parser)]
    struct Flags {
        #[command(flatten)]
        config: Config,
    }
    let home = home.to_str().unwrap();
    <Flags as clap::Parser>::parse_from(["dothi", "--home", home]).config
}

impl Service {
    pub fn public(&self) -> Person {
        Person { http: reqwest::Client::new(), base: self.base.clone(), token: None }
    }

    /// Signs a sample account in.
    pub async fn sign_in(&self, name: &str) -> Person {
        Person::at(&self.base, name).await
    }

    pub async fn stop(mut self) {
        if let Some(runner) = self.runner.take() {
            runner.stop().await;
        }
        self.state.feed.stop();
    }
}

impl Person {
    /// Signs a sample account in at the server of this address.
    pub async fn at(base: &str, name: &str) -> Self {
        let mut person = Self { http: reqwest::Client::new(), base: base.to_owned(), token: None };
        let given = json!({"name": name, "password": "dothi-sample"});
        let answer = person.post("/api/v1/login", &given).await.expect(200);
        person.token = Some(answer.body["token"].as_str().unwrap().to_owned());
        person
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn send(request: RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await.unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status, headers, body }
    }

    pub async fn get(&self, path: &str) -> Answer {
        Self::send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        Self::send(self.request(Method::POST, path).json(body)).await
    }

    pub async fn put_bytes(&self, path: &str, body: Vec<u8>) -> Answer {
        Self::send(self.request(Method::PUT, path).body(body)).await
    }

    /// Waits for a job to end.
    #[track_caller]
    pub fn job(&self, answer: &Answer) -> impl Future<Output = Value> {
        let job = answer.body["job"].as_str().expect("the answer names a job").to_owned();
        let person = self.clone();
        async move {
            let began = Instant::now();
            loop {
                let found = person.get(&format!("/api/v1/jobs/{job}")).await.expect(200).body;
                if matches!(found["state"].as_str(), Some("done" | "failed")) {
                    return found;
                }
                assert!(began.elapsed() < Duration::from_mins(1), "the job does not end: {found}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }

    /// Gives an event to a case.
    pub async fn event(&self, id: &str, event: &str, fields: Value) -> Answer {
        let mut body = fields;
        body["event"] = json!(event);
        self.post(&format!("/api/v1/applications/{id}/events"), &body).await
    }

    pub async fn state_of(&self, id: &str) -> String {
        let answer = self.get(&format!("/api/v1/applications/{id}")).await.expect(200);
        answer.body["state"].as_str().unwrap().to_owned()
    }
}

/// A model of `ifc-samples/`.
pub fn model(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("ifc-samples").join(name)).unwrap()
}

/// What an applicant would state for that model.
pub fn expected(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("ifc-samples/expected.json");
    let all: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    all["models"][name].clone()
}

/// A draft for a sample model, with the model uploaded and read; gives its id.
pub async fn draft(applicant: &Person, name: &str) -> String {
    let e = expected(name);
    let body = json!({"kind": e["kind"], "parcel": e["parcel"], "title": "Nhà ở mẫu", "form": e["form"]});
    let made = applicant.post("/api/v1/applications", &body).await.expect(201);
    assert_eq!(made.body["state"], "DRAFT");
    let id = made.body["id"].as_str().unwrap().to_owned();
    upload(applicant, &id, name).await;
    id
}

/// Uploads a model and waits until it is read.
pub async fn upload(applicant: &Person, id: &str, name: &str) {
    let path = format!("/api/v1/applications/{id}/model");
    let sent = applicant.put_bytes(&path, model(name)).await.expect(202);
    let job = applicant.job(&sent).await;
    assert_eq!(job["state"], "done", "{job}");
}

/// A case under appraisal, with its official run done; gives its id.
pub async fn appraised(s: &Service, applicant: &Person, name: &str) -> String {
    let id = draft(applicant, name).await;
    applicant.event(&id, "submit", json!({"expected_state": "DRAFT"})).await.expect(200);
    let intake = s.sign_in("intake").await;
    let accepted = intake.event(&id, "accept", json!({})).await.expect(200);
    assert_eq!(accepted.body["state"], "APPRAISAL");
    let job = intake.job(&accepted).await;
    assert_eq!(job["state"], "done", "{job}");
    id
}

/// Settles every row that waits for an officer, except `but`.
pub async fn settle(officer: &Person, id: &str, but: &[&str]) {
    let checks = officer.get(&format!("/api/v1/applications/{id}/checks")).await.expect(200);
    for row in checks.body["checks"].as_array().unwrap() {
        let rule = row["rule"].as_str().unwrap();
        let open = matches!(row["verdict"].as_str(), Some("FAIL" | "MANUAL" | "NO_DATA"));
        if open && row["effect"] == "blocking" && !but.contains(&rule) {
            let mut finding = json!({"rule": rule, "finding": "accepted", "reason": "Đã đối chiếu hồ sơ."});
            if let Some(work) = row["work"].as_str() {
                finding["work"] = json!(work);
            }
            officer.post(&format!("/api/v1/applications/{id}/findings"), &finding).await.expect(201);
        }
    }
}
