//! What handlers and jobs share.
