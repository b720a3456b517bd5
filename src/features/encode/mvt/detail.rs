//! How coarse a tile is drawn: as fine as a screen shows, or coarser where that would make the tile too large.

use super::LIMIT_BYTES;
use crate::layers::GeometryKind;
use crate::space::Bbox;

/// Levels, each twice as coarse as the one before. At the last one a pixel of 512 has become 64.
const LEVELS: u8 = 8;
/// The last level of lines: those below a pixel of 512 are left out. Beyond it a dense network would vanish as a whole;
/// what is too much then is left out by importance.
const LAST_OF_LINES: u8 = 3;

/// Bytes that a drawn item takes at the least: its frame, geometry and identifier, without attributes.
const LEAST_BYTES: usize = 24;
/// And for each attribute.
const LEAST_BYTES_AN_ATTRIBUTE: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Detail {
    level: u8,
    /// The coarsest level for this kind of geometry.
    last: u8,
}

impl Detail {
    /// The finest detail at which a tile with these envelopes (EPSG:9218) may keep its size.
    pub(super) fn first(
        kind: GeometryKind,
        envelopes: impl Iterator<Item = Bbox>,
        unit_m: f64,
        attributes: usize,
    ) -> Self {
        let is_line = !kind.is_point() && !kind.is_area();
        let last = if is_line { LAST_OF_LINES } else { LEVELS - 1 };
        let at = |level: u8| Self { level: level.min(last), last };
        // How many items are drawn one by one at each level and at no coarser one.
        let mut until = [0_usize; LEVELS as usize];
        for e in envelopes {
            let level = (0..LEVELS).rev().find(|l| !at(*l).is_small(kind, &e, unit_m));
            level.into_iter().for_each(|l| until[l as usize] += 1);
        }
        let least = LEAST_BYTES + LEAST_BYTES_AN_ATTRIBUTE * attributes;
        let mut drawn: usize = until.iter().sum();
        for level in 0..LEVELS {
            // Points are thinned out, which their number alone does not tell.
            if drawn * least <= LIMIT_BYTES || kind.is_point() && level > 0 {
                return at(level);
            }
            drawn -= until[level as usize];
        }
        at(last)
    }

    /// The next coarser one.
    pub(super) fn coarser(self) -> Self {
        Self { level: (self.level + 1).min(self.last), ..self }
    }

    /// Whether it is what a screen shows.
    pub(super) fn is_finest(self) -> bool {
        self.level == 0
    }

    /// Whether there is none coarser.
    pub(super) fn is_last(self) -> bool {
        self.level == self.last
    }

    /// Units of the grid that vertices are rounded to, as a power of two. All items of a tile are rounded alike, so that
    /// neighbours keep the edge that they share.
    pub(super) fn step_bits(self) -> u8 {
        self.level
    }

    /// Units of a side of the mosaic's cells: half a pixel where a tile is shown on 512 pixels, or more. Areas that are
    /// smaller are not drawn by themselves.
    pub(super) fn cell(self) -> i64 {
        4 << self.level
    }

    /// Units of the squares of which each shows one point at most; none: all points are shown.
    pub(super) fn point_square(self) -> Option<i64> {
        (self.level > 0).then(|| 4 << self.level)
    }

    /// Whether an item is too small to be drawn by itself.
    pub(super) fn is_small(self, kind: GeometryKind, e: &Bbox, unit_m: f64) -> bool {
        let least = match kind {
            _ if kind.is_point() => return false,
            _ if kind.is_area() => self.cell(),
            _ => 1 << self.level,
        };
        (e.max_x - e.min_x).max(e.max_y - e.min_y) < least as f64 * unit_m
    }
}
