//! Networks with rotary positions and gated feed-forward layers, on packed tokens like `bert`: ModernBERT (Warner et al., 2024,
//! arXiv:2412.13663) and NomicBERT (Nussbaum et al., 2024, arXiv:2402.01613). `modernbert` and `nomic` load their files.
//!
//! Rotary position embeddings rotate queries and keys (Su et al., "RoFormer", 2021, arXiv:2104.09864, section 3.2). Gated
//! feed-forward layers multiply activations by a second product (Shazeer, "GLU variants improve Transformer", 2020,
//! arXiv:2002.05202).

use serde::Deserialize;

use super::network::{Network, Sizes, States};
use super::scratch::Scratch;
use crate::embed::kernel::Kernel;
use crate::embed::kernel::matrix::Matrix;
use crate::embed::layers::attention::{self, Projected};
use crate::embed::layers::elementwise::{Activation, gated};
use crate::embed::layers::norm::{Norm, sums};
use crate::embed::layers::weights::{self, Words};
use crate::error::{Error, Result};

pub(super) struct RotaryNetwork {
    pub kernel: Kernel,
    pub words: Words,
    /// The segment embedding added to every token, if the network has segments.
    pub segment: Option<Vec<f32>>,
    pub embeddings_norm: Norm,
    pub layers: Vec<RotaryLayer>,
    pub final_norm: Option<Norm>,
    pub heads: usize,
    /// The position of a layer's norms.
    pub order: Order,
    pub activation: Activation,
    /// The rotations; each layer refers to one by index.
    pub rotations: Vec<Rotation>,
    /// Number of positions for which there are rotations: the maximum number of tokens of a text.
    pub longest: usize,
}

/// Whether norms come before attention and feed-forward blocks (pre-norm), or after the residual sum (post-norm; Xiong et al.,
/// 2020, arXiv:2002.04745).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    NormFirst,
    NormLast,
}

pub(super) struct RotaryLayer {
    /// `None` if the input is normalised already: in ModernBERT's first layer.
    pub attention_norm: Option<Norm>,
    /// The weights of query, key and value, concatenated: `[hidden, 3 · hidden]`.
    pub qkv: Matrix,
    pub attention_output: Matrix,
    pub feed_forward_norm: Norm,
    /// The weights of the activated half and of the factor, concatenated: `[hidden, 2 · wide]`.
    pub up: Matrix,
    pub down: Matrix,
    /// The index of the rotation.
    pub rotation: usize,
    /// How many tokens to each side a token attends to; `None` for all.
    pub window: Option<usize>,
}

/// The rotation of each pair of numbers of a head's vector at each position.
pub(super) struct Rotation {
    /// Number of pairs of a vector.
    half: usize,
    /// Cosine and sine of each pair, position after position.
    turns: Vec<(f32, f32)>,
}

impl Rotation {
    /// The rotations for vectors of `width` numbers at `places` positions, with the angles position · θ^(−2i / width).
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // places are few, angles are f32 in training
    pub fn new(theta: f64, width: usize, places: usize) -> Self {
        let half = width / 2;
        let speeds: Vec<f32> = (0..half).map(|pair| theta.powf(-2.0 * pair as f64 / width as f64) as f32).collect();
        let turns = (0..places).flat_map(|place| {
            speeds.iter().map(move |speed| {
                let angle = place as f32 * speed;
                (angle.cos(), angle.sin())
            })
        });
        Self { half, turns: turns.collect() }
    }

    /// Rotates the queries and keys of a text, in rows with the queries of all heads, then their keys.
    fn turn(&self, rows: &mut [f32], stride: usize, heads: usize) {
        let width = 2 * self.half;
        for (row, turns) in rows.chunks_exact_mut(stride).zip(self.turns.chunks_exact(self.half)) {
            for vector in row[..2 * heads * width].chunks_exact_mut(width) {
                let (first, second) = vector.split_at_mut(self.half);
                for ((a, b), (cosine, sine)) in first.iter_mut().zip(second).zip(turns) {
                    (*a, *b) = (*a * cosine - *b * sine, *b * cosine + *a * sine);
                }
            }
        }
    }
}

impl Network for RotaryNetwork {
    fn runner_name(&self) -> &'static str {
        self.kernel.name()
    }

    fn sizes(&self) -> Sizes {
        Sizes { hidden: self.hidden_size(), vocabulary: self.words.count(), longest: self.longest }
    }

    fn batch_tokens(&self) -> usize {
        self.kernel.tokens()
    }

    fn shares_products(&self) -> bool {
        true
    }

    fn states(&self, batch: &[&[u32]], scratch: &mut Scratch) -> Result<States<'_>> {
        let mut states = self.embed(batch)?;
        let mut input = Vec::new();
        for layer in &self.layers {
            match (self.order, &layer.attention_norm) {
                (Order::NormFirst, Some(norm)) => {
                    norm.copy(&states, &mut input);
                    self.attend(layer, batch, &input, scratch);
                }
                _ => self.attend(layer, batch, &states, scratch),
            }
            self.feed_forward(layer, &mut states, &mut input, scratch);
        }
        if let Some(norm) = &self.final_norm {
            norm.copy(&states, &mut input);
            return Ok(States::Computed(input));
        }
        Ok(States::Computed(states))
    }
}

