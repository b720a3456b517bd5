//! The file store: bytes under their SHA-256 in a folder of the data folder. The only user of `object_store`.
//!
//! A file is first written under a random name and moved to its final one when all of it has arrived, so that a
//! broken upload leaves nothing that could be read. The same bytes are kept once.

pub mod made;
pub mod scratch;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt, stream::BoxStream};
use object_store::local::LocalFileSystem;
use object_store::{ObjectStoreExt, WriteMultipart, path::Path as Key};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::error::{Error, Result};

/// Bytes of a file's start that are kept for telling its kind.
const HEAD_BYTES: usize = 512;
/// Parts of an upload that may wait for the disk at once.
const PARTS_AT_ONCE: usize = 4;

/// The file store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Files {
    store: Arc<LocalFileSystem>,
}

/// A stored file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// SHA-256 of the bytes, lower-case hexadecimal: the file's name.
    pub sha256: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// The first bytes (at most 512), for telling the kind of file.
    pub head: Vec<u8>,
}

impl Files {
    /// Opens the store in `folder`, which is made where it is missing.
    pub fn open(folder: &Path) -> Result<Self> {
        let setup = |e: &dyn std::fmt::Display| Error::Setup(format!("file store {}: {e}", folder.display()));
        std::fs::create_dir_all(folder).map_err(|e| setup(&e))?;
        let store = LocalFileSystem::new_with_prefix(folder).map_err(|e| setup(&e))?;
        Ok(Self { store: Arc::new(store.with_automatic_cleanup(false)) })
    }

    /// Streams `body` into the store; more than `limit_bytes` is refused with [`Error::TooLarge`], and nothing
    /// is kept of it or of a body that breaks off.
    pub async fn put<S, E>(&self, body: S, limit_bytes: u64) -> Result<Stored>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let incoming = Key::from(format!("incoming/{}", Uuid::new_v4()));
        let upload = self.store.put_multipart(&incoming).await.map_err(broken("open an upload"))?;
        let mut upload = WriteMultipart::new(upload);
        let stored = match receive(&mut upload, body, limit_bytes).await {
            Ok(stored) => stored,
            Err(e) => {
                upload.abort().await.map_err(broken("drop a broken upload"))?;
                return Err(e);
            }
        };
        upload.finish().await.map_err(broken("finish an upload"))?;
        self.keep(&incoming, &key(&stored.sha256)?).await?;
        Ok(stored)
    }

    /// Stores bytes that are already in memory.
    pub async fn put_bytes(&self, bytes: Bytes) -> Result<Stored> {
        let limit = bytes.len() as u64;
        self.put(futures::stream::iter([Ok::<_, std::io::Error>(bytes)]), limit).await
    }

    /// The size and bytes of a stored file.
    pub async fn get(&self, sha256: &str) -> Result<(u64, BoxStream<'static, Result<Bytes>>)> {
        let found = match self.store.get(&key(sha256)?).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return Err(Error::not_found("file", sha256)),
            Err(e) => return Err(broken("read a file")(e)),
        };
        let size = found.meta.size;
        Ok((size, found.into_stream().map_err(broken("read a file")).boxed()))
    }

    /// Where a stored file lies, for a child process that reads it.
    pub fn path(&self, sha256: &str) -> Result<PathBuf> {
        self.store.path_to_filesystem(&key(sha256)?).map_err(broken("locate a file"))
    }

    /// Streams one file of an import to `imports/<import>/<name>`: GDAL finds the parts of a format by their names, and
    /// the files of an import go together. `name` is of letters, digits, `_`, `-` and `.` only.
    pub async fn put_import<S, E>(&self, import: Uuid, name: &str, body: S, limit_bytes: u64) -> Result<u64>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let to = import_key(import, name)?;
        let incoming = Key::from(format!("incoming/{}", Uuid::new_v4()));
        let upload = self.store.put_multipart(&incoming).await.map_err(broken("open an upload"))?;
        let mut upload = WriteMultipart::new(upload);
        let stored = match receive(&mut upload, body, limit_bytes).await {
            Ok(stored) => stored,
            Err(e) => {
                upload.abort().await.map_err(broken("drop a broken upload"))?;
                return Err(e);
            }
        };
        upload.finish().await.map_err(broken("finish an upload"))?;
        self.keep(&incoming, &to).await?;
        Ok(stored.size_bytes)
    }

    /// Where a file of an import lies, for the child process that reads it.
    pub fn import_path(&self, import: Uuid, name: &str) -> Result<PathBuf> {
        self.store.path_to_filesystem(&import_key(import, name)?).map_err(broken("locate a file"))
    }

    /// Removes these files of an import; those that are gone already are no error.
    pub async fn delete_import(&self, import: Uuid, names: &[&str]) -> Result<()> {
        for name in names {
            match self.store.delete(&import_key(import, name)?).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(e) => return Err(broken("remove a file")(e)),
            }
        }
        Ok(())
    }

    /// Moves a complete upload to its final name and onto the disk.
    async fn keep(&self, incoming: &Key, to: &Key) -> Result<()> {
        self.store.rename(incoming, to).await.map_err(broken("name an upload"))?;
        let path = self.store.path_to_filesystem(to).map_err(broken("locate a file"))?;
        let sync = async { tokio::fs::File::open(&path).await?.sync_all().await };
        sync.await.map_err(|e| Error::internal("write a file to disk", e))
    }
}

