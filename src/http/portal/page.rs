//! The frame around every page: head, header with navigation, main, footer.

use std::sync::Arc;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Serialize;

use super::i18n::Tr;
use super::{assets, icons};
use crate::access::{self, Principal, Role};
use crate::layers::{Catalog, LayerDef};
use crate::text::Lang;

/// What a page is made for: who reads it, in which language, at which address.
#[derive(Debug, Clone)]
pub struct Visit {
    /// Texts in the reader's language.
    pub tr: Tr,
    /// Who reads.
    pub who: Principal,
    /// Path and query of the request, for the language switch and the way back after sign-in.
    pub path: String,
    /// Whether there is a layer that the reader may change.
    pub edits: bool,
    /// Whether there is a layer that the reader may bring files into.
    pub imports: bool,
}

impl Visit {
    /// A visit of `who`; what he may change is decided by `access`, layer by layer.
    pub fn new(tr: Tr, who: Principal, path: String, catalog: &Catalog) -> Self {
        let any = |may: fn(&Principal, &Arc<LayerDef>) -> bool| catalog.layers.values().any(|l| may(&who, l));
        let edits = any(|who, layer| access::edit(who, layer).is_some());
        let imports = any(access::may_import);
        Self { tr, who, path, edits, imports }
    }
}

/// A page about to be framed.
#[derive(Debug)]
pub struct Page<'a> {
    visit: &'a Visit,
    title: String,
    script: &'static str,
    map: bool,
    width: &'static str,
    data: Vec<(&'static str, String)>,
    crumbs: Vec<(String, String)>,
    alternates: Vec<(String, String)>,
}

impl<'a> Page<'a> {
    /// A page of this title, with the script that every page has.
    pub fn new(visit: &'a Visit, title: impl Into<String>) -> Self {
        Self {
            visit,
            title: title.into(),
            script: "portal.ts",
            map: false,
            width: "page",
            data: Vec::new(),
            crumbs: Vec::new(),
            alternates: Vec::new(),
        }
    }

    /// Uses the script of an application's pages, with maps.
    pub fn with_case_script(mut self) -> Self {
        self.script = "case.ts";
        self.map = true;
        self
    }

    /// Uses a script of its own, with maps.
    pub fn with_script(mut self, entry: &'static str) -> Self {
        self.script = entry;
        self.map = true;
        self
    }

    /// Uses a script of its own, on a page without a map: a phone need not load what draws maps.
    pub fn with_script_of_texts(mut self, entry: &'static str) -> Self {
        self.script = entry;
        self
    }

    /// The same resource in another form: media type and address.
    pub fn alternate(mut self, kind: impl Into<String>, href: impl Into<String>) -> Self {
        self.alternates.push((kind.into(), href.into()));
        self
    }

    /// A narrow column for reading and short forms.
    pub fn narrow(mut self) -> Self {
        self.width = "page page--narrow";
        self
    }

    /// The whole width of a large screen.
    pub fn wide(mut self) -> Self {
        self.width = "page page--wide";
        self
    }

    /// A link of the way here.
    pub fn crumb(mut self, title: impl Into<String>, href: impl Into<String>) -> Self {
        self.crumbs.push((title.into(), href.into()));
        self
    }

