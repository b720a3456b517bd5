//! Files that mean harm or are broken beyond the usual, imported end to end: each is refused with a clear reason, or
//! loses only what is wrong in it, in bounded time and memory.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use dothi::Error;
use gdal::DriverManager;
use gdal::spatial_ref::{AxisMappingStrategy, SpatialRef};
use gdal::vector::{Geometry, LayerAccess, LayerOptions, OGRFieldType, OGRwkbGeometryType};

use crate::import::{request, run};
use crate::support::{TestDb, database};

/// Little-endian WKB of a polygon of one ring.
fn polygon(ring: &[(f64, f64)]) -> Vec<u8> {
    let mut wkb = vec![1, 3, 0, 0, 0, 1, 0, 0, 0];
    wkb.extend((ring.len() as u32).to_le_bytes());
    for (x, y) in ring {
        wkb.extend(x.to_le_bytes());
        wkb.extend(y.to_le_bytes());
    }
    wkb
}

/// A circle of so many corners around Gia Nghĩa, in degrees.
fn circle(corners: usize) -> Vec<(f64, f64)> {
    let corner = |i: usize| {
        let angle = (i % corners) as f64 * std::f64::consts::TAU / corners as f64;
        (107.69 + angle.cos() / 20.0, 12.0 + angle.sin() / 20.0)
    };
    (0..=corners).map(corner).collect()
}

/// A file of polygons in WGS 84 with their codes.
fn write(path: &Path, driver: &str, polygons: &[(&str, Vec<u8>)]) {
    let mut dataset = DriverManager::get_driver_by_name(driver).unwrap().create_vector_only(path).unwrap();
    let mut srs = SpatialRef::from_epsg(4326).unwrap();
    srs.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
    let ty = OGRwkbGeometryType::wkbPolygon;
    let layer =
        dataset.create_layer(LayerOptions { name: "things", srs: Some(&srs), ty, options: None }).unwrap();
    layer.create_defn_fields(&[("code", OGRFieldType::OFTString)]).unwrap();
    for (code, wkb) in polygons {
        let mut feature = gdal::vector::Feature::new(layer.defn()).unwrap();
        feature.set_geometry(Geometry::from_wkb(wkb).unwrap()).unwrap();
        feature.set_field_string(0, code).unwrap();
        feature.create(&layer).unwrap_or_else(|e| panic!("{driver}: {code}: {e}"));
    }
    dataset.close().unwrap();
}

