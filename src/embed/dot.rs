//! The dot product of two vectors, with AVX2 and FMA where the processor supports them.

/// The dot product of two vectors of the same length. If the lengths differ, the rest of the longer vector is ignored.
#[must_use]
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
        // SAFETY: the processor supports AVX2 and FMA, for which the function is compiled.
        #[allow(unsafe_code)]
        return unsafe { x86::dot_avx2(a, b) };
    }
    dot_portable(a, b)
}

/// Uses eight independent sums, so that the compiler can use vector registers of any width.
fn dot_portable(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 8;
    let length = a.len().min(b.len());
    let (a, b) = (&a[..length], &b[..length]);
    let mut sums = [0f32; LANES];
    let (a_parts, b_parts) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a_parts.remainder().iter().zip(b_parts.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a_parts.zip(b_parts) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{_mm256_add_ps, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_setzero_ps, _mm256_storeu_ps};

    /// Uses four registers of eight sums each, so that the latency of an addition does not stall the multipliers.
    #[allow(unsafe_code)]
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn dot_avx2(a: &[f32], b: &[f32]) -> f32 {
        const WIDTH: usize = 8;
        const STEP: usize = 4 * WIDTH;
        let length = a.len().min(b.len());
        let mut sums = [_mm256_setzero_ps(); 4];
        let mut place = 0;
        while place + STEP <= length {
            for (register, sum) in sums.iter_mut().enumerate() {
                let at = place + register * WIDTH;
                // SAFETY: `at + WIDTH` is at most `place + STEP`, which is within both slices; the loads need no alignment.
                let (a, b) = unsafe { (_mm256_loadu_ps(a.as_ptr().add(at)), _mm256_loadu_ps(b.as_ptr().add(at))) };
                *sum = _mm256_fmadd_ps(a, b, *sum);
            }
            place += STEP;
        }
        let sum = _mm256_add_ps(_mm256_add_ps(sums[0], sums[1]), _mm256_add_ps(sums[2], sums[3]));
        let mut lanes = [0f32; WIDTH];
        // SAFETY: the array has room for the eight numbers of the register.
        unsafe { _mm256_storeu_ps(lanes.as_mut_ptr(), sum) };
        let rest: f32 = a[place..length].iter().zip(&b[place..length]).map(|(a, b)| a * b).sum();
        lanes.iter().sum::<f32>() + rest
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn avx2_and_portable_products_agree(pairs in prop::collection::vec((-1f32..1.0, -1f32..1.0), 0..500)) {
            let (a, b): (Vec<f32>, Vec<f32>) = pairs.into_iter().unzip();
            let exact: f64 = a.iter().zip(&b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            prop_assert!((f64::from(dot(&a, &b)) - exact).abs() < 1e-4);
            prop_assert!((f64::from(dot_portable(&a, &b)) - exact).abs() < 1e-4);
        }
    }
}
