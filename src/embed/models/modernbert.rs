//! Loads ModernBERT: its configuration and its weights by name. Norms come first and have no offset, there are no biases, and
//! every third layer attends to the whole text, the others to a window (Warner et al., 2024, arXiv:2412.13663, section 2.1).

use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use super::architecture::{Architecture, Limits, Load, NetworkLoader};
use super::config;
use super::network::Network;
use super::rotary::{Order, Rope, RotaryLayer, RotaryNetwork, Rotation, check_sizes, pack};
use crate::embed::kernel::Kernel;
use crate::embed::layers::elementwise::Activation;
use crate::embed::layers::norm::Norm;
use crate::embed::layers::weights::{self, Weights, Words};
use crate::error::{Error, Result};

/// Warner et al., "Smarter, Better, Faster, Longer", 2024, arXiv:2412.13663.
pub(super) const ARCHITECTURE: Architecture = Architecture {
    name: "modernbert",
    title: "ModernBert",
    model_type: Some("modernbert"),
    load: Load::Network(NetworkLoader::by_kernel(load, limits)),
    cross_encoder: None,
};

/// The name of the table of token embeddings.
const WORDS: &str = "embeddings.tok_embeddings.weight";

/// `config.json`. Missing keys have the values of [`defaults`].
#[derive(Deserialize)]
struct Config {
    vocab_size: usize,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    max_position_embeddings: usize,
    hidden_activation: String,
    norm_eps: f64,
    norm_bias: bool,
    attention_bias: bool,
    mlp_bias: bool,
    /// The width of the window in tokens, both sides together.
    local_attention: usize,
    global_attn_every_n_layers: usize,
    layer_types: Option<Vec<LayerType>>,
    global_rope_theta: f64,
    local_rope_theta: f64,
    rope_parameters: Option<RopeParameters>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum LayerType {
    FullAttention,
    SlidingAttention,
}

/// The rotary parameters as version 5 of transformers stores them.
#[derive(Deserialize)]
struct RopeParameters {
    full_attention: Option<Rope>,
    sliding_attention: Option<Rope>,
}

/// The defaults of transformers.
fn defaults() -> Value {
    json!({
        "vocab_size": 50368,
        "hidden_size": 768,
        "intermediate_size": 1152,
        "num_hidden_layers": 22,
        "num_attention_heads": 12,
        "max_position_embeddings": 8192,
        "hidden_activation": "gelu",
        "norm_eps": 1e-5,
        "norm_bias": false,
        "attention_bias": false,
        "mlp_bias": false,
        "local_attention": 128,
        "global_attn_every_n_layers": 3,
        "global_rope_theta": 160_000.0,
        "local_rope_theta": 10_000.0,
    })
}

impl Config {
    fn read(folder: &Path) -> Result<Self> {
        config::read(folder, defaults(), &[], Self::check)
    }

    /// The error message for a configuration that is not supported.
    fn check(&self) -> weights::Result<()> {
        check_sizes(self.hidden_size, self.num_attention_heads, self.intermediate_size)?;
        if self.hidden_activation != "gelu" {
            return Err(format!("expected a `hidden_activation` of `gelu`, found `{}`", self.hidden_activation));
        }
        if self.norm_bias || self.attention_bias || self.mlp_bias {
            return Err("expected no biases, found one that is enabled".to_owned());
        }
        if self.global_attn_every_n_layers == 0 {
            return Err("`global_attn_every_n_layers` is 0".to_owned());
        }
        let ropes = self.rope_parameters.iter().flat_map(|rope| [&rope.full_attention, &rope.sliding_attention]);
        ropes.flatten().try_for_each(Rope::check)
    }

    fn is_global(&self, layer: usize) -> bool {
        match &self.layer_types {
            Some(types) => types.get(layer) != Some(&LayerType::SlidingAttention),
            None => layer.is_multiple_of(self.global_attn_every_n_layers),
        }
    }

    /// The rotary base θ of layers with global attention, and that of layers with a window.
    fn thetas(&self) -> [f64; 2] {
        let given = self.rope_parameters.as_ref();
        let theta = |rope: Option<&Rope>| rope.and_then(|rope| rope.rope_theta);
        let global = theta(given.and_then(|rope| rope.full_attention.as_ref())).unwrap_or(self.global_rope_theta);
        let local = theta(given.and_then(|rope| rope.sliding_attention.as_ref())).unwrap_or(self.local_rope_theta);
        [global, local]
    }
}

fn limits(folder: &Path) -> Result<Limits> {
    let config = Config::read(folder)?;
    Ok(Limits { hidden: config.hidden_size, longest: config.max_position_embeddings })
}

/// Loads the network from a model's folder.
fn load(folder: &Path, kernel: Kernel) -> Result<Box<dyn Network>> {
    let config = Config::read(folder)?;
    let path = folder.join("model.safetensors");
    let network = Weights::map(&path).and_then(|weights| network(&config, weights.below("model.", WORDS), kernel));
    Ok(Box::new(network.map_err(|reason| Error::ModelFileBroken { path, reason })?))
}

fn network(config: &Config, weights: Weights, kernel: Kernel) -> weights::Result<RotaryNetwork> {
    let (hidden, wide) = (config.hidden_size, config.intermediate_size);
    let heads = config.num_attention_heads;
    #[allow(clippy::cast_possible_truncation)] // 1e-5 fits into 32 bits
    let epsilon = config.norm_eps as f32;
    let norm = |name: &str| {
        let weight = weights.numbers(&format!("{name}.weight"), &[hidden])?.into_owned();
        Ok::<_, String>(Norm { weight, offset: vec![0.0; hidden], epsilon })
    };
    let layer = |number: usize| {
        let name = |part: &str| format!("layers.{number}.{part}");
        let matrix = |part: &str, out: usize, input: usize| {
            let all = weights.numbers(&name(&format!("{part}.weight")), &[out, input])?;
            Ok::<_, String>(pack(kernel, &[&all], input))
        };
        Ok::<_, String>(RotaryLayer {
            attention_norm: if number == 0 { None } else { Some(norm(&name("attn_norm"))?) },
            qkv: matrix("attn.Wqkv", 3 * hidden, hidden)?,
            attention_output: matrix("attn.Wo", hidden, hidden)?,
            feed_forward_norm: norm(&name("mlp_norm"))?,
            // The first half passes through the activation.
            up: matrix("mlp.Wi", 2 * wide, hidden)?,
            down: matrix("mlp.Wo", hidden, wide)?,
            rotation: usize::from(!config.is_global(number)),
            window: (!config.is_global(number)).then_some(config.local_attention / 2),
        })
    };
    let layers = (0..config.num_hidden_layers).map(layer).collect::<weights::Result<_>>()?;
    let rotation = |theta| Rotation::new(theta, hidden / heads, config.max_position_embeddings);
    Ok(RotaryNetwork {
        kernel,
        segment: None,
        embeddings_norm: norm("embeddings.norm")?,
        layers,
        final_norm: Some(norm("final_norm")?),
        heads,
        order: Order::NormFirst,
        activation: Activation::Gelu,
        longest: config.max_position_embeddings,
        rotations: config.thetas().map(rotation).into(),
        words: Words::new(weights, WORDS, [config.vocab_size, hidden])?,
    })
}
