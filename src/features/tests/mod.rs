//! Tests of the layers in memory: against brute force, against a rebuild, and of what is served, decoded.

mod cache;
mod index;
mod overlay;
mod tiles;

use std::collections::BTreeMap;
use std::sync::Arc;

use geo::{Geometry, LineString, MultiPolygon, Point, Polygon};
use geozero::{CoordDimensions, ToWkb};
use proptest::prelude::*;

use super::*;
use crate::access::{Principal, View, view};
use crate::filter::evaluate::Row;
use crate::filter::typed::{Found, check};
use crate::filter::{CompareOp, Expr};
use crate::layers::{GeometryKind, ItemRow, LayerDef, Value, ValueRef};
use crate::space::Bbox;

/// Around Gia Nghĩa.
pub(super) const CENTRE: (f64, f64) = (411_600.0, 1_327_195.0);

/// A layer with an attribute of each type; `holder` is hidden from the public.
pub(super) fn def(geometry: GeometryKind) -> Arc<LayerDef> {
    let text = |vi: &str| serde_json::json!({"vi": vi, "en": vi});
    let attribute =
        |name: &str, kind: &str| serde_json::json!({"name": name, "type": kind, "title": text(name)});
    let mut holder = attribute("holder", "text");
    holder["access"] = "R".into();
    Arc::new(
        serde_json::from_value(serde_json::json!({
            "id": "thing", "title": text("Vật"), "theme": "land", "owner": ["NNMT"], "access": "O",
            "geometry": format!("{geometry:?}"),
            "attribute": [
                attribute("code", "text"), holder, attribute("storeys", "integer"),
                attribute("height_m", "real"), attribute("kept", "boolean"), attribute("since", "date"),
                attribute("seen", "timestamp"),
            ],
        }))
        .unwrap(),
    )
}

pub(super) fn public(def: &Arc<LayerDef>) -> View {
    view(&Principal::public(), def, &crate::layers::Catalog::default()).unwrap()
}

pub(super) fn row(fid: i64, version: i64, geometry: &Geometry<f64>, values: [Value; 7]) -> ItemRow {
    ItemRow { fid, version, wkb: geometry.to_wkb(CoordDimensions::xy()).unwrap(), values: values.into() }
}

pub(super) fn layer(def: &Arc<LayerDef>, rows: &[ItemRow]) -> Layer {
    let mut builder = LayerBuilder::new(def.clone());
    for r in rows {
        builder.push(r).unwrap();
    }
    builder.build()
}

pub(super) fn snapshot_of(layer: &Layer, revision: i64) -> Snapshot {
    let mut snapshot = Snapshot::new(uuid::Uuid::nil(), revision);
    snapshot.insert(layer.clone());
    snapshot
}

pub(super) fn reader(layer: &Layer) -> LayerReader {
    snapshot_of(layer, 1).layer(&public(layer.def())).unwrap()
}

/// Metres from the centre, on the grid.
fn offset() -> impl Strategy<Value = (f64, f64)> {
    (-30_000_000..30_000_000_i64, -30_000_000..30_000_000_i64)
        .prop_map(|(x, y)| (CENTRE.0 + x as f64 / 1e4, CENTRE.1 + y as f64 / 1e4))
}

pub(super) fn geometry(kind: GeometryKind) -> BoxedStrategy<Geometry<f64>> {
    let ring = |(x, y): (f64, f64), r: f64, n: usize| {
        LineString::from_iter((0..n).map(|i| {
            let (s, c) = (std::f64::consts::TAU * i as f64 / n as f64).sin_cos();
            (x + r * c, y + r * s)
        }))
    };
    let polygon = (offset(), 1.0..900.0_f64, 3..9_usize, any::<bool>()).prop_map(move |(at, r, n, hole)| {
        Polygon::new(ring(at, r, n), if hole { vec![ring(at, r / 4.0, 4)] } else { vec![] })
    });
    match kind {
        GeometryKind::Point => offset().prop_map(|p| Point::from(p).into()).boxed(),
        GeometryKind::LineString => {
            (offset(), prop::collection::vec((-500.0..500.0_f64, -500.0..500.0_f64), 1..6))
                .prop_map(|((x, y), steps)| {
                    let rest = steps.into_iter().map(|(dx, dy)| (x + dx, y + dy));
                    LineString::from_iter(std::iter::once((x, y)).chain(rest)).into()
                })
                .boxed()
        }
        GeometryKind::Polygon => polygon.prop_map(Geometry::from).boxed(),
        _ => prop::collection::vec(polygon, 1..3).prop_map(|p| MultiPolygon(p).into()).boxed(),
    }
}

