//! Embeddings collected for a reindex to another model. They are stored in a database of their own, in the folder
//! `next/`, by the hash of the text. Papers may be added, changed or deleted meanwhile, and the work may be
//! interrupted, but no text is embedded twice. `succession` makes them the current generation.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};
use serde::Serialize;

use super::generation::model_argument;
use super::lock::Lock;
use super::papers::Papers;
use super::pool::connect;
use super::record::{self, COLUMNS};
use super::refusal::database_at;
use super::{DocId, Sentences, Store, refused, schema};
use crate::durable;
use crate::embed::{Embedding, Fingerprint};
use crate::error::{Error, Result};
use crate::paper::Paper;

/// The folder of a reindex to another model.
pub(crate) const FOLDER: &str = "next";
/// The folder of the change to a distilled model that `add --quick` makes meanwhile.
pub(crate) const STUDENT_FOLDER: &str = "next-student";
const FILE: &str = "embedded.sqlite";
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS target (
    only         INTEGER PRIMARY KEY CHECK (only = 1),
    fingerprint  TEXT NOT NULL,
    model_path   TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS embedded (
    content_hash BLOB PRIMARY KEY,
    vector       BLOB NOT NULL,
    sentences    BLOB NOT NULL
) STRICT;
";

/// The embeddings of another model collected so far. One process at a time collects them.
pub(crate) struct Successor<'a> {
    pub(super) store: &'a Store,
    pub(super) target: Target,
    pub(super) collected: Collected,
    /// The store's database with the collected vectors attached as `next`.
    pub(super) papers: Papers,
    restarted: bool,
    /// The name of its folder.
    name: &'static str,
    _alone: Lock,
}

/// A paper whose text has no vector yet.
#[derive(Debug)]
pub(crate) struct Missing {
    pub doc: DocId,
    pub paper: Paper,
    /// The hash of its text in the store.
    hash: Vec<u8>,
}

/// The model whose vectors are collected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub fingerprint: Fingerprint,
    /// The folder of the model, if it is a local model without a manifest.
    pub model_path: Option<PathBuf>,
}

/// The progress of an unfinished reindex.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unfinished {
    /// The name of the model as given to `reindex --model`, or the path of its folder.
    pub model: String,
    /// Dimensions of its vectors.
    pub dimension: usize,
    /// Number of texts that have a vector of this model.
    pub embedded: u64,
}

impl Store {
    /// Resumes or begins to collect vectors of this fingerprint in the folder `name`; `model_path` as in
    /// [`Store::open_or_create`]. The store itself is unchanged.
    ///
    /// # Errors
    /// [`Error::EmbeddedElsewhere`] if another process does so, [`Error::AnotherBegun`] if an unfinished reindex has
    /// another model; when the folder cannot be written.
    pub(crate) fn successor(
        &self,
        name: &'static str,
        fingerprint: &Fingerprint,
        model_path: Option<&Path>,
    ) -> Result<Successor<'_>> {
        let alone = self.alone(name)?;
        let target = Target { fingerprint: fingerprint.clone(), model_path: model_path.map(Path::to_owned) };
        let folder = self.dir().join(name);
        let begun = Collected::existing(&folder).filter(Collected::is_sound);
        let mut restarted = false;
        match begun.as_ref().and_then(|begun| begun.target().ok().flatten()) {
            Some(begun_with) if begun_with.fingerprint == target.fingerprint => {}
            Some(begun_with) if begun_with.fingerprint != self.generation()?.fingerprint => {
                return Err(Error::AnotherBegun {
                    dir: self.dir().to_owned(),
                    begun: begun_with.argument(),
                    dimension: begun_with.fingerprint.dimension,
                    embedded: begun.map_or(Ok(0), |begun| begun.count())?,
                });
            }
            // Nothing, or unreadable data, or leftovers of a process that was killed after the switch.
            finished_or_damaged => {
                restarted = match &begun {
                    None => folder.join(FILE).exists(),
                    Some(begun) => finished_or_damaged.is_none() && begun.count().unwrap_or(0) > 0,
                };
                drop(begun);
                self.remove_collected(name)?;
            }
        }
        let collected = Collected::open(&folder, &target).map_err(|source| at(&folder, source))?;
        let papers = connect(self.dir())?;
        let path = folder.join(FILE);
        let attached = papers.connection().execute("ATTACH DATABASE ?1 AS next", [path.to_string_lossy()]);
        attached.map_err(|source| at(&folder, source))?;
        Ok(Successor { store: self, target, collected, papers, restarted, name, _alone: alone })
    }

    /// The progress of an unfinished reindex, if there is one.
    ///
    /// # Errors
    /// When the papers' database cannot be read.
    pub fn unfinished(&self) -> Result<Option<Unfinished>> {
        let now = self.generation()?.fingerprint;
        Ok((|| {
            let collected = Collected::existing(&self.dir().join(FOLDER))?;
            let target = collected.target().ok().flatten().filter(|target| target.fingerprint != now)?;
            let embedded = collected.count().ok()?;
            Some(Unfinished { model: target.argument(), dimension: target.fingerprint.dimension, embedded })
        })())
    }

    /// Discards all collected vectors, of any model. Returns whether there were some.
    ///
    /// # Errors
    /// [`Error::EmbeddedElsewhere`] if a process is collecting; when the folder cannot be deleted.
    pub fn give_up_successor(&self) -> Result<bool> {
        let _alone = self.alone(FOLDER)?;
        let was_there = self.dir().join(FOLDER).exists();
        self.remove_collected(FOLDER)?;
        Ok(was_there)
    }

    /// Deletes collected vectors that are part of the store already: a process was killed after the switch, before it deleted them.
    /// Best effort.
    pub(crate) fn delete_finished(&self) {
        let Ok(now) = self.generation() else { return };
        for name in [FOLDER, STUDENT_FOLDER] {
            let folder = self.dir().join(name);
            if !folder.exists() {
                continue;
            }
            let Ok(_alone) = self.alone(name) else { continue };
            let target = Collected::existing(&folder).and_then(|collected| collected.target().ok().flatten());
            // The distilled model is of no use once the store has another one.
            let is_finished = match target {
                Some(target) => name == STUDENT_FOLDER || target.fingerprint == now.fingerprint,
                None => !folder.join(FILE).exists(),
            };
            if is_finished {
                let _ = self.remove_collected(name);
            }
        }
    }

    /// Locks the work in a folder, by a file outside of it: the folder is deleted when the work is done.
    fn alone(&self, name: &str) -> Result<Lock> {
        let dir = self.dir();
        Lock::at_once(dir, &format!("{name}.lock")).map_err(|error| match error {
            Error::StoreLocked { holder, .. } => Error::EmbeddedElsewhere { dir: dir.to_owned(), holder },
            other => other,
        })
    }

    fn remove_collected(&self, name: &str) -> Result<()> {
        let folder = self.dir().join(name);
        if folder.exists() {
            let removed = fs_err::remove_dir_all(&folder).and_then(|()| durable::sync_folder(self.dir()));
            removed.map_err(|error| refused(self.dir(), error))?;
        }
        Ok(())
    }
}

