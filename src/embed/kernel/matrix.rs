//! A layer's weights, packed once for a kernel: `x ← x · Wᵀ + bias`.

use rayon::prelude::*;

use super::buffer::Lines;
use super::format::{ACTIVATION, largest};
use super::{Format, Kernel, LANES, Line, Product};

/// A matrix that rows of activations are multiplied with.
pub(in crate::embed) struct Matrix {
    width: usize,
    /// `[panels, depth · LANES]`.
    panels: Vec<Line>,
    /// What the numbers of each column are to be multiplied with; none but for `Int16`.
    scales: Option<Vec<f32>>,
    bias: Vec<f32>,
}

impl Matrix {
    /// Packs weights as a model's file has them: a row of `width` numbers for each column of the product.
    pub fn pack(format: Format, weights: &[f32], width: usize, bias: &[f32]) -> Self {
        let depth = format.depth(width);
        let columns = bias.len();
        let count = columns.div_ceil(LANES);
        let mut panels = vec![Line([0; LANES]); count * depth * LANES];
        let mut scales = vec![0f32; count * LANES];
        let packed = panels.par_chunks_mut(depth * LANES).zip(scales.par_chunks_mut(LANES)).enumerate();
        packed.for_each(|(panel, (lines, scales))| {
            let rows = weights[panel * LANES * width..].chunks_exact(width).take(LANES);
            for (lane, (row, scale)) in rows.zip(scales).enumerate() {
                let factor = if format == Format::Int16 { whole_number_factor(row) } else { 1.0 };
                *scale = if factor > 0.0 { 1.0 / factor } else { 0.0 };
                let mut pairs = row.chunks(format.per_unit());
                for (line, numbers) in lines.iter_mut().zip(&mut pairs) {
                    let second = numbers.get(1).copied().unwrap_or(0.0);
                    line.0[lane] = format.unit(numbers[0] * factor, second * factor);
                }
            }
        });
        let mut bias = bias.to_vec();
        bias.resize(count * LANES, 0.0);
        Self { width, panels, scales: (format == Format::Int16).then_some(scales), bias }
    }

    /// Numbers of a row that it is multiplied with.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Numbers of a row of the product: the columns, rounded up to whole panels.
    pub fn stride(&self) -> usize {
        self.bias.len()
    }

    /// Multiplies rows of activations, which are in `input`; the product lies in `out`, `[rows, stride]`.
    pub fn multiply<'a>(&self, kernel: Kernel, input: &Rows, out: &'a mut Lines) -> &'a mut [f32] {
        let out = out.numbers(input.count, self.stride());
        kernel.multiply(Product {
            rows: input.count,
            depth: input.depth,
            panels: self.stride() / LANES,
            a: &input.units,
            w: &self.panels,
            scales: self.scales.as_deref().map(|columns| (input.scales.as_slice(), columns)),
            bias: Some(&self.bias),
            out,
        });
        out
    }
}

/// Rows of activations as a kernel wants them.
#[derive(Default)]
pub(in crate::embed) struct Rows {
    units: Lines,
    scales: Vec<f32>,
    count: usize,
    depth: usize,
}

impl Rows {
    /// Takes over the first `width` numbers of each row of `stride`.
    pub fn write(&mut self, format: Format, values: &[f32], stride: usize, width: usize) {
        self.count = values.len() / stride;
        self.depth = format.depth(width);
        self.scales.resize(self.count.max(self.scales.len()), 1.0);
        let units = self.units.rows(self.count, self.depth);
        format.write_rows(values, stride, width, units, &mut self.scales);
    }
}

/// What makes whole numbers of a column's weights, as large as the sum of their products with the largest activations
/// allows.
fn whole_number_factor(weights: &[f32]) -> f32 {
    #[allow(clippy::cast_precision_loss)]
    let rounding = weights.len() as f32 / 2.0;
    #[allow(clippy::cast_precision_loss)]
    let most = (i32::MAX as f32 / ACTIVATION - rounding).max(0.0);
    let (largest, sum) = (largest(std::iter::once(weights)), weights.iter().map(|weight| weight.abs()).sum::<f32>());
    // The sum of many numbers may be a little too small.
    if largest > 0.0 { (f32::from(i16::MAX) / largest).min(most / sum * 0.9999) } else { 0.0 }
}
