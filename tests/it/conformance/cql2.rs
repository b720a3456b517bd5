//! OGC API Features part 3 (19-079r2, annex A) and CQL2 (21-065r2, annex A). The predicates of CQL2's suite are asked
//! on its own data in memory and as SQL; the tests of part 3 stand here.

use reqwest::StatusCode;
use serde_json::json;

use super::table::{Class, Held};
use crate::bad_input::parameters::served;

const PREDICATES: &[&str] = &["cql2::with_test_data::the_274_predicates_of_annex_a_count_what_they_should"];
/// Combinations with AND, OR and NOT (`…/logical`): the 274 hold them too, and random trees beside SQL.
const LOGICAL: &[&str] = &[
    "cql2::with_test_data::the_274_predicates_of_annex_a_count_what_they_should",
    "history::same_meaning::a_filter_means_the_same_in_memory_and_in_sql",
];
const EXAMPLES: &[&str] = &[
    "src::filter::tests::with_test_data::examples_of_the_standard_say_the_same_in_text_and_json",
    "src::filter::tests::with_test_data::expressions_of_the_standard_are_read_and_printed_back",
];
const QUERYABLES: &[&str] = &["conformance::cql2::queryables_are_linked_and_described"];
const FILTER: &[&str] = &["conformance::cql2::a_filter_is_taken_and_a_wrong_one_refused"];
const DECLARED: &[&str] = &["conformance::each_class_that_is_declared_has_its_tests"];

const PART_3: &str = "19-079r2, annex A";
const CQL2: &str = "21-065r2, annex A";

