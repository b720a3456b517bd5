//! The `renderer-v2` of a layer: what QGIS shows in its legend.
//!
//! A colour by codes becomes categories, one by steps of a number becomes ranges; a style with a filter, or with
//! colours by conditions, becomes rules; everything else is one symbol whose properties follow expressions.

use std::fmt::Write;

use serde_json::{Value, json};

use super::Drawing;
use super::expression::{column, expression, labels};
use super::symbol::{Scales, color_property, symbol};
use super::xml::Element;

/// Which items are drawn alike, by the colour of a style.
enum Classes<'a> {
    /// By the values of an attribute: each value's colour, then that of all others.
    Codes(&'a str, Vec<(&'a Value, &'a Value)>, &'a Value),
    /// By a number's ranges: from each number on a colour, the first one below all.
    Steps(&'a str, &'a Value, Vec<(f64, &'a Value)>),
    /// By conditions, the first that holds.
    Conditions(Vec<(String, &'a Value)>, &'a Value),
}

impl<'a> Classes<'a> {
    fn of(style: &'a Value) -> Option<Self> {
        let value = style["paint"][color_property(style)?].as_array()?;
        let get = |v: &'a Value| match v.as_array().map(Vec::as_slice) {
            Some([op, Value::String(name)]) if op == "get" => Some(name.as_str()),
            _ => None,
        };
        match value.as_slice() {
            [op, input, branches @ .., otherwise] if op == "match" => {
                let each =
                    branches.chunks_exact(2).flat_map(|b| labels(&b[0]).into_iter().map(|l| (l, &b[1])));
                Some(Self::Codes(get(input)?, each.collect(), otherwise))
            }
            [op, input, first, stops @ ..] if op == "step" => {
                let stops = stops.chunks_exact(2).map(|s| Some((s[0].as_f64()?, &s[1])));
                Some(Self::Steps(get(input)?, first, stops.collect::<Option<_>>()?))
            }
            [op, branches @ .., otherwise] if op == "case" => {
                let each = branches.chunks_exact(2).map(|b| Some((expression(&b[0])?, &b[1])));
                Some(Self::Conditions(each.collect::<Option<_>>()?, otherwise))
            }
            _ => None,
        }
    }

    /// What two styles have to have in common to be drawn by one list of categories or ranges.
    fn same_attribute(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Codes(a, ..), Self::Codes(b, ..)) => a == b,
            (Self::Steps(a, _, x), Self::Steps(b, _, y)) => {
                a == b && x.iter().map(|s| s.0).eq(y.iter().map(|s| s.0))
            }
            _ => false,
        }
    }
}

/// The style with one colour instead of its classes.
fn colored(style: &Value, color: &Value) -> Value {
    let mut style = style.clone();
    if let Some(name) = color_property(&style) {
        style["paint"][name] = color.clone();
    }
    style
}

fn renderer(kind: &str, passes: usize) -> Element {
    Element::new("renderer-v2")
        .with("type", kind)
        .with("enableorderby", 0)
        .with("forceraster", 0)
        // Casings of all lines lie under the fillings of all lines.
        .with("symbollevels", u8::from(passes > 1))
}

/// The renderer of a drawing.
pub(super) fn of(drawing: &Drawing<'_>) -> Element {
    let styles = drawing.shapes();
    if styles.is_empty() {
        return renderer("nullSymbol", 0);
    }
    let classes: Vec<Classes<'_>> = styles.iter().filter_map(|s| Classes::of(s)).collect();
    let filtered = styles.iter().any(|s| !s["filter"].is_null());
    match classes.split_first() {
        _ if filtered => by_rules(drawing, &styles),
        None => renderer("singleSymbol", styles.len())
            .child(Element::new("symbols").child(drawing.symbol("0", &styles)))
            .child(Element::new("rotation"))
            .child(Element::new("sizescale")),
        Some((first, rest)) if rest.iter().all(|c| first.same_attribute(c)) => match first {
            Classes::Codes(attribute, ..) => by_codes(drawing, &styles, attribute),
            Classes::Steps(attribute, _, stops) => by_steps(drawing, &styles, attribute, stops),
            Classes::Conditions(..) => by_rules(drawing, &styles),
        },
        Some(_) => by_rules(drawing, &styles),
    }
}

/// What a code is drawn with in a style; all others' where it names none.
fn color_of<'a>(style: &'a Value, value: Option<&Value>) -> Option<&'a Value> {
    let Some(Classes::Codes(_, each, otherwise)) = Classes::of(style) else { return None };
    Some(each.iter().find(|(v, _)| Some(*v) == value).map_or(otherwise, |(_, c)| c))
}

fn by_codes(drawing: &Drawing<'_>, styles: &[&Value], attribute: &str) -> Element {
    let mut values: Vec<&Value> = Vec::new();
    for style in styles {
        if let Some(Classes::Codes(_, each, _)) = Classes::of(style) {
            values.extend(each.iter().map(|(v, _)| *v).filter(|v| !values.contains(v)).collect::<Vec<_>>());
        }
    }
    let mut categories = Element::new("categories");
    let mut symbols = Element::new("symbols");
    for (i, value) in values.into_iter().map(Some).chain([None]).enumerate() {
        let name = i.to_string();
        let drawn: Vec<Value> = styles
            .iter()
            .map(|s| color_of(s, value).map_or_else(|| (*s).clone(), |c| colored(s, c)))
            .collect();
        symbols = symbols.child(drawing.symbol(&name, &drawn.iter().collect::<Vec<_>>()));
        // The category without a value takes all that no other takes.
        let (written, kind) = match value {
            Some(Value::String(text)) => (text.clone(), "string"),
            Some(Value::Number(n)) if n.is_i64() => (n.to_string(), "long"),
            Some(Value::Number(n)) => (n.to_string(), "double"),
            Some(Value::Bool(v)) => (v.to_string(), "bool"),
            _ => (String::new(), "NULL"),
        };
        let label = value.map_or_else(|| drawing.others().to_owned(), |v| drawing.meaning(attribute, v));
        let category =
            Element::new("category").with("render", "true").with("symbol", &name).with("label", label);
        let category = category.with("value", written);
        categories = categories.child(if value.is_some() { category.with("type", kind) } else { category });
    }
    renderer("categorizedSymbol", styles.len())
        .with("attr", attribute)
        .child(categories)
        .child(symbols)
        .child(Element::new("rotation"))
        .child(Element::new("sizescale"))
}

