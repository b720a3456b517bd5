//! `GET /api/v1/units`: administrative units of any day, and what a code or a name, of today or of before, is now.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use chrono::{NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::extract::Query;
use super::lang::Language;
use crate::Result;
use crate::error::Error;
use crate::state::AppState;
use crate::text::Lang;
use crate::text::fold::{fold, words};
use crate::units::{self, Asked, By, Kind, Level, Outcome, Related, Unit};

/// Letters of the longest text that is looked at.
const TEXT_CHARS_MAX: usize = 200;
/// Units listed for the beginning of a name.
const BEGUN_MAX: usize = 50;

pub(super) fn router() -> Router<AppState> {
    Router::new().route("/api/v1/units", get(list))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// A name, or the beginning of one.
    q: Option<String>,
    /// A code.
    code: Option<String>,
    /// The day of which code or name are; of a list, the day on which the units are in force.
    date: Option<NaiveDate>,
    level: Option<Level>,
}

/// A unit as JSON.
#[derive(Debug, Serialize)]
struct Told<'a> {
    code: &'a str,
    level: Level,
    kind: Kind,
    name: &'a str,
    full_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_from: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_to: Option<NaiveDate>,
    /// Units above, the nearest first.
    above: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    predecessors: Vec<Relative<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    successors: Vec<Relative<'a>>,
}

/// A unit that another came from or into.
#[derive(Debug, Serialize)]
struct Relative<'a> {
    code: &'a str,
    full_name: String,
    in_part: bool,
    legal: &'a str,
}

/// What became of the text that was asked for.
#[derive(Debug, Serialize)]
struct Resolved<'a> {
    asked: &'a str,
    by: By,
    outcome: Outcome,
    note: Option<String>,
    readings: Vec<ReadAs<'a>>,
}

/// A unit that the text may name, with the codes that it is today.
#[derive(Debug, Serialize)]
struct ReadAs<'a> {
    unit: Told<'a>,
    today: Vec<&'a str>,
}

async fn list(
    State(_): State<AppState>,
    Language(lang): Language,
    Query(parameters): Query<Parameters>,
) -> Result<Response> {
    let (known, today) = (units::known(), units::day_in_vietnam(Utc::now()));
    let day = parameters.date.unwrap_or(today);
    let text = match (&parameters.code, &parameters.q) {
        (Some(_), Some(_)) => {
            return Err(Error::invalid(
                "q",
                "chỉ dùng một trong hai: code hoặc q",
                "give code or q, not both",
            ));
        }
        (Some(code), None) => Some(("code", code)),
        (None, q) => q.as_ref().map(|q| ("q", q)),
    };
    let level = |unit: &&Unit| parameters.level.is_none_or(|level| level == unit.level());
    let (resolution, listed) = match text {
        None => (None, known.all().filter(|u| u.in_force(day)).filter(level).collect()),
        Some((name, text)) if text.chars().count() > TEXT_CHARS_MAX => {
            return Err(Error::invalid(
                name,
                format!("dài quá 200 ký tự: {}", text.len()),
                "longer than 200 characters",
            ));
        }
        Some((_, text)) => {
            let found = known.resolve(Asked { text, date: parameters.date, level: parameters.level, today });
            let listed =
                if found.outcome == Outcome::Unknown { begun(text, day) } else { found.today.clone() };
            let readings = found.readings.iter().map(|r| ReadAs {
                unit: tell(r.unit, lang),
                today: r.today.iter().map(|u| u.code.as_str()).collect(),
            });
            let resolved = Resolved {
                asked: text,
                by: found.by,
                outcome: found.outcome,
                note: found.note().map(|n| n.get(lang).to_owned()),
                readings: readings.collect(),
            };
            (Some(resolved), listed)
        }
    };
    let answer = serde_json::json!({
        "date": day,
        "resolution": resolution,
        "units": listed.into_iter().map(|u| tell(u, lang)).collect::<Vec<_>>(),
        "sources": known.origins(),
    });
    let headers = [(header::CACHE_CONTROL, "public, max-age=300"), (header::VARY, "accept-language")];
    Ok((headers, Json(answer)).into_response())
}

/// Units in force of whose names a word begins with the text.
fn begun(text: &str, day: NaiveDate) -> Vec<&'static Unit> {
    let text = fold(text);
    if text.is_empty() {
        return Vec::new();
    }
    let begins = |name: &str| {
        let name = fold(name);
        name.starts_with(&text) || words(&name).any(|w| w.starts_with(&text))
    };
    let units = units::known().all().filter(|u| u.in_force(day) && begins(&u.name));
    units.take(BEGUN_MAX).collect()
}

fn tell(unit: &Unit, lang: Lang) -> Told<'_> {
    let known = units::known();
    let relative = |r: Related<'static>| Relative {
        code: &r.unit.code,
        full_name: r.unit.full_name().get(lang).to_owned(),
        in_part: r.in_part,
        legal: r.legal,
    };
    Told {
        code: &unit.code,
        level: unit.level(),
        kind: unit.kind,
        name: &unit.name,
        full_name: unit.full_name().get(lang).to_owned(),
        valid_from: unit.valid_from,
        valid_to: unit.valid_to,
        above: known.above(unit).map(|u| u.full_name().get(lang).to_owned()).collect(),
        predecessors: known.predecessors(unit).into_iter().map(relative).collect(),
        successors: known.successors(unit).into_iter().map(relative).collect(),
    }
}
