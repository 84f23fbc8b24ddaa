//! BERT (Devlin et al., 2018, arXiv:1810.04805) on packed tokens, and the networks with its layers, which `kinds` lists; computes
//! the states of the last layer.
//!
//! The texts of a batch are concatenated without padding, so no mask is needed: linear layers process all tokens together,
//! attention processes each text separately. Between the products, numbers are `f32`; their operands are in the kernel's format.

use super::network::{Network, Sizes, States};
use super::scratch::Scratch;
use crate::embed::kernel::matrix::{Matrix, Out, Rows};
use crate::embed::kernel::{Kernel, LANES};
use crate::embed::layers::attention::{self, Projected, RelativeBias};
use crate::embed::layers::elementwise::gelus;
use crate::embed::layers::norm::Norm;
use crate::embed::layers::weights::Words;
use crate::error::{Error, Result};

pub(super) use kinds::{BERT, DISTILBERT, MPNET, ROBERTA, XLM_ROBERTA};

mod config;
mod cross_encoder;
#[cfg(any(test, feature = "cuda", feature = "metal"))]
mod device;
#[cfg(any(feature = "cuda", feature = "metal"))]
mod gpu;
mod kinds;
mod load;
#[cfg(test)]
mod tests;
#[cfg(target_arch = "x86_64")]
mod tiled;
pub(in crate::embed) mod trial;

struct Bert {
    kernel: Kernel,
    words: Words,
    /// The position embeddings: `[positions, hidden]`.
    positions: Vec<f32>,
    /// The position of the first token.
    first_position: usize,
    /// The token whose position is its own id and does not count, if there is one.
    padding: Option<u32>,
    /// The segment embedding of the first segment, to which all tokens belong except those of second texts of pairs.
    segment: Vec<f32>,
    /// The segment embedding of the second segment; that of the first, if the network has only one.
    second_segment: Vec<f32>,
    embeddings_norm: Norm,
    layers: Vec<Layer>,
    heads: usize,
    /// Relative position bias, shared by all layers.
    bias: Option<RelativeBias>,
}

/// One layer, with weights packed for the kernel.
struct Layer {
    /// The weights of query, key and value, concatenated: `[hidden, 3 · hidden]`.
    qkv: Matrix,
    attention_output: Matrix,
    attention_norm: Norm,
    up: Matrix,
    down: Matrix,
    feed_forward_norm: Norm,
}

/// Number of columns of the intermediate layer that are computed together: a whole number of lines in every format.
const STRIPE: usize = 192;

impl Network for Bert {
    fn runner_name(&self) -> &'static str {
        self.kernel.name()
    }

    fn sizes(&self) -> Sizes {
        let hidden = self.hidden_size();
        Sizes { hidden, vocabulary: self.words.count(), longest: self.positions.len() / hidden - self.first_position }
    }

    fn batch_tokens(&self) -> usize {
        self.kernel.tokens()
    }

    fn shares_products(&self) -> bool {
        #[cfg(target_arch = "x86_64")]
        if self.unit().is_some() {
            return false;
        }
        true
    }

    fn states(&self, batch: &[&[u32]], scratch: &mut Scratch) -> Result<States<'_>> {
        Ok(States::Computed(self.states_of_pairs(batch, &[], scratch)?))
    }
}

impl Bert {
    fn hidden_size(&self) -> usize {
        self.words.width()
    }

    /// As [`Network::states`]. `seconds` has, for each text, the index of its first token of the second segment.
    fn states_of_pairs(&self, batch: &[&[u32]], seconds: &[usize], scratch: &mut Scratch) -> Result<Vec<f32>> {
        let mut states = self.embed(batch, seconds)?;
        #[cfg(target_arch = "x86_64")]
        if let Some(unit) = self.unit() {
            self.run_tiled(unit, batch, &mut states, &mut scratch.tiled);
            return Ok(states);
        }
        self.embeddings_norm.apply(&mut states);
        for layer in &self.layers {
            self.attend(layer, batch, &states, scratch);
            self.feed_forward(layer, &mut states, scratch);
        }
        Ok(states)
    }

