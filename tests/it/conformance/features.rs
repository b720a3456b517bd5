//! OGC API Features part 1 (17-069r4, annex A): core, GeoJSON, HTML, OpenAPI 3.0. Everything is found by following the
//! links and the description, as a client finds it.

use std::collections::BTreeSet;

use dothi::layers::Value;
use dothi::space::crs::to_crs84;
use reqwest::{StatusCode, header};
use serde_json::{Value as Json, json};

use super::table::{Class, Held};
use crate::bad_input::parameters::{filled, parameters, resolved, served};
use crate::front::{Server, square};

const LANDING: &[&str] = &["conformance::features::the_landing_page_leads_to_everything"];
const COLLECTIONS: &[&str] = &["conformance::features::the_collections_are_described_alike_in_both_places"];
const ITEMS: &[&str] = &["conformance::features::the_items_of_each_collection_are_a_feature_collection"];
const SELECTED: &[&str] = &["conformance::features::limit_box_and_time_choose"];
const DEFINED: &[&str] = &["conformance::features::the_parameters_are_defined_as_the_standard_writes_them"];
const FEATURE: &[&str] = &["conformance::features::each_item_stands_at_its_own_address"];
const HTML: &[&str] = &["conformance::features::each_resource_is_there_as_json_and_as_a_page"];
const API: &[&str] = &["conformance::features::the_description_is_openapi_3_0_and_its_paths_are_there"];

pub(super) const CLASSES: &[Class] = &[
    Class {
        uri: "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
        source: "17-069r4, annex A",
        held: Held::Abstract(&[
            ("/conf/core/http", LANDING),
            ("/conf/core/root-op", LANDING),
            ("/conf/core/root-success", LANDING),
            ("/conf/core/api-definition-op", LANDING),
            ("/conf/core/api-definition-success", API),
            ("/conf/core/conformance-op", LANDING),
            ("/conf/core/conformance-success", LANDING),
            ("/conf/core/crs84", SELECTED),
            ("/conf/core/fc-md-op", COLLECTIONS),
            ("/conf/core/fc-md-success", COLLECTIONS),
            ("/conf/core/fc-md-links", COLLECTIONS),
            ("/conf/core/fc-md-items", COLLECTIONS),
            ("/conf/core/fc-md-items-links", COLLECTIONS),
            ("/conf/core/fc-md-extent", COLLECTIONS),
            ("/conf/core/fc-md-extent-multi", COLLECTIONS),
            ("/conf/core/sfc-md-op", COLLECTIONS),
            ("/conf/core/sfc-md-success", COLLECTIONS),
            ("/conf/core/fc-op", ITEMS),
            ("/conf/core/fc-response", ITEMS),
            ("/conf/core/fc-links", ITEMS),
            ("/conf/core/fc-timeStamp", ITEMS),
            ("/conf/core/fc-numberMatched", SELECTED),
            ("/conf/core/fc-numberReturned", ITEMS),
            ("/conf/core/fc-limit-definition", DEFINED),
            ("/conf/core/fc-limit-response", SELECTED),
            ("/conf/core/fc-bbox-definition", DEFINED),
            ("/conf/core/fc-bbox-response", SELECTED),
            ("/conf/core/fc-time-definition", DEFINED),
            ("/conf/core/fc-time-response", SELECTED),
            ("/conf/core/f-op", FEATURE),
            ("/conf/core/f-success", FEATURE),
            ("/conf/core/f-links", FEATURE),
            (
                "/conf/core/query-param-invalid",
                &["bad_input::parameters::a_wrong_parameter_is_400_with_its_name_and_what_was_expected"],
            ),
            (
                "/conf/core/query-param-unknown",
                &["bad_input::parameters::an_unknown_parameter_is_400_in_every_ogc_resource"],
            ),
        ]),
    },
    Class {
        uri: "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
        source: "17-069r4, annex A",
        held: Held::Abstract(&[("/conf/geojson/definition", HTML), ("/conf/geojson/content", FEATURE)]),
    },
    Class {
        uri: "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
        source: "17-069r4, annex A",
        held: Held::Abstract(&[("/conf/html/definition", HTML), ("/conf/html/content", HTML)]),
    },
    Class {
        uri: "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
        source: "17-069r4, annex A",
        held: Held::Abstract(&[
            ("/conf/oas30/completeness", API),
            ("/conf/oas30/exceptions-codes", API),
            ("/conf/oas30/oas-definition-1", LANDING),
            ("/conf/oas30/oas-definition-2", API),
            ("/conf/oas30/oas-impl", API),
            ("/conf/oas30/security", API),
        ]),
    },
];

