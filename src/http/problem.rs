//! Turns each [`Error`] into a status and an RFC 9457 body, in the language of the request.
//!
//! A handler returns `Error`; its response carries the error itself. [`render`], the layer around all routes,
//! knows the request (language, id) and writes the body. A 500 shows the request id and nothing else; its cause
//! is logged once, here.

use std::error::Error as StdError;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::access_keys::without_key;
use super::{lang, portal};
use crate::error::Error;
use crate::state::AppState;
use crate::text::{Lang, Text};

/// Header that names a request in answers and in the log.
pub const REQUEST_ID: &str = "x-request-id";

/// The error behind a response, for [`render`].
#[derive(Debug, Clone)]
struct Fault(Arc<Error>);

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = describe(&self).status.into_response();
        response.extensions_mut().insert(Fault(Arc::new(self)));
        response
    }
}

/// What a client is told of an error.
struct Problem {
    status: StatusCode,
    /// Last segment of the problem's `type`.
    kind: &'static str,
    title: Text,
    detail: Text,
    /// Members beside those of RFC 9457.
    extra: Map<String, Value>,
    header: Option<(header::HeaderName, HeaderValue)>,
}

impl Problem {
    fn new(status: StatusCode, kind: &'static str, vi: &str, en: &str, detail: Text) -> Self {
        Self { status, kind, title: Text::new(vi, en), detail, extra: Map::new(), header: None }
    }

    fn member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.extra.insert(name.to_owned(), value.into());
        self
    }

    fn members(mut self, detail: &Value) -> Self {
        if let Value::Object(members) = detail {
            self.extra.extend(members.clone());
        }
        self
    }

    fn header(mut self, name: header::HeaderName, value: HeaderValue) -> Self {
        self.header = Some((name, value));
        self
    }
}

