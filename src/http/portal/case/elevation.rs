//! A drawing of a building's storeys by their levels, made from the model's facts. It needs no WebGL, prints, and
//! is read out as a table.

use maud::{Markup, html};

use super::super::format::{fixed, quantity};
use super::super::i18n::Tr;
use crate::bim::facts::{BuildingFacts, StoreyFacts};

/// Drawing size, in its own units.
const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 320.0;
/// Room around the building for levels (left) and names (right).
const LEFT: f64 = 92.0;
const RIGHT: f64 = 190.0;
const EDGE: f64 = 26.0;

/// One storey's extent over ±0.00, metres.
struct Band<'a> {
    storey: &'a StoreyFacts,
    base_m: f64,
    top_m: f64,
}

/// Storeys with their upper edge: the next storey's level, or the building's highest point.
fn bands(building: &BuildingFacts) -> Vec<Band<'_>> {
    let mut storeys: Vec<&StoreyFacts> = building.storeys.iter().collect();
    storeys.sort_by(|a, b| a.elevation_m.total_cmp(&b.elevation_m));
    let top = building.height_m.measured.or(building.height_m.declared);
    (0..storeys.len())
        .filter_map(|i| {
            let base_m = storeys[i].elevation_m;
            let next = storeys.get(i + 1).map(|s| s.elevation_m);
            let top_m = next.or(top.filter(|t| *t > base_m))?;
            (top_m - base_m > 0.05).then_some(Band { storey: storeys[i], base_m, top_m })
        })
        .collect()
}

/// Extents of the storeys for the map in three dimensions: name, base and top over ±0.00, metres.
pub fn storey_extents(building: &BuildingFacts) -> Vec<(String, f64, f64)> {
    bands(building).iter().map(|b| (b.storey.name.clone(), b.base_m, b.top_m)).collect()
}

/// Width over which the storeys are drawn: the longer side of the footprint, metres.
fn breadth_m(building: &BuildingFacts) -> f64 {
    use geo::BoundingRect;
    building.footprint_local.0.bounding_rect().map_or(10.0, |r| r.width().max(r.height())).max(3.0)
}

/// The drawing; empty where the model has no storeys with levels.
pub fn drawing(tr: Tr, building: &BuildingFacts) -> Markup {
    let bands = bands(building);
    if bands.is_empty() {
        return html! {};
    }
    let low = bands.iter().map(|b| b.base_m).fold(0.0, f64::min);
    let high = bands.iter().map(|b| b.top_m).fold(0.0, f64::max);
    let scale = ((HEIGHT - 2.0 * EDGE) / (high - low)).min((WIDTH - LEFT - RIGHT) / breadth_m(building));
    let width = (breadth_m(building) * scale).max(60.0);
    let x = LEFT + (WIDTH - LEFT - RIGHT - width) / 2.0;
    let y = |level_m: f64| HEIGHT - EDGE - (level_m - low) * scale;
    let label =
        tr.with("elevation-label", &[("name", &building.name), ("height", &quantity(tr, high, Some("m")))]);
    html! {
        figure class="elevation" {
            svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(label) {
                @for band in &bands { (band_markup(tr, band, x, width, &y)) }
                line x1=(LEFT - 14.0) x2=(WIDTH) y1=(y(0.0)) y2=(y(0.0)) stroke="#16232e" stroke-width="2" {}
                (level(tr, high, y(high)))
            }
            figcaption class="small muted" { (tr.t("elevation-caption")) }
        }
    }
}

