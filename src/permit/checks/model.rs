//! G01 schema and units, G03 georeference, G05 form against model.

use geo::{Distance, Euclidean, Point};
use serde_json::Value;

use super::super::check_input::WorkInput;
use super::super::law::Rule;
use super::super::verdict::Outcome;
use super::context::{Context, buildings, flag, outlines, text};
use super::finding::Finding;
use super::number::with_unit;
use super::region;
use super::vertical::height_above_ground;
use crate::bim::facts::{BuildingFacts, Georeference, Measured, ModelFacts};
use crate::space::crs::from_crs84;
use crate::text::Text;

/// G01: the model was read, its schema is one that is read here, a length unit is declared, solids are not empty.
pub fn schema_and_units(rule: &Rule, work: &WorkInput) -> Finding {
    if let Some(error) = &work.model_error {
        return Finding::fail().case("unreadable").value("reason", Text::new(&**error, &**error));
    }
    let Some(facts) = &work.facts else { return no_model() };
    let schema = Text::new(&*facts.schema, &*facts.schema);
    let known = rule.parameters.get("schemas").and_then(Value::as_array).is_some_and(|list| {
        list.iter().filter_map(Value::as_str).any(|s| facts.schema.to_uppercase().starts_with(s))
    });
    if !known {
        return Finding::fail().case("schema").value("schema", schema);
    }
    let Some(unit) = facts.length_unit_m else { return Finding::fail().case("unit") };
    if facts.buildings.is_empty() {
        return Finding::fail().case("building");
    }
    if facts.bbox_m.is_none() {
        return Finding::fail().case("empty");
    }
    if !facts.empty_solids.is_empty() {
        let n = Text::new(facts.empty_solids.len().to_string(), facts.empty_solids.len().to_string());
        let ids = facts.empty_solids.iter().map(|e| e.global_id.clone());
        return Finding::manual("some_empty").value("count", n).elements(ids);
    }
    let unit = if (unit - 0.001).abs() < 1e-9 { "mm".to_owned() } else { format!("{unit} m") };
    Finding::pass().value("schema", schema).value("unit", Text::new(unit.replace('.', ","), unit))
}

/// NO_DATA for a work without a model.
pub fn no_model() -> Finding {
    Finding::no_data("mô hình công trình (IFC)", "the building model (IFC)")
}

/// A place that is uncertain by more than this has two readings (axes swapped, an offset applied twice, another zone),
/// which the model's notes explain. The declared one is judged; it is not near the province's edge for that.
const INACCURACY_MOST_M: f64 = 1000.0;

/// G03: EPSG:9218 or another declared CRS, and inside the province. IfcSite alone never gives PASS.
pub fn georeference(cx: &Context<'_>, work: &WorkInput) -> Finding {
    let Some(facts) = &work.facts else { return no_model() };
    let Some(geo) = &facts.georeference else {
        return Finding::no_data(
            "tọa độ trong mô hình (IfcMapConversion, IfcProjectedCRS)",
            "a georeference in the model (IfcMapConversion, IfcProjectedCRS)",
        );
    };
    let crs = geo.crs.clone().unwrap_or_else(|| "WGS 84".to_owned());
    let finding = |f: Finding| {
        f.value("crs", Text::new(&*crs, &*crs)).value("how", Text::new(&*geo.source, &*geo.source))
    };
    let Some(place) = place_of(facts, geo) else {
        return finding(Finding::no_data(
            format!("vị trí của mô hình trong EPSG:9218 (hệ tọa độ khai là {crs})"),
            format!("the model's place in EPSG:9218 (it declares {crs})"),
        ));
    };
    let provinces = cx.layer("admin_province");
    if provinces.is_empty() {
        return finding(Finding::no_data(
            "ranh giới tỉnh (admin_province)",
            "the province's outline (admin_province)",
        ));
    }
    let areas: Vec<_> = provinces.iter().map(|p| region::polygons(&p.geometry)).collect();
    let at = place_text(geo, place);
    let inside = |p: Point<f64>| {
        areas.iter().flatten().map(|a| Euclidean.distance(&p, a)).fold(f64::INFINITY, f64::min)
    };
    let away = inside(place);
    let edge = areas
        .iter()
        .flatten()
        .map(|a| Euclidean.distance(&place, a.exterior()))
        .fold(f64::INFINITY, f64::min);
    let approximate = provinces.iter().any(|p| flag(p, "approximate"));
    let inaccuracy = geo.horizontal_uncertainty_m.min(INACCURACY_MOST_M);
    let near = cx.setting("province_outline_accuracy_m").unwrap_or(0.0).max(inaccuracy);
    let swapped = away > 0.0 && inside(Point::new(place.y(), place.x())) == 0.0;
    let found = if swapped {
        Finding::fail().case("swapped")
    } else if approximate && edge <= near {
        Finding::manual("edge")
    } else if away > 0.0 {
        Finding::fail().value("distance", distance_text(away))
    } else if geo.level < 40 || geo.source.eq_ignore_ascii_case("IfcSite") {
        Finding::manual("site_only")
    } else if geo.crs.is_none() {
        Finding::manual("no_crs")
    } else {
        Finding::pass()
    };
    let outline = outlines(facts).map(|o| o.footprint);
    let found = match &outline {
        Some(area) => found.area(area),
        None => found,
    };
    finding(found.value("place", at))
}

