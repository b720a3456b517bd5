//! Query parameters, parsed once into types. One that is unknown or wrong is 400 and named.

use chrono::Utc;
use url::form_urlencoded;

use super::crs;
use super::datetime::datetime;
use super::sorting;
use crate::access::View;
use crate::filter::check::parse_value;
use crate::filter::{CompareOp, Expr};
use crate::http::access_keys::TOKEN;
use crate::http::former_units::ResolvedUnits;
use crate::layers::{Attribute, Value};
use crate::space::Bbox;
use crate::space::crs::Offered;
use crate::units::{self, Asked, Level, Outcome};
use crate::{Error, Result};

/// Items in an answer unless `limit` says otherwise.
pub(super) const DEFAULT_LIMIT: usize = 1000;
/// Most items in one answer; a larger `limit` means this one (part 1, 7.15.2).
pub(super) const MAX_LIMIT: usize = 100_000;

/// CRS84, the reference system of answers unless `crs` says otherwise.
pub(super) const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";

/// Parameters of `/items` that are no attributes.
#[rustfmt::skip]
pub(super) const RESERVED: &[&str] = &[
    TOKEN,
    "f",
    "limit",
    "after",
    "at",
    "bbox",
    "bbox-crs",
    "crs",
    "datetime",
    "filter",
    "filter-lang",
    "filter-crs",
    "properties",
    "sortby",
];

/// The parameters of a request in their order, each once.
#[derive(Debug, Clone, Default)]
pub(in crate::http) struct Params(Vec<(String, String)>);

impl Params {
    pub(super) fn parse(query: &str) -> Result<Self> {
        let list: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        for (i, (name, _)) in list.iter().enumerate() {
            if list[..i].iter().any(|(n, _)| n == name) {
                return Err(Error::invalid(name, "được gửi hai lần", "is given twice"));
            }
        }
        Ok(Self(list))
    }

    pub(in crate::http) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The query text with one parameter set anew, all others kept.
    pub(super) fn with(&self, name: &str, value: &str) -> String {
        let mut out = form_urlencoded::Serializer::new(String::new());
        out.extend_pairs(self.0.iter().filter(|(n, _)| n != name));
        out.append_pair(name, value);
        out.finish()
    }

    /// The parameters with one set anew.
    pub(super) fn set(&self, name: &str, value: &str) -> Self {
        let kept = self.0.iter().filter(|(n, _)| n != name).cloned();
        Self(kept.chain([(name.to_owned(), value.to_owned())]).collect())
    }

    /// The query text.
    pub(super) fn query(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }

    /// Names and values.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }

    /// Leaves out what has no value.
    pub(super) fn remove_empty(&mut self) {
        self.0.retain(|(_, v)| !v.trim().is_empty());
    }

    /// Leaves a parameter out.
    pub(super) fn remove(&mut self, name: &str) {
        self.0.retain(|(n, _)| n != name);
    }

    /// Refuses parameters that are not in `known`; an access key may stand anywhere.
    pub(super) fn only(&self, known: &[&str]) -> Result<()> {
        match self.0.iter().find(|(n, _)| n != TOKEN && !known.contains(&n.as_str())) {
            Some((name, _)) => Err(unknown(name)),
            None => Ok(()),
        }
    }

    /// What `/items` is asked for.
    pub(super) fn items(&self, view: &View) -> Result<ItemsQuery> {
        let (mut all, mut resolved) = (Vec::new(), Vec::new());
        for (name, value) in self.0.iter().filter(|(n, _)| !RESERVED.contains(&n.as_str())) {
            let attribute =
                view.attribute(name).map(|i| &view.layer.attributes[i]).ok_or_else(|| unknown(name))?;
            if let Some((filter, read)) = unit(attribute, value)? {
                all.push(filter);
                resolved.push(read);
                continue;
            }
            let value = parse_value(attribute, value)?;
            all.push(Expr::Compare { attribute: name.clone(), op: CompareOp::Eq, value });
        }
        if let Some(text) = self.get("datetime") {
            all.extend(datetime(text, view)?);
        }
        all.extend(super::filter::filter(self, view)?);
        let bbox_crs = crs::named(self, "bbox-crs")?;
        let (boxes, within) = match self.get("bbox").map(|text| crs::bbox(text, bbox_crs)).transpose()? {
            None => (Vec::new(), None),
            Some(crs::Asked::Degrees(boxes)) => (boxes, None),
            Some(crs::Asked::In(crs, b)) => (Vec::new(), Some((crs, b))),
        };
        let sort = self.get("sortby").map(|t| sorting::sortby(t, view)).transpose()?;
        let (after, sort) = match (self.get("after"), sort) {
            (Some(token), Some(sort)) => (None, Some(sort.after(token, view)?)),
            (after, sort) => (after.map(|t| number(t, "after")).transpose()?, sort),
        };
        Ok(ItemsQuery {
            limit: self.get("limit").map(limit).transpose()?.unwrap_or(DEFAULT_LIMIT),
            after,
            sort,
            properties: self.get("properties").map(|t| sorting::properties(t, view)).transpose()?,
            crs: crs::named(self, "crs")?,
            boxes,
            within,
            filter: (!all.is_empty()).then_some(Expr::And(all)),
            resolved,
        })
    }
}

/// Parameters of `/items` as types.
#[derive(Debug, PartialEq)]
pub(super) struct ItemsQuery {
    pub limit: usize,
    pub after: Option<i64>,
    /// Another order than that of the fids, and where it goes on.
    pub sort: Option<sorting::Asked>,
    /// The attributes that are wanted; none: all of them.
    pub properties: Option<Vec<usize>>,
    /// The system of the answer's positions.
    pub crs: Offered,
    /// In CRS84; more than one where the client's box crosses the date line.
    pub boxes: Vec<Bbox>,
    /// A box in another system.
    pub within: Option<(Offered, Bbox)>,
    pub filter: Option<Expr>,
    /// Former communes and names that were read as today's codes.
    pub resolved: Vec<ResolvedUnits>,
}

