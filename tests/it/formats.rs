//! Items in each of their forms through the front door, read by somebody else's reader: GDAL for GML, CSV, FlatGeobuf
//! and GeoPackage, the parquet crate's reader for GeoParquet.

use std::path::PathBuf;

use dothi::layers::{GeometryKind, LayerDef, Value};
use geo::{Geometry, MultiLineString, MultiPoint, MultiPolygon, line_string, point, polygon};
use geozero::{CoordDimensions, ToWkb};
use parquet::file::reader::{FileReader, SerializedFileReader};
use reqwest::{StatusCode, header};
use serde_json::{Value as Json, json};

use crate::front::{Server, square};
use crate::wfs::{AT, run};

/// Forms that are files, with their extensions.
const TABLES: [&str; 3] = ["fgb", "gpkg", "parquet"];
/// Forms that GDAL 3.6 of Debian reads.
const OF_GDAL: [&str; 4] = ["gml", "csv", "fgb", "gpkg"];

/// A layer with an attribute of each type, one of them restricted.
pub fn layer(id: &str, kind: GeometryKind) -> LayerDef {
    let text = |t: &str| json!({"vi": t, "en": t});
    serde_json::from_value(json!({
        "id": id, "title": text("Thửa đất thử"), "description": text("Đủ các kiểu"), "theme": "land", "owner": ["XD"],
        "access": "O", "geometry": kind, "temporal": ["since", "until"],
        "attribute": [
            {"name": "name", "type": "text", "title": text("Tên")},
            {"name": "storeys", "type": "integer", "title": text("Số tầng")},
            {"name": "area_m2", "type": "real", "title": text("Diện tích")},
            {"name": "public", "type": "boolean", "title": text("Công cộng")},
            {"name": "since", "type": "date", "title": text("Từ ngày")},
            {"name": "until", "type": "date", "title": text("Đến ngày")},
            {"name": "seen_at", "type": "timestamp", "title": text("Lúc")},
            {"name": "holder", "type": "text", "title": text("Chủ"), "access": "R"},
        ],
    }))
    .unwrap()
}

/// Largest whole number that every reader holds exactly.
const LARGE: i64 = (1 << 53) - 1;

/// Three items: one with all values, one with none, one between.
pub async fn three(server: &Server, id: &str) -> Vec<i64> {
    server.apply(layer(id, GeometryKind::Polygon)).await;
    let text = |t: &str| Value::Text(t.to_owned());
    let full = [
        ("name", text("Nguyễn Văn Ấ, \"Đắk Nông\" & <con>")),
        ("storeys", Value::Int(LARGE)),
        ("area_m2", Value::Real(100.125)),
        ("public", Value::Bool(true)),
        ("since", Value::Date("2020-02-29".parse().unwrap())),
        ("until", Value::Date("2021-03-01".parse().unwrap())),
        ("seen_at", Value::Time("2026-11-30T01:02:03.250Z".parse().unwrap())),
        ("holder", text("bi mat")),
    ];
    let some = [("name", text("b")), ("storeys", Value::Int(-3)), ("public", Value::Bool(false))];
    let mut fids = Vec::new();
    for (i, values) in [&full[..], &[], &some].into_iter().enumerate() {
        let wkb = square(AT.0 + 20.0 * i as f64, AT.1, 10.0);
        fids.push(server.insert(id, wkb, values).await.fid);
    }
    fids
}

/// What was answered, in a file with the extension of its form.
struct Got {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Got {
    async fn of(server: &Server, address: &str, extension: &str) -> Self {
        let answer = server.get(address).await;
        let status = answer.status();
        let bytes = answer.bytes().await.unwrap();
        assert_eq!(status, StatusCode::OK, "{address}: {}", String::from_utf8_lossy(&bytes));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(format!("items.{extension}"));
        std::fs::write(&path, &bytes).unwrap();
        Self { _folder: folder, path }
    }

