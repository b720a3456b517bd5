//! What only a superuser can do, once for a cluster and once for a database: roles, the database, the extension.
//! Safe to run again.

use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};

use crate::{Error, Result};

/// Owns the database and everything in it, and runs the migrations. No superuser.
pub const OWNER: &str = "dothi_owner";
/// Serves requests. Cannot change audit, history or feed.
pub const SERVE: &str = "dothi_serve";

/// Makes the roles, the database `database` owned by [`OWNER`], PostGIS in it, and the rights that migrations need.
/// `superuser_url` names a superuser and any database of the cluster.
pub async fn bootstrap(superuser_url: &str, database: &str) -> Result<()> {
    check_name(database)?;
    let options = PgConnectOptions::from_str(superuser_url)
        .map_err(|e| Error::Setup(format!("address of the database: {e}")))?;
    let mut maintenance = options.connect().await?;
    for role in [OWNER, SERVE] {
        make_role(&mut maintenance, role).await?;
    }
    make_database(&mut maintenance, database).await?;
    maintenance.close().await?;
    let mut inside = options.database(database).connect().await?;
    prepare(&mut inside).await?;
    inside.close().await?;
    Ok(())
}

/// As [`bootstrap`] for a database that exists already (`DATABASE_URL` of a server run by others).
pub async fn bootstrap_existing(superuser_url: &str) -> Result<()> {
    let options = PgConnectOptions::from_str(superuser_url)
        .map_err(|e| Error::Setup(format!("address of the database: {e}")))?;
    let mut inside = options.connect().await?;
    for role in [OWNER, SERVE] {
        make_role(&mut inside, role).await?;
    }
    prepare(&mut inside).await?;
    inside.close().await?;
    Ok(())
}

/// Two starts may race: the loser finds the role made.
async fn make_role(db: &mut PgConnection, role: &str) -> Result<()> {
    let sql = format!(
        "do $$ begin if not exists (select from pg_roles where rolname = '{role}') then \
         create role {role} login nosuperuser nocreatedb nocreaterole; end if; \
         exception when duplicate_object or unique_violation then null; end $$"
    );
    sqlx::raw_sql(&sql).execute(db).await?;
    Ok(())
}

async fn make_database(db: &mut PgConnection, name: &str) -> Result<()> {
    let exists: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(name)
        .fetch_one(&mut *db)
        .await?;
    if exists {
        return Ok(());
    }
    let made = sqlx::raw_sql(&format!(
        "create database \"{name}\" owner {OWNER} encoding 'UTF8' locale 'C.UTF-8' template template0"
    ))
    .execute(db)
    .await;
    match made {
        Err(sqlx::Error::Database(e)) if e.code().as_deref() == Some("42P04") => Ok(()),
        other => Ok(other.map(drop)?),
    }
}

/// The extension and the rights inside the database. `public` stays the owner's, so that its table of migrations
/// finds room; the serving role may connect and read the reference systems.
async fn prepare(db: &mut PgConnection) -> Result<()> {
    sqlx::raw_sql(&format!(
        "create extension if not exists postgis schema public;
         grant usage, create on schema public to {OWNER};
         grant usage on schema public to {SERVE};
         do $$ begin execute format('grant connect, create on database %I to {OWNER}', current_database());
                     execute format('grant connect on database %I to {SERVE}', current_database()); end $$;
         grant select, insert on public.spatial_ref_sys to {OWNER};
         grant select on public.spatial_ref_sys, public.geometry_columns to {SERVE};"
    ))
    .execute(db)
    .await?;
    Ok(())
}

fn check_name(database: &str) -> Result<()> {
    let fine = (1..=63).contains(&database.len())
        && database.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if fine { Ok(()) } else { Err(Error::Setup(format!("{database}: no name for a database"))) }
}
