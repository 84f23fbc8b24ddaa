//! Which rows does a commit count, and which of them belong to papers? What scans and graphs need, in memory.

use std::path::Path;

use fixedbitset::FixedBitSet;

use super::{DocId, Generation, Tuning, Vectors};
use crate::error::{Error, Result};

/// What the collection holds at one moment; it stays as it is while others add.
#[derive(Debug)]
pub struct Snapshot {
    /// Which vectors count, and of which model they are.
    pub generation: Generation,
    /// Those vectors.
    pub vectors: Vectors,
    /// How the graph shall be walked, where somebody has measured that.
    pub tuning: Option<Tuning>,
    live: Live,
}

/// Which rows belong to papers; updates leave rows behind that do not.
#[derive(Debug, Clone)]
pub(super) struct Live {
    rows: FixedBitSet,
    count: usize,
}

impl Live {
    /// Of a generation with so many rows, of which papers have these; `dir` is the store's folder.
    pub fn of(dir: &Path, count: u64, rows: &[i64]) -> Result<Self> {
        let empty = Self { rows: FixedBitSet::new(), count: 0 };
        empty.with(dir, count, rows)
    }

    /// The same with further rows, where there are `count` rows by now.
    pub fn with(&self, dir: &Path, count: u64, rows: &[i64]) -> Result<Self> {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let mut live = self.clone();
        live.rows.grow(count);
        for row in rows {
            let damaged = || Error::StoreDamaged {
                dir: dir.to_owned(),
                reason: format!("a paper has row {row}, but there are {count} rows"),
            };
            let row = usize::try_from(*row).ok().filter(|row| *row < count).ok_or_else(damaged)?;
            live.count += usize::from(!live.rows.put(row));
        }
        Ok(live)
    }
}

impl Snapshot {
    pub(super) fn new(generation: Generation, vectors: Vectors, live: Live, tuning: Option<Tuning>) -> Self {
        Self { generation, vectors, tuning, live }
    }

    /// The rows of papers in a later state of the same generation, if no row died: when those rows were written that `written` gives,
    /// and there are `papers` by now. Which rows died is not told by the database.
    pub(super) fn live_after(
        &self,
        dir: &Path,
        generation: &Generation,
        written: &[i64],
        papers: u64,
    ) -> Result<Option<Live>> {
        let live = self.live.with(dir, generation.rows, written)?;
        Ok((live.count as u64 == papers).then_some(live))
    }

    /// Whether a generation is a later state of this one.
    pub(super) fn is_before(&self, generation: &Generation) -> bool {
        self.generation.number == generation.number && self.generation.commits < generation.commits
    }

    /// Whether a row belongs to a paper.
    #[must_use]
    pub fn is_live(&self, doc: DocId) -> bool {
        self.live.rows.contains(doc.row())
    }

    /// The rows that belong to papers, as a set.
    #[must_use]
    pub fn live(&self) -> &FixedBitSet {
        &self.live.rows
    }

    /// Number of papers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.live.count
    }

    /// Whether there is no paper.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.live.count == 0
    }

    /// The rows that belong to papers, in order.
    pub fn docs(&self) -> impl Iterator<Item = DocId> + '_ {
        self.live.rows.ones().filter_map(|row| u32::try_from(row).ok()).map(DocId)
    }
}
