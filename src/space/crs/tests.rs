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

thread_local! {
    static MANY: std::cell::RefCell<(ManyFromCrs84, ManyToCrs84)> = std::cell::RefCell::default();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn agrees_with_proj(
        lon in 102.0..118.0_f64, lat in 6.0..24.0_f64, here in (107.2..108.4_f64, 11.7..12.9_f64),
    ) {
        // In the country and its seas to a millimetre; in Đắk Nông, where less of the height is dropped, to a stored step.
        for ((lon, lat), metres) in [((lon, lat), 1e-3), (here, 1e-4)] {
            let (e, n) = from_crs84(lon, lat);
            let (pe, pn): (f64, f64) = PIPELINES.with(|p| p[2].convert((lon, lat))).unwrap();
            prop_assert!((e - pe).abs() < metres && (n - pn).abs() < metres, "{e} {n}, PROJ {pe} {pn}");
            let (l, p) = to_crs84(e, n);
            let vn2000 = Transform::new("EPSG:9218", "EPSG:4756").unwrap().convert(e, n).unwrap();
            let expected: (f64, f64) = PIPELINES.with(|p| p[0].convert(vn2000)).unwrap();
            prop_assert!(apart((l, p), expected) < metres, "{l} {p}, PROJ {expected:?}");
        }
    }

    #[test]
    fn boxes_of_all_sizes_hold_their_points_and_little_more(
        lon in 102.0..110.0_f64, lat in 8.0..23.0_f64, power in -4.5..0.5_f64, narrow in 0.01..1.0_f64,
        inside in proptest::collection::vec((0.0..=1.0_f64, 0.0..=1.0_f64), 20),
    ) {
        let (w, h) = (10f64.powf(power), narrow * 10f64.powf(power));
        let b = Bbox { min_x: lon, min_y: lat, max_x: lon + w, max_y: lat + h };
        let metres = bbox_from_crs84(&b).unwrap();
        let back = bbox_to_crs84(&metres);
        // Corners and middles of the sides among them.
        let edges = [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0), (0.5, 0.0), (0.5, 1.0), (0.0, 0.5), (1.0, 0.5)];
        for (u, v) in inside.into_iter().chain(edges) {
            for (u, v) in [(u, v), (u, v.round()), (u.round(), v)] {
                let (lon, lat) = (lon + w * u, lat + h * v);
                let (x, y) = from_crs84(lon, lat);
                let within = |b: &Bbox, x, y| b.min_x <= x && x <= b.max_x && b.min_y <= y && y <= b.max_y;
                prop_assert!(within(&metres, x, y) && within(&back, lon, lat), "{b:?} {metres:?} {x} {y}");
            }
        }
        // A turn of the grid's north widens a box; the bow of its sides by less than a hundredth.
        let (side, most) = (w.max(h) * 111_400.0, 1.12 * w.max(h) * 111_400.0);
        prop_assert!(metres.max_x - metres.min_x < most && metres.max_y - metres.min_y < most, "{metres:?} {side}");
    }

    #[test]
    fn each_direction_is_the_inverse_of_the_other(x in -5e5..15e5_f64, y in 0.0..33e5_f64) {
        let (lon, lat) = to_crs84(x, y);
        let (u, v) = from_crs84(lon, lat);
        prop_assert!((u - x).abs() < 1e-6 && (v - y).abs() < 1e-6, "{x} {y} came back as {u} {v}");
    }

    /// With the decimals of files, whatever their system; the grid is 0.1 mm.
    #[test]
    fn what_files_hold_comes_back_to_its_place_on_the_stored_grid(
        x in 1_000_000_000_i64..9_000_000_000, y in 9_000_000_000_i64..26_000_000_000,
    ) {
        let metres = [x, y].map(|v| v as f64 / 1e4);
        let offered = Offered::ALL.map(|c| (Target::from(c), c.code()));
        let others = ["EPSG:3405", "EPSG:32648", "EPSG:32649"].map(|c| (Target::named("crs", c).unwrap(), c));
        for (target, code) in offered.into_iter().chain(others) {
            let there = Transform::new(Offered::STORED.code(), code).unwrap();
            let held = <[f64; 2]>::from(there.convert(metres[0], metres[1]).unwrap());
            let held = held.map(|v| format!("{v:.*}", usize::from(target.file_decimals())).parse().unwrap());
            let back = Transform::new(code, Offered::STORED.code()).unwrap().convert(held[0], held[1]).unwrap();
            let back = <[f64; 2]>::from(back).map(|v| (v * 1e4).round() as i64);
            prop_assert_eq!(back, [x, y], "{} by {:?}", code, held);
        }
    }

    #[test]
    fn many_positions_go_where_each_goes(
        lon in 97.0..120.0_f64, lat in -1.0..31.0_f64, x in -6e5..16e5_f64, y in -1e5..34e5_f64,
    ) {
        MANY.with_borrow_mut(|(from, to)| {
            let ((e, n), (pe, pn)) = (from_crs84(lon, lat), from.convert(lon, lat));
            prop_assert!((e - pe).abs() < 1e-7 && (n - pn).abs() < 1e-7, "{e} {n}, {pe} {pn}");
            let ((l, p), ((pl, pp), world)) = (to_crs84(x, y), to.convert(x, y));
            prop_assert!((l - pl).abs() < 1e-12 && (p - pp).abs() < 1e-12, "{l} {p}, {pl} {pp}");
            // What tiles are drawn from: on the ground nowhere a centimetre off.
            prop_assert!(off_m(pl, pp, world) < 0.01, "{} m", off_m(pl, pp, world));
            // What was converted in between does not matter.
            let again = (ManyFromCrs84::default().convert(lon, lat), ManyToCrs84::default().convert(x, y));
            prop_assert_eq!(again, ((pe, pn), ((pl, pp), world)));
            Ok(())
        })?;
    }

    #[test]
    fn the_world_is_web_mercator(lon in -179.9..179.9_f64, lat in -85.0..85.0_f64) {
        let [u, v] = world_from_crs84(lon, lat);
        prop_assert!(off_m(lon, lat, [u, v]) < 0.007, "{} m", off_m(lon, lat, [u, v]));
    }
}

