//! Multi-head attention within one text (Vaswani et al., 2017, arXiv:1706.03762, section 3.2) by tiles.
//!
//! For 16 queries of a head, 32 keys at a time: their scores, weights of these, and the mix of the values that the weights
//! belong to, which is summed up in tiles as the weights themselves are. The scores of the next 32 are asked for before the
//! weights of these are made, since the processor does both at once, and nothing but keys and values need stay in the
//! first cache.
//!
//! A weight is exp(score), without the largest score taken from it first: `bf16` has the range of `f32`, and the scores of a
//! trained network are far from its ends. Where the sum of the weights says that they were not, it is done again, exactly.

use std::arch::asm;
use std::arch::x86_64::{
    __m512, __mmask16, _CMP_GE_OQ, _CMP_LE_OQ, _mm512_cmp_ps_mask, _mm512_div_ps, _mm512_fmadd_ps, _mm512_load_ps,
    _mm512_mask_mov_ps, _mm512_maskz_mov_ps, _mm512_mul_ps, _mm512_reduce_max_ps, _mm512_reduce_ps, _mm512_scalef_ps,
    _mm512_set1_ps,
};

use super::epilogue::round;
use super::{HEIGHT, Line, ROW, pack};
use crate::embed::kernel::LANES;
use crate::embed::kernel::buffer::Lines;

/// Memory that one head after another uses.
#[derive(Default)]
pub(in crate::embed) struct Scratch {
    keys: Lines,
    values: Lines,
}

/// A text's queries, keys and values, and where its mixes go.
pub(super) struct Text {
    /// Rows of all heads' queries, then keys, then values.
    pub projected: *const Line,
    /// Lines of such a row.
    pub stride: usize,
    pub tokens: usize,
    pub heads: usize,
    /// Factor of the scores.
    pub scale: f32,
    /// Rows in the order of tiles, with a tile for each line of a head's vector.
    pub out: *mut Line,
    /// The text's first row there.
    pub first: usize,
}

/// Tiles on their way through one group of queries.
#[repr(C, align(64))]
struct Passing {
    /// Of 32 keys, and of the next 32.
    scores: [[[f32; LANES]; 2 * HEIGHT]; 2],
    /// Pairs of `bf16`.
    weights: [[[u32; LANES]; HEIGHT]; 2],
    /// The sum of each query's weights, over and over, and up to four tiles of mixes.
    sums: [[[f32; LANES]; HEIGHT]; 5],
    /// Taken from each query's scores, in powers of two.
    shifts: [f32; HEIGHT],
    /// Pairs of ones.
    ones: [[u32; LANES]; HEIGHT],
}