impl Successor<'_> {
    /// The folder in which files of the next generation are written.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.store.dir().join(self.name)
    }

    /// Whether earlier data could not be read, so that collecting started again.
    #[must_use]
    pub fn restarted(&self) -> bool {
        self.restarted
    }

    /// Number of papers, and of those whose text has a vector.
    ///
    /// # Errors
    /// When a database cannot be read.
    pub fn progress(&self) -> Result<(u64, u64)> {
        let query = "SELECT count(*), count(embedded.content_hash)
                     FROM papers LEFT JOIN next.embedded USING (content_hash)";
        let counts = self.papers.connection().query_row(query, [], |row| Ok((row.get(0)?, row.get(1)?)));
        let (papers, embedded): (i64, i64) = counts.map_err(|source| at(&self.folder(), source))?;
        Ok((papers.unsigned_abs(), embedded.unsigned_abs()))
    }

    /// Up to `most` papers whose text has no vector yet, in the order of rows, after the row `after`.
    ///
    /// # Errors
    /// When a database cannot be read.
    pub fn missing(&self, after: Option<DocId>, most: usize) -> Result<Vec<Missing>> {
        let query = format!(
            "SELECT {COLUMNS} FROM papers
             WHERE row > ?1
               AND NOT EXISTS (SELECT 1 FROM next.embedded WHERE embedded.content_hash = papers.content_hash)
             ORDER BY row LIMIT ?2"
        );
        (|| {
            let mut statement = self.papers.connection().prepare_cached(&query)?;
            let after = after.map_or(-1, |doc| i64::from(doc.0));
            let read = |row: &Row<'_>| {
                let (paper, doc) = record::stored(row)?;
                Ok(Missing { doc, paper, hash: row.get(record::CONTENT_HASH)? })
            };
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            statement.query_map(params![after, most], read)?.collect::<rusqlite::Result<_>>()
        })()
        .map_err(|source| at(&self.folder(), source))
    }

    /// The paper in this row, if it has none yet.
    ///
    /// # Errors
    /// When a database cannot be read.
    pub fn missing_at(&self, doc: DocId) -> Result<Option<Missing>> {
        let before = doc.0.checked_sub(1).map(DocId);
        Ok(self.missing(before, 1)?.pop().filter(|missing| missing.doc == doc))
    }

    /// The collected vector of the paper in this row, with the paper.
    ///
    /// # Errors
    /// When a database cannot be read.
    pub fn collected_at(&self, doc: DocId) -> Result<Option<(Paper, Vec<f32>)>> {
        let query = format!(
            "SELECT {COLUMNS}, vector FROM papers JOIN next.embedded USING (content_hash)
             WHERE row = ?1"
        );
        let read = |row: &Row<'_>| Ok((record::stored(row)?.0, row.get::<_, Vec<u8>>("vector")?));
        let found = (|| self.papers.connection().prepare_cached(&query)?.query_row([doc.0], read).optional())();
        let found = found.map_err(|source| at(&self.folder(), source))?;
        let numbers = |bytes: &[u8]| bytes.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect();
        Ok(found.map(|(paper, vector)| (paper, numbers(&vector))))
    }

    /// Stores vectors and sentence embeddings durably, all or none.
    ///
    /// # Errors
    /// [`Error::FingerprintDiffers`] for vectors of another fingerprint; when the database cannot be written.
    pub fn keep(&mut self, fingerprint: &Fingerprint, embedded: &[(Missing, Embedding, Sentences)]) -> Result<()> {
        self.target.fingerprint.check(fingerprint, &self.folder())?;
        self.collected.keep(embedded).map_err(|source| at(&self.folder(), source))
    }

    /// Deletes the collected data, which is now part of the store.
    ///
    /// # Errors
    /// When it cannot be deleted; leftovers do no harm.
    pub fn end(self) -> Result<()> {
        let Self { store, collected, papers, name, _alone, .. } = self;
        // Some systems do not delete open files.
        drop((collected, papers));
        store.remove_collected(name)
    }
}

