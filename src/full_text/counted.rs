//! Which documents of a part of the index count? Those of papers that no later part has.

use std::sync::Arc;

use fixedbitset::FixedBitSet;

use super::part::{Part, Segment};
use super::words::{Fields, fields};

/// A part of the index, and those of its rows that count.
#[derive(Debug, Clone)]
pub(super) struct Counted {
    pub part: Arc<Part>,
    pub rows: FixedBitSet,
    /// Words in the titles, abstracts and names of these rows.
    pub lengths: [u64; 3],
}

impl Counted {
    /// A part in which all rows of papers count.
    pub fn new(part: Arc<Part>, live: &FixedBitSet, names: &Fields) -> tantivy::Result<Self> {
        let mut rows = part.rows();
        rows.intersect_with(live);
        let lengths = lengths(&part, &rows, names)?;
        Ok(Self { part, rows, lengths })
    }

    /// Leaves out the rows that belong to no paper any more, and those that a later part has.
    pub fn narrow(&mut self, live: &FixedBitSet, later: &FixedBitSet, names: &Fields) -> tantivy::Result<()> {
        let mut rows = self.rows.clone();
        rows.intersect_with(live);
        rows.difference_with(later);
        let mut gone = std::mem::replace(&mut self.rows, rows);
        gone.difference_with(&self.rows);
        if !gone.is_clear() {
            for (length, gone) in self.lengths.iter_mut().zip(lengths(&self.part, &gone, names)?) {
                *length -= gone;
            }
        }
        Ok(())
    }

    /// Whether the part is in memory, and then the last commit before those that it covers.
    pub fn in_memory_since(&self) -> Option<u64> {
        self.part.in_memory_since
    }

    /// Its segments, each with the rows that count.
    pub fn segments(&self) -> impl Iterator<Item = (&Segment, &FixedBitSet)> {
        self.part.segments.iter().map(|segment| (segment, &self.rows))
    }

    /// Number of documents, also of those that do not count.
    pub fn documents(&self) -> usize {
        self.part.segments.iter().map(|segment| segment.rows.len()).sum()
    }
}

/// The number of words in each field of some rows.
fn lengths(part: &Part, rows: &FixedBitSet, names: &Fields) -> tantivy::Result<[u64; 3]> {
    let mut sums = [0; 3];
    for segment in &part.segments {
        for (sum, (field, ..)) in sums.iter_mut().zip(fields(names)) {
            let lengths = segment.reader.get_fieldnorms_reader(field)?;
            for (doc, row) in (0..).zip(&segment.rows) {
                if row.is_some_and(|row| rows.contains(row as usize)) {
                    *sum += u64::from(lengths.fieldnorm(doc));
                }
            }
        }
    }
    Ok(sums)
}
