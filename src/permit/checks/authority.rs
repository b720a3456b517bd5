//! Class of the building (TT 34/2026) and the competent authority (NĐ 217 Art. 53): row G07, and the routing of a
//! submission.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::check_input::{CheckInput, WorkInput};
use super::super::law::{Method, Rule, RuleSet};
use super::context::{Context, buildings, text};
use super::finding::Finding;
use super::region;
use crate::text::Text;

/// Class of a building, the highest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Class {
    /// Class IV.
    #[serde(rename = "IV")]
    Four,
    /// Class III.
    #[serde(rename = "III")]
    Three,
    /// Class II.
    #[serde(rename = "II")]
    Two,
    /// Class I.
    #[serde(rename = "I")]
    One,
    /// Above class I.
    #[serde(rename = "special")]
    Special,
}

impl Class {
    const ALL: [Self; 5] = [Self::Four, Self::Three, Self::Two, Self::One, Self::Special];

    /// `IV` … `I`, `special`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Four => "IV",
            Self::Three => "III",
            Self::Two => "II",
            Self::One => "I",
            Self::Special => "special",
        }
    }

    fn title(self) -> Text {
        match self {
            Self::Special => Text::new("đặc biệt", "special"),
            other => Text::new(other.code(), other.code()),
        }
    }
}

/// Which kind of authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthorityKind {
    /// Management board of an industrial, export-processing, high-tech or economic zone.
    ZoneBoard,
    /// UBND cấp xã.
    Commune,
    /// Sở Xây dựng.
    Department,
}

/// Who is competent, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authority {
    /// Kind.
    pub kind: AuthorityKind,
    /// The zone board's code, the commune's code, or `SXD`.
    pub code: String,
    /// Class that decided it; none where the zone or the household decided.
    pub class: Option<Class>,
    /// In words.
    pub reason: Text,
}

/// Code of the Department of Construction.
const DEPARTMENT: &str = "SXD";

/// The competent authority, in the order of Art. 53: the zone's board, then the commune for houses of households and
/// individuals and for class III and IV works, else Sở Xây dựng. A project goes by its highest class. Where the model
/// says nothing the form counts. The error names what is missing.
pub fn authority(input: &CheckInput, set: &RuleSet) -> Result<Authority, Text> {
    let rule = set.rules.iter().find(|r| r.method == Method::ClassAndAuthority);
    let rule = rule.ok_or_else(|| Text::new("quy tắc G07", "rule G07"))?;
    decide(&Context::new(input, set), rule).map(|(authority, _)| authority)
}

/// G07.
pub fn class_and_authority(cx: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    if let Some(parcel) = cx.parcels.iter().find(|p| text(p, "commune_code").is_none()) {
        let code = text(parcel, "code").unwrap_or_default();
        return vec![Finding::no_data(
            format!("parcel.commune_code của thửa {code}"),
            format!("parcel.commune_code of {code}"),
        )];
    }
    let class = match class_of_works(cx, rule).0 {
        Ok(class) => class.title(),
        Err(missing) => return vec![Finding::no_data(missing.vi, missing.en)],
    };
    vec![match decide(cx, rule) {
        Ok((authority, note)) => {
            let finding =
                Finding::pass().value("class", class).value("authority", authority_title(cx, &authority));
            let finding = finding.value("reason", authority.reason);
            if note.vi.is_empty() { finding } else { finding.value("note", note) }
        }
        Err(missing) => Finding::no_data(missing.vi, missing.en),
    }]
}

