//! The only axum: one file a resource, each with its own `router()`.
