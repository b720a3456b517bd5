//! Memory and SQL give a filter one meaning: random rows, random filters, the same items.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use dothi::access::{Principal, View, view};
use dothi::features::{LayerBuilder, LayerReader, Query, Snapshot};
use dothi::filter::{ArithmeticOp, CompareOp, Expr, SpatialOp, TemporalOp, Term};
use dothi::layers::{Catalog, LayerDef, Value};
use dothi::space::Bbox;
use dothi::store::bulk::{Incoming, Mode};
use dothi::store::history::{At, PastQuery, State};
use dothi::store::layers::ApplyOptions;
use dothi::store::{Author, Store};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

use crate::front::square;
use crate::support::{TestDb, empty_database};

const NAMES: [&str; 6] = ["t", "i", "r", "b", "day", "z"];

fn def() -> LayerDef {
    let attribute = |name: &str, kind: &str| serde_json::json!({"name": name, "type": kind, "title": {"vi": "x", "en": "x"}});
    serde_json::from_value(serde_json::json!({
        "id": "thing", "title": {"vi": "x", "en": "x"}, "theme": "t", "geometry": "Polygon", "owner": ["XD"],
        "access": "O",
        "attribute": [attribute("t", "text"), attribute("i", "integer"), attribute("r", "real"),
            attribute("b", "boolean"), attribute("day", "date"), attribute("z", "timestamp"),
            {"name": "hidden", "type": "text", "title": {"vi": "x", "en": "x"}, "access": "R"}],
    }))
    .unwrap()
}

/// Values that rows hold: few, so that filters meet them.
fn stored(name: &'static str) -> BoxedStrategy<Value> {
    let day = |d: &str| Value::Date(d.parse::<NaiveDate>().unwrap());
    let time = |t: &str| Value::Time(t.parse::<DateTime<Utc>>().unwrap());
    let some = match name {
        "t" => select(vec![
            "a",
            "A",
            "ab",
            "b",
            "Hoà",
            "Hòa",
            "hoà",
            "đ",
            "Đắk",
            "z",
            "ệ",
            "𠀀",
            "\u{ffff}",
            "%",
            "R'LẤP",
            "Gia  Nghĩa",
            "Straße",
        ])
        .prop_map(Value::from)
        .boxed(),
        "i" => select(vec![-1, 0, 1, 5, (1 << 53) + 1, i64::MAX]).prop_map(Value::Int).boxed(),
        "r" => select(vec![-0.0, 0.0, 1.0, 1.5, -1.5, 5.0, 1e300, 9_007_199_254_740_992.0])
            .prop_map(Value::Real)
            .boxed(),
        "b" => any::<bool>().prop_map(Value::Bool).boxed(),
        "day" => {
            select(vec![day("2025-07-01"), day("2026-01-01"), day("0001-01-01"), day("1900-02-28")]).boxed()
        }
        _ => select(vec![
            time("2026-01-01T00:00:00Z"),
            time("2026-01-01T00:00:00.000001Z"),
            time("1999-12-31T23:59:59.999999Z"),
        ])
        .boxed(),
    };
    prop_oneof![1 => Just(Value::Null), 5 => some].boxed()
}

/// Values that a filter compares with: those, and what no row can hold.
fn asked(name: &'static str) -> BoxedStrategy<Value> {
    let strange = match name {
        "t" => select(vec![
            Value::from(""),
            Value::from("a\0"),
            Value::from("a\0z"),
            Value::from("\0"),
            Value::Int(1),
        ])
        .boxed(),
        "i" => select(vec![
            Value::Real(0.5),
            Value::Real(9_007_199_254_740_992.0),
            Value::Real(f64::NAN),
            Value::Real(-1e300),
        ])
        .boxed(),
        "r" => select(vec![
            Value::Int(1),
            Value::Int(5),
            Value::Int(i64::MAX),
            Value::Real(f64::INFINITY),
            Value::Real(f64::NAN),
        ])
        .boxed(),
        "day" => select(vec![
            Value::Date(NaiveDate::from_ymd_opt(-6000, 1, 1).unwrap()),
            Value::Date(NaiveDate::from_ymd_opt(-4713, 11, 24).unwrap()),
            Value::Date(NaiveDate::MAX),
        ])
        .boxed(),
        "z" => select(vec![
            Value::Time("2026-01-01T00:00:00.000000999Z".parse().unwrap()),
            Value::Time("1999-12-31T23:59:59.999999500Z".parse().unwrap()),
            Value::Time(
                NaiveDate::from_ymd_opt(-6000, 1, 1).unwrap().and_time(chrono::NaiveTime::MIN).and_utc(),
            ),
        ])
        .boxed(),
        _ => Just(Value::Null).boxed(),
    };
    prop_oneof![4 => stored(name), 1 => strange].boxed()
}

