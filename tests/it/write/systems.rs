//! Bodies in each reference system: what is read and written back is the same version, and what is new lies where it
//! was said to lie.

use std::collections::BTreeSet;

use dothi::access::Role;
use dothi::layers::{GeometryKind, Value};
use dothi::space::crs::{Offered, Transform};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value as Json, json};

use super::{AT, TREES, ask, read, server, tree};
use crate::front::{Server, point, square};

/// ISO WKB of a bent line with odd digits.
fn line(x: f64, y: f64) -> Vec<u8> {
    let mut wkb = vec![1, 2, 0, 0, 0, 4, 0, 0, 0];
    for (dx, dy) in [(0.0, 0.0), (123.456_7, 98.765_4), (250.000_1, 51.111_3), (333.333_3, 222.222_2)] {
        wkb.extend_from_slice(&(x + dx).to_le_bytes());
        wkb.extend_from_slice(&(y + dy).to_le_bytes());
    }
    wkb
}

/// ISO WKB of two squares that touch nowhere, the first one with a hole.
fn two_areas(x: f64, y: f64) -> Vec<u8> {
    let ring = |x: f64, y: f64, side: f64| square(x, y, side)[9..].to_vec();
    let holed =
        [vec![1, 3, 0, 0, 0, 2, 0, 0, 0], ring(x, y, 40.123_4), ring(x + 3.000_1, y + 7.111_1, 5.5)].concat();
    [vec![1, 6, 0, 0, 0, 2, 0, 0, 0], holed, square(x + 100.000_7, y, 12.345_6)].concat()
}

/// Items of each type of geometry that layers have: layer and identifier.
async fn items(server: &Server, count: u32) -> Vec<(&'static str, i64)> {
    let mut made = Vec::new();
    for (layer, kind) in [
        ("tree", GeometryKind::Point),
        ("water_pipe", GeometryKind::LineString),
        ("parcel", GeometryKind::Polygon),
        ("landuse_current", GeometryKind::MultiPolygon),
    ] {
        assert_eq!(server.layer(layer).geometry, kind);
        // Over the province and beyond, with all digits of the grid in use.
        for n in 0..count {
            let (x, y) = (
                AT.0 - 90_000.0 + 17_123.456_7 * f64::from(n),
                AT.1 - 70_000.0 + 13_987.654_3 * f64::from(n),
            );
            let wkb = match kind {
                GeometryKind::Point => point(x, y),
                GeometryKind::LineString => line(x, y),
                GeometryKind::MultiPolygon => two_areas(x, y),
                _ => square(x, y, 12.345_6),
            };
            let code = [("code", Value::Text(format!("24611-12-{n}")))];
            made.push((layer, server.insert(layer, wkb, &code).await.fid));
        }
    }
    let kinds: BTreeSet<_> =
        made.iter().map(|(layer, _)| format!("{:?}", server.layer(layer).geometry)).collect();
    let all: BTreeSet<_> =
        server.state.catalog.load().layers.values().map(|l| format!("{:?}", l.geometry)).collect();
    assert_eq!(kinds, all, "a layer of another type of geometry was added: try it here too");
    made
}

