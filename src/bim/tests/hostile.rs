//! Files made to break, stall or fill the reader: each ends in time, with what is sound measured and the rest named.

use std::io::{Cursor, Write};
use std::time::{Duration, Instant};

use super::{METRES, backbone, block, close_to, facts, file, house, only};
use crate::bim::facts::ModelFacts;
use crate::bim::{Limits, read};

/// A house of 60 m² with `extra` beside it, in IFC4.
fn house_and(extra: &str) -> Vec<u8> {
    file("IFC4", &(backbone(METRES, "$,$") + &house(1.0) + extra))
}

fn stands(f: &ModelFacts) {
    close_to(only(f).footprint_area_m2.measured, 60.0);
}

fn notes_hold(f: &ModelFacts, words: &str) {
    assert!(f.notes.iter().any(|n| n.en.contains(words)), "{words}: {:?}", f.notes);
}

#[test]
fn broken_records_are_named_by_line_and_the_rest_is_measured() {
    let broken = (0..30).map(|i| format!("#{}=IFCWALL('x,$;\n", 2000 + i)).collect::<Vec<_>>().concat();
    let bytes =
        house_and(&format!("#1000=IFCFOO(1,2);\n{broken}#1001=IFCCARTESIANPOINT((1.#QNAN,0.,0.));\n"));
    let f = facts(&bytes);
    stands(&f);
    let text = String::from_utf8(bytes).unwrap();
    let first = 1 + text[..text.find("#2000=").unwrap()].matches('\n').count();
    notes_hold(&f, &format!("line {first}: the record #2000 is left out"));
    let named = f.notes.iter().filter(|n| n.en.contains("is left out because")).count();
    assert_eq!(named, 20);
    notes_hold(&f, "11 more broken places are left out");
}

#[test]
fn numbers_used_twice_are_named_and_the_last_counts() {
    let f = facts(&house_and(
        "#9=IFCBUILDING('0000000000000000000003',$,'Second',$,$,#7,$,$,.ELEMENT.,$,$,$);\n",
    ));
    stands(&f);
    assert_eq!(only(&f).name, "Second");
    notes_hold(&f, "1 record numbers are used more than once (#9)");
}

#[test]
fn an_ifczip_is_read_as_its_model() {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("house.ifc", zip::write::SimpleFileOptions::default()).unwrap();
    writer.write_all(&house_and("")).unwrap();
    let f = facts(&writer.finish().unwrap().into_inner());
    stands(&f);
}

#[test]
fn names_in_any_encoding_come_out_right() {
    let name = |raw: &[u8]| {
        let mut bytes = house_and("");
        let at = bytes.windows(5).position(|w| w == b",'B',").unwrap();
        bytes.splice(at + 2..at + 3, raw.iter().copied());
        only(&facts(&bytes)).name.clone()
    };
    for raw in [
        &b"Nh\\X2\\00E0\\X0\\ \\X2\\1EDF\\X0\\"[..],
        "Nhà ở".as_bytes(),
        "Nha\u{300} o\u{31B}\u{309}".as_bytes(),
        b"Nh\xE0 \xF5\xD2",
        b"Nh\\S\\` \\X2\\01A10309\\X0\\",
    ] {
        assert_eq!(name(raw), "Nhà ở", "{}", String::from_utf8_lossy(raw));
    }
}

#[test]
fn what_is_old_is_read_by_the_tables_of_ifc2x3() {
    for schema in ["IFC2X_FINAL", "IFC2X2_FINAL"] {
        let f = facts(&file(schema, &(backbone(METRES, "$,$") + &house(1.0))));
        assert_eq!(f.schema, schema);
        stands(&f);
        notes_hold(&f, "read by the attributes of IFC2X3");
    }
}

