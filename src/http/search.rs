//! `GET /api/v1/search`: parcels by code or number, communes, and every layer's searchable names. Letters match
//! without accents, and with them in either spelling: `hoa` finds Hoà and Hòa, `dak` finds Đắk and Đăk.

use std::collections::{BTreeMap, HashSet};

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::auth::Session;
use super::extract::Query;
use super::item_title::capital;
use super::lang::Language;
use crate::Result;
use crate::access::{self, Principal};
use crate::error::Error;
use crate::features::{self, Item, LayerReader, Snapshot};
use crate::filter::{CompareOp, Expr};
use crate::layers::{Catalog, LayerDef, Value};
use crate::space::crs;
use crate::state::AppState;
use crate::text::Lang;
use crate::text::fold::{fold, words};
use crate::units::{self, Asked, COMMUNE_LAYER, Level, Unit};

/// Hits in one answer, at most.
const LIMIT_MAX: usize = 50;
/// Hits taken of one layer before the best are chosen: a word that stands in every address must not cost more.
const LAYER_HITS_MAX: usize = 200;
/// Letters of the longest query that is looked at.
const QUERY_CHARS_MAX: usize = 100;

pub(super) fn router() -> Router<AppState> {
    Router::new().route("/api/v1/search", get(search))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// What is looked for.
    q: Option<String>,
    /// `parcel`, `commune` or `place` only.
    kind: Option<Kind>,
    /// One item, `layer/fid`, in the place of `q`.
    item: Option<String>,
    limit: Option<usize>,
}

/// What a hit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A parcel of the cadastre.
    Parcel,
    /// A commune.
    Commune,
    /// Anything else that has a name.
    Place,
}

/// One hit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hit {
    /// What it is.
    pub kind: Kind,
    /// Its name.
    pub title: String,
    /// Its layer, and what tells it from others of its name.
    pub subtitle: String,
    /// Layer id.
    pub layer: String,
    /// Item id.
    pub fid: i64,
    /// West, south, east, north, CRS84 degrees.
    pub bbox: [f64; 4],
    /// Lower is better.
    #[serde(skip)]
    rank: u32,
}

async fn search(
    State(state): State<AppState>,
    Session(who): Session,
    Language(lang): Language,
    Query(parameters): Query<Parameters>,
) -> Result<Response> {
    let limit = parameters.limit.unwrap_or(12).clamp(1, LIMIT_MAX);
    let catalog = state.catalog.load_full();
    let snapshot = state.features.snapshot();
    let results = match (&parameters.item, &parameters.q) {
        (Some(item), _) => one(&catalog, &snapshot, &who, lang, item)?.into_iter().collect(),
        (None, Some(q)) if q.chars().count() <= QUERY_CHARS_MAX => {
            let (q, kind) = (q.clone(), parameters.kind);
            // Names of a whole province are read: not on a thread that others wait for.
            tokio::task::spawn_blocking(move || find(&catalog, &snapshot, &who, lang, &q, kind, limit))
                .await
                .map_err(|e| Error::internal("search", e))??
        }
        (None, Some(_)) => {
            return Err(Error::invalid("q", "dài quá 100 ký tự", "longer than 100 characters"));
        }
        (None, None) => return Err(Error::invalid("q", "thiếu từ khóa tìm kiếm", "missing")),
    };
    let answer = Json(serde_json::json!({ "results": results }));
    Ok(([(header::CACHE_CONTROL, "private, no-cache")], answer).into_response())
}

/// The best `limit` hits of `q` among what `who` may see.
pub fn find(
    catalog: &Catalog,
    snapshot: &Snapshot,
    who: &Principal,
    lang: Lang,
    q: &str,
    kind: Option<Kind>,
    limit: usize,
) -> Result<Vec<Hit>> {
    let wanted = Wanted::new(q);
    if wanted.words.is_empty() {
        return Ok(Vec::new());
    }
    let mut hits = Vec::new();
    for layer in catalog.layers.values() {
        if kind.is_some_and(|k| k != kind_of(layer)) {
            continue;
        }
        let Some(reader) = access::view(who, layer, catalog).and_then(|view| snapshot.layer(&view)) else {
            continue;
        };
        if layer.id == "parcel" {
            hits.extend(numbered_parcels(&reader, &wanted, lang)?);
        }
        hits.extend(named(&reader, &wanted, lang)?);
        if layer.id == COMMUNE_LAYER {
            hits.extend(former_units(&reader, &wanted, q, lang)?);
        }
    }
    hits.sort_by(|a, b| (a.rank, &a.title, a.fid).cmp(&(b.rank, &b.title, b.fid)));
    let mut seen = HashSet::new();
    hits.retain(|h| seen.insert((h.layer.clone(), h.fid)));
    hits.truncate(limit);
    Ok(hits)
}