async fn receive<S, E>(upload: &mut WriteMultipart, body: S, limit_bytes: u64) -> Result<Stored>
where
    S: Stream<Item = Result<Bytes, E>> + Send,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut body = std::pin::pin!(body);
    let (mut hash, mut size_bytes, mut head) = (Sha256::new(), 0u64, Vec::new());
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|e| upload_broke_off(&*e.into()))?;
        size_bytes += chunk.len() as u64;
        if size_bytes > limit_bytes {
            return Err(Error::TooLarge { limit_bytes });
        }
        hash.update(&chunk);
        head.extend_from_slice(&chunk[..chunk.len().min(HEAD_BYTES - head.len())]);
        upload.wait_for_capacity(PARTS_AT_ONCE).await.map_err(broken("write an upload"))?;
        upload.put(chunk);
    }
    Ok(Stored { sha256: hex::encode(hash.finalize()), size_bytes, head })
}

/// The client went away in the middle; nothing of this program failed.
fn upload_broke_off(cause: &(dyn std::error::Error + Send + Sync)) -> Error {
    Error::invalid(
        "body",
        "tệp tải lên bị đứt giữa chừng; hãy tải lại từ đầu",
        format!("the upload broke off ({cause}); send it again"),
    )
}

/// Files lie in 256 folders by the first two digits, so that no folder grows without end.
fn key(sha256: &str) -> Result<Key> {
    if sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase()) {
        Ok(Key::from(format!("sha256/{}/{sha256}", &sha256[..2])))
    } else {
        Err(Error::not_found("file", sha256))
    }
}

fn import_key(import: Uuid, name: &str) -> Result<Key> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if !name.is_empty() && !name.starts_with('.') && name.chars().all(plain) {
        Ok(Key::from(format!("imports/{import}/{name}")))
    } else {
        Err(Error::not_found("file", name))
    }
}

fn broken(context: &'static str) -> impl Fn(object_store::Error) -> Error {
    move |e| Error::internal(context, e)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunks(parts: &[&'static str]) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send + use<> {
        futures::stream::iter(parts.iter().map(|p| Ok(Bytes::from_static(p.as_bytes()))).collect::<Vec<_>>())
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { found.extend(names(&path)) } else { found.push(path.display().to_string()) }
        }
        found
    }

    #[tokio::test]
    async fn stores_by_hash_once_and_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::open(folder.path()).unwrap();
        let a = files.put(chunks(&["ab", "c"]), 10).await.unwrap();
        let b = files.put(chunks(&["abc"]), 3).await.unwrap();
        assert_eq!(a.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!((&a.sha256, a.size_bytes, a.head.as_slice()), (&b.sha256, 3, b"abc".as_slice()));
        let (size, body) = files.get(&a.sha256).await.unwrap();
        let read: Vec<Bytes> = body.try_collect().await.unwrap();
        assert_eq!((size, read.concat()), (3, b"abc".to_vec()));
        assert_eq!(std::fs::read(files.path(&a.sha256).unwrap()).unwrap(), b"abc");
        assert_eq!(names(folder.path()).len(), 1);
    }

    #[tokio::test]
    async fn keeps_nothing_of_a_refused_or_broken_upload() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::open(folder.path()).unwrap();
        assert!(matches!(files.put(chunks(&["abc", "d"]), 3).await, Err(Error::TooLarge { limit_bytes: 3 })));
        let cut = chunks(&["abc"]).chain(futures::stream::iter([Err(std::io::Error::other("gone"))]));
        assert!(matches!(files.put(cut, 100).await, Err(Error::InvalidParameter { .. })));
        assert_eq!(names(folder.path()), Vec::<String>::new());
    }

    #[tokio::test]
    async fn files_of_an_import_lie_together_and_go_together() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::open(folder.path()).unwrap();
        let import = Uuid::new_v4();
        for name in ["a.shp", "a.dbf"] {
            assert_eq!(files.put_import(import, name, chunks(&["ab", "c"]), 3).await.unwrap(), 3);
        }
        let path = files.import_path(import, "a.dbf").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"abc");
        assert_eq!(path.parent(), files.import_path(import, "a.shp").unwrap().parent());
        for name in ["../a.shp", ".shp", "", "a/b.shp", "đất.shp"] {
            assert!(files.import_path(import, name).is_err(), "{name}");
        }
        files.delete_import(import, &["a.shp", "a.dbf", "a.prj"]).await.unwrap();
        assert_eq!(names(folder.path()), Vec::<String>::new());
    }

    #[tokio::test]
    async fn a_name_that_is_no_hash_is_not_found() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::open(folder.path()).unwrap();
        for name in ["../etc/passwd", "", "BA7816"] {
            assert!(matches!(files.get(name).await, Err(Error::NotFound { .. })), "{name}");
        }
    }
}
