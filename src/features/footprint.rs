//! What the layers take of memory, by part.

use std::ops::Add;

/// Bytes on the heap, by what they hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Footprint {
    /// Identifiers and versions.
    pub identifiers: usize,
    /// The attributes' columns with their dictionaries.
    pub attributes: usize,
    /// Vertices in EPSG:9218.
    pub metres: usize,
    /// Vertices in CRS84.
    pub degrees: usize,
    /// Vertices in Web Mercator.
    pub mercator: usize,
    /// Where items and rings begin.
    pub rings: usize,
    /// The trees over the envelopes, estimated at their entries.
    pub index: usize,
}

impl Footprint {
    /// Each part with its name.
    pub fn parts(&self) -> [(&'static str, usize); 7] {
        [
            ("identifiers", self.identifiers),
            ("attributes", self.attributes),
            ("metres", self.metres),
            ("degrees", self.degrees),
            ("mercator", self.mercator),
            ("rings", self.rings),
            ("index", self.index),
        ]
    }

    /// All of it.
    pub fn total(&self) -> usize {
        self.parts().iter().map(|(_, bytes)| bytes).sum()
    }
}

impl Add for Footprint {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            identifiers: self.identifiers + other.identifiers,
            attributes: self.attributes + other.attributes,
            metres: self.metres + other.metres,
            degrees: self.degrees + other.degrees,
            mercator: self.mercator + other.mercator,
            rings: self.rings + other.rings,
            index: self.index + other.index,
        }
    }
}

impl std::iter::Sum for Footprint {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Add::add)
    }
}
