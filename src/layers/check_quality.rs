//! What a JSON Schema cannot say of quality rules: that they name what exists, and what a kind needs.

use std::collections::BTreeSet;

use super::quality::{QualityKind as K, QualityRule};
use super::read::{Problem, SourceFile, at};
use super::{Access, AttributeType as T, Catalog, LayerDef};

/// Checks the rules of a layer against it and the other layers; `catalog` holds them all.
pub(super) fn rules(file: &SourceFile, layer: &LayerDef, catalog: &Catalog, problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for (index, rule) in layer.quality.iter().enumerate() {
        let mut say = |key: &str, vi: String, en: String| {
            let mut problem = at(file, "quality", index, &rule.id, vi, en);
            if !key.is_empty() {
                problem.place = format!("{} {key}", problem.place);
            }
            problems.push(problem);
        };
        if !seen.insert(&rule.id) {
            say("id", "mã quy tắc bị lặp".into(), "the rule's id is used twice".into());
        }
        if layer.blurred {
            let (vi, en) = (
                "lớp có vị trí được làm mờ không có quy tắc: kết quả sẽ lộ vị trí thật",
                "a layer with blurred places has no rules: what they find would give the places away",
            );
            say("", vi.into(), en.into());
        }
        keys(rule, &mut say);
        attributes(layer, rule, catalog, &mut say);
        other_layer(layer, rule, catalog, &mut say);
        geometry(layer, rule, catalog, &mut say);
    }
}

type Say<'a> = dyn FnMut(&str, String, String) + 'a;

/// Each kind has keys that it needs, and others that mean nothing to it.
fn keys(rule: &QualityRule, say: &mut Say<'_>) {
    let given = [
        ("attributes", !rule.attributes.is_empty()),
        ("layer", rule.layer.is_some()),
        ("same", !rule.same.is_empty()),
        ("tolerance_m2", rule.tolerance_m2.is_some()),
        ("tolerance_m", rule.tolerance_m.is_some()),
        ("gap_max_m2", rule.gap_max_m2.is_some()),
        ("codes", rule.codes.is_some()),
        ("min", rule.min.is_some()),
        ("max", rule.max.is_some()),
    ];
    let (needed, allowed): (&[&str], &[&str]) = match rule.kind {
        K::Unique | K::Required => (&["attributes"], &[]),
        K::Codes => (&["attributes", "codes"], &[]),
        K::Range => (&["attributes"], &["min", "max"]),
        K::NoOverlap => (&[], &["layer", "same", "tolerance_m2"]),
        K::CoveredBy => (&["layer"], &["tolerance_m2", "tolerance_m"]),
        K::NoGaps => (&[], &["tolerance_m2", "gap_max_m2"]),
        K::Snap => (&["tolerance_m"], &["layer"]),
    };
    let kind = rule.kind.as_str();
    for (key, there) in given {
        let needs = needed.contains(&key);
        if needs && !there {
            say(key, format!("loại {kind} cần mục này"), format!("the kind {kind} needs it"));
        } else if there && !needs && !allowed.contains(&key) {
            say(key, format!("loại {kind} không dùng mục này"), format!("the kind {kind} does not use it"));
        }
    }
    if rule.kind == K::Range && rule.min.is_none() && rule.max.is_none() {
        say("", "cần min hoặc max".into(), "min or max is needed".into());
    }
    if let (Some(min), Some(max)) = (rule.min, rule.max)
        && min > max
    {
        say("min", format!("min {min} lớn hơn max {max}"), format!("min {min} is above max {max}"));
    }
    if let (Some(least), Some(most)) = (rule.tolerance_m2, rule.gap_max_m2)
        && least >= most
    {
        let (vi, en) = ("phải lớn hơn tolerance_m2", "must be above tolerance_m2");
        say("gap_max_m2", vi.into(), en.into());
    }
}

