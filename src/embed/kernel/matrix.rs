//! The weights of a linear layer, packed once for a kernel: `x ← x · Wᵀ + bias`.

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::buffer::Lines;
use super::format::{ACTIVATION, OFFSET, WEIGHT, byte_factor, largest};
use super::rotation::rotate;
use super::simd::widest;
use super::team::Team;
use super::{Format, Kernel, LANES, Line, Product};

/// A packed matrix of weights. A clone shares its memory.
#[derive(Clone)]
pub(in crate::embed) struct Matrix(Arc<Packed>);

struct Packed {
    width: usize,
    /// The packed weights: `[panels, depth · LANES]`.
    panels: Vec<Line>,
    /// The scale of each column; `None` except in integers.
    scales: Option<Vec<f32>>,
    /// What the sum of each column begins with: in `Int8`, it subtracts the products of the offset.
    starts: Option<Vec<i32>>,
    bias: Vec<f32>,
}

impl Matrix {
    /// Packs weights as stored in a model's file: a row of `width` numbers for each column of the product.
    pub fn pack(format: Format, weights: &[f32], width: usize, bias: &[f32]) -> Self {
        let depth = format.depth(width);
        let columns = bias.len();
        let count = columns.div_ceil(LANES);
        let mut panels = vec![Line([0; LANES]); count * depth * LANES];
        let mut scales = vec![0f32; count * LANES];
        let mut starts = vec![0i32; count * LANES];
        let of_columns = scales.par_chunks_mut(LANES).zip(starts.par_chunks_mut(LANES));
        let packed = panels.par_chunks_mut(depth * LANES).zip(of_columns).enumerate();
        packed.for_each(|(panel, (lines, (scales, starts)))| {
            let mut rotated = if format == Format::Int8 { vec![0f32; width] } else { Vec::new() };
            let rows = weights[panel * LANES * width..].chunks_exact(width).take(LANES);
            for (lane, (mut row, (scale, start))) in rows.zip(scales.iter_mut().zip(starts)).enumerate() {
                let factor;
                (factor, *scale) = match format {
                    Format::Int16 => whole_numbers(row),
                    Format::Int8 => {
                        rotate(row, &mut rotated);
                        row = &rotated;
                        byte_factor(row)
                    }
                    Format::F32 | Format::Bf16 => (1.0, 1.0),
                };
                for (line, numbers) in lines.iter_mut().zip(row.chunks(format.per_unit())) {
                    line.0[lane] = format.unit(|place| numbers.get(place).copied().unwrap_or(0.0) * factor);
                }
                if format == Format::Int8 {
                    *start = -OFFSET * lines.iter().map(|line| sum_of_bytes(line.0[lane])).sum::<i32>();
                }
            }
        });
        let mut bias = bias.to_vec();
        bias.resize(count * LANES, 0.0);
        let (scales, starts) = (format.has_scales().then_some(scales), (format == Format::Int8).then_some(starts));
        Self(Arc::new(Packed { width, panels, scales, starts, bias }))
    }

    /// Number of inputs: the width of a row of activations.
    pub fn width(&self) -> usize {
        self.0.width
    }

    /// The width of a row of the product: the columns, rounded up to whole panels.
    pub fn stride(&self) -> usize {
        self.0.bias.len()
    }

    /// The bias, added to each row of the product: `[stride]`.
    pub fn bias(&self) -> &[f32] {
        &self.0.bias
    }

