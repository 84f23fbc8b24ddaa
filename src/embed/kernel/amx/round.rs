//! Rounds sums in `f32` to the `bf16` operands of the next product.

use std::arch::x86_64::{__m512, __m512bh, __m512i, _mm512_cvtne2ps_pbh, _mm512_store_si512};

use super::Line;

/// Rounds two vectors to nearest and stores them as one line.
///
/// # Safety
/// There is room for a line, and the processor has AVX-512 and its `bf16` extension.
#[inline(always)]
pub(super) unsafe fn round(line: *mut Line, first: __m512, second: __m512) {
    // SAFETY: as the caller promises; both types are 512 bits, and all bit patterns are valid.
    unsafe {
        let halves = std::mem::transmute::<__m512bh, __m512i>(_mm512_cvtne2ps_pbh(second, first));
        _mm512_store_si512(line.cast(), halves);
    }
}
