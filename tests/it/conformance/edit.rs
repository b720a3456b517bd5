//! OGC API Features part 4 (20-002, draft) and part 5 (23-058r1). The abstract tests of part 4 are not written yet (its
//! annex A says so), so that its requirements are named in their place.

use dothi::access::Role;
use reqwest::{Method, StatusCode, header};
use serde_json::{Value as Json, json};

use super::table::{Class, Held};
use crate::front::{Server, point};

const ROUND: &[&str] = &["write::an_item_is_made_replaced_changed_and_removed"];
const OPERATIONS: &[&str] = &["conformance::edit::the_operations_of_part_4_answer_as_it_says"];
const BODIES: &[&str] = &["write::wrong_bodies_are_named"];
const LOCKS: &[&str] = &["write::versions::a_version_that_is_stale_or_missing_is_refused"];
const TIMES: &[&str] = &["write::versions::a_write_after_the_time_that_was_read_is_refused"];
const SCHEMA: &[&str] = &["ogc_schema::a_schema_tells_roles_units_codes_and_what_is_read_only"];

const PART_4: &str = "20-002 (draft of the repository), requirements";
const NO_SUITE: &str = "annex A of the draft: test cases will be added once the requirements are final";

pub(super) const CLASSES: &[Class] = &[
    Class {
        uri: "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/create-replace-delete",
        source: PART_4,
        held: Held::NoSuite {
            why: NO_SUITE,
            tests: &[
                ("/req/create-replace-delete/methods", OPERATIONS),
                ("/req/create-replace-delete/post-op", OPERATIONS),
                ("/req/create-replace-delete/post-body", BODIES),
                ("/req/create-replace-delete/post-content-type", BODIES),
                ("/req/create-replace-delete/post-response", OPERATIONS),
                ("/req/create-replace-delete/post-response-rid", OPERATIONS),
                ("/req/create-replace-delete/put-op", ROUND),
                ("/req/create-replace-delete/put-body", ROUND),
                ("/req/create-replace-delete/put-content-type", OPERATIONS),
                ("/req/create-replace-delete/put-response", OPERATIONS),
                ("/req/create-replace-delete/put-rid", OPERATIONS),
                ("/req/create-replace-delete/put-rid-exception", OPERATIONS),
                ("/req/create-replace-delete/delete-op", ROUND),
                ("/req/create-replace-delete/delete-response", OPERATIONS),
                ("/req/create-replace-delete/options-op", OPERATIONS),
                ("/req/create-replace-delete/options-response", OPERATIONS),
                ("/req/features/crs/crs84", &["write::systems::a_body_is_read_in_the_system_that_it_names"]),
                (
                    "/req/features/crs/content-crs-header",
                    &["write::systems::a_body_is_read_in_the_system_that_it_names"],
                ),
                (
                    "/req/features/crs/other-crs",
                    &["write::systems::what_is_read_in_any_system_and_written_back_makes_no_version"],
                ),
            ],
        },
    },
    Class {
        uri: "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/update",
        source: PART_4,
        held: Held::NoSuite {
            why: NO_SUITE,
            tests: &[
                ("/req/update/methods", OPERATIONS),
                ("/req/update/patch-op", ROUND),
                ("/req/update/patch-body", ROUND),
                ("/req/update/response", OPERATIONS),
                ("/req/update/rid", OPERATIONS),
                ("/req/features/update-json-merge-patch", ROUND),
            ],
        },
    },
    Class {
        uri: "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/optimistic-locking-etags",
        source: PART_4,
        held: Held::NoSuite {
            why: NO_SUITE,
            tests: &[
                ("/req/optimistic-locking-etags/etag-get-response", &["ogc::an_items_tag_is_its_version"]),
                ("/req/optimistic-locking-etags/etag-put-response", ROUND),
                ("/req/optimistic-locking-etags/etag-patch-response", OPERATIONS),
                ("/req/optimistic-locking-etags/ifmatch-put-op", OPERATIONS),
                ("/req/optimistic-locking-etags/ifmatch-put-eval", OPERATIONS),
                ("/req/optimistic-locking-etags/ifmatch-patch-op", LOCKS),
                (
                    "/req/optimistic-locking-etags/ifmatch-patch-eval",
                    &["write::versions::a_stale_save_names_who_came_in_between"],
                ),
            ],
        },
    },
    Class {
        uri: "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/optimistic-locking-timestamps",
        source: PART_4,
        held: Held::NoSuite {
            why: NO_SUITE,
            tests: &[
                ("/req/optimistic-locking-timestamps/lastmodified-get-response", TIMES),
                ("/req/optimistic-locking-timestamps/lastmodified-put-response", TIMES),
                ("/req/optimistic-locking-timestamps/lastmodified-patch-response", TIMES),
                ("/req/optimistic-locking-timestamps/ifunmodifiedsince-put-op", TIMES),
                ("/req/optimistic-locking-timestamps/ifunmodifiedsince-put-eval", TIMES),
                ("/req/optimistic-locking-timestamps/ifunmodifiedsince-patch-op", TIMES),
                ("/req/optimistic-locking-timestamps/ifunmodifiedsince-patch-eval", TIMES),
            ],
        },
    },
    Class {
        uri: "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/schemas",
        source: "23-058r1, annex A",
        held: Held::Abstract(&[
            ("/conf/schemas/basic-schema-inspection", &["conformance::edit::schemas_are_as_part_5_says"]),
            ("/conf/schemas/role", SCHEMA),
            ("/conf/schemas/role-id", &["conformance::edit::schemas_are_as_part_5_says"]),
            ("/conf/schemas/property-seq", &["conformance::edit::schemas_are_as_part_5_says"]),
            ("/conf/schemas/unit", SCHEMA),
            ("/conf/schemas/definition", &["conformance::edit::schemas_are_as_part_5_says"]),
            ("/conf/schemas/nullvalues", &["conformance::edit::schemas_are_as_part_5_says"]),
        ]),
    },
    Class {
        uri: "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/core-roles-features",
        source: "23-058 (draft of 2024)",
        held: Held::NoSuite {
            why: "the draft's name of advanced-property-roles, which clients of its time look for; no suite had it",
            tests: &[
                (
                    "/conf/advanced-property-roles/role-primary-geometry",
                    &["conformance::edit::schemas_are_as_part_5_says"],
                ),
                (
                    "/conf/advanced-property-roles/role-primary-temporal",
                    &["conformance::edit::schemas_are_as_part_5_says"],
                ),
            ],
        },
    },
];