pub(super) const CLASSES: &[Class] = &[
    Class {
        uri: "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
        source: PART_3,
        held: Held::Abstract(&[
            ("/conf/queryables/get-conformance", DECLARED),
            ("/conf/queryables/get-queryables-uris", QUERYABLES),
            ("/conf/queryables/get-queryables", QUERYABLES),
        ]),
    },
    Class {
        uri: "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables-query-parameters",
        source: PART_3,
        held: Held::Abstract(&[
            ("/conf/queryables-query-parameters/get-conformance", DECLARED),
            (
                "/conf/queryables-query-parameters/query-param",
                &[
                    "conformance::cql2::each_queryable_is_a_parameter",
                    "bad_input::parameters::a_wrong_parameter_is_400_with_its_name_and_what_was_expected",
                ],
            ),
        ]),
    },
    Class {
        uri: "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
        source: PART_3,
        held: Held::Abstract(&[
            ("/conf/filter/get-conformance", DECLARED),
            ("/conf/filter/filter-param", FILTER),
            ("/conf/filter/filter-lang-default", FILTER),
            ("/conf/filter/expression-construction", &["cql2::a_wrong_filter_is_400_and_named"]),
            ("/conf/filter/filter-crs-wgs84", &["cql2::a_filter_chooses_items_today_and_in_the_past"]),
            ("/conf/filter/filter-crs-param", &["cql2::a_filter_chooses_items_today_and_in_the_past"]),
            ("/conf/filter/get-functions", FILTER),
        ]),
    },
    Class {
        uri: "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
        source: PART_3,
        held: Held::Abstract(&[
            ("/conf/features-filter/get-conformance", DECLARED),
            ("/conf/features-filter/get-collections", QUERYABLES),
            ("/conf/features-filter/get-collection", QUERYABLES),
            ("/conf/features-filter/filter-on-items", FILTER),
            (
                "/conf/features-filter/mixing-expression",
                &["cql2::a_filter_chooses_items_today_and_in_the_past"],
            ),
        ]),
    },
    Class {
        uri: "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/functions",
        source: PART_3,
        held: Held::NoSuite {
            why: "annex A tests functions within the class Filter (get-functions); the class has no tests of its own",
            tests: &[("/req/functions/get-functions-response", FILTER)],
        },
    },
    Class {
        uri: "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
        source: CQL2,
        held: Held::Abstract(&[
            ("/conf/cql2-text/validate", EXAMPLES),
            ("/conf/cql2-text/escaping", &["src::filter::tests::operators_bind_as_in_the_grammar"]),
        ]),
    },
    Class {
        uri: "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
        source: CQL2,
        held: Held::Abstract(&[("/conf/cql2-json/validate", EXAMPLES)]),
    },
    Class {
        uri: "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
        source: CQL2,
        held: Held::Abstract(&[
            ("/conf/basic-cql2/basic-test", FILTER),
            ("/conf/basic-cql2/comparison", PREDICATES),
            ("/conf/basic-cql2/is-null", PREDICATES),
            ("/conf/basic-cql2/boolean", PREDICATES),
            ("/conf/basic-cql2/test-data", PREDICATES),
            ("/conf/basic-cql2/logical", LOGICAL),
        ]),
    },
    Class {
        uri: "http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators",
        source: CQL2,
        held: Held::Abstract(&[
            ("/conf/advanced-comparison-operators/like", PREDICATES),
            ("/conf/advanced-comparison-operators/between", PREDICATES),
            ("/conf/advanced-comparison-operators/in", PREDICATES),
            ("/conf/advanced-comparison-operators/test-data", PREDICATES),
            ("/conf/advanced-comparison-operators/logical", LOGICAL),
        ]),
    },
    Class {
        uri: "http://www.opengis.net/spec/cql2/1.0/conf/case-insensitive-comparison",
        source: CQL2,
        held: Held::Abstract(&[
            ("/conf/case-insensitive-comparison/casei", PREDICATES),
            ("/conf/case-insensitive-comparison/casei-like", PREDICATES),
            ("/conf/case-insensitive-comparison/test-data", PREDICATES),
            ("/conf/case-insensitive-comparison/logical", LOGICAL),
        ]),
    },
    Class {
        uri: "http://www.opengis.net/spec/cql2/1.0/conf/accent-insensitive-comparison",
        source: CQL2,
        held: Held::Abstract(&[
            ("/conf/accent-insensitive-comparison/accenti", PREDICATES),
            ("/conf/accent-insensitive-comparison/accenti-like", PREDICATES),
            ("/conf/accent-insensitive-comparison/accenti-casei", PREDICATES),
            ("/conf/accent-insensitive-comparison/accenti-casei-like", PREDICATES),
            ("/conf/accent-insensitive-comparison/test-data", PREDICATES),
            ("/conf/accent-insensitive-comparison/logical", LOGICAL),
        ]),
    },
    Class {
        uri: "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions",
        source: CQL2,
        held: Held::Abstract(&[
            ("/conf/basic-spatial-functions/s_intersects", PREDICATES),
            ("/conf/basic-spatial-functions/test-data", PREDICATES),
            ("/conf/basic-spatial-functions/logical", LOGICAL),
        ]),
    },
    Class {
        uri: "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-operators",
        source: "drafts of 21-065",
        held: Held::NoSuite {
            why: "the drafts' name of basic-spatial-functions, for which clients of their time look",
            tests: &[("/conf/basic-spatial-functions/s_intersects", PREDICATES)],
        },
    },
    Class {
        uri: "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions-plus",
        source: CQL2,
        held: Held::Abstract(&[
            ("/conf/basic-spatial-functions-plus/s_intersects", PREDICATES),
            ("/conf/basic-spatial-functions-plus/test-data", PREDICATES),
        ]),
    },
    Class {
        uri: "http://www.opengis.net/spec/cql2/1.0/conf/spatial-functions",
        source: CQL2,
        held: Held::Abstract(&[
            ("/conf/spatial-functions/s_intersects", PREDICATES),
            ("/conf/spatial-functions/s_disjoint", PREDICATES),
            ("/conf/spatial-functions/s_equals", PREDICATES),
            ("/conf/spatial-functions/s_touches", PREDICATES),
            ("/conf/spatial-functions/s_crosses", PREDICATES),
            ("/conf/spatial-functions/s_within", PREDICATES),
            ("/conf/spatial-functions/s_contains", PREDICATES),
            ("/conf/spatial-functions/s_overlaps", PREDICATES),
            ("/conf/spatial-functions/test-data", PREDICATES),
            ("/conf/spatial-functions/logical", LOGICAL),
        ]),
    },
    Class {
        uri: "http://www.opengis.net/spec/cql2/1.0/conf/spatial-operators",
        source: "drafts of 21-065",
        held: Held::NoSuite {
            why: "the drafts' name of spatial-functions, for which clients of their time look",
            tests: &[("/conf/spatial-functions/test-data", PREDICATES)],
        },
    },
    Class {
        uri: "http://www.opengis.net/spec/cql2/1.0/conf/temporal-functions",
        source: CQL2,
        held: Held::Abstract(&[
            ("/conf/temporal-functions/temporal-functions-1", PREDICATES),
            ("/conf/temporal-functions/temporal-functions-2", PREDICATES),
            ("/conf/temporal-functions/test-data", PREDICATES),
            ("/conf/temporal-functions/logical", LOGICAL),
        ]),
    },
    Class {
        uri: "http://www.opengis.net/spec/cql2/1.0/conf/array-functions",
        source: CQL2,
        held: Held::Abstract(&[
            ("/conf/array-functions/array-predicates", &["conformance::cql2::arrays_are_compared_as_sets"]),
            ("/conf/array-functions/logical", &["conformance::cql2::arrays_are_compared_as_sets"]),
        ]),
    },
    Class {
        uri: "http://www.opengis.net/spec/cql2/1.0/conf/property-property",
        source: CQL2,
        held: Held::Abstract(&[
            ("/conf/property-property/comparison-value-property", PREDICATES),
            ("/conf/property-property/comparison-property-property", PREDICATES),
            ("/conf/property-property/comparison-value-value", PREDICATES),
            ("/conf/property-property/test-data", PREDICATES),
            ("/conf/property-property/logical", LOGICAL),
        ]),
    },
    Class {
        uri: "http://www.opengis.net/spec/cql2/1.0/conf/functions",
        source: CQL2,
        held: Held::Abstract(&[(
            "/conf/functions/functions",
            &[
                "cql2::a_filter_chooses_items_today_and_in_the_past",
                "wfs_filters::filters_compute_and_measure",
            ],
        )]),
    },
    Class {
        uri: "http://www.opengis.net/spec/cql2/1.0/conf/arithmetic",
        source: CQL2,
        held: Held::Abstract(&[
            ("/conf/arithmetic/arithmetic", PREDICATES),
            ("/conf/arithmetic/test-data", PREDICATES),
            ("/conf/arithmetic/logical", LOGICAL),
        ]),
    },
];

