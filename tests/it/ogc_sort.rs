//! `sortby` and `properties` through the front door, and pages that stay true while others write.

use dothi::access::Role;
use dothi::layers::Value;
use reqwest::StatusCode;
use serde_json::{Value as Json, json};

use crate::front::{Server, point};

const AT: (f64, f64) = (411_600.0, 1_327_195.0);
const TREES: &str = "/ogc/collections/tree/items";

fn text(v: &str) -> Value {
    Value::Text(v.to_owned())
}

async fn tree(server: &Server, code: &str, species: Option<&str>, height: Option<f64>) -> i64 {
    let mut values = vec![("code", text(code))];
    values.extend(species.map(|s| ("species", text(s))));
    values.extend(height.map(|h| ("height_m", Value::Real(h))));
    server.insert("tree", point(AT.0, AT.1), &values).await.fid
}

fn codes(page: &Json) -> Vec<String> {
    let of = |f: &Json| f["properties"]["code"].as_str().unwrap().to_owned();
    page["features"].as_array().unwrap().iter().map(of).collect()
}

fn next(server: &Server, page: &Json) -> Option<String> {
    let link = page["links"].as_array().unwrap().iter().find(|l| l["rel"] == "next")?;
    Some(link["href"].as_str().unwrap().strip_prefix(&server.base).unwrap().to_owned())
}

/// All pages from `path` on.
async fn paged(server: &Server, path: &str) -> Vec<String> {
    let (mut all, mut at) = (Vec::new(), Some(path.to_owned()));
    while let Some(path) = at {
        let page = server.json(&path).await;
        all.extend(codes(&page));
        at = next(server, &page);
        assert!(all.len() < 100, "{path}");
    }
    all
}

