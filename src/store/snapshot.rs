//! The state of a commit that scans and graphs need, in memory: its vectors and live rows.

use std::path::Path;

use fixedbitset::FixedBitSet;

use super::{DocId, Generation, Tuning, Vectors};
use crate::error::{Error, Result};

/// The collection as of one commit; immutable while others write.
#[derive(Debug)]
pub struct Snapshot {
    /// The generation: file of vectors, fingerprint, counts.
    pub generation: Generation,
    /// The committed vectors.
    pub vectors: Vectors,
    /// The tuned `ef` of graph traversal, if it was measured.
    pub tuning: Option<Tuning>,
    live: Live,
}

/// The rows that belong to papers. Updates and deletions leave dead rows behind.
#[derive(Debug, Clone)]
pub(super) struct Live {
    rows: FixedBitSet,
    count: usize,
}

impl Live {
    /// The live rows among `count` rows; `dir` is the store's folder.
    pub fn of(dir: &Path, count: u64, rows: &[i64]) -> Result<Self> {
        let empty = Self { rows: FixedBitSet::new(), count: 0 };
        empty.with(dir, count, rows)
    }

    /// All of `count` rows but the dead ones.
    pub fn all_but(count: u64, dead: &[i64]) -> Self {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let mut rows = FixedBitSet::with_capacity(count);
        rows.insert_range(..);
        let mut live = Self { rows, count };
        live.remove(dead);
        live
    }

    /// Number of live rows.
    pub fn len(&self) -> u64 {
        self.count as u64
    }

    /// The same with further live rows, among now `count` rows.
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

    fn remove(&mut self, rows: &[i64]) {
        for row in rows.iter().filter_map(|row| usize::try_from(*row).ok()) {
            if self.rows.contains(row) {
                self.rows.remove(row);
                self.count -= 1;
            }
        }
    }
}

impl Snapshot {
    pub(super) fn new(generation: Generation, vectors: Vectors, live: Live, tuning: Option<Tuning>) -> Self {
        Self { generation, vectors, tuning, live }
    }

    /// The live rows of a later commit of the same generation: `written` are the rows of papers written since, and `dead` those that
    /// lost theirs.
    pub(super) fn live_after(
        &self,
        dir: &Path,
        generation: &Generation,
        written: &[i64],
        dead: &[i64],
    ) -> Result<Live> {
        let mut live = self.live.with(dir, generation.rows, written)?;
        live.remove(dead);
        Ok(live)
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

    /// Whether there are no papers.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.live.count == 0
    }

    /// The rows that belong to papers, in ascending order.
    pub fn docs(&self) -> impl Iterator<Item = DocId> + '_ {
        self.live.rows.ones().filter_map(|row| u32::try_from(row).ok()).map(DocId)
    }
}
