//! Layer norm (Ba, Kiros & Hinton, 2016, arXiv:1607.06450) of the rows of the next product. Each row is written as `f32` and as
//! `bf16` while it is in the L1 cache.

use std::arch::x86_64::{
    __m512, _mm512_add_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_mul_ps, _mm512_reduce_add_ps, _mm512_set1_ps,
    _mm512_setzero_ps, _mm512_storeu_ps, _mm512_sub_ps,
};

use super::round::round;
use super::tiles::{HEIGHT, PER_LINE};
use super::{LANES, Line};

/// state ← norm(state), written to `state` and, rounded, to `lines`. All slices have the same length, a multiple of a line. The
/// lines are [`HEIGHT`] lines apart.
///
/// # Safety
/// The processor has AVX-512 and its `bf16` extension, and there is a line for every 32 numbers.
#[target_feature(enable = "avx512f,avx512bf16")]
pub(super) unsafe fn normalise(state: &mut [f32], weight: &[f32], offset: &[f32], epsilon: f32, lines: *mut Line) {
    let width = state.len();
    #[allow(clippy::cast_precision_loss)] // a row has some hundred numbers
    let share = 1.0 / width as f32;
    let (state, weight, offset) = (state.as_mut_ptr(), weight.as_ptr(), offset.as_ptr());
    // SAFETY: every address is in its slice, as the caller promises.
    unsafe {
        let mut sums = [_mm512_setzero_ps(); 2];
        for place in (0..width).step_by(PER_LINE) {
            sums[0] = _mm512_add_ps(sums[0], _mm512_loadu_ps(state.add(place)));
            sums[1] = _mm512_add_ps(sums[1], _mm512_loadu_ps(state.add(place + LANES)));
        }
        let mean = _mm512_set1_ps(_mm512_reduce_add_ps(_mm512_add_ps(sums[0], sums[1])) * share);
        let mut squares = [_mm512_setzero_ps(); 2];
        for place in (0..width).step_by(PER_LINE) {
            let a = _mm512_sub_ps(_mm512_loadu_ps(state.add(place)), mean);
            let b = _mm512_sub_ps(_mm512_loadu_ps(state.add(place + LANES)), mean);
            squares[0] = _mm512_fmadd_ps(a, a, squares[0]);
            squares[1] = _mm512_fmadd_ps(b, b, squares[1]);
        }
        let variance = _mm512_reduce_add_ps(_mm512_add_ps(squares[0], squares[1])) * share;
        let inverse = _mm512_set1_ps(1.0 / (variance + epsilon).sqrt());
        for place in (0..width).step_by(PER_LINE) {
            let a = normal(state.add(place), mean, inverse, weight.add(place), offset.add(place));
            let b = place + LANES;
            let b = normal(state.add(b), mean, inverse, weight.add(b), offset.add(b));
            round(lines.add(place / PER_LINE * HEIGHT), a, b);
        }
    }
}

/// Normalises 16 numbers of the row, writes them back and returns them.
///
/// # Safety
/// There are 16 numbers at each pointer.
#[inline(always)]
unsafe fn normal(state: *mut f32, mean: __m512, inverse: __m512, weight: *const f32, offset: *const f32) -> __m512 {
    // SAFETY: as the caller promises.
    unsafe {
        let distance = _mm512_mul_ps(_mm512_sub_ps(_mm512_loadu_ps(state), mean), inverse);
        let normal = _mm512_fmadd_ps(distance, _mm512_loadu_ps(weight), _mm512_loadu_ps(offset));
        _mm512_storeu_ps(state, normal);
        normal
    }
}
