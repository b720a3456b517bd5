//! Models and documents of a case: what is there, and where the next one goes.

use maud::{Markup, html};

use super::super::format::{bytes, time};
use super::super::i18n::Tr;
use crate::permit::law::{Gate, Procedure, Slot};
use crate::store::permits::application::Work;
use crate::store::permits::files::{CaseFile, MODEL_SLOT};

/// Largest upload that a page offers, in bytes; the server holds the same limits.
const MODEL_LIMIT_BYTES: u64 = 1024 * 1024 * 1024;
const DOCUMENT_LIMIT_BYTES: u64 = 200 * 1024 * 1024;

/// What the lists are made from.
#[derive(Debug)]
#[allow(clippy::struct_field_names, reason = "the files of a case beside its other parts")]
pub struct Files<'a> {
    /// Texts.
    pub tr: Tr,
    /// Id of the case.
    pub id: String,
    /// The procedure with its slots.
    pub procedure: &'a Procedure,
    /// Works of the case.
    pub works: &'a [Work],
    /// The working set.
    pub files: &'a [CaseFile],
    /// Investor type, for slots that only some must fill.
    pub investor_type: Option<&'a str>,
    /// Whether files may be put in now.
    pub editable: bool,
}

impl Files<'_> {
    /// Upload of a model for each work.
    pub fn models(&self) -> Markup {
        let tr = self.tr;
        html! {
            @for work in self.works {
                @let file = self.files.iter().find(|f| f.slot == MODEL_SLOT && f.work == work.id);
                @if self.works.len() > 1 { h3 { (work.name) } }
                (self.file_line(file, file.map(|_| format!("/api/v1/applications/{}/works/{}/model", self.id, work.id))))
                @if self.editable {
                    form class="dropzone" data-upload={ "/api/v1/applications/" (self.id) "/works/" (work.id) "/model" } data-part="model" data-limit=(MODEL_LIMIT_BYTES) {
                        div class="field" {
                            label for={ "model-" (work.id) } { (tr.t(if file.is_some() { "model-replace" } else { "model-choose" })) }
                            span class="hint" { (tr.t("model-hint")) }
                            input type="file" id={ "model-" (work.id) } name="file" accept=".ifc,application/x-step";
                        }
                        div data-out="" aria-live="polite" {}
                        button class="button" type="submit" { (tr.t("upload")) }
                    }
                }
            }
        }
    }

    fn file_line(&self, file: Option<&CaseFile>, href: Option<String>) -> Markup {
        let tr = self.tr;
        match file {
            None => html! { p class="muted" { (tr.t("file-none")) } },
            Some(f) => html! {
                p {
                    @if let Some(href) = href { a href=(href) download { (f.name) } } @else { (f.name) }
                    " " span class="muted small nowrap" { (bytes(tr, f.size_bytes)) " · " (tr.with("version-n", &[("version", &f.version.to_string())])) " · " (time(f.uploaded_at)) }
                }
            },
        }
    }

    /// The document slots of the procedure.
    pub fn documents(&self) -> Markup {
        let tr = self.tr;
        let slots: Vec<&Slot> =
            self.procedure.slots.iter().filter(|s| s.id != MODEL_SLOT && self.concerns(s)).collect();
        if slots.is_empty() {
            return html! { p class="muted" { (tr.t("documents-none")) } };
        }
        html! {
            ul class="verdicts" {
                @for slot in slots { li class="verdict" { (self.slot(slot)) } }
            }
        }
    }

    /// Whether a slot concerns this investor.
    fn concerns(&self, slot: &Slot) -> bool {
        slot.investor.is_empty() || self.investor_type.is_none_or(|t| slot.investor.iter().any(|i| i == t))
    }

    fn slot(&self, slot: &Slot) -> Markup {
        let tr = self.tr;
        let file = self.files.iter().find(|f| f.slot == slot.id);
        let href =
            file.map(|f| format!("/api/v1/applications/{}/documents/{}/{}", self.id, slot.id, f.version));
        let gate = match slot.gate {
            Gate::Submit => "gate-submit",
            Gate::Intake => "gate-intake",
            Gate::Optional => "gate-optional",
        };
        html! {
            div class="verdict__head" {
                h3 { (tr.of(&slot.title)) }
                span class=(if file.is_some() { "badge badge--pass" } else { "badge" }) { (tr.t(if file.is_some() { "slot-filled" } else { gate })) }
            }
            p class="small muted" {
                (slot.clause)
                @if let Some(when) = &slot.when { " · " (tr.of(when)) }
                @if slot.replaced_by.is_some() { " · " (tr.t("slot-replaced-by-model")) }
            }
            (self.file_line(file, href))
            @if self.editable {
                form data-upload={ "/api/v1/applications/" (self.id) "/documents/" (slot.id) } data-part="documents" data-limit=(DOCUMENT_LIMIT_BYTES) {
                    label class="visually-hidden" for={ "doc-" (slot.id) } { (tr.of(&slot.title)) }
                    div class="state-line" {
                        input type="file" id={ "doc-" (slot.id) } name="file" accept=(accept(slot));
                        button class="button button--plain button--small" type="submit" { (tr.t("upload")) }
                    }
                    div data-out="" aria-live="polite" {}
                }
            }
        }
    }
}

/// `accept` of a file field from a slot's kinds of files.
fn accept(slot: &Slot) -> String {
    slot.accept.iter().map(|a| format!(".{a}")).collect::<Vec<_>>().join(",")
}
