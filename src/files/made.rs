//! Files that are made from layers and building models and kept while they are asked for: whole layers for download,
//! what shows a model.
//!
//! A file is of one thing (`what`: a layer for a rights profile in a format, a model's mesh) in one `state`. Asked for
//! in another state it is made anew, so that nothing stale is ever served. Whoever asks while it is being made waits for
//! the same one, and the making goes on when all of them have gone. All files together are bounded in bytes: those not
//! asked for longest are let go. One that is being read stays whole to its end.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use sha2::{Digest, Sha256};
use tokio::sync::{OnceCell, Semaphore};

use super::scratch::{self, Scratch};
use crate::{Error, Result};

/// Files that are made at once: each takes a processor for seconds.
const AT_ONCE: usize = 2;

/// The files. Cheap to clone.
#[derive(Debug, Clone)]
pub struct MadeFiles(Arc<Kept>);

#[derive(Debug)]
struct Kept {
    place: PathBuf,
    most_bytes: u64,
    folder: OnceCell<Scratch>,
    making: Arc<Semaphore>,
    /// Counts requests and names files.
    clock: AtomicU64,
    slots: Mutex<HashMap<String, Slot>>,
}

/// The newest file of one thing.
#[derive(Debug)]
struct Slot {
    state: String,
    file: Arc<OnceCell<Arc<MadeFile>>>,
    /// When it was asked for last.
    used: u64,
}

/// A complete file. It is gone from the disk with the last value.
#[derive(Debug)]
pub struct MadeFile {
    /// Where it is.
    path: PathBuf,
    /// Size.
    pub bytes: u64,
    /// SHA-256 of the bytes, lower-case hexadecimal.
    pub sha256: String,
    /// When it was complete.
    pub made: SystemTime,
}

impl MadeFile {
    /// Opens it for reading.
    pub fn open(&self) -> std::io::Result<File> {
        File::open(&self.path)
    }
}

impl Drop for MadeFile {
    fn drop(&mut self) {
        // What stays behind goes with the folder.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl MadeFiles {
    /// None yet; later in a folder of this process within `place`, at most `most_bytes` of them.
    pub fn new(place: PathBuf, most_bytes: u64) -> Self {
        Self(Arc::new(Kept {
            place,
            most_bytes,
            folder: OnceCell::new(),
            making: Arc::new(Semaphore::new(AT_ONCE)),
            clock: AtomicU64::new(0),
            slots: Mutex::default(),
        }))
    }

    /// Removes what processes that were killed left.
    pub async fn clear(&self) {
        scratch::clear_within(self.0.place.clone()).await;
    }

    /// The file of `what` in `state`; `make` writes it to a path where nothing is yet, on a thread that may block.
    pub async fn get(
        &self,
        what: String,
        state: String,
        make: impl FnOnce(&Path) -> Result<()> + Send + 'static,
    ) -> Result<Arc<MadeFile>> {
        let kept = self.0.clone();
        let used = kept.clock.fetch_add(1, Ordering::Relaxed);
        let cell = kept.slot(&what, &state, used);
        if let Some(file) = cell.get() {
            return Ok(file.clone());
        }
        // On a task of its own: a client that goes away does not stop what others wait for.
        let work = tokio::spawn(async move {
            let file = cell.get_or_try_init(|| kept.make(used, make)).await?.clone();
            kept.let_go(&what);
            Ok(file)
        });
        work.await.map_err(|e| Error::internal("making a file", e))?
    }

    /// A file that is read once: `make` writes it, and its place on the disk is free as soon as it has been read.
    pub async fn once(&self, make: impl FnOnce(&Path) -> Result<()> + Send + 'static) -> Result<File> {
        let kept = self.0.clone();
        let number = kept.clock.fetch_add(1, Ordering::Relaxed);
        kept.write(number, move |path| {
            make(path)?;
            let file = File::open(path).map_err(|e| Error::internal("reading a made file", e))?;
            std::fs::remove_file(path).map_err(|e| Error::internal("unlinking a made file", e))?;
            Ok(file)
        })
        .await
    }
}

impl Kept {
    fn slots(&self) -> MutexGuard<'_, HashMap<String, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The place of `what`, emptied where it is of another state.
    fn slot(&self, what: &str, state: &str, used: u64) -> Arc<OnceCell<Arc<MadeFile>>> {
        let mut slots = self.slots();
        let fresh = || Slot { state: state.to_owned(), file: Arc::default(), used };
        let slot = slots.entry(what.to_owned()).or_insert_with(fresh);
        if slot.state != state {
            *slot = fresh();
        }
        slot.used = used;
        slot.file.clone()
    }

    async fn make(
        &self,
        number: u64,
        make: impl FnOnce(&Path) -> Result<()> + Send + 'static,
    ) -> Result<Arc<MadeFile>> {
        let made = self.write(number, move |path| {
            make(path)?;
            complete(path).map_err(|e| Error::internal("reading a made file", e))
        });
        made.await.map(Arc::new)
    }

