//! The number formats of the operands of a product, and the conversion from `f32`.
//!
//! All formats have units of 32 bits and sufficiently accurate sums:
//! - `F32`: unchanged.
//! - `Bf16`: pairs, rounded to nearest; products are accumulated in `f32`.
//! - `Int16`: pairs of integers, accumulated in 32 bits without overflow, since activations are at most [`ACTIVATION`] and a
//!   column's weights are scaled by the sum of their absolute values. There is one scale per row of activations, computed
//!   dynamically, and one per column of weights. This gives about 13 and 12 bits of precision, where `bf16` has 8.
//! - `Int8`: four integers, of vectors that were rotated (see `rotation`), with scales as in `Int16`. The instructions multiply
//!   unsigned by signed ones, so activations are stored with an offset of [`OFFSET`], whose products are subtracted again.

use super::rotation::rotate;
use super::simd::widest;
use super::{LANES, Line};

/// The largest integer of an activation.
pub(in crate::embed) const ACTIVATION: f32 = 8191.0;

/// The largest integer of a weight. The sum of both maxima still fits into 16 bits.
pub(in crate::embed) const WEIGHT: f32 = 24_576.0;

/// The largest absolute value of an integer of 8 bits, of an activation and of a weight.
const BYTE: f32 = 127.0;

/// What is added to activations of 8 bits.
pub(super) const OFFSET: i32 = 128;

/// 1.5 · 2²³. Adding it to a number below 2²² leaves the number, rounded to an integer, in the lowest bits.
const ROUND: f32 = 12_582_912.0;

/// The number format of both operands of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::embed) enum Format {
    F32,
    Bf16,
    Int16,
    Int8,
}

impl Format {
    /// Number of numbers per unit.
    pub(in crate::embed) fn per_unit(self) -> usize {
        match self {
            Self::F32 => 1,
            Self::Bf16 | Self::Int16 => 2,
            Self::Int8 => 4,
        }
    }

    /// Whether rows and columns have scales, so that a row must be known as a whole before it is converted.
    pub(in crate::embed) fn has_scales(self) -> bool {
        matches!(self, Self::Int16 | Self::Int8)
    }

    /// Number of lines of a row with `width` numbers.
    pub(in crate::embed) fn depth(self, width: usize) -> usize {
        width.div_ceil(self.per_unit() * LANES)
    }

    /// Allowed deviation from `f32` of the results of a small network, for tests.
    #[cfg(test)]
    pub(in crate::embed) fn tolerance(self) -> f32 {
        match self {
            Self::F32 => 1e-5,
            Self::Bf16 => 0.1,
            Self::Int16 => 0.01,
            Self::Int8 => 0.3,
        }
    }

    /// Converts the first `width` numbers of each row of `stride` to units, scaled as the format requires.
    ///
    /// The original number is that of the unit times the scale of its row; in `Int8`, after it is rotated back. The scale is 1
    /// except in integers.
    pub(in crate::embed) fn write_rows(
        self,
        values: &[f32],
        stride: usize,
        width: usize,
        out: &mut [Line],
        scales: &mut [f32],
    ) {
        let depth = self.depth(width);
        let mut rotated = if self == Self::Int8 { vec![0f32; width] } else { Vec::new() };
        let most = if self == Self::Int8 { BYTE } else { ACTIVATION };
        widest(
            #[inline(always)]
            |_| {
                for ((row, out), scale) in values.chunks_exact(stride).zip(out.chunks_exact_mut(depth)).zip(scales) {
                    let mut row = &row[..width];
                    if self == Self::Int8 {
                        rotate(row, &mut rotated);
                        row = &rotated;
                    }
                    let factor = if self.has_scales() {
                        let largest = largest(row);
                        *scale = largest / most;
                        if largest > 0.0 { most / largest } else { 0.0 }
                    } else {
                        1.0
                    };
                    self.write_row(row, factor, out);
                }
            },
        );
    }

    /// Converts one row of numbers, times a factor, to units. The rest of the last line is filled with zeros.
    ///
    /// It must be inlined into a closure passed to `widest`.
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
            Self::Int8 => {
                let bytes: &mut [u8] = bytemuck::cast_slice_mut(out);
                let (used, rest) = bytes.split_at_mut(row.len());
                for (byte, value) in used.iter_mut().zip(row) {
                    // The offset makes 0 of 128, and wraps around in the lowest bits.
                    *byte = int8(value * factor) ^ 0x80;
                }
                rest.fill(0);
            }
        }
    }

    /// The unit of [`Format::per_unit`] numbers, given by their place in it.
    #[inline(always)]
    pub(in crate::embed) fn unit(self, number: impl Fn(usize) -> f32) -> u32 {
        match self {
            Self::F32 => number(0).to_bits(),
            Self::Bf16 => u32::from(bf16(number(0))) | u32::from(bf16(number(1))) << 16,
            Self::Int16 => u32::from(int16(number(0))) | u32::from(int16(number(1))) << 16,
            Self::Int8 => u32::from_le_bytes(std::array::from_fn(|place| int8(number(place)))),
        }
    }
}