/// The one match from errors to answers.
#[allow(clippy::too_many_lines, reason = "one exhaustive match, a few lines an error")]
fn describe(error: &Error) -> Problem {
    use StatusCode as S;
    match error {
        Error::NotFound { what, id } => Problem::new(
            S::NOT_FOUND,
            "not-found",
            "Không tìm thấy",
            "Not found",
            Text::new(
                format!("Không có {what} “{id}”, hoặc bạn không được xem."),
                format!("There is no {what} “{id}”, or you may not see it."),
            ),
        ),
        Error::InvalidParameter { name, reason } => Problem::new(
            S::BAD_REQUEST,
            "invalid-parameter",
            "Dữ liệu gửi lên không hợp lệ",
            "Invalid input",
            Text::new(format!("{name}: {}", reason.vi), format!("{name}: {}", reason.en)),
        )
        .member("parameter", name.as_str()),
        Error::BadFile { place, reason } => Problem::new(
            S::UNPROCESSABLE_ENTITY,
            "bad-file",
            "Tệp không dùng được",
            "Unusable file",
            Text::new(format!("{place}: {}", reason.vi), format!("{place}: {}", reason.en)),
        )
        .member("place", place.as_str()),
        Error::Unauthorized => Problem::new(
            S::UNAUTHORIZED,
            "unauthorized",
            "Cần đăng nhập",
            "Sign in first",
            Text::new(
                "Hãy đăng nhập; tên hoặc mật khẩu có thể chưa đúng.",
                "Sign in; the name or password may be wrong.",
            ),
        )
        .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"dothi\"")),
        Error::Forbidden(reason) => {
            Problem::new(S::FORBIDDEN, "forbidden", "Không được phép", "Forbidden", reason.clone())
        }
        Error::Conflict { reason, detail } => Problem::new(
            S::CONFLICT,
            "conflict",
            "Không thực hiện được ở trạng thái hiện tại",
            "Not possible in the present state",
            reason.clone(),
        )
        .members(detail),
        Error::PreconditionFailed { reason, detail } => Problem::new(
            S::PRECONDITION_FAILED,
            "stale",
            "Dữ liệu đã thay đổi",
            "Changed in the meantime",
            reason.clone(),
        )
        .members(detail),
        Error::PreconditionRequired(reason) => Problem::new(
            S::PRECONDITION_REQUIRED,
            "precondition-required",
            "Thiếu phiên bản",
            "Version missing",
            reason.clone(),
        ),
        Error::NoSuchRange { bytes } => Problem::new(
            S::RANGE_NOT_SATISFIABLE,
            "no-such-range",
            "Không có đoạn được yêu cầu",
            "No such range",
            Text::new(format!("Tệp dài {bytes} byte."), format!("The file has {bytes} bytes.")),
        )
        .member("bytes", *bytes),
        Error::NotAcceptable(types) => Problem::new(
            S::NOT_ACCEPTABLE,
            "not-acceptable",
            "Không có dạng được yêu cầu",
            "Not offered in that form",
            Text::new(
                format!("Chỉ có các dạng: {}.", types.join("; ")),
                format!("Offered as: {}.", types.join("; ")),
            ),
        )
        .member("offered", types.clone()),
        Error::UnsupportedMediaType(types) => Problem::new(
            S::UNSUPPORTED_MEDIA_TYPE,
            "unsupported-media-type",
            "Kiểu nội dung không nhận được",
            "Unsupported media type",
            Text::new(
                format!("Content-Type phải là {}.", types.join(" hoặc ")),
                format!("Content-Type must be {}.", types.join(" or ")),
            ),
        ),
        Error::IdempotencyMismatch => Problem::new(
            S::UNPROCESSABLE_ENTITY,
            "idempotency-mismatch",
            "Khóa Idempotency-Key đã dùng cho yêu cầu khác",
            "Idempotency-Key already used",
            Text::new(
                "Khóa này đã dùng cho một yêu cầu có nội dung khác; hãy dùng khóa mới.",
                "This key was used for a request with other content; use a new one.",
            ),
        ),
        Error::TooLarge { limit_bytes } => Problem::new(
            S::PAYLOAD_TOO_LARGE,
            "too-large",
            "Nội dung quá lớn",
            "Too large",
            Text::new(
                format!("Chỉ nhận tối đa {limit_bytes} byte."),
                format!("At most {limit_bytes} bytes are accepted."),
            ),
        )
        .member("limit_bytes", *limit_bytes),
        Error::TooManyRequests { retry_after_s } => Problem::new(
            S::TOO_MANY_REQUESTS,
            "too-many-requests",
            "Quá nhiều yêu cầu",
            "Too many requests",
            Text::new(
                format!("Hãy thử lại sau {retry_after_s} giây."),
                format!("Try again in {retry_after_s} seconds."),
            ),
        )
        .header(header::RETRY_AFTER, HeaderValue::from(*retry_after_s)),
        Error::MethodNotAllowed(allow) => Problem::new(
            S::METHOD_NOT_ALLOWED,
            "method-not-allowed",
            "Phương thức không áp dụng",
            "Method not allowed",
            Text::new(format!("Chỉ dùng được: {allow}."), format!("Allowed: {allow}.")),
        )
        .header(header::ALLOW, HeaderValue::from_static(allow)),
        Error::NotInMemory(layer) => Problem::new(
            S::NOT_IMPLEMENTED,
            "layer-not-in-memory",
            "Lớp quá lớn cho cách đọc này",
            "The layer is too large for this way to read it",
            Text::new(
                format!(
                    "Máy chủ này không giữ lớp {layer} trong bộ nhớ; có thể đọc lớp qua OGC API, WFS và ô bản đồ."
                ),
                format!(
                    "This server does not hold layer {layer} in memory; it is read by OGC API, WFS and tiles."
                ),
            ),
        ),
        Error::Unavailable(_) => Problem::new(
            S::SERVICE_UNAVAILABLE,
            "unavailable",
            "Tạm thời không phục vụ được",
            "Temporarily unavailable",
            Text::new(
                "Cơ sở dữ liệu tạm thời không truy cập được; không có gì bị mất, hãy thử lại sau ít giây.",
                "The database cannot be reached now; nothing is lost, try again in a few seconds.",
            ),
        )
        .header(header::RETRY_AFTER, HeaderValue::from_static("5")),
        Error::Database(_) | Error::Setup(_) | Error::Internal { .. } => Problem::new(
            S::INTERNAL_SERVER_ERROR,
            "internal",
            "Lỗi của hệ thống",
            "Internal error",
            Text::new(
                "Hệ thống gặp lỗi khi xử lý. Hãy báo mã yêu cầu này cho người quản trị.",
                "Something failed on our side. Give this request id to the administrator.",
            ),
        ),
    }
}

/// What the body of a problem needs of the request.
#[derive(Debug, Clone)]
pub struct Asked {
    lang: Lang,
    path: String,
    id: Option<String>,
    /// Came with HTTP Basic.
    basic: bool,
}

impl Asked {
    /// Of a request's head.
    pub fn new(headers: &HeaderMap, path: &str) -> Self {
        let id = headers.get(REQUEST_ID).and_then(|v| v.to_str().ok());
        let shown = headers.get(header::AUTHORIZATION).map_or(&b""[..], HeaderValue::as_bytes);
        let basic = shown.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"basic "));
        Self { lang: lang::of_headers(headers), path: path.to_owned(), id: id.map(str::to_owned), basic }
    }
}

/// Layer around all routes: writes the body of an error in the language of the request.
pub async fn render(State(state): State<AppState>, request: Request, next: Next) -> Response {
    rendered(Some(state), request, next).await
}

async fn rendered(state: Option<AppState>, request: Request, next: Next) -> Response {
    let asked = Asked::new(request.headers(), request.uri().path());
    let opened = request.method().is_safe() && portal::error::wants_page(request.uri(), request.headers());
    let address = opened.then(|| (without_key(request.uri()), request.headers().clone()));
    let response = next.run(request).await;
    let fault = response.extensions().get::<Fault>().cloned();
    let answer = written(response, &asked);
    // Somebody who opens an address in a browser gets a page that he can read, not JSON.
    let (Some(Fault(error)), Some((address, headers))) = (fault, address) else { return answer };
    let problem = describe(&error);
    // The database may be what failed: then nobody is asked who reads.
    let known = state.filter(|_| problem.status.is_client_error());
    let visit = portal::error::visit(known.as_ref(), &headers, asked.lang, address).await;
    portal::error::page(&visit, problem.status, problem.detail.get(asked.lang), asked.id.as_deref())
}

