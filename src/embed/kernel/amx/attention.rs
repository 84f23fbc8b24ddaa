//! Multi-head attention within one text (Vaswani et al., 2017, arXiv:1706.03762, section 3.2) on tiles.
//!
//! For each group of 16 queries of a head, the keys are processed 32 at a time: their scores, the weights, and the weighted sum
//! of their values, which is accumulated in tiles together with the sum of the weights. The scores of the next 32 keys are
//! computed by the matrix unit while vector instructions compute the current weights. Only keys and values need to stay in the L1
//! cache.
//!
//! A weight is exp(score), without first subtracting the largest score: `bf16` has the range of `f32`, and the scores of a
//! trained network are far from its limits. If the sum of the weights shows an overflow or underflow, the group is computed again
//! with the largest score subtracted.

use std::arch::x86_64::{_mm512_div_ps, _mm512_load_ps, _mm512_mul_ps, _mm512_set1_ps};

use super::round::round;
use super::tiles::HEIGHT;
use super::{LANES, Line};
use crate::embed::kernel::buffer::Lines;
use steps::{add, begin, end, score};
use weights::{are_exact, find_shifts, weigh};

mod pack;
mod steps;
mod weights;

/// The keys and values of the current head, in tiles.
#[derive(Default)]
pub(in crate::embed) struct AttentionTiles {
    keys: Lines,
    values: Lines,
}

/// The queries, keys and values of a text, and its output.
pub(super) struct Sequence {
    /// Rows with the queries of all heads, then their keys, then their values.
    pub projected: *const Line,
    /// Number of lines of such a row.
    pub stride: usize,
    pub tokens: usize,
    pub heads: usize,
    /// The factor of the scores.
    pub scale: f32,
    /// The output in tile order, with a tile for each line of a head's vector.
    pub out: *mut Line,
    /// The text's first row in the output.
    pub first: usize,
}

/// Intermediate results of one group of queries.
#[repr(C, align(64))]
struct Passing {
    /// The scores of 32 keys, and of the next 32.
    scores: [[[f32; LANES]; 2 * HEIGHT]; 2],
    /// The weights, as pairs of `bf16`.
    weights: [[[u32; LANES]; HEIGHT]; 2],
    /// The sum of each query's weights, repeated in all columns, and up to four tiles of weighted sums of values.
    sums: [[[f32; LANES]; HEIGHT]; 5],
    /// The shift of each query's scaled scores, in the exponent of two.
    shifts: [f32; HEIGHT],
    /// Pairs of ones, to sum up weights.
    ones: [[u32; LANES]; HEIGHT],
}

/// Attention within a text whose heads have `LINES` lines (one or two).
///
/// # Safety
/// The tiles are configured. `projected` has a row for each token and 16 more readable rows; `out` has room for the text's rows.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512bf16")]
pub(super) unsafe fn attend<const LINES: usize>(text: &Sequence, scratch: &mut AttentionTiles) {
    let keys = scratch.keys.lines(text.groups() * LINES * HEIGHT).as_mut_ptr();
    let values = scratch.values.lines(text.pairs() * LINES * 2 * HEIGHT).as_mut_ptr();
    let mut passing = Passing {
        scores: [[[0.0; LANES]; 2 * HEIGHT]; 2],
        weights: [[[0; LANES]; HEIGHT]; 2],
        sums: [[[0.0; LANES]; HEIGHT]; 5],
        shifts: [0.0; HEIGHT],
        ones: [[0x3f80_3f80; LANES]; HEIGHT],
    };
    for head in 0..text.heads {
        let part = |which: usize| text.projected.wrapping_add((which * text.heads + head) * LINES);
        // SAFETY: each part of the scratch has room for all groups of 16 tokens, and the rows exist.
        unsafe {
            pack::keys::<LINES>(text, part(1), keys);
            pack::values::<LINES>(text, part(2), values);
            for group in 0..text.groups() {
                let queries = part(0).add(group * HEIGHT * text.stride);
                mix::<LINES>(text, queries, keys, values, &mut passing);
                if !are_exact(text, group, &passing) {
                    find_shifts::<LINES>(text, queries, keys, &mut passing);
                    mix::<LINES>(text, queries, keys, values, &mut passing);
                    passing.shifts = [0.0; HEIGHT];
                }
                write::<LINES>(text, head, group, &passing);
            }
        }
    }
}

impl Sequence {
    /// Number of groups of 16 tokens.
    pub fn groups(&self) -> usize {
        self.tokens.div_ceil(HEIGHT)
    }

    /// Number of pairs of groups.
    pub fn pairs(&self) -> usize {
        self.tokens.div_ceil(2 * HEIGHT)
    }

    /// Number of queries in a group.
    fn queries(&self, group: usize) -> usize {
        (self.tokens - group * HEIGHT).min(HEIGHT)
    }
}

/// Computes the weighted sums of values and the sums of weights of 16 queries over all keys, in `passing.sums`.
#[inline(always)]
unsafe fn mix<const LINES: usize>(
    text: &Sequence,
    queries: *const Line,
    keys: *const Line,
    values: *const Line,
    passing: &mut Passing,
) {
    let pairs = text.pairs();
    // SAFETY: as `attend`; there is a tile of keys for each group and one of values for each pair of groups.
    unsafe {
        begin::<LINES>(passing);
        score::<LINES>(text, queries, keys, 0, &mut passing.scores[0]);
        for pair in 0..pairs {
            if pair + 1 < pairs {
                score::<LINES>(text, queries, keys, pair + 1, &mut passing.scores[(pair + 1) % 2]);
            }
            if pair > 0 {
                add::<LINES>(values.add((pair - 1) * HEIGHT), pairs, passing, (pair - 1) % 2);
            }
            weigh(text, pair, passing);
        }
        add::<LINES>(values.add((pairs - 1) * HEIGHT), pairs, passing, (pairs - 1) % 2);
        end::<LINES>(passing);
    }
}

/// Divides the weighted sums of a group of queries by the sums of weights, and writes them as rows of the next product.
#[inline(always)]
unsafe fn write<const LINES: usize>(text: &Sequence, head: usize, group: usize, passing: &Passing) {
    let depth = text.heads * LINES;
    for row in 0..text.queries(group) {
        let place = text.first + group * HEIGHT + row;
        // SAFETY: a row of the text, and lines of arrays.
        unsafe {
            let share = _mm512_div_ps(_mm512_set1_ps(1.0), _mm512_load_ps(passing.sums[0][row].as_ptr()));
            for line in 0..LINES {
                let a = _mm512_mul_ps(_mm512_load_ps(passing.sums[1 + 2 * line][row].as_ptr()), share);
                let b = _mm512_mul_ps(_mm512_load_ps(passing.sums[2 + 2 * line][row].as_ptr()), share);
                let tile = place / HEIGHT * depth + head * LINES + line;
                round(text.out.add(tile * HEIGHT + place % HEIGHT), a, b);
            }
        }
    }
}
