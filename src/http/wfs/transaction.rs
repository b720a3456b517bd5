//! `Transaction`: inserts, updates and deletes of one or several layers, all in one transaction of the database, or
//! none.
//!
//! `Replace` (2.0.0) is an update of all that its author may change: what is not given becomes null.
//!
//! Rights are those of the other ways to write. A filter chooses among what the caller may see, as it is served; the
//! change holds for the version that was looked at, and is tried again when another one comes between. A layer that is
//! `strict` is not changed here, for a request cannot name the version that it changes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;

use super::fault::Fault;
use super::find::question;
use super::names::{NAMESPACE, PREFIX, local, open};
use super::query::{Query, srs};
use super::version::Version;
use super::xml::Element;
use super::{Ask, document, fes, gml};
use crate::access::{self, Edit};
use crate::features::LayerReader;
use crate::features::encode::gml::{GEOMETRY, Srs};
use crate::features::encode::xml::escaped;
use crate::filter::check::unknown_attribute;
use crate::http::edit::{stored_geometry, wkb};
use crate::http::ogc::{may_add, veil};
use crate::http::{area, former_units};
use crate::layers::{LayerDef, Source, Value};
use crate::state::AppState;
use crate::store::Author;
use crate::store::batch::{Batch, Change};
use crate::store::items::{NewItem, Patch};
use crate::text::Text;
use crate::{Error, Result};

/// Most items that one request changes.
const CHANGES_MAX: usize = 10_000;
/// A change is tried again when another one comes between, so often at most.
const ATTEMPTS: usize = 4;

/// A layer that the caller may change.
struct Layer {
    reader: LayerReader,
    edit: Edit,
}

/// What is to be done, by layer and item: the changes of one item are one change.
#[derive(Default)]
struct Work {
    layers: BTreeMap<String, Layer>,
    inserts: Vec<(String, NewItem, Option<String>)>,
    patches: BTreeMap<(String, i64), Patch>,
    removes: BTreeSet<(String, i64)>,
    /// Items that `Update` chose.
    updated: usize,
    /// Items that `Replace` chose, with its handle.
    replaced: Vec<(String, Option<String>)>,
}

/// `Transaction`
pub(super) async fn answer(
    state: &AppState,
    ask: &Ask,
    version: Version,
    root: &Element,
    headers: &HeaderMap,
) -> Result<Response, Fault> {
    let author = author(ask, root, headers);
    for attempt in 1.. {
        let work = Work::read(state, ask, version, root)?;
        match work.run(state, &author).await {
            Err(Error::PreconditionFailed { .. }) if attempt < ATTEMPTS => {}
            Err(e) => {
                return Err(work.layers.values().fold(e, |e, layer| veil(e, &layer.edit)).into());
            }
            Ok(batch) => {
                state.feed.catch_up(batch.position).await?;
                return Ok(document("text/xml; charset=utf-8", work.told(version, &batch)));
            }
        }
    }
    unreachable!("the last attempt returns")
}

/// The answer of 1.0.0 to a transaction that failed; none where the status of HTTP must say it.
pub(super) fn failed(status: StatusCode, locator: &str, message: &str) -> Option<Response> {
    // Who has to sign in, or sends too much, is told so by the status.
    let told = status.is_client_error()
        && !matches!(
            status,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::PAYLOAD_TOO_LARGE
        );
    told.then(|| {
        let (locator, message) = (escaped(locator), escaped(message));
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<wfs:WFS_TransactionResponse version=\"1.0.0\" \
             xmlns:wfs=\"http://www.opengis.net/wfs\"><wfs:TransactionResult><wfs:Status><wfs:FAILED/></wfs:Status>\
             <wfs:Locator>{locator}</wfs:Locator><wfs:Message>{message}</wfs:Message></wfs:TransactionResult>\
             </wfs:WFS_TransactionResponse>\n"
        );
        document("text/xml; charset=utf-8", text)
    })
}

