//! Writes rules as a StyledLayerDescriptor 1.0.0; the order of elements is that of its schema.

use super::condition::{Condition, Operator};
use super::symbol::{Symbol, Text, Word};
use super::{Drawn, LAST_ZOOM, Rule, SCALE_AT_ZOOM_0, Words, translated};
use crate::layers::LayerDef;
use crate::layers::qgis::xml::Element;

const FAMILY: &str = "Noto Sans";

pub(super) fn document(layers: &[Drawn<'_>], words: Words<'_>) -> String {
    Element::new("StyledLayerDescriptor")
        .with("version", "1.0.0")
        .with("xmlns", "http://www.opengis.net/sld")
        .with("xmlns:ogc", "http://www.opengis.net/ogc")
        .with("xmlns:xlink", "http://www.w3.org/1999/xlink")
        .with("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
        .with(
            "xsi:schemaLocation",
            "http://www.opengis.net/sld http://schemas.opengis.net/sld/1.0.0/StyledLayerDescriptor.xsd",
        )
        .children(layers.iter().map(|drawn| named_layer(drawn, words)))
        .document(None)
}

fn named_layer(drawn: &Drawn<'_>, words: Words<'_>) -> Element {
    let layer = drawn.layer;
    let (styles, left_out) = translated(drawn);
    // One FeatureTypeStyle a style layer: they are drawn one over the other.
    let styles = styles.iter().map(|(index, rules)| {
        let written = rules.iter().enumerate().map(|(n, r)| rule(layer, &format!("{index}-{n}"), r, words));
        Element::new("FeatureTypeStyle").leaf("Name", format!("{}-{index}", layer.id)).children(written)
    });
    let mut about = vec![layer.description.get(words.lang).to_owned()];
    about.extend(left_out.iter().map(ToString::to_string));
    let style = Element::new("UserStyle")
        .leaf("Name", &layer.id)
        .leaf("Title", layer.title.get(words.lang))
        .leaf("Abstract", about.join("\n"))
        .children(styles);
    Element::new("NamedLayer").leaf("Name", &layer.id).child(style)
}

fn rule(layer: &LayerDef, name: &str, rule: &Rule, words: Words<'_>) -> Element {
    let mut written =
        Element::new("Rule").leaf("Name", name).leaf("Title", title(layer, &rule.condition, words));
    if rule.condition != Condition::Always {
        written = written.child(Element::new("ogc:Filter").child(filter(&rule.condition)));
    }
    // QGIS takes whole numbers only.
    let denominator = |zoom: f64| format!("{:.0}", SCALE_AT_ZOOM_0 / zoom.exp2());
    if rule.zooms.end < LAST_ZOOM {
        written = written.leaf("MinScaleDenominator", denominator(rule.zooms.end));
    }
    if rule.zooms.start > 0.0 {
        written = written.leaf("MaxScaleDenominator", denominator(rule.zooms.start));
    }
    written.child(symbolizer(&rule.symbol, words))
}

/// What a legend says of a rule: the titles of the codes, else the layer's.
fn title(layer: &LayerDef, condition: &Condition, words: Words<'_>) -> String {
    let mut named = Vec::new();
    codes(condition, &mut |attribute, value| {
        let list = layer.attribute(attribute).and_then(|a| words.catalog.code_list(a.codes.as_ref()?));
        named.extend(list.and_then(|l| l.code(value)).map(|c| c.title.get(words.lang).to_owned()));
    });
    if named.is_empty() { layer.title.get(words.lang).to_owned() } else { named.join("; ") }
}

/// The values that an attribute is to be equal to.
fn codes(condition: &Condition, take: &mut impl FnMut(&str, &str)) {
    match condition {
        Condition::Compare(Operator::Equal, attribute, value) => {
            if let Some(value) = value.as_str() {
                take(attribute, value);
            }
        }
        Condition::All(all) | Condition::Any(all) => all.iter().for_each(|c| codes(c, take)),
        _ => {}
    }
}

fn filter(condition: &Condition) -> Element {
    let property = |name: &str| Element::new("ogc:PropertyName").text(name);
    match condition {
        // Comparing two constants: SLD 1.0 has no word for what is always so.
        Condition::Always => Element::new("ogc:PropertyIsEqualTo")
            .child(Element::new("ogc:Literal").text(1))
            .child(Element::new("ogc:Literal").text(1)),
        Condition::Compare(op, attribute, value) => {
            let name = match op {
                Operator::Equal => "ogc:PropertyIsEqualTo",
                Operator::NotEqual => "ogc:PropertyIsNotEqualTo",
                Operator::Less => "ogc:PropertyIsLessThan",
                Operator::LessOrEqual => "ogc:PropertyIsLessThanOrEqualTo",
                Operator::Greater => "ogc:PropertyIsGreaterThan",
                Operator::GreaterOrEqual => "ogc:PropertyIsGreaterThanOrEqualTo",
            };
            let literal = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            Element::new(name).child(property(attribute)).child(Element::new("ogc:Literal").text(literal))
        }
        Condition::IsNull(attribute) => Element::new("ogc:PropertyIsNull").child(property(attribute)),
        Condition::All(all) => Element::new("ogc:And").children(all.iter().map(filter)),
        Condition::Any(any) => Element::new("ogc:Or").children(any.iter().map(filter)),
        Condition::Not(inner) => Element::new("ogc:Not").child(filter(inner)),
    }
}

fn css(parent: Element, values: impl IntoIterator<Item = (&'static str, String)>) -> Element {
    let one = |(name, value): (&str, String)| Element::new("CssParameter").with("name", name).text(value);
    parent.children(values.into_iter().map(one))
}

fn number(value: f64) -> String {
    ((value * 100.0).round() / 100.0).to_string()
}

fn filled(color: &str, opacity: f64) -> Element {
    css(Element::new("Fill"), [("fill", color.to_owned()), ("fill-opacity", number(opacity))])
}

fn symbolizer(symbol: &Symbol, words: Words<'_>) -> Element {
    match symbol {
        Symbol::Fill { color, opacity } => Element::new("PolygonSymbolizer").child(filled(color, *opacity)),
        Symbol::Line { color, width, opacity, cap, join, dashes, outline } => {
            let mut values = vec![
                ("stroke", color.clone()),
                ("stroke-width", number(*width)),
                ("stroke-opacity", number(*opacity)),
                // CSS has its own word for it.
                ("stroke-linejoin", if join == "miter" { "mitre" } else { join.as_str() }.to_owned()),
                ("stroke-linecap", cap.clone()),
            ];
            if !dashes.is_empty() {
                let dashes: Vec<String> = dashes.iter().map(|d| number(*d)).collect();
                values.push(("stroke-dasharray", dashes.join(" ")));
            }
            // An area without a fill: its outline alone.
            let name = if *outline { "PolygonSymbolizer" } else { "LineSymbolizer" };
            Element::new(name).child(css(Element::new("Stroke"), values))
        }
        Symbol::Circle { color, radius, opacity, stroke } => {
            let mut mark =
                Element::new("Mark").leaf("WellKnownName", "circle").child(filled(color, *opacity));
            let mut size = 2.0 * radius;
            if let Some((color, width)) = stroke {
                // MapLibre's ring lies around the circle, SLD's on its edge.
                size += width;
                let values = [("stroke", color.clone()), ("stroke-width", number(*width))];
                mark = mark.child(css(Element::new("Stroke"), values));
            }
            point(mark, 1.0, size)
        }
        Symbol::Icon { name, size, opacity } => {
            let address = Element::new("OnlineResource")
                .with("xlink:type", "simple")
                .with("xlink:href", format!("{}/{name}.svg", words.icons));
            let graphic = Element::new("ExternalGraphic").child(address).leaf("Format", "image/svg+xml");
            point(graphic, *opacity, *size)
        }
        Symbol::Text(text) => label(text),
    }
}

fn point(graphic: Element, opacity: f64, size: f64) -> Element {
    let graphic =
        Element::new("Graphic").child(graphic).leaf("Opacity", number(opacity)).leaf("Size", number(size));
    Element::new("PointSymbolizer").child(graphic)
}

fn label(text: &Text) -> Element {
    let font = [
        ("font-family", FAMILY.to_owned()),
        ("font-style", if text.italic { "italic" } else { "normal" }.to_owned()),
        ("font-weight", if text.bold { "bold" } else { "normal" }.to_owned()),
        ("font-size", number(text.size)),
    ];
    let placement = if text.along_line {
        Element::new("LinePlacement").leaf("PerpendicularOffset", number(text.offset[1]))
    } else {
        let pair = |name: &str, x: &str, y: &str, at: [f64; 2]| {
            Element::new(name).leaf(x, number(at[0])).leaf(y, number(at[1]))
        };
        Element::new("PointPlacement")
            .child(pair("AnchorPoint", "AnchorPointX", "AnchorPointY", text.anchor))
            .child(pair("Displacement", "DisplacementX", "DisplacementY", text.offset))
    };
    let mut symbolizer = Element::new("TextSymbolizer")
        .child(Element::new("Label").child(words(&text.words)))
        .child(css(Element::new("Font"), font))
        .child(Element::new("LabelPlacement").child(placement));
    if let Some((color, width)) = &text.halo {
        let halo = Element::new("Halo").leaf("Radius", number(*width)).child(filled(color, 1.0));
        symbolizer = symbolizer.child(halo);
    }
    symbolizer.child(filled(&text.color, 1.0))
}

fn words(words: &[Word]) -> Element {
    let word = |word: &Word| match word {
        Word::Attribute(name) => Element::new("ogc:PropertyName").text(name),
        Word::Literal(text) => Element::new("ogc:Literal").text(text),
    };
    match words {
        [one] => word(one),
        many => Element::new("ogc:Function").with("name", "concat").children(many.iter().map(word)),
    }
}