const QUERYABLES_REL: &str = "http://www.opengis.net/def/rel/ogc/1.0/queryables";

/// /conf/queryables/get-queryables-uris, get-queryables; /conf/features-filter/get-collections, get-collection
#[tokio::test(flavor = "multi_thread")]
async fn queryables_are_linked_and_described() {
    let server = served().await;
    let list = server.json("/ogc/collections").await;
    for collection in list["collections"].as_array().unwrap() {
        let id = collection["id"].as_str().unwrap();
        let alone = server.json(&format!("/ogc/collections/{id}")).await;
        for links in [&collection["links"], &alone["links"]] {
            let link = links.as_array().unwrap().iter().find(|l| l["rel"] == QUERYABLES_REL);
            assert_eq!(link.unwrap()["type"], "application/schema+json", "{id}");
        }
        let uri = alone["links"].as_array().unwrap().iter().find(|l| l["rel"] == QUERYABLES_REL).unwrap();
        let uri = uri["href"].as_str().unwrap();
        let answer = server.client.get(uri).header("accept", "application/schema+json").send().await.unwrap();
        assert_eq!(
            (answer.status(), &answer.headers()["content-type"]),
            (StatusCode::OK, &"application/schema+json".parse().unwrap())
        );
        let schema: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{id}");
        assert_eq!((&schema["$id"], &schema["type"]), (&json!(uri), &json!("object")), "{id}");
        let properties = schema["properties"].as_object().unwrap();
        assert!(!properties.is_empty(), "{id}");
        for (name, property) in properties {
            let spatial = property["format"].as_str().is_some_and(|f| f.starts_with("geometry-"));
            assert!(property["type"].is_string() || spatial, "{id} {name}: {property}");
        }
        jsonschema::validator_for(&schema).unwrap_or_else(|e| panic!("{id}: {e}"));
    }
}

