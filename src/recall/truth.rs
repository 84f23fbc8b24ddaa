//! What should be found? The nearest papers of each question, by a scan of all vectors.

use fixedbitset::FixedBitSet;
use rayon::prelude::*;

use crate::embed::Embedding;
use crate::error::{Error, Result};
use crate::graph::{self, Neighbour};
use crate::progress::Progress;
use crate::store::Snapshot;

/// Rounding moves a product of unit vectors by less.
const TIE: f32 = 1e-6;

/// The nearest papers of each of some questions.
pub struct Truth(Vec<Vec<Neighbour>>);

impl Truth {
    /// Scans all vectors in f32 for the `k` nearest among `rows`, on the threads of the present pool.
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

    /// As [`Truth::of`], of one question, on this thread.
    #[must_use]
    pub(super) fn of_one(snapshot: &Snapshot, question: &Embedding, k: usize, rows: &FixedBitSet) -> Self {
        Self(vec![scan(snapshot, question, k, rows)])
    }

    /// The share of the `k` nearest that was found, over the first so many questions as there are answers. Whatever is as near as the
    /// `k`th counts, so ties are no misses (Aumüller, Bernhardsson & Faithfull, "ANN-Benchmarks", 2018,
    /// arXiv:1807.05614, section 2.2).
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
    fn what_is_as_near_as_the_last_is_found_whichever_paper_it_is() {
        let truth = Truth(vec![neighbours(&[0.9, 0.8, 0.8]), neighbours(&[0.7])]);
        let close = |found: f64, wanted: f64| assert!((found - wanted).abs() < 1e-12, "{found}, not {wanted}");
        close(truth.recall(&[neighbours(&[0.9, 0.8, 0.8]), neighbours(&[0.7])], 3), 1.0);
        close(truth.recall(&[neighbours(&[0.9, 0.8, 0.1]), neighbours(&[0.7])], 3), 0.75);
        // The second of two may be either of those at 0.8.
        close(truth.recall(&[neighbours(&[0.9, 0.8, 0.8]), neighbours(&[0.7])], 2), 1.0);
        close(truth.recall(&[neighbours(&[0.8, 0.8]), neighbours(&[])], 1), 0.0);
        // One answer is held against one question.
        close(truth.recall(&[neighbours(&[0.9])], 1), 1.0);
        close(truth.recall(&[], 1), 0.0);
    }
}
