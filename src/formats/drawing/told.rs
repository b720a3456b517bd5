//! What the report says of a drawing: gaps that were closed, ends that meet nothing, areas too narrow to be meant.

use geo::Coord;

use crate::formats::polygonise::{Dangle, Faces, Miss};
use crate::formats::record::Record;
use crate::text::Text;

/// Places that a warning names.
pub(super) const PLACES: usize = 5;
const METRES_A_DEGREE: f64 = 111_000.0;

/// Lengths and places in the file's units, metres or degrees.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    pub(super) geographic: bool,
}

impl Scale {
    pub(super) fn units(self, metres: f64) -> f64 {
        if self.geographic { metres / METRES_A_DEGREE } else { metres }
    }

    pub(super) fn metres(self, units: f64) -> f64 {
        if self.geographic { units * METRES_A_DEGREE } else { units }
    }

    pub(super) fn place(self, c: Coord<f64>) -> String {
        let decimals = if self.geographic { 7 } else { 2 };
        format!("({:.decimals$}, {:.decimals$})", c.x, c.y)
    }

    /// The first places with their lengths.
    pub(super) fn list(self, places: &[(Coord<f64>, f64)]) -> String {
        let first = places.iter().take(PLACES);
        first
            .map(|(c, length)| format!("{} {:.3}", self.place(*c), self.metres(*length)))
            .collect::<Vec<_>>()
            .join(", ")
    }
}

pub(super) fn told(left_out: u64, faces: &Faces, tolerance: f64, scale: Scale) -> Vec<Text> {
    let mut told = Vec::new();
    if !faces.gaps.is_empty() {
        let (n, places) = (faces.gaps.len(), scale.list(&faces.gaps));
        told.push(Text::new(
            format!("đã khép {n} khe hở không quá {tolerance} m: {places}"),
            format!("{n} gaps up to {tolerance} m were closed: {places}"),
        ));
    }
    if !faces.trimmed.is_empty() {
        let (n, places) = (faces.trimmed.len(), scale.list(&faces.trimmed));
        told.push(Text::new(
            format!("đã cắt {n} đầu đường thừa không quá {tolerance} m: {places}"),
            format!("{n} ends beyond a line by up to {tolerance} m were cut off: {places}"),
        ));
    }
    if !faces.dangles.is_empty() {
        let lengths = |of: fn(Miss) -> Option<f64>| -> Vec<(Coord<f64>, f64)> {
            let mut found: Vec<_> = faces.dangles.iter().filter_map(|d| Some((d.at, of(d.miss)?))).collect();
            // Those that are most likely meant to meet come first.
            found.sort_by(|a, b| a.1.total_cmp(&b.1));
            found
        };
        let short = lengths(|miss| if let Miss::Short(gap) = miss { Some(gap) } else { None });
        let over = lengths(|miss| if let Miss::Over(over) = miss { Some(over) } else { None });
        for (found, vi, en) in [
            (
                short,
                "đầu đường còn hở quá dung sai, hở ít nhất",
                "ends fall short of a line by more than the tolerance, least",
            ),
            (
                over,
                "đầu đường thừa quá dung sai, thừa ít nhất",
                "ends go beyond a line by more than the tolerance, least",
            ),
        ] {
            if !found.is_empty() {
                let (n, places) = (found.len(), scale.list(&found));
                told.push(Text::new(
                    format!("{n} {vi} (dung sai {tolerance} m; đổi bằng --snap-m): {places}"),
                    format!("{n} {en} (tolerance {tolerance} m; change it by --snap-m): {places}"),
                ));
            }
        }
    }
    if left_out > 0 {
        let n = left_out;
        told.push(Text::new(
            format!("{n} phần tử của bản vẽ không được dùng (lớp không chọn, tô nền, khung giấy, điểm không có chữ)"),
            format!("{n} elements of the drawing were not used (layers not chosen, hatches, paper space, points without text)"),
        ));
    }
    told
}

pub(super) fn dangling(dangle: &Dangle, layer: &str, scale: Scale) -> Record {
    let (vi, en) = match dangle.miss {
        Miss::Short(gap) => {
            let gap = scale.metres(gap);
            (
                format!("; còn hở {gap:.3} m so với đường gần nhất"),
                format!("; the next line is {gap:.3} m away"),
            )
        }
        Miss::Over(over) => {
            let over = scale.metres(over);
            (
                format!("; thừa {over:.3} m sau đường cuối cùng nó chạm"),
                format!("; it goes {over:.3} m beyond the last one it meets"),
            )
        }
        Miss::Alone => (String::new(), String::new()),
    };
    Record::Rejected {
        place: format!("{layer} {}", scale.place(dangle.at)),
        reason: Text::new(
            format!("đầu đường này không chạm đường nào nên không bao được vùng{vi}"),
            format!("this end of a line meets no other, so that it bounds no area{en}"),
        ),
    }
}

pub(super) fn sliver((at, width): (Coord<f64>, f64), layer: &str, tolerance: f64, scale: Scale) -> Record {
    let width = scale.metres(width);
    Record::Rejected {
        place: format!("{layer} {}", scale.place(at)),
        reason: Text::new(
            format!(
                "vùng này chỉ rộng {width:.3} m, hẹp hơn dung sai {tolerance} m: hai đường gần trùng nhau"
            ),
            format!(
                "this area is {width:.3} m wide, less than the tolerance of {tolerance} m: two lines nearly coincide"
            ),
        ),
    }
}
