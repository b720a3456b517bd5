//! `/health/live`, `/health/ready` and `/metrics` (Prometheus text format 0.0.4).

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;

use crate::state::AppState;

/// Routes of monitoring.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .route("/metrics", get(metrics))
}

/// The process answers.
async fn live() -> Response {
    answer(StatusCode::OK, &json!({"status": "live"}))
}

/// Database and index serve: the layers are loaded and the feed has heard from the database of late.
async fn ready(State(state): State<AppState>) -> Response {
    let snapshot = state.features.snapshot();
    let catalog = state.catalog.load();
    let missing: Vec<&String> = catalog.layers.keys().filter(|id| snapshot.raw(id).is_none()).collect();
    let outside: Vec<&String> = snapshot.layers().filter(|l| l.is_outside()).map(|l| &l.def().id).collect();
    let is_ready = state.feed.is_ready() && missing.is_empty();
    let body = json!({
        "status": if is_ready { "ready" } else { "not ready" },
        "epoch": snapshot.epoch,
        "revision": snapshot.revision,
        "layers": snapshot.layers().count(),
        "layers_not_loaded": missing,
        "layers_in_database": outside,
        "database_silent_s": state.feed.silence().as_secs(),
        "memory_bytes": snapshot.footprint().total(),
    });
    answer(if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, &body)
}

fn answer(status: StatusCode, body: &serde_json::Value) -> Response {
    let mut response = (status, axum::Json(body)).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Upper bounds of the buckets of answering times, in milliseconds.
const BUCKETS_MS: [u64; 9] = [1, 5, 10, 50, 100, 500, 1000, 5000, 30_000];

/// Requests answered since the start, by class of status, and the time to the answer's head.
struct Requests {
    by_class: [AtomicU64; 5],
    within: [AtomicU64; BUCKETS_MS.len()],
    count: AtomicU64,
    micros: AtomicU64,
}

static REQUESTS: Requests = Requests {
    by_class: [const { AtomicU64::new(0) }; 5],
    within: [const { AtomicU64::new(0) }; BUCKETS_MS.len()],
    count: AtomicU64::new(0),
    micros: AtomicU64::new(0),
};

/// Layer: counts each request.
pub async fn count(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let response = next.run(request).await;
    REQUESTS.add(response.status(), began.elapsed());
    response
}

impl Requests {
    fn add(&self, status: StatusCode, took: Duration) {
        let class = usize::from(status.as_u16() / 100).clamp(1, 5) - 1;
        self.by_class[class].fetch_add(1, Ordering::Relaxed);
        let ms = took.as_millis() as u64;
        for (within, bound) in self.within.iter().zip(BUCKETS_MS) {
            within.fetch_add(u64::from(ms <= bound), Ordering::Relaxed);
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(took.as_micros() as u64, Ordering::Relaxed);
    }

    fn write(&self, out: &mut Text) {
        out.help("dothi_http_requests_total", "counter", "Requests answered, by class of status.");
        for (class, n) in self.by_class.iter().enumerate() {
            out.value(&format!("dothi_http_requests_total{{status=\"{}xx\"}}", class + 1), load(n));
        }
        out.help("dothi_http_request_seconds", "histogram", "Time to the head of the answer.");
        for (within, bound) in self.within.iter().zip(BUCKETS_MS) {
            let seconds = bound as f64 / 1000.0;
            out.value(&format!("dothi_http_request_seconds_bucket{{le=\"{seconds}\"}}"), load(within));
        }
        let count = load(&self.count);
        out.value("dothi_http_request_seconds_bucket{le=\"+Inf\"}", count);
        out.value("dothi_http_request_seconds_sum", load(&self.micros) / 1e6);
        out.value("dothi_http_request_seconds_count", count);
    }
}

fn load(n: &AtomicU64) -> f64 {
    n.load(Ordering::Relaxed) as f64
}

#[derive(Default)]
struct Text(String);

impl Text {
    fn help(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn value(&mut self, name: &str, value: f64) {
        let _ = writeln!(self.0, "{name} {value}");
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: f64) {
        self.help(name, kind, help);
        self.value(name, value);
    }
}

async fn metrics(State(state): State<AppState>) -> Response {
    let mut out = Text::default();
    REQUESTS.write(&mut out);
    let tiles = state.features.tiles().counts();
    out.one("dothi_tile_cache_hits_total", "counter", "Tiles found in memory.", tiles.hits as f64);
    out.one("dothi_tile_cache_misses_total", "counter", "Tiles that were made.", tiles.misses as f64);
    out.one("dothi_tile_cache_tiles", "gauge", "Tiles kept.", tiles.tiles as f64);
    out.one("dothi_tile_cache_bytes", "gauge", "Bytes of the tiles kept.", tiles.bytes as f64);
    let snapshot = state.features.snapshot();
    out.help("dothi_memory_bytes", "gauge", "Bytes of the layers in memory, by part.");
    for (part, bytes) in snapshot.footprint().parts() {
        out.value(&format!("dothi_memory_bytes{{part=\"{part}\"}}"), bytes as f64);
    }
    out.one("dothi_revision", "gauge", "Last revision in memory.", snapshot.revision as f64);
    let silence = state.feed.silence().as_secs_f64();
    out.one(
        "dothi_database_silent_seconds",
        "gauge",
        "Time since the database last answered the feed.",
        silence,
    );
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], out.0).into_response()
}
