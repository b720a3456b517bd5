//! The portal: server-rendered pages (maud), in Vietnamese and English, and the bundle of `web/`.
//!
//! Pages read through the same functions as the JSON API. What changes something goes to the JSON API from the
//! page's script, so that a browser has no way in that a program lacks.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::routing::get;
use axum::{Extension, Router};

use self::i18n::Tr;
use self::page::Visit;
use super::access_keys::without_key;
use super::auth::Session;
use super::lang;
use crate::error::Error;
use crate::state::AppState;

mod analysis;
mod applications;
mod apply;
pub(super) mod assets;
mod case;
pub(super) mod catalogue;
mod changes;
mod edit;
pub mod error;
pub(super) mod format;
pub(super) mod i18n;
mod icons;
mod import;
mod keys;
pub(super) mod layers;
mod list;
mod map;
mod officer;
pub(super) mod page;
mod parcel;
mod quality;
mod register;
mod search;
mod sign_in;
mod told;
mod unit;

/// The pages, their bundle, and the layer tree that the map is drawn from.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/", get(map::page))
        .route("/edit", get(edit::page))
        .route("/search", get(search::page))
        .route("/units/{code}", get(unit::page))
        .route("/keys", get(keys::page))
        .route("/sign-in", get(sign_in::page))
        .route("/password", get(sign_in::password))
        .route("/lang/{code}", get(sign_in::language))
        .route("/apply", get(apply::page))
        .route("/analysis", get(analysis::page))
        .route("/applications", get(applications::list_page))
        .route("/applications/{id}", get(applications::case_page))
        .route("/officer", get(officer::queue))
        .route("/officer/{id}", get(officer::review))
        .route("/permits", get(register::list))
        .route("/permits/{code}", get(register::page))
        .route("/assets/{*path}", get(assets::serve))
        .merge(changes::router())
        .merge(layers::router())
        .merge(quality::router())
        .merge(catalogue::router())
        .merge(import::router())
        .layer(Extension(catalogue::coverage::Coverages::default()))
        .merge(super::search::router())
}

impl FromRequestParts<AppState> for Visit {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Error> {
        let Session(who) = Session::from_request_parts(parts, state).await?;
        let path = without_key(&parts.uri);
        Ok(Self::new(Tr(lang::of_headers(&parts.headers)), who, path, &state.catalog.load()))
    }
}
