//! WFS through the front door: what a client reads is what was written, in each version, and no more than it may see.
//! With the real GDAL.

use dothi::access::Role;
use dothi::layers::{Access, Value};
use reqwest::{StatusCode, header};

use crate::front::{Server, square};

/// South-west corner of the test's parcels, EPSG:9218: Gia Nghĩa.
pub const AT: (f64, f64) = (411_600.0, 1_327_195.0);

pub fn text(v: &str) -> Value {
    Value::Text(v.to_owned())
}

/// Parcels side by side to the east, each 10 m.
pub async fn parcels(server: &Server, n: i64) {
    for i in 0..n {
        let wkb = square(AT.0 + 10.0 * i as f64, AT.1, 10.0);
        let values = [
            ("code", text(&format!("24611-12-{i}"))),
            ("parcel_number", Value::Int(i + 1)),
            ("land_use", text(if i % 2 == 0 { "ODT" } else { "CLN" })),
            ("holder", text("Nguyễn Văn A & <con>")),
            ("area_m2", Value::Real(100.5)),
        ];
        server.insert("parcel", wkb, &values).await;
    }
}

/// The answer to pairs, which must be there.
pub async fn get(server: &Server, pairs: &str) -> String {
    let answer = server.get(&format!("/wfs?service=WFS&{pairs}")).await;
    let status = answer.status();
    let body = answer.text().await.unwrap();
    assert_eq!(status, StatusCode::OK, "{pairs}: {body}");
    body
}

/// How often `part` stands in `text`.
pub fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

/// What a program answers; it must end well.
pub async fn run(program: &str, arguments: &[&str]) -> String {
    let mut command = tokio::process::Command::new(program);
    command.args(arguments).env("LC_ALL", "C.UTF-8").env("GML_SKIP_RESOLVE_ELEMS", "ALL");
    let done = command.output().await.unwrap_or_else(|e| panic!("{program}: {e}"));
    let out = String::from_utf8_lossy(&done.stdout).into_owned();
    let err = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{program} {arguments:?}: {out}\n{err}");
    out + &err
}

#[tokio::test(flavor = "multi_thread")]
async fn capabilities_name_the_service_and_the_layers() {
    let server = Server::start().await;
    parcels(&server, 1).await;
    for (version, name) in [("2.0.0", "DefaultCRS"), ("1.1.0", "DefaultSRS"), ("1.0.0", "SRS")] {
        let body = get(&server, &format!("request=GetCapabilities&version={version}")).await;
        assert!(body.contains(&format!("version=\"{version}\"")), "{body}");
        assert!(body.contains("<Name>dothi:parcel</Name>"), "{version}");
        assert!(body.contains(&format!("{}/wfs", server.base)), "{version}");
        let crs = if version == "1.0.0" { "EPSG:9218" } else { "urn:ogc:def:crs:EPSG::9218" };
        assert!(body.contains(&format!("<{name}>{crs}</{name}>")), "{version}");
        let catalog = server.state.catalog.load_full();
        let hidden = catalog.layers.values().filter(|l| l.access != Access::O);
        let shown: Vec<&str> =
            hidden.map(|l| l.id.as_str()).filter(|id| body.contains(&format!("dothi:{id}<"))).collect();
        assert!(shown.is_empty(), "{version}: {shown:?}");
    }
    // Changing is offered to who may change something.
    let land = server.sign_in_as("land", Role::Editor, Some("SNNMT"), Some("NNMT")).await;
    for version in ["2.0.0", "1.1.0", "1.0.0"] {
        let path = format!("/wfs?service=WFS&request=GetCapabilities&version={version}");
        let offers = |body: &str| body.contains("name=\"Transaction\"") || body.contains("<Transaction>");
        assert!(!offers(&server.get(&path).await.text().await.unwrap()), "{version}");
        let url = format!("{}{path}", server.base);
        let body = server.client.get(url).bearer_auth(&land).send().await.unwrap().text().await.unwrap();
        assert!(offers(&body), "{version}: {body}");
    }
    let body = get(&server, "REQUEST=getcapabilities&acceptversions=3.0.0,2.0.0,1.0.0&map=x").await;
    assert!(
        body.contains("name=\"ImplementsResultPaging\"><ows:NoValues/><ows:DefaultValue>TRUE<"),
        "{body}"
    );
    assert!(body.contains("name=\"CountDefault\""));
    assert!(body.contains("<Title>Thửa đất"), "Vietnamese where nothing else is asked for");
    let url = format!("{}/wfs?service=wfs&request=GetCapabilities", server.base);
    let english = server.client.get(url).header("accept-language", "en").send().await.unwrap();
    assert!(english.text().await.unwrap().contains("<Title>Parcel"));
}

