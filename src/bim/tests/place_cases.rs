//! One small model a way of saying, or missaying, where it stands.
//!
//! Coordinates of 107.69° E, 12.00° N by pyproj 3.7.2 (EPSG:6960 as coordinate frame rotation, then `+proj=tmerc`):
//! EPSG:9218 411600.265, 1327195.238; EPSG:5899 493271.497, 1327065.771; EPSG:3405 792733.673, 1328095.535.

use super::{METRES, MILLIMETRES, backbone, facts, file, house};
use crate::bim::facts::ModelFacts;

/// A case: what the file says, and what must be said of it.
struct Case {
    name: &'static str,
    schema: &'static str,
    data: String,
    level: u8,
    /// Parts of warnings, in English; none at all where empty.
    told: &'static [&'static str],
    /// Least and largest horizontal uncertainty, metres.
    uncertainty_m: [f64; 2],
    /// Whether there is a footprint in CRS84, and its south-western corner within some metres.
    at: Option<(f64, f64)>,
}

const CRS: &str = "#31=IFCPROJECTEDCRS('EPSG:9218',$,'VN-2000','Hon Dau 1992',$,$,#30);\n";
const METRE: &str = "#30=IFCSIUNIT(*,.LENGTHUNIT.,$,.METRE.);\n";
const HERE: Option<(f64, f64)> = Some((107.69, 12.0));

/// A model in metres with these records of its place.
fn with(place: &str) -> String {
    backbone(METRES, "$,$") + METRE + place + &house(1.0)
}

fn converted(numbers: &str) -> String {
    with(&format!("{CRS}#32=IFCMAPCONVERSION(#3,#31,{numbers});\n"))
}

/// The same with the site placed at `at` (and all below it), axes as given.
fn site_at(data: &str, at: &str, axes: &str) -> String {
    let placed = format!(
        "#60=IFCCARTESIANPOINT(({at}));\n#61=IFCDIRECTION((0.,0.,-1.));\n#62=IFCDIRECTION((1.,0.,0.));\n\
         #63=IFCAXIS2PLACEMENT3D(#60,{axes});\n#64=IFCLOCALPLACEMENT($,#63);\n"
    );
    placed + &data.replace("IFCLOCALPLACEMENT($,", "IFCLOCALPLACEMENT(#64,")
}

fn property_sets(conversion: &str, crs: &str, eastings: &str) -> String {
    let single =
        |id: u32, name: &str, value: &str| format!("#{id}=IFCPROPERTYSINGLEVALUE('{name}',$,{value},$);\n");
    let sets = [
        single(70, &eastings.replace('~', "E"), "IFCLENGTHMEASURE(411600.265)"),
        single(
            71,
            &eastings.replace("~E", "N").replace("eastings", "northings").replace("Eastings", "Northings"),
            "IFCLENGTHMEASURE(1327195.238)",
        ),
        single(72, "OrthogonalHeight", "IFCLENGTHMEASURE(600.)"),
        single(73, "Name", "IFCLABEL('EPSG:9218')"),
        single(74, "VerticalDatum", "IFCLABEL('Hon Dau 1992')"),
        single(75, "MapUnit", "IFCLABEL('METRE')"),
        format!("#76=IFCPROPERTYSET('0000000000000000000076',$,'{conversion}',$,(#70,#71,#72));\n"),
        format!("#77=IFCPROPERTYSET('0000000000000000000077',$,'{crs}',$,(#73,#74,#75));\n"),
        "#78=IFCRELDEFINESBYPROPERTIES('0000000000000000000078',$,$,$,(#8),#76);\n".to_owned(),
        "#79=IFCRELDEFINESBYPROPERTIES('0000000000000000000079',$,$,$,(#8),#77);\n".to_owned(),
    ];
    with(&sets.concat())
}

fn case(
    name: &'static str,
    data: String,
    level: u8,
    told: &'static [&'static str],
    uncertainty_m: [f64; 2],
    at: Option<(f64, f64)>,
) -> Case {
    Case { name, schema: "IFC4", data, level, told, uncertainty_m, at }
}

const SURE: [f64; 2] = [0.05, 0.05];
const ONLY: &str = "placed by IfcSite latitude";
const GRADES: [f64; 2] = [1e5, 1e10];

