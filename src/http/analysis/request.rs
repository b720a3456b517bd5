//! The question as JSON, and what it means with the rights of who asks.

use geo::{Geometry, MapCoords};
use serde::Deserialize;
use serde_json::Value as Json;

use crate::access::{self, Principal};
use crate::analysis::{
    Aggregate, Buffered, Direction, Mode, Nearest, Outcome, Reach, Relation, Source, Work, aggregate, buffer,
    intersect, nearest, reach, select,
};
use crate::error::{Error, Result};
use crate::features::{Query, Snapshot};
use crate::filter::check::{comparable, parse_value, unknown_attribute};
use crate::filter::{CompareOp, Expr};
use crate::layers::{Catalog, LayerDef};
use crate::space::{crs, geojson};
use crate::state::AppState;
use crate::text::{Lang, number as written};

/// Rows on the screen unless `limit` says otherwise, and most of them.
const ROWS: usize = 1000;
const ROWS_MAX: usize = 20_000;
/// Rows of a download.
const DOWNLOAD_MAX: usize = 1_000_000;
/// Vertices of a place that is drawn.
const PLACE_VERTICES_MAX: usize = 10_000;

/// A question.
#[derive(Debug, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Request {
    /// Items by attribute, and by how they lie to others.
    Select {
        target: Features,
        #[serde(default)]
        relation: Option<RelationTo>,
        #[serde(default)]
        limit: Option<usize>,
    },
    /// Areas around features.
    Buffer {
        source: Features,
        distance_m: f64,
        #[serde(default)]
        dissolve: bool,
        #[serde(default)]
        limit: Option<usize>,
    },
    /// Pieces that two layers share.
    Intersect {
        a: Features,
        b: Features,
        #[serde(default)]
        limit: Option<usize>,
    },
    /// The nearest of another layer.
    Nearest {
        from: Features,
        to: Features,
        #[serde(default = "one")]
        count: usize,
        #[serde(default = "far")]
        max_distance_m: f64,
        #[serde(default)]
        limit: Option<usize>,
    },
    /// Figures per commune, lot or another area.
    Aggregate {
        source: Features,
        zones: Features,
        #[serde(default)]
        attribute: Option<String>,
        #[serde(default)]
        group_by: Option<String>,
        #[serde(default)]
        leave_out_empty: bool,
        #[serde(default)]
        limit: Option<usize>,
    },
    /// What lies within minutes along the roads.
    Reach {
        places: Features,
        #[serde(default)]
        targets: Option<Features>,
        #[serde(default)]
        roads: Option<Features>,
        minutes: Vec<f64>,
        #[serde(default)]
        mode: ModeIn,
        #[serde(default)]
        direction: DirectionIn,
        #[serde(default = "access_m")]
        access_m: f64,
        #[serde(default)]
        limit: Option<usize>,
    },
}

fn one() -> usize {
    1
}

fn far() -> f64 {
    50_000.0
}

fn access_m() -> f64 {
    500.0
}

