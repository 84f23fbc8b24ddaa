//! A part of the index with the rows that count: rows of live papers that no later part contains.

use std::sync::Arc;

use fixedbitset::FixedBitSet;

use super::known::Known;
use super::part::Part;
use super::recent::Recent;
use super::words::{Fields, fields};

/// A part of the index, and the rows of it that count.
#[derive(Debug, Clone)]
pub(super) struct Counted {
    pub part: Arc<Part>,
    pub rows: FixedBitSet,
    /// Number of documents that do not count.
    pub others: usize,
    /// Number of words in the titles, abstracts and names of these rows.
    pub lengths: [u64; 3],
    /// What is known of words in these rows.
    pub known: Known,
}

impl Counted {
    /// A part in which the rows of all live papers count.
    pub fn new(part: Part, live: &FixedBitSet, names: &Fields) -> tantivy::Result<Self> {
        let mut rows = part.rows();
        rows.intersect_with(live);
        let lengths = lengths(&part, &rows, names)?;
        let others = part.documents() - rows.count_ones(..);
        Ok(Self { part: Arc::new(part), rows, others, lengths, known: Known::default() })
    }

    /// Removes the rows of deleted papers and those that a later part contains.
    pub fn narrow(&mut self, live: &FixedBitSet, later: &FixedBitSet, names: &Fields) -> tantivy::Result<()> {
        let mut rows = self.rows.clone();
        rows.intersect_with(live);
        rows.difference_with(later);
        let mut gone = std::mem::replace(&mut self.rows, rows);
        gone.difference_with(&self.rows);
        if !gone.is_clear() {
            self.others += gone.count_ones(..);
            self.known.lose(&gone);
            for (length, gone) in self.lengths.iter_mut().zip(lengths(&self.part, &gone, names)?) {
                *length -= gone;
            }
        }
        Ok(())
    }

    /// Merges two parts in memory and drops the documents that do not count; `None` if one of the parts is on disk.
    pub fn merged(before: &Self, last: &Self) -> Option<Self> {
        let (Part::Recent(old), Part::Recent(new)) = (&*before.part, &*last.part) else { return None };
        let part = Arc::new(Part::Recent(Recent::merged([(old, &before.rows), (new, &last.rows)])));
        let mut rows = before.rows.clone();
        rows.union_with(&last.rows);
        let others = part.documents() - rows.count_ones(..);
        Some(Self {
            part,
            rows,
            others,
            lengths: std::array::from_fn(|field| before.lengths[field] + last.lengths[field]),
            known: Known::default(),
        })
    }

    pub fn is_in_memory(&self) -> bool {
        self.part.is_in_memory()
    }

    /// Number of documents, including those that do not count.
    pub fn documents(&self) -> usize {
        self.part.documents()
    }
}

/// The number of words in each field, summed over these rows.
fn lengths(part: &Part, rows: &FixedBitSet, names: &Fields) -> tantivy::Result<[u64; 3]> {
    let mut sums = [0; 3];
    for (sum, (field, ..)) in sums.iter_mut().zip(fields(names)) {
        *sum = part.words_in(field, rows)?;
    }
    Ok(sums)
}
