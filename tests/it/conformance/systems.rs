//! OGC API Features part 2 (18-058r1, annex A). The tests stand in `ogc_crs` and `write::systems`; what they leave out
//! stands here.

use serde_json::Value as Json;

use super::table::{Class, Held};
use crate::bad_input::parameters::served;

pub(super) const CLASSES: &[Class] = &[Class {
    uri: "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    source: "18-058r1, annex A",
    held: Held::Abstract(&[
        ("/conf/crs/crs-uri", &["conformance::systems::identifiers_are_uris"]),
        (
            "/conf/crs/default-crs",
            &["conformance::systems::identifiers_are_uris", "ogc_crs::collections_list_their_systems"],
        ),
        ("/conf/crs/storageCrs", &["conformance::systems::identifiers_are_uris"]),
        ("/conf/crs/crs-parameter", &["ogc_crs::items_and_an_item_come_in_each_system"]),
        (
            "/conf/crs/crs-parameter-invalid",
            &["ogc_crs::an_unknown_system_is_refused_by_the_parameters_name"],
        ),
        ("/conf/crs/crs-parameter-default", &["ogc_crs::items_and_an_item_come_in_each_system"]),
        ("/conf/crs/crs-parameter-transform", &["ogc_crs::items_and_an_item_come_in_each_system"]),
        ("/conf/crs/bbox-crs-parameter", &["ogc_crs::one_box_finds_the_same_in_every_system"]),
        (
            "/conf/crs/bbox-crs-parameter-invalid",
            &["ogc_crs::an_unknown_system_is_refused_by_the_parameters_name"],
        ),
        ("/conf/crs/bbox-crs-parameter-default", &["ogc_crs::one_box_finds_the_same_in_every_system"]),
    ]),
}];

/// /conf/crs/crs-uri, default-crs, storageCrs, in the list and in each collection.
#[tokio::test(flavor = "multi_thread")]
async fn identifiers_are_uris() {
    let server = served().await;
    let list = server.json("/ogc/collections").await;
    let global: Vec<&str> = texts(&list["crs"]);
    for one in list["collections"].as_array().unwrap() {
        let alone = server.json(&format!("/ogc/collections/{}", one["id"].as_str().unwrap())).await;
        for collection in [one, &alone] {
            let mut systems = texts(&collection["crs"]);
            if systems.contains(&"#/crs") {
                systems.extend(&global);
            }
            assert!(systems.contains(&"http://www.opengis.net/def/crs/OGC/1.3/CRS84"), "{collection}");
            let stored = collection["storageCrs"].as_str().unwrap();
            assert!(systems.contains(&stored), "{collection}");
            for uri in systems.iter().filter(|s| **s != "#/crs") {
                // OGC 09-048r5: authority, version, code.
                let parts: Vec<&str> =
                    uri.strip_prefix("http://www.opengis.net/def/crs/").unwrap().split('/').collect();
                assert!(parts.len() == 3 && parts.iter().all(|p| !p.is_empty()), "{uri}");
                assert_eq!(url::Url::parse(uri).unwrap().as_str(), *uri);
            }
        }
    }
}

fn texts(list: &Json) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|t| t.as_str().unwrap()).collect()
}
