//! The report of an import at the terminal.

use crate::formats::Source;
use crate::jobs::import::Report;
use crate::text::{Lang, Text};

/// The report in the words of the person at the terminal.
pub(super) fn print(report: &Report) {
    let lang = Lang::of_environment();
    let vietnamese = lang == Lang::Vi;
    let t = |vi: &'static str, en: &'static str| if vietnamese { vi } else { en };
    let s = &report.source;
    outln!("{} ({}, {}) → {}", s.layer, s.driver, s.crs, report.layer);
    let e = &s.encoding;
    let source = match e.source {
        Source::Given => t("được chỉ định", "as given"),
        Source::File => t("theo tệp", "as the file says"),
        Source::Detected => t("nhận biết", "detected"),
        Source::Default => t("chỉ có ASCII", "plain ASCII"),
    };
    outln!("{:<10} {} ({source}, {:.2})", t("bảng mã", "encoding"), e.name, e.confidence);
    outln!("{:<10} {}", t("đọc", "read"), report.read);
    let parts = [
        (report.inserted, t("mới", "new")),
        (report.updated, t("thay đổi", "changed")),
        (report.unchanged, t("không đổi", "unchanged")),
    ];
    let parts: Vec<String> = parts.iter().map(|(n, what)| format!("{n} {what}")).collect();
    outln!("{:<10} {} ({})", t("nhập", "imported"), report.imported, parts.join(", "));
    if report.closed > 0 {
        outln!("{:<10} {}", t("đóng", "closed"), report.closed);
    }
    let area = if report.repaired_area_m2 > 0.0 {
        format!(" ({} {:.2} m²)", t("diện tích đổi", "area changed by"), report.repaired_area_m2)
    } else {
        String::new()
    };
    outln!("{:<10} {}{area}", t("sửa", "repaired"), report.repaired);
    notes(report.repairs.iter().map(|n| (&n.place, &n.reason)), lang);
    outln!("{:<10} {}", t("từ chối", "rejected"), report.rejected_count);
    notes(report.rejected.iter().map(|n| (&n.place, &n.reason)), lang);
    let units = [
        (report.units.from_codes, t("từ mã cũ", "from former codes")),
        (report.units.from_names, t("từ tên", "from names")),
        (report.units.filled, t("theo vị trí", "by where they lie")),
    ];
    if units.iter().any(|(n, _)| *n > 0) {
        let units: Vec<String> = units.iter().map(|(n, what)| format!("{n} {what}")).collect();
        outln!("{:<10} {}", t("xã, phường", "communes"), units.join(", "));
    }
    for note in &report.notes {
        outln!("{}", note.get(lang));
    }
    if report.lists_cut_off {
        outln!("{}", t("(danh sách chỉ nêu những dòng đầu)", "(the lists name only the first ones)"));
    }
    for warning in &report.warnings {
        eprintln!("{}: {}", t("lưu ý", "note"), warning.get(lang));
    }
    if report.dry_run {
        outln!("{}", t("chạy thử: không ghi gì", "dry run: nothing was stored"));
    }
}

/// Places that are named of those with one reason.
const PLACES: usize = 3;

/// One line a reason, in the order in which they came up, with the first places that it is said of.
fn notes<'a>(notes: impl Iterator<Item = (&'a String, &'a Text)>, lang: Lang) {
    for line in grouped(notes, lang) {
        outln!("  {line}");
    }
}

fn grouped<'a>(notes: impl Iterator<Item = (&'a String, &'a Text)>, lang: Lang) -> Vec<String> {
    let mut order: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut known = std::collections::HashMap::new();
    for (place, reason) in notes {
        let reason = reason.get(lang);
        let at = *known.entry(reason).or_insert_with(|| {
            order.push((reason, Vec::new()));
            order.len() - 1
        });
        order[at].1.push(place);
    }
    let line = |(reason, places): (&str, Vec<&str>)| match places.len() {
        n if n <= PLACES => format!("{}: {reason}", places.join(", ")),
        n => {
            let (first, rest) = (places[..PLACES].join(", "), n - PLACES);
            match lang {
                Lang::Vi => format!("{first} và {rest} đối tượng khác: {reason}"),
                Lang::En => format!("{first} and {rest} more: {reason}"),
            }
        }
    };
    order.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_many_is_said_once() {
        let place = |n: usize| format!("trees fid {n}");
        let (point, null) = (Text::new("là điểm", "is a point"), Text::new("không có", "is missing"));
        let rows: Vec<(String, &Text)> =
            (0..6).map(|n| (place(n), if n == 1 { &null } else { &point })).collect();
        let lines = grouped(rows.iter().map(|(p, r)| (p, *r)), Lang::En);
        assert_eq!(
            lines,
            ["trees fid 0, trees fid 2, trees fid 3 and 2 more: is a point", "trees fid 1: is missing"]
        );
    }
}
