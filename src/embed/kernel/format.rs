//! In which numbers is a product computed, and how do `f32` become units of them?
//!
//! A format keeps 32 bits a unit and an exact enough sum:
//! - `F32`: as they are.
//! - `Bf16`: pairs rounded to the nearest; products are summed up in `f32`.
//! - `Int16`: pairs of whole numbers, summed up in 32 bits without overflow, since activations stay below
//!   [`ACTIVATION`] and a column's weights are scaled by the sum of their sizes. Scales are per row of activations, taken
//!   as it comes, and per column of weights: about 13 and 12 bits, where `bf16` has 8.

use super::simd::widest;
use super::{LANES, Line};

/// The largest whole number of an activation.
pub(in crate::embed) const ACTIVATION: f32 = 8191.0;

/// The largest whole number that an activation is multiplied with: their sum has 16 bits, too.
pub(in crate::embed) const WEIGHT: f32 = 24_576.0;

/// Adding it to a number below 2²² leaves that number, rounded to a whole one, in the lowest bits: 1.5 · 2²³.
const ROUND: f32 = 12_582_912.0;

/// The numbers of a product's both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::embed) enum Format {
    F32,
    Bf16,
    Int16,
}

impl Format {
    /// Numbers of a unit.
    pub(in crate::embed) fn per_unit(self) -> usize {
        match self {
            Self::F32 => 1,
            Self::Bf16 | Self::Int16 => 2,
        }
    }

    /// Lines of a row of so many numbers.
    pub(in crate::embed) fn depth(self, width: usize) -> usize {
        width.div_ceil(self.per_unit() * LANES)
    }

    /// How far a number of a small network may be from that in `f32`, for tests.
    #[cfg(test)]
    pub(in crate::embed) fn tolerance(self) -> f32 {
        match self {
            Self::F32 => 1e-5,
            Self::Bf16 => 0.1,
            Self::Int16 => 0.01,
        }
    }

    /// Writes the first `width` numbers of each row of `stride` as a row of units, scaled as the format wants it.
    ///
    /// What a row's units stand for is their number times its scale, which is 1 but for `Int16`.
    pub(in crate::embed) fn write_rows(
        self,
        values: &[f32],
        stride: usize,
        width: usize,
        out: &mut [Line],
        scales: &mut [f32],
    ) {
        let depth = self.depth(width);
        widest(
            #[inline(always)]
            |_| {
                for ((row, out), scale) in values.chunks_exact(stride).zip(out.chunks_exact_mut(depth)).zip(scales) {
                    let row = &row[..width];
                    let factor = if self == Self::Int16 {
                        let largest = largest(row);
                        *scale = largest / ACTIVATION;
                        if largest > 0.0 { ACTIVATION / largest } else { 0.0 }
                    } else {
                        1.0
                    };
                    self.write_row(row, factor, out);
                }
            },
        );
    }

    /// Writes one row of numbers, times a factor, as units; the last line's rest becomes zero.
    ///
    /// To be inlined into what the widest instructions do.
    #[inline(always)]
    pub(in crate::embed) fn write_row(self, row: &[f32], factor: f32, out: &mut [Line]) {
        match self {
            Self::F32 => {
                let numbers: &mut [f32] = bytemuck::cast_slice_mut(out);
                let (used, rest) = numbers.split_at_mut(row.len());
                for (number, value) in used.iter_mut().zip(row) {
                    *number = value * factor;
                }
                rest.fill(0.0);
            }
            Self::Bf16 => {
                let halves: &mut [u16] = bytemuck::cast_slice_mut(out);
                let (used, rest) = halves.split_at_mut(row.len());
                for (half, value) in used.iter_mut().zip(row) {
                    *half = bf16(value * factor);
                }
                rest.fill(0);
            }
            Self::Int16 => {
                let halves: &mut [u16] = bytemuck::cast_slice_mut(out);
                let (used, rest) = halves.split_at_mut(row.len());
                for (half, value) in used.iter_mut().zip(row) {
                    *half = int16(value * factor);
                }
                rest.fill(0);
            }
        }
    }