/// Metres on the ground between a position and the world step that stands for it, by PROJ's own Web Mercator.
fn off_m(lon: f64, lat: f64, [u, v]: [u32; 2]) -> f64 {
    thread_local! {
        static MERCATOR: Transform = Transform::new("EPSG:4326", "EPSG:3857").unwrap();
    }
    let (x, y) = MERCATOR.with(|mercator| mercator.convert(lon, lat)).unwrap();
    let half = 20_037_508.342_789_244;
    let step = 2.0 * half / 4_294_967_296.0;
    let off = (f64::from(u) * step - half - x).hypot(half - f64::from(v) * step - y);
    off * lat.to_radians().cos()
}

/// Places all over the country: north, centre, islands, and the Mekong delta, where PROJ left to itself takes another
/// operation.
const PLACES: [(f64, f64); 10] = [
    (105.32, 23.36),
    (102.15, 22.40),
    (107.95, 21.52),
    (105.85, 21.03),
    (108.21, 16.06),
    (107.69, 12.00),
    (109.31, 12.65),
    (106.70, 10.78),
    (105.78, 10.03),
    (104.75, 8.60),
];

/// PROJ's own pipelines by EPSG:6960, degrees in and out: VN-2000 to WGS 84, WGS 84 to VN-2000, and on to EPSG:9218.
fn pipelines() -> [proj::Proj; 3] {
    let helmert = "+proj=helmert +x=-191.90441429 +y=-39.30318279 +z=-111.45032835 +rx=-0.00928836 +ry=0.01975479 \
        +rz=-0.00427372 +s=0.252906278 +convention=coordinate_frame";
    let tmerc = "+proj=tmerc +lat_0=0 +lon_0=108.5 +k=0.9999 +x_0=500000 +y_0=0 +ellps=WGS84";
    let (to_rad, to_deg) =
        ("+proj=unitconvert +xy_in=deg +xy_out=rad", "+proj=unitconvert +xy_in=rad +xy_out=deg");
    let shift = |inverse: &str| {
        format!(
            "+proj=pipeline +step {to_rad} +step +proj=push +v_3 +step +proj=cart +ellps=WGS84 \
             +step {inverse} {helmert} +step +inv +proj=cart +ellps=WGS84 +step +proj=pop +v_3 +step"
        )
    };
    let made = |text: String| proj::Proj::new(&text).unwrap();
    [
        made(format!("{} {to_deg}", shift(""))),
        made(format!("{} {to_deg}", shift("+inv"))),
        made(format!("{} {tmerc}", shift("+inv"))),
    ]
}

