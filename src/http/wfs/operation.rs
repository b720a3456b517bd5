//! What is asked for, read from pairs or from XML into one form.

use super::fault::Fault;
use super::kvp::{Pairs, lists, whole};
use super::names::local;
use super::query::{Query, property_names, sort_keys};
use super::stored::BY_ID;
use super::version::Version;
use super::xml::{self, Element};
use crate::Error;

/// A request.
pub(super) enum Request {
    Capabilities(Version),
    Describe { version: Version, types: Vec<String> },
    Features(GetFeature),
    Values { asked: GetFeature, reference: String },
    ListStored,
    DescribeStored(Vec<String>),
}

/// What `GetFeature` and `GetPropertyValue` are asked for.
#[derive(Debug)]
pub(super) struct GetFeature {
    pub version: Version,
    pub queries: Vec<Query>,
    pub count: Option<usize>,
    pub start: usize,
    /// Only the number.
    pub hits: bool,
    pub output: Output,
    /// The one feature itself, in no collection.
    pub alone: bool,
}

/// Form of the features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Output {
    /// The GML of the version.
    Gml,
    GeoJson,
    Csv,
}

/// Reads pairs.
pub(super) fn by_pairs(pairs: &Pairs) -> Result<Request, Fault> {
    service(pairs.get(&["SERVICE"]))?;
    let operation = pairs.get(&["REQUEST"]).ok_or_else(|| Fault::missing("request"))?;
    let operation = operation.to_ascii_lowercase();
    if operation == "getcapabilities" {
        return Ok(Request::Capabilities(negotiated(pairs)?));
    }
    let version = version(pairs.get(&["VERSION"]))?;
    let types = || pairs.get(&["TYPENAMES", "TYPENAME"]);
    Ok(match operation.as_str() {
        "describefeaturetype" => {
            only_gml(pairs.get(&["OUTPUTFORMAT"]))?;
            Request::Describe { version, types: types().map(lists).unwrap_or_default().concat() }
        }
        "getfeature" => Request::Features(features(pairs, version)?),
        _ if version != Version::V20 => return Err(unknown_operation(&operation)),
        "getpropertyvalue" => {
            let reference = pairs.get(&["VALUEREFERENCE"]).ok_or_else(|| Fault::missing("valueReference"))?;
            Request::Values { asked: features(pairs, version)?, reference: reference.to_owned() }
        }
        "liststoredqueries" => Request::ListStored,
        "describestoredqueries" => {
            let ids = pairs.get(&["STOREDQUERY_ID", "STOREDQUERYID"]).map(lists).unwrap_or_default();
            Request::DescribeStored(ids.concat())
        }
        _ => return Err(unknown_operation(&operation)),
    })
}

/// The version of a request in XML that is read elsewhere.
pub(super) fn by_xml_version(root: &Element) -> Result<Version, Fault> {
    service(root.attribute("service"))?;
    version(root.attribute("version"))
}

/// Reads XML.
pub(super) fn by_xml(root: &Element) -> Result<Request, Fault> {
    service(root.attribute("service"))?;
    if root.name == "GetCapabilities" {
        let accepted = root.child("AcceptVersions").map(|a| a.all("Version").map(|v| v.text.as_str()));
        return Ok(Request::Capabilities(match accepted {
            Some(mut versions) => versions.find_map(Version::exact).ok_or_else(no_version)?,
            None => root.attribute("version").map_or(Version::V20, Version::nearest),
        }));
    }
    let version = version(root.attribute("version"))?;
    let texts = |name: &str| root.all(name).map(|e| e.text.clone()).collect();
    Ok(match root.name.as_str() {
        "DescribeFeatureType" => {
            only_gml(root.attribute("outputFormat"))?;
            Request::Describe { version, types: texts("TypeName") }
        }
        "GetFeature" => Request::Features(features_of(root, version)?),
        other if version != Version::V20 => return Err(unknown_operation(other)),
        "GetPropertyValue" => {
            let reference =
                root.attribute("valueReference").ok_or_else(|| Fault::missing("valueReference"))?;
            Request::Values { asked: features_of(root, version)?, reference: reference.to_owned() }
        }
        "ListStoredQueries" => Request::ListStored,
        "DescribeStoredQueries" => Request::DescribeStored(texts("StoredQueryId")),
        other => return Err(unknown_operation(other)),
    })
}

fn service(name: Option<&str>) -> Result<(), Fault> {
    match name {
        // Old clients leave it out of all but the first request.
        None => Ok(()),
        Some(name) if name.eq_ignore_ascii_case("WFS") => Ok(()),
        Some(name) => Err(Fault::value(
            "service",
            format!("ở đây là WFS, không phải {name}"),
            format!("this is WFS, not {name}"),
        )),
    }
}