async fn revision(server: &Server) -> i64 {
    server.state.store.position().await.unwrap().revision
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_in_any_system_and_written_back_makes_no_version() {
    let server = server().await;
    let chief = server.sign_in("chief", Role::Admin).await;
    let made = items(&server, 12).await;
    let before = revision(&server).await;
    for (layer, fid) in made {
        let place = format!("/ogc/collections/{layer}/items/{fid}");
        let (_, tag) = read(&server, &chief, &place).await;
        for crs in Offered::ALL {
            let given = format!("<{}>", crs.uri());
            let got =
                ask(&server, &chief, Method::GET, &format!("{place}?crs={}", crs.uri()), &[], None).await;
            assert_eq!(got.headers()["content-crs"], given.as_str());
            let (own, item) =
                (got.headers()[header::ETAG].to_str().unwrap().to_owned(), got.json::<Json>().await.unwrap());
            // The tag of any of its representations names the version.
            let headers = [("content-crs", given.as_str()), ("if-match", own.as_str())];
            for method in [Method::PUT, Method::PATCH] {
                let back = ask(&server, &chief, method, &place, &headers, Some(&item)).await;
                let answer = (back.status(), back.headers().get(header::ETAG).cloned());
                assert_eq!(
                    answer,
                    (StatusCode::NO_CONTENT, Some(tag.parse().unwrap())),
                    "{place} in {crs:?}: {item}"
                );
            }
        }
    }
    assert_eq!(revision(&server).await, before);
}

/// What a version of WFS writes before and after, and how it names an item.
fn transaction(version: &str, actions: &str) -> String {
    let (wfs, gml) = match version {
        "2.0.0" => ("http://www.opengis.net/wfs/2.0", "http://www.opengis.net/gml/3.2"),
        _ => ("http://www.opengis.net/wfs", "http://www.opengis.net/gml"),
    };
    let filter =
        if version == "2.0.0" { "http://www.opengis.net/fes/2.0" } else { "http://www.opengis.net/ogc" };
    format!(
        "<wfs:Transaction service='WFS' version='{version}' xmlns:wfs='{wfs}' xmlns:gml='{gml}' xmlns:f='{filter}' \
         xmlns:dothi='urn:x-dothi:layers'>{actions}</wfs:Transaction>"
    )
}

/// The same over WFS: `Update` of the geometry, and `Replace` by the whole feature, in each version, system and name
/// of it.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_over_wfs_and_written_back_makes_no_version() {
    let server = server().await;
    let chief = server.sign_in("chief", Role::Admin).await;
    let made = items(&server, 2).await;
    let before = revision(&server).await;
    let send = async |body: String| {
        let request = server.client.post(format!("{}/wfs", server.base)).bearer_auth(&chief);
        let answer = request.header("content-type", "text/xml").body(body).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    };
    for (layer, fid) in made {
        for (version, crs) in
            ["1.0.0", "1.1.0", "2.0.0"].into_iter().flat_map(|v| Offered::ALL.map(|c| (v, c)))
        {
            for name in [crs.code(), crs.urn(), crs.uri()] {
                let id = if version == "2.0.0" { "resourceid" } else { "featureid" };
                let pairs = [
                    ("service", "WFS"),
                    ("version", version),
                    ("request", "GetFeature"),
                    ("typename", layer),
                    ("typenames", layer),
                    ("srsname", name),
                    (id, &format!("{layer}.{fid}")),
                ];
                let read =
                    server.client.get(format!("{}/wfs", server.base)).bearer_auth(&chief).query(&pairs);
                let read = read.send().await.unwrap().text().await.unwrap();
                let within = |text: &str, open: &str, close: &str| {
                    let inner = text.split_once(open).unwrap_or_else(|| panic!("{open}: {text}")).1;
                    inner.rsplit_once(close).unwrap().0.to_owned()
                };
                let geometry = within(&read, "<dothi:geometry>", "</dothi:geometry>");
                let (reference, identifier) = match version {
                    "2.0.0" => ("ValueReference", format!("<f:ResourceId rid='{layer}.{fid}'/>")),
                    _ => ("Name", format!("<f:FeatureId fid='{layer}.{fid}'/>")),
                };
                let mut actions = vec![format!(
                    "<wfs:Update typeName='dothi:{layer}'><wfs:Property><wfs:{reference}>geometry</wfs:{reference}>\
                     <wfs:Value>{geometry}</wfs:Value></wfs:Property><f:Filter>{identifier}</f:Filter></wfs:Update>"
                )];
                if version == "2.0.0" {
                    let feature = within(&read, "<wfs:member>", "</wfs:member>");
                    actions.push(format!(
                        "<wfs:Replace>{feature}<f:Filter>{identifier}</f:Filter></wfs:Replace>"
                    ));
                }
                for action in actions {
                    let (status, said) = send(transaction(version, &action)).await;
                    let failed =
                        status != StatusCode::OK || said.contains("FAILED") || said.contains("Exception");
                    assert!(!failed, "{version} {name}: {action}: {said}");
                    assert_eq!(revision(&server).await, before, "{version} {layer} in {name}: {action}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_read_in_the_system_that_it_names() {
    let server = server().await;
    let officer = server.sign_in("officer", Role::Reviewer).await;
    let stored = (AT.0 + 10.123_4, AT.1 + 20.567_8);
    for (n, crs) in Offered::ALL.into_iter().enumerate() {
        let told = |(x, y): (f64, f64)| {
            let (x, y) = match crs {
                Offered::Epsg9218 => (x, y),
                other => Transform::new("EPSG:9218", other.code()).unwrap().convert(x, y).unwrap(),
            };
            let (a, b) = crs.axis_order().turn((x, y));
            let digits = crs.steps();
            [a, b].map(|v| (v * digits).round() / digits)
        };
        let given = format!("<{}>", crs.uri());
        let headers = [("content-crs", given.as_str())];
        let mut body = tree(0.0, 0.0, json!({"code": format!("T{n}")}));
        body["geometry"]["coordinates"] = json!(told(stored));
        let made = ask(&server, &officer, Method::POST, TREES, &headers, Some(&body)).await;
        assert_eq!(made.status(), StatusCode::CREATED, "{crs:?}: {}", made.text().await.unwrap());
        let place = made.headers()[header::LOCATION].to_str().unwrap().to_owned();
        let lies = async || {
            let item = read(&server, "", &format!("{place}?crs={}", Offered::Epsg9218.uri())).await.0;
            let at = &item["geometry"]["coordinates"];
            (at[0].as_f64().unwrap(), at[1].as_f64().unwrap())
        };
        let near = |(a, b): (f64, f64), (c, d): (f64, f64)| (a - c).abs() < 2e-4 && (b - d).abs() < 2e-4;
        assert!(near(lies().await, stored), "{crs:?}: {:?}", lies().await);
        // In the same system by a patch of the coordinates alone.
        let moved = (stored.0 + 5.0, stored.1 - 5.0);
        let patch = json!({"geometry": {"coordinates": told(moved)}});
        let answer = ask(&server, &officer, Method::PATCH, &place, &headers, Some(&patch)).await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT, "{crs:?}: {}", answer.text().await.unwrap());
        assert!(near(lies().await, moved), "{crs:?}: {:?}", lies().await);
    }
    // Degrees in the wrong order, metres as degrees, and a system that is not offered.
    let uri = |crs: Offered| format!("<{}>", crs.uri());
    for (crs, at, parameter) in [
        (uri(Offered::Epsg4326), [107.69, 12.0], "geometry"),
        (uri(Offered::Epsg4756), [107.69, 12.0], "geometry"),
        (uri(Offered::Crs84), [411_600.0, 1_327_195.0], "geometry"),
        ("<http://www.opengis.net/def/crs/EPSG/0/2154>".to_owned(), [1.0, 2.0], "Content-Crs"),
        ("nonsense".to_owned(), [1.0, 2.0], "Content-Crs"),
    ] {
        let mut body = tree(0.0, 0.0, json!({"code": "X"}));
        body["geometry"]["coordinates"] = json!(at);
        let headers = [("content-crs", crs.as_str())];
        let refused = ask(&server, &officer, Method::POST, TREES, &headers, Some(&body)).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{crs}");
        assert_eq!(refused.json::<Json>().await.unwrap()["parameter"], parameter, "{crs}");
    }
}
