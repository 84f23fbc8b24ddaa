//! A cache of embeddings in the user's cache folder. There is one SQLite file per fingerprint and kernel; the key is a hash of
//! role and text.
//!
//! All texts that are embedded together are written in one transaction, so a crash loses no more than these. An entry that cannot
//! be read counts as missing. A damaged, full or read-only cache therefore costs only time; [`Cache::fault`] returns the first
//! error.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use etcetera::BaseStrategy;
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::embedding::Embedding;
use super::files::Fingerprint;
use super::files::hashes::hex;
use super::text::{Embedded, Role};
use crate::error::{Error, Result};
use crate::folder_size::folder_size;

/// How long SQLite waits for another process that writes the same file.
const PATIENCE: Duration = Duration::from_secs(10);

/// A cache of embeddings, and counts of its hits and misses.
pub(crate) struct Cache {
    path: PathBuf,
    connection: Mutex<Connection>,
    dimension: usize,
    found: AtomicU64,
    computed: AtomicU64,
    fault: OnceLock<String>,
}

/// The folder for everything that paperkin caches; `None` if the user has no cache folder.
pub(super) fn cache_folder() -> Option<PathBuf> {
    Some(etcetera::choose_base_strategy().ok()?.cache_dir().join("paperkin"))
}

/// The folder of all caches of embeddings; `None` if the user has no cache folder.
#[must_use]
pub(crate) fn folder() -> Option<PathBuf> {
    Some(cache_folder()?.join("vectors"))
}

/// Deletes all caches in a folder and returns their size in bytes.
///
/// # Errors
/// When a file cannot be deleted.
pub(crate) fn clear(folder: &Path) -> Result<u64> {
    let had = folder_size(folder)?;
    if folder.is_dir() {
        fs_err::remove_dir_all(folder)?;
    }
    Ok(had)
}

impl Cache {
    /// Opens the cache for embeddings with this fingerprint that this kernel computes, and creates it if there is none. A file
    /// that is not an SQLite database, or is damaged, is replaced.
    ///
    /// # Errors
    /// [`Error::VectorCache`]; or when the folder cannot be created.
    pub(super) fn open(folder: &Path, fingerprint: &Fingerprint, kernel: &str) -> Result<Self> {
        fs_err::create_dir_all(folder)?;
        let digest = hex(&Sha256::new().chain_update(kernel).chain_update(fingerprint.digest()).finalize()[..8]);
        let model: String =
            fingerprint.model.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect();
        let path = folder.join(format!("{model}.{digest}.sqlite"));
        let connection = match connect(&path) {
            Err(rusqlite::Error::SqliteFailure(error, _))
                if matches!(error.code, ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) =>
            {
                remove_files(&path)?;
                connect(&path)
            }
            connected => connected,
        };
        let connection = connection.map_err(|source| Error::VectorCache { path: path.clone(), source })?;
        Ok(Self {
            path,
            connection: Mutex::new(connection),
            dimension: fingerprint.dimension,
            found: AtomicU64::new(0),
            computed: AtomicU64::new(0),
            fault: OnceLock::new(),
        })
    }

    /// The path of the SQLite file.
    #[must_use]
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Number of texts whose embedding was in the cache (hits).
    #[must_use]
    pub(crate) fn found(&self) -> u64 {
        self.found.load(Ordering::Relaxed)
    }

    /// Number of texts that were embedded and added (misses).
    #[must_use]
    pub(crate) fn computed(&self) -> u64 {
        self.computed.load(Ordering::Relaxed)
    }

    /// The first error on reading or writing the cache.
    #[must_use]
    pub(crate) fn fault(&self) -> Option<&str> {
        self.fault.get().map(String::as_str)
    }