    /// Runs `work` with a free path when it is its turn.
    async fn write<T: Send + 'static>(
        &self,
        number: u64,
        work: impl FnOnce(&Path) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let broken = |e: &dyn std::fmt::Display| Error::internal("making a file", e.to_string());
        let turn = self.making.clone().acquire_owned().await.map_err(|e| broken(&e))?;
        let folder = self.folder.get_or_try_init(|| Scratch::within(self.place.clone())).await?;
        let path = folder.path().join(number.to_string());
        let done = tokio::task::spawn_blocking(move || {
            let done = work(&path);
            if done.is_err() {
                // What is half made is of no use; what cannot be removed goes with the folder.
                let _ = std::fs::remove_file(&path);
            }
            // Work that nobody waits for any more counts to its end.
            drop(turn);
            done
        });
        done.await.map_err(|e| broken(&e))?
    }

    /// Lets files go until the rest is within its bound, the last one that was asked for, `but`, at the end.
    fn let_go(&self, but: &str) {
        let mut slots = self.slots();
        let bytes = |s: &Slot| s.file.get().map_or(0, |f| f.bytes);
        while slots.values().map(bytes).sum::<u64>() > self.most_bytes {
            let complete = slots.iter().filter(|(_, s)| s.file.get().is_some());
            let Some(oldest) =
                complete.min_by_key(|(what, s)| (*what == but, s.used)).map(|(what, _)| what.clone())
            else {
                return;
            };
            slots.remove(&oldest);
        }
    }
}

/// What is told of a file that was written.
fn complete(path: &Path) -> std::io::Result<MadeFile> {
    let (mut file, mut hash) = (File::open(path)?, Sha256::new());
    let (mut piece, mut bytes) = (vec![0; 1 << 18], 0);
    loop {
        let n = file.read(&mut piece)?;
        if n == 0 {
            break;
        }
        bytes += n as u64;
        hash.update(&piece[..n]);
    }
    let made = file.metadata()?.modified()?;
    Ok(MadeFile { path: path.to_owned(), bytes, sha256: hex::encode(hash.finalize()), made })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    fn write(text: &'static str, count: &Arc<AtomicUsize>) -> impl FnOnce(&Path) -> Result<()> + use<> {
        let count = count.clone();
        move |path| {
            count.fetch_add(1, Ordering::SeqCst);
            std::thread::sleep(std::time::Duration::from_millis(50));
            std::fs::write(path, text).map_err(|e| Error::internal("a test", e))
        }
    }

    fn read(file: &MadeFile) -> String {
        std::io::read_to_string(file.open().unwrap()).unwrap()
    }

    fn on_disk(place: &Path) -> usize {
        let folders = std::fs::read_dir(place).unwrap().flatten();
        folders.map(|f| std::fs::read_dir(f.path()).unwrap().count()).sum()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_file_is_made_once_for_all_who_wait_and_anew_in_another_state() {
        let place = tempfile::tempdir().unwrap();
        let files = MadeFiles::new(place.path().join("made"), 1000);
        let count = Arc::default();
        let ask = |state: &str, text| files.get("a".to_owned(), state.to_owned(), write(text, &count));
        let all = futures::future::join_all((0..8).map(|_| ask("1", "one"))).await;
        assert!(all.iter().all(|f| read(f.as_ref().unwrap()) == "one"));
        assert_eq!(count.load(Ordering::SeqCst), 1);
        let old = all[0].as_ref().unwrap().clone();
        drop(all);
        // One who goes away does not stop the work.
        let gone = tokio::time::timeout(std::time::Duration::from_millis(5), ask("2", "two")).await;
        assert!(gone.is_err());
        let new = ask("2", "never").await.unwrap();
        assert_eq!(
            (read(&new).as_str(), read(&old).as_str(), count.load(Ordering::SeqCst)),
            ("two", "one", 2)
        );
        assert_ne!(new.sha256, old.sha256);
        drop(old);
        assert_eq!(on_disk(&place.path().join("made")), 1, "the old state's is gone with its last reader");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_oldest_go_where_there_are_too_many_bytes() {
        let place = tempfile::tempdir().unwrap();
        let files = MadeFiles::new(place.path().to_owned(), 10);
        let count = Arc::default();
        let ask = |what: &str, text| files.get(what.to_owned(), "1".to_owned(), write(text, &count));
        for (what, text) in [("a", "aaaa"), ("b", "bbbb"), ("a", "-"), ("c", "cccc")] {
            ask(what, text).await.unwrap();
        }
        assert_eq!((count.load(Ordering::SeqCst), on_disk(place.path())), (3, 2));
        ask("a", "-").await.unwrap();
        assert_eq!(count.load(Ordering::SeqCst), 3, "b was asked for longest ago");
        // One that is larger than all is served and not kept.
        let large = ask("d", "ddddddddddddddd").await.unwrap();
        assert_eq!(read(&large).len(), 15);
        drop(large);
        assert_eq!(on_disk(place.path()), 0);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_fault_leaves_nothing_and_is_not_kept() {
        let place = tempfile::tempdir().unwrap();
        let files = MadeFiles::new(place.path().to_owned(), 10);
        let broken = files.get("a".to_owned(), "1".to_owned(), |path| {
            std::fs::write(path, "half").map_err(|e| Error::internal("a test", e))?;
            Err(Error::internal("a test", "broken"))
        });
        assert!(broken.await.is_err());
        assert_eq!(on_disk(place.path()), 0);
        let again = files.get("a".to_owned(), "1".to_owned(), write("whole", &Arc::default())).await;
        assert_eq!(read(&again.unwrap()), "whole");
    }
}