/// /conf/queryables-query-parameters/query-param: each attribute by the value that an item has.
#[tokio::test(flavor = "multi_thread")]
async fn each_queryable_is_a_parameter() {
    let server = served().await;
    for id in ["parcel", "tree"] {
        let item = server.json(&format!("/ogc/collections/{id}/items?limit=1")).await["features"][0].clone();
        let queryables = server.json(&format!("/ogc/collections/{id}/queryables")).await;
        let mut asked = 0;
        for name in queryables["properties"].as_object().unwrap().keys() {
            let value = match &item["properties"][name] {
                serde_json::Value::Null => continue,
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let value: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
            let found = server.json(&format!("/ogc/collections/{id}/items?{name}={value}")).await;
            let features = found["features"].as_array().unwrap();
            assert!(!features.is_empty(), "{id} {name}={value}");
            assert!(features.iter().all(|f| f["properties"][name] == item["properties"][name]), "{found}");
            asked += 1;
        }
        assert!(asked > 0, "{item}");
    }
}

/// /conf/filter/filter-param, filter-lang-default, get-functions; /conf/features-filter/filter-on-items;
/// /conf/basic-cql2/basic-test
#[tokio::test(flavor = "multi_thread")]
async fn a_filter_is_taken_and_a_wrong_one_refused() {
    let server = served().await;
    let api = server.json("/ogc/api").await;
    for id in ["parcel", "tree", "river"] {
        let items = format!("/ogc/collections/{id}/items");
        let described =
            api["paths"][format!("/collections/{id}/items")]["get"]["parameters"].as_array().unwrap();
        for name in ["filter", "filter-lang", "filter-crs"] {
            assert!(
                described.contains(&json!({"$ref": format!("#/components/parameters/{name}")})),
                "{id} {name}"
            );
        }
        for filter in [
            "code%20IS%20NULL",
            "code%20IS%20NULL&filter-lang=cql2-text",
            "%7B%22op%22:%22isNull%22,%22args%22:[%7B%22property%22:%22code%22%7D]%7D&filter-lang=cql2-json",
        ] {
            let answer = server.get(&format!("{items}?filter={filter}")).await;
            assert_eq!(
                (answer.status(), &answer.headers()["content-type"]),
                (StatusCode::OK, &"application/geo+json".parse().unwrap()),
                "{filter}"
            );
        }
        for filter in [
            "THIS%20IS%20NOT%20A%20FILTER",
            "code%20IS%20NULL&filter-lang=sql",
            "code%20IS%20NULL&filter-lang=cql2-json",
        ] {
            assert_eq!(
                server.get(&format!("{items}?filter={filter}")).await.status(),
                StatusCode::BAD_REQUEST,
                "{filter}"
            );
        }
    }
    assert_eq!(api["components"]["parameters"]["filter-lang"]["schema"]["default"], "cql2-text");
    let landing = server.json("/ogc/").await;
    let rel = "http://www.opengis.net/def/rel/ogc/1.0/functions";
    let link = landing["links"].as_array().unwrap().iter().find(|l| l["rel"] == rel).unwrap();
    let functions: serde_json::Value =
        server.client.get(link["href"].as_str().unwrap()).send().await.unwrap().json().await.unwrap();
    let names: Vec<&str> =
        functions["functions"].as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["fold", "dwithin"]);
    for function in functions["functions"].as_array().unwrap() {
        let types = function["arguments"]
            .as_array()
            .unwrap()
            .iter()
            .map(|a| &a["type"])
            .chain([&function["returns"]]);
        for one in types.flat_map(|t| t.as_array().unwrap()) {
            let known = ["string", "number", "integer", "datetime", "geometry", "boolean"];
            assert!(known.contains(&one.as_str().unwrap()), "{function}");
        }
    }
}

/// /conf/array-functions/array-predicates, logical: no attribute is an array, so both sides are literals of terms.
#[tokio::test(flavor = "multi_thread")]
async fn arrays_are_compared_as_sets() {
    let server = served().await;
    let count = async |filter: &str| {
        let filter: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        server.json(&format!("/ogc/collections/parcel/items?filter={filter}")).await["numberMatched"].clone()
    };
    for (filter, holds) in [
        ("A_EQUALS((code, 'x'), ('x', code))", true),
        ("A_EQUALS((code), ('x'))", false),
        ("A_CONTAINS(('x', code), (code))", true),
        ("A_CONTAINS((code), ('x', code))", false),
        ("A_CONTAINEDBY((1), (1, 2))", true),
        ("A_CONTAINEDBY((1, 3), (1, 2))", false),
        ("A_OVERLAPS((1, 'a'), ('a', 2))", true),
        ("A_OVERLAPS((1, 'a'), ('b', 2))", false),
    ] {
        assert_eq!(count(filter).await, i32::from(holds), "{filter}");
        assert_eq!(count(&format!("NOT {filter}")).await, i32::from(!holds), "NOT {filter}");
        assert_eq!(count(&format!("{filter} AND code IS NULL")).await, 0, "{filter}");
        assert_eq!(count(&format!("{filter} OR code IS NOT NULL")).await, 1, "{filter}");
    }
}