#[test]
fn records_that_refer_to_themselves_end() {
    let wall = |id: u32, item: u32| {
        format!(
            "#{}=IFCSHAPEREPRESENTATION(#3,'Body','CSG',(#{item}));\n#{}=IFCPRODUCTDEFINITIONSHAPE($,$,(#{}));\n\
             #{}=IFCWALL('{:022}',$,'W',$,$,#7,#{},$,$);\n\
             #{}=IFCRELCONTAINEDINSPATIALSTRUCTURE('{:022}',$,$,$,(#{}),#10);\n",
            id,
            id + 1,
            id,
            id + 2,
            id + 2,
            id + 1,
            id + 3,
            id + 3,
            id + 2
        )
    };
    let f = facts(&house_and(&format!(
        "#1000=IFCBOOLEANRESULT(.DIFFERENCE.,#1000,#1000);\n{}\
         #1010=IFCBOOLEANCLIPPINGRESULT(.DIFFERENCE.,#1011,#1011);\n\
         #1011=IFCBOOLEANCLIPPINGRESULT(.DIFFERENCE.,#1010,#1010);\n{}\
         #1020=IFCREPRESENTATIONMAP(#2,#1021);\n#1021=IFCSHAPEREPRESENTATION(#3,'Body','MappedRepresentation',(#1022));\n\
         #1022=IFCMAPPEDITEM(#1020,#1023);\n#1023=IFCCARTESIANTRANSFORMATIONOPERATOR3D($,$,#1,$,$);\n{}\
         #1030=IFCSHAPEREPRESENTATION(#1030,#1030,#1030,(#1030));\n\
         #1040=IFCPROPERTYSET('0000000000000000001040',$,'P',$,(#1041));\n\
         #1041=IFCCOMPLEXPROPERTY('c',$,'u',(#1041,#1040));\n\
         #1042=IFCRELDEFINESBYPROPERTIES('0000000000000000001042',$,$,$,(#1042,#9),#1040);\n\
         #1050=IFCDERIVEDUNIT((#1051),.AREAUNIT.,$);\n#1051=IFCDERIVEDUNITELEMENT(#1050,2);\n",
        wall(1100, 1000),
        wall(1110, 1010),
        wall(1120, 1022),
    )));
    stands(&f);
}

#[test]
fn a_unit_whose_factor_is_none_is_refused_with_its_record() {
    let foot = "#4=IFCCONVERSIONBASEDUNIT(#14,.LENGTHUNIT.,'x',#15);\n#5=IFCUNITASSIGNMENT((#4));\n\
        #14=IFCDIMENSIONALEXPONENTS(1,0,0,0,0,0,0);\n#15=IFCSIUNIT(*,.LENGTHUNIT.,$,.METRE.);\n";
    let error = read(&file("IFC4", &backbone(foot, "$,$")), &Limits::default()).unwrap_err();
    assert_eq!(error.place(), "#4");
}

/// `levels` lists in each other, each of `width` references to the next: width^levels paths through the file.
#[test]
fn branches_that_multiply_end() {
    use std::fmt::Write;
    let mut extra = String::new();
    for level in 0..40 {
        let next = 1001 + level;
        let members = vec![format!("#{next}"); 8].join(",");
        let _ = writeln!(extra, "#{}=IFCCOMPLEXPROPERTY('c',$,'u',({members}));", 1000 + level);
        let _ = writeln!(extra, "#{}=IFCMAPPEDITEM(#{},#1901);", 1100 + level, 1200 + level);
        let items = vec![format!("#{}", 1101 + level); 8].join(",");
        let _ = writeln!(extra, "#{}=IFCREPRESENTATIONMAP(#2,#{});", 1200 + level, 1300 + level);
        let _ = writeln!(
            extra,
            "#{}=IFCSHAPEREPRESENTATION(#3,'Body','MappedRepresentation',({items}));",
            1300 + level
        );
    }
    extra += "#1901=IFCCARTESIANTRANSFORMATIONOPERATOR3D($,$,#1,$,$);\n\
        #1902=IFCPROPERTYSET('0000000000000000001902',$,'P',$,(#1000));\n\
        #1903=IFCRELDEFINESBYPROPERTIES('0000000000000000001903',$,$,$,(#9),#1902);\n\
        #1904=IFCPRODUCTDEFINITIONSHAPE($,$,(#1300));\n\
        #1905=IFCWALL('0000000000000000001905',$,'W',$,$,#7,#1904,$,$);\n\
        #1906=IFCRELCONTAINEDINSPATIALSTRUCTURE('0000000000000000001906',$,$,$,(#1905),#10);\n";
    let begin = Instant::now();
    let f = facts(&house_and(&extra));
    assert!(begin.elapsed() < Duration::from_mins(1), "{:?}", begin.elapsed());
    stands(&f);
}

#[test]
fn lists_without_end_and_lists_in_lists_are_left_out() {
    let deep = format!("#1000=IFCCARTESIANPOINT({}1.{});\n", "(".repeat(200_000), ")".repeat(200_000));
    let long = format!("#1001=IFCCARTESIANPOINTLIST3D((({})));\n", vec!["0."; 10_000_000].join(","));
    let f = facts(&house_and(&(deep + &long)));
    stands(&f);
    notes_hold(&f, "its lists are nested too deep");
    notes_hold(&f, "it holds too many values");
}