/// A term with numbers.
fn number() -> impl Strategy<Value = Term> {
    let leaf = prop_oneof![
        3 => select(vec!["i", "r", "fid"]).prop_map(Term::property),
        2 => select(vec![0.0, -0.0, 1.5, -2.0, 1e-200, 1e160, 3.0]).prop_map(Term::literal),
        2 => select(vec![0_i64, 1, 2, -5, i64::MAX]).prop_map(Term::literal),
    ];
    leaf.prop_recursive(3, 6, 2, |inner| {
        use ArithmeticOp as A;
        let op = select(vec![A::Add, A::Sub, A::Mul, A::Div, A::Rem, A::IntDiv, A::Pow]);
        (op, inner.clone(), inner).prop_map(|(op, left, right)| Term::Arithmetic {
            op,
            left: Box::new(left),
            right: Box::new(right),
        })
    })
}

/// A term with texts.
fn text() -> impl Strategy<Value = Term> {
    let words =
        ["a", "HOÀ", "hoa", "đắk", "Dak", " Gia  Nghi\u{303}a ", "R’Lấp", "", "ＧＩＡ", "straße", "STRASSE"];
    let leaf = prop_oneof![
        3 => Just(Term::property("t")),
        1 => select(words.to_vec()).prop_map(Term::literal),
    ];
    leaf.prop_recursive(2, 4, 1, |inner| {
        (0..3, inner).prop_map(|(n, of)| match n {
            0 => Term::Casei(Box::new(of)),
            1 => Term::Accenti(Box::new(of)),
            _ => Term::Function { name: "fold".to_owned(), args: vec![of] },
        })
    })
}

/// A date, an instant or an interval of them.
fn moment() -> impl Strategy<Value = Term> {
    let one = || {
        prop_oneof![
            select(vec!["day", "z"]).prop_map(Term::property),
            stored("day").prop_map(Term::Literal),
            stored("z").prop_map(Term::Literal),
        ]
    };
    let end = || prop::option::of(one().prop_map(Box::new));
    prop_oneof![one(), (end(), end()).prop_map(|(a, b)| Term::Interval(a, b))]
}

/// A geometry beside, on and over the rows.
fn geometry() -> impl Strategy<Value = Term> {
    let at = |x: i32, y: i32| (EAST + f64::from(x) + 0.0371, NORTH + f64::from(y) + 0.0113);
    let boxed = (0_i32..50, 0_i32..50, 1_i32..20, 1_i32..20).prop_map(move |(x, y, w, h)| {
        Term::Geometry(geo::Rect::new(at(x, y), at(x + w, y + h)).to_polygon().into())
    });
    let triangle = (0_i32..50, 0_i32..50, 1_i32..20, 1_i32..20).prop_map(move |(x, y, w, h)| {
        let ring = vec![at(x, y), at(x + w, y + h / 2), at(x, y + h), at(x, y)];
        Term::Geometry(geo::Polygon::new(ring.into(), Vec::new()).into())
    });
    let line = (0_i32..50, 0_i32..50, 0_i32..20, 1_i32..20).prop_map(move |(x, y, w, h)| {
        Term::Geometry(geo::LineString::from(vec![at(x, y), at(x + w, y + h)]).into())
    });
    let point =
        (0_i32..50, 0_i32..50).prop_map(move |(x, y)| Term::Geometry(geo::Point::from(at(x, y)).into()));
    prop_oneof![3 => boxed, 2 => triangle, 1 => line, 1 => point, 1 => Just(Term::property("geometry"))]
}

