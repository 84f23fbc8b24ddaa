//! Loads BERT, or a network with its layers: the weights by name.

use std::path::Path;

use super::super::network::Network;
use super::config::Config;
use super::kinds::Kind;
use super::{Bert, Layer};
use crate::embed::kernel::Kernel;
use crate::embed::kernel::matrix::Matrix;
use crate::embed::layers::attention::{BUCKETS, RelativeBias};
use crate::embed::layers::norm::Norm;
use crate::embed::layers::weights::{self, Weights, Words};
use crate::error::{Error, Result};

const WORDS: &str = "embeddings.word_embeddings.weight";

/// Loads the network.
pub(super) fn network(kind: &Kind, folder: &Path, kernel: Kernel) -> Result<Box<dyn Network>> {
    Ok(Box::new(Bert::load(kind, folder, &Config::read(kind, folder)?, kernel)?))
}

/// The tensors of the network, addressed by their names within it. Some checkpoints store it under the name of the whole model.
pub(super) fn within(kind: &Kind, weights: Weights) -> Weights {
    weights.below(kind.prefix, WORDS)
}

impl Bert {
    /// Loads `model.safetensors` from a model's folder. Packing uses the threads of the current pool.
    pub(super) fn load(kind: &Kind, folder: &Path, config: &Config, kernel: Kernel) -> Result<Self> {
        let path = folder.join("model.safetensors");
        let network = Weights::map(&path).and_then(|weights| Self::new(kind, config, within(kind, weights), kernel));
        network.map_err(|reason| Error::ModelFileBroken { path, reason })
    }

    fn new(kind: &Kind, config: &Config, weights: Weights, kernel: Kernel) -> weights::Result<Self> {
        let (hidden, heads) = (config.hidden_size, config.num_attention_heads);
        let positions = [config.max_position_embeddings, hidden];
        let [segment, second_segment] = segments(config, &weights)?;
        let bias = if kind.has_relative_bias {
            let table = weights.numbers("encoder.relative_attention_bias.weight", &[BUCKETS, heads])?;
            Some(RelativeBias::new(&table, heads, config.limits(kind).longest))
        } else {
            None
        };
        let layers = (0..config.num_hidden_layers).map(|layer| Layer::new(kind, config, layer, &weights, kernel));
        Ok(Self {
            kernel,
            positions: weights.numbers("embeddings.position_embeddings.weight", &positions)?.into_owned(),
            first_position: config.first_position(kind),
            padding: config.padding(kind),
            segment,
            second_segment,
            embeddings_norm: norm(&weights, "embeddings.LayerNorm", config)?,
            layers: layers.collect::<weights::Result<_>>()?,
            heads,
            bias,
            words: Words::new(weights, WORDS, [config.vocab_size, hidden])?,
        })
    }
}

/// The embeddings of the first and the second segment. They are equal if the network has only one, and 0 if it has none.
fn segments(config: &Config, weights: &Weights) -> weights::Result<[Vec<f32>; 2]> {
    let (count, hidden) = (config.type_vocab_size, config.hidden_size);
    if count == 0 {
        return Ok([vec![0.0; hidden], vec![0.0; hidden]]);
    }
    let segments = weights.numbers("embeddings.token_type_embeddings.weight", &[count, hidden])?;
    let first = &segments[..hidden];
    Ok([first.to_vec(), segments.get(hidden..2 * hidden).unwrap_or(first).to_vec()])
}

impl Layer {
    fn new(kind: &Kind, config: &Config, layer: usize, weights: &Weights, kernel: Kernel) -> weights::Result<Self> {
        let (hidden, wide) = (config.hidden_size, config.intermediate_size);
        let name = |part: &str| format!("{}.{layer}.{part}", kind.layers);
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
        Ok(Self {
            qkv: matrix(&kind.qkv, hidden, hidden)?,
            attention_output: matrix(&[kind.attention_output], hidden, hidden)?,
            attention_norm: norm(weights, &name(kind.attention_norm), config)?,
            up: matrix(&[kind.up], wide, hidden)?,
            down: matrix(&[kind.down], hidden, wide)?,
            feed_forward_norm: norm(weights, &name(kind.feed_forward_norm), config)?,
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
