//! The classes of the standards that hold, each with what it means.

use axum::response::Response;
use maud::html;

use super::super::ask::Ask;
use super::{framed, heading, visit};
use crate::http::portal::i18n::Tr;

/// Standard and class of an address `http://www.opengis.net/spec/{standard}/{version}/conf/{class}`.
fn parts(uri: &str) -> Option<(&str, &str, &str)> {
    let (standard, rest) = uri.split_once("/spec/")?.1.split_once('/')?;
    let (version, class) = rest.split_once("/conf/")?;
    Some((standard, version, class))
}

fn meaning(tr: Tr, uri: &str) -> String {
    let Some((standard, _, class)) = parts(uri) else { return String::new() };
    tr.or(&format!("conf-{standard}-{}", class.replace('/', "-")), class)
}

/// `/ogc/conformance`
pub(in crate::http::ogc) fn conformance(ask: &Ask, classes: &[&str]) -> Response {
    let visit = visit(ask);
    let tr = visit.tr;
    let mut standards: Vec<(&str, &str)> = Vec::new();
    for (standard, version, _) in classes.iter().filter_map(|c| parts(c)) {
        if !standards.iter().any(|(s, _)| *s == standard) {
            standards.push((standard, version));
        }
    }
    let title = tr.t("ogc-conformance");
    let body = html! {
        (heading(ask, &title, Some(&tr.t("ogc-conformance-intro")), &[], &html! {}))
        @for (standard, version) in standards {
            section aria-labelledby=(standard) {
                h2 id=(standard) { (tr.or(&format!("standard-{standard}"), standard)) " " span class="small muted" { (version) } }
                dl class="meanings" {
                    @for class in classes.iter().filter(|c| parts(c).is_some_and(|(s, _, _)| s == standard)) {
                        div {
                            dt { (meaning(tr, class)) }
                            dd class="small muted" { code class="break" { (class) } }
                        }
                    }
                }
            }
        }
    };
    framed(ask, &visit, &title, &[], false).render(&body)
}

#[cfg(test)]
mod tests {
    use super::super::super::root::CONFORMANCE;
    use super::*;
    use crate::text::Lang;

    #[test]
    fn every_class_is_told_in_both_languages() {
        for class in CONFORMANCE {
            let (standard, _, name) = parts(class).unwrap();
            for tr in [Tr(Lang::Vi), Tr(Lang::En)] {
                assert_ne!(meaning(tr, class), name, "say in ogc.ftl what {class} means");
                assert_ne!(tr.or(&format!("standard-{standard}"), ""), "", "{standard}");
            }
        }
    }
}