/// Who writes, with what, and why where the request says it.
fn author(ask: &Ask, root: &Element, headers: &HeaderMap) -> Author {
    let agent = headers.get(header::USER_AGENT).map(|v| String::from_utf8_lossy(v.as_bytes()));
    let client = format!("wfs {}", agent.unwrap_or_default());
    let client = client.trim().chars().filter(|c| !c.is_control()).take(120).collect();
    let reason = root.attribute("handle").unwrap_or_default().trim().chars().take(500).collect();
    Author { actor: ask.who.user.as_ref().map(|u| u.id), reason, client }
}

impl Work {
    fn read(state: &AppState, ask: &Ask, version: Version, root: &Element) -> Result<Self, Fault> {
        let mut work = Self::default();
        for action in &root.children {
            let handle = action.attribute("handle").map(str::to_owned);
            match action.name.as_str() {
                "Insert" => {
                    let srs = srs(action.attribute("srsName").or(root.attribute("srsName")), version)?;
                    for feature in features(action) {
                        work.insert(state, ask, feature, &srs, handle.clone())?;
                    }
                }
                "Update" | "Delete" => work.change(state, ask, version, action)?,
                "Replace" if version == Version::V20 => work.replace(state, ask, version, action)?,
                "LockId" => {}
                "Native" if matches!(action.attribute("safeToIgnore"), Some("true" | "1")) => {}
                other => {
                    let (vi, en) = (format!("không có thao tác {other}"), format!("{other} is not offered"));
                    return Err(Fault::unsupported(other, vi, en));
                }
            }
            if work.inserts.len() + work.patches.len() + work.removes.len() > CHANGES_MAX {
                return Err(Fault::value(
                    &action.name,
                    format!("quá {CHANGES_MAX} đối tượng mỗi yêu cầu"),
                    format!("more than {CHANGES_MAX} features a request"),
                ));
            }
        }
        Ok(work)
    }

    /// The layer that a client names, if he may change it. Who may not see it is told that there is none.
    fn layer(&mut self, state: &AppState, ask: &Ask, name: &str) -> Result<&Layer, Fault> {
        let id = local(name).to_owned();
        if !self.layers.contains_key(&id) {
            let (reader, _) = open(state, &ask.who, name)?;
            if reader.is_outside() {
                return Err(Error::NotInMemory(id).into());
            }
            let def = reader.view().layer.clone();
            if def.source == Source::View {
                return Err(forbidden("Lớp này chỉ đọc.", "This layer is read-only."));
            }
            let edit = match access::edit(&ask.who, &def) {
                Some(edit) => edit,
                None if ask.who.user.is_none() => return Err(Error::Unauthorized.into()),
                None => {
                    return Err(forbidden(
                        "Tài khoản của bạn không được sửa lớp này.",
                        "Your account may not change this layer.",
                    ));
                }
            };
            if def.strict {
                return Err(Error::PreconditionRequired(Text::new(
                    "Lớp này chỉ sửa qua OGC API hoặc cổng thông tin: mỗi lần ghi phải nêu phiên bản đã đọc.",
                    "This layer is changed through OGC API or the portal only: a write must name the version read.",
                ))
                .into());
            }
            self.layers.insert(id.clone(), Layer { reader, edit });
        }
        Ok(&self.layers[&id])
    }

    fn insert(
        &mut self,
        state: &AppState,
        ask: &Ask,
        feature: &Element,
        srs: &Srs,
        handle: Option<String>,
    ) -> Result<(), Fault> {
        let edit = &self.layer(state, ask, &feature.name)?.edit;
        if !may_add(edit) {
            return Err(forbidden(
                "Bạn không đủ quyền thêm đối tượng vào lớp này.",
                "You may not add items to this layer.",
            ));
        }
        let (wkb, given) = whole(edit, feature, srs)?;
        let mut values = vec![Value::Null; edit.layer.attributes.len()];
        given.into_iter().for_each(|(i, v)| values[i] = v);
        let id = edit.layer.id.clone();
        self.inserts.push((id, NewItem { wkb, values }, handle));
        Ok(())
    }

