//! Where a cluster's data and socket lie.

use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::account::Account;
use super::failed;
use crate::{Error, Result};

/// Longest path of a socket folder: `sockaddr_un` holds 107 bytes, and `/.s.PGSQL.5432` needs 14 of them.
const MAX_SOCKET_DIR: usize = 92;

/// The folders of one cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub data_dir: PathBuf,
    pub socket_dir: PathBuf,
    pub moved_because: Option<String>,
}

impl Place {
    /// `home/pg`, or a folder under /var/lib that the database account can reach where it cannot reach that.
    pub fn choose(home: &Path, account: &Account) -> Result<Self> {
        let tag = hex::encode(&Sha256::digest(home.as_os_str().as_encoded_bytes())[..6]);
        let closed = home.ancestors().find(|a| !account.can_enter(a));
        let (data_dir, moved_because) = match closed {
            None => (home.join("pg"), None),
            Some(folder) => {
                let moved = PathBuf::from("/var/lib/dothi").join(&tag);
                let why = format!(
                    "{} may not enter {}: the data lie in {}",
                    account.name,
                    folder.display(),
                    moved.display()
                );
                (moved.join("pg"), Some(why))
            }
        };
        let root = if account.drop_root { "/run" } else { "/tmp" };
        let socket_dir = PathBuf::from(root).join(format!("dothi-{tag}"));
        if socket_dir.as_os_str().len() > MAX_SOCKET_DIR {
            return Err(Error::Setup(format!("{}: too long for a socket's folder", socket_dir.display())));
        }
        Ok(Self { data_dir, socket_dir, moved_because })
    }

    /// Makes both folders, owned by the database account and closed to everybody else. The socket's parent may be
    /// open to all, so a folder that somebody else made first is refused.
    pub fn prepare(&self, account: &Account) -> Result<()> {
        if self.moved_because.is_some() {
            for folder in ["/var/lib/dothi", &parent(&self.data_dir)] {
                make(Path::new(folder), 0o755)?;
            }
        }
        for folder in [&self.data_dir, &self.socket_dir] {
            if make(folder, 0o700)? {
                account.own(folder)?;
            }
            let meta = std::fs::symlink_metadata(folder).map_err(|e| failed("look at a folder", e))?;
            if !meta.is_dir() || meta.uid() != account.uid {
                return Err(Error::Setup(format!(
                    "{}: must be a folder that belongs to {}",
                    folder.display(),
                    account.name
                )));
            }
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
                .map_err(|e| failed(&format!("close {}", folder.display()), e))?;
        }
        Ok(())
    }
}

fn parent(path: &Path) -> String {
    path.parent().map(|p| p.display().to_string()).unwrap_or_default()
}

/// Makes one folder; says whether it is new.
fn make(folder: &Path, mode: u32) -> Result<bool> {
    match std::fs::DirBuilder::new().mode(mode).create(folder) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(e) => Err(failed(&format!("create {}", folder.display()), e)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_home_moves_the_data() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("home");
        std::fs::create_dir(&home).unwrap();
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        let stranger = Account { name: "nobody".into(), uid: 65_534, gid: 65_534, drop_root: true };
        let place = Place::choose(&home, &stranger).unwrap();
        assert!(place.data_dir.starts_with("/var/lib/dothi"), "{place:?}");
        assert!(place.moved_because.unwrap().contains("nobody"));
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let place = Place::choose(&home, &stranger).unwrap();
        assert_eq!((place.data_dir, place.moved_because), (home.join("pg"), None));
    }

    #[test]
    fn the_socket_folder_is_short_and_named_by_home() {
        let me = Account { name: "x".into(), uid: 1, gid: 1, drop_root: false };
        let a = Place::choose(Path::new("/a"), &me).unwrap().socket_dir;
        let b = Place::choose(Path::new("/b"), &me).unwrap().socket_dir;
        assert_ne!(a, b);
        assert!(a.as_os_str().len() <= 100);
    }
}