async fn wood(server: &Server) {
    for (code, species, height) in [
        ("T1", Some("thong"), Some(4.5)),
        ("T2", None, Some(10.0)),
        ("T3", Some("sao_den"), None),
        ("T4", Some("thong"), Some(12.0)),
        ("T5", Some("bang_lang"), Some(4.5)),
        ("T6", None, None),
        ("T7", Some("sao_den"), Some(4.5)),
    ] {
        tree(server, code, species, height).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn items_come_in_the_order_that_is_asked_for_now_and_then() {
    let server = Server::start().await;
    wood(&server).await;
    let revision = server.get(TREES).await.headers()["dothi-revision"].to_str().unwrap().to_owned();
    for (sortby, order) in [
        ("height_m", ["T1", "T5", "T7", "T2", "T4", "T3", "T6"]),
        ("-height_m", ["T4", "T2", "T1", "T5", "T7", "T3", "T6"]),
        ("species,-height_m", ["T5", "T7", "T3", "T4", "T1", "T2", "T6"]),
        ("-species,code", ["T1", "T4", "T3", "T7", "T5", "T2", "T6"]),
        ("%2Bspecies,-code", ["T5", "T7", "T3", "T4", "T1", "T6", "T2"]),
        ("+species,-fid", ["T5", "T7", "T3", "T4", "T1", "T6", "T2"]),
        ("-fid", ["T7", "T6", "T5", "T4", "T3", "T2", "T1"]),
        ("height_m,-fid", ["T7", "T5", "T1", "T2", "T4", "T6", "T3"]),
    ] {
        for limit in [1, 2, 3, 100] {
            for at in [String::new(), format!("&at={revision}")] {
                let path = format!("{TREES}?limit={limit}&sortby={sortby}{at}");
                assert_eq!(paged(&server, &path).await, order, "{path}");
            }
        }
    }
    // With a filter and a box, which the pages keep; and counted.
    let uri = "http://www.opengis.net/def/crs/EPSG/0/9218";
    let boxed = format!("bbox=411599,1327194,411601,1327196&bbox-crs={uri}&crs={uri}");
    let path = format!("{TREES}?species=thong&sortby=-height_m&limit=1&{boxed}");
    let page = server.json(&path).await;
    assert_eq!(page["numberMatched"], 2);
    assert_eq!(paged(&server, &path).await, ["T4", "T1"]);
    assert_eq!(paged(&server, &format!("{path}&at={revision}")).await, ["T4", "T1"]);
    let href = next(&server, &page).unwrap();
    for kept in ["species=thong", "sortby=-height_m", "limit=1", "bbox-crs=", "crs=", "bbox="] {
        assert!(href.contains(kept), "{href}");
    }
    assert_eq!(server.json(&href).await["numberMatched"], 2);
}

/// What is added, changed or removed before the page moves nothing: each item that stays is seen once.
#[tokio::test(flavor = "multi_thread")]
async fn pages_stay_true_while_others_write() {
    let server = Server::start().await;
    wood(&server).await;
    let chief = server.sign_in("chief", Role::Admin).await;
    let first = server.json(&format!("{TREES}?limit=3&sortby=height_m")).await;
    assert_eq!(codes(&first), ["T1", "T5", "T7"]);
    // One of the first page goes, one comes before it, one after it.
    let fid = &first["features"][0]["id"];
    let gone = server.client.delete(format!("{}{TREES}/{fid}", server.base)).bearer_auth(&chief);
    assert_eq!(gone.send().await.unwrap().status(), StatusCode::NO_CONTENT);
    tree(&server, "T0", None, Some(1.0)).await;
    tree(&server, "T8", None, Some(11.0)).await;
    let rest = paged(&server, &next(&server, &first).unwrap()).await;
    assert_eq!(rest, ["T2", "T8", "T4", "T3", "T6"]);
    // The same by fid: the last item of a page may be gone when the next is asked for.
    let first = server.json(&format!("{TREES}?limit=2")).await;
    let fid = &first["features"][1]["id"];
    let gone = server.client.delete(format!("{}{TREES}/{fid}", server.base)).bearer_auth(&chief);
    assert_eq!(gone.send().await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(paged(&server, &next(&server, &first).unwrap()).await, ["T4", "T5", "T6", "T7", "T0", "T8"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_attributes_that_are_asked_for_come() {
    let server = Server::start().await;
    let fid = tree(&server, "T1", Some("thong"), Some(4.5)).await;
    let two = json!({"code": "T1", "height_m": 4.5});
    assert_eq!(
        server.json(&format!("{TREES}?properties=height_m,code")).await["features"][0]["properties"],
        two
    );
    let one = server.get(&format!("{TREES}/{fid}?properties=code,height_m")).await;
    let tag = one.headers()["etag"].clone();
    assert_eq!(one.json::<Json>().await.unwrap()["properties"], two);
    let whole = server.get(&format!("{TREES}/{fid}")).await;
    assert_ne!(whole.headers()["etag"], tag, "another representation");
    let page = server.get(&format!("{TREES}?f=html&properties=code")).await.text().await.unwrap();
    assert!(page.contains("T1") && !page.contains("4,5"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sorted_or_shown_is_named() {
    let server = Server::start().await;
    let parcels = "/ogc/collections/parcel/items";
    for (path, name) in [
        (format!("{TREES}?sortby=nix"), "sortby"),
        (format!("{TREES}?sortby="), "sortby"),
        (format!("{TREES}?sortby=code,-code"), "sortby"),
        (format!("{TREES}?properties=nix"), "properties"),
        (format!("{TREES}?properties="), "properties"),
        (format!("{TREES}?sortby=code&after=12"), "after"),
        (format!("{TREES}?sortby=code&after=WyJjb2RlIiwxXQ"), "after"),
        (format!("{TREES}?after=WyJjb2RlIiwxXQ"), "after"),
        // Hidden from the public.
        (format!("{parcels}?sortby=holder"), "sortby"),
        (format!("{parcels}?properties=holder"), "properties"),
    ] {
        let answer = server.client.get(format!("{}{path}", server.base)).header("accept-language", "en");
        let answer = answer.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{path}");
        let problem: Json = answer.json().await.unwrap();
        assert_eq!(problem["parameter"], name, "{path}: {problem}");
    }
    let told = async |name: &str| {
        let problem: Json = server.get(&format!("{parcels}?sortby={name}")).await.json().await.unwrap();
        problem["detail"].as_str().unwrap().replace(name, "x")
    };
    assert_eq!(told("holder").await, told("nothing").await);
}