#[allow(clippy::too_many_lines, reason = "a table of cases")]
fn declared() -> Vec<Case> {
    let good = "411600.265,1327195.238,600.,1.,0.,1.";
    let mut cases = vec![
        case("a sound conversion", converted(good), 50, &[], SURE, HERE),
        case(
            "another zone of VN-2000 is exact too",
            converted("493271.497,1327065.771,600.,1.,0.,1.").replace("EPSG:9218", "EPSG:5899"),
            50,
            &[],
            SURE,
            HERE,
        ),
        case(
            "a conversion-based map unit (foot)",
            with(&format!(
                "{}#31=IFCPROJECTEDCRS('EPSG:9218',$,'VN-2000','Hon Dau 1992',$,$,#36);\n#32=IFCMAPCONVERSION(#3,#31,1350394.570209974,4354315.084,1968.5,1.,0.,3.280839895);\n",
                "#33=IFCDIMENSIONALEXPONENTS(1,0,0,0,0,0,0);\n#34=IFCMEASUREWITHUNIT(IFCLENGTHMEASURE(0.3048),#30);\n#36=IFCCONVERSIONBASEDUNIT(#33,.LENGTHUNIT.,'FOOT',#34);\n"
            )),
            50,
            &[],
            SURE,
            HERE,
        ),
        case(
            "axes swapped",
            converted("1327195.238,411600.265,600.,1.,0.,1."),
            50,
            &["look swapped; right would be easting 411600.27"],
            GRADES,
            Some((115.93, 3.69)),
        ),
        case(
            "the wrong zone",
            converted(good).replace("EPSG:9218", "EPSG:5899"),
            50,
            &["the zone looks wrong", "EPSG:9218"],
            [50_000.0, 700_000.0],
            Some((106.94, 12.0)),
        ),
        case(
            "millimetres as metres",
            converted("411600265.,1327195238.,600.,1.,0.,1."),
            50,
            &["look like millimetres"],
            GRADES,
            None,
        ),
        case(
            "metres as millimetres",
            converted(good).replace("#30=IFCSIUNIT(*,.LENGTHUNIT.,$", "#30=IFCSIUNIT(*,.LENGTHUNIT.,.MILLI."),
            50,
            &["metres read as millimetres", "disregards"],
            GRADES,
            Some((103.9, 0.01)),
        ),
        case(
            "no CRS",
            with("#32=IFCMAPCONVERSION(#3,$,411600.265,1327195.238,600.,1.,0.,1.);\n"),
            50,
            &["no coordinate reference system", "no horizontal datum", "no vertical datum", "EPSG:9218"],
            [1000.0, 1000.0],
            None,
        ),
        case(
            "no vertical datum",
            converted(good).replace("'Hon Dau 1992'", "$"),
            50,
            &["no vertical datum"],
            SURE,
            HERE,
        ),
        case(
            "datum at odds with the code",
            converted(good).replace("'VN-2000'", "'WGS 84'"),
            50,
            &["contradicts EPSG:9218"],
            [250.0, 250.0],
            HERE,
        ),
        case(
            "degrees for a projected system",
            converted("107.69,12.,600.,1.,0.,1.").replace("EPSG:9218", "EPSG:4326"),
            50,
            &["is geographic"],
            [1000.0, 1000.0],
            None,
        ),
        case(
            "an axis that is no unit vector",
            converted("411600.265,1327195.238,600.,1000.,0.,1."),
            50,
            &["only its direction is used"],
            SURE,
            HERE,
        ),
        case(
            "scaled a thousand times",
            converted("411600.265,1327195.238,600.,1.,0.,1000."),
            50,
            &["stretches the model to 1000"],
            [5_000.0, 20_000.0],
            HERE,
        ),
        case(
            "a negative scale",
            converted("411600.265,1327195.238,600.,1.,0.,-1."),
            50,
            &["not positive"],
            SURE,
            HERE,
        ),
        case(
            "offsets twice",
            site_at(&converted(good), "411600.265,1327195.238,0.", "$,$"),
            50,
            &["applied twice"],
            GRADES,
            Some((111.68, 23.96)),
        ),
        case(
            "world coordinates with a CRS and no offset",
            site_at(&converted("0.,0.,600.,1.,0.,1."), "411600.265,1327195.238,0.", "$,$"),
            50,
            &["outside Vietnam"],
            SURE,
            HERE,
        ),
        case(
            "the plan seen from below",
            site_at(&converted(good), "0.,0.,0.", "#61,#62"),
            50,
            &["points down"],
            [5.0, 50.0],
            HERE,
        ),
        case(
            "TrueNorth of the other sense",
            converted("411600.265,1327195.238,600.,0.866025403784439,0.5,1.")
                .replace("1.E-5,#2,$)", "1.E-5,#2,#65)")
                + "#65=IFCDIRECTION((-0.5,0.866025403784439));\n",
            50,
            &["the sense is mirrored"],
            [5.0, 50.0],
            HERE,
        ),
        case(
            "TrueNorth of the same sense",
            converted("411600.265,1327195.238,600.,0.866025403784439,0.5,1.")
                .replace("1.E-5,#2,$)", "1.E-5,#2,#65)")
                + "#65=IFCDIRECTION((0.5,0.866025403784439));\n",
            50,
            &[],
            SURE,
            HERE,
        ),
        case(
            "IfcSite 200 m beside",
            converted(good).replace(".ELEMENT.,$,$,$,$,$)", ".ELEMENT.,(12,0,6,0),(107,41,26,0),$,$,$)"),
            50,
            &["lies 195 m from", "datums may be confused"],
            [190.0, 200.0],
            HERE,
        ),
        case(
            "IfcSite with a program's default",
            converted(good)
                .replace(".ELEMENT.,$,$,$,$,$)", ".ELEMENT.,(42,21,31,181945),(-71,-3,-24,-263305),$,$,$)"),
            50,
            &["m from where the map conversion"],
            SURE,
            HERE,
        ),
    ];
    let scaled = "#32=IFCMAPCONVERSIONSCALED(#3,#31,411600.265,1327195.238,600.,1.,0.,1.,";
    for (name, factors, told, uncertainty) in [
        ("scaled conversion", "1.,1.,1.", &[][..], SURE),
        ("mirrored by its factors", "-1.,1.,1.", &["mirror or flatten"][..], [10.0, 50.0]),
    ] {
        let data = with(&format!("{CRS}{scaled}{factors});\n"));
        cases.push(Case { schema: "IFC4X3_ADD2", ..case(name, data, 50, told, uncertainty, HERE) });
    }
    let rigid = with(&format!(
        "{CRS}#32=IFCRIGIDOPERATION(#3,#31,IFCLENGTHMEASURE(411600.265),IFCLENGTHMEASURE(1327195.238),600.);\n"
    ));
    cases.push(Case { schema: "IFC4X3_ADD2", ..case("rigid operation", rigid, 50, &[], SURE, HERE) });
    // 12° and 107.69° in radians.
    let degrees = with(
        "#31=IFCGEOGRAPHICCRS('EPSG:4326',$,'WGS 84',$,$,$);\n#32=IFCRIGIDOPERATION(#3,#31,IFCPLANEANGLEMEASURE(0.20943951),IFCPLANEANGLEMEASURE(1.87954507),600.);\n",
    );
    cases.push(Case {
        schema: "IFC4X3_ADD2",
        ..case("rigid operation into degrees", degrees, 50, &["no vertical datum"], [1.0, 1.0], HERE)
    });
    for (name, sets) in [
        ("property sets of IFC2X3", property_sets("ePset_MapConversion", "ePset_ProjectedCRS", "Eastings")),
        (
            "property sets in another case",
            property_sets("EPSET_MAPCONVERSION", "epset_projectedcrs", "eastings"),
        ),
        ("property sets without e", property_sets("Pset_MapConversion", "Pset_ProjectedCRS", "Eastings")),
    ] {
        cases.push(Case { schema: "IFC2X3", ..case(name, sets, 50, &[], SURE, HERE) });
    }
    cases
}

