//! What a JSON Schema cannot say of layer files and code lists: names that must agree, exist or differ.

use std::collections::BTreeSet;

use super::read::{Problem, SourceFile, at, whole};
use super::{Access, Attribute, AttributeType as T, Catalog, CodeList, Computed, LayerDef, Source};

/// Columns and members that every item has; an attribute may not hide them.
const MEMBERS: [&str; 7] = ["fid", "id", "version", "geom", "geometry", "bbox", "links"];
/// Columns beside the attributes' own in the tables of imports (`row`) and of history.
const COLUMNS: [&str; 4] = ["row", "rev_from", "rev_to", "closed_at"];
/// Columns that PostgreSQL gives every table.
const SYSTEM: [&str; 6] = ["tableoid", "ctid", "xmin", "cmin", "xmax", "cmax"];
/// Parameters of `/items`: an attribute of that name could not be asked for by `name=value`.
const PARAMETERS: [&str; 6] = ["f", "limit", "after", "at", "crs", "datetime"];
/// Ends of the names of a layer's indexes, which share a namespace with the tables of other layers.
const INDEXES: [&str; 5] = ["_geom", "_key", "_pkey", "_life", "_closed"];

/// Checks a layer against itself and against the code lists of `catalog`.
pub(super) fn layer(file: &SourceFile, layer: &LayerDef, catalog: &Catalog, problems: &mut Vec<Problem>) {
    names(file, layer, problems);
    agencies(file, layer, catalog, problems);
    publication(file, layer, problems);
    references(file, layer, problems);
    let mut seen = BTreeSet::new();
    for (index, attribute) in layer.attributes.iter().enumerate() {
        let mut say =
            |vi: String, en: String| problems.push(at(file, "attribute", index, &attribute.name, vi, en));
        if let Some((vi, en)) = reserved(&attribute.name) {
            say(format!("tên dành riêng: {vi}"), format!("the name is reserved: {en}"));
        }
        if !seen.insert(&attribute.name) {
            say("tên thuộc tính bị lặp".into(), "the attribute's name is used twice".into());
        }
        self::attribute(layer, attribute, catalog, &mut say);
    }
}

/// Whose name an attribute would take.
fn reserved(name: &str) -> Option<(&'static str, &'static str)> {
    [
        (&MEMBERS[..], "mọi đối tượng đều có phần này", "every item has this member"),
        (
            &COLUMNS[..],
            "bảng nhập tệp và bảng lịch sử có cột này",
            "the tables of imports and history have this column",
        ),
        (&SYSTEM[..], "mọi bảng PostgreSQL đều có cột này", "every table of PostgreSQL has this column"),
        (
            &PARAMETERS[..],
            "API dùng tên này làm tham số truy vấn",
            "the API has a query parameter of this name",
        ),
    ]
    .into_iter()
    .find_map(|(names, vi, en)| names.contains(&name).then_some((vi, en)))
}

fn names(file: &SourceFile, layer: &LayerDef, problems: &mut Vec<Problem>) {
    let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
    if name.strip_suffix(".toml") != Some(&layer.id) {
        problems.push(whole(
            file,
            format!("mã lớp {} phải trùng tên tệp", layer.id),
            format!("the layer's id {} must be the file's name", layer.id),
        ));
    }
    if folder != layer.theme {
        problems.push(whole(
            file,
            format!("chủ đề {} phải trùng tên thư mục", layer.theme),
            format!("the theme {} must be the folder's name", layer.theme),
        ));
    }
}

/// An index of another layer would have the name of this layer's table, or the other way round.
pub(super) fn indexes(file: &SourceFile, layer: &LayerDef, catalog: &Catalog, problems: &mut Vec<Problem>) {
    let of = |suffix: &&str| layer.id.strip_suffix(*suffix).filter(|other| catalog.layer(other).is_some());
    if let Some(other) = INDEXES.iter().find_map(of) {
        let id = &layer.id;
        problems.push(whole(
            file,
            format!("mã lớp {id} trùng tên chỉ mục của lớp {other}"),
            format!("the layer's id {id} is the name of an index of the layer {other}"),
        ));
    }
}

