//! What people do with a case beside its state: findings, comments, consultations, messages, letters.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Result;
use crate::store::{Store, database};

/// An officer's finding on a row of a submission.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// Number.
    pub id: i64,
    /// Submission.
    pub submission: i32,
    /// Rule id.
    pub rule: String,
    /// Work, empty for the whole application.
    pub work: String,
    /// `accepted`, `not_accepted` or `not_applicable`.
    pub finding: String,
    /// Why.
    pub reason: String,
    /// What it rests on.
    pub evidence: Option<Value>,
    /// Name of the officer.
    pub officer: String,
    /// When.
    pub made_at: DateTime<Utc>,
}

/// A finding about to be kept.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the fields of Finding")]
pub struct NewFinding {
    pub application: Uuid,
    pub submission: i32,
    pub rule: String,
    pub work: String,
    pub finding: String,
    pub reason: String,
    pub evidence: Option<Value>,
    pub officer: Uuid,
}

/// A comment pinned to an element, a place or a page.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comment {
    /// Number.
    pub id: i64,
    /// Submission.
    pub submission: Option<i32>,
    /// Name of the author.
    pub author: String,
    /// Text.
    pub body: String,
    /// Work of the model.
    pub work: Option<String>,
    /// GlobalId of the element.
    pub element: Option<String>,
    /// Place: ISO WKB in EPSG:9218; served as GeoJSON.
    #[serde(skip)]
    pub place: Option<Vec<u8>>,
    /// Document slot.
    pub slot: Option<String>,
    /// Page of that document.
    pub page: Option<i32>,
    /// Rule id.
    pub rule: Option<String>,
    /// For officers only.
    pub internal: bool,
    /// When.
    pub made_at: DateTime<Utc>,
}

/// A comment about to be kept.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the fields of Comment")]
pub struct NewComment {
    pub application: Uuid,
    pub submission: Option<i32>,
    pub author: Uuid,
    pub body: String,
    pub work: Option<String>,
    pub element: Option<String>,
    pub place: Option<Vec<u8>>,
    pub slot: Option<String>,
    pub page: Option<i32>,
    pub rule: Option<String>,
    pub internal: bool,
}

/// A consultation of an agency.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Consultation {
    /// Number.
    pub id: i64,
    /// Submission.
    pub submission: i32,
    /// Code of the agency.
    pub authority: String,
    /// Its name.
    pub authority_name: String,
    /// What is asked.
    pub question: String,
    /// When.
    pub asked_at: DateTime<Utc>,
    /// End of its time.
    pub due_at: DateTime<Utc>,
    /// `open`, `answered`, `deemed` or `overdue`.
    pub state: String,
    /// `agree`, `agree_with_conditions` or `disagree`.
    pub opinion: Option<String>,
    /// Text of the answer.
    pub answer: Option<String>,
    /// When it was answered.
    pub answered_at: Option<DateTime<Utc>>,
    /// Whether the agency's silence counts as consent.
    pub deemed_consent: bool,
}

/// A consultation about to be sent.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the fields of Consultation")]
pub struct NewConsultation {
    pub authority: String,
    pub question: String,
    pub asked_by: Uuid,
    pub due_at: DateTime<Utc>,
}

/// A message between the applicant and the officers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Message {
    /// Number.
    pub id: i64,
    /// Name of the author.
    pub author: String,
    /// Whether an officer wrote it.
    pub from_officer: bool,
    /// Text.
    pub body: String,
    /// When.
    pub made_at: DateTime<Utc>,
}

/// A letter of the authority.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Letter {
    /// Number in the store.
    pub id: i64,
    /// Submission.
    pub submission: Option<i32>,
    /// `receipt`, `return`, `supplement`, `refusal`, `permit` or `withdrawal`.
    pub kind: String,
    /// Number on the paper.
    pub number: String,
    /// Title.
    pub title: String,
    /// Text and points.
    pub body: Value,
    /// When.
    pub made_at: DateTime<Utc>,
    /// Proven delivery.
    pub delivered_at: Option<DateTime<Utc>>,
    /// How it was delivered.
    pub delivery_channel: Option<String>,
}