    fn text(&self) -> String {
        std::fs::read_to_string(&self.path).unwrap()
    }

    /// What `ogrinfo` says of it.
    async fn ogrinfo(&self) -> String {
        let (path, of) = (self.path.to_str().unwrap(), self.path.extension().unwrap());
        let csv = ["-oo", "AUTODETECT_TYPE=YES", "-oo", "GEOM_POSSIBLE_NAMES=geometry"];
        let schema = if of == "gml" { self.schema().await } else { String::new() };
        let gml = ["-oo", schema.as_str()];
        let more = match of.to_str().unwrap() {
            "csv" => &csv[..],
            "gml" => &gml,
            _ => &[],
        };
        run("ogrinfo", &[&["-ro", "-al"], more, &[path]].concat()).await
    }

    /// The schema that the document announces, brought beside it as GDAL's option `XSD`.
    async fn schema(&self) -> String {
        let text = self.text();
        let locations = text.split("xsi:schemaLocation=\"").nth(1).unwrap().split('"').next().unwrap();
        let address = locations.split(' ').nth(1).unwrap().replace("&amp;", "&");
        let path = self.path.with_extension("xsd");
        let schema = reqwest::get(address).await.unwrap().error_for_status().unwrap();
        std::fs::write(&path, schema.bytes().await.unwrap()).unwrap();
        format!("XSD={}", path.display())
    }

    fn parquet(&self) -> SerializedFileReader<std::fs::File> {
        SerializedFileReader::new(std::fs::File::open(&self.path).unwrap()).unwrap()
    }

    /// The member `geo` of GeoParquet.
    fn geo(&self) -> Json {
        let reader = self.parquet();
        let all = reader.metadata().file_metadata().key_value_metadata().unwrap().clone();
        let geo = all.into_iter().find(|kv| kv.key == "geo").and_then(|kv| kv.value).unwrap();
        serde_json::from_str(&geo).unwrap()
    }

    /// The rows of GeoParquet as JSON, without their geometries.
    fn rows(&self) -> Vec<Json> {
        let row = |row: Result<parquet::record::Row, _>| {
            let row: parquet::record::Row = row.unwrap();
            let columns = row.get_column_iter().filter(|(name, _)| *name != "geometry");
            columns.map(|(name, field)| (name.clone(), field.to_json_value_of())).collect()
        };
        self.parquet().get_row_iter(None).unwrap().map(row).collect()
    }