    fn change(
        &mut self,
        state: &AppState,
        ask: &Ask,
        version: Version,
        action: &Element,
    ) -> Result<(), Fault> {
        let name = action.attribute("typeName").ok_or_else(|| Fault::missing("typeName"))?;
        let srs = srs(action.attribute("srsName"), version)?;
        let layer = self.layer(state, ask, name)?;
        let fids = chosen(layer, action, name, &srs)?;
        let id = layer.edit.layer.id.clone();
        if action.name == "Delete" {
            for fid in fids {
                self.patches.remove(&(id.clone(), fid));
                self.removes.insert((id.clone(), fid));
            }
            return Ok(());
        }
        let mut given = Patch::default();
        for one in action.all("Property") {
            let name = one.child("ValueReference").or(one.child("Name"));
            let name = name.ok_or_else(|| Fault::missing("ValueReference"))?;
            let value = match name.attribute("action") {
                None | Some("replace") => one.child("Value"),
                Some("remove") => None,
                Some(other) => {
                    return Err(Fault::unsupported(
                        "action",
                        format!("không có {other}: mỗi thuộc tính chỉ có một giá trị"),
                        format!("{other} is not offered: a property has one value"),
                    ));
                }
            };
            let name = local(name.text.rsplit('/').next().unwrap_or_default());
            property(&layer.edit, name, value, &srs, &mut given)?;
        }
        former_units::resolve(&layer.edit.layer, &mut given.values)?;
        self.updated += fids.len();
        for fid in fids.into_iter().filter(|fid| !self.removes.contains(&(id.clone(), *fid))) {
            let patch = self.patches.entry((id.clone(), fid)).or_default();
            patch.wkb = given.wkb.clone().or(patch.wkb.take());
            patch.values.extend(given.values.iter().cloned());
        }
        Ok(())
    }

    /// The item that the filter names becomes the feature that is given.
    fn replace(
        &mut self,
        state: &AppState,
        ask: &Ask,
        version: Version,
        action: &Element,
    ) -> Result<(), Fault> {
        let features: Vec<&Element> =
            features(action).into_iter().filter(|element| element.name != "Filter").collect();
        let [feature] = features.as_slice() else {
            return Err(Fault::value("Replace", "cần đúng một đối tượng", "expected exactly one feature"));
        };
        let srs = srs(action.attribute("srsName"), version)?;
        let layer = self.layer(state, ask, &feature.name)?;
        let fids = chosen(layer, action, &feature.name, &srs)?;
        if fids.len() > 1 {
            return Err(Fault::value(
                "Filter",
                "bộ lọc chọn nhiều đối tượng để thay bằng một",
                "the filter chooses several features to be replaced by one",
            ));
        }
        let (wkb, given) = whole(&layer.edit, feature, &srs)?;
        let id = layer.edit.layer.id.clone();
        let writable = layer.edit.attributes.iter().enumerate().filter(|(_, writable)| **writable);
        let nulls: Vec<(usize, Value)> = writable.map(|(i, _)| (i, Value::Null)).collect();
        let handle = action.attribute("handle").map(str::to_owned);
        for fid in fids.into_iter().filter(|fid| !self.removes.contains(&(id.clone(), *fid))) {
            let values = [nulls.clone(), given.clone()].concat();
            self.patches.insert((id.clone(), fid), Patch { wkb: Some(wkb.clone()), values });
            self.replaced.push((format!("{id}.{fid}"), handle.clone()));
        }
        Ok(())
    }

