//! Converts scores to weights with the exponential function. The largest score is subtracted first only if the sum of the weights
//! would otherwise be inexact.

use std::arch::x86_64::{
    __m512, __mmask16, _CMP_GE_OQ, _CMP_LE_OQ, _mm512_cmp_ps_mask, _mm512_fmadd_ps, _mm512_load_ps, _mm512_mask_mov_ps,
    _mm512_maskz_mov_ps, _mm512_reduce_max_ps, _mm512_reduce_ps, _mm512_scalef_ps, _mm512_set1_ps,
};

use super::super::round::round;
use super::super::tiles::HEIGHT;
use super::steps::score;
use super::{Line, Passing, Sequence};

/// Computes the weights of the scores with a pair of groups of keys. Places after the last key get weight 0.
#[inline(always)]
pub(super) unsafe fn weigh(text: &Sequence, pair: usize, passing: &mut Passing) {
    let Passing { scores, weights, shifts, .. } = passing;
    let (scores, weights) = (&scores[pair % 2], &mut weights[pair % 2]);
    let left = text.tokens - pair * 2 * HEIGHT;
    // SAFETY: operates on registers and lines of arrays.
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
            #[allow(clippy::cast_possible_truncation)] // truncation to each half is intended
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

/// The coefficients of 1, x, x² and x³.
const COEFFICIENTS: [f32; 4] = [1.0, 0.695_116_8, 0.227_645, 0.077_067_04];

/// 2ˣ, accurate to a relative error of 1e-4, less than the rounding error of `bf16`.
///
/// The fraction passes through a polynomial; the integer part is added to the exponent. The coefficients are our own: they
/// minimise the maximum relative error on [0, 1), with the value 1 at 0.
#[inline(always)]
unsafe fn exp2(x: __m512) -> __m512 {
    /// The rounding mode of `reduce`: round down.
    const FRACTION: i32 = 0b01;
    // SAFETY: operates on registers only.
    unsafe {
        let fraction = _mm512_reduce_ps::<FRACTION>(x);
        let power = _mm512_set1_ps(COEFFICIENTS[3]);
        let power = _mm512_fmadd_ps(power, fraction, _mm512_set1_ps(COEFFICIENTS[2]));
        let power = _mm512_fmadd_ps(power, fraction, _mm512_set1_ps(COEFFICIENTS[1]));
        let power = _mm512_fmadd_ps(power, fraction, _mm512_set1_ps(COEFFICIENTS[0]));
        _mm512_scalef_ps(power, x)
    }
}

/// Whether no weight that contributes to a sum has overflowed or underflowed. A NaN counts as inexact; computing it again does
/// not change it.
#[inline(always)]
pub(super) unsafe fn are_exact(text: &Sequence, group: usize, passing: &Passing) -> bool {
    // The smallest weight is 2⁻¹²⁶; one below 2⁻⁶⁰ of the sum does not contribute.
    let (least, most) = (2f32.powi(-60), 2f32.powi(100));
    // SAFETY: operates on registers and lines of an array.
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

/// Finds the largest score of each query, and stores the shifts that subtract it.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512bf16")]
pub(super) unsafe fn find_shifts<const LINES: usize>(
    text: &Sequence,
    queries: *const Line,
    keys: *const Line,
    passing: &mut Passing,
) {
    let mut largest = [f32::NEG_INFINITY; HEIGHT];
    for group in 0..text.groups() {
        // SAFETY: as `attend`; the scores of a pair belong to its groups.
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
