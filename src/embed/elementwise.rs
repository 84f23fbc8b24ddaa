//! What happens between the matrix products: bias, GELU, softmax, residual and layer norm, each in one pass over memory.
//!
//! candle's own passes are one per operation, share one pool of spinning threads and call a scalar `erf`; together they
//! took two thirds of the time. These are plain loops, which the compiler turns into the widest vector instructions that
//! the processor has, chosen at run time by pulp.

use candle_core::{CpuStorage, InplaceOp1, InplaceOp2, Layout, Result, bail};
use pulp::Arch;

/// Independent sums of a reduction, so that it can be done in vector registers.
const LANES: usize = 16;

/// x ← x + bias, for rows of the bias' length.
pub(super) struct Bias(pub Vec<f32>);

/// x ← GELU(x + bias): Hendrycks & Gimpel, "Gaussian Error Linear Units", 2016, arXiv:1606.08415, in its exact form.
pub(super) struct BiasGelu(pub Vec<f32>);

/// x ← softmax(scale · x) of each row of so many numbers.
pub(super) struct Softmax {
    pub scale: f32,
    pub width: usize,
}

/// x ← norm(x + bias + residual) of each row: Ba, Kiros & Hinton, "Layer Normalization", 2016, arXiv:1607.06450.
pub(super) struct ResidualNorm {
    pub bias: Vec<f32>,
    pub weight: Vec<f32>,
    pub offset: Vec<f32>,
    pub epsilon: f32,
}

impl InplaceOp1 for Bias {
    fn name(&self) -> &'static str {
        "bias"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        each_row(storage, layout, self.0.len(), |row| {
            for (value, bias) in row.iter_mut().zip(&self.0) {
                *value += bias;
            }
        })
    }
}

impl InplaceOp1 for BiasGelu {
    fn name(&self) -> &'static str {
        "bias-gelu"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        each_row(storage, layout, self.0.len(), |row| {
            for (value, bias) in row.iter_mut().zip(&self.0) {
                *value = gelu(*value + bias);
            }
        })
    }
}

impl InplaceOp1 for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        each_row(storage, layout, self.width, |row| softmax(row, self.scale))
    }
}

impl InplaceOp2 for ResidualNorm {
    fn name(&self) -> &'static str {
        "residual-norm"
    }

    fn cpu_fwd(
        &self,
        storage: &mut CpuStorage,
        layout: &Layout,
        residual: &CpuStorage,
        residual_layout: &Layout,
    ) -> Result<()> {
        let width = self.weight.len();
        let values = numbers_mut(storage, layout, width)?;
        let residual = numbers(residual, residual_layout)?;
        if residual.len() != values.len() {
            bail!("residual-norm: {} numbers and a residual of {}", values.len(), residual.len());
        }
        Arch::new().dispatch(|| {
            for (row, residual) in values.chunks_exact_mut(width).zip(residual.chunks_exact(width)) {
                for ((value, residual), bias) in row.iter_mut().zip(residual).zip(&self.bias) {
                    *value += residual + bias;
                }
                normalise(row, &self.weight, &self.offset, self.epsilon);
            }
        });
        Ok(())
    }
}

/// Changes every row of a tensor of 32-bit numbers with the widest instructions that the processor has.
#[inline(always)]
fn each_row(storage: &mut CpuStorage, layout: &Layout, width: usize, change: impl Fn(&mut [f32])) -> Result<()> {
    let values = numbers_mut(storage, layout, width)?;
    Arch::new().dispatch(|| values.chunks_exact_mut(width).for_each(&change));
    Ok(())
}

fn numbers<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match (layout.contiguous_offsets(), storage) {
        (Some((start, end)), CpuStorage::F32(values)) => Ok(&values[start..end]),
        _ => bail!("contiguous numbers of 32 bits were expected"),
    }
}

/// The numbers of a tensor that consists of whole rows.
fn numbers_mut<'a>(storage: &'a mut CpuStorage, layout: &Layout, width: usize) -> Result<&'a mut [f32]> {
    match (layout.contiguous_offsets(), storage) {
        (Some((start, end)), CpuStorage::F32(values)) if width > 0 && (end - start).is_multiple_of(width) => {
            Ok(&mut values[start..end])
        }
        _ => bail!("contiguous rows of {width} numbers of 32 bits were expected"),
    }
}

#[inline(always)]
fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2))
}

