//! The crate's error. It knows no HTTP: `http::problem` turns each variant into a status.

use std::error::Error as StdError;

use crate::text::Text;

/// Result with the crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request, a command or a job could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The thing does not exist, or the caller may not know that it does.
    #[error("{what} not found: {id}")]
    NotFound {
        /// Kind of thing, such as `collection` or `application`.
        what: &'static str,
        /// The identifier that was asked for.
        id: String,
    },
    /// A parameter, field or argument is wrong; `name` is its place.
    #[error("{name}: {}", reason.en)]
    InvalidParameter {
        /// Name of the parameter, JSON pointer of the field, or argument.
        name: String,
        /// What is wrong and what was expected.
        reason: Text,
    },
    /// An untrusted file (IFC, GDAL format, layer file) is refused.
    #[error("{place}: {}", reason.en)]
    BadFile {
        /// File name, with line, record or feature where known.
        place: String,
        /// Why it is refused.
        reason: Text,
    },
    /// Nobody is signed in, or the credentials are wrong.
    #[error("sign in first")]
    Unauthorized,
    /// The account may not do this.
    #[error("forbidden: {}", .0.en)]
    Forbidden(Text),
    /// The state of the thing does not allow it; `detail` tells what would be allowed.
    #[error("conflict: {}", reason.en)]
    Conflict {
        /// Why.
        reason: Text,
        /// Machine-readable members added to the problem body, such as `allowed_events`.
        detail: serde_json::Value,
    },
    /// `If-Match` or `expected_state` names an older state; `detail` tells what came in between.
    #[error("precondition failed: {}", reason.en)]
    PreconditionFailed {
        /// Why.
        reason: Text,
        /// Machine-readable members added to the problem body, such as `conflicts`.
        detail: serde_json::Value,
    },
    /// A write that must name the version it changes names none.
    #[error("precondition required: {}", .0.en)]
    PreconditionRequired(Text),
    /// None of the ranges that are asked for lies within the file.
    #[error("no such range in {bytes} bytes")]
    NoSuchRange {
        /// Length of the file.
        bytes: u64,
    },
    /// `Accept` takes none of the media types in which the resource is offered, which are these.
    #[error("the answer is offered as {}", .0.join(", "))]
    NotAcceptable(Vec<&'static str>),
    /// The body is not of one of these media types.
    #[error("the body must be one of {}", .0.join(", "))]
    UnsupportedMediaType(&'static [&'static str]),
    /// An idempotency key was used for another body.
    #[error("idempotency key reused with another body")]
    IdempotencyMismatch,
    /// The body is larger than allowed.
    #[error("larger than {limit_bytes} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit_bytes: u64,
    },
    /// Too many requests from this account or address.
    #[error("too many requests; try again in {retry_after_s} s")]
    TooManyRequests {
        /// Seconds to wait.
        retry_after_s: u32,
    },
    /// The method does not apply to the resource (a read-only collection, say).
    #[error("method not allowed: {0}")]
    MethodNotAllowed(&'static str),
    /// The layer is too large for this node's memory, and this way to read it needs it there.
    #[error("layer {0} is not in memory")]
    NotInMemory(String),
    /// The database cannot be reached now. Never answered as 404 or an empty list.
    #[error("database unavailable")]
    Unavailable(#[source] Box<dyn StdError + Send + Sync>),
    /// The database refused a statement that should have worked.
    #[error("database error")]
    Database(#[source] Box<dyn StdError + Send + Sync>),
    /// Settings, schema files or the machine are not as the program needs them.
    #[error("{0}")]
    Setup(String),
    /// A fault of this program or of a library.
    #[error("internal error: {context}")]
    Internal {
        /// What was being done.
        context: String,
        /// The cause.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
}

impl Error {
    /// A wrong parameter, with the reason in both languages.
    pub fn invalid(name: impl Into<String>, vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self::InvalidParameter { name: name.into(), reason: Text::new(vi, en) }
    }

    /// A file that is refused, with the reason in both languages.
    pub fn bad_file(place: impl Into<String>, vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self::BadFile { place: place.into(), reason: Text::new(vi, en) }
    }

    /// Something that does not exist.
    pub fn not_found(what: &'static str, id: impl Into<String>) -> Self {
        Self::NotFound { what, id: id.into() }
    }

    /// A state that does not allow the request.
    pub fn conflict(vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Conflict { reason: Text::new(vi, en), detail: serde_json::Value::Null }
    }

    /// A state that is older than the present one.
    pub fn stale(vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self::PreconditionFailed { reason: Text::new(vi, en), detail: serde_json::Value::Null }
    }

    /// A fault with its cause.
    pub fn internal(context: impl Into<String>, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Internal { context: context.into(), source: source.into() }
    }
}