const ITEMS: &str = "/ogc/collections/tree/items";

/// POST, PUT, PATCH, DELETE and OPTIONS: statuses, `Location`, tags, the item that is not there.
#[tokio::test(flavor = "multi_thread")]
async fn the_operations_of_part_4_answer_as_it_says() {
    let server = Server::start().await;
    let token = server.sign_in("chief", Role::Admin).await;
    server.insert("tree", point(411_600.0, 1_327_195.0), &[]).await;
    let ask = async |method: Method, path: &str, kind: &str, body: &Json| {
        let path = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", server.base) };
        let request =
            server.client.request(method, path).bearer_auth(&token).header(header::CONTENT_TYPE, kind);
        request.body(body.to_string()).send().await.unwrap()
    };
    let geojson = "application/geo+json";
    let tree = |code: &str, lon: f64| json!({"type": "Feature", "geometry": {"type": "Point", "coordinates": [lon, 12.5]}, "properties": {"code": code}});
    // post-op, post-response: 201 and where it lies. post-response-rid: what lies there is what was sent.
    let made = ask(Method::POST, ITEMS, geojson, &tree("T1", 107.7)).await;
    assert_eq!(made.status(), StatusCode::CREATED);
    let place = made.headers()[header::LOCATION].to_str().unwrap().to_owned();
    let item: Json = server.client.get(&place).send().await.unwrap().json().await.unwrap();
    assert_eq!((&item["properties"]["code"], &item["geometry"]["type"]), (&json!("T1"), &json!("Point")));
    // To the grid of 0.1 mm that is stored.
    let near =
        |i: usize, given: f64| (item["geometry"]["coordinates"][i].as_f64().unwrap() - given).abs() < 2e-9;
    assert!(near(0, 107.7) && near(1, 12.5), "{item}");
    assert!(place.ends_with(&format!("{ITEMS}/{}", item["id"])), "{place}");
    // put-response, etag-put-response; update/response, etag-patch-response: the new version's tag.
    for (method, kind, body, code) in [
        (Method::PUT, geojson, tree("T2", 107.71), "T2"),
        (Method::PUT, "application/json", tree("T3", 107.72), "T3"),
        (Method::PATCH, "application/merge-patch+json", json!({"properties": {"code": "T4"}}), "T4"),
    ] {
        let answer = ask(method, &place, kind, &body).await;
        assert!(matches!(answer.status(), StatusCode::OK | StatusCode::NO_CONTENT), "{body}");
        let read = server.client.get(&place).send().await.unwrap();
        assert_eq!(answer.headers()[header::ETAG], read.headers()[header::ETAG], "{body}");
        let read: Json = read.json().await.unwrap();
        // put-rid, update/rid: it is the same item.
        assert_eq!((&read["id"], &read["properties"]["code"]), (&item["id"], &json!(code)));
    }
    // ifmatch-put-op, -put-eval: a version that was replaced is refused, the one that stands is replaced.
    let read = server.client.get(&place).send().await.unwrap();
    let standing = read.headers()[header::ETAG].to_str().unwrap().to_owned();
    for (tag, status) in
        [("\"1-stale\"", StatusCode::PRECONDITION_FAILED), (&standing, StatusCode::NO_CONTENT)]
    {
        let request = server.client.put(&place).bearer_auth(&token).header(header::CONTENT_TYPE, geojson);
        let answer =
            request.header("if-match", tag).body(tree("T5", 107.7).to_string()).send().await.unwrap();
        assert_eq!(answer.status(), status, "{tag}");
    }
    // put-rid-exception: what is not there is 404, and is not made.
    let gone = format!("{ITEMS}/999999");
    for (method, kind, body) in [
        (Method::PUT, geojson, tree("T9", 107.7)),
        (Method::PATCH, "application/merge-patch+json", json!({"properties": {"code": "T9"}})),
        (Method::DELETE, geojson, json!(null)),
    ] {
        assert_eq!(ask(method, &gone, kind, &body).await.status(), StatusCode::NOT_FOUND);
    }
    assert_eq!(server.get(&gone).await.status(), StatusCode::NOT_FOUND);
    // A body's media type that is not read.
    for (method, path) in [(Method::POST, ITEMS), (Method::PUT, place.as_str()), (Method::PATCH, &place)] {
        let answer = ask(method, path, "text/csv", &tree("T9", 107.7)).await;
        assert_eq!(answer.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    // methods, options-op, options-response: what may be done is in Allow, and only what may be.
    let allowed = async |path: &str, token: Option<&str>| {
        let path = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", server.base) };
        let request = server.client.request(Method::OPTIONS, path);
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success());
        let allow = answer.headers()[header::ALLOW].to_str().unwrap().to_owned();
        allow.split(',').map(|m| m.trim().to_owned()).collect::<Vec<_>>()
    };
    let may = allowed(ITEMS, Some(&token)).await;
    assert!(["GET", "POST", "OPTIONS"].iter().all(|m| may.contains(&(*m).to_owned())), "{may:?}");
    let may = allowed(&place, Some(&token)).await;
    assert!(["GET", "PUT", "PATCH", "DELETE"].iter().all(|m| may.contains(&(*m).to_owned())), "{may:?}");
    let public = [allowed(ITEMS, None).await, allowed(&place, None).await].concat();
    assert!(
        ["POST", "PUT", "PATCH", "DELETE"].iter().all(|m| !public.contains(&(*m).to_owned())),
        "{public:?}"
    );
    // delete-response.
    let answer = ask(Method::DELETE, &place, geojson, &json!(null)).await;
    assert!(matches!(answer.status(), StatusCode::OK | StatusCode::NO_CONTENT));
    assert_eq!(server.client.get(&place).send().await.unwrap().status(), StatusCode::NOT_FOUND);
}

/// /conf/schemas/…, /conf/advanced-property-roles/role-primary-geometry, role-primary-temporal
#[tokio::test(flavor = "multi_thread")]
async fn schemas_are_as_part_5_says() {
    let server = Server::start().await;
    let list = server.json("/ogc/collections").await;
    let ids: Vec<&str> =
        list["collections"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap()).collect();
    let mut timed = 0;
    for id in ids {
        let schema = server.json(&format!("/ogc/collections/{id}/schema")).await;
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{id}");
        assert_eq!(schema["type"], "object", "{id}");
        jsonschema::validator_for(&schema).unwrap_or_else(|e| panic!("{id}: {e}"));
        let properties = schema["properties"].as_object().unwrap();
        let of_role =
            |role: &str| properties.values().filter(|p| p["x-ogc-role"] == role).collect::<Vec<_>>();
        for (name, property) in properties {
            let format = property["format"].as_str().unwrap_or_default();
            match property["type"].as_str() {
                // Spatial properties have no type, all others one; none is an object of its own.
                None => assert!(format.starts_with("geometry-"), "{id} {name}: {property}"),
                Some(kind) => {
                    assert!(
                        ["string", "number", "integer", "boolean"].contains(&kind),
                        "{id} {name}: {property}"
                    );
                }
            }
            for text in ["title", "description", "x-ogc-unit", "x-ogc-definition"] {
                assert!(property[text].is_null() || property[text].is_string(), "{id} {name}: {text}");
            }
            assert!(
                property["x-ogc-nullValues"].is_null() || property["x-ogc-nullValues"].is_array(),
                "{id} {name}"
            );
            assert!(
                property["x-ogc-propertySeq"].is_null() || property["x-ogc-propertySeq"].is_u64(),
                "{id} {name}"
            );
        }
        let [identifier] = of_role("id")[..] else { panic!("{id}: one property is the identifier") };
        assert!(identifier["type"] == "integer" || identifier["type"] == "string", "{id}");
        let [geometry] = of_role("primary-geometry")[..] else {
            panic!("{id}: one property is the geometry")
        };
        assert!(
            geometry["type"].is_null() && geometry["format"].as_str().unwrap().starts_with("geometry-"),
            "{id}"
        );
        let roles = ["primary-instant", "primary-interval-start", "primary-interval-end"].map(of_role);
        assert!(roles.iter().all(|r| r.len() <= 1), "{id}");
        let [instant, start, end] = roles.map(|r| r.len());
        assert!(instant == 0 || start + end == 0, "{id}: an instant or an interval");
        for property in ["primary-instant", "primary-interval-start", "primary-interval-end"]
            .iter()
            .flat_map(|r| of_role(r))
        {
            assert_eq!(property["type"], "string", "{id}");
            assert!(property["format"] == "date" || property["format"] == "date-time", "{id}: {property}");
            timed += 1;
        }
    }
    assert!(timed > 3, "{timed}");
}
