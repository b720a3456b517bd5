//! The private PostgreSQL cluster of `DOTHI_HOME`: initdb, start or join under a lock, stop by the last one out.
