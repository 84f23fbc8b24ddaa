//! Multi-head attention within one text: Vaswani et al., 2017, arXiv:1706.03762, section 3.2.
//!
//! The queries, keys and values of each head are packed for the kernel. Scores, softmax and the weighted sum of values are
//! computed for a block of queries at a time, so that the scores stay in the cache.

use super::elementwise::exponentials;
use crate::embed::kernel::buffer::Lines;
use crate::embed::kernel::simd::widest;
use crate::embed::kernel::{Kernel, LANES, Product};
pub(in crate::embed) use bias::{BUCKETS, RelativeBias};
use pack::{Limits, factor, write_keys, write_rows, write_values};

mod bias;
mod pack;

/// Number of queries in a block, whose scores are computed together.
const QUERIES: usize = 96;

/// Scratch memory, reused from head to head.
#[derive(Default)]
pub(in crate::embed) struct AttentionScratch {
    queries: Lines,
    keys: Lines,
    values: Lines,
    scores: Lines,
    weights: Lines,
    mixed: Lines,
    /// The key that is being packed.
    key: Lines,
    /// The reciprocal of the sum of each query's weights.
    shares: Vec<f32>,
}

/// Rows with the queries of all heads, then their keys, then their values: `[tokens, stride]`.
#[derive(Clone, Copy)]
pub(in crate::embed) struct Projected<'a> {
    pub rows: &'a [f32],
    pub stride: usize,
    pub heads: usize,
    /// Number of dimensions of one head.
    pub width: usize,
    /// How many tokens to each side a token attends to; `None` for all (Beltagy et al., "Longformer", 2020, arXiv:2004.05150,
    /// section 3.1).
    pub window: Option<usize>,
    /// Relative position bias, added to the scaled scores.
    pub bias: Option<&'a RelativeBias>,
}

impl<'a> Projected<'a> {
    /// The vectors of all heads, concatenated: queries (0), keys (1) or values (2).
    fn all(&self, which: usize) -> impl Iterator<Item = &'a [f32]> {
        let hidden = self.heads * self.width;
        self.rows.chunks_exact(self.stride).map(move |row| &row[which * hidden..][..hidden])
    }

    /// The vectors of one head: queries (0), keys (1) or values (2).
    fn part(&self, which: usize, head: usize) -> impl Iterator<Item = &'a [f32]> {
        let start = (which * self.heads + head) * self.width;
        let width = self.width;
        self.rows.chunks_exact(self.stride).map(move |row| &row[start..start + width])
    }
}

/// Computes attention for all heads. The result is written to `out`, `[tokens, heads · width]`.
pub(in crate::embed) fn attend(
    kernel: Kernel,
    projected: Projected<'_>,
    scratch: &mut AttentionScratch,
    out: &mut [f32],
) {
    let kernel = kernel.attention();
    let limits = Limits::of(kernel.format(), projected.width);
    let factors = [(0, limits.scores), (1, limits.scores), (2, limits.values)]
        .map(|(which, limit)| factor(projected.all(which), limit));
    for head in 0..projected.heads {
        attend_head(kernel, projected, head, &limits, factors, scratch, out);
    }
}

fn attend_head(
    kernel: Kernel,
    projected: Projected<'_>,
    head: usize,
    limits: &Limits,
    [of_queries, of_keys, of_values]: [f32; 3],
    scratch: &mut AttentionScratch,
    out: &mut [f32],
) {
    let format = kernel.format();
    let width = projected.width;
    let tokens = projected.rows.len() / projected.stride;
    let hidden = projected.heads * width;
    let depth = format.depth(width);
    let queries = scratch.queries.rows(tokens, depth);
    write_rows(format, projected.part(0, head), of_queries, queries, depth);
    // AMX needs an even number of panels; padded keys get weight 0.
    let key_panels = tokens.div_ceil(2 * LANES) * 2;
    let keys = scratch.keys.lines(key_panels * depth * LANES);
    write_keys(format, projected.part(1, head), of_keys, keys, scratch.key.lines(depth));
    let value_panels = width.div_ceil(LANES);
    let value_depth = format.depth(tokens);
    let values = scratch.values.lines(value_panels * value_depth * LANES);
    write_values(format, projected.part(2, head), of_values, values, value_depth);

    #[allow(clippy::cast_precision_loss)] // a head has some tens of numbers
    let scale = 1.0 / ((width as f32).sqrt() * of_queries * of_keys);
    for start in (0..tokens).step_by(QUERIES) {
        let count = QUERIES.min(tokens - start);
        let score_stride = key_panels * LANES;
        let scores = scratch.scores.numbers(count, score_stride);
        kernel.multiply(Product {
            rows: count,
            depth,
            panels: key_panels,
            a: &scratch.queries[start * depth..],
            w: keys,
            scales: None,
            starts: None,
            bias: None,
            out: scores,
        });
        let weights = scratch.weights.rows(count, value_depth);
        scratch.shares.resize(QUERIES, 0.0);
        widest(
            #[inline(always)]
            |fused| {
                let rows = scores.chunks_exact_mut(score_stride).zip(weights.chunks_exact_mut(value_depth));
                for (place, ((row, weights), share)) in rows.zip(&mut scratch.shares).take(count).enumerate() {
                    let row = &mut row[..tokens];
                    let mut scale = scale;
                    if let Some(bias) = projected.bias {
                        for (score, bias) in row.iter_mut().zip(bias.of(head, start + place, tokens)) {
                            *score = *score * scale + bias;
                        }
                        scale = 1.0;
                    }
                    let seen = match projected.window {
                        None => &mut *row,
                        Some(window) => within(row, start + place, window),
                    };
                    let sum = exponentials(fused, seen, scale);
                    let factor = limits.weights(sum);
                    *share = 1.0 / (factor * sum * of_values);
                    format.write_row(row, factor, weights);
                }
            },
        );
        let mixed = scratch.mixed.numbers(count, value_panels * LANES);
        kernel.multiply(Product {
            rows: count,
            depth: value_depth,
            panels: value_panels,
            a: weights,
            w: values,
            scales: None,
            starts: None,
            bias: None,
            out: mixed,
        });
        let rows = mixed.chunks_exact(value_panels * LANES).zip(&scratch.shares);
        for ((row, share), out) in rows.zip(out[start * hidden..].chunks_exact_mut(hidden)).take(count) {
            for (out, value) in out[head * width..][..width].iter_mut().zip(row) {
                *out = value * share;
            }
        }
    }
}

/// The scores of the tokens within the window around this place. The weights of all others become 0.
#[inline(always)]
fn within(row: &mut [f32], place: usize, window: usize) -> &mut [f32] {
    let (first, end) = (place.saturating_sub(window), (place + window + 1).min(row.len()));
    row[..first].fill(0.0);
    row[end..].fill(0.0);
    &mut row[first..end]
}
