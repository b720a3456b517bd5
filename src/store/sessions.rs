//! Sessions: the database knows only the SHA-256 of a token, so a copy of it signs nobody in.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Store;
use super::accounts::roles;
use crate::Result;
use crate::access::{Account, Principal};

/// Hours that a session lasts, used or not.
const LIFETIME_HOURS: f64 = 12.0;

/// For how long a session that was looked up is taken as still in force. A map asks for a hundred tiles a second;
/// a change of rights made by another node or the command line shows within a second all the same.
const RECENT: Duration = Duration::from_millis(900);
/// Sessions that are remembered at most.
const RECENT_MAX: usize = 10_000;

/// Sessions and access keys that were looked up a moment ago, by the hash of their token. Emptied by what this node
/// does to sessions, keys and accounts.
#[derive(Debug)]
pub(in crate::store) struct Recent {
    sessions: Cache<Vec<u8>, (Instant, Arc<Session>)>,
    keys: Cache<Vec<u8>, (Instant, Arc<Principal>)>,
}

impl Default for Recent {
    fn default() -> Self {
        Self { sessions: Cache::new(RECENT_MAX), keys: Cache::new(RECENT_MAX) }
    }
}

impl Recent {
    fn find(&self, hash: &[u8]) -> Option<Session> {
        let (since, session) = self.sessions.get(hash)?;
        let fresh = since.elapsed() < RECENT && session.expires_at > Utc::now();
        fresh.then(|| Session::clone(&session))
    }

    /// Who holds an access key.
    pub(in crate::store) fn find_key(&self, hash: &[u8]) -> Option<Principal> {
        let (since, holder) = self.keys.get(hash)?;
        (since.elapsed() < RECENT).then(|| Principal::clone(&holder))
    }

    /// Keeps who holds a key, counted from when it was `asked`.
    pub(in crate::store) fn keep_key(&self, hash: Vec<u8>, asked: Instant, holder: Principal) {
        self.keys.insert(hash, (asked, Arc::new(holder)));
    }

    /// Forgets all: an account or a key changed.
    pub(in crate::store) fn clear(&self) {
        self.sessions.clear();
        self.keys.clear();
    }
}

/// A session that is in force.
#[derive(Debug, Clone)]
pub struct Session {
    /// Who.
    pub account: Account,
    /// Secret from which form tokens are made.
    pub csrf_secret: Vec<u8>,
    /// Its end.
    pub expires_at: DateTime<Utc>,
    /// Asked to choose another password first.
    pub must_change_password: bool,
    /// Of the sample province.
    pub sample: bool,
}

impl Store {
    /// Opens a session and gives its token: 256 random bits, hexadecimal. It is not kept and cannot be had again.
    pub async fn open_session(&self, account: Uuid, client: &str, address: &str) -> Result<String> {
        let token = hex::encode(rand::random::<[u8; 32]>());
        let csrf: [u8; 32] = rand::random();
        let client: String = client.chars().take(200).collect();
        sqlx::query!(
            "insert into dothi.session (token_sha256, account, csrf_secret, expires_at, client, address)
             values ($1, $2, $3, now() + make_interval(secs => $4), $5, $6)",
            &hash(&token),
            account,
            &csrf,
            LIFETIME_HOURS * 3600.0,
            client,
            address
        )
        .execute(&self.pool)
        .await?;
        sqlx::query!("delete from dothi.session where expires_at < now()").execute(&self.pool).await?;
        Ok(token)
    }

    /// The session of a token; none if there is none, it ended, or the account is disabled.
    pub async fn find_session(&self, token: &str) -> Result<Option<Session>> {
        let hash = hash(token);
        if let Some(session) = self.recent.find(&hash) {
            return Ok(Some(session));
        }
        let asked = Instant::now();
        let session = self.look_up_session(&hash).await?;
        if let Some(session) = &session {
            // Counted from the question: what changed since then may be missing in the answer.
            self.recent.sessions.insert(hash, (asked, Arc::new(session.clone())));
        }
        Ok(session)
    }

    async fn look_up_session(&self, hash: &[u8]) -> Result<Option<Session>> {
        let row = sqlx::query!(
            "select a.id, a.name, a.display_name, a.roles, a.authority, a.agency, a.must_change_password, a.sample,
                 s.csrf_secret, s.expires_at
             from dothi.session s join dothi.account a on a.id = s.account
             where s.token_sha256 = $1 and s.expires_at > now() and a.disabled_at is null",
            hash
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|r| Session {
            account: Account {
                id: r.id,
                name: r.name,
                display_name: r.display_name,
                roles: roles(&r.roles),
                authority: r.authority,
                agency: r.agency,
            },
            csrf_secret: r.csrf_secret,
            expires_at: r.expires_at,
            must_change_password: r.must_change_password,
            sample: r.sample,
        }))
    }

    /// Ends a session. One that is not there is no error.
    pub async fn close_session(&self, token: &str) -> Result<()> {
        sqlx::query!("delete from dothi.session where token_sha256 = $1", &hash(token))
            .execute(&self.pool)
            .await?;
        self.recent.sessions.remove(&hash(token));
        Ok(())
    }
}

fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}