    /// The packed weights: `[panels, depth · LANES]`.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn panels(&self) -> &[Line] {
        &self.0.panels
    }

    /// Multiplies rows of activations. The product is in `out`: `[rows, stride]`.
    pub fn multiply<'a>(&self, kernel: Kernel, input: &Rows, out: &'a mut Out) -> &'a mut [f32] {
        let Out { whole, team } = out;
        match team {
            Some(team) => {
                let whole = whole.numbers(input.count, self.stride());
                team.multiply(kernel, self, input, whole);
                whole
            }
            None => self.multiply_into(kernel, input, 0..self.stride(), whole),
        }
    }

    /// Multiplies by a range of the columns. The product is in `out`: `[rows, columns rounded up to whole panels]`.
    pub fn multiply_columns<'a>(
        &self,
        kernel: Kernel,
        input: &Rows,
        columns: Range<usize>,
        out: &'a mut Out,
    ) -> &'a mut [f32] {
        self.multiply_into(kernel, input, columns, &mut out.whole)
    }

    /// As [`Matrix::multiply_columns`], on the current thread only.
    pub(super) fn multiply_into<'a>(
        &self,
        kernel: Kernel,
        input: &Rows,
        columns: Range<usize>,
        out: &'a mut Lines,
    ) -> &'a mut [f32] {
        let Packed { panels, scales, starts, bias, .. } = &*self.0;
        let line = input.depth * LANES;
        let w = &panels[columns.start / LANES * line..columns.end.div_ceil(LANES) * line];
        let panels = w.len() / line;
        let out = out.numbers(input.count, panels * LANES);
        kernel.multiply(Product {
            rows: input.count,
            depth: input.depth,
            panels,
            a: &input.units,
            w,
            scales: scales.as_deref().map(|of_columns| (input.scales.as_slice(), &of_columns[columns.start..])),
            starts: starts.as_deref().map(|starts| &starts[columns.start..]),
            bias: Some(&bias[columns.start..]),
            out,
        });
        out
    }
}

/// The buffer for a product.
#[derive(Default)]
pub(in crate::embed) struct Out {
    whole: Lines,
    /// The team that shares each product, if there is one.
    team: Option<Arc<Team>>,
}

impl Out {
    pub fn is_shared(&self) -> bool {
        self.team.is_some()
    }

    /// A buffer whose products are shared by a team. Used for a single text.
    pub fn shared(team: &Arc<Team>) -> Self {
        Self { team: Some(Arc::clone(team)), ..Self::default() }
    }
}

/// Rows of activations in a kernel's format.
#[derive(Default, Clone)]
pub(in crate::embed) struct Rows {
    units: Lines,
    scales: Vec<f32>,
    count: usize,
    depth: usize,
}

impl Rows {
    pub fn count(&self) -> usize {
        self.count
    }

    /// Converts the first `width` numbers of each row of `stride`.
    pub fn write(&mut self, format: Format, values: &[f32], stride: usize, width: usize) {
        self.count = values.len() / stride;
        self.depth = format.depth(width);
        self.scales.resize(self.count.max(self.scales.len()), 1.0);
        let units = self.units.rows(self.count, self.depth);
        format.write_rows(values, stride, width, units, &mut self.scales);
    }

    /// Makes room for rows of `width` numbers, which [`Rows::write_columns`] writes part by part.
    pub fn begin(&mut self, format: Format, count: usize, width: usize) {
        self.count = count;
        self.depth = format.depth(width);
        self.units.rows(count, self.depth);
    }

    /// Converts some columns of all rows: those from `first` on, which must be a multiple of a line. Only for formats without
    /// scales, because a scale depends on a whole row.
    pub fn write_columns(&mut self, format: Format, values: &[f32], stride: usize, first: usize) {
        let (depth, count) = (self.depth, self.count);
        let place = first / (format.per_unit() * LANES);
        let lines = format.depth(stride).min(depth - place);
        let rows = self.units.rows(count, depth).chunks_exact_mut(depth).zip(values.chunks_exact(stride));
        widest(
            #[inline(always)]
            |_| {
                for (row, values) in rows.take(count) {
                    format.write_row(values, 1.0, &mut row[place..place + lines]);
                }
            },
        );
    }
}

fn sum_of_bytes(unit: u32) -> i32 {
    unit.to_le_bytes().into_iter().map(|byte| i32::from(byte.cast_signed())).sum()
}

/// The factor that converts a column's weights to integers, as large as possible without overflow in the sum of their products
/// with the largest activations; and its reciprocal. If a weight is NaN, so is the reciprocal.
fn whole_numbers(weights: &[f32]) -> (f32, f32) {
    #[allow(clippy::cast_precision_loss)]
    let rounding = weights.len() as f32 / 2.0;
    #[allow(clippy::cast_precision_loss)]
    let most = (i32::MAX as f32 / ACTIVATION - rounding).max(0.0);
    let (largest, sum) = (largest(weights), weights.iter().map(|weight| weight.abs()).sum::<f32>());
    if largest == 0.0 {
        return (0.0, 0.0);
    }
    // Rounding may make a sum of many numbers slightly too small.
    let factor = (WEIGHT / largest).min(most / sum * 0.9999);
    (factor, 1.0 / factor)
}
