//! In which form an answer is: by `f`, else by `Accept` (RFC 9110, 12.5.1).

use axum::http::HeaderValue;

use crate::features::encode::Form;
use crate::{Error, Result};

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum Format {
    /// The resource's own JSON: of items GeoJSON.
    Json,
    Html,
    /// Another form of items.
    Other(Form),
}

/// Forms of most resources.
pub(super) const DOCUMENT: &[Format] = &[Format::Json, Format::Html];
/// Forms of one item.
pub(super) const ITEM: &[Format] =
    &[Format::Json, Format::Html, Format::Other(Form::JsonFg), Format::Other(Form::Gml)];
/// Forms of items.
pub(super) const ITEMS: &[Format] = &[
    Format::Json,
    Format::Html,
    Format::Other(Form::JsonFg),
    Format::Other(Form::Gml),
    Format::Other(Form::Csv),
    Format::Other(Form::FlatGeobuf),
    Format::Other(Form::GeoPackage),
    Format::Other(Form::GeoParquet),
];

impl Format {
    /// How `f` names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Json => Form::GeoJson.name(),
            Self::Html => "html",
            Self::Other(form) => form.name(),
        }
    }

    /// Its media type; `json` is that of the resource's JSON.
    pub(super) fn media_type(self, json: &'static str) -> &'static str {
        match self {
            Self::Json => json,
            Self::Html => "text/html",
            Self::Other(form) => form.media_type(),
        }
    }

    /// The form of items; none is a page.
    pub(super) fn form(self) -> Option<Form> {
        match self {
            Self::Json => Some(Form::GeoJson),
            Self::Html => None,
            Self::Other(form) => Some(form),
        }
    }

    /// Whether `f=name` means it.
    fn is_called(self, name: &str) -> bool {
        let others: &[&str] = match self {
            Self::Json => &["geojson"],
            Self::Other(Form::FlatGeobuf) => &["flatgeobuf"],
            Self::Other(Form::GeoPackage) => &["geopackage"],
            Self::Other(Form::GeoParquet) => &["geoparquet"],
            Self::Html | Self::Other(_) => &[],
        };
        name == self.name() || others.contains(&name)
    }

    /// Whether `Accept: kind` (without parameters, in small letters) means just it.
    fn is_of(self, kind: &str, offered: &[Self]) -> bool {
        match self {
            // Whatever JSON a client names (`application/schema+json`, `application/geo+json` …) but another form's.
            Self::Json => kind.contains("json") && !offered.iter().any(|o| *o != self && o.is_of(kind, &[])),
            Self::Html => matches!(kind, "text/html" | "application/xhtml+xml"),
            Self::Other(Form::JsonFg) => {
                matches!(kind, "application/fg+json" | "application/vnd.ogc.fg+json")
            }
            Self::Other(Form::FlatGeobuf) => {
                matches!(kind, "application/flatgeobuf" | "application/vnd.flatgeobuf")
            }
            Self::Other(Form::GeoPackage) => {
                matches!(kind, "application/geopackage+sqlite3" | "application/geopackage+vnd.sqlite3")
            }
            Self::Other(Form::GeoParquet) => {
                matches!(kind, "application/vnd.apache.parquet" | "application/x-parquet")
            }
            Self::Other(form) => form.media_type().split(';').next() == Some(kind),
        }
    }

    /// How narrowly a range of `Accept` means it; none where it does not.
    fn match_of(self, range: &str, offered: &[Self]) -> Option<u8> {
        let family = self.media_type("application/json").split('/').next().unwrap_or_default();
        match range {
            "*/*" => Some(0),
            range if range.strip_suffix("/*") == Some(family) => Some(1),
            kind => self.is_of(kind, offered).then_some(2),
        }
    }
}

/// The form that `f=name` asks for.
pub(super) fn asked(name: &str, offered: &[Format]) -> Result<Format> {
    offered.iter().copied().find(|o| o.is_called(name)).ok_or_else(|| {
        let names: Vec<&str> = offered.iter().map(|o| o.name()).collect();
        Error::invalid(
            "f",
            format!("“{name}” không có ở đây; dùng {}", names.join(", ")),
            format!("“{name}” is not offered; use one of {}", names.join(", ")),
        )
    })
}