fn by_steps(drawing: &Drawing<'_>, styles: &[&Value], attribute: &str, stops: &[(f64, &Value)]) -> Element {
    /// What no measure of a city reaches: an open end has to be a number.
    const FAR: f64 = 1e12;
    let bounds: Vec<f64> = [-FAR].into_iter().chain(stops.iter().map(|s| s.0)).chain([FAR]).collect();
    let mut ranges = Element::new("ranges");
    let mut symbols = Element::new("symbols");
    for (i, pair) in bounds.windows(2).enumerate() {
        let drawn: Vec<Value> = styles
            .iter()
            .map(|s| match Classes::of(s) {
                Some(Classes::Steps(_, first, stops)) => {
                    colored(s, if i == 0 { first } else { stops[i - 1].1 })
                }
                _ => (*s).clone(),
            })
            .collect();
        let name = i.to_string();
        symbols = symbols.child(drawing.symbol(&name, &drawn.iter().collect::<Vec<_>>()));
        let label = match (i == 0, i + 2 == bounds.len()) {
            (true, _) => format!("< {}", pair[1]),
            (_, true) => format!("≥ {}", pair[0]),
            _ => format!("{} – {}", pair[0], pair[1]),
        };
        let range = Element::new("range").with("render", "true").with("symbol", &name).with("label", label);
        ranges = ranges.child(range.with("lower", pair[0]).with("upper", pair[1]));
    }
    renderer("graduatedSymbol", styles.len())
        .with("attr", attribute)
        .with("graduatedMethod", "GraduatedColor")
        .child(ranges)
        .child(symbols)
        .child(Element::new("rotation"))
        .child(Element::new("sizescale"))
}

/// A rule each style, with rules of its classes below it.
fn by_rules(drawing: &Drawing<'_>, styles: &[&Value]) -> Element {
    let mut symbols = Vec::new();
    let mut rules = Element::new("rules").with("key", "{root}");
    for (pass, style) in styles.iter().enumerate() {
        let scales = drawing.scales(style);
        let mut rule =
            Element::new("rule").with("key", format!("{{style-{pass}}}")).with("label", drawing.title());
        if let Some(filter) = Some(&style["filter"]).filter(|f| !f.is_null()).and_then(expression) {
            rule = rule.with("filter", filter);
        }
        if let Some(s) = scales.largest {
            rule = rule.with("scalemaxdenom", s);
        }
        if let Some(s) = scales.smallest {
            rule = rule.with("scalemindenom", s);
        }
        let classes: Vec<(Option<String>, String, &Value)> = match Classes::of(style) {
            Some(Classes::Codes(attribute, each, otherwise)) => each
                .iter()
                .map(|(v, c)| {
                    let is = expression(&json!(["==", ["get", attribute], v]));
                    (is, drawing.meaning(attribute, v), *c)
                })
                .chain([(Some("ELSE".to_owned()), drawing.others().to_owned(), otherwise)])
                .collect(),
            Some(Classes::Steps(attribute, first, stops)) => stops
                .iter()
                .enumerate()
                .map(|(i, (from, c))| {
                    let below = stops.get(i + 1).map(|(to, _)| format!(" AND {} < {to}", column(attribute)));
                    let is = format!("{} >= {from}{}", column(attribute), below.unwrap_or_default());
                    (Some(is), format!("≥ {from}"), *c)
                })
                .chain([(Some("ELSE".to_owned()), drawing.others().to_owned(), first)])
                .collect(),
            Some(Classes::Conditions(each, otherwise)) => {
                // The first condition that holds counts, while rules draw all that hold.
                let mut not = String::new();
                let mut classes = Vec::new();
                for (condition, c) in each {
                    classes.push((Some(format!("{not}{condition}")), drawing.told(&condition), c));
                    let _ = write!(not, "NOT coalesce({condition}, false) AND ");
                }
                classes.push((Some("ELSE".to_owned()), drawing.others().to_owned(), otherwise));
                classes
            }
            None => Vec::new(),
        };
        let mut add = |rule: Element, style: &Value| {
            let name = symbols.len().to_string();
            // The rule has the scales.
            let layers = drawing.symbol_layer(style, pass, Scales::default(), Scales::default());
            symbols.push(symbol(drawing.layer.geometry, &name, layers.into_iter().collect()));
            rule.with("symbol", name)
        };
        if classes.is_empty() {
            rule = add(rule, style);
        }
        for (i, (filter, label, c)) in classes.into_iter().enumerate() {
            let child =
                Element::new("rule").with("key", format!("{{style-{pass}-{i}}}")).with("label", label);
            let child = child.with("filter", filter.unwrap_or_default());
            rule = rule.child(add(child, &colored(style, c)));
        }
        rules = rules.child(rule);
    }
    renderer("RuleRenderer", styles.len()).child(rules).child(Element::new("symbols").children(symbols))
}
