//! Which texts have been embedded before? Their vectors are kept in the user's cache folder, one SQLite file for each
//! fingerprint and way of computing, keyed by a hash of role and text.
//!
//! A transaction holds what was embedded together, so a crash loses no more than that. What cannot be read counts as never
//! embedded: a cache that is damaged, full or read-only costs time, and the first reason is told by [`Cache::fault`].

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

/// Another process writes no longer than this at a time.
const PATIENCE: Duration = Duration::from_secs(10);

/// Vectors of texts that were embedded before.
pub(crate) struct Cache {
    path: PathBuf,
    connection: Mutex<Connection>,
    dimension: usize,
    found: AtomicU64,
    computed: AtomicU64,
    fault: OnceLock<String>,
}

/// The folder of the caches; `None` where the user has no folder for such things.
#[must_use]
pub(crate) fn folder() -> Option<PathBuf> {
    let cache = etcetera::choose_base_strategy().ok()?.cache_dir();
    Some(cache.join("paperkin").join("vectors"))
}

/// Takes away all caches of a folder, and tells how many bytes they had.
///
/// # Errors
/// When that is not allowed.
pub(crate) fn clear(folder: &Path) -> Result<u64> {
    let had = folder_size(folder)?;
    if folder.is_dir() {
        fs_err::remove_dir_all(folder)?;
    }
    Ok(had)
}

impl Cache {
    /// Opens the cache for vectors of this fingerprint, computed in this way, and makes it if there is none. A file that is no
    /// cache is replaced.
    ///
    /// # Errors
    /// [`Error::VectorCache`]; when the folder cannot be made.
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

    /// The file.
    #[must_use]
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// How many texts were found in the cache so far.
    #[must_use]
    pub(crate) fn found(&self) -> u64 {
        self.found.load(Ordering::Relaxed)
    }

    /// How many had to be embedded.
    #[must_use]
    pub(crate) fn computed(&self) -> u64 {
        self.computed.load(Ordering::Relaxed)
    }

    /// The first reason for which something could not be read or kept.
    #[must_use]
    pub(crate) fn fault(&self) -> Option<&str> {
        self.fault.get().map(String::as_str)
    }

    /// The vectors of texts, `None` for those that are not kept.
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
        let found: Vec<Option<Embedded>> = texts.iter().map(|text| self.noted(one(text)).flatten()).collect();
        self.found.fetch_add(found.iter().flatten().count() as u64, Ordering::Relaxed);
        found
    }

    /// Keeps the vectors of texts.
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
        self.noted(written);
    }

    fn noted<T>(&self, result: rusqlite::Result<T>) -> Option<T> {
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
    // After a power failure the last vectors may be missing, which is no harm.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL, truncated INTEGER NOT NULL) STRICT",
    )?;
    Ok(connection)
}

/// Takes away a database and what SQLite keeps beside it.
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
    fn what_was_embedded_before_comes_back_to_the_last_bit() {
        let folder = tempfile::tempdir().unwrap();
        let long = "many words ".repeat(200);
        let texts = ["one", &long, "two", "one"];
        let first = embedder(folder.path());
        let wanted = first.embed(Role::Passage, &texts).unwrap();
        // Nobody reads what is kept.
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
    fn each_fingerprint_and_each_way_of_computing_has_a_file_of_its_own() {
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
