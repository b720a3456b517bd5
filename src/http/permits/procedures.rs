//! The procedures in force: kinds with slots, form, timers, legal sources; and the authorities.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use chrono::{NaiveDate, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::Result;
use crate::http::extract::{Path, Query};
use crate::permit::calendar::local_date;
use crate::permit::law::Procedure;
use crate::state::AppState;

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/procedures", get(list))
        .route("/procedures/{kind}", get(one))
        .route("/authorities", get(authorities))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DayQuery {
    /// Day for which the law is asked; today unless named.
    on: Option<NaiveDate>,
}

fn day(query: &DayQuery) -> NaiveDate {
    query.on.unwrap_or_else(|| local_date(Utc::now()))
}

/// `GET /procedures`.
async fn list(State(state): State<AppState>, Query(query): Query<DayQuery>) -> axum::Json<Value> {
    let on = day(&query);
    let list: Vec<Value> = state.law.list_procedures(on).iter().map(|p| short(p)).collect();
    axum::Json(json!({ "on": on, "procedures": list }))
}

fn short(p: &Procedure) -> Value {
    json!({
        "kind": p.kind, "title": p.title, "valid_from": p.valid_from, "valid_to": p.valid_to, "legal": p.legal,
        "form": p.form, "permit_form": p.permit_form, "parent_permit": p.parent_permit, "timers": p.timers,
        "fee": p.fee,
    })
}

/// `GET /procedures/{kind}`.
async fn one(
    State(state): State<AppState>,
    Path(kind): Path<String>,
    Query(query): Query<DayQuery>,
) -> Result<axum::Json<Value>> {
    let known = state.law.list_procedures(day(&query)).into_iter().find(|p| p.kind == kind);
    let p = known.ok_or_else(|| crate::Error::not_found("procedure", kind))?;
    let mut json = short(&p);
    json["slots"] = json!(p.slots);
    json["form_schema"] = state.law.form(&p.form).map_or(Value::Null, |f| f.schema.clone());
    json["states"] = json!(p.machine().states);
    json["transitions"] = json!(p.machine().transitions);
    json["parent_states"] = json!(p.parent_states);
    json["bim_from_class"] = json!(p.bim_from_class);
    Ok(axum::Json(json))
}

/// `GET /authorities`: who issues permits and who is consulted.
async fn authorities(State(state): State<AppState>) -> Result<axum::Json<Value>> {
    Ok(axum::Json(json!({ "authorities": state.store.list_authorities().await? })))
}
