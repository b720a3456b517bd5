//! Folders for files that do not outlive the process: a worker's copies of an untrusted file, files made for
//! downloads. The folder goes with its owner; where the owner was killed, its lock went with it, and whoever makes the
//! next folder in the same place, or starts the next server, takes the leftovers away.

use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::{Error, Result};

/// How the folders are called, in the system's folder for temporary files or another place.
const PREFIX: &str = "dothi-scratch-";

/// A folder of this process; gone with the value.
#[derive(Debug)]
pub struct Scratch {
    folder: TempDir,
    /// Held while the folder is in use. Last, so that it outlives the folder.
    _lock: File,
}

impl Scratch {
    /// A new folder in the place for temporary files, after what dead processes left there is removed.
    pub async fn new() -> Result<Self> {
        Self::within(std::env::temp_dir()).await
    }

    /// The same in `place`, which is made where it is missing.
    pub async fn within(place: PathBuf) -> Result<Self> {
        let made = tokio::task::spawn_blocking(move || {
            std::fs::create_dir_all(&place)?;
            clear_in(&place);
            Self::in_place(&place)
        });
        made.await
            .unwrap_or_else(|e| Err(io::Error::other(e)))
            .map_err(|e| Error::internal("making a scratch folder", e))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    fn in_place(place: &Path) -> io::Result<Self> {
        loop {
            let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(place)?;
            // Between its making and its locking the folder looks like one of the dead: then another is made.
            match File::open(folder.path()) {
                Ok(lock) => {
                    lock.lock()?;
                    if is_at(&lock, folder.path()) {
                        return Ok(Self { folder, _lock: lock });
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => return Err(e),
            }
        }
    }
}

/// Removes what dead processes left. What cannot be removed now is tried again the next time.
pub async fn clear() {
    clear_within(std::env::temp_dir()).await;
}

/// The same in `place`.
pub async fn clear_within(place: PathBuf) {
    let _ = tokio::task::spawn_blocking(move || clear_in(&place)).await;
}

fn clear_in(place: &Path) {
    for entry in std::fs::read_dir(place).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if !(ours && entry.file_type().is_ok_and(|kind| kind.is_dir())) {
            continue;
        }
        let path = entry.path();
        // A folder of another user cannot be opened, and is his to clear.
        let Ok(lock) = File::open(&path) else { continue };
        match lock.try_lock() {
            Ok(()) if is_at(&lock, &path) => match std::fs::remove_dir_all(&path) {
                Ok(()) => tracing::info!(folder = %path.display(), "removed what a dead process left"),
                Err(error) => {
                    tracing::warn!(folder = %path.display(), %error, "what a dead process left cannot be removed");
                }
            },
            Ok(()) | Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => {
                tracing::warn!(folder = %path.display(), %error, "a scratch folder cannot be locked");
            }
        }
    }
}

/// Whether `path` still leads to the open folder.
fn is_at(folder: &File, path: &Path) -> bool {
    let (Ok(open), Ok(named)) = (folder.metadata(), std::fs::symlink_metadata(path)) else { return false };
    (open.dev(), open.ino()) == (named.dev(), named.ino())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftovers_of_the_dead_go_and_folders_in_use_stay() {
        let place = tempfile::tempdir().unwrap();
        let used = Scratch::in_place(place.path()).unwrap();
        std::fs::write(used.path().join("copy.csv"), b"x").unwrap();
        let dead = place.path().join(format!("{PREFIX}dead"));
        std::fs::create_dir_all(dead.join("unpacked")).unwrap();
        std::fs::write(dead.join("unpacked/a.shp"), b"x").unwrap();
        // Somebody's folder behind a link, and one that is called otherwise.
        let other = place.path().join("other");
        std::fs::create_dir(&other).unwrap();
        std::os::unix::fs::symlink(&other, place.path().join(format!("{PREFIX}link"))).unwrap();
        clear_in(place.path());
        assert!(!dead.exists() && other.exists() && used.path().join("copy.csv").exists());
        let path = used.path().to_owned();
        drop(used);
        assert!(!path.exists());
    }

    #[test]
    fn folders_made_while_others_clear_are_whole() {
        let place = tempfile::tempdir().unwrap();
        std::thread::scope(|threads| {
            for _ in 0..4 {
                threads.spawn(|| {
                    for _ in 0..200 {
                        clear_in(place.path());
                        let scratch = Scratch::in_place(place.path()).unwrap();
                        std::fs::write(scratch.path().join("copy"), b"x").unwrap();
                        assert!(scratch.path().join("copy").exists());
                    }
                });
            }
        });
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
    }
}
