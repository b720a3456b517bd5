//! What a style is at one zoom.

use serde_json::Value;

/// The zooms at which what a style draws changes: each whole zoom between the stops of what grows, and the stops.
pub(super) fn zoom_steps(style: &Value) -> Vec<f64> {
    let mut steps = Vec::new();
    let mut see = |value: &Value| {
        let Some((name, input, stops)) = curve(value) else { return };
        if !is_zoom(input) {
            return;
        }
        let at: Vec<f64> = stops.iter().step_by(2).filter_map(Value::as_f64).collect();
        if let (true, [first, .., last]) = (name == "interpolate", at.as_slice()) {
            steps.extend((first.ceil() as i32..=last.floor() as i32).map(f64::from));
        }
        steps.extend(at);
    };
    walk(&style["paint"], &mut see);
    walk(&style["layout"], &mut see);
    steps
}

fn walk(value: &Value, see: &mut impl FnMut(&Value)) {
    see(value);
    match value {
        Value::Array(items) => items.iter().for_each(|v| walk(v, see)),
        Value::Object(members) => members.values().for_each(|v| walk(v, see)),
        _ => {}
    }
}

/// Name, input and stops of an `interpolate` or `step`; of a step the first output stands before all stops.
fn curve(value: &Value) -> Option<(&str, &Value, &[Value])> {
    let items = value.as_array()?;
    match (items.first()?.as_str()?, &items[1..]) {
        ("interpolate", [_, input, stops @ ..]) => Some(("interpolate", input, stops)),
        ("step", [input, _, stops @ ..]) => Some(("step", input, stops)),
        _ => None,
    }
}

fn is_zoom(value: &Value) -> bool {
    value.as_array().is_some_and(|a| matches!(a.as_slice(), [Value::String(name)] if name == "zoom"))
}

/// The style with all that follows the zoom computed. The error names what cannot be.
pub(super) fn at_zoom(style: &Value, zoom: f64) -> Result<Value, String> {
    let mut style = style.clone();
    for member in ["layout", "paint"] {
        for value in style[member].as_object_mut().into_iter().flat_map(|m| m.values_mut()) {
            put(value, zoom)?;
        }
    }
    Ok(style)
}

fn put(value: &mut Value, zoom: f64) -> Result<(), String> {
    if let Some(items) = value.as_array_mut() {
        items.iter_mut().try_for_each(|v| put(v, zoom))?;
    }
    let known = match value.as_array().map(Vec::as_slice) {
        Some([Value::String(name), kind, input, stops @ ..]) if name == "interpolate" && is_zoom(input) => {
            let known = between(kind, stops, zoom);
            Some(known.ok_or_else(|| format!("{value} cannot be computed"))?)
        }
        Some([Value::String(name), input, first, stops @ ..]) if name == "step" && is_zoom(input) => {
            let reached = stops.chunks_exact(2).take_while(|s| s[0].as_f64().is_some_and(|v| v <= zoom));
            Some(reached.last().map_or(first, |s| &s[1]).clone())
        }
        _ => None,
    };
    if let Some(known) = known {
        *value = known;
    }
    Ok(())
}

/// The value between two stops, of numbers or colours: `["linear"]` or `["exponential", base]`.
pub(super) fn between(kind: &Value, stops: &[Value], at: f64) -> Option<Value> {
    let base = match kind.as_array()?.as_slice() {
        [Value::String(name)] if name == "linear" => 1.0,
        [Value::String(name), base] if name == "exponential" => base.as_f64()?,
        _ => return None,
    };
    let stop = |s: &[Value]| Some((s[0].as_f64()?, s[1].clone()));
    let stops: Vec<(f64, Value)> = stops.chunks_exact(2).map(stop).collect::<Option<_>>()?;
    let next = stops.iter().position(|(x, _)| *x > at).unwrap_or(stops.len());
    if next == 0 || next == stops.len() {
        return Some(stops.get(next.saturating_sub(1))?.1.clone());
    }
    let ((x0, a), (x1, b)) = (&stops[next - 1], &stops[next]);
    let share = if (base - 1.0).abs() < 1e-9 {
        (at - x0) / (x1 - x0)
    } else {
        (base.powf(at - x0) - 1.0) / (base.powf(x1 - x0) - 1.0)
    };
    mix(a, b, share)
}

fn mix(a: &Value, b: &Value, share: f64) -> Option<Value> {
    if a == b {
        return Some(a.clone());
    }
    if let (Some(a), Some(b)) = (a.as_f64(), b.as_f64()) {
        return Some(rounded(a + (b - a) * share).into());
    }
    let (a, b) = (rgb(a.as_str()?)?, rgb(b.as_str()?)?);
    let part = |i: usize| (a[i] + (b[i] - a[i]) * share).round() as u8;
    Some(format!("#{:02x}{:02x}{:02x}", part(0), part(1), part(2)).into())
}

/// To a hundredth: more is seen on no screen.
fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn rgb(color: &str) -> Option<[f64; 3]> {
    let hex = color.strip_prefix('#').filter(|h| h.len() == 6)?;
    let part = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok().map(f64::from);
    Some([part(0)?, part(2)?, part(4)?])
}