/// A letter about to be sent.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the fields of Letter")]
pub struct NewLetter {
    pub kind: &'static str,
    /// Prefix of its number; the running number of the year comes before it.
    pub series: String,
    pub title: String,
    pub body: Value,
    pub signed_by: Option<Uuid>,
    pub delivered_at: Option<DateTime<Utc>>,
    pub delivery_channel: Option<&'static str>,
}

impl Store {
    /// Keeps a finding.
    pub async fn add_finding(&self, f: &NewFinding) -> Result<i64> {
        sqlx::query_scalar!(
            "insert into permit.finding (application, submission, rule, work, finding, reason, evidence, officer)
             values ($1, $2, $3, $4, $5, $6, $7, $8) returning id",
            f.application,
            f.submission,
            f.rule,
            f.work,
            f.finding,
            f.reason,
            f.evidence,
            f.officer
        )
        .fetch_one(&self.pool)
        .await
        .map_err(database)
    }

    /// The findings that count: the latest of each row of a submission.
    pub async fn list_findings(&self, application: Uuid, submission: i32) -> Result<Vec<Finding>> {
        sqlx::query_as!(
            Finding,
            "select distinct on (f.rule, f.work) f.id, f.submission, f.rule, f.work, f.finding, f.reason,
                f.evidence, u.display_name as officer, f.made_at
             from permit.finding f join dothi.account u on u.id = f.officer
             where f.application = $1 and f.submission = $2 order by f.rule, f.work, f.id desc",
            application,
            submission
        )
        .fetch_all(&self.pool)
        .await
        .map_err(database)
    }

    /// Keeps a comment.
    pub async fn add_comment(&self, c: &NewComment) -> Result<i64> {
        sqlx::query_scalar!(
            "insert into permit.comment (application, submission, author, body, work, element, place, slot, page,
                rule, internal)
             values ($1, $2, $3, $4, $5, $6, ST_SetSRID(ST_GeomFromWKB($7), 9218), $8, $9, $10, $11)
             returning id",
            c.application,
            c.submission,
            c.author,
            c.body,
            c.work,
            c.element,
            c.place.as_deref(),
            c.slot,
            c.page,
            c.rule,
            c.internal
        )
        .fetch_one(&self.pool)
        .await
        .map_err(database)
    }

    /// The comments of a case; internal ones only for officers.
    pub async fn list_comments(&self, application: Uuid, with_internal: bool) -> Result<Vec<Comment>> {
        sqlx::query_as!(
            Comment,
            r#"select c.id, c.submission, u.display_name as author, c.body, c.work, c.element,
                ST_AsBinary(c.place) as "place: Vec<u8>", c.slot, c.page, c.rule, c.internal, c.made_at
               from permit.comment c join dothi.account u on u.id = c.author
               where c.application = $1 and ($2 or not c.internal) order by c.id"#,
            application,
            with_internal
        )
        .fetch_all(&self.pool)
        .await
        .map_err(database)
    }

    /// The consultations of a case.
    pub async fn list_consultations(&self, application: Uuid) -> Result<Vec<Consultation>> {
        sqlx::query_as!(
            Consultation,
            "select c.id, c.submission, c.authority, a.name as authority_name, c.question, c.asked_at, c.due_at,
                c.state, c.opinion, c.answer, c.answered_at, a.deemed_consent
             from permit.consultation c join permit.authority a on a.code = c.authority
             where c.application = $1 order by c.id",
            application
        )
        .fetch_all(&self.pool)
        .await
        .map_err(database)
    }

    /// Keeps a message.
    pub async fn add_message(
        &self,
        application: Uuid,
        author: Uuid,
        from_officer: bool,
        body: &str,
    ) -> Result<i64> {
        sqlx::query_scalar!(
            "insert into permit.message (application, author, from_officer, body) values ($1, $2, $3, $4)
             returning id",
            application,
            author,
            from_officer,
            body
        )
        .fetch_one(&self.pool)
        .await
        .map_err(database)
    }

    /// The message thread of a case.
    pub async fn list_messages(&self, application: Uuid) -> Result<Vec<Message>> {
        sqlx::query_as!(
            Message,
            "select m.id, u.display_name as author, m.from_officer, m.body, m.made_at
             from permit.message m join dothi.account u on u.id = m.author
             where m.application = $1 order by m.id",
            application
        )
        .fetch_all(&self.pool)
        .await
        .map_err(database)
    }

    /// The letters of a case.
    pub async fn list_letters(&self, application: Uuid) -> Result<Vec<Letter>> {
        sqlx::query_as!(
            Letter,
            "select id, submission, kind, number, title, body, made_at, delivered_at, delivery_channel
             from permit.letter where application = $1 order by id",
            application
        )
        .fetch_all(&self.pool)
        .await
        .map_err(database)
    }
}

