//! Drawings as areas, zipped files, reference systems and what is left out of geometries, through the worker.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use dothi::formats::read::{Sink, read};
use dothi::formats::record::{Record, Records};
use dothi::formats::{Drawing, Header, ReadOptions};
use dothi::jobs::import::inspect;
use dothi::jobs::worker;
use dothi::layers::{GeometryKind, Value};
use dothi::{Error, Result};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::import_support::{design_file, dgn_line, dgn_text};

#[derive(Default)]
struct Seen {
    header: Option<Header>,
    records: Vec<Record>,
    rest: Records,
}

impl Sink for Seen {
    fn header(&mut self, json: &[u8]) -> Result<()> {
        self.header = Some(serde_json::from_slice(json).unwrap());
        Ok(())
    }
    fn records(&mut self, bytes: &[u8]) -> Result<()> {
        self.records.extend(self.rest.feed(bytes)?);
        Ok(())
    }
    fn progress(&mut self, _: u64, _: Option<u64>) -> Result<()> {
        Ok(())
    }
}

fn options(target: GeometryKind, crs: Option<&str>) -> ReadOptions {
    ReadOptions { crs: crs.map(str::to_owned), ..ReadOptions::for_layer(target) }
}

/// Reads a file here, without a worker: header, records, what is told.
fn look(file: &Path, options: &ReadOptions) -> Result<(Header, Vec<Record>, Vec<String>)> {
    let scratch = tempfile::tempdir().unwrap();
    let options = ReadOptions { scratch: Some(scratch.path().to_owned()), ..options.clone() };
    let mut seen = Seen::default();
    let summary = read(file, &options, &mut seen)?;
    let told = summary.notes.into_iter().chain(summary.warnings).map(|t| t.en).collect();
    Ok((seen.header.unwrap(), seen.records, told))
}

/// Two parcels of single lines with a gap of 2 cm, a stray line, and texts on a level of their own.
fn parcels(path: &Path) {
    let (x, y) = (411_600.0, 1_327_195.0);
    let at = |dx: f64, dy: f64| (x + dx, y + dy);
    let tcvn3 = b"\xa7\xbek N\xabng";
    design_file(
        path,
        &[
            dgn_line(10, 3, &[at(0.0, 0.0), at(100.0, 0.0), at(100.0, 50.0)]),
            dgn_line(10, 3, &[at(100.02, 50.0), at(0.0, 50.0), at(0.0, 0.0)]),
            dgn_line(10, 3, &[at(40.0, 0.0), at(40.0, 49.97)]),
            dgn_line(10, 3, &[at(300.0, 0.0), at(320.0, 0.0)]),
            // Of another level: no boundary.
            dgn_line(20, 1, &[at(0.0, 10.0), at(100.0, 10.0)]),
            dgn_text(13, at(10.0, 20.0), b"12"),
            dgn_text(14, at(10.0, 25.0), tcvn3),
            dgn_text(13, at(60.0, 20.0), b"13"),
            dgn_text(13, at(500.0, 20.0), b"99"),
        ],
    );
}

#[test]
fn lines_and_texts_of_a_design_file_become_parcels() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("parcels.dgn");
    parcels(&file);
    let none = look(&file, &options(GeometryKind::Polygon, None)).unwrap_err();
    assert!(none.to_string().contains("--crs"), "{none}");
    assert!(none.to_string().contains("EPSG:9218 (VN-2000"), "a likely system is named: {none}");
    let drawing = Drawing { boundary_layers: vec!["10".into()], ..Drawing::default() };
    let options = ReadOptions { drawing, ..options(GeometryKind::Polygon, Some("EPSG:9218")) };
    let (header, records, told) = look(&file, &options).unwrap();
    let at = |name: &str| header.fields.iter().position(|f| f == name).unwrap();
    let (numbers, first, all) = (at("text:13"), at("text"), at("texts"));
    let mut rows: Vec<(Value, Value, Value)> = records
        .iter()
        .filter_map(|r| match r {
            Record::Row { values, .. } => {
                Some((values[numbers].clone(), values[first].clone(), values[all].clone()))
            }
            Record::Rejected { .. } => None,
        })
        .collect();
    rows.sort_by_key(|r| format!("{r:?}"));
    let text = |t: &str| Value::Text(t.to_owned());
    assert_eq!(
        rows,
        [(text("12"), text("12"), text("12; Đắk Nông")), (text("13"), text("13"), text("13"))],
        "{records:?}"
    );
    let rejected: Vec<&String> = records
        .iter()
        .filter_map(|r| match r {
            Record::Rejected { place, reason } if reason.en.contains("meets no other") => Some(place),
            _ => None,
        })
        .collect();
    assert_eq!(rejected.len(), 2, "both ends of the stray line: {records:?}");
    assert!(rejected.iter().any(|p| p.contains("(411900.00, 1327195.00)")), "{rejected:?}");
    assert!(told.iter().any(|t| t.contains("gaps up to 0.05 m were closed")), "{told:?}");
    assert!(
        told.iter().any(|t| t.contains("2 ends fall short of a line") && t.contains("0) 200.000")),
        "{told:?}"
    );
    assert!(told.iter().any(|t| t.contains("1 texts lie in no area: “99”")), "{told:?}");
}

