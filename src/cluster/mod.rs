//! The private PostgreSQL cluster of `DOTHI_HOME`, from Debian's packages: initdb, start or join under a lock,
//! stop by the last one out.
//!
//! * No TCP port. The socket lies in a folder of mode 0700, and `peer` authentication maps the operating system
//!   user to the database roles, so there is no password to keep.
//! * PostgreSQL refuses root: when root starts it, the `postgres` account of the packages runs it.
//! * Every process holds a shared lock on `cluster.users` while it uses the cluster. Who can lock that file alone
//!   is the last one and stops it. A killed process loses its lock with its life, and its cluster goes on until
//!   the next process has joined and left.
//! * Debian's own cluster (`/var/lib/postgresql`, `/etc/postgresql`) is never touched.

mod account;
mod place;
mod server;

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::{Error, Result};
use account::Account;
use place::Place;

/// The superuser of a private cluster. Only bootstrap uses it.
pub const SUPERUSER: &str = "dothi_admin";

/// How much a cluster may lose at a power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Nothing that was committed.
    Full,
    /// Everything: for tests only.
    None,
}

/// A running private cluster that this process uses.
#[derive(Debug)]
pub struct Cluster {
    place: Place,
    account: Account,
    socket_dir: PathBuf,
    home: PathBuf,
    users: Option<File>,
}

impl Cluster {
    /// Starts the cluster of `home`, or joins it where it runs. Blocks for as long as PostgreSQL takes (seconds at
    /// the first start). Errors name what to do: packages to install, or commands to move over from another
    /// PostgreSQL version.
    pub fn open(home: &Path, durability: Durability) -> Result<Self> {
        std::fs::create_dir_all(home).map_err(|e| failed(&format!("create {}", home.display()), e))?;
        let home = home.canonicalize().map_err(|e| failed(&format!("open {}", home.display()), e))?;
        let account = Account::for_cluster()?;
        let place = Place::choose(&home, &account)?;
        let _start = lock_start(&home)?;
        place.prepare(&account)?;
        let socket_dir = server::start_or_join(&place, &account, durability)?;
        let users = open_lock(&home, "cluster.users")?;
        users.lock_shared().map_err(|e| failed("lock cluster.users", e))?;
        Ok(Self { place, account, socket_dir, home, users: Some(users) })
    }

    /// Connection URL for `role` on `database`.
    pub fn url(&self, role: &str, database: &str) -> String {
        let host = percent_encoding::utf8_percent_encode(
            self.socket_dir.to_str().unwrap_or_default(),
            percent_encoding::NON_ALPHANUMERIC,
        );
        format!("postgres:///{database}?host={host}&user={role}")
    }

    /// Folder of the socket, for `psql -h`.
    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// Where the data lie; differs from `home` when the database account cannot reach that.
    pub fn data_dir(&self) -> &Path {
        &self.place.data_dir
    }

    /// Why the data do not lie in `home`, for the start's messages.
    pub fn moved_because(&self) -> Option<&str> {
        self.place.moved_because.as_deref()
    }

    /// Leaves the cluster; the last one out stops it.
    pub fn close(mut self) -> Result<()> {
        self.leave()
    }

    fn leave(&mut self) -> Result<()> {
        let Some(users) = self.users.take() else { return Ok(()) };
        let _start = lock_start(&self.home)?;
        drop(users);
        let alone = open_lock(&self.home, "cluster.users")?;
        if locked_alone(&alone) {
            server::stop(&self.place, &self.account)?;
            // Only a tidy-up: the next start makes the folder again.
            let _ = std::fs::remove_dir(&self.place.socket_dir);
        }
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = self.leave() {
            tracing::warn!(%error, "could not leave the private cluster");
        }
    }
}

/// Whether nobody else holds the file. A child that is just being started holds what its parent held until it runs its
/// own program, some milliseconds: that is nobody.
fn locked_alone(file: &File) -> bool {
    for pause_ms in [0, 10, 30, 60] {
        std::thread::sleep(Duration::from_millis(pause_ms));
        if file.try_lock().is_ok() {
            return true;
        }
    }
    false
}

fn lock_start(home: &Path) -> Result<File> {
    let file = open_lock(home, "cluster.start")?;
    file.lock().map_err(|e| failed("lock cluster.start", e))?;
    Ok(file)
}

fn open_lock(home: &Path, name: &str) -> Result<File> {
    let path = home.join(name);
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|e| failed(&format!("open {}", path.display()), e))
}

fn failed(what: &str, error: impl std::fmt::Display) -> Error {
    Error::Setup(format!("private database: could not {what}: {error}"))
}
