use proptest::prelude::*;

use super::*;

fn names(scan: &Scan<'_>) -> Vec<(u32, u32, String)> {
    let name = |kind: &u16| String::from_utf8_lossy(scan.entities[usize::from(*kind)]).into_owned();
    scan.ids
        .iter()
        .zip(&scan.starts)
        .zip(&scan.kinds)
        .map(|((id, start), kind)| (*id, *start, name(kind)))
        .collect()
}

/// One pass from the beginning.
fn plain(bytes: &[u8]) -> Scan<'_> {
    let mut pass = Pass::new(bytes, 0, usize::MAX, usize::MAX);
    pass.read_to(bytes.len()).unwrap();
    pass.out
}

#[test]
fn reading_goes_on_behind_what_is_broken() {
    for (text, expected, damaged) in [
        ("#1=A();\n#2=B('x,$;\n#3=C('y');\n#4=D();\nENDSEC;", vec![1, 3, 4], 1),
        ("#1=A(/* no end\n#2=B();\n#3=C();\n", vec![2, 3], 1),
        ("/* no end\n#2=B();\n#3=C();\n", vec![2, 3], 1),
        ("#1=A();\nnoise\n\n  #2 = B();\n", vec![1, 2], 1),
        ("#1=A();noise #9=X(1.2.3);#2=B();", vec![1, 2], 1),
        ("#1=A(\n#2=B();\n#3=C();\n", vec![2, 3], 1),
        ("DATA;#1=A();ENDSEC;DATA('a',());#2=B();ENDSEC;END-ISO-10303-21;\0", vec![1, 2], 0),
        ("#1=A();ENDSEC;END-ISO-10303-21;\n#3=C();", vec![1, 3], 0),
        ("#1=A('\n#7=X();\n');/*\n#8=X();\n*/#2=B();", vec![1, 2], 0),
        ("#1=A((nan));#2=A((1.E999));#3=A((1.));", vec![3], 2),
        ("#1=A();#2=(B()C());#3=D();", vec![1, 3], 1),
        ("", vec![], 0),
        ("#", vec![], 1),
    ] {
        let scan = plain(text.as_bytes());
        assert_eq!((scan.ids, scan.damaged), (expected, damaged), "{text}");
    }
}

#[test]
fn limits_of_records_and_entities_hold() {
    let text = (0..5000).map(|i| format!("#{i}=A{i}();\n")).collect::<Vec<_>>().concat();
    assert_eq!(scan(text.as_bytes(), 0, usize::MAX).unwrap_err(), Stop::Entities);
    let text = (0..5000).map(|i| format!("#{i}=A();\n")).collect::<Vec<_>>().concat();
    assert_eq!(scan(text.as_bytes(), 0, 4999).unwrap_err(), Stop::Records);
    assert_eq!(scan_by(text.as_bytes(), 0, 4999, 100).unwrap_err(), Stop::Records);
    assert_eq!(scan(text.as_bytes(), 0, 5000).unwrap().ids.len(), 5000);
}

/// Arrangements that make a naive reader look at every byte once for every record.
#[test]
fn no_arrangement_of_what_does_not_end_takes_more_than_linear_time() {
    let begin = std::time::Instant::now();
    for line in [
        "#1=A(/*\n",
        "/*\n",
        "#1=A('\n",
        "#1=A('''\n",
        "#1=A(\n",
        "#1=A((((((\n",
        "noise\n",
        "#\n",
        "#1=A(\"0\n",
    ] {
        let text = line.repeat((4 << 20) / line.len());
        let _ = scan(text.as_bytes(), 0, usize::MAX);
        let text = format!("{text}*/{}#5=B(x);", ",1".repeat(1 << 20));
        let _ = scan(text.as_bytes(), 0, usize::MAX);
        let text = format!("{text}'{}", "','".repeat(1 << 20));
        let _ = scan_by(text.as_bytes(), 0, usize::MAX, 1 << 20);
    }
    assert!(begin.elapsed().as_secs() < 60, "{:?}", begin.elapsed());
}

/// Bits of text out of which files are put together: whole records, and all that may mislead a piece.
fn bits() -> impl Strategy<Value = String> {
    let bit = prop_oneof![
        6 => (1_u32..60, "[A-C]{1,3}").prop_map(|(id, name)| format!("#{id}={name}($,'a',(1.,#2));\n")),
        2 => (1_u32..60).prop_map(|id| format!("#{id}=TEXT('\n#{id}=FALSE($);\n');")),
        2 => (1_u32..60).prop_map(|id| format!("/*\n#{id}=FALSE($);\n*/")),
        1 => (1_u32..60).prop_map(|id| format!("#{id} =\n LONG ( '', $ ) ;")),
        1 => Just("'".to_owned()),
        1 => Just("/*".to_owned()),
        1 => Just("*/".to_owned()),
        1 => Just("\n".to_owned()),
        1 => Just(");\n".to_owned()),
        1 => Just("ENDSEC;\nDATA;\n".to_owned()),
        1 => Just("#7=BAD(1.2.3);\n".to_owned()),
        1 => Just("#8=BAD('\\Q');\n".to_owned()),
        1 => "[#=(),;'/* \n0-9A]{0,12}",
    ];
    proptest::collection::vec(bit, 0..40).prop_map(|bits| bits.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// The pieces give what one pass gives, wherever the borders lie.
    #[test]
    fn pieces_are_one_pass(text in bits(), piece in 1_usize..200) {
        let whole = plain(text.as_bytes());
        let joined = scan_by(text.as_bytes(), 0, usize::MAX, piece).unwrap();
        prop_assert_eq!(names(&joined), names(&whole), "{}", text);
        prop_assert_eq!(&joined.damage, &whole.damage);
        prop_assert_eq!(joined.damaged, whole.damaged);
        prop_assert_eq!(&joined.broken_directives, &whole.broken_directives);
    }
}
