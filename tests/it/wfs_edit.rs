//! WFS-T through the front door: inserts, updates and deletes of each version, all or nothing, by who may.

use dothi::access::Role;
use reqwest::{Response, StatusCode};

use crate::front::Server;
use crate::wfs::{AT, count, get, parcels};

/// What a version calls its things.
struct Dialect {
    version: &'static str,
    wfs: &'static str,
    filter: &'static str,
    gml: &'static str,
    id: fn(&str) -> String,
    name: &'static str,
    ring: fn(&str) -> String,
}

fn ring_2(list: &str) -> String {
    let numbers: Vec<&str> = list.split(' ').collect();
    let tuples: Vec<String> = numbers.chunks(2).map(|p| p.join(",")).collect();
    format!(
        "<gml:outerBoundaryIs><gml:LinearRing><gml:coordinates cs=\",\" ts=\" \">{}</gml:coordinates></gml:LinearRing></gml:outerBoundaryIs>",
        tuples.join(" ")
    )
}

fn ring_3(list: &str) -> String {
    format!("<gml:exterior><gml:LinearRing><gml:posList>{list}</gml:posList></gml:LinearRing></gml:exterior>")
}

fn dialects() -> [Dialect; 3] {
    [
        Dialect {
            version: "1.0.0",
            wfs: "http://www.opengis.net/wfs",
            filter: "http://www.opengis.net/ogc",
            gml: "http://www.opengis.net/gml",
            id: |id| format!("<f:FeatureId fid=\"{id}\"/>"),
            name: "Name",
            ring: ring_2,
        },
        Dialect {
            version: "1.1.0",
            wfs: "http://www.opengis.net/wfs",
            filter: "http://www.opengis.net/ogc",
            gml: "http://www.opengis.net/gml",
            id: |id| format!("<f:GmlObjectId gml:id=\"{id}\"/>"),
            name: "Name",
            ring: ring_3,
        },
        Dialect {
            version: "2.0.0",
            wfs: "http://www.opengis.net/wfs/2.0",
            filter: "http://www.opengis.net/fes/2.0",
            gml: "http://www.opengis.net/gml/3.2",
            id: |id| format!("<f:ResourceId rid=\"{id}\"/>"),
            name: "ValueReference",
            ring: ring_3,
        },
    ]
}

impl Dialect {
    fn transaction(&self, actions: &str) -> String {
        format!(
            "<wfs:Transaction service=\"WFS\" version=\"{}\" handle=\"đo lại\" xmlns:wfs=\"{}\" xmlns:f=\"{}\" \
             xmlns:gml=\"{}\" xmlns:dothi=\"urn:x-dothi:layers\">{actions}</wfs:Transaction>",
            self.version, self.wfs, self.filter, self.gml
        )
    }

    /// A parcel of 10 m, `x` metres east of the others.
    fn insert(&self, code: &str, x: f64, more: &str) -> String {
        let (x, y) = (AT.0 + x, AT.1);
        let ring = (self.ring)(&format!(
            "{x} {y} {} {y} {} {} {x} {} {x} {y}",
            x + 10.0,
            x + 10.0,
            y + 10.0,
            y + 10.0
        ));
        format!(
            "<wfs:Insert handle=\"i\"><dothi:parcel><dothi:code>{code}</dothi:code><dothi:land_use>ODT</dothi:land_use>\
             <dothi:parcel_number>7</dothi:parcel_number>{more}<dothi:geometry><gml:Polygon srsName=\"EPSG:9218\">{ring}\
             </gml:Polygon></dothi:geometry></dothi:parcel></wfs:Insert>"
        )
    }

    fn update(&self, id: &str, name: &str, value: &str) -> String {
        format!(
            "<wfs:Update typeName=\"dothi:parcel\"><wfs:Property><wfs:{n}>{name}</wfs:{n}><wfs:Value>{value}</wfs:Value>\
             </wfs:Property><f:Filter>{}</f:Filter></wfs:Update>",
            (self.id)(id),
            n = self.name
        )
    }

    fn delete(&self, id: &str) -> String {
        format!("<wfs:Delete typeName=\"dothi:parcel\"><f:Filter>{}</f:Filter></wfs:Delete>", (self.id)(id))
    }
}

async fn post(server: &Server, token: &str, body: String) -> Response {
    let mut request = server.client.post(format!("{}/wfs", server.base)).header("accept-language", "en");
    if !token.is_empty() {
        request = request.bearer_auth(token);
    }
    request.header("content-type", "text/xml").header("user-agent", "QGIS").body(body).send().await.unwrap()
}