#[allow(clippy::too_many_lines, reason = "a table of cases")]
fn undeclared() -> Vec<Case> {
    let degrees = |lat: &str, lon: &str| backbone(METRES, &format!("{lat},{lon}")) + &house(1.0);
    let plain = with("");
    let world = "411600.265,1327195.238,0.";
    let off = plain.replace("#2=IFCAXIS2PLACEMENT3D(#1,$,$);", "#2=IFCAXIS2PLACEMENT3D(#1,$,$);\n#66=IFCCARTESIANPOINT((411600.265,1327195.238,600.));\n#67=IFCAXIS2PLACEMENT3D(#66,$,$);");
    let lat = "(12,0,0,0)";
    let lon = "(107,41,24,0)";
    let mut vertices = house(1.0);
    for (x, y) in [(0.0, 0.0), (0.0, 5.8), (0.0, 0.2), (9.8, 0.2)] {
        let (from, to) =
            (format!("(({x:?},{y:?},"), format!("(({:?},{:?},", x + 411_600.265, y + 1_327_195.238));
        vertices = vertices.replace(&from, &to);
    }
    vec![
        case("latitude and longitude", degrees(lat, lon), 20, &[ONLY, "no vertical datum"], [5.0, 5.0], HERE),
        case(
            "latitude and longitude swapped",
            degrees(lon, lat),
            20,
            &["look swapped; right would be latitude 12.000000°, longitude 107.690000°"],
            [1000.0, 1e8],
            None,
        ),
        case(
            "the sign wrong",
            degrees("(-12,0,0,0)", lon),
            20,
            &["the sign is wrong", ONLY],
            GRADES,
            Some((107.69, -12.0)),
        ),
        case(
            "decimals in the minutes",
            degrees("(12,1,0)", "(107,69000,0)"),
            20,
            &["decimals of a degree"],
            [1000.0, 1e8],
            None,
        ),
        case(
            "decimals in the millionths",
            degrees("(12,0,0,1000)", "(107,0,0,690000)"),
            20,
            &["decimals of a degree", "longitude 107.690000°"],
            [70_000.0, 80_000.0],
            Some((107.0, 12.0)),
        ),
        case(
            "two numbers only",
            degrees("(12,0)", "(107,41)"),
            20,
            &["3 or 4 numbers"],
            [1000.0, 1000.0],
            None,
        ),
        case(
            "site at map coordinates",
            site_at(&plain, world, "$,$"),
            30,
            &["no coordinate reference system is declared", "EPSG:9218", "EPSG:5898", "no vertical datum"],
            [50_000.0, 700_000.0],
            HERE,
        ),
        case(
            "site at map coordinates, longitude tells the zone",
            site_at(&degrees(lat, lon), world, "$,$"),
            30,
            &["EPSG:9218"],
            [250.0, 250.0],
            HERE,
        ),
        case(
            "site at swapped map coordinates",
            site_at(&plain, "1327195.238,411600.265,0.", "$,$"),
            30,
            &["look swapped"],
            [1000.0, 1000.0],
            None,
        ),
        case(
            "site at millimetres",
            site_at(&plain, "411600265.,1327195238.,0.", "$,$"),
            30,
            &["1000 times too large"],
            [1000.0, 1000.0],
            None,
        ),
        case(
            "the context's world system",
            off.replace("1.E-5,#2,$)", "1.E-5,#67,$)"),
            40,
            &["IfcGeometricRepresentationContext", "EPSG:9218"],
            [50_000.0, 700_000.0],
            HERE,
        ),
        case(
            "map coordinates in the geometry",
            backbone(METRES, "$,$") + &vertices,
            30,
            &["IfcCartesianPoint", "EPSG:9218"],
            [50_000.0, 700_000.0],
            HERE,
        ),
        case(
            "metres declared as millimetres",
            backbone(MILLIMETRES, &format!("{lat},{lon}")) + &house(1.0),
            20,
            &["1000 times too small"],
            [5.0, 20.0],
            None,
        ),
        case(
            "millimetres declared as metres",
            backbone(METRES, &format!("{lat},{lon}")) + &house(1000.0),
            20,
            &["1000 times too large"],
            [5_000.0, 20_000.0],
            HERE,
        ),
    ]
}

