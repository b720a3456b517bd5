//! Whole files: tiny ones written here, the project's own samples, and the real ones of `DOTHI_TEST_DATA`.

mod hostile;
mod measures;
mod mutations;
mod place_cases;
mod places;
mod provisions;
mod real;
mod refusals;
mod samples;

use super::facts::{BuildingFacts, ModelFacts};
use super::{Limits, read};

/// A STEP file around the records of its DATA section.
pub(super) fn file(schema: &str, data: &str) -> Vec<u8> {
    format!(
        "ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION((''),'2;1');\nFILE_NAME('','',(''),(''),'','','');\n\
         FILE_SCHEMA(('{schema}'));\nENDSEC;\nDATA;\n{data}\nENDSEC;\nEND-ISO-10303-21;\n"
    )
    .into_bytes()
}

pub(super) fn facts(bytes: &[u8]) -> ModelFacts {
    read(bytes, &Limits::default()).unwrap()
}

/// Project, units, context, site, building and one storey: records 1–19.
pub(super) fn backbone(unit: &str, site_angles: &str) -> String {
    format!(
        "#1=IFCCARTESIANPOINT((0.,0.,0.));\n#2=IFCAXIS2PLACEMENT3D(#1,$,$);\n\
         #3=IFCGEOMETRICREPRESENTATIONCONTEXT($,'Model',3,1.E-5,#2,$);\n{unit}\
         #6=IFCPROJECT('0000000000000000000001',$,'Nh\\X2\\00E0\\X0\\',$,$,$,$,(#3),#5);\n\
         #7=IFCLOCALPLACEMENT($,#2);\n\
         #8=IFCSITE('0000000000000000000002',$,'S',$,$,#7,$,$,.ELEMENT.,{site_angles},$,$,$);\n\
         #9=IFCBUILDING('0000000000000000000003',$,'B',$,$,#7,$,$,.ELEMENT.,$,$,$);\n\
         #10=IFCBUILDINGSTOREY('0000000000000000000004',$,'T1',$,$,#7,$,$,.ELEMENT.,0.);\n\
         #11=IFCRELAGGREGATES('0000000000000000000005',$,$,$,#6,(#8));\n\
         #12=IFCRELAGGREGATES('0000000000000000000006',$,$,$,#8,(#9));\n\
         #13=IFCRELAGGREGATES('0000000000000000000007',$,$,$,#9,(#10));\n"
    )
}

pub(super) const METRES: &str = "#4=IFCSIUNIT(*,.LENGTHUNIT.,$,.METRE.);\n#5=IFCUNITASSIGNMENT((#4));\n";
pub(super) const MILLIMETRES: &str =
    "#4=IFCSIUNIT(*,.LENGTHUNIT.,.MILLI.,.METRE.);\n#5=IFCUNITASSIGNMENT((#4));\n";
pub(super) const NO_UNIT: &str = "#5=IFCUNITASSIGNMENT(());\n";

/// A box `x`×`y`×`z` at (`at`), extruded, as `entity` (IFC4 attributes after Representation in `rest`).
pub(super) fn block(id: u32, entity: &str, rest: &str, at: [f64; 3], size: [f64; 3]) -> String {
    let [x, y, z] = size;
    let n = |k: u32| format!("#{}", id + k);
    format!(
        "{}=IFCCARTESIANPOINT(({:?},{:?},{:?}));\n{}=IFCAXIS2PLACEMENT3D({},$,$);\n{}=IFCLOCALPLACEMENT($,{});\n\
         {}=IFCCARTESIANPOINT(({:?},{:?}));\n{}=IFCAXIS2PLACEMENT2D({},$);\n\
         {}=IFCRECTANGLEPROFILEDEF(.AREA.,$,{},{x:?},{y:?});\n{}=IFCDIRECTION((0.,0.,1.));\n\
         {}=IFCEXTRUDEDAREASOLID({},#2,{},{z:?});\n{}=IFCSHAPEREPRESENTATION(#3,'Body','SweptSolid',({}));\n\
         {}=IFCPRODUCTDEFINITIONSHAPE($,$,({}));\n\
         {}={entity}('{:022}',$,'{entity} {id}',$,$,{},{},$,{rest});\n\
         {}=IFCRELCONTAINEDINSPATIALSTRUCTURE('{:022}',$,$,$,({}),#10);\n",
        n(0),
        at[0],
        at[1],
        at[2],
        n(1),
        n(0),
        n(2),
        n(1),
        n(3),
        x / 2.0,
        y / 2.0,
        n(4),
        n(3),
        n(5),
        n(4),
        n(6),
        n(7),
        n(5),
        n(6),
        n(8),
        n(7),
        n(9),
        n(8),
        n(10),
        id + 10,
        n(2),
        n(9),
        n(11),
        id + 11,
        n(10),
    )
}