    /// The input embeddings of the tokens, before their norm: the sum of word, position and segment embeddings.
    fn embed(&self, batch: &[&[u32]], seconds: &[usize]) -> Result<Vec<f32>> {
        let hidden = self.hidden_size();
        let words = self.words.all().map_err(|reason| Error::Tokenization { reason })?;
        let mut states = Vec::with_capacity(batch.iter().map(|text| text.len() * hidden).sum());
        // Without `seconds`, all tokens belong to the first segment.
        let seconds = seconds.iter().copied().chain(std::iter::repeat(usize::MAX));
        for (text, second) in batch.iter().zip(seconds) {
            let mut next = self.first_position;
            for (number, id) in text.iter().enumerate() {
                let place = if self.padding == Some(*id) { *id as usize } else { next };
                next += usize::from(self.padding != Some(*id));
                let word = &words[*id as usize * hidden..][..hidden];
                let place = &self.positions[place * hidden..][..hidden];
                let segment = if number < second { &self.segment } else { &self.second_segment };
                let parts = word.iter().zip(place).zip(segment);
                states.extend(parts.map(|((word, place), segment)| word + place + segment));
            }
        }
        Ok(states)
    }

    /// Attention within each text. The result is in `scratch.attended`: `[tokens, hidden]`.
    fn attend(&self, layer: &Layer, batch: &[&[u32]], states: &[f32], scratch: &mut Scratch) {
        let hidden = self.hidden_size();
        let Scratch { rows, projected, attended, attention, .. } = scratch;
        rows.write(self.kernel.format(), states, hidden, hidden);
        let projected = layer.qkv.multiply(self.kernel, rows, projected);
        attended.resize(states.len(), 0.0);
        let mut start = 0;
        for text in batch {
            let stride = layer.qkv.stride();
            let own = Projected {
                rows: &projected[start * stride..(start + text.len()) * stride],
                stride,
                heads: self.heads,
                width: hidden / self.heads,
                window: None,
                bias: self.bias.as_ref(),
            };
            attention::attend(self.kernel, own, attention, &mut attended[start * hidden..][..text.len() * hidden]);
            start += text.len();
        }
    }

    /// The rest of the layer: attention output and feed-forward block, for a block of tokens at a time, so that intermediate
    /// results stay in the cache.
    fn feed_forward(&self, layer: &Layer, states: &mut [f32], scratch: &mut Scratch) {
        let (hidden, kernel) = (self.hidden_size(), self.kernel);
        let Scratch { rows, attended, product, wide, wide_rows, .. } = scratch;
        let blocks = states.chunks_mut(kernel.block() * hidden).zip(attended.chunks(kernel.block() * hidden));
        for (states, attended) in blocks {
            rows.write(kernel.format(), attended, hidden, hidden);
            let attention_output = layer.attention_output.multiply(kernel, rows, product);
            layer.attention_norm.add(states, attention_output, layer.attention_output.stride());
            rows.write(kernel.format(), states, hidden, hidden);
            self.up(layer, rows, wide, wide_rows);
            let down = layer.down.multiply(kernel, wide_rows, product);
            layer.feed_forward_norm.add(states, down, layer.down.stride());
        }
    }

    /// The activations of the intermediate layer, `GELU(rows · up)`, written to `wide_rows`.
    fn up(&self, layer: &Layer, rows: &Rows, wide: &mut Out, wide_rows: &mut Rows) {
        let (kernel, format) = (self.kernel, self.kernel.format());
        let (width, stride) = (layer.down.width(), layer.up.stride());
        if format.has_scales() || wide.is_shared() {
            // The scale of a row is known only when the whole row is.
            let wide = layer.up.multiply(kernel, rows, wide);
            let wide = &mut wide[..rows.count() * stride];
            gelus(wide);
            wide_rows.write(format, wide, stride, width);
            return;
        }
        // A stripe of columns at a time, so that the sums stay in the cache until they are activated.
        wide_rows.begin(format, rows.count(), width);
        for first in (0..width).step_by(STRIPE) {
            let columns = first..width.min(first + STRIPE);
            let stride = columns.len().next_multiple_of(LANES);
            let wide = layer.up.multiply_columns(kernel, rows, columns, wide);
            let wide = &mut wide[..rows.count() * stride];
            gelus(wide);
            wide_rows.write_columns(format, wide, stride, first);
        }
    }
}