/// The schemas of part 1 (`landingPage.yaml`, `confClasses.yaml`, `collections.yaml`, `featureCollectionGeoJSON.yaml`,
/// `featureGeoJSON.yaml`), as far as they ask for anything.
fn schema(name: &str) -> jsonschema::Validator {
    let text = json!({"type": "string"});
    let link = json!({"type": "object", "required": ["href", "rel", "type"], "properties": {
        "href": text, "rel": text, "type": text, "hreflang": text, "title": text, "length": {"type": "integer"}}});
    let links = json!({"type": "array", "items": link});
    let box_of = json!({"type": "array", "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
        "items": {"type": "number"}});
    let collection = json!({"type": "object", "required": ["id", "links"], "properties": {
        "id": text, "title": text, "description": text, "links": links, "itemType": text,
        "crs": {"type": "array", "items": text},
        "extent": {"type": "object", "properties": {
            "spatial": {"type": "object", "properties": {"bbox": {"type": "array", "minItems": 1, "items": box_of},
                "crs": {"enum": ["http://www.opengis.net/def/crs/OGC/1.3/CRS84"]}}},
            "temporal": {"type": "object", "properties": {"interval": {"type": "array", "minItems": 1, "items":
                {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": ["string", "null"], "format": "date-time"}}},
                "trs": {"enum": ["http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"]}}}}}}});
    let kinds = ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"];
    let feature = json!({"type": "object", "required": ["type", "geometry", "properties", "id"], "properties": {
        "type": {"enum": ["Feature"]}, "id": {"type": ["string", "integer"]}, "properties": {"type": ["object", "null"]},
        "links": links, "geometry": {"oneOf": [{"type": "null"}, {"type": "object", "required": ["type", "coordinates"],
            "properties": {"type": {"enum": kinds}, "coordinates": {"type": "array"}}}]}}});
    let number = json!({"type": "integer", "minimum": 0});
    let document = match name {
        "landingPage" => {
            json!({"type": "object", "required": ["links"], "properties": {"title": text, "description": text, "links": links}})
        }
        "confClasses" => {
            json!({"type": "object", "required": ["conformsTo"], "properties": {"conformsTo": {"type": "array", "items": text}}})
        }
        "collections" => json!({"type": "object", "required": ["links", "collections"],
            "properties": {"links": links, "collections": {"type": "array", "items": collection}}}),
        "collection" => collection,
        "featureCollection" => json!({"type": "object", "required": ["type", "features"], "properties": {
            "type": {"enum": ["FeatureCollection"]}, "features": {"type": "array", "items": feature}, "links": links,
            "timeStamp": {"type": "string", "format": "date-time"}, "numberMatched": number, "numberReturned": number}}),
        "feature" => feature,
        other => panic!("{other}"),
    };
    jsonschema::validator_for(&document).unwrap()
}

fn valid(name: &str, document: &Json) {
    if let Err(e) = schema(name).validate(document) {
        panic!("{name}: {e} at {}: {document}", e.instance_path());
    }
}

fn links<'a>(document: &'a Json, rel: &str) -> Vec<&'a Json> {
    document["links"].as_array().unwrap().iter().filter(|l| l["rel"] == rel).collect()
}

