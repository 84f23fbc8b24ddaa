//! A synthetic network for benchmarks of kernels: one layer with the dimensions of a small model, and pseudo-random weights.

use super::super::network::Network;
use super::{Bert, Layer};
use crate::embed::kernel::Kernel;
use crate::embed::kernel::matrix::Matrix;
use crate::embed::layers::norm::Norm;
use crate::embed::layers::weights::Words;

/// The sizes of all-MiniLM-L6-v2, bge-small and others.
const HIDDEN: usize = 384;
const WIDE: usize = 1536;
const HEADS: usize = 12;

/// The size of the vocabulary.
const TOKENS: u32 = 64;
/// The largest number of tokens of a text.
const LONGEST: usize = 128;

/// Pseudo-random numbers. All weights are slices of them.
fn numbers(count: usize) -> Vec<f32> {
    let mut state = 1u32;
    let number = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        #[allow(clippy::cast_precision_loss)]
        let unit = (state >> 8) as f32 / 8_388_608.0 - 1.0;
        unit * 0.1
    };
    std::iter::repeat_with(number).take(count).collect()
}

/// The network for a kernel. Packing uses the threads of the current pool.
pub(in crate::embed) fn network(kernel: Kernel) -> Box<dyn Network> {
    let numbers = numbers(HIDDEN * WIDE);
    let matrix = |columns: usize, width: usize| {
        Matrix::pack(kernel.format(), &numbers[..columns * width], width, &numbers[..columns])
    };
    let norm = || Norm { weight: vec![1.0; HIDDEN], offset: vec![0.0; HIDDEN], epsilon: 1e-12 };
    let layer = Layer {
        qkv: matrix(3 * HIDDEN, HIDDEN),
        attention_output: matrix(HIDDEN, HIDDEN),
        attention_norm: norm(),
        up: matrix(WIDE, HIDDEN),
        down: matrix(HIDDEN, WIDE),
        feed_forward_norm: norm(),
    };
    Box::new(Bert {
        kernel,
        words: Words::of_rows(numbers[..TOKENS as usize * HIDDEN].to_vec(), HIDDEN),
        positions: numbers[..LONGEST * HIDDEN].to_vec(),
        first_position: 0,
        padding: None,
        segment: vec![0.0; HIDDEN],
        second_segment: vec![0.0; HIDDEN],
        embeddings_norm: norm(),
        layers: vec![layer],
        heads: HEADS,
        bias: None,
    })
}

/// A text of this number of tokens.
pub(in crate::embed) fn text(length: usize) -> Vec<u32> {
    (0u32..).take(length.min(LONGEST)).map(|place| place * 7 % TOKENS).collect()
}
