//! The readers and writers against each other and against what the standard writes itself.

use std::fmt::Write as _;

use super::*;
use crate::Error;

/// What `parse` says of a filter that it must refuse: the parameter and the reason.
fn refused(text: &str, parse: fn(&str) -> crate::Result<Expr>) -> String {
    match parse(text) {
        Err(Error::InvalidParameter { name, reason }) => {
            assert_eq!(name, "filter", "{}", reason.en);
            assert!(!reason.vi.is_empty());
            reason.en
        }
        other => panic!("{text:.80}: {other:?}"),
    }
}

/// Both printed forms read as the same tree.
fn round(expr: &Expr, from: &str) {
    let printed = text::print(expr);
    assert_eq!(
        &text::parse(&printed).unwrap_or_else(|e| panic!("{from} → {printed}: {e}")),
        expr,
        "{printed}"
    );
    let printed = json::print(expr).to_string();
    assert_eq!(
        &json::parse(&printed).unwrap_or_else(|e| panic!("{from} → {printed}: {e}")),
        expr,
        "{printed}"
    );
}

#[test]
fn operators_bind_as_in_the_grammar() {
    let same = |a: &str, b: &str| {
        let (a, b) = (text::parse(a).unwrap(), text::parse(b).unwrap());
        assert_eq!(a, b);
        round(&a, "");
    };
    same("a = 1 or b = 2 and not c = 3", "a = 1 OR (b = 2 AND (NOT (c = 3)))");
    same("a + 2 * b ^ 2 > - c", "(a + (2 * (b ^ 2))) > (-1 * c)");
    same("a-1 = -1", "(a - 1) = -1");
    same("a not in (1, 2)", "not (a in (1,2))");
    same("a not between 1 and 2 and b", "(not (a between 1 and 2)) and b");
    same("\"date\" is not null", "not \"date\" is null");
    same("a = 'it''s'", r"a = 'it\'s'");
    same("S_WITHIN(geom, point z (1 2 3))", "s_within(geom, POINT(1 2))");
    same("multipoint = 1 and point > 2", "\"multipoint\" = 1 AND \"point\" > 2");
    same("a_equals(('x'), (b))", "A_EQUALS(('x'),(\"b\"))");
    same("(a > 1) is null", "((a > 1)) IS NULL");
    same("f() = true", "f ( ) = TRUE");
}

