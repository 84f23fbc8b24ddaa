//! Element-wise functions between the matrix products: GELU, SiLU and softmax, each in one pass over memory.
//!
//! These are plain loops, compiled for the widest vector instructions. The kernels of the products have added the bias already.

use crate::embed::kernel::simd::{REDUCTION_LANES, fma, widest};

/// The activation function of a feed-forward layer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::embed) enum Activation {
    Gelu,
    /// x · σ(x): Elfwing et al., 2017, arXiv:1702.03118.
    Silu,
}

/// Replaces the first `width` numbers of each row of `stride` by their activation times the next `width` numbers (gated linear
/// unit).
pub(in crate::embed) fn gated(values: &mut [f32], stride: usize, width: usize, activation: Activation) {
    widest(
        #[inline(always)]
        |fused| {
            for row in values.chunks_exact_mut(stride) {
                let (activated, factors) = row[..2 * width].split_at_mut(width);
                match activation {
                    Activation::Gelu => {
                        for (value, factor) in activated.iter_mut().zip(factors) {
                            *value = gelu(fused, *value) * *factor;
                        }
                    }
                    Activation::Silu => {
                        for (value, factor) in activated.iter_mut().zip(factors) {
                            *value = silu(fused, *value) * *factor;
                        }
                    }
                }
            }
        },
    );
}

/// x ← GELU(x): Hendrycks & Gimpel, "Gaussian Error Linear Units", 2016, arXiv:1606.08415, in its exact form.
pub(in crate::embed) fn gelus(values: &mut [f32]) {
    widest(
        #[inline(always)]
        |fused| {
            for value in values {
                *value = gelu(fused, *value);
            }
        },
    );
}

/// x ← exp(scale · (x − largest)); returns the sum. Dividing by the sum gives the softmax.
///
/// It must be inlined into the closure passed to [`widest`].
#[inline(always)]
pub(in crate::embed) fn exponentials(fused: bool, row: &mut [f32], scale: f32) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; REDUCTION_LANES];
    let larger = |a: f32, b: f32| if a > b { a } else { b };
    let (parts, rest) = row.as_chunks::<REDUCTION_LANES>();
    for part in parts {
        for lane in 0..REDUCTION_LANES {
            lanes[lane] = larger(part[lane], lanes[lane]);
        }
    }
    let all = lanes.into_iter().chain(rest.iter().copied());
    let largest = all.fold(f32::NEG_INFINITY, |largest, value| larger(value, largest));
    let mut sums = [0f32; REDUCTION_LANES];
    let (parts, rest) = row.as_chunks_mut::<REDUCTION_LANES>();
    for part in parts {
        for lane in 0..REDUCTION_LANES {
            part[lane] = exp(fused, (part[lane] - largest) * scale);
            sums[lane] += part[lane];
        }
    }
    for (sum, value) in sums.iter_mut().zip(rest) {
        *value = exp(fused, (*value - largest) * scale);
        *sum += *value;
    }
    sums.iter().sum()
}

#[inline(always)]
fn gelu(fused: bool, x: f32) -> f32 {
    let half = 0.5 * x;
    fma(fused, half, erf(fused, x * std::f32::consts::FRAC_1_SQRT_2), half)
}

#[inline(always)]
fn silu(fused: bool, x: f32) -> f32 {
    let small = exp(fused, -x.abs());
    x * (if x < 0.0 { small } else { 1.0 }) / (1.0 + small)
}