#[test]
fn a_colour_chooses_among_the_lines_of_a_level() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("parcels.dgn");
    parcels(&file);
    let drawing = Drawing { boundary_layers: vec!["10/4".into()], ..Drawing::default() };
    let options = ReadOptions { drawing, ..options(GeometryKind::Polygon, Some("EPSG:9218")) };
    let (_, records, told) = look(&file, &options).unwrap();
    assert!(records.is_empty(), "{records:?}");
    assert!(told.iter().any(|t| t.contains("were not used")), "{told:?}");
}

fn zipped(path: &Path, files: &[(&str, &[u8])]) {
    let mut zip = ZipWriter::new(File::create(path).unwrap());
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, bytes) in files {
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
}

const POINT: &str = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"a"},"geometry":{"type":"Point","coordinates":[107.69,12.0]}}]}"#;

#[tokio::test]
async fn a_zipped_file_is_read_within_bounds() {
    worker::use_executable(PathBuf::from(env!("CARGO_BIN_EXE_dothi")));
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    zipped(&path("one.zip"), &[("data/points.geojson", POINT.as_bytes()), ("readme.txt", b"x")]);
    let points = options(GeometryKind::Point, None);
    let seen = inspect(&path("one.zip"), &points).await.unwrap();
    assert_eq!((seen.layers.len(), seen.rows.len()), (1, 1), "{seen:?}");
    assert_eq!(look(&path("one.zip"), &points).unwrap().1.len(), 1);

    zipped(&path("two.zip"), &[("a.geojson", POINT.as_bytes()), ("b.geojson", POINT.as_bytes())]);
    let several = look(&path("two.zip"), &points).unwrap_err();
    assert!(several.to_string().contains("name one: a, b"), "{several}");
    let chosen = ReadOptions { source_layer: Some("b".into()), ..points.clone() };
    assert_eq!(look(&path("two.zip"), &chosen).unwrap().1.len(), 1);
    assert_eq!(inspect(&path("two.zip"), &points).await.unwrap().layers.len(), 2);

    zipped(&path("nested.zip"), &[("in.zip", b"PK")]);
    zipped(&path("out.zip"), &[("../../evil.geojson", POINT.as_bytes())]);
    zipped(&path("nothing.zip"), &[("readme.txt", b"x")]);
    let bomb = vec![b' '; 80 << 20];
    zipped(&path("bomb.zip"), &[("bomb.dbf", &bomb), ("bomb.shp", b"")]);
    assert!(fs::metadata(path("bomb.zip")).unwrap().len() < 200_000, "it is a bomb");
    fs::write(path("broken.zip"), b"PK\x03\x04nonsense").unwrap();
    for (name, message) in [
        ("nested.zip", "archive within an archive"),
        ("out.zip", "leads out of the archive"),
        ("nothing.zip", "no file that can be read"),
        ("bomb.zip", "unpacks to too much"),
        ("broken.zip", "damaged"),
    ] {
        let error = inspect(&path(name), &points).await.unwrap_err();
        assert!(matches!(error, Error::BadFile { .. }), "{name}: {error:?}");
        assert!(error.to_string().contains(message), "{name}: {error}");
    }
    assert!(!folder.path().parent().unwrap().join("evil.geojson").exists());
}

#[test]
fn formats_that_point_elsewhere_or_are_closed_are_refused_with_advice() {
    let folder = tempfile::tempdir().unwrap();
    let points = options(GeometryKind::Point, None);
    let target = folder.path().join("target.geojson");
    fs::write(&target, POINT).unwrap();
    let vrt = format!(
        "<OGRVRTDataSource><OGRVRTLayer name=\"target\"><SrcDataSource>{}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>",
        target.display()
    );
    for (name, bytes, message) in [
        ("a.dwg", b"AC1032".as_slice(), "save the drawing as DXF"),
        ("a.vrt", vrt.as_bytes(), "points at other files"),
        // The same under another name: no driver takes it.
        ("b.json", vrt.as_bytes(), "not a vector file"),
        ("c.xml", b"<WFS_Capabilities/>", "not a vector file"),
    ] {
        let file = folder.path().join(name);
        fs::write(&file, bytes).unwrap();
        let error = look(&file, &points).unwrap_err();
        assert!(error.to_string().contains(message), "{name}: {error}");
    }
}

