//! Attributes before and after, as people read them.

use maud::{Markup, html};

use super::super::format::{day, number, time, unit_symbol};
use super::super::i18n::Tr;
use crate::access::View;
use crate::layers::{Attribute, Catalog, ItemRow, Value};
use crate::store::history::versions::{Kind, Step};

/// Index of an attribute with the value before and after; none where there was no item.
type Pair = (usize, Option<Value>, Option<Value>);

/// What a step changed; of an item that came or went, all that it held.
pub(super) fn pairs(
    view: &View,
    step: &Step,
    before: Option<&ItemRow>,
    after: Option<&ItemRow>,
) -> Vec<Pair> {
    let held = |row: Option<&ItemRow>| {
        let values = row.into_iter().flat_map(|r| r.values.iter().cloned().enumerate());
        values.filter(|(i, v)| view.attributes[*i] && *v != Value::Null).collect::<Vec<_>>()
    };
    match step.kind {
        Kind::Updated => {
            step.attributes.iter().map(|(i, a, b)| (*i, Some(a.clone()), Some(b.clone()))).collect()
        }
        Kind::Inserted => held(after).into_iter().map(|(i, v)| (i, None, Some(v))).collect(),
        Kind::Removed => held(before).into_iter().map(|(i, v)| (i, Some(v), None)).collect(),
    }
}

/// A table of them; columns that would be empty are left out.
pub(super) fn table(tr: Tr, catalog: &Catalog, view: &View, pairs: &[Pair]) -> Markup {
    if pairs.is_empty() {
        return html! {};
    }
    let attributes = &view.layer.attributes;
    let (old, new) = (pairs.iter().any(|p| p.1.is_some()), pairs.iter().any(|p| p.2.is_some()));
    let cell = |i: usize, value: &Option<Value>| {
        value.as_ref().map_or_else(|| "–".to_owned(), |v| worded(tr, catalog, &attributes[i], v))
    };
    html! {
        div class="table-wrap" { table class="stack" {
            thead { tr {
                th scope="col" { (tr.t("life-attribute")) }
                @if old { th scope="col" { (tr.t("life-old")) } }
                @if new { th scope="col" { (tr.t("life-new")) } }
            } }
            tbody { @for (i, a, b) in pairs { tr {
                th scope="row" { (tr.of(&attributes[*i].title)) }
                @if old { td data-label=(tr.t("life-old")) { (cell(*i, a)) } }
                @if new { td data-label=(tr.t("life-new")) { (cell(*i, b)) } }
            } } }
        } }
    }
}

/// A value as a person reads it: the title of its code, its unit.
fn worded(tr: Tr, catalog: &Catalog, attribute: &Attribute, value: &Value) -> String {
    let list = attribute.codes.as_deref().and_then(|list| catalog.code_list(list));
    match (list, value) {
        (Some(list), Value::Text(code)) => match list.code(code) {
            Some(known) => format!("{} ({code})", tr.of(&known.title)),
            None => code.clone(),
        },
        (_, Value::Null) => shown(tr, value),
        _ => match attribute.unit.as_deref() {
            Some(unit) => format!("{}\u{a0}{}", shown(tr, value), unit_symbol(tr, unit)),
            None => shown(tr, value),
        },
    }
}

fn shown(tr: Tr, value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::Bool(b) => tr.t(if *b { "js-yes" } else { "js-no" }),
        Value::Int(i) => i.to_string(),
        Value::Real(r) => number(tr, *r, 4),
        Value::Text(t) => t.clone(),
        Value::Date(d) => day(*d),
        Value::Time(t) => time(*t),
    }
}
