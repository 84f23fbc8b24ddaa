//! Reads the architecture, the hidden size and the maximum number of tokens from the files of a network, without loading it.

use std::path::Path;

use serde::Deserialize;

use super::json::{broken, json, json_if_there};
use super::manifest::NO_LIMIT;
use crate::embed::models::Architecture;
use crate::error::Result;

/// Facts that the files of a network state.
pub(super) struct Facts {
    pub architecture: Architecture,
    pub hidden: usize,
    pub max_tokens: usize,
}

impl Facts {
    pub fn of_network(folder: &Path) -> Result<Self> {
        let config: ConfigJson = json(folder, "config.json")?;
        let found = config.model_type.unwrap_or_default();
        let (architecture, loader) = Architecture::of_model_type(&found).ok_or_else(|| {
            let known = Architecture::model_types();
            broken(folder, "config.json", format!("expected a `model_type` among {known}, found `{found}`"))
        })?;
        let own = (loader.limits)(folder)?;
        let limits: SentenceBertJson = json_if_there(folder, "sentence_bert_config.json")?;
        let of_tokenizer: TokenizerJson = json_if_there(folder, "tokenizer_config.json")?;
        let max_tokens = limits.max_seq_length.or_else(|| of_tokenizer.limit()).unwrap_or(usize::MAX);
        let max_tokens = max_tokens.min(own.longest);
        if max_tokens < 3 {
            let reason = "expected space for a token between the two special tokens".to_owned();
            return Err(broken(folder, "config.json", reason));
        }
        Ok(Self { architecture, hidden: own.hidden, max_tokens })
    }

    /// The facts of a model that is a table of token vectors without a network.
    pub fn of_table(folder: &Path) -> Result<Self> {
        let config: TableJson = json_if_there(folder, "config.json")?;
        // By default Model2Vec truncates to 512 tokens; sentence-transformers never truncates.
        let limit = if config.is_model2vec() { 512 } else { NO_LIMIT };
        let max_tokens = config.max_length.unwrap_or(limit).clamp(1, NO_LIMIT);
        let (architecture, hidden) = Architecture::without_network(folder)?;
        Ok(Self { architecture, hidden, max_tokens })
    }
}

/// Whether the folder has a Model2Vec model: a table of token vectors without a network.
pub(super) fn is_model2vec(folder: &Path) -> Result<bool> {
    Ok(json_if_there::<TableJson>(folder, "config.json")?.is_model2vec())
}

/// `config.json` of a model without a network, if it has one.
#[derive(Deserialize, Default)]
struct TableJson {
    model_type: Option<String>,
    max_length: Option<usize>,
}

impl TableJson {
    fn is_model2vec(&self) -> bool {
        self.model_type.as_deref() == Some("model2vec")
    }
}

/// `config.json` of a network: the key that all architectures share.
#[derive(Deserialize)]
struct ConfigJson {
    model_type: Option<String>,
}

#[derive(Deserialize, Default)]
struct SentenceBertJson {
    max_seq_length: Option<usize>,
}

/// `tokenizer_config.json`, where version 6 of sentence-transformers stores the maximum number of tokens.
#[derive(Deserialize, Default)]
struct TokenizerJson {
    /// The maximum number of tokens; 10³⁰ means no limit.
    model_max_length: Option<f64>,
}

impl TokenizerJson {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // the cast saturates
    fn limit(&self) -> Option<usize> {
        self.model_max_length.map(|limit| limit as usize)
    }
}
