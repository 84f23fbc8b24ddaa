//! Loads BERT: its configuration, and its weights by name.

use std::path::Path;

use candle_transformers::models::bert::{Config, HiddenAct};

use super::super::config;
use super::super::network::Network;
use super::{Bert, Layer};
use crate::embed::kernel::Kernel;
use crate::embed::kernel::matrix::Matrix;
use crate::embed::layers::norm::Norm;
use crate::embed::layers::weights::{self, Weights, Words};
use crate::error::{Error, Result};

const WORDS: &str = "embeddings.word_embeddings.weight";

/// Loads the network.
pub(super) fn network(folder: &Path, kernel: Kernel) -> Result<Box<dyn Network>> {
    Ok(Box::new(Bert::load(folder, &read_config(folder)?, kernel)?))
}

/// Reads `config.json`.
pub(super) fn read_config(folder: &Path) -> Result<Config> {
    config::read(folder, |config: &Config| {
        let (hidden, heads) = (config.hidden_size, config.num_attention_heads);
        if heads == 0 || hidden == 0 || !hidden.is_multiple_of(heads) || config.intermediate_size == 0 {
            return Err("`hidden_size` must be a multiple of `num_attention_heads`, and no size may be 0".to_owned());
        }
        if config.hidden_act != HiddenAct::Gelu {
            return Err("expected a `hidden_act` of `gelu`, found another".to_owned());
        }
        Ok(())
    })
}

/// The tensors of the network, addressed by their names within it. Some checkpoints store it under the name of the whole model.
pub(super) fn within(weights: Weights) -> Weights {
    weights.below("bert.", WORDS)
}

impl Bert {
    /// Loads `model.safetensors` from a model's folder. Packing uses the threads of the current pool.
    pub(super) fn load(folder: &Path, config: &Config, kernel: Kernel) -> Result<Self> {
        let path = folder.join("model.safetensors");
        let network = Weights::map(&path).and_then(|weights| Self::new(config, within(weights), kernel));
        network.map_err(|reason| Error::ModelFileBroken { path, reason })
    }

    fn new(config: &Config, weights: Weights, kernel: Kernel) -> weights::Result<Self> {
        let hidden = config.hidden_size;
        let positions = [config.max_position_embeddings, hidden];
        let segments = weights.numbers("embeddings.token_type_embeddings.weight", &[config.type_vocab_size, hidden])?;
        let segment = segments.get(..hidden).ok_or("`type_vocab_size` is 0")?.to_vec();
        let second_segment = segments.get(hidden..2 * hidden).unwrap_or(&segment).to_vec();
        let layers = (0..config.num_hidden_layers).map(|layer| Layer::new(config, layer, &weights, kernel));
        Ok(Self {
            kernel,
            positions: weights.numbers("embeddings.position_embeddings.weight", &positions)?.into_owned(),
            segment,
            second_segment,
            embeddings_norm: norm(&weights, "embeddings.LayerNorm", config)?,
            layers: layers.collect::<weights::Result<_>>()?,
            heads: config.num_attention_heads,
            words: Words::new(weights, WORDS, [config.vocab_size, hidden])?,
        })
    }
}

impl Layer {
    fn new(config: &Config, layer: usize, weights: &Weights, kernel: Kernel) -> weights::Result<Self> {
        let (hidden, wide) = (config.hidden_size, config.intermediate_size);
        let name = |part: &str| format!("encoder.layer.{layer}.{part}");
        let matrix = |parts: &[&str], out: usize, input: usize| {
            let (mut all, mut biases) = (Vec::new(), Vec::new());
            for part in parts {
                let part = name(part);
                all.push(weights.numbers(&format!("{part}.weight"), &[out, input])?);
                biases.extend_from_slice(&weights.numbers(&format!("{part}.bias"), &[out])?);
            }
            let all = if let [one] = all.as_slice() { one } else { &all.concat().into() };
            Ok::<_, String>(Matrix::pack(kernel.format(), all, input, &biases))
        };
        let own = ["attention.self.query", "attention.self.key", "attention.self.value"];
        Ok(Self {
            qkv: matrix(&own, hidden, hidden)?,
            attention_output: matrix(&["attention.output.dense"], hidden, hidden)?,
            attention_norm: norm(weights, &name("attention.output.LayerNorm"), config)?,
            up: matrix(&["intermediate.dense"], wide, hidden)?,
            down: matrix(&["output.dense"], hidden, wide)?,
            feed_forward_norm: norm(weights, &name("output.LayerNorm"), config)?,
        })
    }
}

fn norm(weights: &Weights, name: &str, config: &Config) -> weights::Result<Norm> {
    let vector =
        |part: &str| Ok::<_, String>(weights.numbers(&format!("{name}.{part}"), &[config.hidden_size])?.into_owned());
    #[allow(clippy::cast_possible_truncation)] // 1e-12 fits into 32 bits
    let epsilon = config.layer_norm_eps as f32;
    Ok(Norm { weight: vector("weight")?, offset: vector("bias")?, epsilon })
}
