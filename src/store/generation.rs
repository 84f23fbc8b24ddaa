//! The row of table `generation`, which is the commit point: the file of vectors, its committed rows, the model's
//! fingerprint, and the number of commits. Every change to the store updates this row in the same transaction.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::schema::FILE;
use super::{database, to_i64};
use crate::embed::{Fingerprint, ModelFolder};
use crate::error::{Error, Result};

/// The folder of a store for temporary models of its own. A model path that begins with it is relative to the store; another
/// relative path, which old stores may have, to the current folder.
pub(crate) const OWN_MODELS: &str = "quick";

/// A file of vectors, and the number of its committed rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    /// A row belongs to the same text while this number is unchanged.
    pub number: u64,
    /// Name of the file, inside the store's folder.
    pub file: String,
    /// The fingerprint of the model that made the vectors.
    pub fingerprint: Fingerprint,
    /// The folder of the model, if its name does not find it. A path below `quick` begins at the store's
    /// folder.
    pub model_path: Option<PathBuf>,
    /// Committed rows.
    pub rows: u64,
    /// Number of commits so far, in all generations. Every commit that changes anything adds one.
    pub commits: u64,
}

impl Generation {
    pub(super) fn first(fingerprint: Fingerprint, model_path: Option<&Path>) -> Self {
        Self {
            number: 1,
            file: vectors_file(1),
            fingerprint,
            model_path: model_path.map(Path::to_owned),
            rows: 0,
            commits: 0,
        }
    }

    /// Reads the row; `dir` is the store's folder.
    pub(super) fn read(connection: &Connection, dir: &Path) -> Result<Self> {
        let damaged = |reason: String| Error::StoreDamaged { dir: dir.to_owned(), reason };
        let found = connection
            .prepare_cached("SELECT number, file, fingerprint, model_path, rows, commits FROM generation")
            .and_then(|mut statement| {
                let read = |row: &rusqlite::Row<'_>| {
                    let (number, file, fingerprint): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
                    let (model_path, rows, commits): (Option<String>, i64, i64) =
                        (row.get(3)?, row.get(4)?, row.get(5)?);
                    Ok((number, file, fingerprint, model_path, rows, commits))
                };
                statement.query_row([], read).optional()
            })
            .map_err(|source| database(dir, source))?;
        let Some((number, file, fingerprint, model_path, rows, commits)) = found else {
            return Err(damaged(format!("{FILE} names no file of vectors")));
        };
        if file.contains(std::path::is_separator) {
            return Err(damaged(format!("{FILE} names `{file}`, which is not in the store")));
        }
        let fingerprint = serde_json::from_str(&fingerprint)
            .map_err(|error| damaged(format!("{FILE} has a fingerprint that cannot be read: {error}")))?;
        let counted = |what, n: i64| u64::try_from(n).map_err(|_| damaged(format!("{FILE} counts {n} {what}")));
        Ok(Self {
            number: counted("generations", number)?,
            file,
            fingerprint,
            model_path: model_path.map(PathBuf::from),
            rows: counted("rows", rows)?,
            commits: counted("commits", commits)?,
        })
    }

    /// How to name the model that made the vectors: its name, or the path of its folder.
    #[must_use]
    pub fn model_argument(&self) -> String {
        model_argument(&self.fingerprint, self.model_path.as_deref())
    }

    /// Whether the model is in the store's folder, below [`OWN_MODELS`].
    pub(crate) fn has_own_model(&self) -> bool {
        self.model_path.as_deref().is_some_and(|path| path.starts_with(OWN_MODELS))
    }

    /// The model that made the vectors, if it is on this machine.
    ///
    /// # Errors
    /// As [`ModelFolder::find`]; [`Error::FingerprintDiffers`] if the model found there has another fingerprint.
    pub fn find_model(&self, dir: &Path) -> Result<ModelFolder> {
        let found = match self.model_path.as_deref() {
            Some(path) if self.has_own_model() => ModelFolder::open(&dir.join(path))?,
            _ => ModelFolder::find(&self.model_argument())?,
        };
        found.for_vectors(&self.fingerprint, dir)
    }

    /// Replaces the row.
    pub(super) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        // This cannot fail in practice: a fingerprint consists of texts and numbers.
        let fingerprint = serde_json::to_string(&self.fingerprint)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        let model_path = self.model_path.as_ref().map(|path| path.to_string_lossy());
        connection.execute(
            "INSERT OR REPLACE INTO generation (only, number, file, fingerprint, model_path, rows, commits)
             VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)",
            params![to_i64(self.number), self.file, fingerprint, model_path, to_i64(self.rows), to_i64(self.commits)],
        )?;
        Ok(())
    }
}

/// Commits with the next commit number.
pub(super) fn finish(transaction: Transaction<'_>, generation: Generation) -> rusqlite::Result<()> {
    Generation { commits: generation.commits + 1, ..generation }.write(&transaction)?;
    transaction.commit()
}

/// How to name a model of this fingerprint, if its folder is `path`.
pub(super) fn model_argument(fingerprint: &Fingerprint, path: Option<&Path>) -> String {
    path.map_or_else(|| fingerprint.model.clone(), |path| path.to_string_lossy().into_owned())
}

/// The name of the file with a generation's vectors.
pub(super) fn vectors_file(number: u64) -> String {
    format!("vectors.{number}.f32")
}
