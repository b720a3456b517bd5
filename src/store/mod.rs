//! The only SQL: layers' tables, items, history, feed, applications, accounts, audit, jobs.