/// The error function, accurate to 3e-7: for |x| ≤ 3.9, x times a polynomial in 2x²/3.9² − 1; beyond that erf is ±1 within 4e-8.
///
/// The coefficients, lowest power first, are our own: a least-squares fit on 4,000 Chebyshev nodes, reweighted iteratively
/// (Lawson, 1961) to minimise the maximum error.
#[inline(always)]
fn erf(fused: bool, x: f32) -> f32 {
    const END: f32 = 3.9;
    const COEFFICIENTS: [f32; 15] = [
        0.362_584,
        -0.181_011_5,
        0.134_688_93,
        -0.109_515_764,
        0.090_709_03,
        -0.073_997_326,
        0.057_643_928,
        -0.041_785_493,
        0.029_963_244,
        -0.022_151_807,
        0.012_248_132,
        -0.003_479_545_2,
        0.002_961_081_7,
        -0.004_042_672,
        0.001_596_017_2,
    ];
    let x = x.clamp(-END, END);
    let s = fma(fused, x * x, 2.0 / (END * END), -1.0);
    let mut polynomial = COEFFICIENTS[14];
    for power in (0..14).rev() {
        polynomial = fma(fused, polynomial, s, COEFFICIENTS[power]);
    }
    x * polynomial
}

/// The exponential function for arguments up to 0, accurate to three units in the last place.
///
/// The argument is split into n·ln 2 + r. eʳ is a polynomial in r with the coefficients of Cephes' `expf` (Moshier, "Methods and
/// Programs for Mathematical Functions", 1989). 2ⁿ is built from its bits.
#[inline(always)]
fn exp(fused: bool, x: f32) -> f32 {
    /// 1.5 · 2²³. Adding it moves the integer part of a number into the lowest bits of the mantissa.
    const ROUND: f32 = 12_582_912.0;
    /// ln 2 in two parts. The first has few enough bits for its product with n to be exact.
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    const COEFFICIENTS: [f32; 6] = [0.5, 0.166_666_66, 0.041_665_796, 0.008_333_452, 0.001_398_199_9, 0.000_198_756_92];
    let x = x.max(-87.0);
    let shifted = fma(fused, x, std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = fma(fused, n, -LN_2_LOW, fma(fused, n, -LN_2_HIGH, x));
    let mut polynomial = COEFFICIENTS[5];
    for power in (0..5).rev() {
        polynomial = fma(fused, polynomial, r, COEFFICIENTS[power]);
    }
    let power = fma(fused, polynomial * r, r, r) + 1.0;
    let two_to_n = f32::from_bits((shifted.to_bits() << 23).wrapping_add(1.0f32.to_bits()));
    power * two_to_n
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn exp_agrees_with_the_standard_library(x in -87f32..0.0) {
            let exact = f64::from(x).exp();
            for fused in [false, true] {
                let found = exp(fused, x);
                prop_assert!(((f64::from(found) - exact) / exact).abs() < 4e-7, "{found} {exact}");
            }
        }

        #[test]
        fn the_largest_exponential_is_one_and_order_is_preserved(mut row in prop::collection::vec(-50f32..50.0, 1..70)) {
            let before = row.clone();
            let sum = exponentials(false, &mut row, 0.3);
            prop_assert!((row.iter().sum::<f32>() / sum - 1.0).abs() < 1e-5);
            prop_assert!(row.contains(&1.0) && row.iter().all(|value| *value <= 1.0));
            for (a, b) in before.iter().zip(&row).zip(before.iter().zip(&row).skip(1)) {
                prop_assert!(a.0 >= b.0 || *a.1 <= *b.1 * 1.000_001);
            }
        }
    }

    #[test]
    fn gelu_has_known_values() {
        // 0.5 x (1 + erf(x / √2)), computed with arbitrary precision.
        let known =
            [(0.0, 0.0), (1.0, 0.841_344_7), (-1.0, -0.158_655_25), (3.0, 2.995_950_3), (-6.0, -5.92e-9), (40.0, 40.0)];
        for (x, wanted) in known {
            for fused in [false, true] {
                let found = gelu(fused, x);
                assert!((found - wanted).abs() < 1e-6 * wanted.abs().max(1.0), "{x}: {found}");
            }
        }
        assert!(exp(false, -1000.0) < 1e-37);
    }

    #[test]
    fn nan_stays_nan() {
        assert!(gelu(false, f32::NAN).is_nan() && gelu(true, f32::NAN).is_nan());
    }
}
