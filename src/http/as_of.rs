//! `Dothi-As-Of`: while the database is away, open layers are served from memory, and the answer says of when.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use chrono::{SecondsFormat, Utc};

use crate::state::AppState;

/// Name of the header; its value is an RFC 3339 time.
pub const AS_OF: HeaderName = HeaderName::from_static("dothi-as-of");
/// Silence that is no longer a pause between two looks at the database.
const AWAY_AFTER: std::time::Duration = std::time::Duration::from_secs(2);

/// Adds the header to answers that are made while memory cannot follow the database.
pub async fn mark(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let silence = state.feed.silence();
    let mut response = next.run(request).await;
    if silence > AWAY_AFTER && response.status().is_success() {
        let heard = Utc::now() - silence;
        if let Ok(value) = HeaderValue::from_str(&heard.to_rfc3339_opts(SecondsFormat::Secs, true)) {
            response.headers_mut().insert(AS_OF, value);
        }
    }
    response
}