#[test]
fn what_cannot_be_read_is_named_with_its_place() {
    for (filter, says) in [
        ("", "byte 0: expected a property"),
        ("a =", "byte 3: expected a property"),
        ("a = 1 b", "byte 6: expected AND, OR or the end, got b"),
        ("a = 'x", "byte 4: the quotation mark is never closed"),
        ("a ! 1", "byte 2: '!' means nothing here"),
        ("a = 1 and 5", "byte 10: expected a condition"),
        ("a not 5", "byte 6: expected LIKE, BETWEEN or IN"),
        ("a between 1 or 2", "byte 12: expected and, got or"),
        ("a in ()", "byte 6: expected a property"),
        ("(a = 1", "byte 6: expected ) or ,"),
        ("a = DATE('2026-02-30')", "byte 9: expected a date"),
        ("a = DATE('+12026-02-01')", "byte 9: expected a date"),
        ("a = TIMESTAMP('2026-02-01')", "byte 14: expected an instant"),
        ("s_intersects(g, BBOX(1,2,3))", "expected 4 or 6 numbers"),
        ("s_intersects(g, POINT(1))", "expected a number, got )"),
        ("s_intersects(g, POINT(x y))", "expected a number, got x"),
        ("s_intersects(g, LINESTRING(1 1))", "a line needs at least 2 vertices"),
        ("s_intersects(g, POLYGON((0 0, 1 1, 1 0)))", "a ring needs at least 4 vertices"),
        ("s_intersects(g, POLYGON((0 0, 1 1, 1 0, 0 1)))", "the last one the same as the first"),
        ("s_intersects(g, POLYGON(0 0, 1 1))", "expected (, got 0"),
        ("s_intersects(g, POINT(1 2)", "expected ), got the end"),
        ("s_intersects(g)", "expected ,, got )"),
        ("a = 'x\0'", "the character 0 must not stand here"),
        ("a = 1e999", "expected a number"),
        ("ắ = đ and \u{a0} Đ =", "expected a property"),
        // Found by fuzzing: in JSON such a function would be the operator.
        ("div(a, 1, 2) = 1", "byte 4: expected a function with another name than the operator div"),
        ("\"s_within\"(a, b)", "byte 11: expected a function with another name than the operator s_within"),
        ("\"Not\"(a)", "byte 6: expected a function with another name than the operator Not"),
    ] {
        let said = refused(filter, text::parse);
        assert!(said.contains(says), "{filter}: {said}");
    }
    for (filter, says) in [
        ("", "this is no JSON"),
        ("[]", "/: expected a condition"),
        ("{}", "expected op, property"),
        (r#"{"op":"=","args":[1]}"#, "/: expected 2 elements in args of =, got 1"),
        (r#"{"op":"and","args":[true,{"op":"not","args":[5]}]}"#, "/args/1/args/0: expected a condition"),
        (r#"{"op":"=","args":[1,null]}"#, "/args/1: expected a value"),
        (r#"{"op":7}"#, "expected the name of an operator"),
        // Found by fuzzing: a misspelt member left the list empty, which was true of every item.
        (r#"{"op":"and","avgs":[true,false]}"#, "/: expected at least 2 elements in args of and, got 0"),
        (r#"{"op":"or","args":[true]}"#, "/: expected at least 2 elements in args of or, got 1"),
        (r#"{"op":"=","args":[1,{"date":"x"}]}"#, "/args/1: expected a date"),
        (r#"{"op":"=","args":["\u0000",1]}"#, "/args/0: expected a text without the character 0"),
        (
            r#"{"op":"s_within","args":[{"property":"g"},{"type":"Point","coordinates":[1]}]}"#,
            "/args/1: expected a GeoJSON",
        ),
        (r#"{"op":"s_within","args":[{"property":"g"},{"type":"Blob"}]}"#, "/args/1: expected a GeoJSON"),
        (r#"{"op":"s_within","args":[{"property":"g"},{"bbox":[1,2,"x",3]}]}"#, "/args/1: expected 4 or 6"),
    ] {
        let said = refused(filter, json::parse);
        assert!(said.contains(says), "{filter}: {said}");
    }
}

#[test]
fn what_is_too_deep_or_too_large_is_refused_at_once() {
    let start = std::time::Instant::now();
    let deep = |open: &str, inner: &str, close: &str| open.repeat(10_000) + inner + &close.repeat(10_000);
    for filter in [
        deep("(", "a = 1", ")"),
        deep("not ", "a = 1", ""),
        deep("-", "1", "") + " = 1",
        format!("a = {}", deep("casei(", "b", ")")),
        format!("s_within(g, {})", deep("GEOMETRYCOLLECTION(", "POINT(1 1)", ")")),
        format!("a_equals({}, b)", deep("(", "1", ")")),
    ] {
        let said = refused(&filter[..filter.len().min(text::MOST_BYTES)], text::parse);
        assert!(said.contains("nested more than 64 deep") || said.contains("expected a"), "{said}");
    }
    assert!(refused(&deep("(", "a = 1", ")"), text::parse).contains("nested more than 64 deep"));
    assert!(refused(&format!("1{} = 2", "+1".repeat(5_000)), text::parse).contains("more than 64 steps"));
    assert!(refused(&" ".repeat(text::MOST_BYTES + 1), text::parse).contains("longer than 65536 bytes"));
    assert!(refused(&" ".repeat(50_000_000), json::parse).contains("longer than 65536 bytes"));
    let mut points = String::from("0 0");
    while points.len() < 60_000 {
        let _ = write!(points, ",{} 1", points.len() % 10);
    }
    assert!(refused(&format!("s_within(g, LINESTRING({points}))"), text::parse).contains("10000 vertices"));
    let json = |n: usize| r#"{"op":"not","args":["#.repeat(n) + "true" + &"]}".repeat(n);
    assert!(refused(&json(2_000), json::parse).contains("this is no JSON: recursion limit"));
    assert!(json::parse(&json(60)).is_ok());
    assert!(refused(&("[".repeat(100) + &"]".repeat(100)), json::parse).contains("nested more than 64 deep"));
    // Wide is not deep.
    let wide = vec!["a = 1"; 5_000].join(" or ");
    assert!(text::parse(&wide).is_ok());
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}

#[test]
fn marks_and_backslashes_in_texts_come_back() {
    for value in ["it''s", r"a\\'b", r"a\\'''b", r"\\'''", r"''a\b"] {
        let from = format!("code = '{value}' OR code LIKE '{value}'");
        round(&text::parse(&from).unwrap(), &from);
    }
}

#[test]
fn quick_forms_are_printed_in_both_encodings() {
    let quick = Expr::And(vec![
        Expr::Compare { attribute: "a".into(), op: CompareOp::LtEq, value: 5_i64.into() },
        Expr::Not(Box::new(Expr::IsNull("b".into()))),
        Expr::Fid(vec![1, 2]),
        Expr::Bbox(Bbox { min_x: 1.0, min_y: 2.0, max_x: 3.0, max_y: 4.0 }),
    ]);
    let printed = text::print(&quick);
    assert_eq!(
        printed,
        "\"a\" <= 5 AND (NOT \"b\" IS NULL) AND \"fid\" IN (1, 2) AND S_INTERSECTS(\"geometry\", BBOX(1, 2, 3, 4))"
    );
    let read = text::parse(&printed).unwrap();
    assert_eq!(json::parse(&json::print(&quick).to_string()).unwrap(), read);
}

mod with_test_data {
    use std::path::{Path, PathBuf};

    use super::*;

    fn folder() -> PathBuf {
        let root =
            std::env::var_os("DOTHI_TEST_DATA").expect("DOTHI_TEST_DATA names the folder of test data");
        Path::new(&root).join("data/cql2")
    }

    fn read(path: &str) -> String {
        std::fs::read_to_string(folder().join(path)).unwrap()
    }

    #[test]
    fn expressions_of_the_standard_are_read_and_printed_back() {
        let expressions = read("expressions.txt");
        let list = expressions.lines().filter(|l| !l.starts_with('#') && !l.is_empty());
        let expressions: Vec<&str> = list.map(|l| l.split_once('|').unwrap().1).collect();
        assert!(expressions.len() > 100);
        let operators = read("operators_tests.txt");
        // Operators called as functions are a dialect of those who wrote this list, not of the standard.
        let dialect = |l: &&str| l.contains("in(textfield") || l.contains("like(textfield");
        let operators = operators.lines().filter(|l| !l.starts_with("//") && !l.trim().is_empty());
        let (called, operators): (Vec<&str>, Vec<&str>) = operators.partition(dialect);
        assert_eq!((called.len(), operators.len() > 150), (5, true));
        assert!(called.iter().all(|l| text::parse(l).is_err()));
        for expression in expressions.into_iter().chain(operators) {
            round(&text::parse(expression).unwrap_or_else(|e| panic!("{expression}: {e}")), expression);
        }
    }

    #[test]
    fn examples_of_the_standard_say_the_same_in_text_and_json() {
        let examples = "ogc_spec_annex_a/cql2/standard/schema/examples";
        let mut names: Vec<String> = std::fs::read_dir(folder().join(examples).join("text"))
            .unwrap()
            .map(|f| f.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        names.sort();
        assert!(names.len() > 100);
        let mut pairs = 0;
        for name in names {
            let example = read(&format!("{examples}/text/{name}.txt"));
            let expr = text::parse(&example).unwrap_or_else(|e| panic!("{name} {example}: {e}"));
            round(&expr, &name);
            let json = folder().join(examples).join(format!("json/{name}.json"));
            if let Ok(json) = std::fs::read_to_string(json) {
                let other = json::parse(&json).unwrap_or_else(|e| panic!("{name} {json}: {e}"));
                assert_eq!(expr, other, "{name}");
                pairs += 1;
            }
        }
        assert!(pairs > 90, "{pairs}");
    }
}
