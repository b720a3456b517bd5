//! Analysis that planners ask for, over layers in memory as a reader's rights show them: select by place and
//! attribute, buffer, intersect, nearest, aggregate per zone, and reach along roads.
//!
//! Pure: readers and parameters in, an [`Outcome`] out. All lengths and areas are computed in EPSG:9218, metres.
//! Geometry is `geo`'s (relate, boolean operations, buffer), shortest paths are `petgraph`'s. A [`Work`] bounds the
//! time, hears of the progress and can be given up.

mod aggregate;
mod buffer;
mod nearest;
mod network;
mod outcome;
mod overlay;
mod places;
mod reach;
mod select;
mod source;
mod work;
mod zones;

pub use aggregate::{Aggregate, aggregate};
pub use buffer::{Buffered, buffer};
pub use nearest::{Nearest, nearest};
pub use network::Mode;
pub use outcome::{Column, Figure, Outcome, Row};
pub use overlay::intersect;
pub use reach::{Direction, Reach, reach};
pub use select::{Relation, select};
pub use source::Source;
pub use work::{Progress, Work};

#[cfg(test)]
mod tests;