#[test]
fn a_file_of_three_thousand_columns_names_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wide.csv");
    let names: Vec<String> = (0..3000).map(|i| format!("c{i}")).collect();
    fs::write(&file, format!("lon,lat,{}\n107.69,12.0{}\n", names.join(","), ",1".repeat(3000))).unwrap();
    let error = look(&file, &options(GeometryKind::Point, Some("EPSG:4326"))).unwrap_err();
    assert!(error.to_string().contains("3002 fields, more than the limit of 1000"), "{error}");
}

/// Why the records of a file were refused, in order.
fn refusals(records: &[Record]) -> Vec<String> {
    let refusal = |r: &Record| match r {
        Record::Rejected { place, reason } => Some(format!("{place}: {}", reason.en)),
        Record::Row { .. } => None,
    };
    records.iter().filter_map(refusal).collect()
}

#[test]
fn a_polygon_of_too_many_vertices_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("large.geojson");
    let mut ring = String::new();
    for i in 0..1_100_000 {
        let angle = f64::from(i) * std::f64::consts::TAU / 1_100_000.0;
        write!(ring, "[{:.7},{:.7}],", 107.6 + angle.cos() / 10.0, 12.0 + angle.sin() / 10.0).unwrap();
    }
    let json = format!(
        r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{}},"geometry":{{"type":"Polygon","coordinates":[[{ring}[107.7,12.0]]]}}}}]}}"#
    );
    fs::write(&file, json).unwrap();
    let (_, records, _) = look(&file, &options(GeometryKind::Polygon, None)).unwrap();
    let reasons = refusals(&records);
    assert_eq!((records.len(), reasons.len()), (1, 1));
    assert!(reasons[0].contains("vertices, more than the limit of 1000000"), "{}", reasons[0]);
}

#[test]
fn positions_without_number_are_named_and_heights_counted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("odd.csv");
    let rows = "1,POINT (nan 12)\n2,POINT (107.69 inf)\n3,POINT Z (107.69 12 600)\n4,\n5,POINT (107.69 12)\n";
    fs::write(&file, format!("id,WKT\n{rows}")).unwrap();
    let (_, records, told) = look(&file, &options(GeometryKind::Point, Some("EPSG:4326"))).unwrap();
    let reasons = refusals(&records);
    assert_eq!((records.len(), reasons.len()), (5, 3), "{reasons:?}");
    assert!(reasons[0].contains("fid 1") && reasons[1].contains("fid 2") && reasons[2].contains("fid 4"));
    assert_eq!(told, ["1 features have heights (Z), which were left out"]);
}

/// A GeoPackage of a table `points` with one point.
fn geopackage(folder: &Path, name: &str) -> PathBuf {
    let (source, file) = (folder.join("points.geojson"), folder.join(name));
    fs::write(&source, POINT).unwrap();
    let done = Command::new("ogr2ogr").args(["-f", "GPKG"]).args([&file, &source]).status().unwrap();
    assert!(done.success());
    file
}

fn sqlite(file: &Path, sql: &str) {
    assert!(Command::new("sqlite3").arg("-bail").arg(file).arg(sql).status().unwrap().success(), "{sql}");
}

/// A view that never ends, and its registration as a layer.
const ENDLESS: &str = "create view endless as with recursive n(i) as (select 1 union all select i+1 from n) \
    select i as fid, geom from n, points;";
const REGISTERED: &str = "insert into gpkg_contents(table_name, data_type, identifier, srs_id) \
    values ('endless','features','endless',4326); \
    insert into gpkg_geometry_columns values ('endless','geom','POINT',4326,0,0);";