/// A block whose `what` is replaced: the block may vanish, the house stands.
#[test]
fn numbers_that_are_none_spoil_their_element_alone() {
    let whole = block(1000, "IFCWALL", "$", [20.0, 0.0, 0.0], [5.0, 5.0, 3.0]);
    for (from, to) in [
        ("#1000=IFCCARTESIANPOINT((20.0,", "#1000=IFCCARTESIANPOINT((nan,"),
        ("#1000=IFCCARTESIANPOINT((20.0,", "#1000=IFCCARTESIANPOINT((-1.#IND,"),
        ("#1000=IFCCARTESIANPOINT((20.0,", "#1000=IFCCARTESIANPOINT((1.E999,"),
        ("#1000=IFCCARTESIANPOINT((20.0,", "#1000=IFCCARTESIANPOINT((1.E300,"),
        ("#1006=IFCDIRECTION((0.,0.,1.))", "#1006=IFCDIRECTION((0.,0.,0.))"),
        ("#1006=IFCDIRECTION((0.,0.,1.))", "#1006=IFCDIRECTION(())"),
        (",5.0,5.0)", ",-5.0,0.)"),
        (",#2,#1006,3.0)", ",#2,#1006,1.E308)"),
        (
            "#1001=IFCAXIS2PLACEMENT3D(#1000,$,$)",
            "#1001=IFCAXIS2PLACEMENT3D(#1000,#1050,#1050);\n#1050=IFCDIRECTION((0.,0.,0.))",
        ),
    ] {
        let broken = whole.replace(from, to);
        assert_ne!(broken, whole, "{from}");
        let f = facts(&house_and(&broken));
        let area = only(&f).footprint_area_m2.measured.unwrap_or_default();
        assert!(area.is_finite() && area >= 59.99, "{to}: {area}");
        if let Some(b) = f.bbox_m {
            assert!(b.min.iter().chain(&b.max).all(|x| x.is_finite()), "{to}: {b:?}");
        }
    }
}

/// A slab with hundreds of overlapping holes that are no two alike takes many seconds to cut; it is given up.
#[test]
fn an_element_that_takes_too_long_is_named_and_the_rest_is_made() {
    use std::fmt::Write;
    let mut extra = block(1000, "IFCSLAB", ".FLOOR.", [40.0, 0.0, 0.0], [30.0, 30.0, 1.0]);
    for i in 0..250_u32 {
        let id = 10_000 + i * 20;
        let angle = f64::from(i) * 0.7;
        let (x, y) =
            (40.0 + 9.0 * angle.cos() * (1.0 + angle / 900.0), 9.0 * angle.sin() * (1.0 + angle / 900.0));
        extra += &block(id, "IFCOPENINGELEMENT", "$", [x, y, -1.0], [5.0, 0.37, 3.0])
            .replace(
                &format!("#{id}=IFCCARTESIANPOINT"),
                &format!(
                    "#{}=IFCDIRECTION(({},{},0.));\n#{id}=IFCCARTESIANPOINT",
                    id + 15,
                    angle.cos(),
                    angle.sin()
                ),
            )
            .replace(
                &format!("#{}=IFCAXIS2PLACEMENT3D(#{id},$,$)", id + 1),
                &format!("#{}=IFCAXIS2PLACEMENT3D(#{id},$,#{})", id + 1, id + 15),
            );
        let _ =
            writeln!(extra, "#{}=IFCRELVOIDSELEMENT('{:022}',$,$,$,#1010,#{});", id + 16, id + 16, id + 10);
    }
    let limits = Limits { element_time: Duration::from_millis(100), ..Limits::default() };
    let begin = Instant::now();
    let f = read(&house_and(&extra), &limits).unwrap();
    assert!(begin.elapsed() < Duration::from_secs(30), "{:?}", begin.elapsed());
    let given_up: Vec<&str> = f.empty_solids.iter().map(|e| e.global_id.as_str()).collect();
    assert_eq!(given_up, [format!("{:022}", 1010)], "after {:?}", begin.elapsed());
    assert!(f.empty_solids[0].reason.starts_with("given up"));
    notes_hold(&f, "1 elements were given up");
    stands(&f);
}