/// The forms that readers of CQL2 build.
fn general() -> impl Strategy<Value = Expr> {
    use SpatialOp as S;
    use TemporalOp as T;
    let op = || {
        select(vec![
            CompareOp::Eq,
            CompareOp::NotEq,
            CompareOp::Lt,
            CompareOp::LtEq,
            CompareOp::Gt,
            CompareOp::GtEq,
        ])
    };
    let compare = |op, left, right| Expr::CompareTerms { op, left, right };
    let patterns = ["%", "_", "%a%", "h_a", r"\%", "Đ%", "d_k", "", "%%b", r"a\"];
    let pattern = prop_oneof![
        3 => select(patterns.to_vec()).prop_map(Term::literal),
        1 => select(patterns.to_vec()).prop_map(|p| Term::Casei(Box::new(Term::literal(p)))),
    ];
    let spatial = select(vec![
        S::Intersects,
        S::Equals,
        S::Disjoint,
        S::Touches,
        S::Within,
        S::Overlaps,
        S::Crosses,
        S::Contains,
    ]);
    let temporal = select(vec![
        T::After,
        T::Before,
        T::Contains,
        T::Disjoint,
        T::During,
        T::Equals,
        T::FinishedBy,
        T::Finishes,
        T::Intersects,
        T::Meets,
        T::MetBy,
        T::OverlappedBy,
        T::Overlaps,
        T::StartedBy,
        T::Starts,
    ]);
    // Round numbers, as rows lie a round number of metres apart.
    let metres = select(vec![0.0, 1.0, 2.0, 5.0, 12.5, 100.0, 1e9]).prop_map(Term::literal);
    prop_oneof![
        4 => (op(), number(), number()).prop_map(move |(op, a, b)| compare(op, a, b)),
        4 => (op(), text(), text()).prop_map(move |(op, a, b)| compare(op, a, b)),
        3 => (text(), pattern).prop_map(|(text, pattern)| Expr::Like { text, pattern }),
        2 => (text(), prop::collection::vec(text(), 1..4)).prop_map(|(value, list)| Expr::In { value, list }),
        2 => (number(), prop::collection::vec(number(), 1..4)).prop_map(|(value, list)| Expr::In { value, list }),
        2 => (number(), number(), number())
            .prop_map(|(value, low, high)| Expr::Between { value, low, high }),
        1 => number().prop_map(Expr::IsNullTerm),
        1 => Just(Expr::IsNullTerm(Term::property("geometry"))),
        1 => Just(Expr::Truth(Term::property("b"))),
        1 => Just(Expr::Truth(Term::property("hidden"))),
        4 => (temporal, moment(), moment())
            .prop_map(|(op, left, right)| Expr::Temporal { op, left, right }),
        5 => (spatial, geometry(), geometry())
            .prop_map(|(op, left, right)| Expr::Spatial { op, left, right }),
        3 => (geometry(), geometry(), metres)
            .prop_map(|(a, b, m)| Expr::Truth(Term::Function { name: "dwithin".to_owned(), args: vec![a, b, m] })),
    ]
}

fn filter() -> impl Strategy<Value = Expr> {
    let op = select(vec![
        CompareOp::Eq,
        CompareOp::NotEq,
        CompareOp::Lt,
        CompareOp::LtEq,
        CompareOp::Gt,
        CompareOp::GtEq,
    ]);
    let compare = (select(NAMES.to_vec()), op).prop_flat_map(|(name, op)| {
        asked(name).prop_map(move |value| Expr::Compare { attribute: name.to_owned(), op, value })
    });
    let bbox = (-5_i32..60, -5_i32..60, 0_i32..40, 0_i32..40).prop_map(|(x, y, w, h)| {
        let (x, y) = (EAST + f64::from(x) * 1.25, NORTH + f64::from(y) * 1.25);
        Expr::Bbox(Bbox { min_x: x, min_y: y, max_x: x + f64::from(w), max_y: y + f64::from(h) })
    });
    let extreme = select(vec![
        Expr::Bbox(Bbox { min_x: f64::MIN, min_y: f64::MIN, max_x: f64::MAX, max_y: f64::MAX }),
        Expr::Bbox(Bbox { min_x: f64::NAN, min_y: 0.0, max_x: f64::MAX, max_y: f64::MAX }),
        Expr::Fid(Vec::new()),
        Expr::IsNull("nothing".to_owned()),
        Expr::IsNull("hidden".to_owned()),
    ]);
    let leaf = prop_oneof![
        12 => compare,
        2 => select(NAMES.to_vec()).prop_map(|n| Expr::IsNull(n.to_owned())),
        2 => prop::collection::vec(0_i64..90, 0..20).prop_map(Expr::Fid),
        3 => bbox,
        1 => extreme,
        12 => general(),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Expr::And),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Expr::Or),
            inner.prop_map(|e| Expr::Not(Box::new(e))),
        ]
    })
}

const EAST: f64 = 411_600.0;
const NORTH: f64 = 1_327_195.0;

