//! Accounts: who may sign in. Passwords are hashed here with argon2id, off the async threads.

use std::collections::BTreeSet;

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString, rand_core::OsRng};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Store;
use crate::access::{Account, Role};
use crate::{Error, Result};

/// Fewest characters of a password.
const MIN_PASSWORD_CHARS: usize = 8;
/// Wrong passwords in a row after which an account waits, and for how long it then waits.
const MAX_FAILURES: i32 = 8;
const LOCK_MINUTES: f64 = 5.0;

/// An account to be made or changed.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Sign-in name, lower case.
    pub name: String,
    /// Name shown to people.
    pub display_name: String,
    /// Password in the clear, at least 8 characters; kept only as its hash.
    pub password: String,
    /// Roles, at least one.
    pub roles: BTreeSet<Role>,
    /// Code of the authority.
    pub authority: Option<String>,
    /// Code of that authority's agency (`schema/codes/agency.toml`).
    pub agency: Option<String>,
    /// Belongs to the sample province.
    pub sample: bool,
    /// The first sign-in asks for another password.
    pub must_change_password: bool,
}

/// An account in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The account.
    pub account: Account,
    /// Belongs to the sample province.
    pub sample: bool,
    /// Since when it may no longer sign in.
    pub disabled_at: Option<DateTime<Utc>>,
}

/// What came of a sign-in.
#[derive(Debug, Clone, PartialEq)]
pub enum SignIn {
    /// The password is right.
    Welcome {
        /// The account.
        account: Account,
        /// Ask for another password first.
        must_change_password: bool,
    },
    /// Wrong name or password, or a disabled account; which one is not told.
    Refused,
    /// Too many wrong passwords: wait until then.
    Locked(DateTime<Utc>),
}

impl Store {
    /// Makes an account. A name that is taken is a conflict.
    pub async fn add_account(&self, new: NewAccount) -> Result<Uuid> {
        let id = Uuid::now_v7();
        self.insert_account(id, new, false).await
    }

    /// Makes an account, or gives the one of that name these properties and this password (`dothi sample load`).
    pub async fn put_account(&self, new: NewAccount) -> Result<Uuid> {
        self.insert_account(Uuid::now_v7(), new, true).await
    }

