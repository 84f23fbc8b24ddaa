//! The true nearest neighbours of each query, by an exact scan of all vectors.

use fixedbitset::FixedBitSet;
use rayon::prelude::*;

use crate::embed::Embedding;
use crate::error::{Error, Result};
use crate::graph::{self, Neighbour};
use crate::progress::Progress;
use crate::store::Snapshot;

/// Tolerance for ties: rounding changes the inner product of unit vectors by less.
const TIE: f32 = 1e-6;

/// The true nearest neighbours of several queries.
pub struct Truth(Vec<Vec<Neighbour>>);

impl Truth {
    /// Scans all vectors in f32 for the `k` nearest among `rows`, on the current thread pool.
    ///
    /// # Errors
    /// [`Error::Interrupted`].
    pub fn of(
        snapshot: &Snapshot,
        questions: &[Embedding],
        k: usize,
        rows: &FixedBitSet,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let scan = |question: &Embedding| {
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            Ok(scan(snapshot, question, k, rows))
        };
        Ok(Self(questions.par_iter().map(scan).collect::<Result<_>>()?))
    }

    /// As [`Truth::of`], for one query on this thread.
    #[must_use]
    pub(super) fn of_one(snapshot: &Snapshot, question: &Embedding, k: usize, rows: &FixedBitSet) -> Self {
        Self(vec![scan(snapshot, question, k, rows)])
    }

    /// The recall@k of some results, which belong to the first queries. A result as near as the `k`th true neighbour
    /// counts, so ties are not misses (Aumüller, Bernhardsson & Faithfull, "ANN-Benchmarks", 2018, arXiv:1807.05614,
    /// section 2.2).
    #[must_use]
    pub fn recall(&self, answers: &[Vec<Neighbour>], k: usize) -> f64 {
        let (mut hits, mut wanted) = (0, 0);
        for (found, truth) in answers.iter().zip(&self.0) {
            let truth = &truth[..k.min(truth.len())];
            let farthest = truth.last().map_or(0.0, |last| last.similarity) - TIE;
            hits += found.iter().take(truth.len()).filter(|found| found.similarity >= farthest).count();
            wanted += truth.len();
        }
        #[allow(clippy::cast_precision_loss)] // a share
        let share = hits as f64 / wanted.max(1) as f64;
        share
    }
}

fn scan(snapshot: &Snapshot, question: &Embedding, k: usize, rows: &FixedBitSet) -> Vec<Neighbour> {
    let (all, dimension) = (snapshot.vectors.all(), snapshot.vectors.dimension());
    graph::exact_nearest(all, dimension, 0, question.as_slice(), k, |doc| rows.contains(doc.row()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::DocId;

    fn neighbours(similarities: &[f32]) -> Vec<Neighbour> {
        (0..)
            .zip(similarities)
            .map(|(row, similarity)| Neighbour { doc: DocId(row), similarity: *similarity })
            .collect()
    }

    #[test]
    fn results_tied_with_the_kth_neighbour_count_as_found() {
        let truth = Truth(vec![neighbours(&[0.9, 0.8, 0.8]), neighbours(&[0.7])]);
        let close = |found: f64, wanted: f64| assert!((found - wanted).abs() < 1e-12, "{found}, not {wanted}");
        close(truth.recall(&[neighbours(&[0.9, 0.8, 0.8]), neighbours(&[0.7])], 3), 1.0);
        close(truth.recall(&[neighbours(&[0.9, 0.8, 0.1]), neighbours(&[0.7])], 3), 0.75);
        // Either of the two papers with a similarity of 0.8 can be second.
        close(truth.recall(&[neighbours(&[0.9, 0.8, 0.8]), neighbours(&[0.7])], 2), 1.0);
        close(truth.recall(&[neighbours(&[0.8, 0.8]), neighbours(&[])], 1), 0.0);
        // A single result is compared with the first query only.
        close(truth.recall(&[neighbours(&[0.9])], 1), 1.0);
        close(truth.recall(&[], 1), 0.0);
    }
}
