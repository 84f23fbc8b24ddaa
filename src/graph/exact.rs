//! Exact nearest-neighbour search: a scan of all vectors in f32.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::Neighbour;
use crate::embed::dot;
use crate::store::{DocId, Vectors};

/// Collects the `k` nearest of the rows that it is shown. At equal similarity, the smaller row counts as nearer.
pub(super) struct Nearest {
    k: usize,
    /// The `k` nearest rows so far; the farthest of them is on top.
    kept: BinaryHeap<Ranked>,
}

struct Ranked(Neighbour);

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        other.0.similarity.total_cmp(&self.0.similarity).then(self.0.doc.cmp(&other.0.doc))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ranked {}

impl Nearest {
    pub fn new(k: usize) -> Self {
        Self { k, kept: BinaryHeap::with_capacity(k + 1) }
    }

    /// Adds a row if it is near enough. Returns the similarity of the farthest row that is kept, once there are `k`.
    pub fn show(&mut self, doc: DocId, similarity: f32) -> Option<f32> {
        let shown = Ranked(Neighbour { doc, similarity });
        if self.kept.len() < self.k {
            self.kept.push(shown);
        } else if self.kept.peek().is_some_and(|farthest| shown < *farthest) {
            self.kept.pop();
            self.kept.push(shown);
        }
        self.kept.peek().filter(|_| self.kept.len() == self.k).map(|farthest| farthest.0.similarity)
    }

    /// The rows that were kept, the nearest first.
    pub fn into_sorted(self) -> Vec<Neighbour> {
        self.kept.into_sorted_vec().into_iter().map(|ranked| ranked.0).collect()
    }
}

/// The `k` rows with the largest dot product with `query`, the nearest first; `rows` has `dimension` numbers per row.
///
/// `first` is the number of the first row in `rows`. Only rows for which `wanted` is true are returned.
#[must_use]
pub fn nearest(
    rows: &[f32],
    dimension: usize,
    first: u32,
    query: &[f32],
    k: usize,
    wanted: impl Fn(DocId) -> bool,
) -> Vec<Neighbour> {
    let mut nearest = Nearest::new(k);
    for (row, number) in rows.chunks_exact(dimension).zip(first..) {
        let doc = DocId(number);
        if wanted(doc) {
            nearest.show(doc, dot(row, query));
        }
    }
    nearest.into_sorted()
}

/// As [`nearest`], of the rows with these numbers.
pub(super) fn nearest_of(
    vectors: &Vectors,
    rows: impl IntoIterator<Item = usize>,
    query: &[f32],
    k: usize,
) -> Vec<Neighbour> {
    let mut nearest = Nearest::new(k);
    for doc in rows.into_iter().filter_map(|row| u32::try_from(row).ok()).map(DocId) {
        if let Some(row) = vectors.row(doc) {
            nearest.show(doc, dot(row, query));
        }
    }
    nearest.into_sorted()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_scan_equals_sorting_all_rows(numbers in prop::collection::vec(-3i8..3, 0..60), k in 1usize..30) {
            let rows: Vec<f32> = numbers.iter().map(|n| f32::from(*n)).collect();
            let mut sorted: Vec<(u32, f32)> = (0..).zip(rows.iter().copied()).filter(|(row, _)| row % 5 != 0).collect();
            sorted.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            sorted.truncate(k);
            let found: Vec<(u32, f32)> = nearest(&rows, 1, 0, &[1.0], k, |doc| doc.0 % 5 != 0)
                .iter()
                .map(|found| (found.doc.0, found.similarity))
                .collect();
            prop_assert_eq!(found, sorted);
        }
    }
}
