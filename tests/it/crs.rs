//! One position, three libraries: the program's own formulas and PROJ, libgdal with its own PROJ, and PostGIS, whose
//! EPSG:9218 the first migration adds (domain: coordinates).

use dothi::space::crs::{Transform, from_crs84};
use gdal::spatial_ref::{AxisMappingStrategy, CoordTransform, SpatialRef};

use crate::support::empty_database;

const WGS84: (f64, f64) = (107.69, 12.0);
const VN2000: (f64, f64) = (411_600.265, 1_327_195.238);

fn is_there(who: &str, (e, n): (f64, f64)) {
    assert!((e - VN2000.0).abs() < 1e-3 && (n - VN2000.1).abs() < 1e-3, "{who}: {e} {n}");
}

#[test]
fn own_formulas_and_proj_agree() {
    is_there("own", from_crs84(WGS84.0, WGS84.1));
    let proj = Transform::new("OGC:CRS84", "EPSG:9218").unwrap();
    is_there("PROJ", proj.convert(WGS84.0, WGS84.1).unwrap());
}

#[test]
fn gdal_agrees() {
    let system = |code| {
        let mut s = SpatialRef::from_epsg(code).unwrap();
        s.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
        s
    };
    let (mut x, mut y) = ([WGS84.0], [WGS84.1]);
    CoordTransform::new(&system(4326), &system(9218))
        .unwrap()
        .transform_coords(&mut x, &mut y, &mut [])
        .unwrap();
    is_there("GDAL", (x[0], y[0]));
}

#[tokio::test]
async fn postgis_agrees() {
    let db = empty_database().await;
    let mut sql = db.sql().await;
    let ask = "select st_x(p), st_y(p) from st_transform(st_setsrid(st_makepoint($1, $2), 4326), 9218) p";
    let found: (f64, f64) =
        sqlx::query_as(ask).bind(WGS84.0).bind(WGS84.1).fetch_one(&mut sql).await.unwrap();
    is_there("PostGIS", found);
}