#[tokio::test(flavor = "multi_thread")]
async fn features_are_paged_filtered_and_projected() {
    let server = Server::start().await;
    parcels(&server, 5).await;
    let of = |more: &str| format!("version=2.0.0&request=GetFeature&typenames=dothi:parcel{more}");
    let all = get(&server, &of("")).await;
    assert!(all.contains("numberMatched=\"5\" numberReturned=\"5\""), "{all}");
    assert!(!all.contains("holder"), "a restricted attribute: {all}");
    assert!(all.contains("<gml:posList>411600 1327195 411610 1327195"), "{all}");
    let hits = get(&server, &of("&resulttype=hits")).await;
    assert!(hits.contains("numberMatched=\"5\" numberReturned=\"0\"") && !hits.contains("wfs:member"));
    let page = get(&server, &of("&COUNT=2&STARTINDEX=2")).await;
    assert_eq!(count(&page, "<wfs:member>"), 2);
    assert!(page.contains("24611-12-2") && page.contains("24611-12-3"), "{page}");
    assert!(page.contains("next=\"") && page.contains("STARTINDEX=4&amp;COUNT=2"), "{page}");
    assert!(page.contains("previous=\"") && page.contains("STARTINDEX=0&amp;COUNT=2"), "{page}");
    let next = page.split("next=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let next = server.client.get(next).send().await.unwrap().text().await.unwrap();
    assert!(next.contains("numberMatched=\"5\" numberReturned=\"1\"") && !next.contains("next=\""), "{next}");
    // Boxes: in metres; in degrees by the URN's order, by the short name's order.
    for (bbox, n) in [
        ("411601,1327196,411612,1327199", 2),
        ("411601,1327196,411612,1327199,urn:ogc:def:crs:EPSG::9218", 2),
        ("11.99,107.68,12.01,107.70,urn:ogc:def:crs:EPSG::4326", 5),
        ("107.68,11.99,107.70,12.01,EPSG:4326", 5),
        ("107.68,11.99,107.70,12.01,urn:ogc:def:crs:EPSG::4326", 0),
        ("-90,-180,90,180,urn:ogc:def:crs:EPSG::4326", 5),
    ] {
        let found = get(&server, &of(&format!("&bbox={bbox}&resulttype=hits"))).await;
        assert!(found.contains(&format!("numberMatched=\"{n}\"")), "{bbox}: {found}");
    }
    // Positions follow the name that was asked for, and it is written back.
    let urn = get(&server, &of("&count=1&srsname=urn:ogc:def:crs:EPSG::4326")).await;
    let short = get(&server, &of("&count=1&srsname=EPSG:4326")).await;
    assert!(
        urn.contains("srsName=\"urn:ogc:def:crs:EPSG::4326\"") && urn.contains("<gml:posList>11.99"),
        "{urn}"
    );
    assert!(short.contains("srsName=\"EPSG:4326\"") && short.contains("<gml:posList>107.68"), "{short}");
    let some = get(&server, &of("&propertyname=code&sortby=parcel_number%20DESC&count=2")).await;
    assert!(
        some.contains("24611-12-4") && !some.contains("land_use") && !some.contains("geometry"),
        "{some}"
    );
    let first = some.find("24611-12-4").unwrap();
    assert!(first < some.find("24611-12-3").unwrap(), "{some}");
    let json = get(&server, &of("&outputformat=application/json&count=3")).await;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((json["features"].as_array().unwrap().len(), &json["numberMatched"]), (3, &5.into()));
    let csv = get(&server, &of("&outputformat=csv&propertyname=code,geometry")).await;
    assert!(csv.starts_with("fid,code,geometry\r\n") && csv.contains("\"POLYGON ((411600 1327195,"), "{csv}");
    // The one by its identifier, alone.
    let id = all.split("gml:id=\"").nth(1).unwrap().split('"').next().unwrap();
    let by_id = "version=2.0.0&request=GetFeature&storedquery_id=urn:ogc:def:query:OGC-WFS::GetFeatureById";
    let one = get(&server, &format!("{by_id}&id={id}")).await;
    assert!(one.contains("<dothi:parcel xmlns:dothi=") && one.ends_with("</dothi:parcel>"), "{one}");
    for gone in ["parcel.999999", "nix.1", "x"] {
        let answer = server.get(&format!("/wfs?service=WFS&{by_id}&id={gone}")).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{gone}");
    }
    let one = get(&server, &of(&format!("&resourceid={id}"))).await;
    assert_eq!(count(&one, "<wfs:member>"), 1);
    let values = "version=2.0.0&request=GetPropertyValue&typenames=parcel";
    let page = get(&server, &format!("{values}&valuereference=dothi:code&count=2&startindex=2")).await;
    assert!(page.contains("numberMatched=\"5\" numberReturned=\"2\""), "{page}");
    assert!(page.contains("next=\"") && page.contains("STARTINDEX=4&amp;COUNT=2"), "{page}");
    assert!(page.contains("previous=\"") && page.contains("STARTINDEX=0&amp;COUNT=2"), "{page}");
    let ids = get(&server, &format!("{values}&valuereference=@gml:id&count=1")).await;
    assert!(ids.contains(&format!("<wfs:member>{id}</wfs:member>")), "{ids}");
    let values = get(&server, &format!("{values}&valuereference=dothi:code")).await;
    assert_eq!(count(&values, "<wfs:member><dothi:code>"), 5, "{values}");
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_choose() {
    let server = Server::start().await;
    parcels(&server, 5).await;
    let fes = |inner: &str| {
        format!(
            "<fes:Filter xmlns:fes=\"http://www.opengis.net/fes/2.0\" xmlns:gml=\"http://www.opengis.net/gml/3.2\">{inner}</fes:Filter>"
        )
    };
    let equals = |name: &str, value: &str| {
        format!(
            "<fes:PropertyIsEqualTo><fes:ValueReference>{name}</fes:ValueReference><fes:Literal>{value}</fes:Literal></fes:PropertyIsEqualTo>"
        )
    };
    let bbox = "<fes:BBOX><fes:ValueReference>dothi:geometry</fes:ValueReference><gml:Envelope \
        srsName=\"urn:ogc:def:crs:EPSG::9218\"><gml:lowerCorner>411601 1327196</gml:lowerCorner><gml:upperCorner>411612 \
        1327199</gml:upperCorner></gml:Envelope></fes:BBOX>";
    let like = |pattern: &str, case: &str| {
        format!(
            "<fes:PropertyIsLike wildCard=\"*\" singleChar=\"?\" escapeChar=\"!\" matchCase=\"{case}\"><fes:ValueReference>code\
             </fes:ValueReference><fes:Literal>{pattern}</fes:Literal></fes:PropertyIsLike>"
        )
    };
    let meets = |op: &str| {
        format!(
            "<fes:{op}><fes:ValueReference>geometry</fes:ValueReference><gml:LineString gml:id=\"l\" \
             srsName=\"EPSG:9218\"><gml:posList>411605 1327196 411615 1327199</gml:posList></gml:LineString></fes:{op}>"
        )
    };
    let odt = equals("dothi:land_use", "ODT");
    let between = "<fes:PropertyIsBetween><fes:ValueReference>parcel_number</fes:ValueReference><fes:LowerBoundary>\
        <fes:Literal>2</fes:Literal></fes:LowerBoundary><fes:UpperBoundary><fes:Literal>4</fes:Literal></fes:UpperBoundary>\
        </fes:PropertyIsBetween>";
    for (inner, n) in [
        (odt.clone(), 3),
        (format!("<fes:And>{bbox}{odt}</fes:And>"), 1),
        (format!("<fes:Or>{bbox}{odt}</fes:Or>"), 4),
        (format!("<fes:Not>{odt}</fes:Not>"), 2),
        (like("24611-*-?", "true"), 5),
        (like("24611-12!*", "true"), 0),
        (like("24611-12-4", "false"), 1),
        (meets("Intersects"), 2),
        (meets("Disjoint"), 3),
        (meets("Within"), 0),
        (between.to_owned(), 3),
        ("<fes:ResourceId rid=\"parcel.1\"/><fes:ResourceId rid=\"road.2\"/>".to_owned(), 1),
        (
            "<fes:PropertyIsNull><fes:ValueReference>code</fes:ValueReference></fes:PropertyIsNull>"
                .to_owned(),
            0,
        ),
    ] {
        let body = format!(
            "<wfs:GetFeature service=\"WFS\" version=\"2.0.0\" resultType=\"hits\" xmlns:wfs=\"http://www.opengis.net/wfs/2.0\" \
             xmlns:dothi=\"urn:x-dothi:layers\"><wfs:Query typeNames=\"dothi:parcel\">{}</wfs:Query></wfs:GetFeature>",
            fes(&inner)
        );
        let answer = server.client.post(format!("{}/wfs", server.base)).header("content-type", "text/xml");
        let answer = answer.body(body).send().await.unwrap().text().await.unwrap();
        assert!(answer.contains(&format!("numberMatched=\"{n}\"")), "{inner}: {answer}");
        let pairs =
            [("service", "WFS"), ("version", "2.0.0"), ("request", "GetFeature"), ("typenames", "parcel")];
        let filter = fes(&inner);
        let request =
            server.client.get(format!("{}/wfs", server.base)).query(&pairs).query(&[("filter", &filter)]);
        let answer = request.send().await.unwrap().text().await.unwrap();
        assert!(answer.contains(&format!("numberMatched=\"{n}\"")), "{inner}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_reports_of_the_version() {
    let server = Server::start().await;
    let by_id = "request=GetFeature&version=2.0.0&typenames=parcel";
    for (pairs, status, report) in [
        ("", 400, "exceptionCode=\"MissingParameterValue\" locator=\"request\""),
        ("request=Fly", 400, "exceptionCode=\"OperationNotSupported\""),
        ("request=GetFeature&version=2.0.0", 400, "locator=\"typeNames\""),
        ("request=GetFeature&version=9.0.0", 400, "locator=\"version\""),
        ("request=GetCapabilities&acceptversions=9.0.0", 400, "exceptionCode=\"VersionNegotiationFailed\""),
        ("request=GetFeature&version=2.0.0&typenames=nix", 400, "locator=\"typeName\""),
        (
            "request=DescribeFeatureType&version=1.1.0&typename=nix",
            400,
            "<ows:ExceptionReport xmlns:ows=\"http://www.opengis.net/ows\" version=\"1.1.0\"",
        ),
        (
            "request=DescribeFeatureType&version=1.0.0&typename=nix",
            400,
            "<ServiceExceptionReport version=\"1.2.0\"",
        ),
        ("request=GetPropertyValue&version=1.1.0&typename=parcel", 400, "OperationNotSupported"),
        ("request=ListStoredQueries&version=1.0.0", 400, "OperationNotSupported"),
        (
            "request=DescribeFeatureType&version=2.0.0&typenames=parcel&outputformat=application/json",
            400,
            "locator=\"outputFormat\"",
        ),
        (&format!("{by_id}&count=-1"), 400, "locator=\"COUNT\""),
        (&format!("{by_id}&srsname=EPSG:2154"), 400, "locator=\"srsName\""),
        (&format!("{by_id}&bbox=1,2"), 400, "locator=\"bbox\""),
        (&format!("{by_id}&sortby=nix"), 400, "locator=\"nix\""),
        (&format!("{by_id}&propertyname=nix"), 400, "locator=\"nix\""),
        (&format!("{by_id}&outputformat=image/png"), 400, "locator=\"outputFormat\""),
        (&format!("{by_id}&filter=%3CFilter"), 400, "exceptionCode=\"OperationParsingFailed\""),
    ] {
        let answer = server.get(&format!("/wfs?service=WFS&{pairs}")).await;
        assert_eq!(answer.status().as_u16(), status, "{pairs}");
        assert_eq!(answer.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        let body = answer.text().await.unwrap();
        assert!(body.contains(report), "{pairs}: {body}");
    }
    let post = async |body: String| {
        let sent =
            server.client.post(format!("{}/wfs", server.base)).header("content-type", "text/xml").body(body);
        // A server that refuses at once may close while the client still writes.
        sent.send().await.map(|a| a.status())
    };
    assert_eq!(post("<a>".repeat(10_000)).await.unwrap(), StatusCode::BAD_REQUEST);
    let entity =
        "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><GetFeature service='WFS'>&e;</GetFeature>";
    assert_eq!(post(entity.to_owned()).await.unwrap(), StatusCode::BAD_REQUEST);
    let began = std::time::Instant::now();
    if let Ok(status) = post(" ".repeat(50_000_000)).await {
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    }
    assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn gdal_reads_each_version() {
    let server = Server::start().await;
    parcels(&server, 12).await;
    for version in ["2.0.0", "1.1.0", "1.0.0"] {
        let source = format!("WFS:{}/wfs?VERSION={version}", server.base);
        let out = run("ogrinfo", &["-ro", &source, "dothi:parcel", "-al", "-oo", "EXPOSE_GML_ID=NO"]).await;
        assert!(out.contains("Feature Count: 12"), "{version}: {out}");
        assert_eq!(count(&out, "code (String) = 24611-12-"), 12, "{version}: {out}");
        assert!(
            out.contains("((411600 1327195,411610 1327195,411610 1327205,411600 1327205,411600 1327195))"),
            "{version}: {out}"
        );
        assert!(out.contains("parcel_number (Integer64)"), "{version}: {out}");
        let filtered = run(
            "ogrinfo",
            &["-ro", "-so", &source, "dothi:parcel", "-where", "land_use = 'ODT' and parcel_number > 2"],
        )
        .await;
        assert!(filtered.contains("Feature Count: 5"), "{version}: {filtered}");
        let boxed = run(
            "ogrinfo",
            &["-ro", "-so", &source, "dothi:parcel", "-spat", "411601", "1327196", "411612", "1327199"],
        )
        .await;
        assert!(boxed.contains("Feature Count: 2"), "{version}: {boxed}");
    }
}