fn agencies(file: &SourceFile, layer: &LayerDef, catalog: &Catalog, problems: &mut Vec<Problem>) {
    let Some(list) = catalog.code_list("agency") else {
        problems.push(whole(
            file,
            "thiếu danh mục cơ quan schema/codes/agency.toml",
            "the code list schema/codes/agency.toml is missing",
        ));
        return;
    };
    let of_attributes = layer.attributes.iter().flat_map(|a| a.readers.iter().flatten());
    let named = layer.owner.iter().chain(&layer.readers).chain(&layer.editors).chain(of_attributes);
    for code in named.filter(|c| list.code(c).is_none()) {
        problems.push(whole(
            file,
            format!("cơ quan {code} không có trong danh mục agency"),
            format!("agency {code} is not in the code list agency"),
        ));
    }
}

fn publication(file: &SourceFile, layer: &LayerDef, problems: &mut Vec<Problem>) {
    let mut say = |vi: &str, en: &str| problems.push(whole(file, vi, en));
    if layer.access == Access::O && layer.licence.is_none() {
        say("lớp mở phải ghi giấy phép dữ liệu (licence)", "an open layer must name its licence");
    }
    let restricted =
        layer.access == Access::R || layer.attributes.iter().any(|a| a.access == Some(Access::R));
    if layer.blurred && layer.geometry != super::GeometryKind::Point {
        say("chỉ lớp điểm mới làm mờ được", "only a layer of points can be blurred");
    }
    if layer.source == Source::View && (!layer.editors.is_empty() || layer.strict) {
        say(
            "lớp dạng view chỉ để đọc, không có editors hay strict",
            "a layer over fixed tables is read-only and has neither editors nor strict",
        );
    }
    if !layer.readers.is_empty() && !restricted {
        say("readers chỉ dùng khi lớp hoặc thuộc tính có quyền R", "readers need something that is R");
    }
}

fn references(file: &SourceFile, layer: &LayerDef, problems: &mut Vec<Problem>) {
    let mut say = |what: &str, name: &str, vi: &str, en: &str| {
        problems.push(Problem { place: format!("{what} \"{name}\""), ..whole(file, vi, en) });
    };
    for name in &layer.key {
        match layer.attribute(name) {
            None => say("key", name, "không có thuộc tính này", "there is no such attribute"),
            Some(a) if !a.required => {
                say("key", name, "thuộc tính khóa phải là bắt buộc", "a key attribute must be required");
            }
            Some(_) => {}
        }
    }
    if let Some(name) = &layer.importance {
        match layer.attribute(name) {
            None => say("importance", name, "không có thuộc tính này", "there is no such attribute"),
            Some(a) if !matches!(a.kind, T::Integer | T::Real) => {
                say("importance", name, "phải là số", "must be a number");
            }
            Some(_) => {}
        }
    }
    for name in layer.merge_by.iter().flatten().filter(|name| layer.attribute(name).is_none()) {
        say("merge_by", name, "không có thuộc tính này", "there is no such attribute");
    }
    if let Some(name) = &layer.label {
        match layer.attribute(name) {
            None => say("label", name, "không có thuộc tính này", "there is no such attribute"),
            Some(a) if a.kind != T::Text => say("label", name, "phải là văn bản", "must be a text"),
            Some(_) => {}
        }
    }
    if let Some(name) = &layer.rows_of {
        match layer.attribute(name) {
            None => say("rows_of", name, "không có thuộc tính này", "there is no such attribute"),
            Some(a) if a.kind != T::Text => say("rows_of", name, "phải là văn bản", "must be a text"),
            Some(_) => {}
        }
    }
    if let Some(name) = &layer.unit_attribute {
        match layer.attribute(name) {
            None => say("unit_attribute", name, "không có thuộc tính này", "there is no such attribute"),
            Some(a) if !a.holds_unit() => {
                say("unit_attribute", name, "phải có codes = \"commune\"", "must have codes = \"commune\"");
            }
            Some(_) if layer.source == Source::View => say(
                "unit_attribute",
                name,
                "lớp dạng view không được tính lại",
                "a layer that is a view cannot be recomputed",
            ),
            Some(_) => {}
        }
    }
    for name in &layer.temporal {
        match layer.attribute(name) {
            None => say("temporal", name, "không có thuộc tính này", "there is no such attribute"),
            Some(a) if !matches!(a.kind, T::Date | T::Timestamp) => {
                say("temporal", name, "phải là ngày hoặc thời điểm", "must be a date or a timestamp");
            }
            Some(_) => {}
        }
    }
}