/// The factor that converts weights to integers of 8 bits, and its reciprocal. If a weight is NaN, so is the reciprocal.
pub(super) fn byte_factor(weights: &[f32]) -> (f32, f32) {
    let largest = largest(weights);
    if largest == 0.0 { (0.0, 0.0) } else { (BYTE / largest, largest / BYTE) }
}

/// The largest absolute value; NaN if there is a NaN.
///
/// It must be inlined into a closure passed to `widest`.
#[inline(always)]
pub(in crate::embed) fn largest(values: &[f32]) -> f32 {
    // As integers, the bits of absolute values have the same order as the values, and NaN is the largest.
    f32::from_bits(values.iter().fold(0, |largest, value| largest.max(value.abs().to_bits())))
}

/// The nearest `bf16`, ties to even. NaN stays NaN; values that are too large become infinite.
#[inline(always)]
fn bf16(value: f32) -> u16 {
    let bits = value.to_bits();
    #[allow(clippy::cast_possible_truncation)] // the upper half is intended
    let rounded = (bits.wrapping_add(0x7fff + (bits >> 16 & 1)) >> 16) as u16;
    // Rounding could turn a NaN into another value.
    if value.is_nan() { 0x7fc0 } else { rounded }
}

/// The nearest integer, as the bits of an `i8`.
#[inline(always)]
fn int8(value: f32) -> u8 {
    #[allow(clippy::cast_possible_truncation)] // the lowest byte is intended
    let lowest = (value + ROUND).to_bits() as u8;
    lowest
}

/// The nearest integer, as the bits of an `i16`.
#[inline(always)]
fn int16(value: f32) -> u16 {
    #[allow(clippy::cast_possible_truncation)] // the lower half is intended
    let lower = (value + ROUND).to_bits() as u16;
    lower
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bf16_rounds_to_nearest(value in prop::num::f32::NORMAL) {
            let back = f32::from_bits(u32::from(bf16(value)) << 16);
            prop_assert!(back.is_infinite() || (back - value).abs() <= value.abs() / 256.0, "{value} {back}");
        }

        #[test]
        fn int16_rounds_to_nearest(value in -32_700f32..32_700.0) {
            #[allow(clippy::cast_possible_wrap)]
            let back = f32::from(int16(value) as i16);
            prop_assert!((back - value).abs() <= 0.5, "{value} {back}");
        }

        #[test]
        fn rows_of_units_represent_their_numbers(row in prop::collection::vec(-9f32..9.0, 1..70)) {
            let formats = [(Format::F32, 0.0), (Format::Bf16, 9.0 / 256.0), (Format::Int16, 9.0 / 8000.0), (Format::Int8, 0.9)];
            for (format, exact) in formats {
                let mut out = vec![Line([7; LANES]); format.depth(row.len())];
                let mut scales = [1f32];
                format.write_rows(&row, row.len(), row.len(), &mut out, &mut scales);
                let mut numbers: Vec<f32> = out.iter().flat_map(|line| line.0).flat_map(|unit| numbers(format, unit)).collect();
                if format == Format::Int8 {
                    // What is behind the row has no meaning. The rotation is its own inverse.
                    numbers.truncate(row.len());
                    rotate(&numbers.clone(), &mut numbers);
                }
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
            Format::Int8 => unit.to_le_bytes().map(|byte| f32::from(byte) - 128.0).to_vec(),
        }
    }

    #[test]
    fn nan_stays_nan() {
        assert!(f32::from_bits(u32::from(bf16(f32::NAN)) << 16).is_nan());
        assert!(f32::from_bits(u32::from(bf16(f32::INFINITY)) << 16).is_infinite());
        assert!(largest(&[1.0, f32::NAN, -3.0]).is_nan());
        let mut scales = [0f32];
        Format::Int16.write_rows(&[1.0, f32::NAN], 2, 2, &mut [Line([0; LANES])], &mut scales);
        assert!(scales[0].is_nan());
    }
}
