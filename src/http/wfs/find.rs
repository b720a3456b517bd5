//! Holds a query against its layer and finds what it asks for.

use std::cmp::Ordering;

use super::Ask;
use super::fault::Fault;
use super::fes::{self, Wanted};
use super::names::{fid, open};
use super::query::{self, Query, wants_geometry};
use super::version::Version;
use crate::access::View;
use crate::features::encode::gml::{GEOMETRY, Srs};
use crate::features::{self, Item, LayerReader};
use crate::filter::check::unknown_attribute;
use crate::filter::evaluate::compare;
use crate::filter::{Expr, Sort};
use crate::http::ogc::past;
use crate::layers::Value;
use crate::state::AppState;

/// Features of one query, found but not yet written.
pub(super) struct Found {
    pub reader: LayerReader,
    /// The reader's view, less the attributes that are not wanted.
    pub view: View,
    pub with_geometry: bool,
    pub srs: Srs,
    pub fids: Vec<i64>,
    /// All that match, whatever the page.
    pub matched: usize,
}

/// Which of the features that match.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    pub skip: usize,
    pub take: usize,
}

/// Finds the page of a query; `having` is one more condition.
pub(super) async fn find(
    state: &AppState,
    ask: &Ask,
    version: Version,
    query: &Query,
    page: Page,
    having: Option<Expr>,
) -> Result<Found, Fault> {
    let (reader, revision) = open(state, &ask.who, &query.layer)?;
    let srs = query::srs(query.srs.as_deref(), version)?;
    let mut view = reader.view().clone();
    only(&mut view, &query.properties)?;
    let asked = question(&reader, query, &srs, having)?;
    let keys: Vec<(usize, bool)> = query
        .sort
        .iter()
        .map(|(name, down)| {
            Ok((reader.view().attribute(name).ok_or_else(|| unknown_attribute(name))?, *down))
        })
        .collect::<Result<_, Fault>>()?;
    let with_geometry = wants_geometry(&query.properties);
    if reader.is_outside() {
        let sort = (!keys.is_empty()).then(|| Sort { keys, ..Sort::default() });
        let present = past::present(state, &reader, revision).await?;
        let (reader, fids, matched) = present.find(state, &asked, sort, page.skip, page.take).await?;
        return Ok(Found { reader, view, with_geometry, srs, fids, matched });
    }
    let fids: Vec<i64> = if page.take == 0 {
        Vec::new()
    } else if keys.is_empty() {
        reader.query(&asked)?.skip(page.skip).take(page.take).map(|i| i.fid).collect()
    } else {
        sorted(reader.query(&asked)?, &keys).into_iter().skip(page.skip).take(page.take).collect()
    };
    // A first page that is not full has counted all.
    let whole = page.skip == 0 && fids.len() < page.take;
    let matched = if whole { fids.len() } else { reader.count_matching(&asked)? };
    Ok(Found { reader, view, with_geometry, srs, fids, matched })
}

/// The query as `features` takes it.
pub(super) fn question(
    reader: &LayerReader,
    query: &Query,
    srs: &Srs,
    having: Option<Expr>,
) -> Result<features::Query, Fault> {
    let layer = &reader.view().layer.id;
    let mut wanted = Wanted::default();
    if let Some(filter) = &query.filter {
        wanted = fes::read(filter, reader.view(), srs)?;
    }
    if let Some(text) = &query.bbox {
        wanted.within(&query::bbox(text, srs)?)?;
    }
    if !query.ids.is_empty() {
        wanted.all.push(Expr::Fid(query.ids.iter().filter_map(|id| fid(layer, id)).collect()));
    }
    wanted.all.extend(having);
    Ok(wanted.query())
}

/// Hides the attributes that are not wanted. One that does not exist is refused.
fn only(view: &mut View, properties: &[String]) -> Result<(), Fault> {
    if properties.is_empty() {
        return Ok(());
    }
    let mut wanted = vec![false; view.attributes.len()];
    for name in properties.iter().filter(|n| *n != GEOMETRY && *n != "boundedBy") {
        wanted[view.attribute(name).ok_or_else(|| unknown_attribute(name))?] = true;
    }
    view.attributes = wanted;
    Ok(())
}

/// The fids in the order of these attributes; where they are equal, by fid. What has no value comes last.
fn sorted<'a>(items: impl Iterator<Item = Item<'a>>, keys: &[(usize, bool)]) -> Vec<i64> {
    let mut all: Vec<(Vec<Value>, i64)> =
        items.map(|item| (keys.iter().map(|(i, _)| item.value(*i)).collect(), item.fid)).collect();
    all.sort_by(|(a, one), (b, other)| {
        let pairs = a.iter().zip(b).zip(keys);
        let by_value = pairs.map(|((a, b), (_, down))| match (a == &Value::Null, b == &Value::Null) {
            (false, false) => {
                let order = compare(a, b).unwrap_or(Ordering::Equal);
                if *down { order.reverse() } else { order }
            }
            (a, b) => a.cmp(&b),
        });
        by_value.fold(Ordering::Equal, Ordering::then).then(one.cmp(other))
    });
    all.into_iter().map(|(_, fid)| fid).collect()
}
