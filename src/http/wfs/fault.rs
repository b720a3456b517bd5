//! Refusals as exception reports (OWS Common 1.1 of WFS 2.0, 1.0 of WFS 1.1; the service exception of WFS 1.0).

use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::Response;

use super::transaction;
use super::version::Version;
use crate::Error;
use crate::features::encode::xml::escaped;
use crate::http::{lang, problem};
use crate::text::{Lang, Text};

/// A refusal.
#[derive(Debug)]
pub(super) struct Fault {
    /// Code of the standard (OGC 09-025r2, table 3).
    code: &'static str,
    /// The parameter or element that is wrong.
    locator: String,
    cause: Box<Error>,
}

impl From<Error> for Fault {
    fn from(cause: Error) -> Self {
        let (code, locator) = match &cause {
            Error::InvalidParameter { name, .. } => ("InvalidParameterValue", name.clone()),
            Error::TooLarge { .. } => ("OperationParsingFailed", "body".to_owned()),
            Error::NotFound { id, .. } => ("NotFound", id.clone()),
            _ => ("OperationProcessingFailed", String::new()),
        };
        Self { code, locator, cause: Box::new(cause) }
    }
}

impl Fault {
    /// A refusal with a code of its own.
    pub fn new(code: &'static str, locator: &str, vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code, locator: locator.to_owned(), cause: Box::new(Error::invalid(locator, vi, en)) }
    }

    /// A wrong value of the parameter or element `locator`.
    pub fn value(locator: &str, vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new("InvalidParameterValue", locator, vi, en)
    }

    /// What cannot be read.
    pub fn parsing(locator: &str, vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new("OperationParsingFailed", locator, vi, en)
    }

    /// A parameter that must be there.
    pub fn missing(name: &str) -> Self {
        Self::new("MissingParameterValue", name, "phải có tham số này", "this parameter is required")
    }

    /// What is in the standard but not offered.
    pub fn unsupported(locator: &str, vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new("OptionNotSupported", locator, vi, en)
    }

    /// A layer that does not exist, or that the caller may not see.
    pub fn unknown_type(name: &str) -> Self {
        Self::value("typeName", format!("không có lớp {name}"), format!("there is no feature type {name}"))
    }

    /// Whether it is that of a layer that is not there.
    pub fn is_unknown_type(&self) -> bool {
        self.code == "InvalidParameterValue" && self.locator == "typeName"
    }

    /// As the answer to a request with this head.
    pub fn response(self, version: Version, parts: &Parts) -> Response {
        let told = problem::told(&self.cause, &problem::Asked::new(&parts.headers, parts.uri.path()));
        let lang = lang::of_headers(&parts.headers);
        let mut response = Response::new(self.document(version, &told.detail, lang).into());
        *response.status_mut() = told.status;
        let headers = response.headers_mut();
        let kind = match version {
            Version::V10 => "application/vnd.ogc.se_xml",
            Version::V11 => "text/xml",
            Version::V20 => "application/xml",
        };
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some((name, value)) = told.header {
            headers.insert(name, value);
        }
        response
    }

    /// As the answer to a transaction of 1.0.0, which tells in its own way that nothing was changed.
    pub fn of_transaction(self, parts: &Parts) -> Response {
        let told = problem::told(&self.cause, &problem::Asked::new(&parts.headers, parts.uri.path()));
        let message = told.detail.get(lang::of_headers(&parts.headers));
        transaction::failed(told.status, &self.locator, message)
            .unwrap_or_else(|| self.response(Version::V10, parts))
    }

    fn document(&self, version: Version, detail: &Text, lang: Lang) -> String {
        let (code, text) = (self.code, escaped(detail.get(lang)));
        let locator = match self.locator.as_str() {
            "" => String::new(),
            locator => format!(" locator=\"{}\"", escaped(locator)),
        };
        let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
        if version == Version::V10 {
            return format!(
                "{head}<ServiceExceptionReport version=\"1.2.0\" xmlns=\"http://www.opengis.net/ogc\"><ServiceException \
                 code=\"{code}\"{locator}>{text}</ServiceException></ServiceExceptionReport>"
            );
        }
        let (namespace, number) = match version {
            Version::V20 => ("http://www.opengis.net/ows/1.1", "2.0.0"),
            _ => ("http://www.opengis.net/ows", "1.1.0"),
        };
        let lang = match lang {
            Lang::Vi => "vi",
            Lang::En => "en",
        };
        let lang = if version == Version::V20 {
            format!("xml:lang=\"{lang}\"")
        } else {
            format!("language=\"{lang}\"")
        };
        format!(
            "{head}<ows:ExceptionReport xmlns:ows=\"{namespace}\" version=\"{number}\" {lang}><ows:Exception \
             exceptionCode=\"{code}\"{locator}><ows:ExceptionText>{text}</ows:ExceptionText></ows:Exception>\
             </ows:ExceptionReport>"
        )
    }
}