/// The response with the body of its error; any other response as it is.
pub fn written(mut response: Response, asked: &Asked) -> Response {
    let Some(Fault(error)) = response.extensions_mut().remove::<Fault>() else {
        return response;
    };
    let problem = describe(&error);
    if problem.status.is_server_error() {
        tracing::error!(request_id = asked.id, path = asked.path, error = %chain(&error), "request failed");
    }
    let text = body(&problem, asked).to_string();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some((name, value)) = problem.header {
        headers.entry(name).or_insert(value);
    }
    // A browser would ask its user for a password that is of no use here, so only who knows Basic hears of it.
    if asked.basic && problem.status == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Basic realm=\"dothi\", charset=\"UTF-8\"");
        headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
    *response.body_mut() = Body::from(text);
    response
}

/// The body of a problem that is found when the head of the answer has been sent already (a stream's last line).
pub fn late(error: &Error, asked: &Asked) -> Value {
    let problem = describe(error);
    if problem.status.is_server_error() {
        tracing::error!(request_id = asked.id, path = asked.path, error = %chain(error), "answer cut short");
    }
    body(&problem, asked)
}

/// What is told of an error where the answer is no JSON, such as an exception report of WFS.
pub struct Told {
    /// Status of the answer.
    pub status: StatusCode,
    /// What happened.
    pub detail: Text,
    /// A header that goes with it.
    pub header: Option<(header::HeaderName, HeaderValue)>,
}

/// What to tell of an error; one of ours is logged.
pub fn told(error: &Error, asked: &Asked) -> Told {
    let problem = describe(error);
    let mut detail = problem.detail;
    if problem.status.is_server_error() {
        tracing::error!(request_id = asked.id, path = asked.path, error = %chain(error), "request failed");
        let id = asked.id.as_deref().unwrap_or_default();
        detail = Text::new(format!("{} ({id})", detail.vi), format!("{} ({id})", detail.en));
    }
    Told { status: problem.status, detail, header: problem.header }
}

fn body(problem: &Problem, asked: &Asked) -> Value {
    let lang = asked.lang;
    let mut body = json!({
        "type": format!("/api/problems/{}", problem.kind),
        "title": problem.title.get(lang),
        "status": problem.status.as_u16(),
        "detail": problem.detail.get(lang),
        "instance": asked.path,
    });
    let members = body.as_object_mut().expect("made as an object above");
    if let Some(id) = &asked.id {
        members.insert("request_id".to_owned(), id.as_str().into());
    }
    for (name, value) in &problem.extra {
        members.entry(name.clone()).or_insert_with(|| value.clone());
    }
    body
}

/// An error with its causes, for the log.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = StdError::source(error);
    while let Some(e) = cause {
        text.push_str(": ");
        text.push_str(&e.to_string());
        cause = e.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::to_bytes, middleware, routing::get};
    use tower::ServiceExt;

    use super::*;

    async fn answer(
        make: fn() -> Error,
        language: &'static str,
    ) -> (StatusCode, axum::http::HeaderMap, Value) {
        let app = Router::new()
            .route("/x", get(move || async move { Err::<(), _>(make()) }))
            .layer(middleware::from_fn(|request, next| rendered(None, request, next)));
        let request = Request::builder()
            .uri("/x")
            .header(header::ACCEPT_LANGUAGE, language)
            .header(REQUEST_ID, "r-1")
            .body(axum::body::Body::empty())
            .unwrap();
        let response = app.oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 10_000).await.unwrap();
        (parts.status, parts.headers, serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test]
    async fn says_it_in_the_language_of_the_request() {
        let (status, headers, vi) = answer(|| Error::Unauthorized, "vi").await;
        let (_, _, en) = answer(|| Error::Unauthorized, "en").await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert_eq!(headers[header::CONTENT_TYPE], "application/problem+json");
        assert!(headers.contains_key(header::WWW_AUTHENTICATE));
        assert_eq!(
            (vi["title"].as_str(), en["title"].as_str()),
            (Some("Cần đăng nhập"), Some("Sign in first"))
        );
    }

    #[tokio::test]
    async fn a_500_shows_the_request_id_and_no_cause() {
        let (status, _, body) = answer(|| Error::internal("open", "secret path"), "en").await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(body["request_id"], "r-1");
        assert!(!body.to_string().contains("secret"));
    }

    #[tokio::test]
    async fn members_of_a_conflict_stand_in_the_body_but_replace_nothing() {
        let make = || Error::Conflict {
            reason: Text::new("a", "b"),
            detail: json!({"allowed_events": ["submit"], "status": 200}),
        };
        let (status, _, body) = answer(make, "en").await;
        assert_eq!(status, StatusCode::CONFLICT);
        assert_eq!((&body["allowed_events"], &body["status"]), (&json!(["submit"]), &json!(409)));
    }
}
