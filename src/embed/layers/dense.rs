//! A dense layer for a few vectors. They are multiplied one by one, since packing the weights would cost more than it saves.

use super::weights::{Result, Weights};
use crate::embed::kernel::simd::{REDUCTION_LANES, fma, widest};

/// The dense layer W · x + b.
pub(in crate::embed) struct Dense {
    /// W, row by row; one row per number of the bias.
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl Dense {
    /// Loads the layer with this name, from `input` to `output` numbers.
    pub fn load(weights: &Weights, name: &str, output: usize, input: usize, has_bias: bool) -> Result<Self> {
        let weight = weights.numbers(&format!("{name}.weight"), &[output, input])?.into_owned();
        let bias = if has_bias {
            weights.numbers(&format!("{name}.bias"), &[output])?.into_owned()
        } else {
            vec![0.0; output]
        };
        Ok(Self { weight, bias })
    }

    /// Number of outputs.
    pub fn width(&self) -> usize {
        self.bias.len()
    }

    pub fn apply(&self, x: &[f32]) -> Vec<f32> {
        let mut out = self.bias.clone();
        products(&self.weight, x.len(), x, &mut out);
        out
    }
}

/// out ← out + W · x, where W has `out.len()` rows of `width` numbers.
fn products(weight: &[f32], width: usize, x: &[f32], out: &mut [f32]) {
    widest(
        #[inline(always)]
        |fused| {
            for (out, row) in out.iter_mut().zip(weight.chunks_exact(width)) {
                let mut lanes = [0f32; REDUCTION_LANES];
                let ((rows, row), (xs, x)) = (row.as_chunks::<REDUCTION_LANES>(), x.as_chunks::<REDUCTION_LANES>());
                for (row, x) in rows.iter().zip(xs) {
                    for lane in 0..REDUCTION_LANES {
                        lanes[lane] = fma(fused, row[lane], x[lane], lanes[lane]);
                    }
                }
                let rest: f32 = row.iter().zip(x).map(|(a, b)| a * b).sum();
                *out += lanes.iter().sum::<f32>() + rest;
            }
        },
    );
}
