//! What is committed at one moment, for those who search it while others write?

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use fixedbitset::FixedBitSet;

use super::{DocId, Generation, Store, Tuning, Vectors};
use crate::error::{Error, Result};

/// How often something is asked again because somebody has committed while it was answered. A commit takes longer than an
/// answer, so the second time is the last one, unless the store is changed behind the back of SQLite.
pub(crate) const MOST_ATTEMPTS: usize = 20;

/// What the collection holds at one moment; it stays as it is while others add.
#[derive(Debug)]
pub struct Snapshot {
    pub generation: Generation,
    pub vectors: Vectors,
    /// How the graph shall be walked, where somebody has measured that.
    pub tuning: Option<Tuning>,
    /// Which rows belong to papers; updates leave rows behind that do not.
    live: FixedBitSet,
    live_count: usize,
}

impl Snapshot {
    /// Of a generation in which papers have these rows; `dir` is the store's folder.
    pub(super) fn new(
        dir: &Path,
        generation: Generation,
        vectors: Vectors,
        rows: &[i64],
        tuning: Option<Tuning>,
    ) -> Result<Self> {
        let mut live = FixedBitSet::with_capacity(vectors.rows());
        for row in rows {
            let damaged = || Error::StoreDamaged {
                dir: dir.to_owned(),
                reason: format!("a paper has row {row}, but there are {} rows", vectors.rows()),
            };
            live.insert(usize::try_from(*row).ok().filter(|row| *row < vectors.rows()).ok_or_else(damaged)?);
        }
        Ok(Self { generation, vectors, tuning, live, live_count: rows.len() })
    }

    /// Whether a row belongs to a paper.
    #[must_use]
    pub fn is_live(&self, doc: DocId) -> bool {
        self.live.contains(doc.row())
    }

    /// The rows that belong to papers, as a set.
    #[must_use]
    pub fn live(&self) -> &FixedBitSet {
        &self.live
    }

    /// Number of papers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.live_count
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.live_count == 0
    }

    /// The rows that belong to papers, in order.
    pub fn docs(&self) -> impl Iterator<Item = DocId> + '_ {
        self.live.ones().filter_map(|row| u32::try_from(row).ok()).map(DocId)
    }
}

impl Store {
    /// What is committed at this moment.
    ///
    /// # Errors
    /// When a file is missing, too short or unreadable.
    pub fn snapshot(&self) -> Result<Arc<Snapshot>> {
        let (generation, rows, tuning, vectors) = loop {
            let (generation, rows, tuning) = self.papers().rows()?;
            if let Some(vectors) = self.vectors_of(&generation)? {
                break (generation, rows, tuning, vectors);
            }
        };
        Snapshot::new(self.dir(), generation, vectors, &rows, tuning).map(Arc::new)
    }

    /// Reads a snapshot and the database as of one moment. `None` says that somebody has committed between, and it is tried again.
    ///
    /// # Errors
    /// [`Error::StoreRestless`], what is wrong with the store, and those of `read`.
    pub(crate) fn of_one_moment<T>(&self, read: impl Fn(&Snapshot) -> Result<Option<T>>) -> Result<T> {
        for _ in 0..MOST_ATTEMPTS {
            if let Some(found) = read(&*self.snapshot()?)? {
                return Ok(found);
            }
        }
        Err(Error::StoreRestless { dir: self.dir().to_owned(), attempts: MOST_ATTEMPTS })
    }

    /// The vectors of a generation; `None` when another one became current meanwhile and the file has been taken away.
    pub(super) fn vectors_of(&self, generation: &Generation) -> Result<Option<Vectors>> {
        match Vectors::open(self.dir(), generation) {
            Err(Error::Io(error))
                if error.kind() == ErrorKind::NotFound && self.generation()?.number != generation.number =>
            {
                Ok(None)
            }
            vectors => vectors.map(Some),
        }
    }
}
