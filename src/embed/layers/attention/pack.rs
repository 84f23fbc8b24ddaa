//! Packs queries, keys, values and weights as operands of matrix products, in the kernel's format and scaled so that sums do not
//! overflow.

use crate::embed::kernel::format::{ACTIVATION, WEIGHT, largest};
use crate::embed::kernel::simd::widest;
use crate::embed::kernel::{Format, LANES, Line};

/// The largest numbers of the operands for which no sum overflows; 0 means no limit.
pub(super) struct Limits {
    format: Format,
    /// The limit of queries and keys.
    pub scores: f32,
    pub values: f32,
}

impl Limits {
    #[allow(clippy::cast_precision_loss)]
    pub fn of(format: Format, width: usize) -> Self {
        let scores = (i32::MAX as f32 / width as f32).sqrt().floor().min(WEIGHT / 2.0) - 1.0;
        if format.has_scales() {
            Self { format, scores, values: ACTIVATION }
        } else {
            Self { format, scores: 0.0, values: 0.0 }
        }
    }

    /// The factor that weights of at most 1 with this sum are multiplied with.
    #[allow(clippy::cast_precision_loss)]
    pub fn weights(&self, sum: f32) -> f32 {
        // Half of the limit, because rounding can increase each weight and so the sum.
        if self.format.has_scales() { (i32::MAX as f32 / 2.0 / ACTIVATION / sum).min(WEIGHT) } else { 1.0 }
    }
}

/// The factor that scales the largest number of the vectors to the limit; 1 without a limit.
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

/// Writes each vector as a column of the panels. `row` is scratch memory for one vector.
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

/// Writes each vector as a row of the panels; in formats with two numbers per unit, each pair of vectors.
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
                                *out = format.unit(|place| if place == 0 { first } else { second } * factor);
                            }
                        }
                        None => {
                            for (out, first) in line.iter_mut().zip(first) {
                                *out = format.unit(|place| if place == 0 { first * factor } else { 0.0 });
                            }
                        }
                    }
                }
                unit += 1;
            }
        },
    );
}