fn kind_of(layer: &LayerDef) -> Kind {
    match layer.id.as_str() {
        "parcel" => Kind::Parcel,
        COMMUNE_LAYER => Kind::Commune,
        _ => Kind::Place,
    }
}

/// One item by `layer/fid`; none where it does not exist or may not be seen.
fn one(
    catalog: &Catalog,
    snapshot: &Snapshot,
    who: &Principal,
    lang: Lang,
    item: &str,
) -> Result<Option<Hit>> {
    let wrong = || Error::invalid("item", "cần dạng lớp/số", "expected layer/fid");
    let (layer, fid) = item.split_once('/').ok_or_else(wrong)?;
    let fid: i64 = fid.parse().map_err(|_| wrong())?;
    let reader =
        catalog.layer(layer).and_then(|l| access::view(who, l, catalog)).and_then(|v| snapshot.layer(&v));
    Ok(reader.and_then(|r| r.get(fid).and_then(|item| hit(&r, &item, lang, 0))))
}

/// Parcels asked for by their numbers: `thửa 87 tờ 12`, in any order and spelling.
fn numbered_parcels(reader: &LayerReader, wanted: &Wanted, lang: Lang) -> Result<Vec<Hit>> {
    let Some((parcel, sheet)) = wanted.parcel_numbers() else { return Ok(Vec::new()) };
    let equals = |name: &str, value: i64| Expr::Compare {
        attribute: name.to_owned(),
        op: CompareOp::Eq,
        value: Value::Int(value),
    };
    let mut all = vec![equals("parcel_number", parcel)];
    all.extend(sheet.map(|sheet| equals("sheet_number", sheet)));
    let query = features::Query { filter: Some(Expr::And(all)), limit: LAYER_HITS_MAX, ..Default::default() };
    Ok(reader.query(&query)?.filter_map(|item| hit(reader, &item, lang, 10)).collect())
}

/// Items whose searchable texts hold every word of the query.
fn named(reader: &LayerReader, wanted: &Wanted, lang: Lang) -> Result<Vec<Hit>> {
    let def = reader.view().layer.clone();
    let searched: Vec<(usize, bool)> = def
        .attributes
        .iter()
        .enumerate()
        .filter(|(i, a)| a.search && reader.view().attributes[*i])
        .map(|(i, a)| (i, def.label.as_deref() == Some(a.name.as_str())))
        .collect();
    if searched.is_empty() {
        return Ok(Vec::new());
    }
    let base = match kind_of(&def) {
        Kind::Parcel => 20,
        Kind::Commune => 0,
        Kind::Place => 5,
    };
    let mut hits: Vec<(u32, i64)> = Vec::new();
    for item in reader.query(&features::Query::default())? {
        let rank = searched
            .iter()
            .filter_map(|(i, label)| Some(wanted.rank(item.text(*i)?)? + if *label { 0 } else { 40 }))
            .min();
        if let Some(rank) = rank {
            hits.push((base + rank, item.fid));
            if hits.len() >= LAYER_HITS_MAX && rank > 0 {
                break;
            }
        }
    }
    hits.sort_unstable();
    Ok(hits.iter().filter_map(|(rank, fid)| hit(reader, &reader.get(*fid)?, lang, *rank)).collect())
}

/// Communes and districts of before a reform: what they are now.
fn former_units(reader: &LayerReader, wanted: &Wanted, q: &str, lang: Lang) -> Result<Vec<Hit>> {
    let (known, today) = (units::known(), units::day_in_vietnam(chrono::Utc::now()));
    let asked = known.resolve(Asked { text: q, date: None, level: None, today });
    let named: HashSet<&Unit> = asked.readings.iter().map(|r| r.unit).collect();
    let rank = |unit: &Unit| {
        let full = unit.full_name();
        let names = [full.vi.as_str(), unit.name.as_str(), unit.code.as_str()];
        let names = names.into_iter().chain(unit.variants.iter().map(String::as_str));
        if named.contains(unit) { Some(0) } else { names.filter_map(|n| wanted.rank(n)).min() }
    };
    let mut found: Vec<(u32, &Unit)> = known
        .all()
        .filter(|u| !u.in_force(today) && u.level() != Level::Province)
        .filter_map(|u| Some((rank(u)? + if u.level() == Level::Commune { 1 } else { 6 }, u)))
        .collect();
    if found.is_empty() {
        return Ok(Vec::new());
    }
    found.sort_by_key(|(rank, _)| *rank);
    found.truncate(LAYER_HITS_MAX);
    let mut fids: BTreeMap<String, i64> = BTreeMap::new();
    for item in reader.query(&features::Query::default())? {
        let over = matches!(item.value_of("valid_to"), Some(Value::Date(day)) if day < today);
        if let (Some(Value::Text(code)), false) = (item.value_of("code"), over) {
            fids.insert(code, item.fid);
        }
    }
    let mut hits = Vec::new();
    for (rank, former) in found {
        let now = known.today_of(former, Level::Commune, today);
        for unit in &now {
            let item = fids.get(&unit.code).and_then(|fid| reader.get(*fid));
            let Some(mut hit) = item.and_then(|item| hit(reader, &item, lang, rank)) else { continue };
            let name = former.full_name();
            if former.level() == Level::Commune {
                hit.title = capital(name.get(lang));
                units::now(&now).get(lang).clone_into(&mut hit.subtitle);
            } else {
                hit.subtitle = match lang {
                    Lang::Vi => format!("thuộc {} cũ", name.vi),
                    Lang::En => format!("in the former {}", name.en),
                };
            }
            hits.push(hit);
        }
    }
    Ok(hits)
}

