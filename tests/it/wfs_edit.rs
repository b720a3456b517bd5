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

/// The parcels as GML 3.2.
async fn all(server: &Server) -> String {
    get(server, "version=2.0.0&request=GetFeature&typenames=parcel").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feature_is_replaced_whole_and_a_property_is_removed() {
    let server = Server::start().await;
    let token = server.sign_in_as("land", Role::Editor, Some("SNNMT"), Some("NNMT")).await;
    let d = &dialects()[2];
    let more = "<dothi:address>số 7</dothi:address>";
    done(&server, &token, d.transaction(&d.insert("R-1", 0.0, more))).await;
    let before = all(&server).await;
    let id = before.split("<dothi:parcel gml:id=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    // As Insert writes a feature, in a Replace, without its address; the filter may stand before or after it.
    let insert = d.insert("R-2", 40.0, "");
    let feature = insert.split_once('>').unwrap().1.strip_suffix("</wfs:Insert>").unwrap();
    let filter = |inner: &str| format!("<f:Filter>{inner}</f:Filter>");
    let replace = |filter: &str| format!("<wfs:Replace handle=\"r\">{feature}{filter}</wfs:Replace>");
    let by_id = (d.id)(&id);
    let answer = done(&server, &token, d.transaction(&replace(&filter(&by_id)))).await;
    assert!(answer.contains("<wfs:totalReplaced>1</wfs:totalReplaced>"), "{answer}");
    let told = format!("<wfs:ReplaceResults><wfs:Feature handle=\"r\"><fes:ResourceId rid=\"{id}\"/>");
    assert!(answer.contains(&told), "{answer}");
    let after = all(&server).await;
    assert_eq!(count(&after, "<wfs:member>"), 1);
    assert!(after.contains(&format!("gml:id=\"{id}\"")) && after.contains("R-2"), "{after}");
    assert!(after.contains("411640 1327195") && !after.contains("address"), "{after}");
    // What names nothing, everything, or nobody.
    done(&server, &token, d.transaction(&d.insert("R-3", 80.0, ""))).await;
    let several = "<f:PropertyIsEqualTo><f:ValueReference>land_use</f:ValueReference><f:Literal>ODT</f:Literal>\
        </f:PropertyIsEqualTo>";
    let many = filter(several);
    for (filter, status) in [
        (String::new(), StatusCode::BAD_REQUEST),
        (many, StatusCode::BAD_REQUEST),
        (filter(&(d.id)("parcel.999999")), StatusCode::NOT_FOUND),
    ] {
        let answer = post(&server, &token, d.transaction(&replace(&filter))).await;
        assert_eq!(answer.status(), status, "{filter}");
    }
    // 1.1.0 knows no such action.
    let old = &dialects()[1];
    let answer = post(&server, &token, old.transaction(&replace(&filter(&by_id)))).await;
    assert!(answer.text().await.unwrap().contains("OptionNotSupported"));
    // A property is removed by its action, or by no value.
    let act = |action: &str| {
        format!(
            "<wfs:Update typeName=\"parcel\"><wfs:Property><wfs:ValueReference action=\"{action}\">land_use\
             </wfs:ValueReference></wfs:Property><f:Filter>{by_id}</f:Filter></wfs:Update>"
        )
    };
    let refused = post(&server, &token, d.transaction(&act("insertAfter"))).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    done(&server, &token, d.transaction(&act("remove"))).await;
    assert_eq!(count(&all(&server).await, "land_use>ODT"), 1, "that of R-3");
    // What a client may have for others, and says that it may be passed over.
    let native = |safe: &str| {
        d.transaction(&format!("<wfs:Native vendorId=\"x\" safeToIgnore=\"{safe}\">x</wfs:Native>"))
    };
    done(&server, &token, native("true")).await;
    done(&server, &token, native("1")).await;
    assert_eq!(post(&server, &token, native("false")).await.status(), StatusCode::BAD_REQUEST);
}