    /// The embeddings of texts; `None` for those that are not in the cache.
    pub(super) fn get<T: AsRef<str>>(&self, role: Role, texts: &[T]) -> Vec<Option<Embedded>> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let one = |text: &T| -> rusqlite::Result<Option<Embedded>> {
            let mut statement = connection.prepare_cached("SELECT vector, truncated FROM vectors WHERE key = ?1")?;
            let stored = statement
                .query_row([key(role, text.as_ref())], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get(1)?)))
                .optional()?;
            Ok(stored.and_then(|(bytes, truncated)| {
                let numbers: Vec<f32> = bytes.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect();
                let is_whole = numbers.len() == self.dimension && bytes.len() == size_of::<f32>() * numbers.len();
                let embedding = Embedding::of_unit(numbers).filter(|_| is_whole)?;
                Some(Embedded { embedding, tokens: 0, truncated, parts: Vec::new() })
            }))
        };
        let found: Vec<Option<Embedded>> = texts.iter().map(|text| self.recorded(one(text)).flatten()).collect();
        self.found.fetch_add(found.iter().flatten().count() as u64, Ordering::Relaxed);
        found
    }

    /// Adds the embeddings of texts.
    pub(super) fn put<'a, T: AsRef<str> + 'a>(
        &self,
        role: Role,
        embedded: impl IntoIterator<Item = (&'a T, &'a Embedded)>,
    ) {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let written = (|| {
            let transaction = connection.transaction()?;
            for (text, Embedded { embedding, truncated, .. }) in embedded {
                self.computed.fetch_add(1, Ordering::Relaxed);
                transaction
                    .prepare_cached("INSERT OR REPLACE INTO vectors (key, vector, truncated) VALUES (?1, ?2, ?3)")?
                    .execute(params![
                        key(role, text.as_ref()),
                        bytemuck::cast_slice::<f32, u8>(embedding.as_slice()),
                        truncated
                    ])?;
            }
            transaction.commit()
        })();
        self.recorded(written);
    }

    fn recorded<T>(&self, result: rusqlite::Result<T>) -> Option<T> {
        result
            .inspect_err(|source| {
                self.fault.get_or_init(|| source.to_string());
            })
            .ok()
    }
}

fn key(role: Role, text: &str) -> [u8; 32] {
    let role = match role {
        Role::Query => "query ",
        Role::Passage => "passage ",
    };
    Sha256::new().chain_update(role).chain_update(text).finalize().into()
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // After a power failure the last embeddings may be missing. They are then computed again.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL, truncated INTEGER NOT NULL) STRICT",
    )?;
    Ok(connection)
}

/// Deletes a database and the files that SQLite keeps beside it.
fn remove_files(path: &Path) -> Result<()> {
    for extension in ["sqlite", "sqlite-wal", "sqlite-shm"] {
        let file = path.with_extension(extension);
        if file.exists() {
            fs_err::remove_file(file)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embed::{Embedder, ModelFolder};

    fn embedder(folder: &Path) -> Embedder {
        let model = ModelFolder::open(Path::new("tests/data/tiny-bert")).unwrap();
        Embedder::load(&model, 2).unwrap().with_cache(folder).unwrap()
    }

    fn counts(embedder: &Embedder) -> (u64, u64) {
        let cache = embedder.cache().unwrap();
        assert_eq!(cache.fault(), None);
        (cache.found(), cache.computed())
    }

    #[test]
    fn cached_embeddings_are_bit_identical() {
        let folder = tempfile::tempdir().unwrap();
        let long = "many words ".repeat(200);
        let texts = ["one", &long, "two", "one"];
        let first = embedder(folder.path());
        let wanted = first.embed(Role::Passage, &texts).unwrap();
        // A cached embedding has no number of tokens.
        let kept = |embedded: &Embedded| Embedded { tokens: 0, ..embedded.clone() };
        assert_eq!(counts(&first), (0, 4));
        let second = embedder(folder.path());
        let found = second.embed(Role::Passage, &["two", "three", &long]).unwrap();
        assert_eq!(counts(&second), (2, 1));
        assert_eq!((&found[0], &found[2]), (&kept(&wanted[2]), &kept(&wanted[1])));
        assert!(found[2].truncated && !found[0].truncated);
        assert_eq!(second.embed_one(Role::Passage, "three").unwrap(), kept(&found[1]));
        assert_eq!(counts(&second), (3, 1));
        second.embed_one(Role::Query, "three").unwrap();
        assert_eq!(counts(&second), (3, 2), "a question is another text");
    }

    #[test]
    fn each_fingerprint_and_kernel_has_its_own_file() {
        let folder = tempfile::tempdir().unwrap();
        let model = ModelFolder::open(Path::new("tests/data/tiny-bert")).unwrap();
        let own = model.fingerprint().clone();
        let other = Fingerprint { model: "a/b c".to_owned(), max_tokens: 7, ..own.clone() };
        let places = [(&own, "avx2-f32"), (&own, "portable"), (&other, "portable")]
            .map(|(fingerprint, kernel)| Cache::open(folder.path(), fingerprint, kernel).unwrap().path().to_owned());
        assert!(places[0] != places[1] && places[1] != places[2]);
        assert!(places[2].file_name().unwrap().to_string_lossy().starts_with("a_b_c."));
        assert!(folder_size(folder.path()).unwrap() > 0);
        clear(folder.path()).unwrap();
        assert!(!folder.path().exists());
        assert_eq!(clear(folder.path()).unwrap(), 0);
    }
}