/// `self` and one `alternate` for each other form, each of which answers with the type that it names.
async fn stands_in_all_forms(server: &Server, document: &Json) {
    let (this, others) = (links(document, "self"), links(document, "alternate"));
    assert!(this.len() == 1 && !others.is_empty(), "{document}");
    for link in this.into_iter().chain(others) {
        let href = link["href"].as_str().unwrap();
        let answer = server.client.get(href).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{href}");
        let kind = answer.headers()[header::CONTENT_TYPE].to_str().unwrap();
        let named = link["type"].as_str().unwrap();
        assert!(
            kind == named || kind.starts_with(&format!("{named};")),
            "{href}: {kind} where {named} was named"
        );
    }
}

async fn ids(server: &Server) -> Vec<String> {
    let list = server.json("/ogc/collections").await;
    let ids: Vec<String> = list["collections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["id"].as_str().unwrap().to_owned())
        .collect();
    assert!(ids.len() > 20, "{ids:?}");
    ids
}

/// /conf/core/http, root-op, root-success, api-definition-op, conformance-op, conformance-success;
/// /conf/oas30/oas-definition-1
#[tokio::test(flavor = "multi_thread")]
async fn the_landing_page_leads_to_everything() {
    let server = served().await;
    let answer = server.get("/ogc/").await;
    assert_eq!((answer.status(), answer.version()), (StatusCode::OK, reqwest::Version::HTTP_11));
    let landing: Json = answer.json().await.unwrap();
    valid("landingPage", &landing);
    stands_in_all_forms(&server, &landing).await;
    for (rel, kind) in [
        ("service-desc", "application/vnd.oai.openapi+json;version=3.0"),
        ("service-doc", "text/html"),
        ("conformance", "application/json"),
        ("data", "application/json"),
    ] {
        let link = links(&landing, rel).into_iter().find(|l| l["type"] == kind);
        let href = link.unwrap_or_else(|| panic!("{rel} as {kind}: {landing}"))["href"].as_str().unwrap();
        let answer = server.client.get(href).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{href}");
        assert!(answer.headers()[header::CONTENT_TYPE].to_str().unwrap().starts_with(kind), "{href}");
    }
    for path in [
        links(&landing, "conformance")[0]["href"].as_str().unwrap().to_owned(),
        format!("{}/ogc/conformance", server.base),
    ] {
        let declared: Json = server.client.get(path).send().await.unwrap().json().await.unwrap();
        valid("confClasses", &declared);
        let core = json!("http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core");
        assert!(declared["conformsTo"].as_array().unwrap().contains(&core));
    }
}

/// /conf/core/fc-md-…, sfc-md-…: what the list says of a collection and what the collection says of itself.
#[tokio::test(flavor = "multi_thread")]
async fn the_collections_are_described_alike_in_both_places() {
    let server = served().await;
    let day = ("observed_on", Value::Date("2026-03-01".parse().unwrap()));
    server.insert("landslide", square(411_600.0, 1_327_195.0, 10.0), &[day]).await;
    let list = server.json("/ogc/collections").await;
    valid("collections", &list);
    stands_in_all_forms(&server, &list).await;
    let catalog = server.state.catalog.load_full();
    let open = catalog.layers.values().filter(|l| l.access == dothi::layers::Access::O).count();
    assert_eq!(list["collections"].as_array().unwrap().len(), open, "each layer that is open");
    for listed in list["collections"].as_array().unwrap() {
        let id = listed["id"].as_str().unwrap();
        let alone = server.json(&format!("/ogc/collections/{id}")).await;
        valid("collection", &alone);
        for member in ["id", "title", "description", "extent", "itemType", "crs", "storageCrs"] {
            assert_eq!(alone[member], listed[member], "{id}: {member}");
        }
        for link in listed["links"].as_array().unwrap().iter().filter(|l| l["rel"] != "self") {
            assert!(alone["links"].as_array().unwrap().contains(link), "{id}: {link}");
        }
        // fc-md-items-links: the items in each form.
        let kinds: BTreeSet<&str> =
            links(listed, "items").iter().map(|l| l["type"].as_str().unwrap()).collect();
        assert!(kinds.contains("application/geo+json") && kinds.contains("text/html"), "{id}: {kinds:?}");
        if let Some(first) = listed["crs"].get(0) {
            assert_eq!(first, "http://www.opengis.net/def/crs/OGC/1.3/CRS84", "{id}");
        }
    }
    stands_in_all_forms(&server, &server.json("/ogc/collections/parcel").await).await;
    // fc-md-extent, -multi: the first box and interval hold all items.
    for id in ["parcel", "tree", "landslide"] {
        let extent = server.json(&format!("/ogc/collections/{id}")).await["extent"].clone();
        let b: Vec<f64> =
            extent["spatial"]["bbox"][0].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
        let items = server.json(&format!("/ogc/collections/{id}/items")).await;
        for feature in items["features"].as_array().unwrap() {
            each_position(&feature["geometry"]["coordinates"], &mut |x, y| {
                assert!(x >= b[0] && x <= b[2] && y >= b[1] && y <= b[3], "{id}: {x} {y} outside of {b:?}");
            });
        }
        if id == "landslide" {
            let interval = &extent["temporal"]["interval"][0];
            let end = |i: usize| chrono::DateTime::parse_from_rfc3339(interval[i].as_str().unwrap()).unwrap();
            let noon = chrono::DateTime::parse_from_rfc3339("2026-03-01T12:00:00+07:00").unwrap();
            assert!(end(0) <= noon && noon <= end(1), "{interval}");
        }
    }
}

fn each_position(coordinates: &Json, see: &mut impl FnMut(f64, f64)) {
    match (coordinates[0].as_f64(), coordinates[1].as_f64()) {
        (Some(x), Some(y)) => see(x, y),
        _ => coordinates.as_array().unwrap().iter().for_each(|c| each_position(c, see)),
    }
}

/// /conf/core/fc-op, fc-response, fc-links, fc-timeStamp, fc-numberReturned
#[tokio::test(flavor = "multi_thread")]
async fn the_items_of_each_collection_are_a_feature_collection() {
    let server = served().await;
    for id in ids(&server).await {
        let before = chrono::Utc::now() - chrono::TimeDelta::seconds(1);
        let answer = server.get(&format!("/ogc/collections/{id}/items")).await;
        assert_eq!(
            (answer.status(), &answer.headers()[header::CONTENT_TYPE]),
            (StatusCode::OK, &"application/geo+json".parse().unwrap())
        );
        let items: Json = answer.json().await.unwrap();
        valid("featureCollection", &items);
        assert_eq!(items["numberReturned"], items["features"].as_array().unwrap().len(), "{id}");
        let made = chrono::DateTime::parse_from_rfc3339(items["timeStamp"].as_str().unwrap()).unwrap();
        assert!(made >= before && made <= chrono::Utc::now(), "{id}: {made}");
        if id == "parcel" {
            stands_in_all_forms(&server, &items).await;
        }
        assert_eq!((links(&items, "self").len(), links(&items, "alternate").is_empty()), (1, false), "{id}");
    }
}

/// /conf/core/fc-limit-response, fc-bbox-response, fc-time-response, fc-numberMatched, crs84
#[tokio::test(flavor = "multi_thread")]
async fn limit_box_and_time_choose() {
    let server = Server::start().await;
    let at = (411_600.0, 1_327_195.0);
    for i in 0..7_i32 {
        let mut values = vec![("code", Value::Text(format!("L{i}")))];
        // The last one has no time.
        if i < 6 {
            values.push(("observed_on", Value::Date(format!("2026-03-0{}", i + 1).parse().unwrap())));
        }
        server.insert("landslide", square(at.0 + 20.0 * f64::from(i), at.1, 10.0), &values).await;
    }
    let path = "/ogc/collections/landslide/items";
    let chosen = async |query: &str| {
        let items = server.json(&format!("{path}?{query}")).await;
        let features = items["features"].as_array().unwrap().clone();
        assert_eq!(items["numberReturned"], features.len());
        (
            features
                .iter()
                .map(|f| f["properties"]["code"].as_str().unwrap()[1..].to_owned())
                .collect::<String>(),
            items,
        )
    };
    let api = server.json("/ogc/api").await;
    let most = api["components"]["parameters"]["limit"]["schema"]["maximum"].as_u64().unwrap();
    for (limit, returned) in [(1, 1), (3, 3), (7, 7), (100, 7), (most, 7), (most + 1, 7), (u64::MAX >> 1, 7)]
    {
        let (codes, items) = chosen(&format!("limit={limit}")).await;
        assert_eq!((codes.len(), &items["numberMatched"]), (returned, &json!(7)), "{limit}");
    }
    // Of four numbers; of six, whose heights do not count here; over the corner of the third.
    let (west, south) = to_crs84(at.0 + 21.0, at.1 + 1.0);
    let (east, north) = to_crs84(at.0 + 41.0, at.1 + 9.0);
    for bbox in [format!("{west},{south},{east},{north}"), format!("{west},{south},0,{east},{north},900")] {
        let (codes, items) = chosen(&format!("bbox={bbox}")).await;
        assert_eq!((codes.as_str(), &items["numberMatched"]), ("12", &json!(2)), "{bbox}");
        for feature in items["features"].as_array().unwrap() {
            each_position(&feature["geometry"]["coordinates"], &mut |x, y| {
                assert!((x - 107.69).abs() < 0.01 && (y - 12.0).abs() < 0.01, "CRS84: {x} {y}");
            });
        }
    }
    // An instant, an interval, half bounded at either end, by .. and by nothing. What has no time is in all of them.
    for (datetime, codes) in [
        ("2026-03-02T05:00:00Z", "16"),
        ("2026-03-02", "16"),
        ("2026-03-02T00:00:00%2B07:00/2026-03-04T00:00:00%2B07:00", "1236"),
        ("../2026-03-02T05:00:00Z", "016"),
        ("/2026-03-02T05:00:00Z", "016"),
        ("2026-03-05T05:00:00Z/..", "456"),
        ("2026-03-05T05:00:00Z/", "456"),
        ("2020-01-01T00:00:00Z", "6"),
    ] {
        let (found, items) = chosen(&format!("datetime={datetime}")).await;
        assert_eq!((found.as_str(), &items["numberMatched"]), (codes, &json!(codes.len())), "{datetime}");
    }
    let (both, items) =
        chosen(&format!("datetime=2026-03-02/..&bbox={west},{south},{east},{north}&limit=1")).await;
    assert_eq!((both.as_str(), &items["numberMatched"]), ("1", &json!(2)));
}

/// /conf/core/fc-bbox-definition, fc-limit-definition, fc-time-definition
#[tokio::test(flavor = "multi_thread")]
async fn the_parameters_are_defined_as_the_standard_writes_them() {
    let server = served().await;
    let api = server.json("/ogc/api").await;
    for id in ids(&server).await {
        let path = format!("/collections/{id}/items");
        let all = parameters(&api, &path, &api["paths"][&path]["get"]);
        let of = |name: &str| {
            let parameter = all.iter().find(|p| p["name"] == name && p["in"] == "query");
            let parameter = parameter.unwrap_or_else(|| panic!("{path}: {name}"));
            assert_eq!(
                (&parameter["required"], &parameter["style"], &parameter["explode"]),
                (&json!(false), &json!("form"), &json!(false))
            );
            resolved(&api, &parameter["schema"])
        };
        let bbox = of("bbox");
        assert_eq!((&bbox["type"], &bbox["items"]["type"]), (&json!("array"), &json!("number")));
        assert_eq!(bbox["oneOf"], json!([{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}]));
        assert_eq!(of("limit")["type"], "integer");
        assert_eq!(of("datetime")["type"], "string");
    }
}

/// /conf/core/f-op, f-success, f-links; /conf/geojson/content
#[tokio::test(flavor = "multi_thread")]
async fn each_item_stands_at_its_own_address() {
    let server = served().await;
    for id in ["parcel", "tree", "river"] {
        let items = server.json(&format!("/ogc/collections/{id}/items")).await;
        let features = items["features"].as_array().unwrap();
        assert!(!features.is_empty());
        for feature in features {
            let path = format!("/ogc/collections/{id}/items/{}", feature["id"]);
            let answer = server.get(&path).await;
            assert_eq!(
                (answer.status(), &answer.headers()[header::CONTENT_TYPE]),
                (StatusCode::OK, &"application/geo+json".parse().unwrap())
            );
            let item: Json = answer.json().await.unwrap();
            valid("feature", &item);
            for member in ["id", "geometry", "properties"] {
                assert_eq!(item[member], feature[member], "{path}");
            }
            stands_in_all_forms(&server, &item).await;
            let [collection] = links(&item, "collection")[..] else { panic!("{item}") };
            let collection: Json = server
                .client
                .get(collection["href"].as_str().unwrap())
                .send()
                .await
                .unwrap()
                .json()
                .await
                .unwrap();
            assert_eq!(collection["id"], id);
        }
    }
}

/// /conf/html/definition, content; /conf/geojson/definition: every GET of the description, asked by `Accept`.
#[tokio::test(flavor = "multi_thread")]
async fn each_resource_is_there_as_json_and_as_a_page() {
    let server = served().await;
    let api = server.json("/ogc/api").await;
    let mut pages = 0;
    for (path, item) in api["paths"].as_object().unwrap() {
        let shown =
            path.split('/').nth(2).is_none_or(|id| matches!(id, "parcel" | "tree" | "{collectionId}"));
        let content = &item["get"]["responses"]["200"]["content"];
        if !shown || content.get("text/html").is_none() {
            continue;
        }
        let url = format!("{}/ogc{}", server.base, filled(&api, path, &item["get"]));
        let page = server.client.get(&url).header(header::ACCEPT, "text/html").send().await.unwrap();
        assert_eq!(page.status(), StatusCode::OK, "{url}");
        assert!(page.headers()[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html"), "{url}");
        let page = page.text().await.unwrap();
        assert!(
            page.starts_with("<!DOCTYPE html>") && page.contains("<html lang=") && page.contains("<title>"),
            "{url}"
        );
        assert!(page.trim_end().ends_with("</html>"), "{url}");
        let other = server
            .client
            .get(&url)
            .header(header::ACCEPT, "application/geo+json, application/json")
            .send()
            .await
            .unwrap();
        let kind = other.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
        assert!(kind.contains("json") && content.get(&kind).is_some(), "{url}: {kind} is not described");
        let features = path.ends_with("/items") || path.contains("/items/");
        assert_eq!(kind == "application/geo+json", features, "{url}: {kind}");
        pages += 1;
    }
    assert!(pages > 15, "{pages}");
}

/// /conf/core/api-definition-success; /conf/oas30/oas-definition-2, oas-impl, completeness, exceptions-codes, security
#[tokio::test(flavor = "multi_thread")]
async fn the_description_is_openapi_3_0_and_its_paths_are_there() {
    let server = served().await;
    let api = server.json("/ogc/api").await;
    assert!(api["openapi"].as_str().unwrap().starts_with("3.0."));
    assert!(api["info"]["title"].is_string() && api["info"]["version"].is_string());
    references(&api, &api);
    let mut names = BTreeSet::new();
    for (path, item) in api["paths"].as_object().unwrap() {
        assert!(path.starts_with('/'), "{path}");
        for (method, operation) in
            item.as_object().unwrap().iter().filter(|(m, _)| *m != "parameters" && *m != "summary")
        {
            let here = format!("{method} {path}");
            assert!(
                ["get", "post", "put", "patch", "delete", "options", "head"].contains(&method.as_str()),
                "{here}"
            );
            assert!(
                names.insert(operation["operationId"].as_str().unwrap().to_owned()),
                "{here}: the name of another operation"
            );
            let responses = operation["responses"].as_object().unwrap();
            assert!(!responses.is_empty(), "{here}");
            for (status, response) in responses {
                assert!(status.parse::<u16>().is_ok() || status == "default", "{here} {status}");
                assert!(
                    resolved(&api, response)["description"].is_string(),
                    "{here} {status}: a description is required"
                );
            }
            let mut seen = BTreeSet::new();
            for parameter in parameters(&api, path, operation) {
                let (name, place) = (parameter["name"].as_str().unwrap(), parameter["in"].as_str().unwrap());
                assert!(seen.insert((name, place)), "{here}: {name} twice");
                assert!(
                    parameter["schema"].is_object() || parameter["content"].is_object(),
                    "{here}: {name}"
                );
                assert!(
                    place != "path"
                        || (parameter["required"] == true && path.contains(&format!("{{{name}}}"))),
                    "{here}: {name}"
                );
            }
        }
        // oas-impl, completeness, exceptions-codes: it is there, and answers with what is described.
        let operation = &item["get"];
        if !operation.is_object() {
            continue;
        }
        let url = filled(&api, path, operation);
        for (more, accept) in [("", "*/*"), ("?nix=1", "*/*"), ("?f=nix", "*/*"), ("", "text/html")] {
            let answer =
                server.client.get(format!("{}/ogc{url}{more}", server.base)).header(header::ACCEPT, accept);
            let answer = answer.send().await.unwrap();
            let status = answer.status().as_u16();
            assert!(status != 405 && status < 500, "{url}{more}: {status}");
            let described = &operation["responses"][status.to_string()];
            assert!(described.is_object(), "{url}{more}: {status} is not described");
            let kind = answer
                .headers()
                .get(header::CONTENT_TYPE)
                .map(|k| k.to_str().unwrap().replace("; charset=utf-8", ""));
            if let Some(kind) = kind.filter(|_| status != 204) {
                assert!(
                    resolved(&api, described)["content"].get(&kind).is_some(),
                    "{url}{more}: {status} as {kind} is not described"
                );
            }
        }
    }
    // security: each way to sign in is a scheme, and may be used; nothing has to be.
    let schemes = api["components"]["securitySchemes"].as_object().unwrap();
    let kinds: BTreeSet<(&str, &str)> = schemes
        .values()
        .map(|s| (s["type"].as_str().unwrap(), s["scheme"].as_str().or(s["in"].as_str()).unwrap()))
        .collect();
    assert_eq!(
        kinds,
        BTreeSet::from([("http", "basic"), ("http", "bearer"), ("apiKey", "cookie"), ("apiKey", "query")])
    );
    let asked: BTreeSet<&str> = api["security"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|s| s.as_object().unwrap().keys())
        .map(String::as_str)
        .collect();
    assert_eq!(asked, schemes.keys().map(String::as_str).collect());
    assert!(api["security"].as_array().unwrap().contains(&json!({})));
}

/// Every reference leads somewhere.
fn references(document: &Json, part: &Json) {
    match part {
        Json::Object(members) => {
            resolved(document, part);
            members.values().for_each(|m| references(document, m));
        }
        Json::Array(list) => list.iter().for_each(|m| references(document, m)),
        _ => {}
    }
}