fn version(text: Option<&str>) -> Result<Version, Fault> {
    let Some(text) = text else { return Ok(Version::V20) };
    Version::exact(text).ok_or_else(|| {
        Fault::value(
            "version",
            format!("không có phiên bản {text}; có 2.0.0, 1.1.0, 1.0.0"),
            format!("version {text} is not offered; offered: 2.0.0, 1.1.0, 1.0.0"),
        )
    })
}

/// OWS Common: the first of `ACCEPTVERSIONS` that is offered; older clients send `VERSION`.
fn negotiated(pairs: &Pairs) -> Result<Version, Fault> {
    match pairs.get(&["ACCEPTVERSIONS"]) {
        Some(list) => list.split(',').find_map(Version::exact).ok_or_else(no_version),
        None => Ok(pairs.version()),
    }
}

fn no_version() -> Fault {
    Fault::new(
        "VersionNegotiationFailed",
        "acceptVersions",
        "chỉ có phiên bản 2.0.0, 1.1.0, 1.0.0",
        "only versions 2.0.0, 1.1.0 and 1.0.0 are offered",
    )
}

fn unknown_operation(name: &str) -> Fault {
    Fault::new("OperationNotSupported", name, "không có thao tác này", "this operation is not offered")
}

fn features(pairs: &Pairs, version: Version) -> Result<GetFeature, Fault> {
    let hits = hits(pairs.get(&["RESULTTYPE"]))?;
    let count = pairs.number(&["COUNT", "MAXFEATURES"])?;
    let start = pairs.number(&["STARTINDEX"])?.unwrap_or(0);
    let output = output(pairs.get(&["OUTPUTFORMAT"]))?;
    if let Some(id) = pairs.get(&["STOREDQUERY_ID", "STOREDQUERYID"]) {
        let feature = pairs.get(&["ID"]).unwrap_or_default();
        let mut query = stored(id, feature)?;
        query.srs = pairs.get(&["SRSNAME"]).map(str::to_owned);
        return Ok(GetFeature { version, queries: vec![query], count, start, hits, output, alone: true });
    }
    let ids: Vec<String> = pairs.get(&["RESOURCEID", "FEATUREID"]).map(lists).unwrap_or_default().concat();
    let types = match pairs.get(&["TYPENAMES", "TYPENAME"]) {
        Some(text) if version == Version::V20 => one_each(lists(text))?,
        Some(text) => lists(text).concat(),
        None => of_ids(&ids)?,
    };
    let per_query = |keys: &[&str]| pairs.get(keys).map(lists).unwrap_or_default();
    let names = per_query(&["PROPERTYNAME"]);
    let sorts = per_query(&["SORTBY"]);
    let filters = pairs.get(&["FILTER"]).map(filters).transpose()?.unwrap_or_default();
    let the = |list: &[Vec<String>], i: usize| list.get(i).or(list.first()).cloned().unwrap_or_default();
    let mut queries = Vec::new();
    for (i, name) in types.into_iter().enumerate() {
        queries.push(Query {
            layer: name,
            filter: filters.get(i).cloned(),
            bbox: pairs.get(&["BBOX"]).map(str::to_owned),
            ids: ids.clone(),
            srs: pairs.get(&["SRSNAME"]).map(str::to_owned),
            properties: property_names(&the(&names, i)),
            sort: sort_keys(&the(&sorts, i))?,
        });
    }
    if queries.is_empty() {
        return Err(Fault::missing("typeNames"));
    }
    Ok(GetFeature { version, queries, count, start, hits, output, alone: false })
}

fn features_of(root: &Element, version: Version) -> Result<GetFeature, Fault> {
    let number = |name: &str| root.attribute(name).map(|t| whole(t, name)).transpose();
    let mut asked = GetFeature {
        version,
        queries: Vec::new(),
        count: number("count")?.or(number("maxFeatures")?),
        start: number("startIndex")?.unwrap_or(0),
        hits: hits(root.attribute("resultType"))?,
        output: output(root.attribute("outputFormat"))?,
        alone: false,
    };
    for element in &root.children {
        match element.name.as_str() {
            "Query" => asked.queries.push(query(element, version)?),
            "StoredQuery" => {
                let id = element.attribute("id").ok_or_else(|| Fault::missing("id"))?;
                let parameter = element
                    .all("Parameter")
                    .find(|p| p.attribute("name").is_some_and(|n| n.eq_ignore_ascii_case("id")));
                asked.queries.push(stored(id, parameter.map_or("", |p| &p.text))?);
                asked.alone = true;
            }
            _ => {}
        }
    }
    match asked.queries.len() {
        0 => Err(Fault::missing("Query")),
        1 => Ok(asked),
        _ => Ok(GetFeature { alone: false, ..asked }),
    }
}

