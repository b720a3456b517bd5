//! Parts of an application's pages.

pub mod elevation;
pub mod events;
pub mod evidence;
pub mod facts;
pub mod files;
pub mod findings;
pub mod form;
pub mod history;
pub mod load;
pub mod model;
pub mod summary;
pub mod verdicts;