fn hit(reader: &LayerReader, item: &Item<'_>, lang: Lang, rank: u32) -> Option<Hit> {
    let def = &reader.view().layer;
    let b = crs::bbox_to_crs84(&item.envelope()?);
    let text = |name: &str| match item.value_of(name) {
        Some(Value::Text(t)) if !t.is_empty() => Some(t),
        _ => None,
    };
    let label = def.label.as_deref().and_then(text);
    let name =
        label.or_else(|| text("name")).or_else(|| text("code")).unwrap_or_else(|| item.fid.to_string());
    let (title, detail) = match kind_of(def) {
        Kind::Parcel => (parcel_title(item, lang).unwrap_or_else(|| name.clone()), Some(name)),
        Kind::Commune | Kind::Place => (name, None),
    };
    let place = text("address");
    let parts = [Some(def.title.get(lang).to_owned()), detail, place];
    Some(Hit {
        kind: kind_of(def),
        title,
        subtitle: parts.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        layer: def.id.clone(),
        fid: item.fid,
        bbox: [b.min_x, b.min_y, b.max_x, b.max_y],
        rank,
    })
}

fn parcel_title(item: &Item<'_>, lang: Lang) -> Option<String> {
    let (Some(Value::Int(number)), Some(Value::Int(sheet))) =
        (item.value_of("parcel_number"), item.value_of("sheet_number"))
    else {
        return None;
    };
    Some(match lang {
        Lang::Vi => format!("Thửa {number}, tờ bản đồ {sheet}"),
        Lang::En => format!("Parcel {number}, sheet {sheet}"),
    })
}

/// A query, folded.
#[derive(Debug)]
struct Wanted {
    whole: String,
    words: Vec<String>,
}

impl Wanted {
    fn new(q: &str) -> Self {
        let whole = fold(q);
        let words = words(&whole).map(str::to_owned).collect();
        Self { whole, words }
    }

    /// How well `text` fits: 0 the same, 2 begins with it, 4 each word begins one of its words; none: not at all.
    fn rank(&self, text: &str) -> Option<u32> {
        let text = fold(text);
        if text == self.whole {
            return Some(0);
        }
        if text.starts_with(&self.whole) {
            return Some(2);
        }
        self.words.iter().all(|w| words(&text).any(|t| t.starts_with(w.as_str()))).then_some(4)
    }

    /// Parcel number and, where given, sheet number of a query such as `thửa 87, tờ 12`.
    fn parcel_numbers(&self) -> Option<(i64, Option<i64>)> {
        let after = |names: &[&str]| {
            let at = self.words.iter().position(|w| names.contains(&w.as_str()))?;
            self.words[at + 1..].iter().take(3).find_map(|w| w.parse::<i64>().ok())
        };
        Some((after(&["thua", "parcel"])?, after(&["to", "sheet"])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_same_before_beginning_before_words() {
        let wanted = Wanted::new("duc lap");
        assert_eq!(wanted.rank("Đức Lập"), Some(0));
        assert_eq!(wanted.rank("Đức Lập 2"), Some(2));
        assert_eq!(wanted.rank("Xã Đức Lập"), Some(4));
        assert_eq!(wanted.rank("Đức Mạnh"), None);
    }

    #[test]
    fn words_match_at_their_beginning_only() {
        assert_eq!(Wanted::new("nghia").rank("Bắc Gia Nghĩa"), Some(4));
        assert_eq!(Wanted::new("ghia").rank("Bắc Gia Nghĩa"), None);
        assert_eq!(Wanted::new("24611-12").rank("24611-12-87"), Some(2));
    }

    #[test]
    fn reads_parcel_numbers_in_words() {
        for (q, expected) in [
            ("thửa 87 tờ 12", Some((87, Some(12)))),
            ("tờ bản đồ 12, thửa đất số 87", Some((87, Some(12)))),
            ("Thua 87", Some((87, None))),
            ("parcel 87 sheet 12", Some((87, Some(12)))),
            ("24611-12-87", None),
        ] {
            assert_eq!(Wanted::new(q).parcel_numbers(), expected, "{q}");
        }
    }
}
