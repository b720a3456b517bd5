//! The record of who did what. It can be added to and read, by construction of the rights in the database.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Store, Tx};
use crate::Result;
use crate::access::Principal;

/// A line about to be written.
#[derive(Debug, Clone, Default)]
pub struct Entry {
    /// Account; none for the program itself or a stranger.
    pub actor: Option<Uuid>,
    /// Its name at this time.
    pub actor_name: String,
    /// Its authority at this time.
    pub authority: Option<String>,
    /// What was done: `sign_in`, `item_replace`, `application_submit` …
    pub action: String,
    /// Kind of thing it was done to.
    pub subject: String,
    /// Its identifier.
    pub subject_id: String,
    /// Further facts, without secrets.
    pub detail: serde_json::Value,
    /// Network address of the client.
    pub address: String,
    /// Id of the request, as in the log.
    pub request_id: String,
}

/// A line as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Number, growing.
    pub id: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// Account.
    pub actor: Option<Uuid>,
    /// Its name at that time.
    pub actor_name: String,
    /// What was done.
    pub action: String,
    /// Kind of thing.
    pub subject: String,
    /// Identifier of the thing.
    pub subject_id: String,
    /// Further facts.
    pub detail: serde_json::Value,
}

impl Entry {
    /// By `who`, `action` on the thing `subject_id` of kind `subject`.
    pub fn new(who: &Principal, action: &str, subject: &str, subject_id: impl Into<String>) -> Self {
        let user = who.user.as_ref();
        Self {
            actor: user.map(|u| u.id),
            actor_name: user.map(|u| u.name.clone()).unwrap_or_default(),
            authority: user.and_then(|u| u.authority.clone()),
            action: action.to_owned(),
            subject: subject.to_owned(),
            subject_id: subject_id.into(),
            detail: serde_json::json!({}),
            ..Self::default()
        }
    }

    /// With further facts.
    #[must_use]
    pub fn detail(mut self, detail: serde_json::Value) -> Self {
        self.detail = detail;
        self
    }
}

/// Writes a line in the transaction of what it records: both happen or neither.
pub async fn record(tx: &mut Tx, entry: &Entry) -> Result<()> {
    insert(tx, entry).await
}

impl Store {
    /// Writes a line on its own, for what changes nothing else (a failed sign-in).
    pub async fn audit(&self, entry: &Entry) -> Result<()> {
        let mut db = self.pool.acquire().await?;
        insert(&mut db, entry).await
    }

    /// Lines about a thing, oldest first.
    pub async fn list_audit(&self, subject: &str, subject_id: &str) -> Result<Vec<Line>> {
        let lines = sqlx::query_as!(
            Line,
            "select id, at, actor, actor_name, action, subject, subject_id, detail from dothi.audit
             where subject = $1 and subject_id = $2 order by id",
            subject,
            subject_id
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(lines)
    }
}

async fn insert(db: &mut PgConnection, e: &Entry) -> Result<()> {
    // An entry built by hand may leave the detail out.
    let detail = if e.detail.is_null() { serde_json::json!({}) } else { e.detail.clone() };
    sqlx::query!(
        "insert into dothi.audit (actor, actor_name, authority, action, subject, subject_id, detail, address, request_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        e.actor,
        e.actor_name,
        e.authority,
        e.action,
        e.subject,
        e.subject_id,
        detail,
        e.address,
        e.request_id
    )
    .execute(db)
    .await?;
    Ok(())
}