    /// Looks at the rows as they are now, decides whether all may be changed, and changes them.
    async fn run(&self, state: &AppState, author: &Author) -> Result<Batch> {
        let catalog = state.catalog.load_full();
        let mut changes: Vec<(Arc<LayerDef>, Change)> = Vec::new();
        let mut places: BTreeMap<&str, Vec<geo::Geometry<f64>>> = BTreeMap::new();
        for (id, new, _) in &self.inserts {
            places.entry(id).or_default().push(geometry(&new.wkb)?);
            changes.push((self.layers[id].edit.layer.clone(), Change::Insert(new.clone())));
        }
        let patches = self.patches.iter().map(|(key, patch)| (key, Some(patch)));
        for ((id, fid), patch) in patches.chain(self.removes.iter().map(|key| (key, None))) {
            let def = &self.layers[id].edit.layer;
            let row = state.store.item(def, *fid).await?;
            let row = row.ok_or_else(|| Error::not_found("feature", format!("{id}.{fid}")))?;
            let places = places.entry(id).or_default();
            places.push(stored_geometry(&row)?);
            changes.push((
                def.clone(),
                match patch {
                    Some(patch) => {
                        if let Some(wkb) = &patch.wkb {
                            places.push(geometry(wkb)?);
                        }
                        Change::Patch(*fid, patch.clone(), row.version)
                    }
                    None => Change::Remove(*fid, row.version),
                },
            ));
        }
        for (id, places) in places {
            area::check(state, &self.layers[id].edit, places).await?;
        }
        state.store.change_items(&catalog, author, changes).await
    }

    fn told(&self, version: Version, batch: &Batch) -> String {
        let made: Vec<String> =
            self.inserts.iter().zip(&batch.inserted).map(|((id, ..), fid)| format!("{id}.{fid}")).collect();
        let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
        let mut out = String::new();
        if version == Version::V10 {
            for (id, (.., handle)) in made.iter().zip(&self.inserts) {
                let handle =
                    handle.as_ref().map(|h| format!(" handle=\"{}\"", escaped(h))).unwrap_or_default();
                let _ =
                    write!(out, "<wfs:InsertResult{handle}><ogc:FeatureId fid=\"{id}\"/></wfs:InsertResult>");
            }
            return format!(
                "{head}<wfs:WFS_TransactionResponse version=\"1.0.0\" xmlns:wfs=\"http://www.opengis.net/wfs\" \
                 xmlns:ogc=\"http://www.opengis.net/ogc\">{out}<wfs:TransactionResult><wfs:Status><wfs:SUCCESS/>\
                 </wfs:Status></wfs:TransactionResult></wfs:WFS_TransactionResponse>\n"
            );
        }
        let (namespace, prefix, ids, tag, attribute) = match version {
            Version::V20 => {
                (version.namespace(), "fes", "http://www.opengis.net/fes/2.0", "ResourceId", "rid")
            }
            _ => (version.namespace(), "ogc", "http://www.opengis.net/ogc", "FeatureId", "fid"),
        };
        let feature = |out: &mut String, id: &str, handle: &Option<String>| {
            let handle = handle.as_ref().map(|h| format!(" handle=\"{}\"", escaped(h))).unwrap_or_default();
            let _ = write!(out, "<wfs:Feature{handle}><{prefix}:{tag} {attribute}=\"{id}\"/></wfs:Feature>");
        };
        for (id, (.., handle)) in made.iter().zip(&self.inserts) {
            feature(&mut out, id, handle);
        }
        // 1.1.0 wants the element even where nothing was inserted.
        if out.is_empty() && version == Version::V11 {
            let _ = write!(out, "<wfs:Feature><{prefix}:{tag} {attribute}=\"none\"/></wfs:Feature>");
        }
        if !out.is_empty() {
            out = format!("<wfs:InsertResults>{out}</wfs:InsertResults>");
        }
        let mut replaced = String::new();
        self.replaced.iter().for_each(|(id, handle)| feature(&mut replaced, id, handle));
        let in_number = if version == Version::V20 {
            format!("<wfs:totalReplaced>{}</wfs:totalReplaced>", self.replaced.len())
        } else {
            String::new()
        };
        if !replaced.is_empty() {
            let _ = write!(out, "<wfs:ReplaceResults>{replaced}</wfs:ReplaceResults>");
        }
        let number = version.text();
        let (inserted, updated, removed) = (made.len(), self.updated, self.removes.len());
        format!(
            "{head}<wfs:TransactionResponse version=\"{number}\" xmlns:wfs=\"{namespace}\" xmlns:{prefix}=\"{ids}\" \
             xmlns:{PREFIX}=\"{NAMESPACE}\"><wfs:TransactionSummary><wfs:totalInserted>{inserted}</wfs:totalInserted>\
             <wfs:totalUpdated>{updated}</wfs:totalUpdated>{in_number}<wfs:totalDeleted>{removed}</wfs:totalDeleted>\
             </wfs:TransactionSummary>{out}</wfs:TransactionResponse>\n"
        )
    }
}

