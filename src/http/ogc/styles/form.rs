//! The forms of a style, and which one a request asks for.

use axum::http::header;
use serde_json::Value;

use crate::http::ogc::ask::{Ask, link};
use crate::http::tiles::DATASET;
use crate::layers::qgis;
use crate::{Error, Result};

/// What `f` may be.
pub(in crate::http::ogc) const FORMS: [&str; 4] = ["mapbox", "sld10", "qml", "html"];
/// Media types of the forms that are no JSON.
pub(in crate::http::ogc) const FILES: [&str; 2] = [SLD, QML];
const SLD: &str = "application/vnd.ogc.sld+xml;version=1.0";
const QML: &str = "application/vnd.qgis.qml+xml";

/// A stylesheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    MapLibre,
    Sld,
    Qml,
}

impl Form {
    const ALL: [Self; 3] = [Self::MapLibre, Self::Sld, Self::Qml];

    /// Those in which the style of this id is there: QGIS's own files are of one layer.
    pub(super) fn offered(id: &str) -> impl Iterator<Item = Self> + use<> {
        let whole = id == DATASET;
        Self::ALL.into_iter().filter(move |form| !whole || *form != Self::Qml)
    }

    /// Its name in `f`.
    pub(super) fn f(self) -> &'static str {
        match self {
            Self::MapLibre => "mapbox",
            Self::Sld => "sld10",
            Self::Qml => "qml",
        }
    }

    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::MapLibre => "application/vnd.mapbox.style+json",
            Self::Sld => SLD,
            Self::Qml => QML,
        }
    }

    /// What people call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::MapLibre => "MapLibre",
            Self::Sld => "SLD 1.0",
            Self::Qml => "QGIS (QML)",
        }
    }

    /// Version of its specification, and where that is.
    pub(super) fn specification(self) -> (&'static str, &'static str) {
        match self {
            Self::MapLibre => ("8", "https://maplibre.org/maplibre-style-spec/"),
            Self::Sld => ("1.0", "https://www.ogc.org/standards/sld"),
            Self::Qml => (
                qgis::VERSION,
                "https://docs.qgis.org/latest/en/docs/user_manual/appendices/qgis_file_formats.html",
            ),
        }
    }

    pub(super) fn address(self, ask: &Ask, id: &str) -> String {
        ask.url(&format!("/styles/{id}?f={}", self.f()))
    }

    pub(super) fn link(self, ask: &Ask, id: &str, title: &str) -> Value {
        link(&self.address(ask, id), "stylesheet", self.media_type(), title)
    }
}

/// The form that a request asks for; none: the page.
pub(super) fn asked(ask: &Ask, id: &str) -> Result<Option<Form>> {
    match ask.params.get("f") {
        Some("html") => Ok(None),
        Some("json") => Ok(Some(Form::MapLibre)),
        Some(f) => {
            let form = Form::offered(id).find(|form| form.f() == f);
            let names: Vec<&str> = Form::offered(id).map(Form::f).collect();
            let names = names.join(", ");
            form.map(Some).ok_or_else(|| {
                Error::invalid(
                    "f",
                    format!("“{f}” không có ở đây; dùng {names} hoặc html"),
                    format!("“{f}” is not offered; use {names} or html"),
                )
            })
        }
        None => Ok(accepted(ask.headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()), id)),
    }
}

/// The form that `Accept` prefers, the earlier one of equals.
fn accepted(accept: Option<&str>, id: &str) -> Option<Form> {
    let mut best = (Some(Form::MapLibre), 0.0_f32);
    for part in accept.unwrap_or_default().split(',') {
        let mut fields = part.split(';').map(str::trim);
        let kind = fields.next().unwrap_or_default().to_ascii_lowercase();
        let fields: Vec<&str> = fields.collect();
        let weight = fields.iter().find_map(|f| f.strip_prefix("q=")?.parse().ok()).unwrap_or(1.0_f32);
        let form = match kind.as_str() {
            "text/html" | "application/xhtml+xml" => None,
            "*/*" | "application/*" | "application/json" => Some(Form::MapLibre),
            kind => {
                let known = Form::offered(id).find(|f| f.media_type().split(';').next() == Some(kind));
                let Some(form) = known else { continue };
                // Another version of SLD is another form.
                let version = fields.iter().find_map(|f| f.strip_prefix("version="));
                if form == Form::Sld && version.is_some_and(|v| v.trim_matches('"') != "1.0") {
                    continue;
                }
                Some(form)
            }
        };
        if weight > best.1 {
            best = (form, weight);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_decides_between_forms_and_the_page() {
        for (accept, form) in [
            ("*/*", Some(Form::MapLibre)),
            ("application/vnd.ogc.sld+xml;version=1.0", Some(Form::Sld)),
            ("application/vnd.ogc.sld+xml", Some(Form::Sld)),
            ("application/vnd.ogc.sld+xml;version=1.1", Some(Form::MapLibre)),
            ("application/vnd.qgis.qml+xml", Some(Form::Qml)),
            ("text/html,application/xhtml+xml,*/*;q=0.8", None),
            ("text/html;q=0.5, application/vnd.mapbox.style+json", Some(Form::MapLibre)),
            ("image/png", Some(Form::MapLibre)),
        ] {
            assert_eq!(accepted(Some(accept), "parcel"), form, "{accept}");
        }
        assert_eq!(accepted(None, "parcel"), Some(Form::MapLibre));
        let qml = Some("application/vnd.qgis.qml+xml");
        assert_eq!(accepted(qml, DATASET), Some(Form::MapLibre), "of all layers there is none");
    }
}