/// Eighty rows side by side and over one another, off the grid of single precision.
fn rows() -> impl Strategy<Value = Vec<(Vec<Value>, i32, i32)>> {
    let values = NAMES.map(stored).to_vec();
    let row = (values, 0_i32..50, 0_i32..50).prop_map(|(mut v, x, y)| {
        v.push(Value::from("secret"));
        (v, x, y)
    });
    prop::collection::vec(row, 80)
}

async fn filled() -> (TestDb, Arc<LayerDef>) {
    let db = empty_database().await;
    let mut catalog = Catalog::default();
    catalog.layers.insert("thing".to_owned(), Arc::new(def()));
    let author = Author::program("test", "x");
    let owner = Store::connect(&db.owner_url).await.unwrap();
    owner.apply(&catalog, ApplyOptions::default(), &author).await.unwrap();
    let mut runner = TestRunner::deterministic();
    let rows = rows().new_tree(&mut runner).unwrap().current();
    let incoming = rows.into_iter().enumerate().map(|(i, (values, x, y))| Incoming {
        place: i.to_string(),
        wkb: square(EAST + f64::from(x) + 0.0371, NORTH + f64::from(y) + 0.0113, 1.0),
        values,
    });
    let report = db
        .store
        .load_rows(&catalog, "thing", incoming.collect::<Vec<_>>(), Mode::Append, &author)
        .await
        .unwrap();
    assert_eq!(report.inserted, 80, "{:?}", report.rejections);
    (db, catalog.layer("thing").unwrap().clone())
}

async fn in_memory(db: &TestDb, view: &View) -> LayerReader {
    let mut builder = LayerBuilder::new(view.layer.clone());
    for row in db.store.load_layer(&view.layer).await.unwrap().1 {
        builder.push(&row).unwrap();
    }
    let mut state = Snapshot::default();
    state.insert(builder.build());
    state.layer(view).unwrap()
}

async fn by_sql(db: &TestDb, view: &View, state: State, filter: &Expr) -> Result<Vec<i64>, String> {
    let query = PastQuery { filter: Some(filter.clone()), ..PastQuery::default() };
    let rows = db.store.past_rows(view, state, &query).await.map_err(|e| e.to_string())?;
    Ok(rows.into_iter().map(|r| r.fid).collect())
}

fn by_memory(reader: &LayerReader, filter: &Expr) -> Result<Vec<i64>, String> {
    let query = Query { filter: Some(filter.clone()), ..Query::default() };
    Ok(reader.query(&query).map_err(|e| e.to_string())?.map(|i| i.fid).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_means_the_same_in_memory_and_in_sql() {
    let (db, def) = filled().await;
    let seen = view(&Principal::public(), &def, &Catalog::default()).unwrap();
    let reader = in_memory(&db, &seen).await;
    let state = db.store.state_at(At::Revision(db.store.position().await.unwrap().revision)).await.unwrap();
    let matched = std::cell::Cell::new(0);
    let runtime = tokio::runtime::Handle::current();
    let mut runner = TestRunner::new(Config { cases: 1500, ..Config::default() });
    tokio::task::block_in_place(|| {
        let run = runner.run(&filter(), |filter| {
            let memory = by_memory(&reader, &filter);
            let sql = runtime.block_on(by_sql(&db, &seen, state, &filter));
            matched.set(
                matched.get() + usize::from(memory.as_ref().is_ok_and(|m| !m.is_empty() && m.len() < 80)),
            );
            prop_assert_eq!(memory, sql);
            Ok(())
        });
        run.unwrap();
    });
    let matched = matched.get();
    assert!(matched > 60, "{matched} filters chose some of the rows");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_the_view_hides_are_hidden_in_sql() {
    let (db, def) = filled().await;
    let public = view(&Principal::public(), &def, &Catalog::default()).unwrap();
    let state = db.store.state_at(At::Revision(db.store.position().await.unwrap().revision)).await.unwrap();
    let rows = |rows: Expr| View { rows: Some(rows), ..public.clone() };
    let secret =
        |value: &str| Expr::Compare { attribute: "hidden".into(), op: CompareOp::Eq, value: value.into() };
    // The decider's own condition may look at what the reader does not see; a broken one hides everything.
    for (condition, shown) in [
        (secret("secret"), 80),
        (secret("other"), 0),
        (Expr::IsNull("nothing".into()), 0),
        (Expr::Fid((1..=10).collect()), 10),
    ] {
        let seen = rows(condition.clone());
        let found = by_sql(&db, &seen, state, &Expr::And(Vec::new())).await.unwrap();
        assert_eq!(found.len(), shown, "{condition:?}");
    }
}
