//! Signs drawn in the page itself. They never stand alone: a word says the same beside them.

use maud::{Markup, PreEscaped, html};

use crate::permit::verdict::Outcome;

fn svg(size: u32, inner: &'static str) -> Markup {
    html! {
        svg width=(size) height=(size) viewBox="0 0 16 16" aria-hidden="true" focusable="false" {
            (PreEscaped(inner))
        }
    }
}

/// The mark of the service: layers over one another.
pub fn logo() -> Markup {
    html! {
        svg width="40" height="40" viewBox="0 0 40 40" aria-hidden="true" focusable="false" {
            rect width="40" height="40" rx="6" fill="#0b4d6b" {}
            path d="M8 25l12 6 12-6M8 19l12 6 12-6" fill="none" stroke="#8fbcd1" stroke-width="2.5" stroke-linejoin="round" {}
            path d="M8 13l12-6 12 6-12 6z" fill="#fff" {}
        }
    }
}

/// Three bars: the menu of a phone.
pub fn menu() -> Markup {
    svg(18, r#"<path d="M1 3.5h14M1 8h14M1 12.5h14" stroke="currentColor" stroke-width="1.8" fill="none"/>"#)
}

/// A magnifying glass.
pub fn search() -> Markup {
    svg(
        18,
        r#"<circle cx="7" cy="7" r="4.8" fill="none" stroke="currentColor" stroke-width="1.8"/><path d="M10.6 10.6L15 15" stroke="currentColor" stroke-width="2"/>"#,
    )
}

/// A cross: close.
pub fn close() -> Markup {
    svg(18, r#"<path d="M3 3l10 10M13 3L3 13" stroke="currentColor" stroke-width="1.8"/>"#)
}

/// A stack of layers.
pub fn layers() -> Markup {
    svg(
        18,
        r#"<path d="M8 1.5l6.5 3.2L8 8 1.5 4.7zM1.5 8L8 11.2 14.5 8M1.5 11.2L8 14.4l6.5-3.2" fill="none" stroke="currentColor" stroke-width="1.4" stroke-linejoin="round"/>"#,
    )
}

/// The sign of a verdict; each has a shape of its own, for colour alone says nothing to some.
pub fn outcome(outcome: Outcome) -> Markup {
    svg(
        14,
        match outcome {
            Outcome::Pass => {
                r#"<path d="M2.5 8.5l3.5 3.5 7.5-8" fill="none" stroke="currentColor" stroke-width="2.4"/>"#
            }
            Outcome::Fail => r#"<path d="M3 3l10 10M13 3L3 13" stroke="currentColor" stroke-width="2.4"/>"#,
            Outcome::Manual => {
                r#"<path d="M8 1.5L15 14H1z" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linejoin="round"/><path d="M8 6v4M8 11.4v1.4" stroke="currentColor" stroke-width="1.6"/>"#
            }
            Outcome::NotApplicable => r#"<path d="M3 8h10" stroke="currentColor" stroke-width="2.4"/>"#,
            Outcome::NoData => {
                r#"<circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.6" stroke-dasharray="3 2"/><path d="M8 4.6v4M8 10v1.6" stroke="currentColor" stroke-width="1.6"/>"#
            }
        },
    )
}
