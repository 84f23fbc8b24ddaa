//! Which words of a query does a paper have, and how much does each add to its score?

use std::sync::Arc;

use fixedbitset::FixedBitSet;

use super::bm25::{K1, Occurrences};
use crate::store::DocId;

/// A word of a query with the papers that contain it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Matched {
    /// The word as in the query.
    pub shown: String,
    /// The score of a paper is at most this.
    pub most: f32,
    pub found: Arc<Occurrences>,
}

/// The words that occur in each paper with their shares of its score, the largest first.
pub(crate) fn matched(words: &[Matched], docs: &[DocId]) -> Vec<Vec<(String, f32)>> {
    let mut of_docs: Vec<Vec<(String, f32)>> = vec![Vec::new(); docs.len()];
    let wanted: FixedBitSet = docs.iter().map(|doc| doc.row()).collect();
    for Matched { shown, most, found } in words {
        for (row, frequency) in found.rows.iter().zip(&found.frequencies) {
            if wanted.contains(*row as usize) {
                let score = most * frequency / (frequency + K1);
                let of_row = docs.iter().zip(&mut of_docs).filter(|(doc, _)| doc.0 == *row);
                for (_, of_doc) in of_row {
                    match of_doc.iter_mut().find(|(word, _)| word == shown) {
                        Some((_, sum)) => *sum += score,
                        None => of_doc.push((shown.clone(), score)),
                    }
                }
            }
        }
    }
    for words in &mut of_docs {
        words.sort_by(|a, b| b.1.total_cmp(&a.1));
    }
    of_docs
}
