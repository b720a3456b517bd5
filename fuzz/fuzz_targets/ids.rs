//! IDS documents, with their XML reader and patterns; those that are valid are held against a small model.
#![no_main]

use dothi::bim::{Limits, ids};
use libfuzzer_sys::fuzz_target;

/// A wall of a type in a storey, with a property, a quantity, a material and a classification.
const MODEL: &[u8] = b"ISO-10303-21;HEADER;FILE_DESCRIPTION((''),'2;1');FILE_NAME('','',(''),(''),'','','');\
FILE_SCHEMA(('IFC4'));ENDSEC;DATA;#1=IFCPROJECT('p',$,'P',$,$,$,$,$,#2);#2=IFCUNITASSIGNMENT((#3));\
#3=IFCSIUNIT(*,.LENGTHUNIT.,.MILLI.,.METRE.);#4=IFCWALL('w',$,'W',$,$,$,$,$,.SOLIDWALL.);\
#5=IFCWALLTYPE('t',$,'T',$,$,(#6),$,$,$,.USERDEFINED.);#6=IFCPROPERTYSET('s',$,'Foo_Bar',$,(#7));\
#7=IFCPROPERTYSINGLEVALUE('Foo',$,IFCLENGTHMEASURE(3.),$);#8=IFCRELDEFINESBYTYPE('r',$,$,$,(#4),#5);\
#9=IFCBUILDINGSTOREY('b',$,'B',$,$,$,$,$,$,0.);#10=IFCRELCONTAINEDINSPATIALSTRUCTURE('c',$,$,$,(#4),#9);\
#11=IFCMATERIAL('M',$,'brick');#12=IFCRELASSOCIATESMATERIAL('m',$,$,$,(#4),#11);\
#13=IFCCLASSIFICATION($,$,$,'Foobar',$,$,$);#14=IFCCLASSIFICATIONREFERENCE($,'1',$,#13,$,$);\
#15=IFCRELASSOCIATESCLASSIFICATION('k',$,$,$,(#4),#14);ENDSEC;END-ISO-10303-21;";

fuzz_target!(|input: &[u8]| {
    if let Ok(document) = ids::read(input) {
        let _ = ids::check(&document, MODEL, &Limits::default());
    }
});