/// The items that the filter of an action chooses.
fn chosen(layer: &Layer, action: &Element, name: &str, srs: &Srs) -> Result<Vec<i64>, Fault> {
    // All of a layer goes through an import, not by a filter that was forgotten.
    let filter = action.child("Filter").ok_or_else(|| Fault::missing("Filter"))?;
    let query = Query { layer: name.to_owned(), filter: Some(filter.clone()), ..Query::default() };
    let mut asked = question(&layer.reader, &query, srs, None)?;
    asked.limit = CHANGES_MAX + 1;
    let fids: Vec<i64> = layer.reader.query(&asked)?.map(|i| i.fid).collect();
    let id = &layer.reader.view().layer.id;
    match fes::only_identifiers(filter, id).and_then(|ids| ids.into_iter().find(|fid| !fids.contains(fid))) {
        // The standard changes nothing and calls it done: the work of who edits would be lost without a word.
        Some(gone) => Err(Error::not_found("feature", format!("{id}.{gone}")).into()),
        None => Ok(fids),
    }
}

/// Geometry (WKB) and values of a whole feature.
type Whole = (Vec<u8>, Vec<(usize, Value)>);

/// What a whole feature says.
fn whole(edit: &Edit, feature: &Element, srs: &Srs) -> Result<Whole, Fault> {
    let mut given = Patch::default();
    for element in feature.children.iter().filter(|e| !e.is_gml) {
        property(edit, &element.name, Some(element), srs, &mut given)?;
    }
    former_units::resolve(&edit.layer, &mut given.values)?;
    let missing = || Fault::value(GEOMETRY, "phải có hình học", "a geometry is required");
    Ok((given.wkb.ok_or_else(missing)?, given.values))
}

/// The features of an `Insert`, which may stand in a collection.
fn features(action: &Element) -> Vec<&Element> {
    let mut found = Vec::new();
    for child in &action.children {
        match child.name.as_str() {
            "FeatureCollection" | "featureMember" | "featureMembers" | "member" => {
                found.extend(features(child));
            }
            _ if child.is_gml => {}
            _ => found.push(child),
        }
    }
    found
}

/// Adds a property that a client gives. One that he may not see does not exist.
fn property(
    edit: &Edit,
    name: &str,
    value: Option<&Element>,
    srs: &Srs,
    into: &mut Patch,
) -> Result<(), Fault> {
    let name = local(name);
    if name == GEOMETRY {
        let given = value.and_then(|v| v.children.first());
        let given =
            given.ok_or_else(|| Fault::value(GEOMETRY, "phải có hình học", "a geometry is required"))?;
        into.wkb = Some(wkb(&gml::geometry(given, srs)?)?);
        return Ok(());
    }
    let index = edit.layer.attributes.iter().position(|a| a.name == name).filter(|i| edit.attributes[*i]);
    let index = index.ok_or_else(|| unknown_attribute(name))?;
    let value = match value.map(|v| v.text.as_str()) {
        None | Some("") => Value::Null,
        Some(text) => fes::literal(&edit.layer.attributes[index], text)?,
    };
    into.values.push((index, value));
    Ok(())
}

fn geometry(wkb: &[u8]) -> Result<geo::Geometry<f64>> {
    use geozero::ToGeo;
    geozero::wkb::Wkb(wkb).to_geo().map_err(|e| Error::internal("read a geometry that was written here", e))
}

fn forbidden(vi: &str, en: &str) -> Fault {
    Error::Forbidden(Text::new(vi, en)).into()
}