/// Where the model stands in EPSG:9218: its footprint's centre, else its origin.
fn place_of(facts: &ModelFacts, geo: &Georeference) -> Option<Point<f64>> {
    let footprint = outlines(facts).and_then(|o| region::centre(&o.footprint));
    let site = || facts.site_outline.as_ref().and_then(|o| region::centre(&o.0));
    let origin = || match (geo.crs.as_deref(), geo.easting, geo.northing) {
        (Some("EPSG:9218"), Some(e), Some(n)) => Some(Point::new(e, n)),
        _ => None,
    };
    // The formulas of EPSG:9218 hold near Vietnam only; a model on another continent is far outside anyway.
    let lon_lat = || match (geo.longitude, geo.latitude) {
        (Some(lon), Some(lat)) if (95.0..122.0).contains(&lon) && (0.0..30.0).contains(&lat) => {
            let (e, n) = from_crs84(lon, lat);
            Some(Point::new(e, n))
        }
        (Some(lon), Some(lat)) => Some(Point::new(lon * 111_000.0, lat * 111_000.0)),
        _ => None,
    };
    footprint
        .or_else(site)
        .or_else(origin)
        .or_else(lon_lat)
        .filter(|p| p.x().is_finite() && p.y().is_finite())
}

/// The place as the model itself gives it: in its own CRS, else as longitude and latitude.
fn place_text(geo: &Georeference, place: Point<f64>) -> Text {
    if let (None, Some(lon), Some(lat)) = (geo.easting, geo.longitude, geo.latitude) {
        let text = format!("{lat:.6}° N, {lon:.6}° E");
        return Text::new(text.replace('.', ","), text);
    }
    let e = with_unit(geo.easting.unwrap_or(place.x()), None);
    let n = with_unit(geo.northing.unwrap_or(place.y()), None);
    Text::new(format!("E {}, N {}", e.vi, n.vi), format!("E {}, N {}", e.en, n.en))
}

/// Beyond 100 km the grid of EPSG:9218 measures nothing that means anything.
fn distance_text(away_m: f64) -> Text {
    if away_m > 100_000.0 {
        return Text::new("hơn 100 km", "more than 100 km");
    }
    with_unit(away_m, Some("m"))
}

/// A field of the form beside the model's values that it may mean.
struct Field {
    name: &'static str,
    title: (&'static str, &'static str),
    unit: &'static str,
    form: Option<f64>,
    model: Vec<f64>,
    tolerance: f64,
    needed: bool,
}

impl Field {
    /// The model's value that comes nearest, with the difference in tolerances.
    fn nearest(&self) -> Option<(f64, f64)> {
        let form = self.form?;
        let off = |m: f64| (((m - form).abs() * 1e6).round() / 1e6) / self.tolerance.max(1e-9);
        self.model.iter().map(|m| (*m, off(*m))).min_by(|a, b| a.1.total_cmp(&b.1))
    }

    fn title(&self) -> Text {
        Text::new(self.title.0, self.title.1)
    }
}

/// G05: what the form says is what the model measures, within the tolerances that are settings. The measured value
/// counts; where the model itself declares another, the message says so.
pub fn form_and_model(cx: &Context<'_>) -> Finding {
    let works = &cx.input.works;
    if works.is_empty() || works.iter().any(|w| w.facts.is_none()) {
        return no_model();
    }
    let all: Vec<&BuildingFacts> = works.iter().flat_map(buildings).collect();
    let fields = fields(cx, &all);
    let note = declared_note(cx, &all);
    let with_note = |f: Finding| if note.vi.is_empty() { f } else { f.value("note", note.clone()) };
    let worst = fields
        .iter()
        .filter_map(|f| f.nearest().map(|(model, off)| (f, model, off)))
        .max_by(|a, b| a.2.total_cmp(&b.2));
    if let Some((field, model, off)) = worst
        && off > 1.0 + 1e-9
    {
        let mut finding =
            Finding::fail().measured(model, field.form.unwrap_or_default()).value("field", field.title());
        finding.unit = Some(field.unit);
        return with_note(finding);
    }
    let missing = |what: &dyn Fn(&Field) -> bool| {
        let names: Vec<_> = fields.iter().filter(|f| f.needed && what(f)).map(|f| f.name).collect();
        (!names.is_empty()).then(|| names.join(", "))
    };
    if let Some(names) = missing(&|f| f.form.is_none()) {
        return with_note(Finding::no_data(
            format!("giá trị trong đơn: {names}"),
            format!("the form's values: {names}"),
        ));
    }
    if let Some(names) = missing(&|f| f.model.is_empty()) {
        return with_note(Finding::no_data(
            format!("giá trị đo từ mô hình: {names}"),
            format!("the model's values: {names}"),
        ));
    }
    with_note(Finding::pass())
}

