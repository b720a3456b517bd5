//! The list of imports: those of the portal and those of the command line, the latest first.

use maud::{Markup, html};
use serde::Deserialize;

use super::super::format::{number, time};
use super::super::i18n::Tr;
use super::{badge, plainly};
use crate::layers::Catalog;
use crate::store::import_list::Line;
use crate::store::imports::Task;
use crate::store::jobs::State as JobState;

/// What a link to the page may say.
#[derive(Debug, Deserialize)]
pub(super) struct Wish {
    pub layer: Option<String>,
    /// Imports begun before this time: where the last page ended.
    pub before: Option<chrono::DateTime<chrono::Utc>>,
}

/// The lines, or a word on why there are none.
pub(super) fn section(
    tr: Tr,
    catalog: &Catalog,
    lines: &[Line],
    layers: &[(&str, &str)],
    wish: &Wish,
    more: bool,
) -> Markup {
    let chosen = wish.layer.as_deref().filter(|l| !l.is_empty());
    let next = lines.last().filter(|_| more);
    html! {
        section aria-labelledby="past" {
            h2 id="past" { (tr.t("import-past")) }
            @if layers.len() > 1 && (chosen.is_some() || !lines.is_empty()) {
                form class="filters" method="get" action="/import#past" {
                    div class="field" {
                        label for="of" { (tr.t("import-past-of")) }
                        select id="of" name="layer" {
                            option value="" { (tr.t("changes-any-layer")) }
                            @for (title, id) in layers { option value=(id) selected[chosen == Some(id)] { (title) } }
                        }
                    }
                    button class="button button--plain" type="submit" { (tr.t("queue-filter")) }
                }
            }
            @if lines.is_empty() { div class="empty" { p { (tr.t("import-none")) } } } @else { (table(tr, catalog, lines)) }
            @if let Some(last) = next {
                div class="actions" {
                    a class="button button--plain" href={ "/import?layer=" (chosen.unwrap_or_default()) "&before=" (last.created_at.format("%Y-%m-%dT%H:%M:%S%.6fZ")) "#past" } { (tr.t("import-older")) }
                }
            }
        }
    }
}

fn table(tr: Tr, catalog: &Catalog, lines: &[Line]) -> Markup {
    html! {
        div class="table-wrap" {
            table class="stack" id="imports" {
                thead { tr {
                    @for key in ["import-when", "import-layer", "import-file", "import-state", "import-result", "import-who", "import-actions"] {
                        th scope="col" { (tr.t(key)) }
                    }
                } }
                tbody { @for l in lines { tr data-import-line=(l.id) {
                    th scope="row" class="nowrap" { time datetime=(l.created_at.to_rfc3339()) { (time(l.created_at)) } }
                    td data-label=(tr.t("import-layer")) { (catalog.layer(&l.layer).map_or(l.layer.as_str(), |d| tr.of(&d.title))) }
                    td data-label=(tr.t("import-file")) class="break" { (if l.files.is_empty() { "–".to_owned() } else { l.files.join(", ") }) }
                    td data-label=(tr.t("import-state")) {
                        (badge(tr, l.task, l.state))
                        @if let Some(error) = l.error.as_ref().filter(|_| l.state == Some(JobState::Failed)) { div class="small muted import-why" { (plainly(tr, tr.of(error))) } }
                    }
                    td data-label=(tr.t("import-result")) { (result(tr, l)) }
                    td data-label=(tr.t("import-who")) { (who(tr, l)) }
                    td data-label=(tr.t("import-actions")) { (actions(tr, l)) }
                } } }
            }
        }
    }
}

/// Who began it; the command line is named in words.
pub(super) fn who(tr: Tr, line: &Line) -> String {
    match line.created_by.strip_prefix("cli import") {
        Some(user) if !line.portal => {
            tr.with("import-by-command", &[("user", user.trim())]).trim().to_owned()
        }
        _ => line.created_by.clone(),
    }
}

/// What the run came to, in items.
fn result(tr: Tr, l: &Line) -> String {
    let count = |n: i64| number(tr, n as f64, 0);
    let Some(imported) = l.imported else { return "–".to_owned() };
    let whole = tr.with("import-line-in", &[("count", &count(imported))]);
    let mut told = Vec::new();
    for (key, n) in [
        ("import-line-new", l.inserted),
        ("import-line-changed", l.updated),
        ("import-line-unchanged", l.inserted.zip(l.updated).map(|(new, changed)| imported - new - changed)),
        ("import-line-closed", l.closed),
        ("import-line-refused", l.rejected),
    ] {
        if let Some(n) = n.filter(|n| *n > 0) {
            told.push(tr.with(key, &[("count", &count(n))]));
        }
    }
    if told.is_empty() { whole } else { format!("{whole}: {}", told.join(", ")) }
}

fn actions(tr: Tr, l: &Line) -> Markup {
    let key = match (l.imported.is_some() || l.revision.is_some(), l.portal) {
        (true, _) => "import-open-report",
        (false, true) => "import-open",
        (false, false) => "import-details",
    };
    // A reader of the page by ear hears which one.
    let of = format!(" {} {}", time(l.created_at), l.files.join(", "));
    html! {
        div class="import-actions" {
            a href={ "/import/" (l.id) } { (tr.t(key)) span class="visually-hidden" { (of) } }
            @if let Some(by) = l.undone_by { span class="small muted" { (tr.with("changes-undone-by", &[("revision", &by.to_string())])) } }
            @else if let Some(revision) = l.revision.filter(|_| l.task == Some(Task::Run)) {
                a href={ "/changes/" (revision) "/undo" } { (tr.t("changes-undo")) span class="visually-hidden" { (of) } }
            }
        }
    }
}