    /// How many items it has.
    async fn count(&self) -> usize {
        if self.path.extension().unwrap() == "parquet" {
            return self.parquet().metadata().file_metadata().num_rows() as usize;
        }
        if self.path.extension().unwrap() == "gml" {
            // Of no features GDAL makes no layer.
            let text = self.text();
            let n = text.matches("<wfs:member>").count();
            assert!(text.contains(&format!("numberReturned=\"{n}\"")), "{text}");
            return n;
        }
        let said = self.ogrinfo().await;
        let line = said.lines().find_map(|l| l.strip_prefix("Feature Count: "));
        line.unwrap_or_else(|| panic!("{said}")).trim().parse().unwrap()
    }
}

/// A value of Parquet as JSON.
trait OfParquet {
    fn to_json_value_of(&self) -> Json;
}

impl OfParquet for parquet::record::Field {
    fn to_json_value_of(&self) -> Json {
        use parquet::record::Field as F;
        match self {
            F::Null => Json::Null,
            F::Bool(v) => json!(v),
            F::Long(v) => json!(v),
            F::Double(v) => json!(v),
            F::Str(v) => json!(v),
            F::Date(v) => json!({"day": v}),
            F::TimestampMicros(v) => json!({"micros": v}),
            F::Group(row) => row.get_column_iter().map(|(n, f)| (n.clone(), f.to_json_value_of())).collect(),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn gdal_reads_types_values_and_places_as_they_are() {
    let server = Server::start().await;
    let fids = three(&server, "thu").await;
    for form in OF_GDAL {
        let address =
            format!("/ogc/collections/thu/items?f={form}&crs=http://www.opengis.net/def/crs/EPSG/0/9218");
        let got = Got::of(&server, &address, form).await;
        let said = got.ogrinfo().await;
        assert!(said.contains("Feature Count: 3"), "{form}: {said}");
        assert!(!said.contains("holder") && !said.contains("bi mat"), "a restricted attribute: {said}");
        // Vietnamese text, whole numbers up to 2^53, booleans, days and instants.
        let real = "area_m2 (Real) = 100.125".to_owned();
        for line in [
            "name (String) = Nguyễn Văn Ấ, \"Đắk Nông\" & <con>".to_owned(),
            format!("storeys (Integer64) = {LARGE}"),
            real,
            "public (Integer(Boolean)) = 1".to_owned(),
            format!("since ({}) = 2020/02/29", if form == "fgb" { "DateTime" } else { "Date" }),
            "seen_at (DateTime) = 2026/11/30 01:02:03.25".to_owned(),
            "storeys (Integer64) = -3".to_owned(),
        ] {
            assert!(said.contains(&line), "{form}: {line}\nin {said}");
        }
        assert!(said.contains("POLYGON ((411600 1327195,411610 1327195,411610 1327205,"), "{form}: {said}");
        match form {
            "csv" => {}
            // GDAL looks for the system of GML that has a schema in its envelope only, and a stream has none.
            "gml" => assert!(got.text().contains("srsName=\"http://www.opengis.net/def/crs/EPSG/0/9218\"")),
            _ => assert!(said.contains("ID[\"EPSG\",9218]"), "{form}: {said}"),
        }
        // What has no value is null and not zero.
        let middle = said.split("OGRFeature(").nth(2).unwrap();
        assert!(!middle.contains("storeys (Integer64) = 0") && !middle.contains("1970"), "{form}: {middle}");
        let id = match form {
            "gml" => format!("gml_id (String) = thu.{}", fids[0]),
            "gpkg" => format!("OGRFeature(thu):{}", fids[0]),
            _ => format!("fid (Integer{}) = {}", if form == "fgb" { "64" } else { "" }, fids[0]),
        };
        assert!(said.contains(&id), "{form}: {id}\nin {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn geoparquet_says_what_it_is() {
    let server = Server::start().await;
    let fids = three(&server, "thu").await;
    let got = Got::of(&server, "/ogc/collections/thu/items?f=parquet", "parquet").await;
    let rows = got.rows();
    let full = &rows[0];
    assert_eq!(
        (&full["fid"], &full["storeys"], &full["public"]),
        (&json!(fids[0]), &json!(LARGE), &json!(true))
    );
    assert_eq!(full["name"], "Nguyễn Văn Ấ, \"Đắk Nông\" & <con>");
    assert_eq!((&full["area_m2"], &full["since"]), (&json!(100.125), &json!({"day": 18_321})));
    assert_eq!(full["seen_at"], json!({"micros": 1_796_000_523_250_000_i64}));
    assert!(full.get("holder").is_none());
    assert!(
        ["name", "storeys", "area_m2", "public", "since", "seen_at"].iter().all(|a| rows[1][a].is_null())
    );
    let west = full["bbox"]["xmin"].as_f64().unwrap();
    assert!((107.68..107.70).contains(&west), "{full}");
    let geo = got.geo();
    assert_eq!((&geo["version"], &geo["primary_column"]), (&json!("1.1.0"), &json!("geometry")));
    let column = &geo["columns"]["geometry"];
    assert_eq!((&column["encoding"], &column["geometry_types"]), (&json!("WKB"), &json!(["Polygon"])));
    assert_eq!(column["crs"]["id"], json!({"authority": "EPSG", "code": 4326}));
    assert_eq!(column["covering"]["bbox"]["ymax"], json!(["bbox", "ymax"]));
    let around = column["bbox"].as_array().unwrap();
    assert!((around[0].as_f64().unwrap() - west).abs() < 1e-12 && around.len() == 4);
    // The geometry is the one that GeoJSON has, told with one decimal more, as files hold it.
    let json = server.json("/ogc/collections/thu/items").await;
    let at = &json["features"][0]["geometry"]["coordinates"][0][0];
    let first = got.parquet().get_row_iter(None).unwrap().next().unwrap().unwrap();
    let geometry = first.get_column_iter().find(|(n, _)| *n == "geometry").unwrap().1.clone();
    let parquet::record::Field::Bytes(wkb) = geometry else { panic!("{geometry:?}") };
    let x = f64::from_le_bytes(wkb.data()[13..21].try_into().unwrap());
    let y = f64::from_le_bytes(wkb.data()[21..29].try_into().unwrap());
    for (served, held) in [(&at[0], x), (&at[1], y)] {
        assert!((served.as_f64().unwrap() - held).abs() < 0.56e-9, "{served} {held}");
        assert_eq!(held, format!("{held:.10}").parse::<f64>().unwrap());
    }
    let stored = "/ogc/collections/thu/items?f=parquet&crs=http://www.opengis.net/def/crs/EPSG/0/9218";
    let stored = Got::of(&server, stored, "parquet").await;
    assert_eq!(stored.geo()["columns"]["geometry"]["crs"]["id"]["code"], 9218);
    assert_eq!(stored.rows()[0]["bbox"]["xmin"], 411_600.0);
}

/// The rules of JSON-FG 1.0 (OGC 21-045r1, clause 8) that its schema and its requirements state.
fn holds_to_json_fg(root: &Json, crs: Option<&str>) {
    let core = "http://www.opengis.net/spec/json-fg-1/1.0/conf/core";
    assert!(root["conformsTo"].as_array().unwrap().contains(&json!(core)), "{root}");
    assert_eq!(root.get("coordRefSys").and_then(Json::as_str), crs, "{root}");
    assert_eq!(root["featureType"], "thu");
    let alone = std::slice::from_ref(root);
    let features = root["features"].as_array().map_or(alone, Vec::as_slice);
    for feature in features {
        assert_eq!(feature["type"], "Feature");
        assert!(feature["id"].is_number() && feature["properties"].is_object());
        if root.get("features").is_some() {
            assert!(feature.get("coordRefSys").is_none() && feature.get("conformsTo").is_none());
        }
        let position = feature["geometry"]["coordinates"][0][0].as_array().unwrap();
        let [lon, lat] = [0, 1].map(|i| position[i].as_f64().unwrap());
        assert!(lon.abs() <= 180.0 && lat.abs() <= 90.0, "geometry-wgs84: {feature}");
        assert_eq!(feature["place"].is_null(), crs.is_none(), "place-geometries: {feature}");
        assert_ne!(feature["place"], feature["geometry"], "fallback");
        let Some(time) = feature["time"].as_object() else {
            assert!(feature["time"].is_null());
            continue;
        };
        let interval = time["interval"].as_array().unwrap();
        assert_eq!(interval.len(), 2);
        let day = |side: &Json| side.as_str().unwrap().parse::<chrono::NaiveDate>().is_ok();
        assert!(interval.iter().all(|side| side == ".." || day(side)), "interval: {time:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn json_fg_has_place_time_and_type() {
    let server = Server::start().await;
    let fids = three(&server, "thu").await;
    let items = "/ogc/collections/thu/items";
    let plain = server.get(&format!("{items}?f=jsonfg")).await;
    assert_eq!(plain.headers()[header::CONTENT_TYPE], "application/fg+json");
    let plain: Json = plain.json().await.unwrap();
    holds_to_json_fg(&plain, None);
    assert_eq!(plain["features"][0]["time"], json!({"interval": ["2020-02-29", "2021-03-01"]}));
    assert_eq!((&plain["features"][1]["time"], &plain["numberMatched"]), (&Json::Null, &json!(3)));
    for (code, x, y) in
        [("9218", 411_600.0, 1_327_195.0), ("4326", 11.999, 107.69), ("3857", 11_987_996.0, 1_345_588.0)]
    {
        let crs = format!("http://www.opengis.net/def/crs/EPSG/0/{code}");
        let placed = server.json(&format!("{items}?f=jsonfg&crs={crs}")).await;
        holds_to_json_fg(&placed, Some(&crs));
        let at = &placed["features"][0]["place"]["coordinates"][0][0];
        let near = |v: &Json, w: f64| (v.as_f64().unwrap() / w - 1.0).abs() < 1e-3;
        assert!(near(&at[0], x) && near(&at[1], y), "{code}: {at}");
        let one = server.json(&format!("{items}/{}?f=jsonfg&crs={crs}", fids[0])).await;
        holds_to_json_fg(&one, Some(&crs));
        assert_eq!((&one["place"], one["links"].is_array()), (&placed["features"][0]["place"], true));
    }
    let conformance = server.json("/ogc/conformance").await;
    let core = "http://www.opengis.net/spec/json-fg-1/1.0/conf/core";
    assert!(conformance["conformsTo"].as_array().unwrap().contains(&json!(core)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_means_the_same_in_every_form() {
    let server = Server::start().await;
    let fids = three(&server, "thu").await;
    let before = server.state.features.snapshot().revision;
    server.insert("thu", square(AT.0 + 100.0, AT.1, 10.0), &[]).await;
    for (query, found) in [
        ("", 4),
        ("limit=2", 2),
        ("storeys=-3", 1),
        ("filter=public=true", 1),
        ("filter=name%20IS%20NULL", 2),
        ("filter=storeys=77", 0),
        ("datetime=2020-06-01", 4),
        ("bbox=411601,1327196,411602,1327197&bbox-crs=http://www.opengis.net/def/crs/EPSG/0/9218", 1),
        ("bbox=0,0,1,1", 0),
        (&format!("at={before}"), 3),
        (&format!("at={before}&storeys=-3"), 1),
        ("sortby=-storeys&properties=storeys", 4),
    ] {
        for form in OF_GDAL.into_iter().chain(["parquet"]) {
            let address = format!("/ogc/collections/thu/items?f={form}&{query}");
            assert_eq!(Got::of(&server, &address, form).await.count().await, found, "{address}");
        }
    }
    // What is not wanted is not there, and the order is the one that was asked for.
    let csv = server.get("/ogc/collections/thu/items?f=csv&sortby=-storeys&properties=storeys").await;
    let csv = csv.text().await.unwrap();
    let rows: Vec<&str> = csv.split("\r\n").collect();
    assert_eq!(rows[0], "fid,storeys,geometry");
    assert!(rows[1].starts_with(&format!("{},{LARGE},", fids[0])) && rows[2].contains(",-3,"), "{csv}");
    for form in ["gpkg", "fgb"] {
        let address = format!("/ogc/collections/thu/items?f={form}&properties=storeys");
        let said = Got::of(&server, &address, form).await.ogrinfo().await;
        assert!(said.contains("\nstoreys: Integer64") && !said.contains("\nname:"), "{said}");
    }
    for form in ["csv", "gml", "gpkg"] {
        let refused = server.get(&format!("/ogc/collections/thu/items?f={form}&holder=x")).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "a hidden attribute");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_without_items_is_a_valid_file_with_its_columns() {
    let server = Server::start().await;
    server.apply(layer("trong", GeometryKind::MultiPolygon)).await;
    for form in ["gml", "csv", "fgb", "gpkg", "parquet"] {
        for address in [
            format!("/ogc/collections/trong/items?f={form}"),
            format!("/ogc/collections/trong/download/trong.{form}"),
        ] {
            let got = Got::of(&server, &address, form).await;
            if form == "parquet" {
                assert_eq!((got.count().await, got.rows().len()), (0, 0));
                assert_eq!(got.geo()["columns"]["geometry"]["geometry_types"], json!([]));
                continue;
            }
            if form == "gml" {
                let text = got.text();
                assert!(
                    text.contains("numberMatched=\"0\" numberReturned=\"0\"")
                        && text.ends_with("Collection>\n")
                );
                continue;
            }
            assert_eq!(got.count().await, 0, "{address}");
            let said = got.ogrinfo().await;
            assert!(said.contains("storeys: "), "{address}: {said}");
            if TABLES.contains(&form) {
                assert!(
                    said.contains("storeys: Integer64 (0.0)") && said.contains("Multi Polygon"),
                    "{said}"
                );
            }
        }
    }
}

fn one_of(kind: GeometryKind) -> (Geometry<f64>, &'static str) {
    let (x, y) = AT;
    let line = line_string![(x: x, y: y), (x: x + 10.0, y: y + 5.0)];
    let area = polygon!(
        exterior: [(x: x, y: y), (x: x + 9.0, y: y), (x: x + 9.0, y: y + 9.0), (x: x, y: y)],
        interiors: [[(x: x + 6.0, y: y + 2.0), (x: x + 7.0, y: y + 4.0), (x: x + 8.0, y: y + 2.0), (x: x + 6.0, y: y + 2.0)]]
    );
    match kind {
        GeometryKind::Point => (point! { x: x, y: y }.into(), "POINT (411600 1327195)"),
        GeometryKind::LineString => (line.into(), "LINESTRING (411600 1327195,411610 1327200)"),
        GeometryKind::Polygon => (area.into(), "POLYGON ((411600 1327195,411609 1327195,"),
        GeometryKind::MultiPoint => {
            let points = MultiPoint::from(vec![(x, y), (x + 1.0, y + 2.0)]);
            (points.into(), "MULTIPOINT (411600 1327195,411601 1327197)")
        }
        GeometryKind::MultiLineString => {
            let lines = MultiLineString(vec![line.clone(), line_string![(x: x, y: y), (x: x, y: y + 1.0)]]);
            (
                lines.into(),
                "MULTILINESTRING ((411600 1327195,411610 1327200),(411600 1327195,411600 1327196))",
            )
        }
        GeometryKind::MultiPolygon => {
            let other = polygon![(x: x + 20.0, y: y), (x: x + 29.0, y: y), (x: x + 29.0, y: y + 9.0)];
            (MultiPolygon(vec![area, other]).into(), "MULTIPOLYGON (((411600 1327195,411609 1327195,")
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_geometry_is_read_back() {
    use GeometryKind as K;
    let server = Server::start().await;
    for kind in [K::Point, K::LineString, K::Polygon, K::MultiPoint, K::MultiLineString, K::MultiPolygon] {
        let id = format!("thu_{kind:?}").to_lowercase();
        server.apply(layer(&id, kind)).await;
        let (geometry, wkt) = one_of(kind);
        server.insert(&id, geometry.to_wkb(CoordDimensions::xy()).unwrap(), &[]).await;
        for form in OF_GDAL {
            let got = Got::of(&server, &format!("/ogc/collections/{id}/download/{id}.{form}"), form).await;
            let said = got.ogrinfo().await;
            let shown = said
                .replace("), (", "),(")
                // The types of a schema of GML are those of all curves and surfaces.
                .replace(
                    "COMPOUNDCURVE ((411600 1327195,411610 1327200))",
                    "LINESTRING (411600 1327195,411610 1327200)",
                )
                .replace("MULTICURVE (", "MULTILINESTRING (")
                .replace("MULTISURFACE (", "MULTIPOLYGON (")
                .replace("((411600 1327195),(411601 1327197))", "(411600 1327195,411601 1327197)");
            assert!(shown.contains(wkt), "{form} {kind:?}: {wkt}\nin {said}");
            if matches!(kind, K::Polygon | K::MultiPolygon) {
                assert!(said.contains(",(411606 1327197,"), "the hole: {form} {kind:?}: {said}");
            }
        }
        let got = Got::of(&server, &format!("/ogc/collections/{id}/download/{id}.parquet"), "parquet").await;
        assert_eq!(got.geo()["columns"]["geometry"]["geometry_types"], json!([format!("{kind:?}")]));
        assert_eq!(got.rows()[0]["bbox"]["xmin"], 411_600.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn accept_and_f_choose_and_links_lead_on_in_the_same_form() {
    let server = Server::start().await;
    three(&server, "thu").await;
    let items = format!("{}/ogc/collections/thu/items", server.base);
    let accept = |kind: &str| server.client.get(&items).header("accept", kind).send();
    for (kind, got) in [
        ("application/geo+json", "application/geo+json"),
        ("application/fg+json, application/json;q=0.5", "application/fg+json"),
        ("application/gml+xml", "application/gml+xml;version=3.2"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("application/flatgeobuf", "application/flatgeobuf"),
        ("application/geopackage+sqlite3", "application/geopackage+sqlite3"),
        ("application/vnd.apache.parquet", "application/vnd.apache.parquet"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"),
    ] {
        let answer = accept(kind).await.unwrap();
        assert_eq!(answer.headers()[header::CONTENT_TYPE], got, "{kind}");
        assert!(answer.headers()[header::VARY].to_str().unwrap().contains("accept"), "{kind}");
    }
    let refused = accept("image/png").await.unwrap();
    assert_eq!(refused.status(), StatusCode::NOT_ACCEPTABLE);
    let refused: Json = refused.json().await.unwrap();
    assert!(refused["offered"].as_array().unwrap().contains(&json!("text/csv; charset=utf-8")), "{refused}");
    let refused = server.get("/ogc/collections/thu/items?f=shp").await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let refused: Json = refused.json().await.unwrap();
    assert!(refused["detail"].as_str().unwrap().contains("gpkg") && refused["parameter"] == "f", "{refused}");
    // Pages in every form: the next one is of the same form, and holds what is left.
    for form in ["json", "jsonfg", "gml", "csv", "fgb", "gpkg", "parquet"] {
        let first = server
            .get(&format!("/ogc/collections/thu/items?f={form}&limit=2&name=b&storeys=-3&limit_="))
            .await;
        assert_eq!(first.status(), StatusCode::BAD_REQUEST, "{form}");
        let first = server.get(&format!("/ogc/collections/thu/items?f={form}&limit=2")).await;
        let kind = first.headers()[header::CONTENT_TYPE].clone();
        let next = if form.starts_with("json") {
            let json: Json = first.json().await.unwrap();
            let links = json["links"].as_array().unwrap().clone();
            let next = links.iter().find(|l| l["rel"] == "next").unwrap();
            assert_eq!(next["type"], kind.to_str().unwrap());
            let alternates = links.iter().filter(|l| l["rel"] == "alternate").count();
            assert_eq!(alternates, 7, "{links:?}");
            next["href"].as_str().unwrap().to_owned()
        } else {
            assert_eq!(first.headers()["ogc-numbermatched"], "3");
            assert_eq!(first.headers()["ogc-numberreturned"], "2");
            let links = first.headers()[header::LINK].to_str().unwrap();
            let next = links.split(", <").find(|l| l.contains("rel=\"next\"")).unwrap();
            assert!(next.contains(&format!("type=\"{}\"", kind.to_str().unwrap())), "{links}");
            assert_eq!(links.matches("rel=\"alternate\"").count(), 7, "{links}");
            assert_eq!(links.matches("rel=\"self\"").count(), 1, "{links}");
            next.split('>').next().unwrap().trim_start_matches('<').to_owned()
        };
        let rest = next.strip_prefix(&server.base).unwrap();
        let extension = if form.starts_with("json") { "geojson" } else { form };
        assert_eq!(Got::of(&server, rest, extension).await.count().await, 1, "{form}: {rest}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_compressed_as_the_client_can() {
    let server = Server::start().await;
    let items = format!("{}/ogc/collections/", server.base);
    three(&server, "thu").await;
    let client = reqwest::Client::builder().no_gzip().build().unwrap();
    let get = |path: &str, coding: &str| {
        client.get(format!("{items}{path}")).header(header::ACCEPT_ENCODING, coding.to_owned()).send()
    };
    for form in ["json", "jsonfg", "gml", "csv", "fgb", "gpkg"] {
        let path = format!("thu/items?f={form}");
        let plain = get(&path, "identity").await.unwrap();
        assert!(plain.headers().get(header::CONTENT_ENCODING).is_none());
        let plain = plain.bytes().await.unwrap().len();
        for (coding, magic) in [("gzip", &[0x1f, 0x8b][..]), ("br", &[]), ("zstd", &[0x28, 0xb5, 0x2f, 0xfd])]
        {
            let answer = get(&path, coding).await.unwrap();
            assert_eq!(answer.headers()[header::CONTENT_ENCODING], coding, "{form}");
            let bytes = answer.bytes().await.unwrap();
            assert!(
                bytes.starts_with(magic) && bytes.len() < plain,
                "{form} {coding}: {} of {plain}",
                bytes.len()
            );
        }
    }
    // Compressed within, or read by ranges: as it is.
    for path in ["thu/items?f=parquet", "thu/download/thu.parquet", "thu/download/thu.geojson"] {
        let answer = get(path, "gzip, br, zstd").await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(answer.headers().get(header::CONTENT_ENCODING).is_none(), "{path}");
        assert!(answer.headers().get(header::CONTENT_LENGTH).is_some(), "{path}");
    }
}

/// Longer than one piece of a streamed answer: every item once, in order, in every form that is text.
#[tokio::test(flavor = "multi_thread")]
async fn long_answers_are_whole() {
    let server = Server::start().await;
    server.apply(layer("nhieu", GeometryKind::Point)).await;
    sqlx::query(
        "insert into layer.nhieu (version, geom, name)
         select (select max(number) from dothi.revision), st_setsrid(st_point(411600 + n, 1327195), 9218), 'số ' || n
         from generate_series(1, 2345) n",
    )
    .execute(&mut server.sql().await)
    .await
    .unwrap();
    // A new state of the layer reads the table again.
    let mut again = layer("nhieu", GeometryKind::Point);
    again.min_zoom = 3;
    server.apply(again).await;
    let json = server.json("/ogc/collections/nhieu/items?limit=10000").await;
    let features = json["features"].as_array().unwrap();
    let names: Vec<&str> = features.iter().map(|f| f["properties"]["name"].as_str().unwrap()).collect();
    let expected: Vec<String> = (1..=2345).map(|n| format!("số {n}")).collect();
    assert_eq!(names, expected);
    let wfs =
        "/wfs?service=WFS&version=1.1.0&request=GetFeature&typename=nhieu&outputformat=application/json";
    assert_eq!(server.json(wfs).await["features"], json["features"]);
    let csv = server.get("/ogc/collections/nhieu/items?f=csv&limit=10000").await.text().await.unwrap();
    let names: Vec<&str> = csv.lines().skip(1).map(|l| l.split(',').nth(1).unwrap()).collect();
    assert_eq!(names, expected);
    for form in ["gml", "fgb", "gpkg", "parquet"] {
        let got = Got::of(&server, &format!("/ogc/collections/nhieu/items?f={form}&limit=10000"), form).await;
        assert_eq!(got.count().await, 2345, "{form}");
    }
}
