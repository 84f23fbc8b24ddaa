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

/// The table for a vocabulary whose last tokens are new words, with the teacher's tokens of each. Tokens that are in fewer than
/// `least` of the bags have the vector 0: they are the same as left out.
///
/// # Errors
/// [`Error::Interrupted`](crate::Error::Interrupted); when the teacher cannot be run.
pub(super) fn start(
    teacher: &Embedder,
    vocabulary: &Vocabulary,
    new_words: &[&[u32]],
    bags: &Bags,
    least: usize,
    progress: &dyn Progress,
) -> Result<Rows> {
    let frequencies = bags.frequencies(vocabulary.len());
    let old: Vec<u32> = (0..).take(vocabulary.len() - new_words.len()).collect();
    let mut sequences: Vec<&[u32]> = old.chunks(1).collect();
    sequences.extend(new_words);
    let in_bags = bags.document_frequencies(vocabulary.len());
    let of_rows: Vec<usize> = (0..sequences.len()).filter(|row| in_bags[*row] >= least).collect();
    let sequences: Vec<&[u32]> = of_rows.iter().map(|row| sequences[*row]).collect();
    let vectors = teacher.embed_ids(&sequences, progress)?;
    let width = teacher.fingerprint().dimension;
    let mut table = Rows::zeros(frequencies.len(), width);
    let mut mean = vec![0.0; width];
    #[allow(clippy::cast_precision_loss)] // a mean
    let count = vectors.len().max(1) as f32;
    for vector in &vectors {
        mean.iter_mut().zip(vector.as_slice()).for_each(|(mean, value)| *mean += value / count);
    }
    let all: f32 = frequencies.iter().sum::<f32>().max(1.0);
    for (row, vector) in of_rows.into_iter().zip(&vectors) {
        let weight = SMOOTHING / (SMOOTHING + frequencies[row] / all);
        let row = &mut table.values[row * width..][..width];
        for ((value, given), mean) in row.iter_mut().zip(vector.as_slice()).zip(&mean) {
            *value = weight * (given - mean);
        }
    }
    Ok(table)
}
