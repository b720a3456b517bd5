//! `/schema` (OGC API Features part 5): what a form and a client need to know of a layer's attributes.

use serde_json::{Value as Json, json};

use crate::front::Server;

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_tells_roles_units_codes_and_what_is_read_only() {
    let server = Server::start().await;
    let collection = server.json("/ogc/collections/admin_commune").await;
    let rel = "http://www.opengis.net/def/rel/ogc/1.0/schema";
    let link = collection["links"].as_array().unwrap().iter().find(|l| l["rel"] == rel).unwrap();
    assert_eq!(link["type"], "application/schema+json");
    let href = link["href"].as_str().unwrap().strip_prefix(&server.base).unwrap();
    // /conf/schemas, /conf/core-roles-features
    let schema = server.json(href).await;
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["type"], "object");
    let role = |of: &Json, name: &str| of["properties"][name]["x-ogc-role"].clone();
    for (name, is) in [
        ("fid", "id"),
        ("geometry", "primary-geometry"),
        ("valid_from", "primary-interval-start"),
        ("valid_to", "primary-interval-end"),
    ] {
        assert_eq!(role(&schema, name), is, "{name}");
    }
    assert_eq!(schema["properties"]["fid"]["readOnly"], true);
    assert_eq!(schema["properties"]["geometry"]["format"], "geometry-multipolygon");
    assert!(schema["required"].as_array().unwrap().contains(&json!("code")));
    // Units and codes; each document is a schema by its own rules.
    let tree = server.json("/ogc/collections/tree/schema").await;
    let height = &tree["properties"]["height_m"];
    assert_eq!((&height["x-ogc-unit"], &height["x-ogc-unitLang"]), (&json!("m"), &json!("UCUM")));
    assert!(tree["properties"]["species"]["enum"].as_array().unwrap().contains(&json!("thong")));
    assert!(height.get("readOnly").is_none());
    for document in [&schema, &tree] {
        jsonschema::meta::validate(document).unwrap();
    }
    // The records of another register are not written here.
    let permits = server.json("/ogc/collections/permit/schema").await;
    let attributes = permits["properties"].as_object().unwrap().iter().filter(|(n, _)| *n != "geometry");
    for (name, attribute) in attributes {
        assert_eq!(attribute["readOnly"], true, "{name}");
    }
}
