//! `/sign-in`, `/password`, and `/lang/{code}`: who reads, and in which language.

use axum::extract::{Path, Query};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use serde::Deserialize;

use super::page::{Page, Visit};
use crate::error::Error;
use crate::http::lang::LANG_COOKIE;

/// Seconds for which a visitor's choice of language is kept: a year.
const LANG_MAX_AGE_S: u32 = 365 * 24 * 3600;

/// Where to go afterwards.
#[derive(Debug, Deserialize)]
pub struct Next {
    next: Option<String>,
}

impl Next {
    /// The way back, if it stays on this site: a path, and no `//host` or `/\host` that a browser takes for one.
    pub fn path(&self) -> &str {
        self.next
            .as_deref()
            .filter(|n| n.starts_with('/') && !n[1..].starts_with(['/', '\\']) && !n.contains(['\r', '\n']))
            .unwrap_or("/")
    }
}

/// `GET /sign-in?next=`.
pub async fn page(visit: Visit, Query(next): Query<Next>) -> Response {
    let tr = visit.tr;
    if visit.who.user.is_some() {
        return Redirect::to(next.path()).into_response();
    }
    let body = html! {
        h1 { (tr.t("sign-in")) }
        p { (tr.t("sign-in-intro")) }
        form class="card" data-api="POST /api/v1/login" data-then=(next.path()) autocomplete="on" {
            div class="field" {
                label for="name" { (tr.t("account-name")) }
                input type="text" id="name" name="name" required autocomplete="username" autocapitalize="none" spellcheck="false" data-focus;
            }
            div class="field" {
                label for="password" { (tr.t("password")) }
                input type="password" id="password" name="password" required autocomplete="current-password";
            }
            div class="actions" { button class="button" type="submit" { (tr.t("sign-in")) } }
        }
        p { a href="/password" { (tr.t("change-password")) } }
    };
    Page::new(&visit, tr.t("sign-in")).narrow().render(&body)
}

/// `GET /password`: a new password by the present one, also where that is a one-time password.
pub async fn password(visit: Visit) -> Response {
    let tr = visit.tr;
    let name = visit.who.user.as_ref().map(|u| u.name.as_str()).unwrap_or_default();
    let body = html! {
        h1 { (tr.t("change-password")) }
        p { (tr.t("change-password-intro")) }
        form class="card" data-api="POST /api/v1/password" data-then="/" autocomplete="on" {
            div class="field" {
                label for="name" { (tr.t("account-name")) }
                input type="text" id="name" name="name" value=(name) required autocomplete="username" autocapitalize="none" spellcheck="false";
            }
            div class="field" {
                label for="password" { (tr.t("present-password")) }
                input type="password" id="password" name="password" required autocomplete="current-password" data-focus;
            }
            div class="field" {
                label for="new_password" { (tr.t("new-password")) }
                input type="password" id="new_password" name="new_password" required minlength="8" autocomplete="new-password";
            }
            div class="actions" { button class="button" type="submit" { (tr.t("change-password")) } }
        }
    };
    Page::new(&visit, tr.t("change-password")).narrow().render(&body)
}

/// `GET /lang/{code}?next=`: keeps the choice and goes back.
pub async fn language(Path(code): Path<String>, Query(next): Query<Next>) -> Result<Response, Error> {
    if !matches!(code.as_str(), "vi" | "en") {
        return Err(Error::not_found("language", code));
    }
    let cookie = format!("{LANG_COOKIE}={code}; Path=/; Max-Age={LANG_MAX_AGE_S}; SameSite=Lax");
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(next.path())).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_never_leaves_the_site() {
        for (given, expected) in [
            (Some("/applications/1?tab=2#x"), "/applications/1?tab=2#x"),
            (Some("//evil.example/"), "/"),
            (Some("/\\evil.example"), "/"),
            (Some("https://evil.example"), "/"),
            (Some("/a\r\nSet-Cookie: x"), "/"),
            (Some("/"), "/"),
            (None, "/"),
        ] {
            assert_eq!(Next { next: given.map(str::to_owned) }.path(), expected, "{given:?}");
        }
    }
}