fn wrong(case: &Case, f: &ModelFacts) -> Option<String> {
    use geo::BoundingRect;
    let Some(g) = &f.georeference else { return Some(format!("{}: no georeference", case.name)) };
    let told = case.told.iter().all(|t| g.warnings.iter().any(|w| w.contains(t)));
    let silent = !case.told.is_empty() || g.warnings.is_empty();
    // Each warning has its Vietnamese.
    let both =
        g.warnings.iter().all(|w| f.notes.iter().any(|n| n.en == *w && !n.vi.is_empty() && n.vi != n.en));
    let sure = (case.uncertainty_m[0]..=case.uncertainty_m[1]).contains(&g.horizontal_uncertainty_m);
    let corner =
        f.buildings[0].footprint.as_ref().and_then(|o| o.0.bounding_rect()).map(|r| (r.min().x, r.min().y));
    let placed = match (corner, case.at) {
        (Some(a), Some(b)) => {
            // Within 25 m in this place; roughly elsewhere, where only the mistake counts.
            let near = if case.at == HERE { 2.5e-4 } else { 0.2 };
            (a.0 - b.0).abs() < near && (a.1 - b.1).abs() < near
        }
        (a, b) => a.is_none() && b.is_none(),
    };
    (!(told && silent && both && sure && placed && g.level == case.level)).then(|| {
        format!(
            "{}: level {}, {} m, at {corner:?}, {:?}",
            case.name, g.level, g.horizontal_uncertainty_m, g.warnings
        )
    })
}