fn decide(cx: &Context<'_>, rule: &Rule) -> Result<(Authority, Text), Text> {
    if cx.parcels.is_empty() || cx.parcels.len() < cx.input.parcels.len() {
        return Err(Text::new("thửa đất trong lớp parcel", "the parcel in layer parcel"));
    }
    let (class, note) = class_of_works(cx, rule);
    if let Some(zone) = zone_board(cx)? {
        let reason = Text::new("trong ranh giới khu công nghiệp", "inside an industrial zone");
        return Ok((
            Authority { kind: AuthorityKind::ZoneBoard, code: zone, class: class.ok(), reason },
            note,
        ));
    }
    let houses = !cx.input.works.is_empty()
        && cx.input.works.iter().all(|w| cx.use_of(w).best() == Some("house_single"));
    let household = cx.investor_type() == Some("household_individual");
    if houses && household {
        let reason =
            Text::new("nhà ở riêng lẻ của hộ gia đình, cá nhân", "house of a household or individual");
        return Ok((
            Authority { kind: AuthorityKind::Commune, code: commune(cx)?, class: class.ok(), reason },
            note,
        ));
    }
    let class = class?;
    let title = class.title();
    if class <= Class::Three {
        let reason = Text::new(format!("công trình cấp {}", title.vi), format!("class {} work", title.en));
        return Ok((
            Authority { kind: AuthorityKind::Commune, code: commune(cx)?, class: Some(class), reason },
            note,
        ));
    }
    if houses && cx.investor_type().is_none() {
        return Err(Text::new("loại chủ đầu tư (form.investor.type)", "investor type (form.investor.type)"));
    }
    let reason = Text::new(format!("công trình cấp {}", title.vi), format!("class {} work", title.en));
    let code = DEPARTMENT.to_owned();
    Ok((Authority { kind: AuthorityKind::Department, code, class: Some(class), reason }, note))
}

/// The commune of the parcels' records, never of the approximate outline.
fn commune(cx: &Context<'_>) -> Result<String, Text> {
    let mut codes: Vec<_> = cx.parcels.iter().filter_map(|p| text(p, "commune_code")).collect();
    codes.sort_unstable();
    codes.dedup();
    match codes.as_slice() {
        [one] => Ok((*one).to_owned()),
        [] => Err(Text::new("parcel.commune_code", "parcel.commune_code")),
        _ => Err(Text::new(
            "một xã duy nhất (các thửa đất thuộc nhiều xã)",
            "a single commune (the parcels belong to several)",
        )),
    }
}

fn zone_board(cx: &Context<'_>) -> Result<Option<String>, Text> {
    let inside = cx
        .layer("industrial_zone")
        .iter()
        .find(|z| region::share_in(&cx.site, &region::polygons(&z.geometry)) > 0.5);
    match inside.map(|z| text(z, "board_code")) {
        None => Ok(None),
        Some(Some(code)) => Ok(Some(code.to_owned())),
        Some(None) => Err(Text::new("industrial_zone.board_code", "industrial_zone.board_code")),
    }
}

fn authority_title(cx: &Context<'_>, authority: &Authority) -> Text {
    let code = &authority.code;
    match authority.kind {
        AuthorityKind::Department => Text::new("Sở Xây dựng", "the Department of Construction"),
        AuthorityKind::ZoneBoard => Text::new(
            format!("Ban quản lý khu công nghiệp ({code})"),
            format!("the zone's management board ({code})"),
        ),
        AuthorityKind::Commune => {
            let unit = cx.layer("admin_commune").iter().find(|c| text(c, "code") == Some(code));
            let vi = unit.and_then(|u| text(u, "name")).unwrap_or("cấp xã");
            let en =
                unit.and_then(|u| text(u, "name_en").or_else(|| text(u, "name"))).unwrap_or("the commune");
            Text::new(format!("UBND {vi} ({code})"), format!("People's Committee of {en} ({code})"))
        }
    }
}

/// Highest class of the works, with a note about criteria that could not be looked at.
fn class_of_works(cx: &Context<'_>, rule: &Rule) -> (Result<Class, Text>, Text) {
    let mut note = Text::default();
    let mut highest = Class::Four;
    for work in &cx.input.works {
        let measures = Measures::of(cx, work);
        if let Err(missing) = measures.needed() {
            return (Err(missing), note);
        }
        if measures.span_m.is_none() {
            note = Text::new(
                "Chưa xét nhịp kết cấu vì mô hình không cho biết.",
                "The span is not known from the model and was left out.",
            );
        }
        highest = highest.max(measures.class(rule));
    }
    if cx.input.works.is_empty() {
        return (Err(Text::new("công trình", "a work")), note);
    }
    (Ok(highest), note)
}

