//! What people call an item: "thửa đất 12 tờ 3", "công viên Nguyễn Tất Thành", "trụ nước chữa cháy 5".

use crate::access::View;
use crate::features::Item;
use crate::layers::{ItemRow, LayerDef, Value};
use crate::text::{Lang, Text};

/// An item of the present, as its reader sees it.
pub(super) fn of_item(item: &Item<'_>, lang: Lang) -> String {
    title(item.view(), item.fid, lang, |i| item.value(i))
}

/// A state of an item, present or past, as the reader of `view` sees it.
pub(super) fn of_row(view: &View, row: &ItemRow, lang: Lang) -> String {
    title(view, row.fid, lang, |i| row.values.get(i).cloned().unwrap_or(Value::Null))
}

/// An item of which nothing is known but that it was.
pub(super) fn of_fid(def: &LayerDef, fid: i64, lang: Lang) -> String {
    format!("{} {fid}", one(&def.title, lang))
}

/// Begins small, for the middle of a sentence.
fn title(view: &View, fid: i64, lang: Lang, value: impl Fn(usize) -> Value) -> String {
    let def = &view.layer;
    let held = |name: &str| view.attribute(name).map(&value);
    if let (Some(Value::Int(number)), Some(Value::Int(sheet))) = (held("parcel_number"), held("sheet_number"))
    {
        let parcel = one(&def.title, lang);
        return match lang {
            Lang::Vi => format!("{parcel} {number} tờ {sheet}"),
            Lang::En => format!("{parcel} {number}, sheet {sheet}"),
        };
    }
    let label = match def.label.as_deref().and_then(held) {
        Some(Value::Text(label)) if !label.trim().is_empty() => label,
        _ => return of_fid(def, fid, lang),
    };
    let kind = one(&def.title, lang);
    // Names of schools, markets and bridges begin with what they are.
    let first = |text: &str| text.split_whitespace().next().map(str::to_lowercase);
    if first(&label) == first(&kind) { label } else { format!("{kind} {label}") }
}

/// The title of a layer, of one of its items. Vietnamese has no plural.
fn one(title: &Text, lang: Lang) -> String {
    match lang {
        Lang::Vi => small(&title.vi),
        Lang::En => small(&singular(&title.en)),
    }
}

/// With a small letter at its beginning, unless the first word is an abbreviation.
fn small(text: &str) -> String {
    let mut letters = text.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(_), Some(second)) if second.is_uppercase() => text.to_owned(),
        (Some(first), _) => first.to_lowercase().chain(letters).collect(),
        _ => String::new(),
    }
}

/// With a capital letter at its beginning, to stand alone.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|c| c.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The singular of an English title: what stands before "of", "in" or "(" is the noun, its last word has the plural.
fn singular(title: &str) -> String {
    let noun_ends =
        [" of ", " in ", " ("].iter().filter_map(|mark| title.find(mark)).min().unwrap_or(title.len());
    let (noun, rest) = title.split_at(noun_ends);
    let noun = match noun {
        // "Water works" are one works, "Culture and sport" has none.
        n if n.ends_with("ss") || n.ends_with("works") || !n.ends_with('s') => n.to_owned(),
        n => n.strip_suffix("ies").map_or_else(|| n[..n.len() - 1].to_owned(), |stem| format!("{stem}y")),
    };
    let rest = rest.split(" (").next().unwrap_or_default();
    format!("{noun}{rest}")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::access;

    #[test]
    fn titles_of_layers_become_those_of_one_item() {
        let catalog = crate::layers::embedded().unwrap();
        let of = |id: &str, lang| one(&catalog.layer(id).unwrap().title, lang);
        for (id, vi, en) in [
            ("parcel", "thửa đất", "parcel"),
            ("cemetery", "nghĩa trang", "cemetery"),
            ("hospital_clinic", "cơ sở y tế", "health facility"),
            ("water_plant", "nhà máy nước", "water works"),
            ("quality_problem_area", "vùng lỗi dữ liệu", "area of data problems"),
            ("red_line", "chỉ giới đường đỏ", "red line"),
            ("admin_commune", "địa giới xã, phường", "commune boundary"),
            ("bridge", "cầu", "bridge"),
            ("landuse_plan", "quy hoạch sử dụng đất", "land-use plan"),
        ] {
            assert_eq!((of(id, Lang::Vi).as_str(), of(id, Lang::En).as_str()), (vi, en));
        }
        // No layer's title is left in the plural by accident.
        for layer in catalog.layers.values() {
            let en = one(&layer.title, Lang::En);
            let noun = en.split(" of ").next().unwrap().split(" in ").next().unwrap();
            assert!(!noun.ends_with('s') || noun.ends_with("works"), "{}: {en}", layer.id);
        }
    }

    #[test]
    fn an_item_is_called_by_its_numbers_its_name_or_its_kind() {
        let catalog = crate::layers::embedded().unwrap();
        let called = |id: &str, values: &[(&str, Value)], lang| {
            let def = catalog.layer(id).unwrap();
            let mut row = ItemRow {
                fid: 7,
                version: 1,
                wkb: Vec::new(),
                values: vec![Value::Null; def.attributes.len()],
            };
            for (name, value) in values {
                row.values[def.attributes.iter().position(|a| a.name == *name).unwrap()] = value.clone();
            }
            of_row(&View::system(def), &row, lang)
        };
        let parcel =
            [("parcel_number", Value::Int(12)), ("sheet_number", Value::Int(3)), ("code", "x".into())];
        assert_eq!(called("parcel", &parcel, Lang::Vi), "thửa đất 12 tờ 3");
        assert_eq!(called("parcel", &parcel, Lang::En), "parcel 12, sheet 3");
        assert_eq!(called("parcel", &[("code", "A-1".into())], Lang::Vi), "thửa đất A-1");
        assert_eq!(called("market", &[("name", "Chợ Gia Nghĩa".into())], Lang::Vi), "Chợ Gia Nghĩa");
        assert_eq!(called("park", &[("name", "Tao Đàn".into())], Lang::Vi), "công viên Tao Đàn");
        assert_eq!(called("hydrant", &[], Lang::Vi), "trụ nước chữa cháy 7");
        assert_eq!(called("hydrant", &[], Lang::En), "hydrant 7");
    }

    #[test]
    fn a_hidden_label_is_no_title() {
        let mut def = LayerDef::clone(crate::layers::embedded().unwrap().layer("park").unwrap());
        let at = def.attributes.iter().position(|a| a.name == "name").unwrap();
        def.attributes[at].access = Some(crate::layers::Access::R);
        let def = Arc::new(def);
        let catalog = crate::layers::Catalog::default();
        let view = access::view(&access::Principal::public(), &def, &catalog).unwrap();
        let mut values = vec![Value::Null; def.attributes.len()];
        values[at] = "Tao Đàn".into();
        let row = ItemRow { fid: 7, version: 1, wkb: Vec::new(), values };
        assert_eq!(of_row(&view, &row, Lang::En), "park 7");
    }
}