    async fn insert_account(&self, id: Uuid, new: NewAccount, replace: bool) -> Result<Uuid> {
        check_password(&new.password)?;
        let hash = hash(new.password).await?;
        let roles: Vec<String> = new.roles.iter().map(|r| role_name(*r)).collect();
        let row = sqlx::query!(
            "insert into dothi.account (id, name, display_name, password_hash, roles, authority, agency, sample,
                 must_change_password)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             on conflict on constraint account_name_unique do update set display_name = excluded.display_name,
                 password_hash = excluded.password_hash, roles = excluded.roles, authority = excluded.authority,
                 agency = excluded.agency, sample = excluded.sample, disabled_at = null, failed_logins = 0,
                 locked_until = null, must_change_password = excluded.must_change_password,
                 password_changed_at = now()
             where $10
             returning id",
            id,
            new.name,
            new.display_name,
            hash,
            &roles,
            new.authority,
            new.agency,
            new.sample,
            new.must_change_password,
            replace
        )
        .fetch_optional(&self.pool)
        .await?;
        self.recent.clear();
        row.map(|r| r.id)
            .ok_or_else(|| Error::conflict("Tên đăng nhập đã có người dùng.", "The account name is taken."))
    }

    /// The account with this id, unless it is disabled.
    pub async fn find_account(&self, id: Uuid) -> Result<Option<Account>> {
        let row = sqlx::query!(
            "select id, name, display_name, roles, authority, agency from dothi.account
             where id = $1 and disabled_at is null",
            id
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|r| Account {
            id: r.id,
            name: r.name,
            display_name: r.display_name,
            roles: roles(&r.roles),
            authority: r.authority,
            agency: r.agency,
        }))
    }

    /// All accounts by name.
    pub async fn list_accounts(&self) -> Result<Vec<Listed>> {
        let rows = sqlx::query!(
            "select id, name, display_name, roles, authority, agency, sample, disabled_at from dothi.account
             order by name"
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .map(|r| Listed {
                account: Account {
                    id: r.id,
                    name: r.name,
                    display_name: r.display_name,
                    roles: roles(&r.roles),
                    authority: r.authority,
                    agency: r.agency,
                },
                sample: r.sample,
                disabled_at: r.disabled_at,
            })
            .collect())
    }

    /// Checks a password. An unknown name takes as long as a wrong password, so that names cannot be probed.
    pub async fn sign_in(&self, name: &str, password: &str) -> Result<SignIn> {
        let row = sqlx::query!(
            "select id, name, display_name, password_hash, roles, authority, agency, disabled_at, locked_until,
                 must_change_password
             from dothi.account where name = $1",
            name
        )
        .fetch_optional(&self.pool)
        .await?;
        if let Some(until) = row.as_ref().and_then(|r| r.locked_until).filter(|t| *t > Utc::now()) {
            return Ok(SignIn::Locked(until));
        }
        let known_hash = row.as_ref().map(|r| r.password_hash.clone());
        let right = verify(password.to_owned(), known_hash).await?;
        let Some(row) = row else { return Ok(SignIn::Refused) };
        if !right {
            self.count_failure(row.id).await?;
            return Ok(SignIn::Refused);
        }
        if row.disabled_at.is_some() {
            return Ok(SignIn::Refused);
        }
        sqlx::query!(
            "update dothi.account set failed_logins = 0, locked_until = null
             where id = $1 and (failed_logins > 0 or locked_until is not null)",
            row.id
        )
        .execute(&self.pool)
        .await?;
        let account = Account {
            id: row.id,
            name: row.name,
            display_name: row.display_name,
            roles: roles(&row.roles),
            authority: row.authority,
            agency: row.agency,
        };
        Ok(SignIn::Welcome { account, must_change_password: row.must_change_password })
    }

    async fn count_failure(&self, id: Uuid) -> Result<()> {
        sqlx::query!(
            "update dothi.account set
                 locked_until = case when failed_logins + 1 >= $2 then now() + make_interval(secs => $3) end,
                 failed_logins = case when failed_logins + 1 >= $2 then 0 else failed_logins + 1 end
             where id = $1",
            id,
            MAX_FAILURES,
            LOCK_MINUTES * 60.0
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Sets a new password and ends the account's sessions.
    pub async fn set_password(&self, id: Uuid, password: String) -> Result<()> {
        check_password(&password)?;
        let hash = hash(password).await?;
        let mut tx = self.begin().await?;
        let done = sqlx::query!(
            "update dothi.account set password_hash = $2, password_changed_at = now(), must_change_password = false
             where id = $1",
            id,
            hash
        )
        .execute(&mut *tx)
        .await?;
        if done.rows_affected() == 0 {
            return Err(Error::not_found("account", id.to_string()));
        }
        sqlx::query!("delete from dothi.session where account = $1", id).execute(&mut *tx).await?;
        tx.commit().await?;
        self.recent.clear();
        Ok(())
    }

    /// Lets an account sign in no more, or again; its sessions end.
    pub async fn disable_account(&self, name: &str, disabled: bool) -> Result<()> {
        let mut tx = self.begin().await?;
        let row = sqlx::query!(
            "update dothi.account set disabled_at = case when $2 then now() end where name = $1 returning id",
            name,
            disabled
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or_else(|| Error::not_found("account", name))?;
        sqlx::query!("delete from dothi.session where account = $1", row.id).execute(&mut *tx).await?;
        tx.commit().await?;
        self.recent.clear();
        Ok(())
    }

    /// Whether there is any account (a first start makes an admin).
    pub async fn has_accounts(&self) -> Result<bool> {
        let row = sqlx::query!(r#"select exists (select from dothi.account) as "yes!""#)
            .fetch_one(&self.pool)
            .await?;
        Ok(row.yes)
    }
}

/// The role's name in the database and in JSON.
fn role_name(role: Role) -> String {
    match serde_json::to_value(role) {
        Ok(serde_json::Value::String(name)) => name,
        other => unreachable!("a role is written as a name, not {other:?}"),
    }
}

/// The constraint knows the same names, so none is lost.
pub(in crate::store) fn roles(names: &[String]) -> BTreeSet<Role> {
    names.iter().filter_map(|n| serde_json::from_value(serde_json::Value::String(n.clone())).ok()).collect()
}

fn check_password(password: &str) -> Result<()> {
    if password.chars().count() >= MIN_PASSWORD_CHARS && password.len() <= 1000 {
        return Ok(());
    }
    Err(Error::invalid("password", "Mật khẩu cần ít nhất 8 ký tự.", "a password has at least 8 characters"))
}

/// A PHC string. Takes some tens of milliseconds and 19 MiB, on purpose.
async fn hash(password: String) -> Result<String> {
    let work = move || {
        let salt = SaltString::generate(&mut OsRng);
        Argon2::default().hash_password(password.as_bytes(), &salt).map(|h| h.to_string())
    };
    run(work).await?.map_err(|e| Error::internal("hashing a password", e.to_string()))
}

async fn verify(password: String, hash: Option<String>) -> Result<bool> {
    // Of nobody's password: a name that is not there is as slow as one that is.
    const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQxMjM0NTY$\
                          u1XHnmmXMX0QPdyNm6Kiq5nR3A1cRBi3v5DEf8oM3Uk";
    let known = hash.is_some();
    let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
    let right = run(move || {
        PasswordHash::new(&hash)
            .is_ok_and(|parsed| Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
    })
    .await?;
    Ok(known && right)
}

async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|e| Error::internal("hashing a password", e))
}
