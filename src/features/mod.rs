//! The layers in memory: columns and packed geometry under an rstar tree, one immutable snapshot a request.

pub mod layer;
pub mod snapshot;
