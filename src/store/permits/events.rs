//! The record of events: numbered without a gap, one for each change of state, by people and by the system.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Result;
use crate::store::{Store, database};

/// An event about to be recorded.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// Name, such as `accept`.
    pub event: String,
    /// State before.
    pub from_state: Option<String>,
    /// State after.
    pub to_state: Option<String>,
    /// Account; none for the system.
    pub actor: Option<Uuid>,
    /// Role in which he acted, `system` for the system.
    pub role: String,
    /// Note of the actor.
    pub note: String,
    /// Further data of the event, without personal data.
    pub detail: Value,
}

/// A recorded event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Gapless number.
    pub seq: i64,
    /// Case.
    pub application: Option<Uuid>,
    /// The case's code.
    pub code: Option<String>,
    /// Kind of the case.
    pub kind: Option<String>,
    /// Permit it is about.
    pub permit: Option<Uuid>,
    /// Name.
    pub event: String,
    /// State before.
    pub from_state: Option<String>,
    /// State after.
    pub to_state: Option<String>,
    /// Account; none for the system.
    pub actor: Option<Uuid>,
    /// Name shown to people.
    pub actor_name: Option<String>,
    /// Role in which he acted.
    pub role: String,
    /// Authority of the case at that time.
    pub authority: Option<String>,
    /// Submission it was about.
    pub submission: Option<i32>,
    /// Note.
    pub note: String,
    /// Further data.
    pub detail: Value,
    /// When.
    pub at: DateTime<Utc>,
}

/// What an event belongs to.
#[derive(Debug, Clone, Copy)]
pub(super) struct About<'a> {
    pub application: Uuid,
    pub permit: Option<Uuid>,
    pub authority: Option<&'a str>,
    pub submission: i32,
}

/// Records `events` under the next numbers. The counter's row stays locked to the commit, so call it after all
/// slow work of the transaction.
pub(super) async fn record(
    db: &mut PgConnection,
    about: About<'_>,
    events: &[NewEvent],
    now: DateTime<Utc>,
) -> Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    let last = sqlx::query_scalar!(
        "update permit.event_counter set last = last + $1 returning last",
        events.len() as i64
    )
    .fetch_one(&mut *db)
    .await
    .map_err(database)?;
    for (seq, e) in (last - events.len() as i64 + 1..).zip(events) {
        sqlx::query!(
            "insert into permit.event (seq, application, permit, event, from_state, to_state, actor, role,
                authority, submission, note, detail, at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, nullif($10, 0), $11, $12, $13)",
            seq,
            about.application,
            about.permit,
            e.event,
            e.from_state,
            e.to_state,
            e.actor,
            e.role,
            about.authority,
            about.submission,
            e.note,
            e.detail,
            now
        )
        .execute(&mut *db)
        .await
        .map_err(database)?;
    }
    Ok(())
}

/// Who may read which events of the register-wide list.
#[derive(Debug, Clone, Default)]
pub struct EventScope {
    /// Everything (the national portal's account, administrators).
    pub all: bool,
    /// Events of this authority's cases.
    pub authority: Option<String>,
    /// Events of cases to which this account is party.
    pub party: Option<Uuid>,
}

impl Store {
    /// Events above `after` in order, at most `limit`.
    pub async fn list_events(&self, after: i64, limit: i64, scope: &EventScope) -> Result<Vec<Event>> {
        sqlx::query_as!(
            Event,
            r#"select e.seq, e.application, a.code as "code?", a.kind as "kind?", e.permit, e.event, e.from_state,
                e.to_state, e.actor, u.display_name as "actor_name?", e.role, e.authority, e.submission, e.note,
                e.detail, e.at
               from permit.event e
               left join permit.application a on a.id = e.application
               left join dothi.account u on u.id = e.actor
               where e.seq > $1
                 and ($3 or e.authority = $4 or exists (select from permit.application_party p
                        where p.application = e.application and p.account = $5))
               order by e.seq limit $2"#,
            after,
            limit,
            scope.all,
            scope.authority,
            scope.party
        )
        .fetch_all(&self.pool)
        .await
        .map_err(database)
    }

    /// The history of a case.
    pub async fn list_case_events(&self, application: Uuid) -> Result<Vec<Event>> {
        sqlx::query_as!(
            Event,
            r#"select e.seq, e.application, a.code as "code?", a.kind as "kind?", e.permit, e.event, e.from_state,
                e.to_state, e.actor, u.display_name as "actor_name?", e.role, e.authority, e.submission, e.note,
                e.detail, e.at
               from permit.event e
               join permit.application a on a.id = e.application
               left join dothi.account u on u.id = e.actor
               where e.application = $1 order by e.seq"#,
            application
        )
        .fetch_all(&self.pool)
        .await
        .map_err(database)
    }
}
