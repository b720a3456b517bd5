//! Brings committed changes to memory: loads layers, follows the change feed, drops caches.
