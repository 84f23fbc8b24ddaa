//! How do sums in `f32` become the `bf16` of the next product?

use std::arch::x86_64::{__m512, __m512bh, __m512i, _mm512_cvtne2ps_pbh, _mm512_store_si512};

use super::Line;

/// Two vectors become one line, rounded to the nearest.
///
/// # Safety
/// There is a line, and the processor has AVX-512 and its `bf16`.
#[inline(always)]
pub(super) unsafe fn round(line: *mut Line, first: __m512, second: __m512) {
    // SAFETY: as the caller promises; both types are 512 bits without meaning of their own.
    unsafe {
        let halves = std::mem::transmute::<__m512bh, __m512i>(_mm512_cvtne2ps_pbh(second, first));
        _mm512_store_si512(line.cast(), halves);
    }
}