/// The error function within 1.5e-7: Abramowitz & Stegun, "Handbook of Mathematical Functions", 1964, formula 7.1.26.
#[inline(always)]
fn erf(x: f32) -> f32 {
    let a = x.abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * a);
    let polynomial = ((((1.061_405_4 * t - 1.453_152) * t + 1.421_413_7) * t - 0.284_496_74) * t + 0.254_829_6) * t;
    (1.0 - polynomial * exp(-a * a)).copysign(x)
}

/// The exponential function for arguments up to 0, within two units in the last place.
///
/// The argument is taken apart into n·ln 2 + r; eʳ is a polynomial of r (its Taylor series to the seventh power is exact
/// enough for |r| ≤ ln 2 / 2), and 2ⁿ is made of bits.
#[inline(always)]
fn exp(x: f32) -> f32 {
    /// Adding it moves a number's integer part into the lowest bits of its mantissa: 1.5 · 2²³.
    const ROUND: f32 = 12_582_912.0;
    /// ln 2 in two parts, the first of which has few enough bits for n times it to be exact.
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = x.max(-87.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * LN_2_HIGH - n * LN_2_LOW;
    let tail = ((1.0 / 5040.0 * r + 1.0 / 720.0) * r + 1.0 / 120.0) * r + 1.0 / 24.0;
    let power = ((tail * r + 1.0 / 6.0) * r + 0.5) * r * r + r + 1.0;
    let two_to_n = f32::from_bits((shifted.to_bits() << 23).wrapping_add(1.0f32.to_bits()));
    power * two_to_n
}

#[inline(always)]
fn softmax(row: &mut [f32], scale: f32) {
    let largest = row.iter().fold(f32::NEG_INFINITY, |largest, value| if *value > largest { *value } else { largest });
    for value in row.iter_mut() {
        *value = exp((*value - largest) * scale);
    }
    let inverse = 1.0 / sum(row, |value| value);
    for value in row.iter_mut() {
        *value *= inverse;
    }
}

#[inline(always)]
fn normalise(row: &mut [f32], weight: &[f32], offset: &[f32], epsilon: f32) {
    #[allow(clippy::cast_precision_loss)] // a row has some hundred numbers
    let count = row.len() as f32;
    let mean = sum(row, |value| value) / count;
    let variance = sum(row, |value| (value - mean) * (value - mean)) / count;
    let inverse = 1.0 / (variance + epsilon).sqrt();
    for ((value, weight), offset) in row.iter_mut().zip(weight).zip(offset) {
        *value = (*value - mean) * inverse * weight + offset;
    }
}

#[inline(always)]
fn sum(values: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0f32; LANES];
    let parts = values.chunks_exact(LANES);
    let rest: f32 = parts.remainder().iter().map(|value| of(*value)).sum();
    for part in parts {
        for (lane, value) in lanes.iter_mut().zip(part) {
            *lane += of(*value);
        }
    }
    lanes.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_exponential_is_that_of_the_library(x in -87f32..0.0) {
            let exact = f64::from(x).exp();
            prop_assert!(((f64::from(exp(x)) - exact) / exact).abs() < 3e-7, "{} {}", exp(x), exact);
        }

        #[test]
        fn softmax_sums_to_one_and_keeps_the_order(mut row in prop::collection::vec(-50f32..50.0, 1..70)) {
            let before = row.clone();
            softmax(&mut row, 0.3);
            prop_assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            for (a, b) in before.iter().zip(&row).zip(before.iter().zip(&row).skip(1)) {
                prop_assert!(a.0 >= b.0 || a.1 <= b.1);
            }
        }
    }

    #[test]
    fn gelu_has_known_values() {
        // 0.5 x (1 + erf(x / √2)), by a calculator of arbitrary precision.
        let known =
            [(0.0, 0.0), (1.0, 0.841_344_7), (-1.0, -0.158_655_25), (3.0, 2.995_950_3), (-6.0, -5.92e-9), (40.0, 40.0)];
        for (x, wanted) in known {
            assert!((gelu(x) - wanted).abs() < 1e-6 * wanted.abs().max(1.0), "{x}: {}", gelu(x));
        }
        assert!(exp(-1000.0) < 1e-37);
    }

    #[test]
    fn a_normalised_row_has_mean_zero_and_variance_one() {
        let mut row: Vec<f32> = (0u8..50).map(|n| f32::from(n).sin() * 3.0 + 7.0).collect();
        normalise(&mut row, &[1.0; 50], &[0.0; 50], 1e-12);
        assert!(sum(&row, |x| x).abs() < 1e-4);
        assert!((sum(&row, |x| x * x) / 50.0 - 1.0).abs() < 1e-4);
    }
}