thread_local! {
    static PIPELINES: [proj::Proj; 3] = pipelines();
}

/// In metres on the ground, near enough.
fn apart((a, b): (f64, f64), (c, d): (f64, f64)) -> f64 {
    ((a - c) * 111_320.0 * b.to_radians().cos()).hypot((b - d) * 110_600.0)
}

#[test]
fn vn2000_becomes_wgs84_by_epsg_6960_all_over_the_country() {
    let [to_wgs84, to_vn2000, _] = pipelines();
    let lon_lat = Transform::new("EPSG:4756", "EPSG:4326").unwrap();
    let back = Transform::new("OGC:CRS84", "urn:ogc:def:crs:EPSG::4756").unwrap();
    for code in ["EPSG:3405", "EPSG:3406", "EPSG:5897", "EPSG:9210", "EPSG:9218"] {
        let geographic = Transform::new("EPSG:4756", code).unwrap();
        let (there, here) = (Transform::new(code, "EPSG:4326"), Transform::new("EPSG:4326", code));
        let (there, here) = (there.unwrap(), here.unwrap());
        for vn2000 in PLACES {
            let wgs84: (f64, f64) = to_wgs84.convert(vn2000).unwrap();
            let (x, y) = geographic.convert(vn2000.0, vn2000.1).unwrap();
            let found = there.convert(x, y).unwrap();
            assert!(apart(found, wgs84) < 0.001, "{code} {vn2000:?}: {found:?}, not {wgs84:?}");
            // Back by the pipeline too: the height that both ways drop makes them differ by a millimetre.
            let (lon, lat) = to_vn2000.convert(wgs84).unwrap();
            let (x, y) = geographic.convert(lon, lat).unwrap();
            let (u, v) = here.convert(wgs84.0, wgs84.1).unwrap();
            assert!((u - x).hypot(v - y) < 0.001, "{code} {vn2000:?} back: {u} {v}, not {x} {y}");
        }
    }
    for place in PLACES {
        let expected = to_wgs84.convert(place).unwrap();
        assert!(apart(lon_lat.convert(place.0, place.1).unwrap(), expected) < 0.001, "{place:?}");
        let expected = to_vn2000.convert(place).unwrap();
        assert!(apart(back.convert(place.0, place.1).unwrap(), expected) < 0.001, "{place:?} back");
    }
    // A box by the same operation as its corners, but for the bow of its sides.
    let b = Bbox { min_x: 105.70, min_y: 9.95, max_x: 105.85, max_y: 10.10 };
    let found = lon_lat.bbox(&b).unwrap();
    let corner: (f64, f64) = to_wgs84.convert((b.min_x, b.min_y)).unwrap();
    assert!(apart((found.min_x, found.min_y), corner) < 0.2, "{found:?}, not {corner:?}");
}

/// What the pin is for: without it PROJ takes EPSG:5194 in the delta. If that ends one day, so may the pin.
#[test]
fn proj_left_to_itself_is_off_in_the_mekong_delta() {
    let can_tho = (105.78, 10.03);
    let own = proj::Proj::new_known_crs("EPSG:4756", "EPSG:4326", None).unwrap().convert(can_tho).unwrap();
    let [law, ..] = pipelines();
    let law = law.convert(can_tho).unwrap();
    assert!((0.5..1.5).contains(&apart(own, law)), "{own:?} {law:?}");
}

#[test]
fn the_systems_of_vn2000_are_what_their_numbers_say() {
    let codes: Vec<u32> = (2000..11_000).filter(|code| is_vn2000(*code)).collect();
    assert_eq!(codes.len(), 1 + 2 + 4 + 4 + 14);
    for code in codes.into_iter().filter(|code| *code != 4756) {
        // Without a change of datum: the central meridian is the same longitude in both.
        let to = Transform::new(&format!("EPSG:{code}"), "EPSG:4756").unwrap();
        let false_easting = if (6956..=6959).contains(&code) { 0.0 } else { 500_000.0 };
        let (lon, lat) = to.convert(false_easting, 1_300_000.0).unwrap();
        assert!((lon * 4.0 - (lon * 4.0).round()).abs() < 1e-9, "EPSG:{code}: {lon} {lat}");
    }
}
