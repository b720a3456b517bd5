//! What is refused, how soon, and with which place and reason; what is broken but read.

use std::time::{Duration, Instant};

use super::{METRES, backbone, close_to, facts, file, house, only};
use crate::bim::{BimError, Limits, read};

fn refusal(bytes: &[u8]) -> BimError {
    let begin = Instant::now();
    let error = read(bytes, &Limits::default()).unwrap_err();
    assert!(begin.elapsed() < Duration::from_secs(5), "refused too late: {error}");
    assert!(!error.reason().vi.is_empty() && !error.reason().en.is_empty());
    error
}

#[test]
fn what_is_no_ifc_file_is_refused_with_its_reason() {
    for (bytes, expected) in [
        (&b""[..], "empty"),
        (b"   \r\n ", "white space"),
        (b"PK\x03\x04rest", "cannot be unpacked"),
        (b"<?xml version=\"1.0\"?><ifcXML/>", "XML"),
        (b"{\"ifc\":5}", "JSON"),
        (b"%PDF-1.7", "PDF"),
        (b"AC1032", "DWG"),
        (b"\xFF\xFEI\0S\0O\0", "UTF-16"),
        (b"\x00\x01\x02noise", "not an IFC file"),
    ] {
        assert!(refusal(bytes).reason().en.contains(expected), "{expected}");
    }
}

#[test]
fn noise_of_200_mb_is_refused_at_once() {
    // A linear congruential generator is noise enough, and its memory is the test's own.
    let mut state = 1_u64;
    let mut noise = vec![0_u8; 200 << 20];
    for chunk in noise.chunks_mut(8) {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        chunk.copy_from_slice(&state.to_le_bytes()[..chunk.len()]);
    }
    assert!(refusal(&noise).reason().en.contains("not an IFC file"));
    // Behind a good head, and with a good tail.
    noise.truncate(24 << 20);
    let good = file("IFC4", "");
    let middle = good.len() - 30;
    noise[..middle].copy_from_slice(&good[..middle]);
    assert!(refusal(&noise).reason().en.contains("truncated"));
    let end = noise.len() - 30;
    noise[end..].copy_from_slice(&good[middle..]);
    refusal(&noise);
}

#[test]
fn broken_files_name_the_place() {
    let whole = file("IFC4", "#1=IFCPERSON($,$,$,$,$,$,$,$);");
    let cut = &whole[..whole.len() - 40];
    assert!(refusal(cut).reason().en.contains("truncated"));
    assert!(refusal(cut).place().starts_with("line "));
    assert_eq!(refusal(&file("CONFIG_CONTROL_DESIGN", "#1=X();")).place(), "FILE_SCHEMA");
    assert!(refusal(&file("IFC4", "")).reason().en.contains("no record"));
    // Nothing but what is broken is no model.
    let open = file("IFC4", "#2=IFCPERSON('x,$,$;");
    assert_eq!(refusal(&open).place(), "line 8");
}

#[test]
fn limits_hold() {
    let many: Vec<String> = (1..=50).map(|i| format!("#{i}=IFCPERSON($,$,$,$,$,$,$,$);\n")).collect();
    let many = many.concat();
    let limits = Limits { max_records: 10, ..Limits::default() };
    assert!(read(&file("IFC4", &many), &limits).unwrap_err().reason().en.contains("more than 10"));
    let limits = Limits { max_bytes: 10, ..Limits::default() };
    assert!(read(&file("IFC4", &many), &limits).is_err());
}

#[test]
fn cyclic_placements_and_parts_end() {
    let cyclic = "#40=IFCLOCALPLACEMENT(#41,#2);\n#41=IFCLOCALPLACEMENT(#40,#2);\n\
         #42=IFCWALL('0000000000000000000042',$,'W',$,$,#40,$,$,$);\n\
         #43=IFCRELAGGREGATES('0000000000000000000043',$,$,$,#42,(#42));\n\
         #44=IFCRELAGGREGATES('0000000000000000000044',$,$,$,#10,(#9));\n";
    let f = facts(&file("IFC4", &(backbone(METRES, "$,$") + cyclic + &house(1.0))));
    close_to(only(&f).footprint_area_m2.measured, 60.0);
}

#[test]
fn dangling_references_are_no_panic() {
    let broken = "#50=IFCWALL('0000000000000000000050',$,'W',$,$,#999,#998,$,$);\n\
         #51=IFCRELDEFINESBYPROPERTIES('0000000000000000000051',$,$,$,(#50,#997),#996);\n\
         #52=IFCMAPCONVERSION(#3,#995,1.,2.,3.,$,$,$);\n";
    let f = facts(&file("IFC4", &(backbone(METRES, "$,$") + broken)));
    assert_eq!(f.bbox_m, None);
    assert!(f.georeference.is_some());
}