fn attribute(layer: &LayerDef, a: &Attribute, catalog: &Catalog, say: &mut impl FnMut(String, String)) {
    let numeric = matches!(a.kind, T::Integer | T::Real);
    if let Some(list) = &a.codes {
        if catalog.code_list(list).is_none() {
            say(format!("không có danh mục mã {list}"), format!("there is no code list {list}"));
        }
        if a.kind != T::Text {
            say(
                "thuộc tính có danh mục mã phải là văn bản".into(),
                "an attribute with codes must be a text".into(),
            );
        }
    }
    if !numeric && (a.unit.is_some() || a.min.is_some() || a.max.is_some()) {
        say("unit, min, max chỉ dùng cho số".into(), "unit, min and max are for numbers only".into());
    }
    if a.computed.is_some() && super::computed::divisor(a).is_none() {
        say(
            "computed cần số thực với đơn vị m2, ha, km2 (area) hoặc m, km (length)".into(),
            "computed needs a real number in m2, ha, km2 (area) or m, km (length)".into(),
        );
    }
    let areal = layer.geometry.is_area();
    if a.computed.is_some_and(|c| (c == Computed::Area) != areal)
        || a.computed.is_some() && layer.geometry.is_point()
    {
        say(
            "computed không hợp với kiểu hình học của lớp".into(),
            "computed does not fit the layer's geometry type".into(),
        );
    }
    if let (Some(min), Some(max)) = (a.min, a.max)
        && min > max
    {
        say(format!("min {min} lớn hơn max {max}"), format!("min {min} is above max {max}"));
    }
    if a.access.is_some_and(|x| x < layer.access) {
        say(
            "quyền của thuộc tính không được rộng hơn lớp".into(),
            "access may not be wider than the layer's".into(),
        );
    }
    if a.readers.is_some() && a.access.unwrap_or(layer.access) != Access::R {
        say("readers chỉ dùng cho thuộc tính R".into(), "readers are for an R attribute".into());
    }
    if a.personal && a.access.unwrap_or(layer.access) != Access::R {
        say("dữ liệu cá nhân phải có quyền R".into(), "personal data must be R".into());
    }
}

/// Checks a code list.
pub(super) fn codes(file: &SourceFile, list: &CodeList, problems: &mut Vec<Problem>) {
    if file.path.strip_suffix(".toml") != Some(&list.id) {
        problems.push(whole(
            file,
            format!("mã danh mục {} phải trùng tên tệp", list.id),
            format!("the list's id {} must be the file's name", list.id),
        ));
    }
    let mut seen = BTreeSet::new();
    for (index, code) in list.codes.iter().enumerate() {
        let mut say = |vi: &str, en: &str| problems.push(at(file, "code", index, &code.code, vi, en));
        if code.code.is_empty() || !seen.insert(&code.code) {
            say("mã trống hoặc bị lặp", "the code is empty or used twice");
        }
        if code.title.vi.is_empty() || code.title.en.is_empty() {
            say("thiếu tên tiếng Việt hoặc tiếng Anh", "the Vietnamese or English title is missing");
        }
        if code.color.as_deref().is_some_and(|c| !is_color(c)) {
            say("màu phải có dạng #rrggbb", "a colour must look like #rrggbb");
        }
    }
}

/// Whether `text` is a colour `#rrggbb`.
pub(super) fn is_color(text: &str) -> bool {
    text.len() == 7 && text.starts_with('#') && text[1..].bytes().all(|b| b.is_ascii_hexdigit())
}
