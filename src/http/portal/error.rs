//! Errors as pages, for people who follow a link: what happened, and what to do.

use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::Response;
use maud::html;

use super::i18n::Tr;
use super::page::{Page, Visit};
use crate::access::Principal;
use crate::http::auth;
use crate::layers::Catalog;
use crate::state::AppState;
use crate::text::Lang;

/// Whether a request wants a page: a browser that opens an address, not a program that asks the interface.
pub fn wants_page(uri: &Uri, headers: &HeaderMap) -> bool {
    let machine = ["/api/", "/tiles/", "/wfs", "/assets/", "/health/", "/metrics"];
    let accepts = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let pages = accepts.contains("text/html") && !machine.iter().any(|m| uri.path().starts_with(m));
    // The OGC API serves programs and people at the same addresses; `f` decides before `Accept`.
    let form = uri.query().unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("f="));
    match form.filter(|_| uri.path().starts_with("/ogc")) {
        Some(form) => form == "html",
        None => pages,
    }
}

/// Who opened `address` (path and query), as far as it can be told: the page of an error keeps a reader's ways to go.
pub async fn visit(state: Option<&AppState>, headers: &HeaderMap, lang: Lang, address: String) -> Visit {
    let stranger = |address| Visit::new(Tr(lang), Principal::public(), address, &Catalog::default());
    let Some(state) = state else { return stranger(address) };
    match auth::find(state, headers).await {
        Ok(Some(session)) => {
            Visit::new(Tr(lang), Principal::of(session.account), address, &state.catalog.load())
        }
        _ => stranger(address),
    }
}

/// The page of an error. `detail` is what the problem says in the reader's language.
pub fn page(visit: &Visit, status: StatusCode, detail: &str, request_id: Option<&str>) -> Response {
    let tr = visit.tr;
    let (title, text) = match status.as_u16() {
        401 => (tr.t("error-401-title"), tr.t("error-401")),
        403 => (tr.t("error-403-title"), detail.to_owned()),
        404 => (tr.t("error-404-title"), tr.t("error-404")),
        503 => (tr.t("error-503-title"), detail.to_owned()),
        500..=599 => (tr.t("error-500-title"), tr.t("error-500")),
        _ => (tr.t("error-other-title"), detail.to_owned()),
    };
    let next =
        percent_encoding::utf8_percent_encode(&visit.path, percent_encoding::NON_ALPHANUMERIC).to_string();
    let body = html! {
        h1 { (title) }
        p { (text) }
        @if let Some(id) = request_id.filter(|_| status.is_server_error()) {
            p class="small muted" { (tr.with("error-request-id", &[("id", id)])) }
        }
        div class="actions" {
            @if status == StatusCode::UNAUTHORIZED { a class="button" href={ "/sign-in?next=" (next) } { (tr.t("sign-in")) } }
            a class="button button--plain" href="/" { (tr.t("error-home")) }
        }
    };
    let mut response = Page::new(visit, title).narrow().render(&body);
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_get_problems_and_people_pages() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8".parse().unwrap());
        let wants = |uri: &'static str, headers: &HeaderMap| wants_page(&Uri::from_static(uri), headers);
        assert!(wants("/applications/1", &headers));
        assert!(!wants("/api/v1/applications/1", &headers));
        assert!(wants("/ogc/collections/x", &headers));
        assert!(!wants("/ogc/collections/x?limit=1&f=json", &headers));
        headers.insert(header::ACCEPT, "*/*".parse().unwrap());
        assert!(!wants("/applications/1", &headers));
        assert!(!wants("/ogc/collections/x", &headers));
        assert!(wants("/ogc/collections/x?f=html", &headers));
    }
}