fn band_markup(tr: Tr, band: &Band<'_>, x: f64, width: f64, y: &impl Fn(f64) -> f64) -> Markup {
    let (top, bottom) = (y(band.top_m), y(band.base_m));
    let fill = match band.storey.kind.as_str() {
        "basement" => "#c3c9cd",
        "attic" | "tum" | "technical" => "#dbe7ed",
        _ if band.storey.above_ground => "#b9d5e2",
        _ => "#c3c9cd",
    };
    let tall = bottom - top >= 13.0;
    html! {
        rect x=(x) y=(top) width=(width) height=(bottom - top) fill=(fill) stroke="#16232e" stroke-width="1" {}
        @if tall {
            text x=(x + width + 12.0) y=(f64::midpoint(top, bottom) + 4.0) { (band.storey.name) }
            (level(tr, band.base_m, bottom))
        }
    }
}

/// A level mark at the left: `+3,60 m`.
fn level(tr: Tr, level_m: f64, y: f64) -> Markup {
    let text = if level_m.abs() < 0.005 {
        format!("±{}", fixed(tr, 0.0))
    } else if level_m > 0.0 {
        format!("+{}", fixed(tr, level_m))
    } else {
        format!("\u{2212}{}", fixed(tr, -level_m))
    };
    html! {
        line x1=(LEFT - 14.0) x2=(LEFT + 8.0) y1=(y) y2=(y) stroke="#5f6d77" stroke-width="1" {}
        text x=(LEFT - 18.0) y=(y + 4.0) text-anchor="end" class="el-muted" { (text) "\u{a0}m" }
    }
}

/// The storeys as a table: names, levels, areas.
pub fn storey_table(tr: Tr, building: &BuildingFacts) -> Markup {
    if building.storeys.is_empty() {
        return html! {};
    }
    let area = |v: Option<f64>| v.map_or_else(|| "–".to_owned(), |v| quantity(tr, v, Some("m2")));
    html! {
        div class="table-wrap" {
            table {
                thead { tr {
                    th scope="col" { (tr.t("storey")) }
                    th scope="col" class="num" { (tr.t("level")) }
                    th scope="col" class="num" { (tr.t("area-measured")) }
                    th scope="col" class="num" { (tr.t("area-declared")) }
                } }
                tbody {
                    @for s in building.storeys.iter().rev() {
                        tr {
                            th scope="row" { (s.name) " " span class="muted small" { (tr.or(&format!("storey-{}", s.kind), "")) } }
                            td class="num" { (quantity(tr, s.elevation_m, Some("m"))) }
                            td class="num" { (area(s.gross_area_m2.measured)) }
                            td class="num" { (area(s.gross_area_m2.declared)) }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bim::facts::Measured;
    use crate::text::Lang;

    fn house() -> BuildingFacts {
        let storey = |name: &str, elevation_m: f64| StoreyFacts {
            name: name.to_owned(),
            elevation_m,
            above_ground: elevation_m >= 0.0,
            kind: if elevation_m < 0.0 { "basement" } else { "above_ground" }.to_owned(),
            ..StoreyFacts::default()
        };
        BuildingFacts {
            name: "Nhà ống".to_owned(),
            storeys: vec![storey("Tầng 2", 3.6), storey("Hầm", -2.8), storey("Tầng 1", 0.0)],
            height_m: Measured::only(Some(7.2)),
            ..BuildingFacts::default()
        }
    }

    #[test]
    fn storeys_reach_to_the_next_and_the_last_to_the_top() {
        let extents = storey_extents(&house());
        assert_eq!(
            extents,
            [("Hầm".to_owned(), -2.8, 0.0), ("Tầng 1".to_owned(), 0.0, 3.6), ("Tầng 2".to_owned(), 3.6, 7.2)]
        );
    }

    #[test]
    fn levels_are_written_as_on_drawings() {
        let svg = drawing(Tr(Lang::Vi), &house()).into_string();
        for part in ["±0,00", "+3,60", "+7,20", "\u{2212}2,80", "Tầng 2"] {
            assert!(svg.contains(part), "{part} in {svg}");
        }
    }

    #[test]
    fn a_model_without_storeys_draws_nothing() {
        assert_eq!(drawing(Tr(Lang::En), &BuildingFacts::default()).into_string(), "");
    }
}
