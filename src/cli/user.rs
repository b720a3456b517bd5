//! `dothi user`: accounts.

use std::collections::BTreeSet;
use std::io::{BufRead, IsTerminal};
use std::process::ExitCode;

use clap::{Args as ClapArgs, Subcommand};

use super::Outcome;
use crate::access::{Principal, Role};
use crate::app::Database;
use crate::config::Config;
use crate::store::Store;
use crate::store::accounts::NewAccount;
use crate::store::audit::Entry;
use crate::{Error, Result};

/// `dothi user`
#[derive(Debug, ClapArgs)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make an account; prints its one-time password unless one comes on standard input
    Add {
        /// Sign-in name: lower-case letters, digits, . _ @ -
        name: String,
        /// Role, several times for several: applicant, intake, reviewer, approver, clerk, order-officer, agency,
        /// planner, editor, admin
        #[arg(long = "role", required = true, value_name = "ROLE")]
        roles: Vec<String>,
        /// Authority the account belongs to: commune code, SXD, zone board …
        #[arg(long, value_name = "CODE")]
        authority: Option<String>,
        /// Agency whose restricted layers it reads; the authority's by default
        #[arg(long, value_name = "CODE")]
        agency: Option<String>,
        /// Name shown to people
        #[arg(long, value_name = "NAME")]
        display_name: Option<String>,
    },
    /// Set another password, from standard input or one-time; ends the account's sessions
    Password {
        /// Sign-in name
        name: String,
    },
    /// Let an account sign in no more
    Disable {
        /// Sign-in name
        name: String,
    },
    /// Let it sign in again
    Enable {
        /// Sign-in name
        name: String,
    },
    /// List the accounts
    List,
}

pub(super) async fn run(args: Args, config: Config) -> Outcome {
    let database = Database::open(&config).await?;
    let store = Store::connect(&database.serve_url).await?;
    let done = perform(args.command, &store).await;
    store.close().await;
    database.close()?;
    done.map(|()| ExitCode::SUCCESS)
}

async fn perform(command: Command, store: &Store) -> Result<()> {
    match command {
        Command::Add { name, roles, authority, agency, display_name } => {
            let roles = roles.iter().map(|r| role(r)).collect::<Result<BTreeSet<_>>>()?;
            let agency = match (&authority, agency) {
                (Some(code), None) => Some(agency_of(store, code).await?),
                (_, given) => given,
            };
            let (password, one_time) = password()?;
            let new = NewAccount {
                display_name: display_name.unwrap_or_else(|| name.clone()),
                name: name.clone(),
                password: password.clone(),
                roles,
                authority,
                agency,
                sample: false,
                must_change_password: one_time,
            };
            store.add_account(new).await?;
            audit(store, "account_add", &name).await?;
            tell(&name, &password, one_time);
        }
        Command::Password { name } => {
            let listed = store.list_accounts().await?;
            let known = listed.into_iter().find(|l| l.account.name == name);
            let id = known.ok_or_else(|| Error::not_found("account", &name))?.account.id;
            let (password, one_time) = password()?;
            store.set_password(id, password.clone()).await?;
            audit(store, "account_password", &name).await?;
            tell(&name, &password, one_time);
        }
        Command::Disable { name } => {
            store.disable_account(&name, true).await?;
            audit(store, "account_disable", &name).await?;
        }
        Command::Enable { name } => {
            store.disable_account(&name, false).await?;
            audit(store, "account_enable", &name).await?;
        }
        Command::List => list(store).await?,
    }
    Ok(())
}

async fn audit(store: &Store, action: &str, name: &str) -> Result<()> {
    let mut entry = Entry::new(&Principal::public(), action, "account", name);
    "cli".clone_into(&mut entry.actor_name);
    store.audit(&entry).await
}

fn role(name: &str) -> Result<Role> {
    serde_json::from_value(serde_json::Value::String(name.replace('-', "_")))
        .map_err(|_| Error::invalid("--role", format!("không có vai trò {name}"), format!("no role {name}")))
}

async fn agency_of(store: &Store, code: &str) -> Result<String> {
    if let Some(authority) = store.find_authority(code).await? {
        return Ok(authority.agency);
    }
    let known: Vec<String> = store.list_authorities().await?.into_iter().map(|a| a.code).collect();
    Err(Error::invalid(
        "--authority",
        format!("không có cơ quan {code}; có: {} (hoặc cho biết --agency)", known.join(", ")),
        format!("no authority {code}; there are: {} (or give --agency)", known.join(", ")),
    ))
}

/// Letters and digits that are not taken for one another: 20 of these 32 are 100 bits.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// The first line of standard input where that is no terminal and not empty; else 20 random characters.
fn password() -> Result<(String, bool)> {
    if !std::io::stdin().is_terminal() {
        let mut line = String::new();
        std::io::stdin()
            .lock()
            .read_line(&mut line)
            .map_err(|e| Error::internal("reading the password", e))?;
        let line = line.trim_end_matches(['\r', '\n']);
        if !line.is_empty() {
            return Ok((line.to_owned(), false));
        }
    }
    let random: [u8; 20] = rand::random();
    Ok((random.iter().map(|b| char::from(LETTERS[usize::from(b & 31)])).collect(), true))
}

fn tell(name: &str, password: &str, one_time: bool) {
    if one_time {
        outln!("{name}: one-time password {password}");
    } else {
        outln!("{name}: password set");
    }
}

async fn list(store: &Store) -> Result<()> {
    for l in store.list_accounts().await? {
        let roles: Vec<String> = l
            .account
            .roles
            .iter()
            .map(|r| serde_json::json!(r).as_str().unwrap_or_default().to_owned())
            .collect();
        outln!(
            "{:<20} {:<28} {:<8} {}{}{}",
            l.account.name,
            roles.join(","),
            l.account.authority.as_deref().unwrap_or("-"),
            l.account.display_name,
            if l.sample { " (sample)" } else { "" },
            if l.disabled_at.is_some() { " (disabled)" } else { "" },
        );
    }
    Ok(())
}