#[tokio::test]
async fn a_view_in_a_geopackage_is_never_run() {
    worker::use_executable(PathBuf::from(env!("CARGO_BIN_EXE_dothi")));
    let folder = tempfile::tempdir().unwrap();
    let points = options(GeometryKind::Point, None);
    let named = |layer: &str| ReadOptions { source_layer: Some(layer.to_owned()), ..points.clone() };
    let file = geopackage(folder.path(), "views.gpkg");
    sqlite(&file, &format!("{ENDLESS}{REGISTERED}"));
    // The table is read, and what is left out is told.
    for options in [&points, &named("points")] {
        let (header, records, _) = look(&file, options).unwrap();
        assert_eq!((header.layer.as_str(), records.len()), ("points", 1));
        assert!(header.warnings[0].en.contains("are not read: endless"), "{:?}", header.warnings);
    }
    for name in ["endless", "ENDLESS"] {
        let error = look(&file, &named(name)).unwrap_err().to_string();
        assert!(error.contains("views (SQL within the file) are not read"), "{error}");
    }
    let seen = inspect(&file, &points).await.unwrap();
    let layers: Vec<&str> = seen.layers.iter().map(|l| l.name.as_str()).collect();
    assert_eq!((layers, seen.rows.len()), (vec!["points"], 1));
    assert!(seen.warnings[0].en.contains("are not read: endless"), "{:?}", seen.warnings);

    // One that is no layer is passed over, unless somebody asks for it.
    let file = geopackage(folder.path(), "hidden.gpkg");
    sqlite(&file, ENDLESS);
    let (header, records, _) = look(&file, &points).unwrap();
    assert_eq!((header.warnings.len(), records.len()), (0, 1));
    assert!(look(&file, &named("endless")).unwrap_err().to_string().contains("are not read"));

    // Several tables: the view is not offered.
    let file = geopackage(folder.path(), "two.gpkg");
    let more = ["-f", "GPKG", "-append", "-nln", "more"];
    let source = folder.path().join("points.geojson");
    assert!(Command::new("ogr2ogr").args(more).args([&file, &source]).status().unwrap().success());
    sqlite(&file, &format!("{ENDLESS}{REGISTERED}"));
    let error = look(&file, &points).unwrap_err().to_string();
    assert!(error.ends_with("name one: points, more"), "{error}");
    assert_eq!(look(&file, &named("more")).unwrap().1.len(), 1);

    // Nothing but a view; and a view in the place of a table that GDAL asks for every layer.
    let file = geopackage(folder.path(), "only.gpkg");
    sqlite(&file, &format!("{ENDLESS}{REGISTERED} delete from gpkg_contents where table_name = 'points';"));
    let error = look(&file, &points).unwrap_err();
    assert!(matches!(error, Error::BadFile { .. }) && error.to_string().contains("endless"), "{error}");
    let file = geopackage(folder.path(), "system.gpkg");
    let swap = "drop table gpkg_ogr_contents; create view gpkg_ogr_contents as with recursive n(i) as \
        (select 1 union all select i+1 from n) select 'points' as table_name, i as feature_count from n where i < 0;";
    sqlite(&file, swap);
    let error = look(&file, &points).unwrap_err().to_string();
    assert!(error.contains("gpkg_ogr_contents: a system table of the GeoPackage is a view"), "{error}");
}

#[test]
fn a_trigger_in_a_geopackage_never_fires_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = geopackage(folder.path(), "triggers.gpkg");
    // On every table that GDAL might write to; and a journal that would be made even by a reader.
    for table in ["points", "gpkg_contents", "gpkg_ogr_contents", "gpkg_extensions", "gpkg_spatial_ref_sys"] {
        for event in ["insert", "update", "delete"] {
            let sql = format!(
                "create trigger t_{table}_{event} after {event} on {table} begin delete from points; end;"
            );
            sqlite(&file, &sql);
        }
    }
    sqlite(&file, "pragma journal_mode = wal;");
    let before = fs::read(&file).unwrap();
    let points = options(GeometryKind::Point, None);
    assert_eq!(look(&file, &points).unwrap().1.len(), 1);
    assert_eq!(fs::read(&file).unwrap(), before, "nothing is written");
    let mut left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .flatten()
        .map(|f| f.file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["points.geojson", "triggers.gpkg"], "nor beside it");
    // They would fire on whoever writes: the test is one.
    sqlite(&file, "insert into gpkg_extensions values (null, null, 'x', 'y', 'read-write');");
    assert_eq!(look(&file, &points).unwrap().1.len(), 0);
}

#[test]
fn axes_are_swapped_on_purpose_only() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("survey.csv");
    fs::write(&file, "code,x,y\na,1327195.238,411600.265\n").unwrap();
    let missing = look(&file, &options(GeometryKind::Point, None)).unwrap_err();
    assert!(missing.to_string().contains("EPSG:9218 (VN-2000 / TM-3 108-30) --swap-axes"), "{missing}");
    let plain = options(GeometryKind::Point, Some("EPSG:9218"));
    let (header, ..) = look(&file, &plain).unwrap();
    assert!(header.warnings[0].en.contains("it would lie in it in EPSG:9218"), "{:?}", header.warnings);
    let (header, records, _) = look(&file, &ReadOptions { swap_axes: true, ..plain }).unwrap();
    assert!(header.warnings.is_empty(), "{:?}", header.warnings);
    let Record::Row { wkb, .. } = &records[0] else { panic!("{records:?}") };
    let number = |at: usize| f64::from_le_bytes(wkb[at..at + 8].try_into().unwrap());
    assert_eq!((number(5), number(13)), (411_600.265, 1_327_195.238));
}
