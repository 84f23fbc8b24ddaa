//! BERT as candle tensors, on a GPU (see `gpu`), or on the processor for comparison in tests.
//!
//! Texts are padded to the longest of their batch. Batches have texts of similar length, so little is wasted. candle's own BERT
//! masks with −∞, which gives NaN in 16-bit formats; the mask here is a number that these can represent.

use std::path::Path;

use candle_core::{D, DType, Device, Result, Tensor};
use candle_nn::{LayerNorm, Linear, Module, VarBuilder, layer_norm, linear, ops};

use super::config::Config;

/// Added to the scores of padding, so that its weight becomes 0, also in `f16`.
const MASKED: f32 = -10_000.0;

/// A network with its weights on a device.
pub(super) struct DeviceBert {
    words: Tensor,
    positions: Tensor,
    segment: Tensor,
    norm: LayerNorm,
    layers: Vec<Layer>,
    heads: usize,
    device: Device,
    dtype: DType,
}

struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    attention_output: Linear,
    attention_norm: LayerNorm,
    up: Linear,
    down: Linear,
    feed_forward_norm: LayerNorm,
}

impl DeviceBert {
    pub fn load(folder: &Path, config: &Config, device: Device, dtype: DType) -> Result<Self> {
        let file = std::fs::read(folder.join("model.safetensors"))?;
        let variables = VarBuilder::from_buffered_safetensors(file, dtype, &device)?;
        let variables = if variables.contains_tensor("bert.embeddings.word_embeddings.weight") {
            variables.pp("bert")
        } else {
            variables
        };
        let (hidden, epsilon) = (config.hidden_size, config.layer_norm_eps);
        let embeddings = variables.pp("embeddings");
        let table = |name: &str, rows: usize| embeddings.pp(name).get((rows, hidden), "weight");
        let encoder = variables.pp("encoder.layer");
        let layers = (0..config.num_hidden_layers).map(|layer| Layer::new(config, &encoder.pp(layer)));
        Ok(Self {
            words: table("word_embeddings", config.vocab_size)?,
            positions: table("position_embeddings", config.max_position_embeddings)?,
            segment: table("token_type_embeddings", config.type_vocab_size)?.get(0)?,
            norm: layer_norm(hidden, epsilon, embeddings.pp("LayerNorm"))?,
            layers: layers.collect::<Result<_>>()?,
            heads: config.num_attention_heads,
            device,
            dtype,
        })
    }

    /// Computes the last layer's states of all tokens, text after text: `[tokens, hidden]`.
    pub fn states(&self, batch: &[&[u32]]) -> Result<Vec<f32>> {
        let longest = batch.iter().map(|text| text.len()).max().unwrap_or(0);
        let shape = (batch.len(), longest);
        let padded = |text: &&[u32]| text.iter().copied().chain(std::iter::repeat(0)).take(longest).collect::<Vec<_>>();
        let ids = Tensor::from_vec(batch.iter().flat_map(padded).collect(), shape, &self.device)?;
        let masked =
            |text: &&[u32]| (0..longest).map(|place| if place < text.len() { 0.0 } else { MASKED }).collect::<Vec<_>>();
        let mask: Vec<f32> = batch.iter().flat_map(masked).collect();
        let mask = Tensor::from_vec(mask, (batch.len(), 1, 1, longest), &self.device)?.to_dtype(self.dtype)?;
        let states = self.forward(&ids, &mask)?.to_dtype(DType::F32)?.to_device(&Device::Cpu)?;
        let width = states.dim(D::Minus1)?;
        let states: Vec<f32> = states.flatten_all()?.to_vec1()?;
        let rows = states.chunks_exact(longest * width).zip(batch);
        Ok(rows.flat_map(|(rows, text)| &rows[..text.len() * width]).copied().collect())
    }

    fn forward(&self, ids: &Tensor, mask: &Tensor) -> Result<Tensor> {
        let (texts, longest) = ids.dims2()?;
        let words = self.words.index_select(&ids.flatten_all()?, 0)?.reshape((texts, longest, ()))?;
        let places = self.positions.narrow(0, 0, longest)?.broadcast_add(&self.segment)?;
        let mut states = self.norm.forward(&words.broadcast_add(&places)?)?;
        for layer in &self.layers {
            states = layer.forward(&states, mask, self.heads)?;
        }
        Ok(states)
    }
}

impl Layer {
    fn new(config: &Config, variables: &VarBuilder<'_>) -> Result<Self> {
        let (hidden, wide, epsilon) = (config.hidden_size, config.intermediate_size, config.layer_norm_eps);
        Ok(Self {
            query: linear(hidden, hidden, variables.pp("attention.self.query"))?,
            key: linear(hidden, hidden, variables.pp("attention.self.key"))?,
            value: linear(hidden, hidden, variables.pp("attention.self.value"))?,
            attention_output: linear(hidden, hidden, variables.pp("attention.output.dense"))?,
            attention_norm: layer_norm(hidden, epsilon, variables.pp("attention.output.LayerNorm"))?,
            up: linear(hidden, wide, variables.pp("intermediate.dense"))?,
            down: linear(wide, hidden, variables.pp("output.dense"))?,
            feed_forward_norm: layer_norm(hidden, epsilon, variables.pp("output.LayerNorm"))?,
        })
    }

    fn forward(&self, states: &Tensor, mask: &Tensor, heads: usize) -> Result<Tensor> {
        let (texts, longest, hidden) = states.dims3()?;
        let width = hidden / heads;
        let split = |layer: &Linear| {
            layer.forward(states)?.reshape((texts, longest, heads, width))?.transpose(1, 2)?.contiguous()
        };
        #[allow(clippy::cast_precision_loss)] // a head has some tens of numbers
        let scale = 1.0 / (width as f64).sqrt();
        let scores = (split(&self.query)?.matmul(&split(&self.key)?.t()?)? * scale)?.broadcast_add(mask)?;
        let mixed = ops::softmax_last_dim(&scores)?.matmul(&split(&self.value)?)?;
        let mixed = mixed.transpose(1, 2)?.contiguous()?.reshape((texts, longest, hidden))?;
        let states = self.attention_norm.forward(&(self.attention_output.forward(&mixed)? + states)?)?;
        let wide = self.up.forward(&states)?.gelu_erf()?;
        self.feed_forward_norm.forward(&(self.down.forward(&wide)? + states)?)
    }
}
