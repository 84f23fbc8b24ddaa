//! `config.json` of BERT and of the networks with BERT's layers.

use std::path::Path;

use serde::Deserialize;

use super::super::architecture::Limits;
use super::super::config;
use super::kinds::{Kind, Positions};
use crate::embed::layers::attention::BUCKETS;
use crate::error::Result;

/// The keys that inference needs. Each has a default: see [`Kind::defaults`].
#[derive(Deserialize)]
pub(super) struct Config {
    pub vocab_size: usize,
    pub hidden_size: usize,
    pub num_hidden_layers: usize,
    pub num_attention_heads: usize,
    pub intermediate_size: usize,
    hidden_act: String,
    pub max_position_embeddings: usize,
    #[serde(default = "absolute")]
    position_embedding_type: String,
    /// Number of segments; 0 if the network does not distinguish any.
    pub type_vocab_size: usize,
    pub layer_norm_eps: f64,
    pad_token_id: u32,
    #[serde(default = "buckets")]
    relative_attention_num_buckets: usize,
}

fn absolute() -> String {
    "absolute".to_owned()
}
fn buckets() -> usize {
    BUCKETS
}

impl Config {
    pub fn read(kind: &Kind, folder: &Path) -> Result<Self> {
        config::read(folder, (kind.defaults)(), kind.keys, |config: &Self| config.check(kind))
    }

    /// The error message for a configuration that is not supported.
    fn check(&self, kind: &Kind) -> Result<(), String> {
        let (hidden, heads) = (self.hidden_size, self.num_attention_heads);
        if heads == 0 || hidden == 0 || !hidden.is_multiple_of(heads) || self.intermediate_size == 0 {
            return Err("`hidden_size` must be a multiple of `num_attention_heads`, and no size may be 0".to_owned());
        }
        if self.hidden_act != "gelu" {
            return Err(format!("expected a `hidden_act` of `gelu`, found `{}`", self.hidden_act));
        }
        if self.position_embedding_type != "absolute" {
            let found = &self.position_embedding_type;
            return Err(format!("expected a `position_embedding_type` of `absolute`, found `{found}`"));
        }
        if kind.has_relative_bias && self.relative_attention_num_buckets != BUCKETS {
            let found = self.relative_attention_num_buckets;
            return Err(format!("expected {BUCKETS} `relative_attention_num_buckets`, found {found}"));
        }
        if self.longest(kind) == 0 {
            return Err("`max_position_embeddings` leaves no position for a token".to_owned());
        }
        Ok(())
    }

    /// The token after whose position those of all others begin; `None` if they begin at 0.
    pub fn padding(&self, kind: &Kind) -> Option<u32> {
        match kind.positions {
            Positions::FromZero => None,
            Positions::AfterPadding => Some(self.pad_token_id),
            Positions::After(token) => Some(token),
        }
    }

    /// The index of the position of the first token.
    pub fn first_position(&self, kind: &Kind) -> usize {
        self.padding(kind).map_or(0, |padding| padding as usize + 1)
    }

    /// Maximum number of tokens of a text.
    fn longest(&self, kind: &Kind) -> usize {
        self.max_position_embeddings.saturating_sub(self.first_position(kind))
    }

    pub fn limits(&self, kind: &Kind) -> Limits {
        Limits { hidden: self.hidden_size, longest: self.longest(kind) }
    }
}