/// The filter of a commune that is given by a former code or by a name; none where the value is to be taken as it
/// is. What may mean several units of different fates is refused with its readings.
fn unit(attribute: &Attribute, text: &str) -> Result<Option<(Expr, ResolvedUnits)>> {
    if !attribute.holds_unit() {
        return Ok(None);
    }
    let today = units::day_in_vietnam(Utc::now());
    let found = units::known().resolve(Asked { text, date: None, level: Some(Level::Commune), today });
    let Some(note) =
        found.note().or_else(|| found.only().filter(|u| u.code != text).map(crate::units::Unit::full_name))
    else {
        return Ok(None);
    };
    match found.outcome {
        Outcome::Ambiguous => Err(Error::InvalidParameter { name: attribute.name.clone(), reason: note }),
        // Today's own code, though it was another unit's before.
        _ if found.only().is_some_and(|u| u.code == text) && found.outcome == Outcome::Current => Ok(None),
        _ => {
            let units: Vec<String> = found.today.iter().map(|u| u.code.clone()).collect();
            let equals = |code: &String| Expr::Compare {
                attribute: attribute.name.clone(),
                op: CompareOp::Eq,
                value: Value::Text(code.clone()),
            };
            let filter = Expr::Or(units.iter().map(equals).collect());
            let (parameter, asked) = (attribute.name.clone(), text.to_owned());
            Ok(Some((filter, ResolvedUnits { parameter, asked, units, note })))
        }
    }
}

fn unknown(name: &str) -> Error {
    Error::invalid(name, "không có tham số này ở đây", "there is no such parameter here")
}

fn number(text: &str, name: &str) -> Result<i64> {
    text.parse().ok().filter(|n| *n >= 0).ok_or_else(|| {
        Error::invalid(
            name,
            format!("cần một số nguyên không âm, nhận được {text}"),
            format!("expected a whole number that is not negative, got {text}"),
        )
    })
}

fn limit(text: &str) -> Result<usize> {
    match number(text, "limit")? {
        0 => Err(Error::invalid("limit", "ít nhất là 1", "is at least 1")),
        n => Ok(usize::try_from(n).unwrap_or(MAX_LIMIT).min(MAX_LIMIT)),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::access::{Principal, view};
    use crate::layers::LayerDef;

    fn layer() -> View {
        let text = serde_json::json!({"vi": "a", "en": "a"});
        let attribute = |name: &str, kind: &str, access: Option<&str>| {
            let mut a = serde_json::json!({"name": name, "type": kind, "title": text});
            if let Some(access) = access {
                a["access"] = access.into();
            }
            a
        };
        let def: LayerDef = serde_json::from_value(serde_json::json!({
            "id": "x", "title": text, "theme": "land", "owner": ["XD"], "access": "O", "geometry": "Point",
            "temporal": ["since", "until"],
            "attribute": [attribute("storeys", "integer", None), attribute("holder", "text", Some("R")),
                attribute("since", "date", None), attribute("until", "date", None)],
        }))
        .unwrap();
        view(&Principal::public(), &Arc::new(def), &crate::layers::Catalog::default()).unwrap()
    }

    fn items(query: &str) -> Result<ItemsQuery> {
        Params::parse(query)?.items(&layer())
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (query, name) in [
            ("bbox=1,2,3", "bbox"),
            ("bbox=12,107,13,108,5", "bbox"),
            ("bbox=107,13,108,12", "bbox"),
            ("bbox=107,12,nan,13", "bbox"),
            ("limit=0", "limit"),
            ("limit=ten", "limit"),
            ("after=-1", "after"),
            ("datetime=yesterday", "datetime"),
            ("datetime=../..", "datetime"),
            ("datetime=2026-02-01/2026-01-01", "datetime"),
            ("crs=http://www.opengis.net/def/crs/EPSG/0/2154", "crs"),
            ("bbox-crs=http://www.opengis.net/def/crs/EPSG/0/2154", "bbox-crs"),
            ("bbox=107,12,108,13&bbox-crs=http://www.opengis.net/def/crs/EPSG/0/4326", "bbox"),
            ("colour=red", "colour"),
            ("holder=A", "holder"),
            ("storeys=five", "storeys"),
            ("limit=1&limit=2", "limit"),
        ] {
            match items(query) {
                Err(Error::InvalidParameter { name: got, .. }) => assert_eq!(got, name, "{query}"),
                other => panic!("{query}: {other:?}"),
            }
        }
        let hidden = items("holder=A").unwrap_err().to_string().replace("holder", "x");
        assert_eq!(hidden, items("x=A").unwrap_err().to_string(), "a hidden attribute is as an unknown one");
    }

    #[test]
    fn parameters_become_types() {
        let q = items("limit=999999999&bbox=107,12,108,13&storeys=5&after=7").unwrap();
        assert_eq!((q.limit, q.after, q.boxes.len()), (MAX_LIMIT, Some(7), 1));
        assert_eq!(items("bbox=170,-5,-170,5").unwrap().boxes.len(), 2);
        assert!((items("bbox=107,12,0,108,13,900").unwrap().boxes[0].max_y - 13.0).abs() < f64::EPSILON);
        assert!(items("datetime=2026-01-01T00:00:00Z/..").unwrap().filter.is_some());
        assert_eq!(Params::parse("a=1&b=%C4%91&f=json").unwrap().with("f", "html"), "a=1&b=%C4%91&f=html");
    }
}
