use super::*;

fn reason(record: &[u8]) -> Reason {
    check(record, 0).expect_err(&String::from_utf8_lossy(record)).reason
}

#[test]
fn whole_records_are_taken_to_their_semicolon() {
    for record in [
        "#1=IFCPERSON();",
        "#1 = IFCPERSON ( $ , * , #2 ) ;",
        "#1=IfcPerson($,'a;b)''(',.T.,\"0FF\",-1.5E-3,+2,.5,1e-5,(),((1,2),(3)),IFCLABEL('x'),!MINE(#2));",
        "#1/* #7=X(1); */=/**/IFCPERSON(/* ' */$/*)*/);",
        "#4294967295=IFCPERSON('');",
        r"#1=IFCPERSON('\S\'',$);",
        r"#1=IFCPERSON('C:\\',$);",
    ] {
        let text = format!("{record}#2=X();");
        let whole = check(text.as_bytes(), 0).unwrap_or_else(|e| panic!("{record}: {e:?}"));
        assert_eq!(whole.end, record.len(), "{record}");
        assert_eq!(whole.broken_directives, 0, "{record}");
    }
}

#[test]
fn what_breaks_the_grammar_is_said() {
    for (record, expected) in [
        ("#1=IFCPERSON(", Reason::Unfinished),
        ("#1=IFCPERSON('x,$,$;", Reason::Unfinished),
        ("#1=IFCPERSON($)", Reason::Unfinished),
        ("#1=IFCPERSON(/*$);", Reason::Unfinished),
        ("#1=IFCPERSON($$);", Reason::Syntax),
        ("#1=IFCPERSON($,);", Reason::Syntax),
        ("#1=IFCPERSON(,$);", Reason::Syntax),
        ("#1=IFCPERSON($,$));", Reason::Syntax),
        ("#1=IFCPERSON(1.2.3);", Reason::Syntax),
        ("#1=IFCPERSON(12a);", Reason::Syntax),
        ("#1=IFCPERSON(.T);", Reason::Syntax),
        ("#1=IFCPERSON(\"0G\");", Reason::Syntax),
        ("#1=IFCPERSON(#);", Reason::Syntax),
        ("#1=IFCPERSON;", Reason::Syntax),
        ("#1=1FC();", Reason::Syntax),
        ("#=IFCPERSON();", Reason::NoRecord),
        ("#1,IFCPERSON();", Reason::NoRecord),
        ("#1=IFCCARTESIANPOINT((nan,0.));", Reason::NotFinite),
        ("#1=IFCCARTESIANPOINT((-nan(ind),0.));", Reason::NotFinite),
        ("#1=IFCCARTESIANPOINT((1.#QNAN,0.));", Reason::NotFinite),
        ("#1=IFCCARTESIANPOINT((-1.#IND,0.));", Reason::NotFinite),
        ("#1=IFCCARTESIANPOINT((-Infinity,0.));", Reason::NotFinite),
        ("#1=IFCCARTESIANPOINT((INF,0.));", Reason::NotFinite),
        ("#1=IFCCARTESIANPOINT((1.E400,0.));", Reason::NotFinite),
        ("#4294967296=IFCPERSON();", Reason::Number),
        ("#1=(A()B());", Reason::Complex),
    ] {
        assert_eq!(reason(record.as_bytes()), expected, "{record}");
    }
    assert_eq!(reason(format!("#1=X({}", "(".repeat(1_000_000)).as_bytes()), Reason::TooDeep);
    assert_eq!(reason(format!("#1=X(1{});", ",1".repeat(9_000_000)).as_bytes()), Reason::TooMany);
    let endless = "9".repeat(400);
    assert_eq!(reason(format!("#1=X({endless}.);").as_bytes()), Reason::NotFinite);
}

#[test]
fn values_are_made_as_written() {
    let record = br"#1=X($,*,#5,'a''b\X\E9','',.T.,-12,99999999999999999999,1.5E3,.5,(1,(2.)),IFCLABEL('x'),IfcInteger(),!M(1,2),#4294967296,'C:\t');";
    let whole = check(record, 0).unwrap();
    assert_eq!(whole.broken_directives, 1);
    let found = format!("{:?}", values(record, whole.values));
    let expected = "[Null, Derived, EntityRef(5), String(\"a'bé\"), String(\"\"), Enum(\"T\"), Integer(-12), \
        Float(1e20), Float(1500.0), Float(0.5), List([Integer(1), List([Float(2.0)])]), \
        Typed { name: \"IFCLABEL\", value: String(\"x\") }, Typed { name: \"IFCINTEGER\", value: Null }, \
        Typed { name: \"!M\", value: List([Integer(1), Integer(2)]) }, Null, String(\"C:\\\\t\")]";
    assert_eq!(found, expected);
}

mod with_test_data {
    use super::*;

    /// What the geometry crate reads of a record and what is read here must be the same, or measured and declared
    /// values would come from two files.
    #[test]
    fn values_agree_with_those_of_the_geometry_crate() {
        let folder = std::env::var("DOTHI_TEST_DATA").expect("DOTHI_TEST_DATA names the test data");
        for entry in std::fs::read_dir(format!("{folder}/ifc")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|e| e != "ifc") {
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            let mut scanner = ifc_lite_core::EntityScanner::new(&bytes);
            let decoder = ifc_lite_core::EntityDecoder::new(&bytes);
            while let Some((id, name, start, end)) = scanner.next_entity() {
                let whole = check(&bytes, start).unwrap();
                assert_eq!((whole.id, &bytes[whole.name.clone()], whole.end), (id, name.as_bytes(), end));
                let theirs = decoder.decode_at_uncached(start, end).unwrap();
                let ours = values(&bytes, whole.values);
                assert_eq!(
                    format!("{ours:?}"),
                    format!("{:?}", theirs.attributes),
                    "{} #{id}",
                    path.display()
                );
            }
        }
    }
}
