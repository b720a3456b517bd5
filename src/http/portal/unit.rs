//! `/units/{code}`: a commune, what it was made of or what became of it, and where it lies.

use std::fmt::Write as _;

use axum::extract::State;
use axum::response::Response;
use chrono::{NaiveDate, Utc};
use geo::{Geometry, LineString, Simplify};
use maud::{Markup, html};
use serde::Deserialize;

use super::format::day;
use super::i18n::Tr;
use super::page::{Page, Visit};
use crate::access;
use crate::error::{Error, Result};
use crate::features::{LayerReader, Query as Wanted};
use crate::http::extract::{Path, Query};
use crate::http::item_title::capital;
use crate::layers::Value;
use crate::state::AppState;
use crate::units::{self, COMMUNE_LAYER, Level, Related, Unit};

/// Bends of an outline that the small map leaves out, metres.
const BENDS_M: f64 = 200.0;

/// Of which day the code is.
#[derive(Debug, Deserialize)]
pub struct Of {
    date: Option<NaiveDate>,
}

/// `GET /units/{code}?date=`
pub async fn page(
    visit: Visit,
    State(state): State<AppState>,
    Path(code): Path<String>,
    Query(of): Query<Of>,
) -> Result<Response> {
    let (tr, known, today) = (visit.tr, units::known(), units::day_in_vietnam(Utc::now()));
    let unit = known
        .on(&code, of.date.unwrap_or(today))
        .or_else(|| known.all().find(|u| u.code == code))
        .ok_or_else(|| Error::not_found("unit", &code))?;
    let now = known.today_of(unit, Level::Commune, today);
    let catalog = state.catalog.load_full();
    let view = catalog.layer(COMMUNE_LAYER).and_then(|def| access::view(&visit.who, def, &catalog));
    let outlines =
        view.and_then(|v| state.features.snapshot().layer(&v)).map(|r| outlines(&r, today)).transpose()?;
    let outlines = outlines.unwrap_or_default();
    let here = outlines.iter().find(|o| now.len() == 1 && o.code == now[0].code);
    let title = tr.of(&unit.full_name()).to_owned();
    let body = html! {
        div class="page-head" {
            div {
                h1 { (capital(&title)) }
                p { (tr.with("unit-code", &[("code", &unit.code)])) " · " (validity(tr, unit)) }
            }
            @if let Some(here) = here {
                div class="actions" { a class="button" href={ "/?item=" (COMMUNE_LAYER) "/" (here.fid) } { (tr.t("layer-open-map")) } }
            }
        }
        (related(tr, &tr.t("unit-made-of"), &known.predecessors(unit)))
        @if unit.valid_to.is_some() { (became(tr, &now)) }
        @if !outlines.is_empty() { (map(tr, &outlines, &now)) }
    };
    Ok(Page::new(&visit, capital(&title)).narrow().render(&body))
}

fn validity(tr: Tr, unit: &Unit) -> String {
    match (unit.valid_from, unit.valid_to) {
        (Some(from), None) => tr.with("unit-since", &[("day", &day(from))]),
        (_, Some(to)) => tr.with("unit-until", &[("day", &day(to))]),
        (None, None) => tr.t("unit-in-force"),
    }
}

fn related(tr: Tr, heading: &str, list: &[Related<'_>]) -> Markup {
    html! {
        @if !list.is_empty() {
            section class="card" {
                h2 { (heading) }
                ul {
                    @for r in list {
                        li {
                            (link(tr, r.unit))
                            @if let Some(above) = units::known().above(r.unit).next() { " (" (tr.of(&above.full_name())) ")" }
                            @if r.in_part { ", " (tr.t("unit-in-part")) }
                        }
                    }
                }
                p class="small muted" { (list[0].legal) }
            }
        }
    }
}

fn became(tr: Tr, now: &[&Unit]) -> Markup {
    html! {
        section class="card" {
            h2 { (tr.t("unit-now")) }
            ul { @for unit in now { li { (link(tr, unit)) } } }
        }
    }
}

fn link(tr: Tr, unit: &Unit) -> Markup {
    let date = unit.valid_to.map(|d| format!("?date={d}")).unwrap_or_default();
    html! { a href={ "/units/" (unit.code) (date) } { (tr.of(&unit.full_name())) } }
}

/// An outline of today, ready to be drawn.
struct Outline {
    code: String,
    fid: i64,
    name: String,
    /// SVG path in metres, north up.
    path: String,
    /// West, north (turned down), east, south.
    bounds: [f64; 4],
}

fn outlines(reader: &LayerReader, today: NaiveDate) -> Result<Vec<Outline>> {
    let mut found = Vec::new();
    for item in reader.query(&Wanted::default())? {
        let over = matches!(item.value_of("valid_to"), Some(Value::Date(to)) if to < today);
        let (Some(Value::Text(code)), false) = (item.value_of("code"), over) else { continue };
        let name = match item.value_of("name") {
            Some(Value::Text(name)) => name,
            _ => code.clone(),
        };
        let rings: Vec<LineString<f64>> = match item.geometry() {
            Geometry::Polygon(p) => vec![p.exterior().clone()],
            Geometry::MultiPolygon(m) => m.iter().map(|p| p.exterior().clone()).collect(),
            _ => continue,
        };
        let (mut path, mut bounds) = (String::new(), [f64::MAX, f64::MAX, f64::MIN, f64::MIN]);
        for ring in rings {
            for (i, c) in ring.simplify(BENDS_M).coords().enumerate() {
                let (x, y) = (c.x.round(), -c.y.round());
                let _ = write!(path, "{}{x} {y}", if i == 0 { 'M' } else { 'L' });
                bounds = [bounds[0].min(x), bounds[1].min(y), bounds[2].max(x), bounds[3].max(y)];
            }
            path.push('Z');
        }
        found.push(Outline { code, fid: item.fid, name, path, bounds });
    }
    Ok(found)
}

/// All communes as a small picture, the ones that are meant filled; each leads to its page.
fn map(tr: Tr, outlines: &[Outline], now: &[&Unit]) -> Markup {
    let [west, north, east, south] =
        outlines.iter().fold([f64::MAX, f64::MAX, f64::MIN, f64::MIN], |b, o| {
            [b[0].min(o.bounds[0]), b[1].min(o.bounds[1]), b[2].max(o.bounds[2]), b[3].max(o.bounds[3])]
        });
    html! {
        section {
            h2 { (tr.t("unit-where")) }
            svg class="unit-map" viewBox={ (west) " " (north) " " (east - west) " " (south - north) } role="group" aria-label=(tr.t("unit-where")) {
                @for o in outlines {
                    a href={ "/units/" (o.code) } aria-label=(o.name) {
                        path class=[now.iter().any(|u| u.code == o.code).then_some("is-here")] d=(o.path) { title { (o.name) } }
                    }
                }
            }
        }
    }
}
