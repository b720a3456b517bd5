//! Filters of FES 2.0 and of Filter Encoding 1.0 and 1.1 that compute, measure and ask by time; and those that are refused.

use std::fmt::Write;

use dothi::layers::Value;
use reqwest::StatusCode;

use crate::front::{Server, square};

/// South-west corner of the first parcel, EPSG:9218.
const AT: (f64, f64) = (411_600.0, 1_327_195.0);

/// Five parcels, 10 m each, with 10 m between them; landslides of five days.
async fn served() -> Server {
    let server = Server::start().await;
    for i in 0..5_i32 {
        let day = format!("2026-03-0{}", i + 1);
        let values = [
            ("code", Value::Text(format!("24611-12-{i}"))),
            ("parcel_number", Value::Int(i64::from(i) + 1)),
            ("land_use", Value::Text(if i % 2 == 0 { "ODT" } else { "CLN" }.to_owned())),
            ("area_m2", Value::Real(100.0 + f64::from(i))),
        ];
        server.insert("parcel", square(AT.0 + 20.0 * f64::from(i), AT.1, 10.0), &values).await;
        let values =
            [("code", Value::Text(format!("V{i}"))), ("observed_on", Value::Date(day.parse().unwrap()))];
        server.insert("landslide", square(AT.0 + f64::from(i), AT.1, 1.0), &values).await;
    }
    server
}

/// How a version writes a filter.
struct Dialect {
    version: &'static str,
    prefix: &'static str,
    name: &'static str,
    unit: &'static str,
}

const DIALECTS: [Dialect; 3] = [
    Dialect { version: "2.0.0", prefix: "fes", name: "ValueReference", unit: "uom" },
    Dialect { version: "1.1.0", prefix: "ogc", name: "PropertyName", unit: "units" },
    Dialect { version: "1.0.0", prefix: "ogc", name: "PropertyName", unit: "units" },
];

/// `F:` stands for the prefix of filters, `N` in brackets for the element that names a property, `U` for the unit's
/// attribute.
fn filter(dialect: &Dialect, inner: &str) -> String {
    let inner = inner.replace("[N]", &format!("<F:{}>", dialect.name));
    let inner = inner.replace("[/N]", &format!("</F:{}>", dialect.name)).replace("[U]", dialect.unit);
    let whole = format!("<F:Filter>{inner}</F:Filter>").replace("F:", &format!("{}:", dialect.prefix));
    let (namespace, gml) = match dialect.prefix {
        "fes" => ("http://www.opengis.net/fes/2.0", "http://www.opengis.net/gml/3.2"),
        _ => ("http://www.opengis.net/ogc", "http://www.opengis.net/gml"),
    };
    let names = format!("Filter xmlns:{}=\"{namespace}\" xmlns:gml=\"{gml}\">", dialect.prefix);
    whole.replacen("Filter>", &names, 1)
}