    /// A JSON block for the page's script. It never ends the block early: `<` is written as an escape.
    pub fn data<T: Serialize>(mut self, id: &'static str, value: &T) -> Self {
        let json = serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned());
        self.data.push((id, json.replace('<', "\\u003c")));
        self
    }

    /// The page with `body` inside main.
    pub fn render(self, body: &Markup) -> Response {
        let tr = self.visit.tr;
        let main = html! {
            main id="main" tabindex="-1" class=(self.width) {
                @if !self.crumbs.is_empty() {
                    nav class="crumbs" aria-label=(tr.t("crumbs")) {
                        ol { @for (title, href) in &self.crumbs { li { a href=(href) { (title) } } } }
                    }
                }
                noscript { p class="notice notice--warn" { (tr.t("no-script")) } }
                (body)
            }
        };
        self.frame(&main, "", true)
    }

    /// The map's page: `body` is main itself, the map fills the window.
    pub fn render_map(mut self, body: &Markup) -> Response {
        self.script = "map.ts";
        self.map = true;
        self.frame(body, "map-page", false)
    }

    /// The page on which items are changed: as the map's, with a script and a style of its own.
    pub fn render_editor(mut self, body: &Markup) -> Response {
        self.script = "edit.ts";
        self.map = true;
        self.frame(body, "map-page", false)
    }

    fn frame(self, main: &Markup, class: &str, footer: bool) -> Response {
        let tr = self.visit.tr;
        let markup = html! {
            (DOCTYPE)
            html lang=(tr.code()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
                    title { (self.title) " – " (tr.t("site-name")) }
                    meta name="description" content=(tr.t("site-description"));
                    meta name="theme-color" content="#b3282d";
                    link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 40 40'%3E%3Crect width='40' height='40' rx='6' fill='%230b4d6b'/%3E%3Cpath d='M8 25l12 6 12-6M8 19l12 6 12-6' fill='none' stroke='%238fbcd1' stroke-width='2.5'/%3E%3Cpath d='M8 13l12-6 12 6-12 6z' fill='%23fff'/%3E%3C/svg%3E";
                    @for (kind, href) in &self.alternates { link rel="alternate" type=(kind) href=(href); }
                    link rel="stylesheet" href=(assets::url("portal.css"));
                    @if self.map { link rel="stylesheet" href=(assets::url("map.css")); }
                    @if self.script == "edit.ts" { link rel="stylesheet" href=(assets::url("edit.css")); }
                    script type="module" src=(assets::url(self.script)) {}
                }
                body class=[(!class.is_empty()).then_some(class)] {
                    a class="skip-link" href="#main" { (tr.t("skip-to-content")) }
                    (header(self.visit))
                    (main)
                    @if footer { (self::footer(tr)) }
                    (block("texts", &serde_json::to_string(&tr.script_texts(self.script == "edit.ts")).unwrap_or_default().replace('<', "\\u003c")))
                    @for (id, json) in &self.data { (block(id, json)) }
                }
            }
        };
        // Pages depend on who reads them; nothing between us and the reader may keep them.
        ([(header::CACHE_CONTROL, "private, no-store"), (header::VARY, "cookie, accept-language")], markup)
            .into_response()
    }
}

fn block(id: &str, json: &str) -> Markup {
    html! { script type="application/json" id=(id) { (PreEscaped(json)) } }
}

/// A link of the navigation: text key, address, and whether the page belongs to it.
fn nav_links(visit: &Visit) -> Vec<(&'static str, &'static str)> {
    let mut links = vec![("nav-map", "/"), ("nav-catalogue", "/layers")];
    if visit.who.has(Role::Applicant) {
        links.push(("nav-my-applications", "/applications"));
    }
    if visit.who.is_officer() {
        links.push(("nav-officer", "/officer"));
        links.extend(visit.edits.then_some(("nav-edit", "/edit")));
        links.push(("nav-quality", "/quality"));
        links.push(("nav-changes", "/changes"));
    }
    links.extend(visit.imports.then_some(("nav-import", "/import")));
    links.push(("nav-analysis", "/analysis"));
    links.push(("nav-register", "/permits"));
    links
}

fn is_current(path: &str, href: &str) -> bool {
    let path = path.split('?').next().unwrap_or(path);
    match href {
        "/" => path == "/",
        "/applications" => path.starts_with("/applications") || path.starts_with("/apply"),
        // The pages of the OGC API and of QGIS tell of the catalogue's layers.
        "/layers" => ["/layers", "/ogc", "/qgis"].iter().any(|p| path.starts_with(p)),
        _ => path.starts_with(href),
    }
}