/// The beginning of a GeoJSON file, with a feature that is small.
const SMALL: &str = r#""type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"small"},"geometry":{"type":"Polygon","coordinates":[[[107.69,12],[107.7,12],[107.7,12.01],[107.69,12]]]}}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_polygon_of_five_million_points_is_refused_alone() {
    let db = database().await;
    let folder = tempfile::tempdir().unwrap();
    let polygons = [("large", polygon(&circle(5_000_000))), ("small", polygon(&circle(100)))];
    for (name, driver) in [("a.gpkg", "GPKG"), ("a.shp", "ESRI Shapefile"), ("a.fgb", "FlatGeobuf")] {
        let file = folder.path().join(name);
        write(&file, driver, &polygons);
        let begin = Instant::now();
        let report = run(&db, &request(&file, "parcel", "")).await.unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(begin.elapsed() < Duration::from_mins(2), "{name}: {:?}", begin.elapsed());
        assert_eq!((report.read, report.imported, report.rejected_count), (2, 1, 1), "{name}: {report:?}");
        let refused = &report.rejected[0];
        assert!(refused.place.contains(" fid "), "{name}: {refused:?}");
        assert!(
            refused.reason.en.contains("vertices, more than the limit of 1000000"),
            "{name}: {refused:?}"
        );
        fs::remove_file(file).unwrap();
    }
    // As text: a feature that GDAL cannot hold refuses the file, and is named.
    let mut ring = String::new();
    for (x, y) in circle(5_000_000) {
        write!(ring, "[{x:.9},{y:.9}],").unwrap();
    }
    let ring = ring.trim_end_matches(',');
    let file = folder.path().join("b.geojson");
    let large =
        r#"{"type":"Feature","properties":{"code":"large"},"geometry":{"type":"Polygon","coordinates":"#;
    fs::write(&file, format!("{{{SMALL},{large}[[{ring}]]}}}}]}}")).unwrap();
    let begin = Instant::now();
    let done = run(&db, &request(&file, "parcel", "")).await;
    let Err(Error::BadFile { place, reason }) = done else { panic!("{done:?}") };
    assert!(place.ends_with("feature 2") && reason.en.contains("divide it"), "{place}: {}", reason.en);
    assert!(begin.elapsed() < Duration::from_mins(2), "{:?}", begin.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vertex_that_is_no_number_refuses_its_item_alone() {
    let db = database().await;
    let folder = tempfile::tempdir().unwrap();
    let with = |(x, y): (f64, f64)| {
        let mut ring = circle(8);
        ring[3] = (x, y);
        polygon(&ring)
    };
    let bad = [(f64::NAN, 12.0), (107.69, f64::INFINITY), (f64::NEG_INFINITY, f64::NAN)];
    // GDAL writes no such shapefile: it is spoilt afterwards.
    let stand_ins = [(107.61, 12.01), (107.62, 12.02), (107.63, 12.03)];
    let polygons = |bad: [(f64, f64); 3]| {
        let [a, b, c] = bad.map(with);
        [("a", a), ("b", b), ("c", c), ("good", polygon(&circle(8)))]
    };
    for (name, driver) in [("a.gpkg", "GPKG"), ("a.shp", "ESRI Shapefile"), ("a.fgb", "FlatGeobuf")] {
        let file = folder.path().join(name);
        if driver == "ESRI Shapefile" {
            write(&file, driver, &polygons(stand_ins));
            let mut bytes = fs::read(&file).unwrap();
            for (from, to) in stand_ins.into_iter().zip(bad) {
                let pair = |(x, y): (f64, f64)| [x.to_le_bytes(), y.to_le_bytes()].concat();
                let at = bytes.windows(16).position(|w| w == pair(from)).unwrap();
                bytes[at..at + 16].copy_from_slice(&pair(to));
            }
            fs::write(&file, bytes).unwrap();
        } else {
            write(&file, driver, &polygons(bad));
        }
        let report = run(&db, &request(&file, "parcel", "")).await.unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!((report.read, report.imported, report.rejected_count), (4, 1, 3), "{name}: {report:?}");
        for refused in &report.rejected {
            assert!(refused.place.contains(" fid "), "{name}: {refused:?}");
            assert!(refused.reason.en.contains("is not finite"), "{name}: {refused:?}");
        }
    }
    // Beyond what a double holds; written out, as a text file has it.
    let file = folder.path().join("b.geojson");
    let ring = "[107.69,12],[107.7,12],[107.7,12.01],[107.69,12]";
    let bad = ring.replacen("107.7,", "1e999,", 1);
    let mut features = String::new();
    for (code, ring) in [("bad", bad.as_str()), ("good", ring)] {
        let comma = if features.is_empty() { "" } else { "," };
        write!(
            features,
            r#"{comma}{{"type":"Feature","properties":{{"code":"{code}"}},"geometry":{{"type":"Polygon","coordinates":[[{ring}]]}}}}"#
        )
        .unwrap();
    }
    fs::write(&file, format!(r#"{{"type":"FeatureCollection","features":[{features}]}}"#)).unwrap();
    let report = run(&db, &request(&file, "parcel", "")).await.unwrap();
    assert_eq!((report.read, report.imported, report.rejected_count), (2, 1, 1), "{report:?}");
    assert!(report.rejected[0].reason.en.contains("is not finite"), "{report:?}");
}

/// `dothi import` of a file into the hydrants, with a folder of its own for temporary files.
fn start(db: &TestDb, temporary: &Path, file: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_dothi"))
        .env("DATABASE_URL", &db.serve_url)
        .env("DOTHI_HOME", temporary.with_extension("home"))
        .env("TMPDIR", temporary)
        .args(["import", "--layer", "hydrant", "--crs", "EPSG:4326"])
        .arg(file)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits until `found` finds something, half a minute at most.
fn wait<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(begin.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The first child of a process.
fn child_of(pid: u32) -> Option<u32> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten();
    let children = threads.filter_map(|t| fs::read_to_string(t.path().join("children")).ok());
    children.flat_map(|c| c.split_whitespace().filter_map(|n| n.parse().ok()).collect::<Vec<_>>()).next()
}

/// Gone, or dead and not yet collected.
fn is_gone(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.is_empty() || stat.contains(") Z")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_import_leaves_no_process_and_its_files_go_with_the_next() {
    let db = database().await;
    let folder = tempfile::tempdir().unwrap();
    let temporary = folder.path().join("tmp");
    fs::create_dir(&temporary).unwrap();
    let left = || fs::read_dir(&temporary).unwrap().flatten().map(|f| f.path()).collect::<Vec<_>>();

    // A reader that waits for bytes that never come: only its parent's end can end it.
    let pipe = folder.path().join("pipe.csv");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut writer = OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
    writer.write_all(b"code,lon,lat\na,107.69,12\n").unwrap();
    let mut parent = start(&db, &temporary, &pipe);
    let child = wait("no worker", || child_of(parent.id()));
    let scratch = wait("no scratch folder", || left().pop());
    // Let it come to the pipe.
    wait("the worker reads", || {
        fs::read_dir(format!("/proc/{child}/fd"))
            .ok()?
            .flatten()
            .find(|fd| fs::read_link(fd.path()).is_ok_and(|to| to == pipe))
    });
    parent.kill().unwrap();
    parent.wait().unwrap();
    wait("the worker lives on", || is_gone(child).then_some(()));
    assert_eq!(left(), std::slice::from_ref(&scratch), "nobody was there to remove it");
    drop(writer);

    // One that is killed in the middle of a zipped table: its copies lie in its folder.
    let zipped = folder.path().join("table.zip");
    let mut zip = zip::ZipWriter::new(File::create(&zipped).unwrap());
    zip.start_file("table.csv", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(b"code,lon,lat\n").unwrap();
    for i in 0..400_000 {
        writeln!(zip, "h{i},107.69,12.0").unwrap();
    }
    zip.finish().unwrap();
    let mut parent = start(&db, &temporary, &zipped);
    let unpacked = wait("nothing is unpacked", || {
        left().into_iter().map(|f| f.join("unpacked/table.csv")).find(|f| f.exists())
    });
    assert!(!scratch.exists(), "this import removed what the first had left");
    parent.kill().unwrap();
    parent.wait().unwrap();
    assert!(unpacked.exists(), "killed before its end");

    // The next import takes all of it away, and leaves nothing itself.
    let table = folder.path().join("table.csv");
    fs::write(&table, "code,lon,lat\na,107.69,12\n").unwrap();
    wait("what is left goes", || {
        assert!(start(&db, &temporary, &table).wait().unwrap().success());
        left().is_empty().then_some(())
    });
    let catalog = db.store.catalog().await.unwrap();
    let items = db.store.load_layer(catalog.layer("hydrant").unwrap()).await.unwrap().1;
    assert_eq!(items.len(), 1, "of the killed ones nothing came in");
}
