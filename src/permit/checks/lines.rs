//! P03 footprint in the parcel, P04 red line, P05 building line: how far an outline reaches beyond what is allowed,
//! in metres, 0 where it does not.

use geo::{Distance, Euclidean, LineString, MultiPolygon};

use super::super::check_input::{MapFeature, WorkInput};
use super::super::verdict::LimitSource;
use super::context::{Context, Outlines, number, outlines, text};
use super::finding::Finding;
use super::number::{r2, with_unit};
use super::region;

/// A line this near to the site's edge borders it, metres; cadastre and planning lines are drawn apart.
const TOUCH_M: f64 = 0.5;

/// Half the width of a street whose width is not known, metres.
const HALF_STREET_M: f64 = 2.0;

/// How an outline stands to what is allowed.
struct Reach {
    /// Greatest distance beyond, 0 where it stays inside.
    out_m: f64,
    /// Least distance to the edge from inside.
    clear_m: f64,
    /// The part beyond.
    beyond: MultiPolygon<f64>,
}

/// P03: footprint and underground within the union of the parcels.
pub fn footprint_in_parcel(cx: &Context<'_>, work: &WorkInput) -> Finding {
    let Some(outlines) = placed(work) else { return unplaced() };
    let reach = |footprint: &MultiPolygon<f64>| {
        let area = region::union([footprint, &outlines.underground]);
        let beyond = region::outside(&area, &cx.site);
        Reach {
            out_m: region::depth_from_area(&beyond, &cx.site),
            clear_m: if beyond.0.is_empty() { region::clearance(&area, &cx.site) } else { 0.0 },
            beyond,
        }
    };
    let codes = cx.input.parcels.join(", ");
    let fid = cx.parcels.first().map(|p| format!("parcel/{}", p.fid));
    let source = LimitSource { kind: "parcel".to_owned(), name: codes, feature: fid };
    judge(cx, work, &outlines, &source, reach).elements(footprint_elements(work))
}

/// P04: nothing above ground crosses a red line.
pub fn red_line(cx: &Context<'_>, work: &WorkInput) -> Finding {
    let Some(outlines) = placed(work) else { return unplaced() };
    let strips = match strips(cx, "red_line") {
        Ok(strips) => strips,
        Err(finding) => return *finding,
    };
    let reach = reach_into(&strips, &outlines.projection);
    let source = source("red_line", &strips);
    let elements = work.facts.iter().flat_map(|f| &f.buildings).flat_map(|b| b.projection_elements.clone());
    decided(cx, work, &reach, &source, &outlines.projection).elements(elements)
}

/// P05: the footprint stays behind the building lines.
pub fn building_line(cx: &Context<'_>, work: &WorkInput) -> Finding {
    let Some(outlines) = placed(work) else { return unplaced() };
    let strips = match strips(cx, "building_line") {
        Ok(strips) => strips,
        Err(finding) => return *finding,
    };
    if !strips.iter().any(|s| s.touches) {
        return Finding::not_applicable("no_frontage");
    }
    let source = source("building_line", &strips);
    judge(cx, work, &outlines, &source, |footprint| reach_into(&strips, footprint))
        .elements(footprint_elements(work))
}

fn placed(work: &WorkInput) -> Option<Outlines> {
    work.facts.as_ref().and_then(outlines).filter(|o| !o.footprint.0.is_empty())
}

fn unplaced() -> Finding {
    Finding::no_data("đường bao diện tích chiếm đất trong mô hình", "a footprint in the model")
}

fn footprint_elements(work: &WorkInput) -> Vec<String> {
    work.facts.iter().flat_map(|f| &f.buildings).flat_map(|b| b.footprint_elements.clone()).collect()
}

/// Judges the footprint, and, where overhangs are in doubt, the footprint with them: MANUAL where the two differ.
fn judge(
    cx: &Context<'_>,
    work: &WorkInput,
    outlines: &Outlines,
    source: &LimitSource,
    reach: impl Fn(&MultiPolygon<f64>) -> Reach,
) -> Finding {
    let first = reach(&outlines.footprint);
    let finding = decided(cx, work, &first, source, &outlines.footprint);
    let Some(wider) = &outlines.with_overhangs else { return finding };
    let other = reach(wider);
    if decided(cx, work, &other, source, wider).outcome == finding.outcome {
        return finding;
    }
    Finding::manual("overhang")
        .measured(first.out_m, 0.0)
        .source(source.clone(), true)
        .area(&other.beyond)
        .value("other", with_unit(other.out_m, Some("m")))
}

/// PASS or FAIL only where the margin exceeds the uncertainty of the place (domain §3).
fn decided(
    cx: &Context<'_>,
    work: &WorkInput,
    reach: &Reach,
    source: &LimitSource,
    tested: &MultiPolygon<f64>,
) -> Finding {
    let uncertainty = cx.uncertainty_m(work);
    let crosses = r2(reach.out_m) > 0.0;
    let margin = if crosses { reach.out_m } else { reach.clear_m };
    let finding = match (margin > uncertainty, crosses) {
        (true, true) => Finding::fail(),
        (true, false) => Finding::pass(),
        (false, _) => Finding::manual("close"),
    };
    let shown = if reach.beyond.0.is_empty() { tested } else { &reach.beyond };
    finding
        .measured(reach.out_m, 0.0)
        .source(source.clone(), true)
        .area(shown)
        .value("area", with_unit(region::area_m2(&reach.beyond), Some("m2")))
        .value("clear", with_unit(if reach.clear_m.is_finite() { reach.clear_m } else { 0.0 }, Some("m")))
        .value("margin", with_unit(if margin.is_finite() { margin } else { 0.0 }, Some("m")))
        .value("uncertainty", with_unit(uncertainty, Some("m")))
}