fn values() -> impl Strategy<Value = [Value; 7]> {
    let or_null = |v: BoxedStrategy<Value>| prop_oneof![1 => Just(Value::Null), 4 => v].boxed();
    let text = prop::sample::select(vec!["", "Đắk Mil", "a", "b", "Đ", "ô", "z"]);
    (
        or_null(text.clone().prop_map(|s| Value::Text(s.into())).boxed()),
        or_null(text.prop_map(|s| Value::Text(s.into())).boxed()),
        or_null((-3..9_i64).prop_map(Value::Int).boxed()),
        or_null((-3..9_i64).prop_map(|i| Value::Real(i as f64 / 2.0)).boxed()),
        or_null(any::<bool>().prop_map(Value::Bool).boxed()),
        or_null((0..20_i32).prop_map(day).boxed()),
        or_null(
            (0..20_i64)
                .prop_map(|s| Value::Time(chrono::DateTime::from_timestamp(s * 1000, 0).unwrap()))
                .boxed(),
        ),
    )
        .prop_map(|(a, b, c, d, e, f, g)| [a, b, c, d, e, f, g])
}

fn day(n: i32) -> Value {
    Value::Date(chrono::NaiveDate::from_num_days_from_ce_opt(739_000 + n).unwrap())
}

/// Rows with distinct fids in no order.
pub(super) fn rows(kind: GeometryKind, most: usize) -> impl Strategy<Value = Vec<ItemRow>> {
    prop::collection::btree_map(1..500_i64, (geometry(kind), values()), 0..most)
        .prop_map(|m| m.into_iter().map(|(fid, (g, v))| row(fid, 1, &g, v)).collect::<Vec<_>>())
        .prop_shuffle()
}

/// A filter on visible attributes.
pub(super) fn expr() -> impl Strategy<Value = Expr> {
    let op = prop::sample::select(vec![
        CompareOp::Eq,
        CompareOp::NotEq,
        CompareOp::Lt,
        CompareOp::LtEq,
        CompareOp::Gt,
        CompareOp::GtEq,
    ]);
    let value = values().prop_flat_map(|v| {
        let names = ["code", "holder", "storeys", "height_m", "kept", "since", "seen"];
        prop::sample::select(vec![0_usize, 2, 3, 4, 5, 6]).prop_map(move |i| (names[i], v[i].clone()))
    });
    let leaf = prop_oneof![
        4 => (op, value).prop_map(|(op, (name, value))| Expr::Compare { attribute: name.into(), op, value }),
        1 => prop::sample::select(vec!["code", "storeys", "seen"]).prop_map(|n| Expr::IsNull(n.into())),
        1 => prop::collection::vec(1..500_i64, 0..20).prop_map(Expr::Fid),
        1 => boxes().prop_map(Expr::Bbox),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Expr::And),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Expr::Or),
            inner.prop_map(|e| Expr::Not(Box::new(e))),
        ]
    })
}

/// Boxes in EPSG:9218.
pub(super) fn boxes() -> impl Strategy<Value = Bbox> {
    (offset(), 0.0..4000.0_f64, 0.0..4000.0_f64).prop_map(|((x, y), w, h)| Bbox {
        min_x: x,
        min_y: y,
        max_x: x + w,
        max_y: y + h,
    })
}

/// A row with its geometry, for brute force.
pub(super) struct Plain<'a> {
    pub row: &'a ItemRow,
    pub def: &'a LayerDef,
    pub envelope: Option<Bbox>,
    pub geometry: Option<Geometry<f64>>,
}

impl Row for Plain<'_> {
    fn fid(&self) -> i64 {
        self.row.fid
    }
    fn value(&self, column: usize) -> ValueRef<'_> {
        self.row.values[column].borrowed()
    }
    fn envelope(&self) -> Option<Bbox> {
        self.envelope
    }
    fn geometry(&self) -> Option<Geometry<f64>> {
        self.geometry.clone()
    }
}

impl Plain<'_> {
    /// What the filter means of it.
    pub fn holds(&self, filter: &Expr) -> Option<bool> {
        let columns = |name: &str| {
            let column = self.def.attributes.iter().position(|a| a.name == name)?;
            Some(Found { attribute: &self.def.attributes[column], column: Some(column) })
        };
        check(filter, &columns).unwrap().holds(self)
    }
}

/// Everything that can be read of a layer, for comparing two.
pub(super) fn contents(layer: &Layer) -> BTreeMap<i64, (i64, Geometry<f64>, Vec<Value>)> {
    let system = View::system(layer.def());
    let reader = snapshot_of(layer, 1).layer(&system).unwrap();
    let items = reader.query(&Query::default()).unwrap();
    items.map(|i| (i.fid, (i.version, i.geometry(), (0..7).map(|n| i.value(n)).collect()))).collect()
}