fn header(visit: &Visit) -> Markup {
    let tr = visit.tr;
    let other = match tr.0 {
        Lang::Vi => ("en", "English"),
        Lang::En => ("vi", "Tiếng Việt"),
    };
    let back = percent_encoding::utf8_percent_encode(&visit.path, percent_encoding::NON_ALPHANUMERIC);
    html! {
        header class="site-header" {
            div class="site-header__in" {
                a class="brand" href="/" {
                    (icons::logo())
                    span {
                        span class="brand__name" { (tr.t("site-name")) }
                        span class="brand__sub" { (tr.t("site-sub")) }
                    }
                }
                button class="menu-button" type="button" popovertarget="site-menu" { (icons::menu()) (tr.t("menu")) }
                div class="menu" id="site-menu" popover {
                    nav class="site-nav" aria-label=(tr.t("nav-label")) {
                        ul {
                            @for (key, href) in nav_links(visit) {
                                li { a href=(href) aria-current=[is_current(&visit.path, href).then_some("page")] { (tr.t(key)) } }
                            }
                        }
                    }
                    div class="tools" {
                        a href={ "/lang/" (other.0) "?next=" (back) } lang=(other.0) hreflang=(other.0) { (other.1) }
                        @if let Some(user) = &visit.who.user {
                            p class="who" title={ (user.display_name) " (" (user.name) ")" } { a href="/keys" { (user.display_name) span { (user.name) } } }
                            form data-api="POST /api/v1/logout" data-then="/" {
                                button type="submit" { (tr.t("sign-out")) }
                            }
                        } @else {
                            a href={ "/sign-in?next=" (back) } { (tr.t("sign-in")) }
                        }
                    }
                }
            }
        }
    }
}

fn footer(tr: Tr) -> Markup {
    html! {
        footer class="site-footer" {
            div class="site-footer__in" {
                p { (tr.t("footer-about")) }
                ul {
                    li { a href="/ogc/" { (tr.t("footer-ogc")) } }
                    li { a href="/qgis" { (tr.t("footer-qgis")) } }
                    li { a href="/api/openapi.json" { (tr.t("footer-api")) } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit(path: &str) -> Visit {
        Visit::new(Tr(Lang::Vi), Principal::public(), path.to_owned(), &Catalog::default())
    }

    #[test]
    fn data_cannot_end_its_block() {
        let visit = visit("/");
        let page = Page::new(&visit, "x").data("case-evidence", &"</script><script>alert(1)</script>");
        assert!(!page.data[0].1.contains('<'), "{}", page.data[0].1);
    }

    #[test]
    fn strangers_see_neither_queue_nor_applications() {
        let links: Vec<_> = nav_links(&visit("/")).into_iter().map(|(_, href)| href).collect();
        assert_eq!(links, ["/", "/layers", "/analysis", "/permits"]);
    }

    #[test]
    fn who_may_change_nothing_is_not_sent_to_the_editor() {
        let catalog = crate::layers::embedded().unwrap();
        let officer = |role, authority: &str, agency: &str| {
            Principal::of(access::Account {
                id: uuid::Uuid::nil(),
                name: "x".into(),
                display_name: "x".into(),
                roles: [role].into(),
                authority: Some(authority.into()),
                agency: Some(agency.into()),
            })
        };
        for (who, edits, imports) in [
            (officer(Role::Reviewer, "24611", "XA"), true, false),
            (officer(Role::Approver, "24611", "XA"), false, false),
            (officer(Role::Reviewer, "SXD", "XD"), false, false),
            (officer(Role::Editor, "SXD", "XD"), true, true),
        ] {
            let visit = Visit::new(Tr(Lang::Vi), who, "/".to_owned(), &catalog);
            let links = nav_links(&visit);
            assert_eq!(links.contains(&("nav-edit", "/edit")), edits, "{:?}", visit.who);
            assert_eq!(links.contains(&("nav-import", "/import")), imports, "{:?}", visit.who);
        }
    }

    #[test]
    fn the_way_back_is_escaped() {
        let header = header(&visit("/permits?q=a&b=\"c")).into_string();
        assert!(header.contains("next=%2Fpermits%3Fq%3Da%26b%3D%22c"), "{header}");
    }
}