/// The land on the street's side of a red or building line, to the middle of the street.
struct Strip {
    line: LineString<f64>,
    area: MultiPolygon<f64>,
    road_name: String,
    touches: bool,
    feature: String,
}

fn reach_into(strips: &[Strip], outline: &MultiPolygon<f64>) -> Reach {
    let mut reach = Reach { out_m: 0.0, clear_m: f64::INFINITY, beyond: MultiPolygon(Vec::new()) };
    for strip in strips {
        let part = region::shared(outline, &strip.area);
        if part.0.is_empty() {
            reach.clear_m = reach.clear_m.min(region::distance(outline, &strip.area));
        } else {
            reach.out_m = reach.out_m.max(region::depth_from_line(&part, &strip.line));
            reach.beyond = region::union([&reach.beyond, &part]);
        }
    }
    reach
}

fn strips(cx: &Context<'_>, layer: &str) -> Result<Vec<Strip>, Box<Finding>> {
    let mut strips = Vec::new();
    for feature in cx.layer(layer) {
        for line in region::lines(&feature.geometry) {
            strips.extend(strip(cx, layer, feature, line));
        }
    }
    if strips.is_empty() {
        let (vi, en) = match layer {
            "red_line" => {
                ("chỉ giới đường đỏ gần thửa đất (red_line)", "a red line near the site (red_line)")
            }
            _ => (
                "chỉ giới xây dựng gần thửa đất (building_line)",
                "a building line near the site (building_line)",
            ),
        };
        return Err(Box::new(Finding::no_data(vi, en)));
    }
    strips.sort_by(|a, b| a.feature.cmp(&b.feature));
    Ok(strips)
}

fn strip(cx: &Context<'_>, layer: &str, feature: &MapFeature, line: LineString<f64>) -> Option<Strip> {
    let road_name = text(feature, "road_name").unwrap_or_default().to_owned();
    let road = cx.road(&road_name, &line);
    let half = road.and_then(|r| number(r, "width_between_red_lines_m")).map_or(HALF_STREET_M, |w| w / 2.0);
    let width = half + number(feature, "setback_m").unwrap_or(0.0);
    let left = street_is_left(cx, road, &line, width)?;
    Some(Strip {
        area: region::strip(&line, width, left),
        touches: region::distance_to_line(&cx.site, &line) <= TOUCH_M,
        line,
        road_name,
        feature: format!("{layer}/{}", feature.fid),
    })
}

/// Which side of a line the street lies on: that of the road's surface, else the one away from the site.
fn street_is_left(
    cx: &Context<'_>,
    road: Option<&MapFeature>,
    line: &LineString<f64>,
    width: f64,
) -> Option<bool> {
    let [left, right] = region::beside(line, width)?;
    let to = |area: &MultiPolygon<f64>| {
        let d = |p| area.iter().map(|a| Euclidean.distance(&p, a)).fold(f64::INFINITY, f64::min);
        (d(left), d(right))
    };
    if let Some(road) = road {
        let (l, r) = to(&region::polygons(&road.geometry));
        if (l - r).abs() > 1e-6 {
            return Some(l < r);
        }
    }
    let centre = region::centre(&cx.site)?;
    Some(Euclidean.distance(&left, &centre) > Euclidean.distance(&right, &centre))
}

fn source(kind: &str, strips: &[Strip]) -> LimitSource {
    let mut touching: Vec<_> = strips.iter().filter(|s| s.touches).collect();
    if touching.is_empty() {
        touching = strips.iter().collect();
    }
    let mut names: Vec<_> = touching.iter().map(|s| s.road_name.as_str()).filter(|n| !n.is_empty()).collect();
    names.sort_unstable();
    names.dedup();
    let feature = touching.first().map(|s| s.feature.clone());
    LimitSource { kind: kind.to_owned(), name: names.join(", "), feature }
}

impl Context<'_> {
    /// The road of a name whose surface is nearest to a line; the nearest of any name where none has it.
    pub fn road(&self, name: &str, line: &LineString<f64>) -> Option<&MapFeature> {
        let near = |f: &&MapFeature| {
            let d = region::distance_to_line(&region::polygons(&f.geometry), line);
            ((d * 1e3).round() as i64, f.fid)
        };
        let named = self.layer("road").iter().filter(|f| !name.is_empty() && text(f, "name") == Some(name));
        named.min_by_key(near).or_else(|| self.layer("road").iter().min_by_key(near))
    }

    /// Red lines that border the site, each with its road.
    pub fn frontages(&self) -> Vec<(LineString<f64>, Option<&MapFeature>, String)> {
        let mut found = Vec::new();
        for feature in self.layer("red_line") {
            let name = text(feature, "road_name").unwrap_or_default();
            for line in region::lines(&feature.geometry) {
                if region::distance_to_line(&self.site, &line) <= TOUCH_M {
                    let road = self.road(name, &line);
                    found.push((line, road, name.to_owned()));
                }
            }
        }
        found.sort_by(|a, b| a.2.cmp(&b.2).then(a.0.0.len().cmp(&b.0.0.len())));
        found
    }

    /// Least setback of a building line of a street at the site, metres from the red line.
    pub fn drawn_setback(&self, road_name: &str) -> Option<f64> {
        let lines = self.layer("building_line").iter().filter(|f| text(f, "road_name") == Some(road_name));
        let own = lines.filter(|f| {
            region::lines(&f.geometry).iter().any(|l| region::distance_to_line(&self.site, l) <= TOUCH_M)
        });
        own.filter_map(|f| number(f, "setback_m")).reduce(f64::min)
    }
}