impl RotaryNetwork {
    fn hidden_size(&self) -> usize {
        self.words.width()
    }

    /// The input embeddings of the tokens: the sum of word and segment embeddings.
    fn embed(&self, batch: &[&[u32]]) -> Result<Vec<f32>> {
        let hidden = self.hidden_size();
        let words = self.words.all().map_err(|reason| Error::Tokenization { reason })?;
        let mut states = Vec::with_capacity(batch.iter().map(|text| text.len() * hidden).sum());
        for id in batch.iter().copied().flatten() {
            states.extend_from_slice(&words[*id as usize * hidden..][..hidden]);
        }
        let none = vec![0.0; hidden];
        let segment = self.segment.as_ref().unwrap_or(&none);
        for state in states.chunks_exact_mut(hidden) {
            self.embeddings_norm.add(state, segment, hidden);
        }
        Ok(states)
    }

    /// Attention within each text. The result is in `scratch.attended`: `[tokens, hidden]`.
    fn attend(&self, layer: &RotaryLayer, batch: &[&[u32]], input: &[f32], scratch: &mut Scratch) {
        let hidden = self.hidden_size();
        let Scratch { rows, projected, attended, attention, .. } = scratch;
        rows.write(self.kernel.format(), input, hidden, hidden);
        let projected = layer.qkv.multiply(self.kernel, rows, projected);
        attended.resize(input.len(), 0.0);
        let stride = layer.qkv.stride();
        let mut start = 0;
        for text in batch {
            let rows = &mut projected[start * stride..(start + text.len()) * stride];
            self.rotations[layer.rotation].turn(rows, stride, self.heads);
            let (heads, width) = (self.heads, hidden / self.heads);
            let own = Projected { rows, stride, heads, width, window: layer.window, bias: None };
            attention::attend(self.kernel, own, attention, &mut attended[start * hidden..][..text.len() * hidden]);
            start += text.len();
        }
    }

    /// The rest of the layer: attention output and feed-forward block, for a block of tokens at a time, so that intermediate
    /// results stay in the cache.
    fn feed_forward(&self, layer: &RotaryLayer, states: &mut [f32], input: &mut Vec<f32>, scratch: &mut Scratch) {
        let (hidden, kernel) = (self.hidden_size(), self.kernel);
        let format = kernel.format();
        let Scratch { rows, attended, product, wide, wide_rows, .. } = scratch;
        let (width, stride) = (layer.down.width(), layer.up.stride());
        let blocks = states.chunks_mut(kernel.block() * hidden).zip(attended.chunks(kernel.block() * hidden));
        for (states, attended) in blocks {
            rows.write(format, attended, hidden, hidden);
            let attention_output = layer.attention_output.multiply(kernel, rows, product);
            match (self.order, &layer.attention_norm) {
                (Order::NormLast, Some(norm)) => norm.add(states, attention_output, layer.attention_output.stride()),
                _ => sums(states, hidden, attention_output, layer.attention_output.stride()),
            }
            if self.order == Order::NormFirst {
                layer.feed_forward_norm.copy(states, input);
                rows.write(format, input, hidden, hidden);
            } else {
                rows.write(format, states, hidden, hidden);
            }
            let wide = layer.up.multiply(kernel, rows, wide);
            let wide = &mut wide[..rows.count() * stride];
            gated(wide, stride, width, self.activation);
            wide_rows.write(format, wide, stride, width);
            let down = layer.down.multiply(kernel, wide_rows, product);
            match self.order {
                Order::NormLast => layer.feed_forward_norm.add(states, down, layer.down.stride()),
                Order::NormFirst => sums(states, hidden, down, layer.down.stride()),
            }
        }
    }
}

/// The rotary parameters in `config.json`.
#[derive(Deserialize)]
pub(super) struct Rope {
    pub rope_theta: Option<f64>,
    #[serde(default)]
    pub rope_type: Option<String>,
}

impl Rope {
    pub fn check(&self) -> weights::Result<()> {
        match self.rope_type.as_deref() {
            None | Some("default") => Ok(()),
            Some(other) => Err(format!("expected a `rope_type` of `default`, found `{other}`")),
        }
    }
}

/// Packs the rows of several matrices, concatenated, without a bias.
pub(super) fn pack(kernel: Kernel, parts: &[&[f32]], width: usize) -> Matrix {
    let all = parts.concat();
    Matrix::pack(kernel.format(), &all, width, &vec![0.0; all.len() / width])
}

/// The error message for sizes of a network that are not supported.
pub(super) fn check_sizes(hidden: usize, heads: usize, wide: usize) -> weights::Result<()> {
    if heads == 0 || hidden == 0 || !hidden.is_multiple_of(heads) || wide == 0 {
        return Err("the hidden size must be a multiple of the number of heads, and no size may be 0".to_owned());
    }
    if !(hidden / heads).is_multiple_of(2) {
        return Err(format!("expected heads of an even width, found {}", hidden / heads));
    }
    Ok(())
}
