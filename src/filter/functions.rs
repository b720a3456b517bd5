//! The functions that a filter may call, beside those of the standard.

use crate::{Error, Result};

/// Name of the search folding.
pub const FOLD: &str = "fold";
/// Name of nearness: two geometries are at most so many metres apart.
pub const DWITHIN: &str = "dwithin";

/// A function as `/ogc/functions` lists it (OGC API Features part 3, "Functions").
#[derive(Debug)]
pub struct Function {
    /// Name; case counts.
    pub name: &'static str,
    /// What it gives, Vietnamese.
    pub vi: &'static str,
    /// What it gives, English.
    pub en: &'static str,
    /// Arguments: title and JSON Schema types.
    pub arguments: &'static [(&'static str, &'static [&'static str])],
    /// JSON Schema types of the result.
    pub returns: &'static [&'static str],
}

/// All of them.
pub const FUNCTIONS: &[Function] = &[
    Function {
        name: FOLD,
        vi: "Chuỗi như ô tìm kiếm so sánh: chữ thường, không dấu, đ thành d, không dấu nháy, một khoảng trắng giữa các từ",
        en: "The text as the search compares it: lower case, no accents, đ as d, no apostrophes, one blank between words",
        arguments: &[("text", &["string"])],
        returns: &["string"],
    },
    Function {
        name: DWITHIN,
        vi: "Hai hình học cách nhau không quá số mét này, đo trên mặt phẳng EPSG:9218",
        en: "Two geometries are at most so many metres apart, measured in the plane of EPSG:9218",
        arguments: &[("a", &["geometry"]), ("b", &["geometry"]), ("metres", &["number"])],
        returns: &["boolean"],
    },
];

/// The function of that name.
pub fn find(name: &str) -> Result<&'static Function> {
    FUNCTIONS
        .iter()
        .find(|f| f.name == name)
        .ok_or_else(|| Error::invalid(name, "không có hàm này", "there is no such function"))
}

/// A call with other arguments than the function takes.
pub(super) fn wrong_arguments(name: &str, got: usize) -> Error {
    let want = find(name).map_or(0, |f| f.arguments.len());
    Error::invalid(
        name,
        format!("cần {want} đối số, nhận được {got}"),
        format!("expected {want} arguments, got {got}"),
    )
}