/// Items of a layer, or a place that was drawn: one of the two.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Features {
    #[serde(default)]
    layer: Option<String>,
    /// All of these conditions.
    #[serde(default, rename = "where")]
    conditions: Vec<Condition>,
    #[serde(default)]
    fids: Option<Vec<i64>>,
    /// Only what meets this geometry (GeoJSON, CRS84).
    #[serde(default)]
    area: Option<Json>,
    /// The place itself (GeoJSON, CRS84).
    #[serde(default)]
    geometry: Option<Json>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Condition {
    attribute: String,
    op: Op,
    #[serde(default)]
    value: Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    IsNull,
    NotNull,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RelationTo {
    kind: Kind,
    #[serde(default)]
    distance_m: Option<f64>,
    of: Features,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Intersects,
    Within,
    Contains,
    Touches,
    Disjoint,
    WithinDistance,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ModeIn {
    Walk,
    Bicycle,
    #[default]
    Motorbike,
    Car,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum DirectionIn {
    #[default]
    To,
    From,
}

/// A question that is ready to be worked on: the layers are open, in one state, with the asker's rights.
#[derive(Debug)]
pub(super) struct Question {
    limit: Option<usize>,
    what: What,
}

#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "one a request, never in a list")]
enum What {
    Select(Source, Option<(Relation, Source)>),
    Buffer(Source, Buffered),
    Intersect(Source, Source),
    Nearest(Source, Source, Nearest),
    Aggregate(Source, Source, Aggregate),
    Reach { places: Source, targets: Option<Source>, roads: Source, how: Reach },
}

impl Question {
    /// Rows that the answer holds.
    pub(super) fn limit(&self, download: bool) -> usize {
        let most = if download { DOWNLOAD_MAX } else { ROWS_MAX };
        self.limit.unwrap_or(if download { most } else { ROWS }).min(most)
    }

    /// Does the work.
    pub(super) fn answer(&self, limit: usize, work: &mut Work) -> Result<Outcome> {
        match &self.what {
            What::Select(target, relation) => {
                select(target, relation.as_ref().map(|(r, of)| (*r, of)), limit, work)
            }
            What::Buffer(source, how) => buffer(source, *how, limit, work),
            What::Intersect(a, b) => intersect(a, b, limit, work),
            What::Nearest(from, to, how) => nearest(from, to, *how, limit, work),
            What::Aggregate(source, zones, how) => aggregate(source, zones, how, limit, work),
            What::Reach { places, targets, roads, how } => {
                reach(places, targets.as_ref(), roads, how, limit, work)
            }
        }
    }
}

impl Request {
    /// Opens the layers and checks every parameter.
    pub(super) fn ready(self, state: &AppState, who: &Principal) -> Result<Question> {
        let opener = Opener { catalog: &state.catalog.load(), snapshot: &state.features.snapshot(), who };
        let open = |features: Features, name: &str| opener.open(features, name);
        let (limit, what) = match self {
            Self::Select { target, relation, limit } => {
                let relation = relation.map(|r| Ok::<_, Error>((r.kind()?, open(r.of, "relation.of")?)));
                (limit, What::Select(open(target, "target")?, relation.transpose()?))
            }
            Self::Buffer { source, distance_m, dissolve, limit } => {
                number("distance_m", distance_m, -5_000.0, 50_000.0)?;
                (limit, What::Buffer(open(source, "source")?, Buffered { distance_m, dissolve }))
            }
            Self::Intersect { a, b, limit } => (limit, What::Intersect(open(a, "a")?, open(b, "b")?)),
            Self::Nearest { from, to, count, max_distance_m, limit } => {
                number("count", count as f64, 1.0, 100.0)?;
                number("max_distance_m", max_distance_m, 0.0, 500_000.0)?;
                let how = Nearest { count, max_distance_m };
                (limit, What::Nearest(open(from, "from")?, open(to, "to")?, how))
            }
            Self::Aggregate { source, zones, attribute, group_by, leave_out_empty, limit } => {
                let how = Aggregate { attribute, group_by, leave_out_empty };
                (limit, What::Aggregate(open(source, "source")?, open(zones, "zones")?, how))
            }
            Self::Reach { places, targets, roads, minutes, mode, direction, access_m, limit } => {
                number("access_m", access_m, 1.0, 5_000.0)?;
                let how = Reach {
                    minutes: rising(minutes)?,
                    mode: mode.into(),
                    direction: direction.into(),
                    access_m,
                };
                let roads = roads.unwrap_or_else(Features::roads);
                let what = What::Reach {
                    places: open(places, "places")?,
                    targets: targets.map(|t| open(t, "targets")).transpose()?,
                    roads: open(roads, "roads")?,
                    how,
                };
                (limit, what)
            }
        };
        Ok(Question { limit, what })
    }
}

fn rising(mut minutes: Vec<f64>) -> Result<Vec<f64>> {
    for m in &minutes {
        number("minutes", *m, 0.5, 180.0)?;
    }
    minutes.sort_unstable_by(f64::total_cmp);
    minutes.dedup();
    if minutes.is_empty() || minutes.len() > 6 {
        return Err(Error::invalid("minutes", "cần từ 1 đến 6 mốc", "1 to 6 limits were expected"));
    }
    Ok(minutes)
}

fn number(name: &str, value: f64, least: f64, most: f64) -> Result<()> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    let [vi, en] = [Lang::Vi, Lang::En].map(|lang| move |n: f64| written(lang, n, 3));
    Err(Error::invalid(
        name,
        format!("cần một số từ {} đến {}, nhận được {}", vi(least), vi(most), vi(value)),
        format!("a number between {} and {} was expected, got {}", en(least), en(most), en(value)),
    ))
}

struct Opener<'a> {
    catalog: &'a Catalog,
    snapshot: &'a Snapshot,
    who: &'a Principal,
}

impl Opener<'_> {
    fn open(&self, features: Features, name: &str) -> Result<Source> {
        let (Some(id), None) = (&features.layer, &features.geometry) else {
            return features.place(name);
        };
        let missing = || Error::not_found("collection", id);
        let view = self
            .catalog
            .layer(id)
            .and_then(|l| access::view(self.who, l, self.catalog))
            .ok_or_else(missing)?;
        let reader = self
            .snapshot
            .layer(&view)
            .ok_or_else(|| Error::Unavailable(format!("layer {id} is not loaded yet").into()))?;
        let mut all = Vec::new();
        for c in &features.conditions {
            let attribute = view.attribute(&c.attribute).ok_or_else(|| unknown_attribute(&c.attribute))?;
            all.push(c.expr(&view.layer, attribute)?);
        }
        all.extend(features.fids.map(Expr::Fid));
        let area = features.area.as_ref().map(|a| geometry(a, &format!("{name}.area"))).transpose()?;
        let query = Query { filter: (!all.is_empty()).then_some(Expr::And(all)), ..Query::default() };
        Ok(Source::Items { reader, query: Box::new(query), area })
    }
}