/// The criteria of TT 34/2026, row 2.1.
struct Measures {
    height_m: Option<f64>,
    storeys: Option<f64>,
    floor_area_1000_m2: Option<f64>,
    span_m: Option<f64>,
    depth_m: Option<f64>,
    basements: Option<f64>,
}

impl Measures {
    fn of(cx: &Context<'_>, work: &WorkInput) -> Self {
        let of = buildings(work);
        let form = |name: &str| {
            cx.input.form.get(name).and_then(Value::as_f64).filter(|_| cx.input.works.len() == 1)
        };
        let highest = |get: &dyn Fn(&crate::bim::facts::BuildingFacts) -> Option<f64>| {
            of.iter().filter_map(get).reduce(f64::max)
        };
        let counted = |n: u32| Some(f64::from(n)).filter(|n| *n > 0.0);
        Self {
            // The height above planned ground where it is known, else that of the model alone.
            height_m: highest(&|b| super::vertical::height_above_ground(cx, b).or(b.height_m.measured))
                .or_else(|| form("height_m")),
            storeys: highest(&|b| counted(b.storey_count.above_ground)).or_else(|| form("storeys")),
            floor_area_1000_m2: highest(&|b| b.gross_floor_area_m2.measured)
                .or_else(|| form("gross_floor_area_m2"))
                .map(|a| a / 1000.0),
            span_m: highest(&|b| b.span_m),
            depth_m: highest(&|b| b.depth_m.filter(|_| b.storey_count.below_ground > 0)),
            basements: highest(&|b| counted(b.storey_count.below_ground)).or_else(|| form("basements")),
        }
    }

    fn needed(&self) -> Result<(), Text> {
        let needed = [
            (self.height_m, "chiều cao (model.height_m)", "the height (model.height_m)"),
            (self.storeys, "số tầng (model.storeys)", "the storeys (model.storeys)"),
            (
                self.floor_area_1000_m2,
                "tổng diện tích sàn (model.gross_floor_area_m2)",
                "the floor area (model.gross_floor_area_m2)",
            ),
        ];
        match needed.into_iter().find(|(value, _, _)| value.is_none()) {
            Some((_, vi, en)) => Err(Text::new(vi, en)),
            None => Ok(()),
        }
    }

    /// The highest class that any criterion asks for.
    fn class(&self, rule: &Rule) -> Class {
        let criteria = [
            ("height_m", self.height_m),
            ("storeys", self.storeys),
            ("floor_area_1000_m2", self.floor_area_1000_m2),
            ("span_m", self.span_m),
            ("depth_m", self.depth_m),
            ("basements", self.basements),
        ];
        let of = |(name, value): (&str, Option<f64>)| value.map(|v| by_criterion(rule, name, v));
        criteria.into_iter().filter_map(of).max().unwrap_or(Class::Four)
    }
}

/// The class of one criterion: bounds between IV and III, III and II, II and I, I and special, each either reached
/// (`from`) or passed (`above`); a bound that the table does not have is left out of the rule file.
fn by_criterion(rule: &Rule, name: &str, value: f64) -> Class {
    let bounds = rule.parameters.get("class").and_then(|c| c.get(name));
    let reached = |class: Class| {
        let bound = bounds.and_then(|b| b.get(class.code()));
        let number = |key: &str| bound.and_then(|b| b.get(key)).and_then(Value::as_f64);
        number("from").is_some_and(|b| value >= b) || number("above").is_some_and(|b| value > b)
    };
    Class::ALL.into_iter().filter(|c| reached(*c)).max().unwrap_or(Class::Four)
}
