//! Fits a table of token vectors, so that the mean over a text's tokens points where the teacher's vector of the text does.
//!
//! The loss of a text with the student's unit vector u and the teacher's y is
//!
//! 1 − u·y + [`CONTRAST`] × cross-entropy(softmax over the texts j of the batch of [`SCALE`] × u·yⱼ, the text itself)
//!
//! The first term is the error of the direction. The second one keeps apart what the teacher keeps apart (the in-batch contrastive
//! loss of Henderson et al., "Efficient Natural Language Response Suggestion for Smart Reply", 2017, arXiv:1705.00652, with the
//! teacher's vectors as answers). Its gradient is computed by hand: there are two products of matrices and two sums over tokens.
//! The table is changed by Adam (Kingma & Ba, 2014, arXiv:1412.6980). The moments of a row, and the count that corrects their bias,
//! change only with batches that contain its token. Adam's first steps are as long as later ones, however little they are based on;
//! the rate of a row therefore begins low: after n batches it is n / (n + [`CAUTION`]) of the full rate.

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::SliceRandom;
use rayon::prelude::*;

use super::align::add_scaled;
use super::bags::Bags;
use crate::embed::{dot, widest};
use crate::error::{Error, Result};
use crate::progress::Progress;

/// Texts in a batch.
const BATCH: usize = 512;
/// Weight of the contrastive loss.
const CONTRAST: f32 = 0.1;
/// Scale of the cosines in its softmax.
const SCALE: f32 = 20.0;
/// Adam's constants, as its authors advise.
const DECAY: [f32; 2] = [0.9, 0.999];
const EPSILON: f32 = 1e-8;
/// The number of batches with a token after which its row has half of the full rate.
const CAUTION: f32 = 5.0;

/// Rows of the same number of values.
pub(super) struct Rows {
    pub width: usize,
    pub values: Vec<f32>,
}

impl Rows {
    pub fn zeros(rows: usize, width: usize) -> Self {
        Self { width, values: vec![0.0; rows * width] }
    }

    pub fn len(&self) -> usize {
        self.values.len() / self.width.max(1)
    }

    pub fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.width..][..self.width]
    }
}

/// A table that is being fitted.
pub(super) struct Fit {
    pub table: Rows,
    moments: [Rows; 2],
    /// Number of batches that contained each token.
    steps: Vec<i32>,
}

impl Fit {
    pub fn new(table: Rows) -> Self {
        let zeros = || Rows::zeros(table.len(), table.width);
        Self { moments: [zeros(), zeros()], steps: vec![0; table.len()], table }
    }

    /// Passes once over texts in batches in random order; `examples` are the numbers of the texts and of their
    /// vectors among `targets`.
    /// `rate` gives the learning rate for the share of the pass that is done. Returns the mean cosine with the teacher's vectors.
    ///
    /// # Errors
    /// [`Error::Interrupted`].
    pub fn pass(
        &mut self,
        (bags, targets): (&Bags, &Rows),
        examples: &mut [usize],
        seed: u64,
        rate: impl Fn(f32) -> f32,
        progress: &dyn Progress,
    ) -> Result<f32> {
        examples.shuffle(&mut Xoshiro256PlusPlus::seed_from_u64(seed));
        let (mut sum, mut done) = (0.0, 0);
        for batch in examples.chunks(BATCH) {
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            #[allow(clippy::cast_precision_loss)] // a share
            let rate = rate(done as f32 / examples.len() as f32);
            sum += self.step(bags, batch, targets, rate);
            done += batch.len();
            progress.done(done as u64);
        }
        #[allow(clippy::cast_precision_loss)] // a mean to print
        let mean = sum / done.max(1) as f32;
        Ok(mean)
    }

