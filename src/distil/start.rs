//! The table before it is fitted: the teacher's embedding of each token alone, less their mean, weighted by how seldom the token
//! occurs.
//!
//! Model2Vec (Tulkens & van Dongen, 2024) begins so. The weight is a / (a + p), for a token of frequency p: smooth inverse frequency
//! (Arora et al., "A Simple but Tough-to-Beat Baseline for Sentence Embeddings", ICLR 2017, section 3).

use super::bags::Bags;
use super::fit::Rows;
use crate::embed::{Embedder, Vocabulary};
use crate::error::Result;
use crate::progress::Progress;

/// The constant a of the weight.
const SMOOTHING: f32 = 1e-3;

/// The table for a vocabulary whose last tokens are new words, with the teacher's tokens of each.
///
/// # Errors
/// [`Error::Interrupted`](crate::Error::Interrupted); when the teacher cannot be run.
pub(super) fn start(
    teacher: &Embedder,
    vocabulary: &Vocabulary,
    new_words: &[&[u32]],
    bags: &Bags,
    progress: &dyn Progress,
) -> Result<Rows> {
    let old: Vec<u32> = (0..).take(vocabulary.len() - new_words.len()).collect();
    let mut sequences: Vec<&[u32]> = old.chunks(1).collect();
    sequences.extend(new_words);
    let vectors = teacher.embed_ids(&sequences, progress)?;
    let width = teacher.fingerprint().dimension;
    let mut table = Rows::zeros(vectors.len(), width);
    let mut mean = vec![0.0; width];
    #[allow(clippy::cast_precision_loss)] // a mean
    let count = vectors.len() as f32;
    for vector in &vectors {
        mean.iter_mut().zip(vector.as_slice()).for_each(|(mean, value)| *mean += value / count);
    }
    let frequencies = bags.frequencies(vocabulary.len());
    let all: f32 = frequencies.iter().sum::<f32>().max(1.0);
    let rows = table.values.chunks_mut(width).zip(&vectors).zip(&frequencies);
    for ((row, vector), frequency) in rows {
        let weight = SMOOTHING / (SMOOTHING + frequency / all);
        for ((value, given), mean) in row.iter_mut().zip(vector.as_slice()).zip(&mean) {
            *value = weight * (given - mean);
        }
    }
    Ok(table)
}