fn query(element: &Element, version: Version) -> Result<Query, Fault> {
    let types = ["typeNames", "typeName"].into_iter().find_map(|n| element.attribute(n));
    let types = types.ok_or_else(|| Fault::missing("typeNames"))?;
    let names: Vec<String> = types.split([' ', ',']).filter(|n| !n.is_empty()).map(str::to_owned).collect();
    let layer = match version {
        Version::V20 => one_each(vec![names])?.pop(),
        _ => names.into_iter().next(),
    };
    let texts: Vec<String> = element.all("PropertyName").map(|p| p.text.clone()).collect();
    let sort: Vec<String> = element.child("SortBy").map_or_else(Vec::new, |by| {
        let key = |p: &Element| {
            let name = p.child("ValueReference").or(p.child("PropertyName")).map_or("", |n| &n.text);
            format!("{name} {}", p.child("SortOrder").map_or("", |o| &o.text))
        };
        by.all("SortProperty").map(key).collect()
    });
    Ok(Query {
        layer: layer.ok_or_else(|| Fault::missing("typeNames"))?,
        filter: element.child("Filter").cloned(),
        bbox: None,
        ids: Vec::new(),
        srs: element.attribute("srsName").map(str::to_owned),
        properties: property_names(&texts),
        sort: sort_keys(&sort)?,
    })
}

/// One feature type a query: several would be a join.
fn one_each(lists: Vec<Vec<String>>) -> Result<Vec<String>, Fault> {
    let mut names = Vec::new();
    for mut list in lists {
        match (list.pop(), list.is_empty()) {
            (Some(name), true) => names.push(name),
            (None, _) => {}
            _ => {
                return Err(Fault::unsupported(
                    "typeNames",
                    "không có phép nối các lớp",
                    "joins are not offered",
                ));
            }
        }
    }
    Ok(names)
}

/// The feature types of resource identifiers such as `parcel.12`, each once.
fn of_ids(ids: &[String]) -> Result<Vec<String>, Fault> {
    let mut types: Vec<String> = Vec::new();
    for id in ids {
        let (layer, _) = id.rsplit_once('.').ok_or_else(|| unknown_id(id))?;
        if !types.iter().any(|t| t == local(layer)) {
            types.push(local(layer).to_owned());
        }
    }
    Ok(types)
}

fn unknown_id(id: &str) -> Fault {
    Fault::from(Error::not_found("feature", id))
}

/// The stored query `id`, for one feature.
fn stored(id: &str, feature: &str) -> Result<Query, Fault> {
    // The standard writes it as URN, the older form of WFS 2.0.0 too, as an address.
    if id != BY_ID && id != "http://www.opengis.net/def/query/OGC-WFS/0/GetFeatureById" {
        let (vi, en) = (format!("không có truy vấn {id}"), format!("there is no stored query {id}"));
        return Err(Fault::value("storedQuery_Id", vi, en));
    }
    if feature.is_empty() {
        return Err(Fault::missing("id"));
    }
    let ids = vec![feature.to_owned()];
    let layer = of_ids(&ids)?.pop().unwrap_or_default();
    Ok(Query { layer, ids, ..Query::default() })
}

/// One filter, or several in parentheses.
fn filters(text: &str) -> Result<Vec<Element>, Fault> {
    let text = text.trim();
    match text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        Some(inner) => inner.split(")(").map(xml::parse).collect(),
        None => Ok(vec![xml::parse(text)?]),
    }
}

fn hits(text: Option<&str>) -> Result<bool, Fault> {
    match text.map(str::to_ascii_lowercase).as_deref() {
        None | Some("results") => Ok(false),
        Some("hits") => Ok(true),
        Some(_) => Err(Fault::value("resultType", "cần results hoặc hits", "expected results or hits")),
    }
}

/// Refuses the other forms where there is GML alone.
fn only_gml(text: Option<&str>) -> Result<(), Fault> {
    match output(text)? {
        Output::Gml => Ok(()),
        _ => Err(Fault::value("outputFormat", "chỉ có GML ở đây", "only GML is offered here")),
    }
}

/// Media types of the forms, by what clients call them.
fn output(text: Option<&str>) -> Result<Output, Fault> {
    // A plus that was not encoded arrives as a blank.
    let text = text
        .unwrap_or_default()
        .to_ascii_lowercase()
        .replace("gml xml", "gml+xml")
        .replace("geo json", "geo+json");
    let bare = text.split(';').next().unwrap_or_default().trim();
    match bare {
        "application/json" | "application/geo+json" | "json" | "geojson" => Ok(Output::GeoJson),
        "text/csv" | "csv" => Ok(Output::Csv),
        "" | "text/xml" | "application/xml" | "application/gml+xml" | "xmlschema" => Ok(Output::Gml),
        t if t.starts_with("gml") => Ok(Output::Gml),
        _ => Err(Fault::value(
            "outputFormat",
            format!("không có định dạng {text}; có GML, application/json, text/csv"),
            format!("the format {text} is not offered; offered: GML, application/json, text/csv"),
        )),
    }
}