/// Four walls 10 × 6 × 3 m of 0.2 m and a floor; `k` file units in a metre.
pub(super) fn house(k: f64) -> String {
    let s = |v: [f64; 3]| v.map(|x| x * k);
    let wall = ".STANDARD.";
    [
        block(100, "IFCWALL", wall, s([0.0, 0.0, 0.0]), s([10.0, 0.2, 3.0])),
        block(120, "IFCWALL", wall, s([0.0, 5.8, 0.0]), s([10.0, 0.2, 3.0])),
        block(140, "IFCWALL", wall, s([0.0, 0.2, 0.0]), s([0.2, 5.6, 3.0])),
        block(160, "IFCWALL", wall, s([9.8, 0.2, 0.0]), s([0.2, 5.6, 3.0])),
        block(180, "IFCSLAB", ".FLOOR.", s([0.0, 0.0, -0.2]), s([10.0, 6.0, 0.2])),
    ]
    .concat()
}

pub(super) fn close_to(measured: Option<f64>, expected: f64) {
    let measured = measured.expect("measured");
    assert!((measured - expected).abs() < 0.01, "{measured} is not {expected}");
}

pub(super) fn only(facts: &ModelFacts) -> &BuildingFacts {
    assert_eq!(facts.buildings.len(), 1);
    &facts.buildings[0]
}

/// A storey `id` at the height `z`.
pub(super) fn storey(id: u32, name: &str, z: f64) -> String {
    let n = |k: u32| format!("#{}", id + k);
    format!(
        "{}=IFCCARTESIANPOINT((0.,0.,{z:?}));\n{}=IFCAXIS2PLACEMENT3D({},$,$);\n{}=IFCLOCALPLACEMENT($,{});\n\
         {}=IFCBUILDINGSTOREY('{:022}',$,'{name}',$,$,{},$,$,.ELEMENT.,{z:?});\n\
         {}=IFCRELAGGREGATES('{:022}',$,$,$,#9,({}));\n",
        n(0),
        n(1),
        n(0),
        n(2),
        n(1),
        n(3),
        id + 3,
        n(2),
        n(4),
        id + 4,
        n(3),
    )
}

/// Four walls of 0.2 m around 10 × 6 m from `z` up, and a floor of 0.2 m under them.
pub(super) fn ring(id: u32, z: f64, height: f64) -> String {
    [
        block(id, "IFCWALL", "$", [0.0, 0.0, z], [10.0, 0.2, height]),
        block(id + 20, "IFCWALL", "$", [0.0, 5.8, z], [10.0, 0.2, height]),
        block(id + 40, "IFCWALL", "$", [0.0, 0.2, z], [0.2, 5.6, height]),
        block(id + 60, "IFCWALL", "$", [9.8, 0.2, z], [0.2, 5.6, height]),
        block(id + 80, "IFCSLAB", ".FLOOR.", [0.0, 0.0, z - 0.2], [10.0, 6.0, 0.2]),
    ]
    .concat()
}