/// Sends a consultation.
pub(super) async fn consult(
    db: &mut PgConnection,
    application: Uuid,
    submission: i32,
    c: &NewConsultation,
    now: DateTime<Utc>,
) -> Result<i64> {
    sqlx::query_scalar!(
        "insert into permit.consultation (application, submission, authority, question, asked_by, asked_at, due_at)
         values ($1, $2, $3, $4, $5, $6, $7) returning id",
        application,
        submission,
        c.authority,
        c.question,
        c.asked_by,
        now,
        c.due_at
    )
    .fetch_one(db)
    .await
    .map_err(database)
}

/// Ends a consultation that is open; false where it is not.
pub(super) async fn answer(db: &mut PgConnection, a: &Answer, now: DateTime<Utc>) -> Result<bool> {
    let done = sqlx::query!(
        "update permit.consultation
         set state = $3, opinion = $4, answer = $5, answered_by = $6, answered_at = $7
         where id = $1 and application = $2 and state in ('open', 'overdue')",
        a.consultation,
        a.application,
        a.state,
        a.opinion,
        a.text,
        a.by,
        now
    )
    .execute(db)
    .await
    .map_err(database)?;
    Ok(done.rows_affected() == 1)
}

/// The end of a consultation: an opinion, or silence.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the fields of Consultation")]
pub struct Answer {
    pub application: Uuid,
    pub consultation: i64,
    /// `answered`, `deemed` or `overdue`.
    pub state: &'static str,
    pub opinion: Option<String>,
    pub text: Option<String>,
    pub by: Option<Uuid>,
}

/// Enters a letter under the next number of its series and year.
pub(super) async fn send_letter(
    db: &mut PgConnection,
    application: Uuid,
    submission: i32,
    letter: &NewLetter,
    now: DateTime<Utc>,
) -> Result<String> {
    let number = format!("{}/{}", next_number(db, &letter.series).await?, letter.series);
    sqlx::query!(
        "insert into permit.letter (application, submission, kind, number, title, body, signed_by, made_at,
            delivered_at, delivery_channel)
         values ($1, nullif($2, 0), $3, $4, $5, $6, $7, $8, $9, $10)",
        application,
        submission,
        letter.kind,
        number,
        letter.title,
        letter.body,
        letter.signed_by,
        now,
        letter.delivered_at,
        letter.delivery_channel
    )
    .execute(db)
    .await
    .map_err(database)?;
    Ok(number)
}

/// The next number of a series, without gaps: taken in the transaction that uses it.
pub(super) async fn next_number(db: &mut PgConnection, series: &str) -> Result<i64> {
    sqlx::query_scalar!(
        "insert into permit.case_number (prefix, last) values ($1, 1)
         on conflict (prefix) do update set last = permit.case_number.last + 1 returning last",
        series
    )
    .fetch_one(db)
    .await
    .map_err(database)
}
