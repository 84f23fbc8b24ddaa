//! Residual sums and layer norm of each row.

use crate::embed::kernel::simd::{REDUCTION_LANES, widest};

/// Layer norm: Ba, Kiros & Hinton, "Layer Normalization", 2016, arXiv:1607.06450.
pub(in crate::embed) struct Norm {
    pub weight: Vec<f32>,
    pub offset: Vec<f32>,
    pub epsilon: f32,
}

impl Norm {
    /// state ← norm(state + change) for each row; `stride` is the length of a row of changes, which may exceed that of the
    /// states.
    pub fn add(&self, states: &mut [f32], changes: &[f32], stride: usize) {
        let width = self.weight.len();
        widest(
            #[inline(always)]
            |_| {
                for (state, change) in states.chunks_exact_mut(width).zip(changes.chunks_exact(stride)) {
                    for (state, change) in state.iter_mut().zip(change) {
                        *state += change;
                    }
                    normalise(state, &self.weight, &self.offset, self.epsilon);
                }
            },
        );
    }

    /// out ← norm(state) for each row.
    pub fn copy(&self, states: &[f32], out: &mut Vec<f32>) {
        out.clear();
        out.extend_from_slice(states);
        self.apply(out);
    }

    /// state ← norm(state) for each row.
    pub fn apply(&self, states: &mut [f32]) {
        widest(
            #[inline(always)]
            |_| {
                for state in states.chunks_exact_mut(self.weight.len()) {
                    normalise(state, &self.weight, &self.offset, self.epsilon);
                }
            },
        );
    }
}

/// state ← state + change for each row of `width` numbers; `stride` is the length of a row of changes.
pub(in crate::embed) fn sums(states: &mut [f32], width: usize, changes: &[f32], stride: usize) {
    for (state, change) in states.chunks_exact_mut(width).zip(changes.chunks_exact(stride)) {
        for (state, change) in state.iter_mut().zip(change) {
            *state += change;
        }
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
    let mut lanes = [0f32; REDUCTION_LANES];
    let (parts, rest) = values.as_chunks::<REDUCTION_LANES>();
    let rest: f32 = rest.iter().map(|value| of(*value)).sum();
    for part in parts {
        for lane in 0..REDUCTION_LANES {
            lanes[lane] += of(part[lane]);
        }
    }
    lanes.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_normalised_row_has_mean_zero_and_variance_one() {
        let mut row: Vec<f32> = (0u8..50).map(|n| f32::from(n).sin() * 3.0 + 7.0).collect();
        normalise(&mut row, &[1.0; 50], &[0.0; 50], 1e-12);
        assert!(sum(&row, |x| x).abs() < 1e-4);
        assert!((sum(&row, |x| x * x) / 50.0 - 1.0).abs() < 1e-4);
    }
}