impl Features {
    /// The roads of the province.
    fn roads() -> Self {
        Self {
            layer: Some("road_centreline".to_owned()),
            conditions: Vec::new(),
            fids: None,
            area: None,
            geometry: None,
        }
    }

    fn place(&self, name: &str) -> Result<Source> {
        match (&self.layer, &self.geometry) {
            (None, Some(place)) => Ok(Source::Place(geometry(place, &format!("{name}.geometry"))?)),
            _ => Err(Error::invalid(
                name,
                "cần layer hoặc geometry, một trong hai",
                "either layer or geometry was expected",
            )),
        }
    }
}

/// GeoJSON in CRS84 as a geometry in EPSG:9218.
fn geometry(value: &Json, name: &str) -> Result<Geometry<f64>> {
    let read = geojson::from_json(value).map_err(|why| Error::invalid(name, why.clone(), why))?;
    let vertices = geo::CoordsIter::coords_count(&read);
    let inside = |c: geo::Coord<f64>| (90.0..=127.0).contains(&c.x) && (-35.0..=50.0).contains(&c.y);
    if vertices == 0 || vertices > PLACE_VERTICES_MAX || !geo::CoordsIter::coords_iter(&read).all(inside) {
        return Err(Error::invalid(
            name,
            format!(
                "cần 1 đến {} đỉnh, kinh độ trước vĩ độ, quanh Việt Nam",
                written(Lang::Vi, PLACE_VERTICES_MAX as f64, 0)
            ),
            format!(
                "1 to {} positions were expected, longitude first, around Vietnam",
                written(Lang::En, PLACE_VERTICES_MAX as f64, 0)
            ),
        ));
    }
    Ok(read.map_coords(|c| crs::from_crs84(c.x, c.y).into()))
}

impl Condition {
    fn expr(&self, layer: &LayerDef, attribute: usize) -> Result<Expr> {
        let def = &layer.attributes[attribute];
        let name = self.attribute.clone();
        let op = match self.op {
            Op::IsNull => return Ok(Expr::IsNull(name)),
            Op::NotNull => return Ok(Expr::Not(Box::new(Expr::IsNull(name)))),
            Op::Eq => CompareOp::Eq,
            Op::Ne => CompareOp::NotEq,
            Op::Lt => CompareOp::Lt,
            Op::Le => CompareOp::LtEq,
            Op::Gt => CompareOp::Gt,
            Op::Ge => CompareOp::GtEq,
        };
        let text = match &self.value {
            Json::String(t) => t.clone(),
            Json::Number(n) => n.to_string(),
            Json::Bool(b) => b.to_string(),
            _ => {
                return Err(Error::invalid(
                    &name,
                    "thiếu giá trị so sánh",
                    "a value to compare with is missing",
                ));
            }
        };
        let value = parse_value(def, &text)?;
        comparable(def, &value)?;
        Ok(Expr::Compare { attribute: name, op, value })
    }
}

impl RelationTo {
    fn kind(&self) -> Result<Relation> {
        Ok(match (self.kind, self.distance_m) {
            (Kind::WithinDistance, Some(m)) => {
                number("relation.distance_m", m, 0.0, 100_000.0)?;
                Relation::WithinDistance(m)
            }
            (Kind::WithinDistance, None) => {
                return Err(Error::invalid(
                    "relation.distance_m",
                    "chưa có khoảng cách",
                    "a distance is missing",
                ));
            }
            (Kind::Intersects, _) => Relation::Intersects,
            (Kind::Within, _) => Relation::Within,
            (Kind::Contains, _) => Relation::Contains,
            (Kind::Touches, _) => Relation::Touches,
            (Kind::Disjoint, _) => Relation::Disjoint,
        })
    }
}

impl From<ModeIn> for Mode {
    fn from(mode: ModeIn) -> Self {
        match mode {
            ModeIn::Walk => Self::Walk,
            ModeIn::Bicycle => Self::Bicycle,
            ModeIn::Motorbike => Self::Motorbike,
            ModeIn::Car => Self::Car,
        }
    }
}

impl From<DirectionIn> for Direction {
    fn from(direction: DirectionIn) -> Self {
        match direction {
            DirectionIn::To => Self::To,
            DirectionIn::From => Self::From,
        }
    }
}
