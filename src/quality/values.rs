//! Rules about values alone.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::subject::Subject;
use super::words::problem;
use super::work::{Control, Finding, Stopped, Worst};
use super::{Found, Problem};
use crate::features::Item;
use crate::layers::{Attribute, Catalog, QualityKind as K, QualityRule, Value};
use crate::text::Text;

/// Items between two looks at whether the run goes on.
const STRIDE: usize = 4096;

/// Items whose values do not obey the rule.
pub(super) fn ask(
    subject: &Subject<'_>,
    rule: &QualityRule,
    catalog: &Catalog,
    limit: usize,
    control: &Control,
) -> Result<Found, Stopped> {
    let attributes: Vec<(usize, &Attribute)> = rule
        .attributes
        .iter()
        .filter_map(|n| subject.def.attributes.iter().enumerate().find(|(_, a)| a.name == *n))
        .collect();
    if rule.kind == K::Unique {
        return unique(subject, &attributes, limit, control);
    }
    let codes: BTreeSet<&str> = rule
        .codes
        .as_ref()
        .and_then(|id| catalog.code_list(id))
        .map(|list| list.codes.iter().map(|c| c.code.as_str()).collect())
        .unwrap_or_default();
    let mut worst = Worst::new(limit);
    for items in subject.items.chunks(STRIDE) {
        control.check()?;
        for item in items {
            // Where several attributes are wrong, the item is one problem of its first.
            if let Some(n) = attributes.iter().position(|(i, _)| is_wrong(rule, &codes, item, *i)) {
                worst.add(Finding { measured: 0.0, item: item.fid, other: n as i64 });
            }
        }
        control.advance(items.len());
    }
    let (count, found) = Worst::join([worst], limit);
    let problems = found.iter().filter_map(|f| {
        let (index, attribute) = attributes.get(f.other as usize)?;
        Some(describe(subject, rule, subject.get(f.item)?, *index, attribute))
    });
    Ok((count, problems.collect()))
}

fn is_wrong(rule: &QualityRule, codes: &BTreeSet<&str>, item: &Item<'_>, index: usize) -> bool {
    match rule.kind {
        K::Codes => item.text(index).is_some_and(|t| !codes.contains(t)),
        K::Required => match item.text(index) {
            Some(text) => text.trim().is_empty(),
            None => item.value(index) == Value::Null,
        },
        K::Range => number(&item.value(index))
            .is_some_and(|v| rule.min.is_some_and(|min| v < min) || rule.max.is_some_and(|max| v > max)),
        _ => false,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(i) => Some(*i as f64),
        Value::Real(r) => Some(*r),
        _ => None,
    }
}

fn describe(
    subject: &Subject<'_>,
    rule: &QualityRule,
    item: &Item<'_>,
    index: usize,
    a: &Attribute,
) -> Problem {
    let (name, title) = (subject.name(item), &a.title);
    let value = item.value(index);
    let shown = match &value {
        Value::Text(t) => t.clone(),
        other => other.to_json().to_string(),
    };
    let message = match rule.kind {
        K::Codes => Text::new(
            format!("{name}: {} có mã “{shown}” không nằm trong danh mục", title.vi),
            format!("{name}: {} is “{shown}”, which is not in the code list", title.en),
        ),
        K::Required => {
            Text::new(format!("{name}: thiếu {}", title.vi), format!("{name}: {} is missing", title.en))
        }
        _ => {
            let limits = [rule.min.map(|v| format!("≥ {v}")), rule.max.map(|v| format!("≤ {v}"))];
            let limits = limits.into_iter().flatten().collect::<Vec<_>>().join(", ");
            Text::new(
                format!("{name}: {} là {shown}, cần {limits}", title.vi),
                format!("{name}: {} is {shown}, {limits} is expected", title.en),
            )
        }
    };
    let found = problem(subject, item, format!("{}.{}", item.fid, a.name), message).on(item);
    match number(&value).filter(|_| rule.kind == K::Range) {
        Some(v) => Problem { measured: Some(v), unit: a.unit.clone(), ..found },
        None => found,
    }
}

/// Each item whose values an item with a lower fid has already.
fn unique(
    subject: &Subject<'_>,
    attributes: &[(usize, &Attribute)],
    limit: usize,
    control: &Control,
) -> Result<Found, Stopped> {
    let values = |item: &Item<'_>| -> Vec<Value> { attributes.iter().map(|(i, _)| item.value(*i)).collect() };
    // First by hash, 16 bytes an item; what collides is compared value by value.
    let mut hashes: Vec<(u64, u32)> = Vec::with_capacity(subject.items.len());
    for (chunk, items) in subject.items.chunks(STRIDE).enumerate() {
        control.check()?;
        let hashed = items
            .iter()
            .enumerate()
            .filter_map(|(n, item)| Some((hash(item, attributes)?, (chunk * STRIDE + n) as u32)));
        hashes.extend(hashed);
        control.advance(items.len());
    }
    hashes.sort_unstable();
    let mut worst = Worst::new(limit);
    for group in hashes.chunk_by(|a, b| a.0 == b.0).filter(|g| g.len() > 1) {
        let mut first: HashMap<String, i64> = HashMap::new();
        for (_, i) in group {
            let item = &subject.items[*i as usize];
            let key = format!("{:?}", values(item));
            match first.get(&key) {
                Some(fid) => worst.add(Finding { measured: 0.0, item: item.fid, other: *fid }),
                None => drop(first.insert(key, item.fid)),
            }
        }
    }
    let (count, found) = Worst::join([worst], limit);
    let titles = |lang| attributes.iter().map(|(_, a)| a.title.get(lang)).collect::<Vec<_>>().join(", ");
    let (vi, en) = (titles(crate::text::Lang::Vi), titles(crate::text::Lang::En));
    let problems = found.iter().filter_map(|f| {
        let (item, other) = (subject.get(f.item)?, subject.get(f.other)?);
        let (name, by) = (subject.name(item), subject.name(other));
        let message = Text::new(
            format!("{name} (#{}) trùng {vi} với {by} (#{})", f.item, f.other),
            format!("{name} (#{}) has the same {en} as {by} (#{})", f.item, f.other),
        );
        let found = problem(subject, item, f.item.to_string(), message);
        Some(found.with_other(&subject.def.id, f.other).on(item))
    });
    Ok((count, problems.collect()))
}

/// None where a value is missing.
fn hash(item: &Item<'_>, attributes: &[(usize, &Attribute)]) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    for (i, _) in attributes {
        match (item.text(*i), item.value(*i)) {
            (Some(text), _) => text.hash(&mut hasher),
            (None, Value::Null) => return None,
            (None, value) => format!("{value:?}").hash(&mut hasher),
        }
    }
    Some(hasher.finish())
}