#[test]
fn each_way_of_placing_is_read_and_each_mistake_explained() {
    let cases: Vec<Case> = declared().into_iter().chain(undeclared()).collect();
    let all: Vec<String> = cases.iter().filter_map(|c| wrong(c, &facts(&file(c.schema, &c.data)))).collect();
    assert!(all.is_empty(), "{}", all.join("\n"));
}

/// Easting, northing, height, rotation and place by ifcopenshell 0.9.0 (the records' numbers times MapUnit) and pyproj
/// 3.7.2 (`Transformer.from_crs(code, "OGC:CRS84", always_xy=True)`).
#[test]
fn real_models_stand_where_pyproj_puts_them() {
    let folder = std::env::var("DOTHI_TEST_DATA").expect("DOTHI_TEST_DATA names the test data");
    for (name, code, e, n, h, rotation, lon, lat) in [
        (
            "pcert_building_architecture_ifc4",
            "EPSG:32760",
            729_013.348_83,
            9_063_992.684_70,
            1.3,
            60.0,
            179.080_146_718,
            -8.462_199_942,
        ),
        (
            "infra_bridge",
            "EPSG:32760",
            729_011.225_88,
            9_063_960.607_64,
            0.0,
            0.0,
            179.080_129_000,
            -8.462_490_000,
        ),
        (
            "duplex_arch_georef_2x3",
            "EPSG:9897",
            76_670.0,
            77_179.0,
            293.700_012,
            71.0,
            6.122_030_675,
            49.629_212_060,
        ),
    ] {
        let f = facts(&std::fs::read(format!("{folder}/ifc/{name}.ifc")).unwrap());
        let g = f.georeference.unwrap();
        assert_eq!((g.level, g.crs.as_deref()), (50, Some(code)), "{name}");
        for (what, got, want, near) in [
            ("easting", g.easting, e, 1e-4),
            ("northing", g.northing, n, 1e-4),
            ("height", g.orthogonal_height_m, h, 1e-4),
            ("rotation", Some(g.rotation_deg), rotation, 1e-6),
            ("longitude", g.longitude, lon, 1e-8),
            ("latitude", g.latitude, lat, 1e-8),
        ] {
            assert!((got.unwrap() - want).abs() < near, "{name} {what}: {got:?}, {want} expected");
        }
        // The duplex keeps the default site of its program, 6,859 km away (Geod.inv: 6,859,209 m).
        assert_eq!(
            g.warnings.iter().any(|w| w.contains("m from where")),
            name.starts_with("duplex"),
            "{:?}",
            g.warnings
        );
        assert!((g.scale - 1.0).abs() < 1e-9 && g.horizontal_uncertainty_m <= 1.0, "{name} {:?}", g.warnings);
    }
    let f = facts(&std::fs::read(format!("{folder}/ifc/schependomlaan_houten_kozijnen_2x3.ifc")).unwrap());
    let g = f.georeference.unwrap();
    // RefLatitude (52,9,0,0), RefLongitude (5,23,0,0), RefElevation 20000 mm.
    assert_eq!((g.level, g.orthogonal_height_m, g.horizontal_uncertainty_m), (20, Some(20.0), 5.0));
    assert!(
        (g.latitude.unwrap() - 52.15).abs() < 1e-9 && (g.longitude.unwrap() - 5.383_333_333).abs() < 1e-8
    );
}
