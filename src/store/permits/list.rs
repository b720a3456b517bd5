//! Lists of cases: an applicant's own, an officer's queue.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::error::Result;
use crate::store::{Store, database};

/// A row of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Id.
    pub id: Uuid,
    /// Code.
    pub code: String,
    /// Kind.
    pub kind: String,
    /// State.
    pub state: String,
    /// Title.
    pub title: String,
    /// Competent authority.
    pub authority: Option<String>,
    /// Parcel codes.
    pub parcels: Vec<String>,
    /// Reviewer in charge.
    pub assigned_to: Option<String>,
    /// Latest filing.
    pub submitted_at: Option<DateTime<Utc>>,
    /// End of the total time.
    pub due_at: Option<DateTime<Utc>>,
    /// End of the applicant's time for a supplement.
    pub supplement_due_at: Option<DateTime<Utc>>,
    /// Start.
    pub created_at: DateTime<Utc>,
    /// Last change.
    pub updated_at: DateTime<Utc>,
    /// Place in the list: when it is due; cases that are not due come behind, the oldest first.
    pub order_key: DateTime<Utc>,
}

/// Which cases are listed. The caller fills the rights part from `access::permits`.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Cases to which this account is party.
    pub party: Option<Uuid>,
    /// Filed cases of this authority.
    pub authority: Option<String>,
    /// Filed cases in which this authority is consulted.
    pub consulted: Option<String>,
    /// All filed cases.
    pub all_filed: bool,
    /// In one of these states; empty: any.
    pub states: Vec<String>,
    /// `(state, reviewer in charge or anybody)` pairs that wait for the caller; see [`Waiting`].
    pub waiting: Option<Waiting>,
    /// Due before.
    pub due_before: Option<DateTime<Utc>>,
    /// Behind this row of the last page: its order key and id.
    pub after: Option<(DateTime<Utc>, Uuid)>,
    /// Rows on a page.
    pub limit: i64,
}

/// What waits for somebody.
#[derive(Debug, Clone, Default)]
pub struct Waiting {
    /// The account.
    pub account: Uuid,
    /// States that wait for his roles in the authority.
    pub states: Vec<String>,
    /// States that wait for him where the case is his as reviewer, or nobody's yet.
    pub review_states: Vec<String>,
    /// States that wait for him as a party.
    pub party_states: Vec<String>,
    /// Consultations that are open at his agency.
    pub consulted: Option<String>,
}

impl Store {
    /// Cases in the order of their urgency: due ones first, then by age. At most `limit` rows behind `after`.
    pub async fn list_applications(&self, f: &Filter) -> Result<Vec<Listed>> {
        let waiting = f.waiting.clone().unwrap_or_default();
        let (after_key, after_id) = f.after.unzip();
        sqlx::query_as!(
            Listed,
            r#"select a.id, a.code, a.kind, a.state, a.title, a.authority,
                array(select p.code from permit.application_parcel p where p.application = a.id
                      order by p.position) as "parcels!",
                u.display_name as "assigned_to?", a.submitted_at, a.due_at, a.supplement_due_at, a.created_at,
                a.updated_at,
                coalesce(a.due_at, a.created_at + interval '100 years') as "order_key!"
               from permit.application a
               left join dothi.account u on u.id = a.assigned_to
               where (
                    exists (select from permit.application_party p
                        where p.application = a.id and p.account = $1
                          and (p.valid_until is null or p.valid_until >= current_date))
                    or a.submission > 0 and (
                        a.authority = $2 or $4
                        or exists (select from permit.consultation c
                            where c.application = a.id and c.authority = $3)))
                 and (cardinality($5::text[]) = 0 or a.state = any($5))
                 and ($6::timestamptz is null or a.due_at < $6)
                 and (not $7 or (
                        a.authority = $2 and a.state = any($8)
                        or a.authority = $2 and a.state = any($9)
                            and (a.assigned_to is null or a.assigned_to = $10)
                        or a.state = any($11) and exists (select from permit.application_party p
                            where p.application = a.id and p.account = $1)
                        or exists (select from permit.consultation c
                            where c.application = a.id and c.authority = $12 and c.state in ('open', 'overdue'))))
                 and ($13::timestamptz is null
                      or (coalesce(a.due_at, a.created_at + interval '100 years'), a.id) > ($13, $14))
               order by coalesce(a.due_at, a.created_at + interval '100 years'), a.id
               limit $15"#,
            f.party,
            f.authority,
            f.consulted,
            f.all_filed,
            &f.states,
            f.due_before,
            f.waiting.is_some(),
            &waiting.states,
            &waiting.review_states,
            waiting.account,
            &waiting.party_states,
            waiting.consulted,
            after_key,
            after_id,
            f.limit
        )
        .fetch_all(&self.pool)
        .await
        .map_err(database)
    }

    /// Cases whose supplement did not come in time.
    pub async fn list_lapsed_supplements(&self) -> Result<Vec<Uuid>> {
        sqlx::query_scalar!(
            "select id from permit.application
             where state = 'SUPPLEMENT_REQUESTED' and supplement_due_at < now() order by supplement_due_at limit 100"
        )
        .fetch_all(&self.pool)
        .await
        .map_err(database)
    }

    /// Consultations whose time is over and where silence counts as consent: case and agency.
    pub async fn list_silent_consultations(&self) -> Result<Vec<(Uuid, String)>> {
        let rows = sqlx::query!(
            "select c.application, c.authority from permit.consultation c
             join permit.authority u on u.code = c.authority
             join permit.application a on a.id = c.application
             where c.state = 'open' and c.due_at < now() and u.deemed_consent and a.closed_at is null
             order by c.due_at limit 100"
        )
        .fetch_all(&self.pool)
        .await
        .map_err(database)?;
        Ok(rows.into_iter().map(|r| (r.application, r.authority)).collect())
    }

    /// The id of a case filed through `channel` under `code`.
    pub async fn find_by_external(&self, channel: &str, code: &str) -> Result<Option<Uuid>> {
        sqlx::query_scalar!(
            "select id from permit.application where channel = $1 and external_code = $2",
            channel,
            code
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(database)
    }

    /// The id of a case by its code.
    pub async fn find_by_code(&self, code: &str) -> Result<Option<Uuid>> {
        sqlx::query_scalar!("select id from permit.application where code = $1", code)
            .fetch_optional(&self.pool)
            .await
            .map_err(database)
    }
}
