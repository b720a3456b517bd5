//! Idempotency keys: a POST or PUT that is repeated under the same key gets the first answer again.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Store;
use crate::{Error, Result};

/// Days that an answer is kept.
const KEPT_DAYS: f64 = 7.0;
/// Seconds after which a request that never answered (its node died) may be tried again under its key.
const ABANDONED_S: f64 = 120.0;

/// An answer that is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers that a replay repeats.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

/// What a key stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Begun {
    /// The first request under this key: do it, then call `finish_request` or `abandon_request`.
    First,
    /// The request was done: answer this.
    Replay(Answer),
    /// The first request is still at work: 409, try again.
    AtWork,
}

/// SHA-256 that tells requests apart: method, path, body.
pub fn request_hash(method: &str, path: &str, body: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in [method.as_bytes(), path.as_bytes(), body] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

impl Store {
    /// Begins a request under a key. Another request under the same key is [`Error::IdempotencyMismatch`].
    pub async fn begin_request(&self, account: Uuid, key: &str, request: &[u8; 32]) -> Result<Begun> {
        if key.is_empty() || key.len() > 200 {
            return Err(Error::invalid(
                "Idempotency-Key",
                "Khóa gồm 1–200 ký tự.",
                "a key has 1–200 characters",
            ));
        }
        let mut tx = self.begin().await?;
        sqlx::query!(
            "delete from dothi.idempotency where created_at < now() - make_interval(secs => $1)
                or account = $3 and key = $4 and status is null
                   and created_at < now() - make_interval(secs => $2)",
            KEPT_DAYS * 86_400.0,
            ABANDONED_S,
            account,
            key
        )
        .execute(&mut *tx)
        .await?;
        let made = sqlx::query!(
            "insert into dothi.idempotency (account, key, request_sha256) values ($1, $2, $3) on conflict do nothing",
            account,
            key,
            request.as_slice()
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        if made.rows_affected() == 1 {
            return Ok(Begun::First);
        }
        let row = sqlx::query!(
            "select request_sha256, status, headers, body from dothi.idempotency where account = $1 and key = $2",
            account,
            key
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(Begun::AtWork) };
        if row.request_sha256 != request {
            return Err(Error::IdempotencyMismatch);
        }
        Ok(row.status.map_or(Begun::AtWork, |status| {
            Begun::Replay(Answer {
                status: u16::try_from(status).unwrap_or(500),
                headers: row.headers.and_then(|h| serde_json::from_value(h).ok()).unwrap_or_default(),
                body: row.body.unwrap_or_default(),
            })
        }))
    }

    /// Keeps the answer.
    pub async fn finish_request(&self, account: Uuid, key: &str, answer: &Answer) -> Result<()> {
        let headers = serde_json::to_value(&answer.headers).unwrap_or_default();
        sqlx::query!(
            "update dothi.idempotency set status = $3, headers = $4, body = $5 where account = $1 and key = $2",
            account,
            key,
            i16::try_from(answer.status).unwrap_or(500),
            headers,
            answer.body
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Forgets the key: the request failed for a reason that may pass (a lost database, say).
    pub async fn abandon_request(&self, account: Uuid, key: &str) -> Result<()> {
        sqlx::query!(
            "delete from dothi.idempotency where account = $1 and key = $2 and status is null",
            account,
            key
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
