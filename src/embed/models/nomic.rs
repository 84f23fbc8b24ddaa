//! Loads NomicBERT: its configuration and its weights by name. It has BERT's order of norms, rotary positions, SwiGLU, and no
//! biases except in norms (Nussbaum et al., 2024, arXiv:2402.01613, section 3.1).

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

/// Nussbaum et al., "Nomic Embed: Training a Reproducible Long Context Text Embedder", 2024, arXiv:2402.01613.
pub(super) const ARCHITECTURE: Architecture = Architecture {
    name: "nomic-bert",
    title: "NomicBert",
    model_type: Some("nomic_bert"),
    load: Load::Network(NetworkLoader::by_kernel(load, limits)),
    cross_encoder: None,
};

/// The name of the table of token embeddings.
const WORDS: &str = "embeddings.word_embeddings.weight";

/// `config.json`, with the keys of transformers. Missing keys have the values of [`defaults`].
#[derive(Deserialize)]
#[allow(clippy::struct_excessive_bools)] // as the file has them
struct Config {
    vocab_size: usize,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    max_position_embeddings: usize,
    layer_norm_eps: f64,
    type_vocab_size: usize,
    hidden_act: String,
    rotary_emb_base: f64,
    rotary_emb_fraction: f64,
    rotary_emb_interleaved: bool,
    rope_parameters: Option<Rope>,
    prenorm: bool,
    qkv_proj_bias: bool,
    mlp_fc1_bias: bool,
    mlp_fc2_bias: bool,
}

/// The keys of the original publication, and those of transformers.
const KEYS: [(&str, &str); 7] = [
    ("n_embd", "hidden_size"),
    ("n_inner", "intermediate_size"),
    ("n_layer", "num_hidden_layers"),
    ("n_head", "num_attention_heads"),
    ("n_positions", "max_position_embeddings"),
    ("layer_norm_epsilon", "layer_norm_eps"),
    ("activation_function", "hidden_act"),
];

/// The defaults of transformers, and of the original publication for the keys that only it has.
fn defaults() -> Value {
    json!({
        "vocab_size": 30528,
        "hidden_size": 768,
        "intermediate_size": 3072,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "max_position_embeddings": 2048,
        "layer_norm_eps": 1e-12,
        "type_vocab_size": 2,
        "hidden_act": "silu",
        "rotary_emb_base": 1000.0,
        "rotary_emb_fraction": 1.0,
        "rotary_emb_interleaved": false,
        "prenorm": false,
        "qkv_proj_bias": false,
        "mlp_fc1_bias": false,
        "mlp_fc2_bias": false,
    })
}

impl Config {
    fn read(folder: &Path) -> Result<Self> {
        config::read(folder, defaults(), &KEYS, Self::check)
    }

    /// The error message for a configuration that is not supported.
    fn check(&self) -> weights::Result<()> {
        check_sizes(self.hidden_size, self.num_attention_heads, self.intermediate_size)?;
        if !["swiglu", "silu"].contains(&self.hidden_act.as_str()) {
            return Err(format!("expected the activation `swiglu`, found `{}`", self.hidden_act));
        }
        if self.prenorm || self.qkv_proj_bias || self.mlp_fc1_bias || self.mlp_fc2_bias {
            return Err("expected post-normalisation without biases, found another layout".to_owned());
        }
        if (self.rotary_emb_fraction - 1.0).abs() > f64::EPSILON || self.rotary_emb_interleaved {
            return Err("expected rotary embeddings of all dimensions in halves, found another layout".to_owned());
        }
        self.rope_parameters.iter().try_for_each(Rope::check)
    }

    fn theta(&self) -> f64 {
        let given = self.rope_parameters.as_ref().and_then(|rope| rope.rope_theta);
        given.unwrap_or(self.rotary_emb_base)
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
    let network = Weights::map(&path).and_then(|weights| network(&config, weights.below("bert.", WORDS), kernel));
    Ok(Box::new(network.map_err(|reason| Error::ModelFileBroken { path, reason })?))
}

fn network(config: &Config, weights: Weights, kernel: Kernel) -> weights::Result<RotaryNetwork> {
    let (hidden, wide) = (config.hidden_size, config.intermediate_size);
    let heads = config.num_attention_heads;
    #[allow(clippy::cast_possible_truncation)] // 1e-12 fits into 32 bits
    let epsilon = config.layer_norm_eps as f32;
    let norm = |name: &str| {
        let part = |part: &str| weights.numbers(&format!("{name}.{part}"), &[hidden]);
        Ok::<_, String>(Norm { weight: part("weight")?.into_owned(), offset: part("bias")?.into_owned(), epsilon })
    };
    let layer = |number: usize| {
        let name = |part: &str| format!("encoder.layers.{number}.{part}");
        let numbers =
            |part: &str, out: usize, input: usize| weights.numbers(&name(&format!("{part}.weight")), &[out, input]);
        let (linear, activated) = (numbers("mlp.fc11", wide, hidden)?, numbers("mlp.fc12", wide, hidden)?);
        Ok::<_, String>(RotaryLayer {
            attention_norm: Some(norm(&name("norm1"))?),
            qkv: pack(kernel, &[&numbers("attn.Wqkv", 3 * hidden, hidden)?], hidden),
            attention_output: pack(kernel, &[&numbers("attn.out_proj", hidden, hidden)?], hidden),
            feed_forward_norm: norm(&name("norm2"))?,
            up: pack(kernel, &[&activated, &linear], hidden),
            down: pack(kernel, &[&numbers("mlp.fc2", hidden, wide)?], wide),
            rotation: 0,
            window: None,
        })
    };
    let layers = (0..config.num_hidden_layers).map(layer).collect::<weights::Result<_>>()?;
    let segments =
        weights.numbers("embeddings.token_type_embeddings.weight", &[config.type_vocab_size, hidden])?.into_owned();
    Ok(RotaryNetwork {
        kernel,
        segment: segments.get(..hidden).map(<[f32]>::to_vec),
        embeddings_norm: norm("emb_ln")?,
        layers,
        final_norm: None,
        heads,
        order: Order::NormLast,
        activation: Activation::Silu,
        longest: config.max_position_embeddings,
        rotations: vec![Rotation::new(config.theta(), hidden / heads, config.max_position_embeddings)],
        words: Words::new(weights, WORDS, [config.vocab_size, hidden])?,
    })
}
