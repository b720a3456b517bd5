//! Parameters of the OGC API, read from its description: each one that is wrong is 400 with its name and what was
//! expected, and so is one that is unknown; WFS and XYZ tiles leave unknown ones aside, since clients send their own.

use reqwest::StatusCode;
use serde_json::Value as Json;

use crate::front::{Server, point, square};

const AT: (f64, f64) = (411_600.0, 1_327_195.0);

pub(crate) async fn served() -> Server {
    let server = Server::start().await;
    server.insert("parcel", square(AT.0, AT.1, 10.0), &[]).await;
    server.insert("tree", point(AT.0, AT.1), &[]).await;
    let ends = [AT.0, AT.1, AT.0 + 100.0, AT.1 + 5.0].map(f64::to_le_bytes).concat();
    server.insert("river", [&[1, 2, 0, 0, 0, 2, 0, 0, 0][..], &ends].concat(), &[]).await;
    server
}

/// What a reference of the document stands for.
pub(crate) fn resolved<'a>(document: &'a Json, value: &'a Json) -> &'a Json {
    match value["$ref"].as_str() {
        Some(reference) => {
            document.pointer(reference.trim_start_matches('#')).unwrap_or_else(|| panic!("{reference}"))
        }
        None => value,
    }
}

/// The parameters of an operation, those of its path with it.
pub(crate) fn parameters<'a>(document: &'a Json, path: &str, operation: &'a Json) -> Vec<&'a Json> {
    let lists = [&document["paths"][path]["parameters"], &operation["parameters"]];
    lists.into_iter().filter_map(Json::as_array).flatten().map(|p| resolved(document, p)).collect()
}

/// A path of the document with a value in the place of each of its parameters.
pub(crate) fn filled(document: &Json, path: &str, operation: &Json) -> String {
    let mut out = path.to_owned();
    for parameter in parameters(document, path, operation).iter().filter(|p| p["in"] == "path") {
        let name = parameter["name"].as_str().unwrap();
        let schema = resolved(document, &parameter["schema"]);
        let value = match (name, schema["enum"][0].as_str(), schema["type"].as_str()) {
            (_, Some(first), _) => first.to_owned(),
            ("fid", ..) => "1".to_owned(),
            ("file", ..) if path.contains("sprites") => "default.json".to_owned(),
            ("tileMatrix", ..) | (_, _, Some("integer")) => "0".to_owned(),
            ("collectionId" | "styleId" | "id", ..) => "parcel".to_owned(),
            other => panic!("say what stands for {other:?} of {path}"),
        };
        out = out.replace(&format!("{{{name}}}"), &value);
    }
    assert!(!out.contains('{'), "a parameter of {path} is not described");
    out
}

/// The collections whose paths are walked, one of each kind of geometry: the others are described by the same code.
fn is_walked(path: &str) -> bool {
    let mut parts = path.split('/').skip(1);
    parts.next() != Some("collections")
        || matches!(parts.next(), None | Some("parcel" | "tree" | "river" | "{collectionId}"))
}

/// Every GET of the description.
fn gets(document: &Json) -> Vec<(String, &Json)> {
    let paths = document["paths"].as_object().unwrap();
    let gets: Vec<_> = paths
        .iter()
        .filter(|(p, o)| o["get"].is_object() && is_walked(p))
        .map(|(p, o)| (p.clone(), &o["get"]))
        .collect();
    assert!(gets.len() > 20, "{gets:?}");
    gets
}

async fn problem(server: &Server, path: &str) -> (StatusCode, Json) {
    let request = server.client.get(format!("{}/ogc{path}", server.base)).header("accept-language", "en");
    let answer = request.send().await.unwrap();
    let status = answer.status();
    (status, answer.json().await.unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_parameter_is_400_in_every_ogc_resource() {
    let server = served().await;
    let document = server.json("/ogc/api").await;
    let mut wrong = Vec::new();
    for (path, operation) in gets(&document) {
        let (status, said) =
            problem(&server, &format!("{}?nix=1", filled(&document, &path, operation))).await;
        if status != StatusCode::BAD_REQUEST || said["parameter"] != "nix" {
            wrong.push(format!("{path}: {status} {said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_parameter_is_400_with_its_name_and_what_was_expected() {
    let server = served().await;
    let document = server.json("/ogc/api").await;
    let (mut wrong, mut asked) = (Vec::new(), 0);
    for (path, operation) in gets(&document) {
        let here = filled(&document, &path, operation);
        for parameter in parameters(&document, &path, operation).iter().filter(|p| p["in"] == "query") {
            let name = parameter["name"].as_str().unwrap();
            for value in wrong_values(name, resolved(&document, &parameter["schema"])) {
                asked += 1;
                let value: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
                let (status, said) = problem(&server, &format!("{here}?{name}={value}")).await;
                let detail = said["detail"].as_str().unwrap_or_default();
                // The name, a colon, and more than that.
                let told = said["parameter"] == name && detail.len() > name.len() + 15;
                if status != StatusCode::BAD_REQUEST || !told {
                    wrong.push(format!("{here}?{name}={value}: {status} {said}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(asked > 100, "{asked}");
}

/// Values that cannot be right.
fn wrong_values(name: &str, schema: &Json) -> Vec<&'static str> {
    match name {
        "bbox" => {
            return vec![
                "",
                "1",
                "1,2,3",
                "1,2,3,4,5",
                "a,b,c,d",
                "1,2,nan,4",
                "1,2,inf,4",
                "107,13,108,12",
                "1e999,2,3,4",
            ];
        }
        "datetime" => {
            return vec![
                "",
                "now",
                "2026-02-30",
                "2026-02-01/2026-01-01",
                "../..",
                "2026-01-01/2026-01-02/2026-01-03",
            ];
        }
        "limit" => return vec!["", "0", "-1", "1.5", "ten", "NaN", "99999999999999999999999"],
        "after" => return vec!["-1", "x", "1.5"],
        "at" => return vec!["yesterday", "-1", "2026-02-30"],
        "filter" => return vec!["", "(", "nix = 1", "1", "fid = "],
        "sortby" | "properties" => return vec!["nix", ",,"],
        _ => {}
    }
    let is_text = schema["type"].is_null() || schema["type"] == "string";
    if schema["enum"].is_array()
        || matches!(schema["format"].as_str(), Some("date" | "date-time" | "uri"))
        || !is_text
    {
        return vec!["nix!"];
    }
    Vec::new()
}

#[tokio::test(flavor = "multi_thread")]
async fn wfs_and_xyz_leave_unknown_parameters_aside() {
    let server = served().await;
    for path in [
        "/wfs?service=WFS&request=GetCapabilities&nix=1&MAP=x",
        "/wfs?nix=1&service=WFS&version=2.0.0&request=GetFeature&typenames=dothi:parcel&contextualWMSLegend=0",
        "/wfs?service=WFS&version=1.1.0&request=DescribeFeatureType&typename=parcel&nix=",
        "/tiles/parcel.json?nix=1",
        "/tiles/parcel/14/13092/7632.mvt?nix=1",
    ] {
        let status = server.get(path).await.status();
        assert!(matches!(status, StatusCode::OK | StatusCode::NO_CONTENT), "{path}: {status}");
    }
}
