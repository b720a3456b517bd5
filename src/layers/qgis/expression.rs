//! Expressions of MapLibre as expressions of QGIS.
//!
//! Both are evaluated for each item; what one language has no word for in the other gives none.
//! MapLibre Style Specification, "Expressions"; QGIS user manual, "Functions and operators".

use std::fmt::Write;

use serde_json::Value;

use super::scale;

/// A column's name.
pub fn column(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text.
pub fn text(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "''"))
}

/// The value as an expression.
pub fn expression(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some("NULL".to_owned()),
        Value::Bool(v) => Some(v.to_string()),
        Value::Number(v) => Some(v.to_string()),
        Value::String(v) => Some(text(v)),
        Value::Array(items) => {
            let (operator, arguments) = items.split_first()?;
            call(operator.as_str()?, arguments)
        }
        Value::Object(_) => None,
    }
}

/// A text field: an expression, or a text with `{attribute}` in it.
pub fn text_field(value: &Value) -> Option<String> {
    let Value::String(template) = value else { return expression(value) };
    let mut parts = Vec::new();
    let mut rest = template.as_str();
    while let Some((before, behind)) = rest.split_once('{') {
        let (name, after) = behind.split_once('}')?;
        parts.extend((!before.is_empty()).then(|| text(before)));
        parts.push(column(name));
        rest = after;
    }
    parts.extend((!rest.is_empty()).then(|| text(rest)));
    Some(concat(&parts))
}

fn concat(parts: &[String]) -> String {
    match parts {
        [one] => one.clone(),
        parts => format!("concat({})", parts.join(", ")),
    }
}

fn all(values: &[Value]) -> Option<Vec<String>> {
    values.iter().map(expression).collect()
}

fn call(operator: &str, arguments: &[Value]) -> Option<String> {
    let joined = |word: &str| Some(format!("({})", all(arguments)?.join(&format!(" {word} "))));
    let function = |name: &str| Some(format!("{name}({})", all(arguments)?.join(", ")));
    match (operator, arguments) {
        ("get", [Value::String(name)]) => Some(column(name)),
        ("has", [Value::String(name)]) => Some(format!("{} IS NOT NULL", column(name))),
        ("!has", [Value::String(name)]) => Some(format!("{} IS NULL", column(name))),
        ("literal", [Value::Array(items)]) => Some(format!("array({})", all(items)?.join(", "))),
        ("literal", [value]) => expression(value),
        ("zoom", []) => Some(scale::zoom()),
        ("id", []) => Some(column("fid")),
        ("geometry-type", []) => Some("replace(geometry_type($geometry), 'Line', 'LineString')".to_owned()),
        // A missing value is a value that is not equal: `IS` compares so.
        ("==", [a, b]) => Some(format!("({} IS {})", named(a, b)?, expression(b)?)),
        ("!=", [a, b]) => Some(format!("({} IS NOT {})", named(a, b)?, expression(b)?)),
        (">" | ">=" | "<" | "<=", [a, b]) => {
            Some(format!("({} {operator} {})", named(a, b)?, expression(b)?))
        }
        ("all", []) => Some("true".to_owned()),
        ("any", []) => Some("false".to_owned()),
        ("all", _) => joined("AND"),
        ("any", _) => joined("OR"),
        ("none", _) => Some(format!("NOT {}", joined("OR")?)),
        ("!", [a]) => Some(format!("NOT coalesce({}, false)", expression(a)?)),
        ("in", [a, Value::Array(list)]) if list.first().is_some_and(|v| v == "literal") => {
            Some(format!("array_contains({}, {})", call("literal", &list[1..])?, expression(a)?))
        }
        ("in", [Value::String(name), values @ ..]) => {
            Some(format!("{} IN ({})", column(name), all(values)?.join(", ")))
        }
        ("!in", [Value::String(name), values @ ..]) => {
            Some(format!("coalesce({} NOT IN ({}), true)", column(name), all(values)?.join(", ")))
        }
        ("match", [input, rest @ ..]) => matched(input, rest),
        ("case", rest) => cases(rest),
        ("step", [input, first, rest @ ..]) => stepped(input, first, rest),
        ("interpolate", [kind, input, rest @ ..]) => interpolated(kind, input, rest),
        ("coalesce", _) => function("coalesce"),
        ("concat", _) => Some(concat(&all(arguments)?)),
        ("to-string" | "string", [a]) | ("number-format", [a, ..]) => {
            Some(format!("to_string({})", expression(a)?))
        }
        ("to-number" | "number", [a, ..]) => Some(format!("to_real({})", expression(a)?)),
        ("to-boolean" | "boolean", [a, ..]) => Some(format!("coalesce({}, false)", expression(a)?)),
        ("to-color", [a, ..]) => expression(a),
        ("format", parts) => {
            // Each text is followed by what it looks like, which a label of QGIS has once.
            let texts: Vec<Value> = parts.iter().filter(|p| !p.is_object()).cloned().collect();
            Some(concat(&all(&texts)?))
        }
        ("upcase", [_]) => function("upper"),
        ("downcase", [_]) => function("lower"),
        ("length", [_]) => function("length"),
        ("+" | "*" | "/" | "%" | "^", [_, _, ..]) => joined(operator),
        ("-", [a]) => Some(format!("(-{})", expression(a)?)),
        ("-", [_, _]) => joined("-"),
        ("min" | "max" | "abs" | "round" | "floor" | "ceil" | "sqrt" | "ln" | "log10", [_, ..]) => {
            function(operator)
        }
        ("log2", [a]) => Some(format!("log(2, {})", expression(a)?)),
        ("rgb", [_, _, _]) => function("color_rgb"),
        ("rgba", [r, g, b, a]) => Some(format!(
            "color_rgba({}, {}, {}, 255 * {})",
            expression(r)?,
            expression(g)?,
            expression(b)?,
            expression(a)?
        )),
        _ => None,
    }
}