fn attributes(layer: &LayerDef, rule: &QualityRule, catalog: &Catalog, say: &mut Say<'_>) {
    let named =
        rule.attributes.iter().map(|a| ("attributes", a)).chain(rule.same.iter().map(|a| ("same", a)));
    for (key, name) in named {
        let Some(a) = layer.attribute(name) else {
            let (vi, en) = (format!("không có thuộc tính {name}"), format!("there is no attribute {name}"));
            say(key, vi, en);
            continue;
        };
        if !layer.is_open_attribute(a) {
            say(
                key,
                format!("thuộc tính {name} kín hơn lớp: kết quả kiểm tra sẽ làm lộ nó"),
                format!("the attribute {name} is stricter than the layer: problems would give it away"),
            );
        }
        let numeric = matches!(a.kind, T::Integer | T::Real);
        if rule.kind == K::Range && !numeric {
            say(
                key,
                format!("thuộc tính {name} không phải số"),
                format!("the attribute {name} is no number"),
            );
        }
        if rule.kind == K::Codes && a.kind != T::Text {
            say(
                key,
                format!("thuộc tính {name} không phải văn bản"),
                format!("the attribute {name} is no text"),
            );
        }
    }
    if let Some(list) = rule.codes.as_ref().filter(|l| catalog.code_list(l).is_none()) {
        say("codes", format!("không có danh mục mã {list}"), format!("there is no code list {list}"));
    }
}

fn other_layer(layer: &LayerDef, rule: &QualityRule, catalog: &Catalog, say: &mut Say<'_>) {
    let Some(id) = &rule.layer else { return };
    if *id == layer.id {
        say("layer", "phải là lớp khác".into(), "must be another layer".into());
        return;
    }
    let Some(other) = catalog.layer(id) else {
        say("layer", format!("không có lớp {id}"), format!("there is no layer {id}"));
        return;
    };
    // Everyone who sees this layer sees its problems, and with them where the other layer's items lie.
    let hidden = other.access > layer.access || other.access == Access::R || other.blurred;
    if hidden {
        say(
            "layer",
            format!("lớp {id} kín hơn lớp này: kết quả kiểm tra sẽ làm lộ nó"),
            format!("the layer {id} is stricter than this one: problems would give it away"),
        );
    }
    if matches!(rule.kind, K::NoOverlap | K::CoveredBy) && !other.geometry.is_area() {
        say("layer", format!("lớp {id} không phải lớp vùng"), format!("the layer {id} has no areas"));
    }
    if rule.kind == K::NoOverlap && !rule.same.is_empty() {
        let (vi, en) = ("không dùng cùng với layer", "does not go with layer");
        say("same", vi.into(), en.into());
    }
}

fn geometry(layer: &LayerDef, rule: &QualityRule, catalog: &Catalog, say: &mut Say<'_>) {
    let areas = layer.geometry.is_area();
    if matches!(rule.kind, K::NoOverlap | K::NoGaps) && !areas {
        say("kind", "chỉ dùng cho lớp vùng".into(), "is for layers of areas only".into());
    }
    if rule.kind == K::CoveredBy {
        let wrong = if areas {
            rule.tolerance_m.map(|_| "tolerance_m")
        } else {
            rule.tolerance_m2.map(|_| "tolerance_m2")
        };
        if let Some(key) = wrong {
            let (vi, en) = if areas {
                ("lớp vùng dùng tolerance_m2", "areas take tolerance_m2")
            } else {
                ("lớp đường hoặc điểm dùng tolerance_m", "lines and points take tolerance_m")
            };
            say(key, vi.into(), en.into());
        }
    }
    let among_points = layer.geometry.is_point()
        && rule.layer.as_ref().and_then(|id| catalog.layer(id)).is_none_or(|o| o.geometry.is_point());
    if rule.kind == K::Snap && among_points {
        say("kind", "không dùng giữa các điểm".into(), "does not go between points".into());
    }
}
