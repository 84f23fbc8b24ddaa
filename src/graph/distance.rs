//! Dot products of 8-bit codes, with AVX-512 VNNI or AVX2 where the processor supports them.

/// Size of a cache line in bytes. The length of a code is a multiple of it.
pub(super) const LINE: usize = 64;

/// The dot products of one code with some of the codes in `all`, which are contiguous and have `one.len()` numbers each.
///
/// No number may be -128, and lengths must be multiples of [`LINE`]. A place past the end of `all` gives 0.
pub(super) fn dots_i8(one: &[i8], all: &[i8], places: &[u32], out: &mut Vec<i32>) {
    out.clear();
    let code = |place: &u32| {
        let start = (*place as usize).checked_mul(one.len())?;
        all.get(start..start.checked_add(one.len())?)
    };
    #[cfg(target_arch = "x86_64")]
    {
        if std::arch::is_x86_feature_detected!("avx512vnni") && std::arch::is_x86_feature_detected!("avx512bw") {
            // SAFETY: the processor supports the instructions that the function is compiled for.
            #[allow(unsafe_code)]
            return unsafe { x86::dots_vnni(one, places.iter().map(code), out) };
        }
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: as above.
            #[allow(unsafe_code)]
            return unsafe { x86::dots_avx2(one, places.iter().map(code), out) };
        }
    }
    out.extend(places.iter().map(|place| code(place).map_or(0, |code| dot_i8_portable(one, code))));
}

/// The dot product of two codes.
pub(super) fn dot_i8(a: &[i8], b: &[i8]) -> i32 {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor supports the instructions that the function is compiled for.
        #[allow(unsafe_code)]
        return unsafe { x86::dot_i8_avx2(a, b) };
    }
    dot_i8_portable(a, b)
}

fn dot_i8_portable(a: &[i8], b: &[i8]) -> i32 {
    a.iter().zip(b).map(|(a, b)| i32::from(i16::from(*a) * i16::from(*b))).sum()
}

/// Prefetches the memory of a code.
#[inline]
pub(super) fn prefetch<T>(slice: &[T]) {
    #[cfg(target_arch = "x86_64")]
    for line in 0..size_of_val(slice).div_ceil(LINE) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch is a hint; the address lies within the slice.
        #[allow(unsafe_code)]
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(slice.as_ptr().cast::<i8>().add(line * LINE));
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = slice;
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m256i, __m512i, _mm_add_epi32, _mm_cvtsi128_si32, _mm_shuffle_epi32, _mm256_abs_epi8, _mm256_add_epi32,
        _mm256_castsi256_si128, _mm256_extracti128_si256, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16,
        _mm256_set1_epi16, _mm256_setzero_si256, _mm256_sign_epi8, _mm512_dpbusd_epi32, _mm512_loadu_si512,
        _mm512_reduce_add_epi32, _mm512_set1_epi8, _mm512_setzero_si512, _mm512_sub_epi32, _mm512_xor_si512,
    };

    #[target_feature(enable = "avx2")]
    pub(super) fn dots_avx2<'a>(one: &[i8], codes: impl Iterator<Item = Option<&'a [i8]>>, out: &mut Vec<i32>) {
        for code in codes {
            out.push(match code {
                Some(code) => dot_i8_avx2(one, code),
                None => 0,
            });
        }
    }

    /// The instruction multiplies unsigned by signed numbers, so the sign of `a` is moved to `b`. The sum of two such products
    /// fits into 16 bits because no number is -128.
    #[allow(unsafe_code, clippy::cast_ptr_alignment)] // loads that need no alignment
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(super) fn dot_i8_avx2(a: &[i8], b: &[i8]) -> i32 {
        let ones = _mm256_set1_epi16(1);
        let mut sums = [_mm256_setzero_si256(); 2];
        for (a, b) in a.as_chunks::<{ super::LINE }>().0.iter().zip(b.as_chunks::<{ super::LINE }>().0) {
            for (half, sum) in sums.iter_mut().enumerate() {
                // SAFETY: each half of a line has the 32 bytes that are loaded; the loads need no alignment.
                let (a, b) = unsafe {
                    let load = |line: &[i8; super::LINE]| _mm256_loadu_si256(line.as_ptr().cast::<__m256i>().add(half));
                    (load(a), load(b))
                };
                let pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(a), _mm256_sign_epi8(b, a));
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(pairs, ones));
            }
        }
        let sum = _mm256_add_epi32(sums[0], sums[1]);
        let sum = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256::<1>(sum));
        let sum = _mm_add_epi32(sum, _mm_shuffle_epi32::<0b01_00_11_10>(sum));
        _mm_cvtsi128_si32(_mm_add_epi32(sum, _mm_shuffle_epi32::<0b10_11_00_01>(sum)))
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    pub(super) fn dots_vnni<'a>(one: &[i8], codes: impl Iterator<Item = Option<&'a [i8]>>, out: &mut Vec<i32>) {
        for code in codes {
            out.push(match code {
                Some(code) => dot_i8_vnni(one, code),
                None => 0,
            });
        }
    }

    /// The instruction multiplies unsigned by signed numbers, so 128 is added to `b`. The surplus is subtracted from the sum.
    #[allow(unsafe_code, clippy::cast_ptr_alignment)] // loads that need no alignment
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    pub(super) fn dot_i8_vnni(a: &[i8], b: &[i8]) -> i32 {
        let offset = _mm512_set1_epi8(i8::MIN);
        let (mut sum, mut added) = (_mm512_setzero_si512(), _mm512_setzero_si512());
        for (a, b) in a.as_chunks::<{ super::LINE }>().0.iter().zip(b.as_chunks::<{ super::LINE }>().0) {
            // SAFETY: a line has the 64 bytes that are loaded; the loads need no alignment.
            let (a, b) = unsafe {
                let load = |line: &[i8; super::LINE]| _mm512_loadu_si512(line.as_ptr().cast::<__m512i>());
                (load(a), load(b))
            };
            sum = _mm512_dpbusd_epi32(sum, _mm512_xor_si512(b, offset), a);
            added = _mm512_dpbusd_epi32(added, offset, a);
        }
        _mm512_reduce_add_epi32(_mm512_sub_epi32(sum, added))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn products_of_codes_are_exact(
            numbers in prop::collection::vec(prop_oneof![Just(-127i8), Just(127), -127..=127i8], 8 * LINE),
            lines in 1usize..=4,
            places in prop::collection::vec(0u32..10, 0..20),
        ) {
            let (one, all) = (&numbers[..lines * LINE], &numbers[..8 * LINE / (lines * LINE) * lines * LINE]);
            let exact = |place: &u32| {
                let code = all.chunks(one.len()).nth(*place as usize)?;
                Some(one.iter().zip(code).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum::<i32>())
            };
            let mut found = Vec::new();
            dots_i8(one, all, &places, &mut found);
            prop_assert_eq!(&found, &places.iter().map(|place| exact(place).unwrap_or(0)).collect::<Vec<_>>());
            for (place, found) in places.iter().zip(&found).filter(|(place, _)| exact(place).is_some()) {
                let code = all.chunks(one.len()).nth(*place as usize).unwrap();
                prop_assert_eq!(dot_i8(one, code), *found);
                prop_assert_eq!(dot_i8_portable(one, code), *found);
            }
        }
    }
}
