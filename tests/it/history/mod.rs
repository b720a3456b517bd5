//! The past: old states through the same interface, the list of changes, and undo.

mod pages;
mod past;
mod same_meaning;
mod told;
mod undo;