async fn done(server: &Server, token: &str, body: String) -> String {
    let answer = post(server, token, body.clone()).await;
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert_eq!(status, StatusCode::OK, "{body}: {text}");
    assert!(!text.contains("FAILED"), "{body}: {text}");
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn features_are_inserted_changed_and_deleted_in_each_version() {
    let server = Server::start().await;
    let token = server.sign_in_as("land", Role::Editor, Some("SNNMT"), Some("NNMT")).await;
    for d in dialects() {
        let two = d.insert("A-1", 0.0, "") + &d.insert("A-2", 20.0, "");
        let answer = done(&server, &token, d.transaction(&two)).await;
        assert_eq!(count(&answer, "\"parcel."), 2, "{}: {answer}", d.version);
        let id = answer.split("id=\"parcel.").nth(1).unwrap().split('"').next().unwrap();
        let id = format!("parcel.{id}");
        let read = || async {
            get(&server, &format!("version=2.0.0&request=GetFeature&typenames=parcel&resourceid={id}")).await
        };
        let before = read().await;
        assert!(before.contains("<dothi:code>A-1</dothi:code>"), "{before}");
        assert!(before.contains("411600 1327195 411610 1327195 411610 1327205"), "{before}");
        // Only what is sent changes.
        let answer = done(&server, &token, d.transaction(&d.update(&id, "dothi:land_use", "CLN"))).await;
        if d.version != "1.0.0" {
            assert!(answer.contains("<wfs:totalUpdated>1</wfs:totalUpdated>"), "{answer}");
        }
        let after = read().await;
        let plain = |text: &str| {
            text.split("<dothi:").filter(|p| !p.starts_with("land_use")).skip(1).collect::<Vec<_>>().concat()
        };
        assert!(after.contains("<dothi:land_use>CLN</dothi:land_use>"), "{after}");
        assert_eq!(plain(&before), plain(&after));
        // One transaction: the right part of a wrong one leaves nothing.
        let wrong = d.update(&id, "land_use", "ONT") + &d.insert("A-3", 40.0, "<dothi:nix>1</dothi:nix>");
        let answer = post(&server, &token, d.transaction(&wrong)).await;
        let status = answer.status();
        let text = answer.text().await.unwrap();
        if d.version == "1.0.0" {
            assert!(status.is_success() && text.contains("<wfs:FAILED/>"), "{text}");
        } else {
            assert_eq!(status, StatusCode::BAD_REQUEST, "{text}");
        }
        assert!(text.contains("nix"), "{text}");
        let late = d.update(&id, "land_use", "ONT")
            + &d.insert("A-3", 40.0, "<dothi:sheet_number>-1</dothi:sheet_number>");
        let refused = post(&server, &token, d.transaction(&late)).await.text().await.unwrap();
        assert!(refused.contains("sheet_number"), "{refused}");
        assert!(read().await.contains("CLN"), "nothing of a refused transaction stays");
        let gone = get(&server, "version=2.0.0&request=GetFeature&typenames=parcel").await;
        let ids: Vec<String> = gone
            .split("<dothi:parcel gml:id=\"")
            .skip(1)
            .map(|p| p.split('"').next().unwrap().to_owned())
            .collect();
        assert_eq!(ids.len(), 2);
        let deletes: String = ids.iter().map(|id| d.delete(id)).collect();
        done(&server, &token, d.transaction(&deletes)).await;
        let gone = get(&server, "version=2.0.0&request=GetFeature&typenames=parcel&resulttype=hits").await;
        assert!(gone.contains("numberMatched=\"0\""), "{gone}");
        // What is gone cannot be changed, and that is said.
        let text = post(&server, &token, d.transaction(&d.delete(&id))).await.text().await.unwrap();
        assert!(text.contains("NotFound") || text.contains("FAILED"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_is_one_revision_of_its_author() {
    let server = Server::start().await;
    let token = server.sign_in_as("land", Role::Editor, Some("SNNMT"), Some("NNMT")).await;
    let d = &dialects()[2];
    let before = server.state.features.snapshot().revision;
    let three: String = (0..3).map(|i| d.insert(&format!("B-{i}"), 20.0 * f64::from(i), "")).collect();
    done(&server, &token, d.transaction(&three)).await;
    let now = server.state.features.snapshot().revision;
    assert_eq!(now, before + 1);
    assert_eq!(server.author_of(now).await, ("land".into(), "đo lại".into(), "wfs QGIS".into()));
    // By a filter: all that it chooses, among them none that it does not.
    let update = "<wfs:Update typeName=\"parcel\"><wfs:Property><wfs:ValueReference>land_use</wfs:ValueReference>\
        <wfs:Value>CLN</wfs:Value></wfs:Property><f:Filter><f:PropertyIsNotEqualTo><f:ValueReference>code</f:ValueReference>\
        <f:Literal>B-1</f:Literal></f:PropertyIsNotEqualTo></f:Filter></wfs:Update>";
    let answer = done(&server, &token, d.transaction(update)).await;
    assert!(answer.contains("<wfs:totalUpdated>2</wfs:totalUpdated>"), "{answer}");
    let all = get(&server, "version=2.0.0&request=GetFeature&typenames=parcel").await;
    assert_eq!((count(&all, ">CLN<"), count(&all, ">ODT<")), (2, 1), "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_write_is_refused() {
    let server = Server::start().await;
    parcels(&server, 1).await;
    let culture = server.sign_in_as("culture", Role::Editor, Some("SVHTTDL"), Some("VHTTDL")).await;
    let land = server.sign_in_as("land", Role::Editor, Some("SNNMT"), Some("NNMT")).await;
    for d in dialects() {
        let body = || d.transaction(&d.update("parcel.1", "land_use", "CLN"));
        assert_eq!(post(&server, "", body()).await.status(), StatusCode::UNAUTHORIZED, "{}", d.version);
        assert_eq!(post(&server, &culture, body()).await.status(), StatusCode::FORBIDDEN, "{}", d.version);
        let all = d.transaction("<wfs:Delete typeName=\"dothi:parcel\"/>");
        let text = post(&server, &land, all).await.text().await.unwrap();
        assert!(text.contains("Filter"), "{text}");
    }
    let left = get(&server, "version=2.0.0&request=GetFeature&typenames=parcel").await;
    assert!(left.contains(">ODT<"), "{left}");
}

/// `Replace` of 2.0.0 puts a whole feature in the place of another: what it leaves out is empty then.
#[tokio::test(flavor = "multi_thread")]
async fn a_feature_is_replaced_whole() {
    let server = Server::start().await;
    let values =
        [("code", "24611-1-1"), ("address", "Tổ 1"), ("land_use", "ODT"), ("holder", "Nguyễn Văn A")];
    let values = values.map(|(name, text)| (name, dothi::layers::Value::from(text)));
    let fid = server.insert("parcel", crate::front::square(AT.0, AT.1, 10.0), &values).await.fid;
    parcels(&server, 2).await;
    let token = server.sign_in_as("land", Role::Editor, Some("SNNMT"), Some("NNMT")).await;
    let [_, _, d] = dialects();
    let feature = |code: &str, more: &str| {
        let inserted = d.insert(code, 50.0, more).replace("<dothi:land_use>ODT</dothi:land_use>", "");
        let inner = inserted
            .split_once("<dothi:parcel>")
            .unwrap()
            .1
            .rsplit_once("</wfs:Insert>")
            .unwrap()
            .0
            .to_owned();
        format!("<dothi:parcel>{inner}")
    };
    let replace = |feature: &str, filter: &str| {
        format!("<wfs:Replace handle=\"r\">{feature}<f:Filter>{filter}</f:Filter></wfs:Replace>")
    };
    let id = format!("parcel.{fid}");
    let one = format!("<f:ResourceId rid=\"{id}\"/>");
    let answer = done(&server, &token, d.transaction(&replace(&feature("N-1", ""), &one))).await;
    assert!(
        answer.contains("<wfs:totalUpdated>0</wfs:totalUpdated><wfs:totalReplaced>1</wfs:totalReplaced>"),
        "{answer}"
    );
    assert!(
        answer.contains(&format!(
            "<wfs:ReplaceResults><wfs:Feature handle=\"r\"><fes:ResourceId rid=\"{id}\"/>"
        )),
        "{answer}"
    );
    let item = server.json(&format!("/ogc/collections/parcel/items/{fid}")).await;
    let properties = &item["properties"];
    assert_eq!((&properties["code"], &properties["parcel_number"]), (&"N-1".into(), &7.into()));
    assert!(properties["land_use"].is_null() && properties["address"].is_null(), "{item}");
    // The whole of the layer, a feature without a geometry, one that is not there, an older version.
    let every = "<f:PropertyIsNotEqualTo><f:ValueReference>code</f:ValueReference><f:Literal>x</f:Literal></f:PropertyIsNotEqualTo>";
    for (wrong, says) in [
        (replace(&feature("N-2", ""), every), "one feature"),
        (replace("<dothi:parcel><dothi:code>N-2</dothi:code></dothi:parcel>", &one), "geometry"),
        (replace(&feature("N-2", "<dothi:nix>1</dothi:nix>"), &one), "nix"),
        (replace(&feature("N-2", ""), "<f:ResourceId rid=\"parcel.999999\"/>"), "parcel.999999"),
        (format!("<wfs:Replace>{}</wfs:Replace>", feature("N-2", "")), "Filter"),
        (replace("", &one), "typeName"),
    ] {
        let answer = post(&server, &token, d.transaction(&wrong)).await;
        assert!(answer.status().is_client_error(), "{wrong}");
        let text = answer.text().await.unwrap();
        assert!(text.contains(says), "{wrong}: {text}");
    }
    let older = &dialects()[1];
    let answer = post(&server, &token, older.transaction("<wfs:Replace/>")).await.text().await.unwrap();
    assert!(answer.contains("Replace is not offered"), "{answer}");
    assert_eq!(server.json(&format!("/ogc/collections/parcel/items/{fid}")).await, item);
}
