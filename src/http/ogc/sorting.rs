//! `sortby` and the tokens by which a sorted page goes on (`after`), and `properties`.
//!
//! A token holds the last item's values and fid, never a count: what is added or removed before it moves nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value as Json;

use crate::access::View;
use crate::filter::Sort;
use crate::layers::conform::from_json;
use crate::layers::{AttributeType, Value};
use crate::{Error, Result};

/// Most attributes to sort by.
const KEYS_MAX: usize = 8;

/// An order as the client wrote it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked {
    pub sort: Sort,
    text: String,
}

/// `+name,-name`: attributes, or `fid`. A plus that was not escaped arrives as a blank.
pub(super) fn sortby(text: &str, view: &View) -> Result<Asked> {
    let mut sort = Sort::default();
    for part in text.split(',') {
        let (name, descending) = match part.as_bytes().first() {
            Some(b'-') => (&part[1..], true),
            Some(b'+' | b' ') => (&part[1..], false),
            _ => (part, false),
        };
        if view.attribute(name).is_none() && name == "fid" {
            sort.fid_descending = descending;
            // Nothing is left to be decided behind it.
            break;
        }
        let index = attribute(name, view, "sortby")?;
        if sort.keys.iter().any(|(i, _)| *i == index) {
            return Err(Error::invalid(
                "sortby",
                format!("thuộc tính {name} được nêu hai lần"),
                format!("the attribute {name} is named twice"),
            ));
        }
        sort.keys.push((index, descending));
        if sort.keys.len() > KEYS_MAX {
            return Err(Error::invalid(
                "sortby",
                format!("nhiều nhất {KEYS_MAX} thuộc tính"),
                format!("at most {KEYS_MAX} attributes"),
            ));
        }
    }
    Ok(Asked { sort, text: text.to_owned() })
}

/// The attributes of `properties`, in the order of the definition.
pub(super) fn properties(text: &str, view: &View) -> Result<Vec<usize>> {
    let mut found = text.split(',').map(|n| attribute(n, view, "properties")).collect::<Result<Vec<_>>>()?;
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// One that may not be seen is as one that is not there.
fn attribute(name: &str, view: &View, parameter: &str) -> Result<usize> {
    view.attribute(name).ok_or_else(|| {
        Error::invalid(
            parameter,
            format!("không có thuộc tính {name}"),
            format!("there is no attribute {name}"),
        )
    })
}

impl Asked {
    /// The token of the page behind this place.
    pub(super) fn token(&self, (values, fid): &(Vec<Value>, i64)) -> String {
        let values = values.iter().map(|v| match v {
            Value::Null => Json::Null,
            Value::Bool(v) => (*v).into(),
            Value::Int(v) => (*v).into(),
            Value::Real(v) => (*v).into(),
            Value::Text(v) => v.as_str().into(),
            Value::Date(v) => v.to_string().into(),
            Value::Time(v) => v.to_rfc3339().into(),
        });
        let parts: Vec<Json> = [self.text.as_str().into(), (*fid).into()].into_iter().chain(values).collect();
        URL_SAFE_NO_PAD.encode(Json::from(parts).to_string())
    }

    /// The order that goes on behind the place of a token of the same order.
    pub(super) fn after(mut self, token: &str, view: &View) -> Result<Self> {
        let read = || {
            let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
            let parts: Vec<Json> = serde_json::from_slice(&bytes).ok()?;
            let (Json::String(text), fid) = (parts.first()?, parts.get(1)?.as_i64()?) else { return None };
            let (kinds, values) = (&self.sort.keys, parts.get(2..)?);
            if *text != self.text || kinds.len() != values.len() {
                return None;
            }
            let value = |((i, _), json): (&(usize, bool), &Json)| match (view.layer.attributes[*i].kind, json)
            {
                // As it stands there: a text is not tidied up.
                (AttributeType::Text, Json::String(s)) => Some(Value::Text(s.clone())),
                (kind, json) => from_json(kind, json).ok(),
            };
            Some((kinds.iter().zip(values).map(value).collect::<Option<Vec<_>>>()?, fid))
        };
        let place = read().ok_or_else(|| {
            Error::invalid(
                "after",
                "không phải giá trị của liên kết “next” với cùng sortby",
                "is not the value of a next link with the same sortby",
            )
        })?;
        self.sort.after = Some(place);
        Ok(self)
    }
}