    /// The unit of one number, or of two.
    #[inline(always)]
    pub(in crate::embed) fn unit(self, first: f32, second: f32) -> u32 {
        match self {
            Self::F32 => first.to_bits(),
            Self::Bf16 => u32::from(bf16(first)) | u32::from(bf16(second)) << 16,
            Self::Int16 => u32::from(int16(first)) | u32::from(int16(second)) << 16,
        }
    }
}

/// The size of the largest number; not a number, if one of them is not.
///
/// To be inlined into what the widest instructions do.
#[inline(always)]
pub(in crate::embed) fn largest(values: &[f32]) -> f32 {
    // As whole numbers, sizes have the order that they have as numbers, and "not a number" is above all.
    f32::from_bits(values.iter().fold(0, |largest, value| largest.max(value.abs().to_bits())))
}

/// The nearest number of 16 bits, ties to even; the size of what is no number or too large stays so.
#[inline(always)]
fn bf16(value: f32) -> u16 {
    let bits = value.to_bits();
    #[allow(clippy::cast_possible_truncation)] // the upper half is meant
    let rounded = (bits.wrapping_add(0x7fff + (bits >> 16 & 1)) >> 16) as u16;
    // Rounding up could carry over what is no number.
    if value.is_nan() { 0x7fc0 } else { rounded }
}

/// The nearest whole number, as the bits of a signed one.
#[inline(always)]
fn int16(value: f32) -> u16 {
    #[allow(clippy::cast_possible_truncation)] // the lower half is meant
    let lower = (value + ROUND).to_bits() as u16;
    lower
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bf16_is_the_upper_half_of_the_nearest(value in prop::num::f32::NORMAL) {
            let back = f32::from_bits(u32::from(bf16(value)) << 16);
            prop_assert!(back.is_infinite() || (back - value).abs() <= value.abs() / 256.0, "{value} {back}");
        }

        #[test]
        fn int16_is_the_nearest_whole_number(value in -32_700f32..32_700.0) {
            #[allow(clippy::cast_possible_wrap)]
            let back = f32::from(int16(value) as i16);
            prop_assert!((back - value).abs() <= 0.5, "{value} {back}");
        }

        #[test]
        fn rows_of_units_stand_for_their_numbers(row in prop::collection::vec(-9f32..9.0, 1..70)) {
            for (format, exact) in [(Format::F32, 0.0), (Format::Bf16, 9.0 / 256.0), (Format::Int16, 9.0 / 8000.0)] {
                let mut out = vec![Line([7; LANES]); format.depth(row.len())];
                let mut scales = [1f32];
                format.write_rows(&row, row.len(), row.len(), &mut out, &mut scales);
                let numbers: Vec<f32> = out.iter().flat_map(|line| line.0).flat_map(|unit| numbers(format, unit)).collect();
                for (place, number) in numbers.iter().enumerate() {
                    let wanted = row.get(place).copied().unwrap_or(0.0);
                    prop_assert!((number * scales[0] - wanted).abs() <= exact, "{format:?} {number} {wanted}");
                }
            }
        }
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)]
    fn numbers(format: Format, unit: u32) -> Vec<f32> {
        match format {
            Format::F32 => vec![f32::from_bits(unit)],
            Format::Bf16 => vec![f32::from_bits(unit << 16), f32::from_bits(unit & 0xffff_0000)],
            Format::Int16 => vec![f32::from(unit as i16), f32::from((unit >> 16) as i16)],
        }
    }

    #[test]
    fn what_is_no_number_stays_none() {
        assert!(f32::from_bits(u32::from(bf16(f32::NAN)) << 16).is_nan());
        assert!(f32::from_bits(u32::from(bf16(f32::INFINITY)) << 16).is_infinite());
        assert!(largest(&[1.0, f32::NAN, -3.0]).is_nan());
        let mut scales = [0f32];
        Format::Int16.write_rows(&[1.0, f32::NAN], 2, 2, &mut [Line([0; LANES])], &mut scales);
        assert!(scales[0].is_nan());
    }
}