/// The left side of a comparison: in a filter of the old form a bare text is an attribute's name.
fn named(a: &Value, b: &Value) -> Option<String> {
    match (a, b) {
        (Value::String(name), b) if !b.is_array() => Some(match name.as_str() {
            "$type" => call("geometry-type", &[])?,
            name => column(name),
        }),
        _ => expression(a),
    }
}

/// Labels of a branch of `match`: one, or a list of them.
pub fn labels(label: &Value) -> Vec<&Value> {
    match label {
        Value::Array(list) => list.iter().collect(),
        one => vec![one],
    }
}

fn matched(input: &Value, rest: &[Value]) -> Option<String> {
    let (otherwise, branches) = rest.split_last()?;
    let input = expression(input)?;
    let mut out = String::from("CASE");
    for branch in branches.chunks_exact(2) {
        let labels: Option<Vec<String>> = labels(&branch[0]).into_iter().map(expression).collect();
        let _ = write!(out, " WHEN {input} IN ({}) THEN {}", labels?.join(", "), expression(&branch[1])?);
    }
    Some(format!("{out} ELSE {} END", expression(otherwise)?))
}

fn cases(rest: &[Value]) -> Option<String> {
    let (otherwise, branches) = rest.split_last()?;
    let mut out = String::from("CASE");
    for branch in branches.chunks_exact(2) {
        let _ = write!(out, " WHEN {} THEN {}", expression(&branch[0])?, expression(&branch[1])?);
    }
    Some(format!("{out} ELSE {} END", expression(otherwise)?))
}

fn stepped(input: &Value, first: &Value, rest: &[Value]) -> Option<String> {
    let input = expression(input)?;
    let mut out = String::from("CASE");
    for stop in rest.chunks_exact(2).rev() {
        let _ = write!(out, " WHEN {input} >= {} THEN {}", expression(&stop[0])?, expression(&stop[1])?);
    }
    Some(format!("{out} ELSE {} END", expression(first)?))
}

