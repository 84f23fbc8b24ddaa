//! Products by AVX2 and FMA, which processors have since 2013 (Intel) and 2015 (AMD).
//!
//! `vpmaddwd` multiplies 16 pairs of 16 bits where an FMA multiplies 8 of 32, at the same rate, and the addition that it
//! needs beside goes to other ports: twice the products in the same time.
#![allow(unsafe_code)]

use std::arch::asm;
use std::arch::x86_64::{
    __m256, __m256i, _mm256_add_ps, _mm256_broadcast_ss, _mm256_cvtepi32_ps, _mm256_fmadd_ps,
    _mm256_load_ps, _mm256_load_si256, _mm256_loadu_ps, _mm256_mul_ps, _mm256_set1_epi32,
    _mm256_set1_ps, _mm256_setzero_ps, _mm256_setzero_si256, _mm256_storeu_ps,
};

use super::block::blocks;
use super::{LANES, Product};

pub(super) fn runs_here() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
}

/// sum + a₀·w₀ + a₁·w₁ of the pairs in each 32 bits.
///
/// In assembly, since the compiler would otherwise add the products of several units before it adds them to the sum, for
/// which there are too few registers.
#[target_feature(enable = "avx2,fma")]
#[inline]
fn add_pairs(mut sum: __m256i, a: __m256i, w: __m256i) -> __m256i {
    // SAFETY: computes with registers alone.
    unsafe {
        asm!(
            "vpmaddwd {product}, {a}, {w}",
            "vpaddd {sum}, {sum}, {product}",
            sum = inout(ymm_reg) sum, a = in(ymm_reg) a, w = in(ymm_reg) w, product = out(ymm_reg) _,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sum
}

blocks! {
    /// Pairs of 16-bit integers, summed up in 32 bits; the formats of both sides make sure that they suffice.
    multiply_int16, "avx2,fma", sum: __m256i, floats: __m256,
    vectors: 2, wide: 2, rows: 6,
    zero: _mm256_setzero_si256(),
    load: |place: *const u32| _mm256_load_si256(place.cast()),
    spread: |place: *const u32| _mm256_set1_epi32((*place).cast_signed()),
    add: |sum, a, w| add_pairs(sum, a, w),
    number: |sum| _mm256_cvtepi32_ps(sum),
    load_floats: |place| _mm256_loadu_ps(place),
    spread_float: |number| _mm256_set1_ps(number),
    times: |a, b| _mm256_mul_ps(a, b),
    plus: |a, b| _mm256_add_ps(a, b),
    store: |place, numbers| _mm256_storeu_ps(place, numbers),
}

blocks! {
    /// Numbers of 32 bits.
    multiply_f32, "avx2,fma", sum: __m256, floats: __m256,
    vectors: 2, wide: 2, rows: 6,
    zero: _mm256_setzero_ps(),
    load: |place: *const u32| _mm256_load_ps(place.cast()),
    spread: |place: *const u32| _mm256_broadcast_ss(&*place.cast()),
    add: |sum, a, w| _mm256_fmadd_ps(a, w, sum),
    number: |sum| sum,
    load_floats: |place| _mm256_loadu_ps(place),
    spread_float: |number| _mm256_set1_ps(number),
    times: |a, b| _mm256_mul_ps(a, b),
    plus: |a, b| _mm256_add_ps(a, b),
    store: |place, numbers| _mm256_storeu_ps(place, numbers),
}
