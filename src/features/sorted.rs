//! A page of a query in the order of its attributes, found without sorting the layer.

use std::cmp::Ordering;

use super::column::Cell;
use super::reader::{Item, LayerReader, Query};
use crate::Result;
use crate::filter::Sort;
use crate::layers::Value;

/// Items that are held at least before the farthest are let go.
const HELD_LEAST: usize = 4096;

impl LayerReader {
    /// The fids of a query's items in an order (at most `limit` of those behind the page before), and the number of
    /// all that match. The query's own `after` does not count.
    pub fn sorted(&self, query: &Query, sort: &Sort) -> Result<(Vec<i64>, usize)> {
        let whole = Query { after: None, limit: usize::MAX, ..query.clone() };
        let last = sort.after.as_ref();
        let limit = query.limit;
        let most = limit.saturating_mul(2).max(HELD_LEAST);
        let order = |a: &Item<'_>, b: &Item<'_>| sort.compare(a, b);
        let (mut held, mut matched): (Vec<Item<'_>>, usize) = (Vec::new(), 0);
        let mut farthest: Option<Item<'_>> = None;
        for item in self.query(&whole)? {
            matched += 1;
            let behind =
                |(values, fid): &(Vec<Value>, i64)| sort.compare_to(&item, values, *fid) == Ordering::Greater;
            if !last.is_none_or(behind) || farthest.is_some_and(|f| order(&item, &f) == Ordering::Greater) {
                continue;
            }
            held.push(item);
            if held.len() >= most && limit > 0 {
                held.select_nth_unstable_by(limit - 1, order);
                held.truncate(limit);
                farthest = held.last().copied();
            }
        }
        held.sort_unstable_by(order);
        held.truncate(limit);
        Ok((held.iter().map(|i| i.fid).collect(), matched))
    }
}

impl Sort {
    /// What a page after this item starts behind.
    pub fn place_of(&self, item: &Item<'_>) -> (Vec<Value>, i64) {
        (self.keys.iter().map(|(i, _)| item.value(*i)).collect(), item.fid)
    }

    fn compare(&self, a: &Item<'_>, b: &Item<'_>) -> Ordering {
        // Within one segment the numbers of texts are in the order of the texts.
        let ranked = a.in_overlay() == b.in_overlay();
        let by_keys = self.keys.iter().map(|(i, descending)| match (a.cell(*i), b.cell(*i)) {
            (Cell::Text(_, x), Cell::Text(_, y)) if ranked => turned(x.cmp(&y), *descending),
            (x, y) => cells(x, y, *descending),
        });
        by_keys
            .fold(Ordering::Equal, Ordering::then)
            .then_with(|| turned(a.fid.cmp(&b.fid), self.fid_descending))
    }

    fn compare_to(&self, a: &Item<'_>, values: &[Value], fid: i64) -> Ordering {
        let by_keys = self.keys.iter().zip(values);
        by_keys
            .map(|((i, descending), value)| cells(a.cell(*i), value.borrowed().into(), *descending))
            .fold(Ordering::Equal, Ordering::then)
            .then_with(|| turned(a.fid.cmp(&fid), self.fid_descending))
    }
}

fn turned(order: Ordering, descending: bool) -> Ordering {
    if descending { order.reverse() } else { order }
}

/// The order of two values of one attribute.
fn cells(a: Cell<'_>, b: Cell<'_>, descending: bool) -> Ordering {
    use Cell as C;
    let order = match (a, b) {
        (C::Null, C::Null) => return Ordering::Equal,
        (C::Null, _) => return Ordering::Greater,
        (_, C::Null) => return Ordering::Less,
        (C::Bool(a), C::Bool(b)) => a.cmp(&b),
        (C::Int(a), C::Int(b)) => a.cmp(&b),
        (C::Real(a), C::Real(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
        (C::Text(a, _), C::Text(b, _)) => a.cmp(b),
        (C::Date(a), C::Date(b)) => a.cmp(&b),
        (C::Time(a), C::Time(b)) => a.cmp(&b),
        // One attribute has one type.
        _ => Ordering::Equal,
    };
    turned(order, descending)
}
