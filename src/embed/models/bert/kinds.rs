//! The networks with BERT's layers. They differ in the names of tensors and keys, in absolute and relative positions, and in
//! segments.

use std::path::Path;

use serde_json::{Value, json};

use super::super::architecture::{Architecture, Limits, Load, NetworkLoader};
use super::config::Config;
use super::{cross_encoder, load};
use crate::error::Result;

/// What distinguishes a network from the others.
pub(super) struct Kind {
    /// The prefix of the names of all tensors in checkpoints of a whole model.
    pub prefix: &'static str,
    /// The name of the list of layers.
    pub layers: &'static str,
    /// The names of a layer's query, key and value.
    pub qkv: [&'static str; 3],
    pub attention_output: &'static str,
    pub attention_norm: &'static str,
    pub up: &'static str,
    pub down: &'static str,
    pub feed_forward_norm: &'static str,
    pub positions: Positions,
    /// Whether attention has a relative position bias.
    pub has_relative_bias: bool,
    /// Keys of `config.json` with another name than in BERT, and BERT's name.
    pub keys: &'static [(&'static str, &'static str)],
    /// The values of missing keys: those of transformers, in the class of this network's configuration.
    pub defaults: fn() -> Value,
}

/// The index of the position embedding of the first token.
pub(super) enum Positions {
    FromZero,
    /// That of the padding token, which `config.json` names, is the token's own id; all others follow it.
    AfterPadding,
    /// The same for this token, whatever `config.json` states.
    After(u32),
}

impl Kind {
    pub fn limits(&self, folder: &Path) -> Result<Limits> {
        Ok(Config::read(self, folder)?.limits(self))
    }
}

/// Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers", 2018, arXiv:1810.04805.
pub(in super::super) const BERT: Architecture = Architecture {
    name: "bert",
    title: "Bert",
    model_type: Some("bert"),
    load: Load::Network(NetworkLoader {
        #[cfg(any(feature = "cuda", feature = "metal"))]
        by_gpu: Some(super::gpu::load),
        ..NetworkLoader::by_kernel(
            |folder, kernel| load::network(&KIND_BERT, folder, kernel),
            |folder| KIND_BERT.limits(folder),
        )
    }),
    cross_encoder: Some(cross_encoder::load),
};

pub(super) const KIND_BERT: Kind = Kind {
    prefix: "bert.",
    layers: "encoder.layer",
    qkv: ["attention.self.query", "attention.self.key", "attention.self.value"],
    attention_output: "attention.output.dense",
    attention_norm: "attention.output.LayerNorm",
    up: "intermediate.dense",
    down: "output.dense",
    feed_forward_norm: "output.LayerNorm",
    positions: Positions::FromZero,
    has_relative_bias: false,
    keys: &[],
    defaults: || defaults(30_522, 2, 0),
};

/// Song et al., "MPNet: Masked and Permuted Pre-training for Language Understanding", 2020, arXiv:2004.09297.
pub(in super::super) const MPNET: Architecture = Architecture {
    name: "mpnet",
    title: "MPNet",
    model_type: Some("mpnet"),
    load: Load::Network(NetworkLoader::by_kernel(
        |folder, kernel| load::network(&KIND_MPNET, folder, kernel),
        |folder| KIND_MPNET.limits(folder),
    )),
    cross_encoder: None,
};

const KIND_MPNET: Kind = Kind {
    prefix: "mpnet.",
    qkv: ["attention.attn.q", "attention.attn.k", "attention.attn.v"],
    attention_output: "attention.attn.o",
    attention_norm: "attention.LayerNorm",
    positions: Positions::After(1),
    has_relative_bias: true,
    defaults: || defaults(30_527, 0, 1),
    ..KIND_BERT
};

/// Liu et al., "RoBERTa: A Robustly Optimized BERT Pretraining Approach", 2019, arXiv:1907.11692.
pub(in super::super) const ROBERTA: Architecture = Architecture {
    name: "roberta",
    title: "Roberta",
    model_type: Some("roberta"),
    load: Load::Network(NetworkLoader::by_kernel(
        |folder, kernel| load::network(&KIND_ROBERTA, folder, kernel),
        |folder| KIND_ROBERTA.limits(folder),
    )),
    cross_encoder: None,
};

const KIND_ROBERTA: Kind =
    Kind { prefix: "roberta.", positions: Positions::AfterPadding, defaults: || defaults(50_265, 2, 1), ..KIND_BERT };

/// Conneau et al., "Unsupervised Cross-lingual Representation Learning at Scale", 2019, arXiv:1911.02116. RoBERTa's network with
/// another tokenizer.
pub(in super::super) const XLM_ROBERTA: Architecture = Architecture {
    name: "xlm-roberta",
    title: "XlmRoberta",
    model_type: Some("xlm-roberta"),
    load: Load::Network(NetworkLoader::by_kernel(
        |folder, kernel| load::network(&KIND_XLM_ROBERTA, folder, kernel),
        |folder| KIND_XLM_ROBERTA.limits(folder),
    )),
    cross_encoder: None,
};

const KIND_XLM_ROBERTA: Kind = Kind { defaults: || defaults(30_522, 2, 1), ..KIND_ROBERTA };

/// Sanh et al., "DistilBERT, a distilled version of BERT", 2019, arXiv:1910.01108.
pub(in super::super) const DISTILBERT: Architecture = Architecture {
    name: "distilbert",
    title: "DistilBert",
    model_type: Some("distilbert"),
    load: Load::Network(NetworkLoader::by_kernel(
        |folder, kernel| load::network(&KIND_DISTILBERT, folder, kernel),
        |folder| KIND_DISTILBERT.limits(folder),
    )),
    cross_encoder: None,
};

const KIND_DISTILBERT: Kind = Kind {
    prefix: "distilbert.",
    layers: "transformer.layer",
    qkv: ["attention.q_lin", "attention.k_lin", "attention.v_lin"],
    attention_output: "attention.out_lin",
    attention_norm: "sa_layer_norm",
    up: "ffn.lin1",
    down: "ffn.lin2",
    feed_forward_norm: "output_layer_norm",
    keys: &[
        ("dim", "hidden_size"),
        ("n_layers", "num_hidden_layers"),
        ("n_heads", "num_attention_heads"),
        ("hidden_dim", "intermediate_size"),
        ("activation", "hidden_act"),
    ],
    defaults: || {
        let mut defaults = defaults(30_522, 0, 0);
        defaults["num_hidden_layers"] = 6.into();
        defaults
    },
    ..KIND_BERT
};

fn defaults(vocabulary: usize, segments: usize, padding: u32) -> Value {
    json!({
        "vocab_size": vocabulary,
        "hidden_size": 768,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "intermediate_size": 3072,
        "hidden_act": "gelu",
        "max_position_embeddings": 512,
        "type_vocab_size": segments,
        "layer_norm_eps": 1e-12,
        "pad_token_id": padding,
    })
}