impl Target {
    /// How to name the model.
    fn argument(&self) -> String {
        model_argument(&self.fingerprint, self.model_path.as_deref())
    }
}

/// The database of collected vectors.
pub(super) struct Collected(Connection);

impl Collected {
    /// The existing database of a folder, if there is one.
    fn existing(folder: &Path) -> Option<Self> {
        let path = folder.join(FILE);
        let connection = path.is_file().then(|| schema::connect(&path, OpenFlags::empty()))?.ok()?;
        Some(Self(connection))
    }

    fn is_sound(&self) -> bool {
        let found = self.0.pragma_query_value(None, "quick_check", |row| row.get::<_, String>(0));
        found.is_ok_and(|found| found == "ok")
    }

    fn open(folder: &Path, target: &Target) -> rusqlite::Result<Self> {
        let impossible = |error: std::io::Error| rusqlite::Error::ToSqlConversionFailure(error.into());
        durable::create_folder(folder).map_err(impossible)?;
        let connection = schema::connect(&folder.join(FILE), OpenFlags::SQLITE_OPEN_CREATE)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.execute_batch(TABLES)?;
        let fingerprint = serde_json::to_string(&target.fingerprint)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        let model_path = target.model_path.as_ref().map(|path| path.to_string_lossy());
        connection.execute(
            "INSERT OR REPLACE INTO target (only, fingerprint, model_path) VALUES (1, ?1, ?2)",
            params![fingerprint, model_path],
        )?;
        Ok(Self(connection))
    }

    /// The model; `None` if a process was killed before it was written, or a later version of the program wrote another
    /// format.
    fn target(&self) -> rusqlite::Result<Option<Target>> {
        let read = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?));
        let found = self.0.query_row("SELECT fingerprint, model_path FROM target", [], read).optional()?;
        Ok(found.and_then(|(fingerprint, model_path)| {
            let fingerprint = serde_json::from_str(&fingerprint).ok()?;
            Some(Target { fingerprint, model_path: model_path.map(PathBuf::from) })
        }))
    }

    fn count(&self) -> Result<u64> {
        let count = self.0.query_row("SELECT count(*) FROM embedded", [], |row| row.get::<_, i64>(0));
        count.map(i64::unsigned_abs).map_err(|source| at(Path::new(FOLDER), source))
    }

    fn keep(&mut self, embedded: &[(Missing, Embedding, Sentences)]) -> rusqlite::Result<()> {
        let transaction = self.0.transaction()?;
        let mut insert = transaction
            .prepare_cached("INSERT OR REPLACE INTO embedded (content_hash, vector, sentences) VALUES (?1, ?2, ?3)")?;
        for (Missing { hash, .. }, embedding, sentences) in embedded {
            let vector: &[u8] = bytemuck::cast_slice(embedding.as_slice());
            insert.execute(params![hash, vector, sentences.as_bytes()])?;
        }
        drop(insert);
        transaction.commit()
    }

    /// Deletes vectors that turned out to be invalid.
    pub fn forget(&self, hashes: &[Vec<u8>]) -> rusqlite::Result<()> {
        let mut delete = self.0.prepare_cached("DELETE FROM embedded WHERE content_hash = ?1")?;
        hashes.iter().try_for_each(|hash| delete.execute([hash]).map(drop))
    }
}

/// An error of the database of collected vectors.
pub(super) fn at(folder: &Path, source: rusqlite::Error) -> Error {
    database_at(folder.parent().unwrap_or(folder), &folder.join(FILE), source)
}
