//! Products with AVX-512: `f32`, pairs of `bf16` (AVX512_BF16), pairs of `i16` and four `i8` (AVX512_VNNI).
//!
//! `vpdpwssd` of VNNI multiplies and accumulates 32 pairs of 16-bit integers at the rate at which an FMA processes 16 pairs of
//! `f32`, and `vpdpbusd` 64 pairs of 8-bit integers.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m512, __m512bh, __m512i, _mm512_dpbf16_ps, _mm512_dpbusd_epi32, _mm512_dpwssd_epi32, _mm512_fmadd_ps,
    _mm512_load_ps, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_ps,
};

use super::block::{blocks_512, integers_512};
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

integers_512! {
    /// Products of pairs of 16-bit integers. The format ensures that sums do not overflow.
    multiply_int16, "avx512f,avx512vnni",
    add: |sum, a, w| _mm512_dpwssd_epi32(sum, a, w),
}

integers_512! {
    /// Products of four 8-bit integers.
    multiply_int8, "avx512f,avx512vnni",
    add: |sum, a, w| _mm512_dpbusd_epi32(sum, a, w),
}

blocks_512! {
    /// Products of pairs of `bf16`, accumulated in `f32`.
    multiply_bf16, "avx512f,avx512bf16", sum: __m512,
    start: |_: &Product<'_>, _| _mm512_setzero_ps(),
    load: |place: *const u32| _mm512_load_ps(place.cast()),
    spread: |place: *const u32| halves(_mm512_set1_epi32((*place).cast_signed())),
    add: |sum, a, w: __m512| _mm512_dpbf16_ps(sum, a, halves(std::arch::x86_64::_mm512_castps_si512(w))),
    number: |sum| sum,
}

blocks_512! {
    /// Products of `f32`.
    multiply_f32, "avx512f", sum: __m512,
    start: |_: &Product<'_>, _| _mm512_setzero_ps(),
    load: |place: *const u32| _mm512_load_ps(place.cast()),
    spread: |place: *const u32| _mm512_set1_ps(*place.cast()),
    add: |sum, a, w| _mm512_fmadd_ps(a, w, sum),
    number: |sum| sum,
}