async fn ask(server: &Server, dialect: &Dialect, layer: &str, inner: &str) -> (StatusCode, String) {
    let filter = filter(dialect, inner);
    let pairs = [
        ("service", "WFS"),
        ("version", dialect.version),
        ("request", "GetFeature"),
        ("typename", layer),
        ("typenames", layer),
        ("outputformat", "application/json"),
        ("filter", &filter),
    ];
    let answer =
        server.client.get(format!("{}/wfs", server.base)).header("accept-language", "en").query(&pairs);
    let answer = answer.send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

/// The last signs of the codes of the features that are chosen.
async fn chosen(server: &Server, dialect: &Dialect, layer: &str, inner: &str) -> String {
    let (status, body) = ask(server, dialect, layer, inner).await;
    assert_eq!(status, StatusCode::OK, "{}: {inner}: {body}", dialect.version);
    let json: serde_json::Value = serde_json::from_str(&body).unwrap();
    let features = json["features"].as_array().unwrap();
    features.iter().map(|f| f["properties"]["code"].as_str().unwrap().chars().last().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_compute_and_measure() {
    let server = served().await;
    let point = "<gml:Point srsName='EPSG:9218'><gml:pos>411600 1327200</gml:pos></gml:Point>";
    let near = |op: &str, distance: &str| {
        format!("<F:{op}>[N]geometry[/N]{point}<F:Distance {distance}</F:Distance></F:{op}>")
    };
    let cases = [
        // Between the point and parcel n lie 20 n metres: exactly so far is within.
        (near("DWithin", "[U]='m'>40"), "012"),
        (near("DWithin", "[U]='m'>39.999"), "01"),
        (near("DWithin", "[U]='urn:ogc:def:uom:UCUM::m'>0"), "0"),
        (near("DWithin", "[U]='km'>0.04"), "012"),
        (near("DWithin", "[U]='ft'>65.62"), "01"),
        (near("Beyond", "[U]='metre'>40"), "34"),
        (format!("<F:Not>{}</F:Not>", near("Beyond", "[U]='m'>40")), "012"),
        (format!("<F:DWithin>{point}[N]dothi:geometry[/N]<F:Distance [U]='m'>20</F:Distance></F:DWithin>"), "01"),
        (
            "<F:PropertyIsEqualTo>[N]parcel_number[/N]<F:Add><F:Literal>1</F:Literal><F:Literal>2</F:Literal></F:Add>\
             </F:PropertyIsEqualTo>".to_owned(),
            "2",
        ),
        (
            "<F:PropertyIsGreaterThan><F:Sub>[N]area_m2[/N]<F:Mul><F:Literal>2</F:Literal>[N]parcel_number[/N]</F:Mul></F:Sub>\
             <F:Literal>96.5</F:Literal></F:PropertyIsGreaterThan>".to_owned(),
            "01",
        ),
        (
            "<F:PropertyIsLessThan><F:Literal>25</F:Literal><F:Div>[N]area_m2[/N]<F:Literal>4</F:Literal></F:Div></F:PropertyIsLessThan>".to_owned(),
            "1234",
        ),
        (
            "<F:PropertyIsEqualTo><F:Function name='fold'>[N]land_use[/N]</F:Function><F:Literal>odt</F:Literal></F:PropertyIsEqualTo>".to_owned(),
            "024",
        ),
        (
            "<F:PropertyIsEqualTo><F:Function name='casei'>[N]land_use[/N]</F:Function><F:Function name='casei'>\
             <F:Literal>Cln</F:Literal></F:Function></F:PropertyIsEqualTo>".to_owned(),
            "13",
        ),
        (
            "<F:PropertyIsLike wildCard='*' singleChar='?' escapeChar='!'><F:Function name='accenti'>[N]code[/N]</F:Function>\
             <F:Literal>*-3</F:Literal></F:PropertyIsLike>".to_owned(),
            "3",
        ),
        (
            "<F:PropertyIsBetween><F:Function name='mul'>[N]parcel_number[/N]<F:Literal>10</F:Literal></F:Function>\
             <F:LowerBoundary><F:Literal>20</F:Literal></F:LowerBoundary><F:UpperBoundary><F:Literal>39.5</F:Literal>\
             </F:UpperBoundary></F:PropertyIsBetween>".to_owned(),
            "12",
        ),
        (
            "<F:PropertyIsNotEqualTo matchCase='false' matchAction='Any'>[N]land_use[/N]<F:Literal>odt</F:Literal></F:PropertyIsNotEqualTo>".to_owned(),
            "13",
        ),
        ("<F:PropertyIsNil nilReason='unknown'>[N]address[/N]</F:PropertyIsNil>".to_owned(), "01234"),
        ("<F:PropertyIsNull>[N]geometry[/N]</F:PropertyIsNull>".to_owned(), ""),
        ("<F:Not><F:PropertyIsNil>[N]geometry[/N]</F:PropertyIsNil></F:Not>".to_owned(), "01234"),
        ("<F:PropertyIsEqualTo><F:Literal>5</F:Literal><F:Literal>5.0</F:Literal></F:PropertyIsEqualTo>".to_owned(), "01234"),
    ];
    for dialect in &DIALECTS {
        for (inner, expected) in &cases {
            assert_eq!(
                chosen(&server, dialect, "parcel", inner).await,
                *expected,
                "{}: {inner}",
                dialect.version
            );
        }
    }
    // The same by CQL2.
    let json = server
        .json("/ogc/collections/parcel/items?filter-crs=http://www.opengis.net/def/crs/EPSG/0/9218&filter=dwithin(geometry,POINT(411600%201327200),40)")
        .await;
    assert_eq!(json["numberMatched"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_ask_by_time() {
    let server = served().await;
    let instant = |t: &str| {
        format!("<gml:TimeInstant gml:id='t'><gml:timePosition>{t}</gml:timePosition></gml:TimeInstant>")
    };
    let period = |a: &str, b: &str| {
        format!(
            "<gml:TimePeriod gml:id='p'><gml:beginPosition>{a}</gml:beginPosition><gml:endPosition>{b}</gml:endPosition></gml:TimePeriod>"
        )
    };
    let second = format!("<F:Literal>{}</F:Literal>", instant("2026-03-02"));
    let middle = period("2026-03-02", "2026-03-04");
    let nested = format!(
        "<gml:TimePeriod><gml:begin>{}</gml:begin><gml:end>{}</gml:end></gml:TimePeriod>",
        instant("2026-03-02"),
        instant("2026-03-04")
    );
    let open = "<gml:TimePeriod><gml:beginPosition>2026-03-04</gml:beginPosition><gml:endPosition \
        indeterminatePosition='unknown'/></gml:TimePeriod>";
    let now = "<gml:TimeInstant><gml:timePosition indeterminatePosition='now'/></gml:TimeInstant>";
    for (op, operand, expected) in [
        ("After", second.as_str(), "234"),
        ("Before", &second, "0"),
        ("TEquals", &second, "1"),
        ("TEquals", "<F:Literal>2026-03-02</F:Literal>", "1"),
        ("TEquals", "<F:Literal>2026-03-02Z</F:Literal>", "1"),
        ("During", &middle, "2"),
        ("During", &nested, "2"),
        ("AnyInteracts", &middle, "123"),
        ("AnyInteracts", "<F:Literal>2026-03-02/2026-03-04</F:Literal>", "123"),
        ("AnyInteracts", open, "34"),
        ("Before", now, "01234"),
        ("Begins", &middle, "1"),
        ("Ends", &middle, "3"),
        ("MetBy", &middle, "3"),
        ("Meets", &middle, "1"),
        ("BegunBy", &middle, ""),
        ("EndedBy", &middle, ""),
        ("TContains", &middle, ""),
        ("TOverlaps", &middle, ""),
        ("OverlappedBy", &middle, ""),
        // 2 March in Vietnam begins at 17:00 of the day before in London.
        ("After", "<F:Literal>2026-03-01T16:59:59Z</F:Literal>", "1234"),
        ("After", "<F:Literal>2026-03-01T17:00:00</F:Literal>", "234"),
    ] {
        for dialect in &DIALECTS {
            let inner = format!("<F:{op}>[N]observed_on[/N]{operand}</F:{op}>");
            assert_eq!(chosen(&server, dialect, "landslide", &inner).await, expected, "{inner}");
        }
    }
    let turned = format!("<F:After>{middle}[N]observed_on[/N]</F:After>");
    assert_eq!(chosen(&server, &DIALECTS[0], "landslide", &turned).await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_filter_cannot_mean_is_named() {
    let server = served().await;
    let distance = |text: &str| {
        format!(
            "<F:DWithin>[N]geometry[/N]<gml:Point srsName='EPSG:9218'><gml:pos>1 2</gml:pos></gml:Point><F:Distance {text}</F:Distance></F:DWithin>"
        )
    };
    let equals = |a: &str, b: &str| format!("<F:PropertyIsEqualTo>{a}{b}</F:PropertyIsEqualTo>");
    let (code, one) = ("[N]code[/N]", "<F:Literal>1</F:Literal>");
    let call = |name: &str, args: &str| format!("<F:Function name='{name}'>{args}</F:Function>");
    let mut ring = String::new();
    for i in 0..10_001 {
        let _ = write!(ring, "{i} {} ", i % 2);
    }
    let long = format!(
        "<F:Intersects>[N]geometry[/N]<gml:LineString srsName='EPSG:9218'><gml:posList>{ring}</gml:posList></gml:LineString></F:Intersects>"
    );
    let many = format!("<F:Or>{}</F:Or>", equals(code, one).repeat(5_001));
    for (layer, inner, says) in [
        ("parcel", distance("[U]='degree'>1"), "degrees are no distance"),
        ("parcel", distance(">1"), "expected m, km"),
        ("parcel", distance("[U]='m'>-1"), "0 or more"),
        ("parcel", distance("[U]='m'>NaN"), "0 or more"),
        ("parcel", distance("[U]='m'>inf"), "0 or more"),
        ("parcel", "<F:DWithin>[N]geometry[/N]</F:DWithin>".to_owned(), "Distance"),
        ("parcel", equals(&call("nix", code), one), "no function nix"),
        ("parcel", equals(&call("fold", ""), one), "exactly one argument"),
        ("parcel", equals(&call("holder", one), one), "no function holder"),
        ("parcel", equals("<F:Add>[N]area_m2[/N]</F:Add>", one), "two operands"),
        ("parcel", equals("<F:Add>[N]area_m2[/N]<F:Literal>x</F:Literal></F:Add>", one), "expected a number"),
        ("parcel", equals("<F:Add>[N]code[/N]<F:Literal>1</F:Literal></F:Add>", one), "code: expected a number, got a text"),
        ("parcel", equals(&call("casei", "[N]area_m2[/N]"), one), "area_m2: expected a text, got a number"),
        ("parcel", equals("[N]holder[/N]", one), "holder"),
        ("parcel", equals(&call("fold", "[N]holder[/N]"), one), "holder"),
        ("parcel", equals("<F:Literal><F:a/></F:Literal>", one), "expected a property, Literal"),
        ("parcel", "<F:PropertyIsEqualTo matchAction='Most'>[N]code[/N]<F:Literal>1</F:Literal></F:PropertyIsEqualTo>".to_owned(), "matchAction"),
        ("parcel", "<F:PropertyIsLike wildCard='*'>[N]code[/N][N]code[/N]</F:PropertyIsLike>".to_owned(), "pattern"),
        ("parcel", "<F:PropertyIsLike wildCard='*'>[N]area_m2[/N]<F:Literal>1*</F:Literal></F:PropertyIsLike>".to_owned(), "texts only"),
        ("landslide", "<F:After>[N]observed_on[/N]<F:Literal>soon</F:Literal></F:After>".to_owned(), "expected a day"),
        ("landslide", "<F:After>[N]code[/N]<F:Literal>2026-01-01</F:Literal></F:After>".to_owned(), "code"),
        ("landslide", "<F:After>[N]observed_on[/N]<gml:TimeInstant/></F:After>".to_owned(), "an end is missing"),
        (
            "landslide",
            "<F:After>[N]observed_on[/N]<gml:TimeInstant><gml:timePosition indeterminatePosition='before'>2026-01-01</gml:timePosition></gml:TimeInstant></F:After>".to_owned(),
            "indeterminatePosition",
        ),
        ("parcel", "<F:Nearly>[N]code[/N]</F:Nearly>".to_owned(), "Nearly is not offered"),
        ("parcel", long, "more than 10000 vertices"),
        ("parcel", many, "more than 5000 conditions"),
    ] {
        let body = format!(
            "<wfs:GetFeature service='WFS' version='2.0.0' resultType='hits' xmlns:wfs='http://www.opengis.net/wfs/2.0'>\
             <wfs:Query typeNames='{layer}'>{}</wfs:Query></wfs:GetFeature>",
            filter(&DIALECTS[0], &inner)
        );
        let request = server.client.post(format!("{}/wfs", server.base)).header("accept-language", "en");
        let answer = request.header("content-type", "text/xml").body(body).send().await.unwrap();
        let status = answer.status();
        let body = answer.text().await.unwrap();
        assert_eq!(status, StatusCode::BAD_REQUEST, "{inner:.200}: {body}");
        assert!(body.contains(says) && body.contains("exceptionCode"), "{inner:.200}: {body}");
    }
}

/// What the capabilities announce is what the reader takes.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_announced_is_read() {
    let server = served().await;
    for dialect in &DIALECTS {
        let path = format!("/wfs?service=WFS&request=GetCapabilities&version={}", dialect.version);
        let capabilities = server.get(&path).await.text().await.unwrap();
        let named = |start: &str, end: char| -> Vec<String> {
            capabilities.split(start).skip(1).map(|t| t.split(end).next().unwrap().to_owned()).collect()
        };
        let functions = match dialect.version {
            "2.0.0" => named("<fes:Function name=\"", '"'),
            "1.1.0" => named("<ogc:FunctionName nArgs=\"1\">", '<'),
            _ => named("<ogc:Function_Name nArgs=\"1\">", '<'),
        };
        assert!(functions.len() >= 3, "{functions:?}");
        for name in functions {
            let inner = match name.as_str() {
                "add" | "sub" | "mul" | "div" => format!(
                    "<F:PropertyIsEqualTo><F:Function name='{name}'>[N]area_m2[/N]<F:Literal>1</F:Literal></F:Function><F:Literal>1</F:Literal></F:PropertyIsEqualTo>"
                ),
                _ => format!(
                    "<F:PropertyIsEqualTo><F:Function name='{name}'>[N]code[/N]</F:Function><F:Literal>1</F:Literal></F:PropertyIsEqualTo>"
                ),
            };
            chosen(&server, dialect, "parcel", &inner).await;
        }
        let times = named("<fes:TemporalOperator name=\"", '"');
        // All but `AnyInteracts`, which the schema of capabilities has no name for.
        assert_eq!(times.len(), if dialect.version == "2.0.0" { 13 } else { 0 });
        for op in times {
            let inner = format!("<F:{op}>[N]observed_on[/N]<F:Literal>2026-03-02</F:Literal></F:{op}>");
            chosen(&server, dialect, "landslide", &inner).await;
        }
        for op in ["DWithin", "Beyond"] {
            assert!(
                capabilities.contains(&format!("=\"{op}\""))
                    || capabilities.contains(&format!("<ogc:{op}/>")),
                "{op}"
            );
        }
    }
}