/// The form that `Accept` prefers, the first one where it does not say. Of forms that it likes alike the one that it
/// names first.
pub(super) fn negotiate<'a>(
    values: impl IntoIterator<Item = &'a HeaderValue>,
    offered: &[Format],
) -> Result<Format> {
    let text: Vec<&str> = values.into_iter().filter_map(|v| v.to_str().ok()).collect();
    let ranges = ranges(&text.join(","));
    if ranges.is_empty() {
        return Ok(offered[0]);
    }
    // What decides about a form is the range that means it most narrowly.
    let liking = |format: &Format| {
        let means = ranges.iter().enumerate().filter_map(|(i, (range, q))| {
            format.match_of(range, offered).map(|narrow| (narrow, std::cmp::Reverse(i), *q))
        });
        means.max_by_key(|(narrow, first, _)| (*narrow, *first)).map(|(_, first, q)| (q, first))
    };
    let mut best = None;
    for format in offered {
        if let Some(liked) = liking(format).filter(|(q, _)| *q > 0)
            && best.is_none_or(|(most, _)| liked > most)
        {
            best = Some((liked, *format));
        }
    }
    best.map(|(_, format)| format).ok_or_else(|| {
        let json = if offered == DOCUMENT { "application/json" } else { Form::GeoJson.media_type() };
        Error::NotAcceptable(offered.iter().map(|o| o.media_type(json)).collect())
    })
}

/// The media ranges of `Accept` in small letters without parameters, each with its weight in thousandths.
fn ranges(text: &str) -> Vec<(String, u32)> {
    let range = |part: &str| {
        let mut fields = part.split(';').map(str::trim);
        let kind = fields.next().unwrap_or_default().to_ascii_lowercase();
        let weight = fields.find_map(|f| f.strip_prefix("q=").or_else(|| f.strip_prefix("Q=")));
        // A weight that is no number counts as none that was given.
        let weight = weight.and_then(|q| q.trim().parse::<f32>().ok()).map_or(1.0, |q| q.clamp(0.0, 1.0));
        kind.contains('/').then(|| (kind, (weight * 1000.0).round() as u32))
    };
    text.split(',').filter_map(range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(accept: &'static str, offered: &[Format]) -> Option<Format> {
        negotiate([&HeaderValue::from_static(accept)], offered).ok()
    }

    #[test]
    fn accept_chooses_among_what_is_offered() {
        use Format::{Html, Json, Other};
        for (accept, document, items) in [
            ("text/html,application/xhtml+xml,*/*;q=0.8", Some(Html), Some(Html)),
            ("application/geo+json", Some(Json), Some(Json)),
            ("text/html;q=0.2, application/json", Some(Json), Some(Json)),
            ("application/geo+json, application/json, text/json", Some(Json), Some(Json)),
            ("application/fg+json", Some(Json), Some(Other(Form::JsonFg))),
            (
                "application/vnd.ogc.fg+json;q=0.9, application/geo+json;q=0.8",
                Some(Json),
                Some(Other(Form::JsonFg)),
            ),
            (
                "application/gml+xml; version=3.2, application/geo+json;q=0.5",
                Some(Json),
                Some(Other(Form::Gml)),
            ),
            ("application/gml+xml;q=0.5, application/geo+json;q=0.5", Some(Json), Some(Other(Form::Gml))),
            ("text/csv, text/html;q=0.9", Some(Html), Some(Other(Form::Csv))),
            ("text/*", Some(Html), Some(Html)),
            ("text/*, text/html;q=0", None, Some(Other(Form::Csv))),
            ("*/*, application/json;q=0.1, text/html;q=0.2", Some(Html), Some(Other(Form::JsonFg))),
            ("application/*;q=0.3, */*;q=0.1", Some(Json), Some(Json)),
            ("application/geopackage+sqlite3", None, Some(Other(Form::GeoPackage))),
            ("application/vnd.apache.parquet;Q=1", None, Some(Other(Form::GeoParquet))),
            ("image/png", None, None),
            ("*/*;q=0", None, None),
            ("nonsense", Some(Json), Some(Json)),
            ("", Some(Json), Some(Json)),
        ] {
            assert_eq!(of(accept, DOCUMENT), document, "{accept}");
            assert_eq!(of(accept, ITEMS), items, "{accept}");
        }
        assert_eq!(negotiate([], ITEMS).unwrap(), Json);
    }

    #[test]
    fn what_is_not_offered_is_told() {
        let refused = asked("shp", ITEMS).unwrap_err().to_string();
        assert!(
            refused.starts_with("f: ")
                && refused.contains("json, html, jsonfg, gml, csv, fgb, gpkg, parquet")
        );
        assert!(asked("csv", ITEM).is_err());
        assert_eq!(asked("geopackage", ITEMS).unwrap(), Format::Other(Form::GeoPackage));
        for form in Form::ALL {
            assert_eq!(asked(form.name(), ITEMS).unwrap().form(), Some(form));
        }
    }
}
