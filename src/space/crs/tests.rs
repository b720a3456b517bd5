use proptest::prelude::*;

use super::*;

/// domain/layers.md: WGS 84 (12.0 N, 107.69 E).
#[test]
fn the_vector_of_the_domain_page() {
    let (e, n) = from_crs84(107.69, 12.0);
    assert!((e - 411_600.265).abs() < 1e-3 && (n - 1_327_195.238).abs() < 1e-3, "{e} {n}");
    let proj = Transform::new("EPSG:4326", "EPSG:9218").unwrap();
    let (e, n) = proj.convert(107.69, 12.0).unwrap();
    assert!((e - 411_600.265).abs() < 1e-3 && (n - 1_327_195.238).abs() < 1e-3, "PROJ: {e} {n}");
    let wrong_zone = Transform::new("EPSG:4326", "EPSG:5899").unwrap().convert(107.69, 12.0).unwrap();
    assert!((wrong_zone.0 - 493_271.497).abs() < 1e-3, "{wrong_zone:?}");
}

#[test]
fn an_unknown_system_is_named() {
    let error = Transform::new("EPSG:4326", "EPSG:999999").unwrap_err().to_string();
    assert!(error.contains("EPSG:999999"), "{error}");
}

#[test]
fn a_box_holds_every_point_of_the_box() {
    let b = Bbox { min_x: 107.2, min_y: 11.7, max_x: 108.4, max_y: 12.9 };
    let metres = bbox_from_crs84(&b).unwrap();
    for i in 0..=100 {
        for j in 0..=100 {
            let (x, y) = from_crs84(
                b.min_x + (b.max_x - b.min_x) * f64::from(i) / 100.0,
                b.min_y + (b.max_y - b.min_y) * f64::from(j) / 100.0,
            );
            assert!(metres.intersects(&Bbox { min_x: x, min_y: y, max_x: x, max_y: y }));
        }
    }
    assert!(bbox_from_crs84(&Bbox { min_x: -10.0, min_y: 0.0, max_x: 5.0, max_y: 5.0 }).is_none());
    assert!(bbox_from_crs84(&Bbox { min_x: -180.0, min_y: -90.0, max_x: 180.0, max_y: 90.0 }).is_some());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn agrees_with_proj(lon in 100.0..117.0_f64, lat in -5.0..25.0_f64) {
        let (e, n) = from_crs84(lon, lat);
        let (pe, pn) = Transform::new("EPSG:4326", "EPSG:9218").unwrap().convert(lon, lat).unwrap();
        prop_assert!((e - pe).abs() < 1e-4 && (n - pn).abs() < 1e-4, "{e} {n}, PROJ {pe} {pn}");
        let (l, p) = to_crs84(e, n);
        let (pl, pp) = Transform::new("EPSG:9218", "EPSG:4326").unwrap().convert(e, n).unwrap();
        prop_assert!((l - pl).abs() < 1e-9 && (p - pp).abs() < 1e-9, "{l} {p}, PROJ {pl} {pp}");
    }

    #[test]
    fn the_world_is_web_mercator(lon in -179.9..179.9_f64, lat in -85.0..85.0_f64) {
        let (x, y) = Transform::new("EPSG:4326", "EPSG:3857").unwrap().convert(lon, lat).unwrap();
        let half = 20_037_508.342_789_244;
        let [u, v] = world_from_crs84(lon, lat);
        let step = 2.0 * half / 4_294_967_296.0;
        prop_assert!((f64::from(u) * step - half - x).abs() < 2.0 * step);
        prop_assert!((half - f64::from(v) * step - y).abs() < 2.0 * step);
    }
}
