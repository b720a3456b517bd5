//! The only user of `object_store`: content-addressed files.