/// Attention in a text with heads of `LINES` lines, one or two.
///
/// # Safety
/// The tiles are configured. `projected` has a row for each token, and 16 behind them that may be read; `out` has room for the
/// text's rows.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512bf16")]
pub(super) unsafe fn attend<const LINES: usize>(text: &Text, scratch: &mut Scratch) {
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
        // SAFETY: each part of the scratch has room for all groups of 16 tokens, and the rows are there.
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

impl Text {
    /// Groups of 16 tokens.
    pub fn groups(&self) -> usize {
        self.tokens.div_ceil(HEIGHT)
    }

    /// Pairs of groups.
    pub fn pairs(&self) -> usize {
        self.tokens.div_ceil(2 * HEIGHT)
    }

    /// Queries of a group.
    fn queries(&self, group: usize) -> usize {
        (self.tokens - group * HEIGHT).min(HEIGHT)
    }
}

/// Sums up the mixes and the weights of 16 queries over all keys, into `passing.sums`.
#[inline(always)]
unsafe fn mix<const LINES: usize>(
    text: &Text,
    queries: *const Line,
    keys: *const Line,
    values: *const Line,
    passing: &mut Passing,
) {
    let pairs = text.pairs();
    // SAFETY: as `attend`: there is a tile of keys for each group and one of values for each pair of groups.
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

/// Tile 0 sums up weights, tiles 1 to 4 mixes; with one line to a head, tile 5 keeps the ones.
#[inline(always)]
unsafe fn begin<const LINES: usize>(passing: &Passing) {
    // SAFETY: changes tiles alone; there is a tile of ones.
    unsafe {
        asm!("tilezero tmm0", "tilezero tmm1", "tilezero tmm2", options(nomem, nostack, preserves_flags));
        if LINES == 1 {
            asm!(
                "tileloadd tmm5, [{ones} + {line}]",
                ones = in(reg) &raw const passing.ones, line = in(reg) ROW,
                options(nostack, readonly, preserves_flags),
            );
        } else {
            asm!("tilezero tmm3", "tilezero tmm4", options(nomem, nostack, preserves_flags));
        }
    }
}

/// The scores of 16 queries with a pair of groups of keys.
#[inline(always)]
unsafe fn score<const LINES: usize>(
    text: &Text,
    queries: *const Line,
    keys: *const Line,
    pair: usize,
    out: &mut [[f32; LANES]; 2 * HEIGHT],
) {
    let keys = keys.wrapping_add(pair * 2 * LINES * HEIGHT);
    // SAFETY: as `attend`: 16 rows may be read from any token on, and of an odd last group, which has no other beside it, the
    // scores are not asked for.
    unsafe {
        if LINES == 1 {
            asm!(
                "tilezero tmm3",
                "tileloadd tmm6, [{queries} + {stride}]",
                "tileloadd tmm7, [{keys} + {line}]",
                "tdpbf16ps tmm3, tmm6, tmm7",
                "tilestored [{out} + {line}], tmm3",
                queries = in(reg) queries, stride = in(reg) text.stride * ROW,
                keys = in(reg) keys, line = in(reg) ROW, out = in(reg) &raw mut *out,
                options(nostack, preserves_flags),
            );
            if 2 * pair + 1 < text.groups() {
                asm!(
                    "tilezero tmm4",
                    "tileloadd tmm7, [{keys} + {line}]",
                    "tdpbf16ps tmm4, tmm6, tmm7",
                    "tilestored [{out} + {line}], tmm4",
                    keys = in(reg) keys.add(HEIGHT), line = in(reg) ROW, out = in(reg) &raw mut out[HEIGHT],
                    options(nostack, preserves_flags),
                );
            }
        } else {
            for (group, out) in out.as_chunks_mut::<HEIGHT>().0.iter_mut().enumerate() {
                if 2 * pair + group == text.groups() {
                    break;
                }
                let keys = keys.add(group * LINES * HEIGHT);
                asm!(
                    "tilezero tmm5",
                    "tileloadd tmm6, [{queries} + {stride}]",
                    "tileloadd tmm7, [{keys} + {line}]",
                    "tdpbf16ps tmm5, tmm6, tmm7",
                    "tileloadd tmm6, [{queries} + {stride} + 64]",
                    "tileloadd tmm7, [{keys} + {line} + 1024]",
                    "tdpbf16ps tmm5, tmm6, tmm7",
                    "tilestored [{out} + {line}], tmm5",
                    queries = in(reg) queries, stride = in(reg) text.stride * ROW,
                    keys = in(reg) keys, line = in(reg) ROW, out = in(reg) &raw mut *out,
                    options(nostack, preserves_flags),
                );
            }
        }
    }
}

/// Makes weights of the scores with a pair of groups of keys; what stands behind the last key gets none.
#[inline(always)]
unsafe fn weigh(text: &Text, pair: usize, passing: &mut Passing) {
    let Passing { scores, weights, shifts, .. } = passing;
    let (scores, weights) = (&scores[pair % 2], &mut weights[pair % 2]);
    let left = text.tokens - pair * 2 * HEIGHT;
    // SAFETY: arithmetic of registers, and lines of arrays.
    unsafe {
        let scale = _mm512_set1_ps(text.scale * std::f32::consts::LOG2_E);
        if left >= 2 * HEIGHT {
            for row in 0..HEIGHT {
                let shift = _mm512_set1_ps(shifts[row]);
                let a = exp2(_mm512_fmadd_ps(_mm512_load_ps(scores[row].as_ptr()), scale, shift));
                let b = exp2(_mm512_fmadd_ps(_mm512_load_ps(scores[HEIGHT + row].as_ptr()), scale, shift));
                round(weights[row].as_mut_ptr().cast(), a, b);
            }
        } else {
            let keys: u32 = (1 << left) - 1;
            #[allow(clippy::cast_possible_truncation)] // the halves are meant
            let (first, second) = (keys as __mmask16, (keys >> 16) as __mmask16);
            for row in 0..HEIGHT {
                let shift = _mm512_set1_ps(shifts[row]);
                let a = exp2(_mm512_fmadd_ps(_mm512_load_ps(scores[row].as_ptr()), scale, shift));
                let b = exp2(_mm512_fmadd_ps(_mm512_load_ps(scores[HEIGHT + row].as_ptr()), scale, shift));
                round(weights[row].as_mut_ptr().cast(), _mm512_maskz_mov_ps(first, a), _mm512_maskz_mov_ps(second, b));
            }
        }
    }
}

/// Of 1, x, x² and x³.
const COEFFICIENTS: [f32; 4] = [1.0, 0.695_116_8, 0.227_645, 0.077_067_04];

/// 2ˣ within 1e-4 of it, which is less than what `bf16` rounds off.
///
/// The fraction goes through a polynomial, and the whole part into the exponent. The coefficients are of our own: the least
/// largest relative error on [0, 1), with 1 at 0.
#[inline(always)]
unsafe fn exp2(x: __m512) -> __m512 {
    /// Rounds down.
    const FRACTION: i32 = 0b01;
    // SAFETY: arithmetic of registers alone.
    unsafe {
        let fraction = _mm512_reduce_ps::<FRACTION>(x);
        let power = _mm512_set1_ps(COEFFICIENTS[3]);
        let power = _mm512_fmadd_ps(power, fraction, _mm512_set1_ps(COEFFICIENTS[2]));
        let power = _mm512_fmadd_ps(power, fraction, _mm512_set1_ps(COEFFICIENTS[1]));
        let power = _mm512_fmadd_ps(power, fraction, _mm512_set1_ps(COEFFICIENTS[0]));
        _mm512_scalef_ps(power, x)
    }
}

/// Adds the weights of a pair of groups, and the mixes of their values: of each half of a line, the next tile lies
/// `pairs` tiles further.
#[inline(always)]
unsafe fn add<const LINES: usize>(values: *const Line, pairs: usize, passing: &Passing, which: usize) {
    // SAFETY: there is a tile of weights, one of ones, and one of values for each half of a line.
    unsafe {
        if LINES == 1 {
            asm!(
                "tileloadd tmm6, [{weights} + {line}]",
                "tdpbf16ps tmm0, tmm6, tmm5",
                "tileloadd tmm7, [{first} + {line}]",
                "tdpbf16ps tmm1, tmm6, tmm7",
                "tileloadd tmm7, [{second} + {line}]",
                "tdpbf16ps tmm2, tmm6, tmm7",
                weights = in(reg) &raw const passing.weights[which], line = in(reg) ROW,
                first = in(reg) values, second = in(reg) values.add(pairs * HEIGHT),
                options(nostack, readonly, preserves_flags),
            );
        } else {
            asm!(
                "tileloadd tmm6, [{weights} + {line}]",
                "tileloadd tmm7, [{ones} + {line}]",
                "tdpbf16ps tmm0, tmm6, tmm7",
                "tileloadd tmm7, [{values} + {line}]",
                "tdpbf16ps tmm1, tmm6, tmm7",
                "tileloadd tmm7, [{second} + {line}]",
                "tdpbf16ps tmm2, tmm6, tmm7",
                "tileloadd tmm7, [{third} + {line}]",
                "tdpbf16ps tmm3, tmm6, tmm7",
                "tileloadd tmm7, [{fourth} + {line}]",
                "tdpbf16ps tmm4, tmm6, tmm7",
                weights = in(reg) &raw const passing.weights[which], line = in(reg) ROW,
                ones = in(reg) &raw const passing.ones, values = in(reg) values,
                second = in(reg) values.add(pairs * HEIGHT), third = in(reg) values.add(2 * pairs * HEIGHT),
                fourth = in(reg) values.add(3 * pairs * HEIGHT),
                options(nostack, readonly, preserves_flags),
            );
        }
    }
}

/// Stores the sums.
#[inline(always)]
unsafe fn end<const LINES: usize>(passing: &mut Passing) {
    // SAFETY: there is room for five tiles.
    unsafe {
        asm!(
            "tilestored [{sums} + {line}], tmm0",
            "tilestored [{sums} + {line} + 1024], tmm1",
            "tilestored [{sums} + {line} + 2048], tmm2",
            sums = in(reg) &raw mut passing.sums, line = in(reg) ROW,
            options(nostack, preserves_flags),
        );
        if LINES == 2 {
            asm!(
                "tilestored [{sums} + {line} + 3072], tmm3",
                "tilestored [{sums} + {line} + 4096], tmm4",
                sums = in(reg) &raw mut passing.sums, line = in(reg) ROW,
                options(nostack, preserves_flags),
            );
        }
    }
}

/// Whether no weight that counts was too large or too small for its format. What is no number is not exact either, and stays
/// so when it is done again.
#[inline(always)]
unsafe fn are_exact(text: &Text, group: usize, passing: &Passing) -> bool {
    // A weight of 2⁻¹²⁶ is the least; one that is 2⁻⁶⁰ of the sum counts for nothing.
    let (least, most) = (2f32.powi(-60), 2f32.powi(100));
    // SAFETY: arithmetic of registers, and lines of an array.
    unsafe {
        let mut all: __mmask16 = !0;
        for sum in &passing.sums[0][..text.queries(group)] {
            let sum = _mm512_load_ps(sum.as_ptr());
            all &= _mm512_cmp_ps_mask::<_CMP_GE_OQ>(sum, _mm512_set1_ps(least));
            all &= _mm512_cmp_ps_mask::<_CMP_LE_OQ>(sum, _mm512_set1_ps(most));
        }
        all == !0
    }
}

/// Finds each query's largest score.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512bf16")]
unsafe fn find_shifts<const LINES: usize>(text: &Text, queries: *const Line, keys: *const Line, passing: &mut Passing) {
    let mut largest = [f32::NEG_INFINITY; HEIGHT];
    for group in 0..text.groups() {
        // SAFETY: as `attend`; the scores of a pair are those of its groups.
        unsafe {
            if group % 2 == 0 {
                score::<LINES>(text, queries, keys, group / 2, &mut passing.scores[0]);
            }
            let seen: __mmask16 = if text.queries(group) == HEIGHT { !0 } else { (1 << text.queries(group)) - 1 };
            for (row, largest) in largest.iter_mut().enumerate() {
                let scores = _mm512_load_ps(passing.scores[0][group % 2 * HEIGHT + row].as_ptr());
                let scores = _mm512_mask_mov_ps(_mm512_set1_ps(f32::NEG_INFINITY), seen, scores);
                *largest = largest.max(_mm512_reduce_max_ps(scores));
            }
        }
    }
    passing.shifts = largest.map(|largest| -largest * text.scale * std::f32::consts::LOG2_E);
}

/// Writes the mixes of a group of queries as rows of the next product.
#[inline(always)]
unsafe fn write<const LINES: usize>(text: &Text, head: usize, group: usize, passing: &Passing) {
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
