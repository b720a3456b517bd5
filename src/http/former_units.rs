//! Communes that a request names by a code or a name of another time: they are read as today's units, and the answer
//! says so, in the header `Dothi-Resolved-Units` and, where it has a body, in the member `resolvedUnits`.
//!
//! What is written follows the rule of imports (`jobs::units::todays_code`): one commune of today, or a clear refusal.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use chrono::Utc;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::jobs::units::todays_code;
use crate::layers::{LayerDef, Value};
use crate::text::Text;
use crate::units::day_in_vietnam;

/// The header that says it.
pub(super) const HEADER: HeaderName = HeaderName::from_static("dothi-resolved-units");

/// A commune that was not given by today's code, and how it was read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct ResolvedUnits {
    /// The parameter, or the attribute.
    pub parameter: String,
    /// What was given.
    pub asked: String,
    /// Today's codes.
    pub units: Vec<String>,
    /// What became of the unit, in words.
    pub note: Text,
}

/// Turns the communes among `values` (by the index of their attribute) into today's codes and gives what was read
/// otherwise than it stands; the refusal of what may be several communes names them. What is not known is left to
/// the code list.
pub(super) fn resolve(def: &LayerDef, values: &mut [(usize, Value)]) -> Result<Vec<ResolvedUnits>> {
    let today = day_in_vietnam(Utc::now());
    let mut resolved = Vec::new();
    for (i, value) in values {
        let Some(attribute) = def.attributes.get(*i).filter(|a| a.holds_unit()) else { continue };
        let Value::Text(text) = &value else { continue };
        let found = todays_code(text, None, today)
            .map_err(|reason| Error::InvalidParameter { name: attribute.name.clone(), reason })?;
        if let Some(found) = found {
            resolved.push(ResolvedUnits {
                parameter: attribute.name.clone(),
                asked: text.clone(),
                units: vec![found.code.clone()],
                note: found.note,
            });
            *value = Value::Text(found.code);
        }
    }
    Ok(resolved)
}

/// Says it in the head of an answer: `commune_code=24664,24670`.
pub(super) fn tell(headers: &mut HeaderMap, resolved: &[ResolvedUnits]) {
    let each: Vec<String> =
        resolved.iter().map(|r| format!("{}={}", r.parameter, r.units.join(","))).collect();
    if let Some(value) = HeaderValue::from_str(&each.join("; ")).ok().filter(|_| !each.is_empty()) {
        headers.insert(HEADER, value);
    }
}