    /// Learns from one batch. Returns the sum of the cosines before it.
    fn step(&mut self, bags: &Bags, batch: &[usize], targets: &Rows, rate: f32) -> f32 {
        let width = self.table.width;
        let sums: Vec<(Vec<f32>, f32)> = batch.par_iter().map(|text| unit(mean(&self.table, bags, *text))).collect();
        let gradients: Vec<(Vec<f32>, f32)> = (0..batch.len())
            .into_par_iter()
            .map(|place| {
                let (vector, length) = &sums[place];
                gradient(vector, *length, place, batch, targets)
            })
            .collect();
        // The texts of each token, so that the row of a token is changed by one thread.
        let mut uses: Vec<(u32, u32, f32)> = Vec::new();
        for (place, text) in (0..).zip(batch) {
            uses.extend(bags.bag(*text).map(|(token, share)| (token, place, share)));
        }
        uses.par_sort_unstable_by_key(|(token, place, _)| (*token, *place));
        let mut of_token: Vec<&[(u32, u32, f32)]> = vec![&[]; self.table.len()];
        for same in uses.chunk_by(|a, b| a.0 == b.0) {
            of_token[same[0].0 as usize] = same;
        }
        let [first, second] = &mut self.moments;
        let rows = self.table.values.par_chunks_mut(width).zip(&mut self.steps);
        let moments = first.values.par_chunks_mut(width).zip(second.values.par_chunks_mut(width));
        rows.zip(moments).zip(&of_token).for_each_init(
            || vec![0.0; width],
            |sum, (((row, steps), (first, second)), uses)| {
                if uses.is_empty() {
                    return;
                }
                sum.fill(0.0);
                for (_, place, share) in *uses {
                    add_scaled(sum, &gradients[*place as usize].0, *share);
                }
                *steps += 1;
                #[allow(clippy::cast_precision_loss)] // batches are few
                let rate = rate * *steps as f32 / (*steps as f32 + CAUTION);
                adam(row, first, second, sum, *steps, rate);
            },
        );
        gradients.iter().map(|(_, cosine)| cosine).sum()
    }
}

/// The mean over the tokens of a text.
pub(super) fn mean(table: &Rows, bags: &Bags, text: usize) -> Vec<f32> {
    let mut mean = vec![0.0; table.width];
    for (token, share) in bags.bag(text) {
        add_scaled(&mut mean, table.row(token as usize), share);
    }
    mean
}

/// A vector divided by its length, and the length. A zero vector stays one, and has length 1.
pub(super) fn unit(mut vector: Vec<f32>) -> (Vec<f32>, f32) {
    let length = dot(&vector, &vector).sqrt();
    if length <= f32::MIN_POSITIVE {
        return (vector, 1.0);
    }
    for value in &mut vector {
        *value /= length;
    }
    (vector, length)
}

/// The gradient of a text's loss, divided by the size of the batch, with respect to the mean over its tokens; and its cosine with
/// the teacher's vector. `vector` is the unit vector of that mean, and `length` its length.
fn gradient(vector: &[f32], length: f32, place: usize, batch: &[usize], targets: &Rows) -> (Vec<f32>, f32) {
    let mut logits: Vec<f32> = batch.iter().map(|row| SCALE * dot(vector, targets.row(*row))).collect();
    let cosine = logits[place] / SCALE;
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for logit in &mut logits {
        *logit = (*logit - largest).exp();
    }
    let sum: f32 = logits.iter().sum();
    let mut gradient = vec![0.0; vector.len()];
    for (row, weight) in batch.iter().zip(&logits) {
        let weight = weight / sum;
        // What weighs less changes nothing.
        if weight > 1e-6 {
            add_scaled(&mut gradient, targets.row(*row), CONTRAST * SCALE * weight);
        }
    }
    add_scaled(&mut gradient, targets.row(batch[place]), -1.0 - CONTRAST * SCALE);
    // Only the direction counts: what points along the vector is removed.
    let along = dot(&gradient, vector);
    add_scaled(&mut gradient, vector, -along);
    #[allow(clippy::cast_precision_loss)] // at most BATCH
    let scale = 1.0 / (length * batch.len() as f32);
    for value in &mut gradient {
        *value *= scale;
    }
    (gradient, cosine)
}

/// One step of Adam for a row, the `steps`-th.
fn adam(row: &mut [f32], first: &mut [f32], second: &mut [f32], gradient: &[f32], steps: i32, rate: f32) {
    let [a, b] = DECAY;
    let (first_bias, second_bias) = (1.0 - a.powi(steps), 1.0 - b.powi(steps));
    let rate = rate / first_bias;
    widest(
        #[inline(always)]
        |_| {
            for (((value, first), second), gradient) in row.iter_mut().zip(first).zip(second).zip(gradient) {
                *first = a * *first + (1.0 - a) * gradient;
                *second = b * *second + (1.0 - b) * gradient * gradient;
                *value -= rate * *first / ((*second / second_bias).sqrt() + EPSILON);
            }
        },
    );
}