fn interpolated(kind: &Value, input: &Value, rest: &[Value]) -> Option<String> {
    let base = match kind.get(0)?.as_str()? {
        "linear" => 1.0,
        "exponential" => kind.get(1)?.as_f64()?,
        _ => return None,
    };
    let stops: Vec<(f64, &Value)> =
        rest.chunks_exact(2).map(|s| Some((s[0].as_f64()?, &s[1]))).collect::<Option<_>>()?;
    let (first, last) = (stops.first()?, stops.last()?);
    let input = expression(input)?;
    let mut out = format!("CASE WHEN {input} <= {} THEN {}", first.0, expression(first.1)?);
    for pair in stops.windows(2) {
        let ((from, a), (to, b)) = (pair[0], pair[1]);
        let part = if (base - 1.0).abs() < 1e-9 {
            format!("(({input} - {from}) / {})", to - from)
        } else {
            format!("(({base} ^ ({input} - {from}) - 1) / {})", base.powf(to - from) - 1.0)
        };
        let (low, high) = (expression(a)?, expression(b)?);
        let between = if is_color(a) && is_color(b) {
            format!("color_mix_rgb({low}, {high}, {part})")
        } else {
            format!("({low} + ({high} - {low}) * {part})")
        };
        let _ = write!(out, " WHEN {input} < {to} THEN {between}");
    }
    Some(format!("{out} ELSE {} END", expression(last.1)?))
}

fn is_color(value: &Value) -> bool {
    value.as_str().is_some_and(|v| v.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn expressions_say_the_same_in_qgis() {
        for (maplibre, qgis) in [
            (json!(["get", "a\"b"]), "\"a\"\"b\""),
            (json!(["==", ["get", "k"], "it's"]), "(\"k\" IS 'it''s')"),
            (json!(["!=", "kind", "x"]), "(\"kind\" IS NOT 'x')"),
            (json!([">=", ["get", "kv"], 110.0]), "(\"kv\" >= 110.0)"),
            (json!(["!in", "kind", "a", "b"]), "coalesce(\"kind\" NOT IN ('a', 'b'), true)"),
            (json!(["in", ["get", "k"], ["literal", ["a"]]]), "array_contains(array('a'), \"k\")"),
            (
                json!(["all", ["has", "a"], ["!", ["get", "b"]]]),
                "(\"a\" IS NOT NULL AND NOT coalesce(\"b\", false))",
            ),
            (
                json!(["match", ["get", "c"], ["a", "b"], 1, "d", 2, 3]),
                "CASE WHEN \"c\" IN ('a', 'b') THEN 1 WHEN \"c\" IN ('d') THEN 2 ELSE 3 END",
            ),
            (
                json!(["step", ["get", "n"], "s", 10, "m", 20, "l"]),
                "CASE WHEN \"n\" >= 20 THEN 'l' WHEN \"n\" >= 10 THEN 'm' ELSE 's' END",
            ),
            (json!(["case", ["get", "on"], 1.3, 0.6]), "CASE WHEN \"on\" THEN 1.3 ELSE 0.6 END"),
            (json!(["concat", "D", ["to-string", ["get", "d"]]]), "concat('D', to_string(\"d\"))"),
            (
                json!(["interpolate", ["linear"], ["get", "n"], 0, 1, 10, 3]),
                "CASE WHEN \"n\" <= 0 THEN 1 WHEN \"n\" < 10 THEN (1 + (3 - 1) * ((\"n\" - 0) / 10)) ELSE 3 END",
            ),
        ] {
            assert_eq!(expression(&maplibre).as_deref(), Some(qgis), "{maplibre}");
        }
        assert_eq!(expression(&json!(["heatmap-density"])), None);
        assert_eq!(text_field(&json!("P {name}!")).as_deref(), Some("concat('P ', \"name\", '!')"));
        let colours = json!(["interpolate", ["exponential", 2], ["zoom"], 4, "#000000", 6, "#ffffff"]);
        assert!(expression(&colours).unwrap().contains("color_mix_rgb('#000000', '#ffffff', ((2 ^ ("));
    }
}
