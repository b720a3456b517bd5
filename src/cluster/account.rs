//! The operating system account that runs PostgreSQL.

use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::failed;
use crate::{Error, Result};

/// Who runs the server, and who connects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    /// Name of the account that runs the server.
    pub name: String,
    pub uid: u32,
    pub gid: u32,
    /// This process is root, and the server runs as another account.
    pub drop_root: bool,
}

impl Account {
    /// This process's own account, or `postgres` when it is root.
    pub fn for_cluster() -> Result<Self> {
        // The owner of a process's /proc entry is its effective user.
        let me = std::fs::metadata("/proc/self").map_err(|e| failed("read /proc/self", e))?;
        let passwd = std::fs::read_to_string("/etc/passwd").map_err(|e| failed("read /etc/passwd", e))?;
        if me.uid() != 0 {
            let name = find(&passwd, |_, uid| uid == me.uid())
                .ok_or_else(|| Error::Setup(format!("user {} has no entry in /etc/passwd", me.uid())))?
                .0;
            return Ok(Self { name, uid: me.uid(), gid: me.gid(), drop_root: false });
        }
        let (name, uid, gid) = find(&passwd, |name, _| name == "postgres").ok_or_else(|| {
            Error::Setup(
                "PostgreSQL does not run as root, and there is no account `postgres`: apt-get install \
                 postgresql-15 postgresql-15-postgis-3"
                    .to_owned(),
            )
        })?;
        Ok(Self { name, uid, gid, drop_root: true })
    }

    /// A command that runs as this account, with nothing of this process's environment but the path.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8").current_dir("/");
        if self.drop_root {
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    /// Whether this account can go through `folder` (execute bit of owner, group or others).
    pub fn can_enter(&self, folder: &Path) -> bool {
        let Ok(meta) = std::fs::metadata(folder) else { return false };
        let shift = if meta.uid() == self.uid {
            6
        } else if meta.gid() == self.gid {
            3
        } else {
            0
        };
        meta.mode() >> shift & 1 == 1
    }

    /// Gives `path` to this account.
    pub fn own(&self, path: &Path) -> Result<()> {
        if self.drop_root {
            std::os::unix::fs::chown(path, Some(self.uid), Some(self.gid))
                .map_err(|e| failed(&format!("give {} to {}", path.display(), self.name), e))?;
        }
        Ok(())
    }
}

fn find(passwd: &str, wanted: impl Fn(&str, u32) -> bool) -> Option<(String, u32, u32)> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        wanted(name, uid).then(|| (name.to_owned(), uid, gid))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_accounts_by_name_and_by_id() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\npostgres:x:105:110:PostgreSQL,,,:/var/lib/postgresql:/bin/bash\n";
        assert_eq!(find(passwd, |n, _| n == "postgres"), Some(("postgres".to_owned(), 105, 110)));
        assert_eq!(find(passwd, |_, u| u == 0), Some(("root".to_owned(), 0, 0)));
        assert_eq!(find(passwd, |_, u| u == 7), None);
    }
}
