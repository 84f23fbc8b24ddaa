//! Products with AVX-512: `f32`, pairs of `bf16` (AVX512_BF16), pairs of `i16` (AVX512_VNNI).
//!
//! `vpdpwssd` of VNNI multiplies and accumulates 32 pairs of 16-bit integers at the rate at which an FMA processes 16 pairs of
//! `f32`. The 8-bit instructions of VNNI are not used: 8 bits are too imprecise for embeddings (see benches/RESULTS.md).
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m512, __m512bh, __m512i, _mm512_add_ps, _mm512_cvtepi32_ps, _mm512_dpbf16_ps, _mm512_dpwssd_epi32,
    _mm512_fmadd_ps, _mm512_load_ps, _mm512_load_si512, _mm512_loadu_ps, _mm512_mul_ps, _mm512_set1_epi32,
    _mm512_set1_ps, _mm512_setzero_ps, _mm512_setzero_si512, _mm512_storeu_ps,
};

use super::block::blocks;
use super::{LANES, Product};

pub(super) fn runs_here() -> bool {
    is_x86_feature_detected!("avx512f")
}

pub(super) fn has_vnni() -> bool {
    runs_here() && is_x86_feature_detected!("avx512vnni")
}

pub(super) fn has_bf16() -> bool {
    runs_here() && is_x86_feature_detected!("avx512bf16")
}

/// The same 512 bits as the type of operands of `bf16` instructions.
#[inline(always)]
fn halves(bits: __m512i) -> __m512bh {
    // SAFETY: both types are 512 bits, and all bit patterns are valid.
    unsafe { std::mem::transmute(bits) }
}

blocks! {
    /// Products of pairs of 16-bit integers, accumulated in 32 bits. The format ensures that sums do not overflow.
    multiply_int16, "avx512f,avx512vnni", sum: __m512i, floats: __m512,
    vectors: 1, wide: 3, rows: 8,
    zero: _mm512_setzero_si512(),
    load: |place: *const u32| _mm512_load_si512(place.cast()),
    spread: |place: *const u32| _mm512_set1_epi32((*place).cast_signed()),
    add: |sum, a, w| _mm512_dpwssd_epi32(sum, a, w),
    number: |sum| _mm512_cvtepi32_ps(sum),
    load_floats: |place| _mm512_loadu_ps(place),
    spread_float: |number| _mm512_set1_ps(number),
    times: |a, b| _mm512_mul_ps(a, b),
    plus: |a, b| _mm512_add_ps(a, b),
    store: |place, numbers| _mm512_storeu_ps(place, numbers),
}

blocks! {
    /// Products of pairs of `bf16`, accumulated in `f32`.
    multiply_bf16, "avx512f,avx512bf16", sum: __m512, floats: __m512,
    vectors: 1, wide: 3, rows: 8,
    zero: _mm512_setzero_ps(),
    load: |place: *const u32| _mm512_load_ps(place.cast()),
    spread: |place: *const u32| halves(_mm512_set1_epi32((*place).cast_signed())),
    add: |sum, a, w: __m512| _mm512_dpbf16_ps(sum, a, halves(std::arch::x86_64::_mm512_castps_si512(w))),
    number: |sum| sum,
    load_floats: |place| _mm512_loadu_ps(place),
    spread_float: |number| _mm512_set1_ps(number),
    times: |a, b| _mm512_mul_ps(a, b),
    plus: |a, b| _mm512_add_ps(a, b),
    store: |place, numbers| _mm512_storeu_ps(place, numbers),
}

blocks! {
    /// Products of `f32`.
    multiply_f32, "avx512f", sum: __m512, floats: __m512,
    vectors: 1, wide: 3, rows: 8,
    zero: _mm512_setzero_ps(),
    load: |place: *const u32| _mm512_load_ps(place.cast()),
    spread: |place: *const u32| _mm512_set1_ps(*place.cast()),
    add: |sum, a, w| _mm512_fmadd_ps(a, w, sum),
    number: |sum| sum,
    load_floats: |place| _mm512_loadu_ps(place),
    spread_float: |number| _mm512_set1_ps(number),
    times: |a, b| _mm512_mul_ps(a, b),
    plus: |a, b| _mm512_add_ps(a, b),
    store: |place, numbers| _mm512_storeu_ps(place, numbers),
}
