//! Access keys: what QGIS and scripts hold instead of a password. The database knows only the SHA-256 of a key.

use std::time::Instant;

use chrono::{DateTime, Utc};
use rand::Rng;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Store;
use super::accounts::roles;
use crate::access::{Account, KeyScope, Principal};
use crate::{Error, Result};

/// How every key begins, so that one that lies about is known for what it is.
pub const KEY_PREFIX: &str = "dk_";
/// Letters and digits of a key: 43 of 62 are 256 bits.
const KEY_CHARS: usize = 43;
/// Keys in force that one account may have.
const MAX_KEYS: i64 = 50;

/// A key to be made.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// What its owner calls it, 1 to 80 characters.
    pub name: String,
    /// Whether items may be changed with it.
    pub may_edit: bool,
    /// Layers beyond which it is worth nothing; none: all.
    pub layers: Option<Vec<String>>,
    /// Its end.
    pub expires_at: DateTime<Utc>,
}

/// A key in its owner's list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedKey {
    /// Id.
    pub id: Uuid,
    /// What its owner calls it.
    pub name: String,
    /// Whether items may be changed with it.
    pub may_edit: bool,
    /// Layers beyond which it is worth nothing; none: all.
    pub layers: Option<Vec<String>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Its end.
    pub expires_at: DateTime<Utc>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
}

impl Store {
    /// Makes a key and gives its id and its text, which is not kept and cannot be had again. Too many keys in force are
    /// a conflict.
    pub async fn add_access_key(&self, account: Uuid, new: &NewKey) -> Result<(Uuid, String)> {
        let letters = rand::rng().sample_iter(rand::distr::Alphanumeric).take(KEY_CHARS);
        let key: String = KEY_PREFIX.chars().chain(letters.map(char::from)).collect();
        let id = Uuid::now_v7();
        let mut tx = self.begin().await?;
        // One after the other for one account, so that the limit holds.
        sqlx::query!("select 1 as one from dothi.account where id = $1 for update", account)
            .fetch_optional(&mut *tx)
            .await?;
        let many = sqlx::query!(
            r#"select count(*) as "n!" from dothi.access_key
             where account = $1 and revoked_at is null and expires_at > now()"#,
            account
        )
        .fetch_one(&mut *tx)
        .await?;
        if many.n >= MAX_KEYS {
            return Err(Error::conflict(
                format!("Tài khoản đã có {MAX_KEYS} khóa còn hiệu lực; hãy thu hồi khóa không dùng nữa."),
                format!("The account has {MAX_KEYS} keys in force; revoke those that are no longer used."),
            ));
        }
        sqlx::query!(
            "insert into dothi.access_key (id, account, name, key_sha256, may_edit, layers, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7)",
            id,
            account,
            new.name,
            &hash(&key),
            new.may_edit,
            new.layers.as_deref(),
            new.expires_at
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok((id, key))
    }

    /// An account's keys, the newest first; of those that ended or were revoked only the last ones.
    pub async fn list_access_keys(&self, account: Uuid) -> Result<Vec<ListedKey>> {
        let rows = sqlx::query_as!(
            ListedKey,
            "select id, name, may_edit, layers, created_at, expires_at, revoked_at, last_used_at from dothi.access_key
             where account = $1
             order by (revoked_at is null and expires_at > now()) desc, created_at desc limit 100",
            account
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows)
    }

    /// Ends one of an account's keys. One that was revoked before stays so; one that is not his is not found.
    pub async fn revoke_access_key(&self, account: Uuid, id: Uuid) -> Result<()> {
        let done = sqlx::query!(
            "update dothi.access_key set revoked_at = coalesce(revoked_at, now()) where id = $1 and account = $2",
            id,
            account
        )
        .execute(&self.pool)
        .await?;
        self.recent.clear();
        if done.rows_affected() == 0 { Err(Error::not_found("access key", id)) } else { Ok(()) }
    }

    /// Who holds a key; none where there is none of that text, it ended or was revoked, or the account is disabled.
    pub async fn find_access_key(&self, key: &str) -> Result<Option<Principal>> {
        let hash = hash(key);
        if let Some(holder) = self.recent.find_key(&hash) {
            return Ok(Some(holder));
        }
        let asked = Instant::now();
        let row = sqlx::query!(
            "select k.id as key, k.may_edit, k.layers, k.last_used_at, a.id, a.name, a.display_name, a.roles,
                 a.authority, a.agency
             from dothi.access_key k join dothi.account a on a.id = k.account
             where k.key_sha256 = $1 and k.revoked_at is null and k.expires_at > now() and a.disabled_at is null
                 and not a.must_change_password",
            &hash
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(r) = row else { return Ok(None) };
        let minute_ago = Utc::now() - chrono::Duration::minutes(1);
        if r.last_used_at.is_none_or(|at| at < minute_ago) {
            sqlx::query!("update dothi.access_key set last_used_at = now() where id = $1", r.key)
                .execute(&self.pool)
                .await?;
        }
        let account = Account {
            id: r.id,
            name: r.name,
            display_name: r.display_name,
            roles: roles(&r.roles),
            authority: r.authority,
            agency: r.agency,
        };
        let layers = r.layers.map(|layers| layers.into_iter().collect());
        let key = KeyScope { id: r.key, may_edit: r.may_edit, layers };
        let holder = Principal { user: Some(account), key: Some(key) };
        self.recent.keep_key(hash, asked, holder.clone());
        Ok(Some(holder))
    }
}

fn hash(key: &str) -> Vec<u8> {
    Sha256::digest(key.as_bytes()).to_vec()
}
