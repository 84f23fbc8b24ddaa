//! Products with AVX-VNNI, which processors without AVX-512 have had since 2021 (Intel) and 2024 (AMD): pairs of `i16` and four
//! `i8`, in vectors of 256 bits. One instruction multiplies and accumulates 16 pairs of 16-bit integers, or 32 of 8-bit integers.
#![allow(unsafe_code)]

use std::arch::x86_64::{_mm256_dpbusd_avx_epi32, _mm256_dpwssd_avx_epi32};

use super::block::integers_256;
use super::{LANES, Product};

pub(super) fn runs_here() -> bool {
    super::avx2::runs_here() && is_x86_feature_detected!("avxvnni")
}

integers_256! {
    /// Products of pairs of 16-bit integers. The format ensures that sums do not overflow.
    multiply_int16, "avx2,fma,avxvnni", rows: 6,
    add: |sum, a, w| _mm256_dpwssd_avx_epi32(sum, a, w),
}

integers_256! {
    /// Products of four 8-bit integers.
    multiply_int8, "avx2,fma,avxvnni", rows: 6,
    add: |sum, a, w| _mm256_dpbusd_avx_epi32(sum, a, w),
}
