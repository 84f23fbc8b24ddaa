//! How do queries, keys, values and weights become the two sides of a product? As the kernel's format wants them, scaled so that
//! their sums fit.

use crate::embed::kernel::format::{ACTIVATION, WEIGHT, largest};
use crate::embed::kernel::simd::widest;
use crate::embed::kernel::{Format, LANES, Line};

/// How large the numbers of both sides may be for their sums to fit.
pub(super) struct Limits {
    format: Format,
    /// Of queries and keys.
    pub scores: f32,
    pub values: f32,
}

impl Limits {
    #[allow(clippy::cast_precision_loss)]
    pub fn of(format: Format, width: usize) -> Self {
        let scores = (i32::MAX as f32 / width as f32).sqrt().floor().min(WEIGHT / 2.0) - 1.0;
        match format {
            Format::Int16 => Self { format, scores, values: ACTIVATION },
            Format::F32 | Format::Bf16 => Self { format, scores: 0.0, values: 0.0 },
        }
    }

    /// The factor of weights of at most 1 with this sum.
    #[allow(clippy::cast_precision_loss)]
    pub fn weights(&self, sum: f32) -> f32 {
        match self.format {
            // Half of what fits: the rounding of each weight adds to the sum.
            Format::Int16 => (i32::MAX as f32 / 2.0 / ACTIVATION / sum).min(WEIGHT),
            Format::F32 | Format::Bf16 => 1.0,
        }
    }
}

/// What makes the largest number of the vectors the limit; 1 without a limit.
pub(super) fn factor<'a>(vectors: impl Iterator<Item = &'a [f32]>, limit: f32) -> f32 {
    if limit == 0.0 {
        return 1.0;
    }
    let most = widest(
        #[inline(always)]
        |_| vectors.fold(0f32, |most, vector| most.max(largest(vector))),
    );
    if most > 0.0 { limit / most } else { 1.0 }
}

pub(super) fn write_rows<'a>(
    format: Format,
    vectors: impl Iterator<Item = &'a [f32]>,
    factor: f32,
    out: &mut [Line],
    depth: usize,
) {
    widest(
        #[inline(always)]
        |_| {
            for (vector, out) in vectors.zip(out.chunks_exact_mut(depth)) {
                format.write_row(vector, factor, out);
            }
        },
    );
}

/// Each vector becomes a column of the panels, by way of `row`, which has room for one.
pub(super) fn write_keys<'a>(
    format: Format,
    mut vectors: impl Iterator<Item = &'a [f32]>,
    factor: f32,
    panels: &mut [Line],
    row: &mut [Line],
) {
    for panel in panels.chunks_exact_mut(row.len() * LANES) {
        for lane in 0..LANES {
            match vectors.next() {
                Some(vector) => widest(
                    #[inline(always)]
                    |_| format.write_row(vector, factor, row),
                ),
                None => row.fill(Line([0; LANES])),
            }
            for (line, unit) in panel.iter_mut().zip(row.iter().flat_map(|line| line.0)) {
                line.0[lane] = unit;
            }
        }
    }
}

/// Each vector, or each two of them if a unit has two numbers, becomes a row of the panels.
pub(super) fn write_values<'a>(
    format: Format,
    mut vectors: impl Iterator<Item = &'a [f32]>,
    factor: f32,
    panels: &mut [Line],
    depth: usize,
) {
    let units = depth * LANES;
    panels.fill(Line([0; LANES]));
    widest(
        #[inline(always)]
        |_| {
            let mut unit = 0;
            while let Some(first) = vectors.next() {
                let second = if format.per_unit() == 2 { vectors.next() } else { None };
                for (panel, first) in first.chunks(LANES).enumerate() {
                    let line = &mut panels[panel * units + unit].0;
                    match second {
                        Some(second) => {
                            for ((out, first), second) in line.iter_mut().zip(first).zip(&second[panel * LANES..]) {
                                *out = format.unit(first * factor, second * factor);
                            }
                        }
                        None => {
                            for (out, first) in line.iter_mut().zip(first) {
                                *out = format.unit(first * factor, 0.0);
                            }
                        }
                    }
                }
                unit += 1;
            }
        },
    );
}