fn fields(cx: &Context<'_>, all: &[&BuildingFacts]) -> Vec<Field> {
    let form = |name: &str| cx.input.form.get(name).and_then(Value::as_f64);
    let sum = |get: fn(&BuildingFacts) -> Option<f64>| -> Vec<f64> {
        all.iter()
            .map(|b| get(b))
            .collect::<Option<Vec<_>>>()
            .map(|v| vec![v.iter().sum()])
            .unwrap_or_default()
    };
    let most = |values: Vec<Option<f64>>| {
        values.into_iter().collect::<Option<Vec<_>>>().and_then(|v| v.into_iter().reduce(f64::max))
    };
    // The form's height runs from the planned ground; without one in the data, or where the applicant took the
    // model's own, from ±0.00.
    let heights = [
        most(all.iter().map(|b| height_above_ground(cx, b)).collect()),
        most(all.iter().map(|b| b.height_m.measured).collect()),
    ];
    let count = |get: fn(&BuildingFacts) -> u32| {
        most(all.iter().map(|b| Some(f64::from(get(b))).filter(|n| *n > 0.0)).collect())
    };
    let mut storeys = vec![count(|b| b.storey_count.total_49_9)];
    let counting = cx.lots().iter().find_map(|l| text(l, "storeys_counting"));
    if counting == Some("above_ground_only") {
        storeys.push(count(|b| b.storey_count.above_ground));
    }
    let length = cx.setting("form_tolerance_length_m").unwrap_or(0.1);
    let percent = cx.setting("form_tolerance_area_percent").unwrap_or(1.0) / 100.0;
    let area = |name: &'static str, title, get| {
        let model: Vec<f64> = sum(get);
        let tolerance = model.first().map_or(0.0, |a| a * percent);
        Field { name, title, unit: "m2", form: form(name), model, tolerance, needed: true }
    };
    let one = |name, title, unit, model: Vec<Option<f64>>, tolerance, needed| Field {
        name,
        title,
        unit,
        form: form(name),
        model: model.into_iter().flatten().collect(),
        tolerance,
        needed,
    };
    let zero = all.first().and_then(|b| b.zero_level_elevation_m).filter(|_| all.len() == 1);
    vec![
        one("storeys", ("Số tầng", "Storeys"), "storeys", storeys, 0.0, true),
        one("height_m", ("Chiều cao", "Height"), "m", heights.to_vec(), length, true),
        area("footprint_area_m2", ("Diện tích chiếm đất", "Footprint area"), |b| {
            b.footprint_area_m2.measured
        }),
        area("gross_floor_area_m2", ("Tổng diện tích sàn", "Gross floor area"), |b| {
            b.gross_floor_area_m2.measured
        }),
        one("level_zero_m", ("Cốt ±0,00", "Level ±0.00"), "m", vec![zero], length, false),
    ]
}

/// Quantities that the model declares otherwise than it measures.
fn declared_note(cx: &Context<'_>, all: &[&BuildingFacts]) -> Text {
    let percent = cx.setting("model_tolerance_area_percent").unwrap_or(1.0) / 100.0;
    let (mut vi_parts, mut en_parts) = (Vec::new(), Vec::new());
    for b in all {
        let quantities: [(&Measured, &str, &str, &str); 4] = [
            (&b.height_m, "chiều cao", "height", "m"),
            (&b.footprint_area_m2, "diện tích chiếm đất", "footprint area", "m2"),
            (&b.gross_floor_area_m2, "tổng diện tích sàn", "gross floor area", "m2"),
            (&b.far_area_m2, "diện tích tính hệ số sử dụng đất", "FAR area", "m2"),
        ];
        for (quantity, vi, en, unit) in quantities {
            let (Some(m), Some(d)) = (quantity.measured, quantity.declared) else { continue };
            if (m - d).abs() <= m.abs() * percent {
                continue;
            }
            let (m, d) = (with_unit(m, Some(unit)), with_unit(d, Some(unit)));
            vi_parts.push(format!("Mô hình khai {vi} {}, đo được {}: lấy số đo.", d.vi, m.vi));
            en_parts.push(format!(
                "The model declares a {en} of {}, measured {}: the measured value counts.",
                d.en, m.en
            ));
        }
    }
    Text::new(vi_parts.join(" "), en_parts.join(" "))
}

/// Whether G03 lets rows that need a place be computed.
pub fn is_placed(finding: &Finding) -> bool {
    finding.outcome == Outcome::Pass
}
