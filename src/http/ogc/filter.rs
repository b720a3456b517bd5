//! `filter`, `filter-lang`, `filter-crs` and `/ogc/functions` (OGC API Features part 3, clauses 6 to 9).

use axum::response::Response;
use serde_json::{Value, json};

use super::ask::Ask;
use super::html;
use super::params::Params;
use crate::access::View;
use crate::filter::functions::FUNCTIONS;
use crate::filter::typed::{self, Found};
use crate::filter::{Expr, Term, json as cql2_json, literal, text as cql2_text};
use crate::space::crs::{AxisOrder, Offered};
use crate::text::Text;
use crate::{Error, Result};

/// Encodings of filters; the first one unless another is named.
pub(super) const LANGUAGES: [&str; 2] = ["cql2-text", "cql2-json"];

/// The filter of a request, checked against what the view shows: an attribute that may not be seen answers as one that
/// does not exist. Every error names one of the three parameters.
pub(super) fn filter(params: &Params, view: &View) -> Result<Option<Expr>> {
    let language = params.get("filter-lang").unwrap_or(LANGUAGES[0]);
    let parse = match LANGUAGES.iter().position(|l| *l == language) {
        Some(0) => cql2_text::parse,
        Some(_) => cql2_json::parse,
        None => {
            let known = LANGUAGES.join(", ");
            return Err(Error::invalid(
                "filter-lang",
                format!("chỉ có {known}, nhận được {language}"),
                format!("only {known} are read, got {language}"),
            ));
        }
    };
    let crs = match params.get("filter-crs") {
        None => Offered::Crs84,
        Some(name) => Offered::named(name).ok_or_else(|| Offered::refused("filter-crs", name))?,
    };
    let Some(text) = params.get("filter") else { return Ok(None) };
    let read = || {
        let mut expr = parse(text)?;
        if crs.axis_order() == AxisOrder::NorthEast {
            literal::each_geometry(&mut expr, &mut |term| {
                turn(term);
                Ok(())
            })?;
        }
        literal::to_stored(&mut expr, crs)?;
        typed::check(&expr, &|name| {
            let column = view.attribute(name)?;
            Some(Found { attribute: &view.layer.attributes[column], column: Some(column) })
        })?;
        Ok(expr)
    };
    read().map(Some).map_err(of_filter)
}

/// What was written as latitude, longitude as longitude, latitude.
fn turn(term: &mut Term) {
    use geo::MapCoordsInPlace;
    match term {
        Term::Geometry(g) => g.map_coords_in_place(|c| geo::Coord { x: c.y, y: c.x }),
        Term::Box([a, b, c, d]) => {
            std::mem::swap(a, b);
            std::mem::swap(c, d);
        }
        _ => {}
    }
}

/// The error as one of the parameter `filter`, its part named in the reason.
fn of_filter(error: Error) -> Error {
    match error {
        Error::InvalidParameter { name, reason } if name != "filter" => Error::InvalidParameter {
            name: "filter".to_owned(),
            reason: Text::new(format!("{name}: {}", reason.vi), format!("{name}: {}", reason.en)),
        },
        other => other,
    }
}

/// `GET /ogc/functions`
pub(super) async fn functions(ask: Ask) -> Result<Response> {
    ask.params.only(&["f"])?;
    let describe = |f: &crate::filter::functions::Function| {
        let arguments: Vec<Value> =
            f.arguments.iter().map(|(title, kinds)| json!({"title": title, "type": kinds})).collect();
        json!({"name": f.name, "description": ask.say(f.vi, f.en), "arguments": arguments, "returns": f.returns})
    };
    let list: Vec<Value> = FUNCTIONS.iter().map(describe).collect();
    let json = json!({"functions": list, "links": ask.self_links("application/json")});
    Ok(ask.answer("application/json", &json, || html::functions(&ask)))
}
