//! Decides whether two embeddings can be compared: everything that they depend on must be equal.

use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::manifest::{Manifest, is_true, yes};
use crate::embed::layers::pool::Pooling;
use crate::error::{Error, ModelSummary, Result};
use crate::paper::TEXT_TEMPLATE;

/// Everything that an embedding depends on. Embeddings can be compared if their fingerprints are equal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// The name of the model.
    pub model: String,
    /// A commit on the hub, or a digest of a local folder's files.
    pub revision: String,
    /// Number of dimensions.
    pub dimension: usize,
    /// The pooling of token embeddings.
    pub pooling: Pooling,
    /// The pooling for queries, if it is different.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query_pooling: Option<Pooling>,
    /// Whether pooling includes the tokens of the prefix.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub include_prompt: bool,
    /// The fingerprint of the model that embeds queries, if it is another model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queries: Option<Box<Self>>,
    /// The prefix of queries.
    pub query_prefix: String,
    /// The prefix of papers.
    pub passage_prefix: String,
    /// The maximum number of tokens; longer texts are truncated.
    pub max_tokens: usize,
    /// The template that joins title and abstract into one text.
    pub template: String,
}

impl Fingerprint {
    pub(super) fn new(manifest: &Manifest, revision: String) -> Self {
        Self {
            model: manifest.name.clone(),
            revision,
            dimension: manifest.dimension,
            pooling: manifest.pooling,
            query_pooling: manifest.query_pooling,
            include_prompt: manifest.include_prompt,
            queries: None,
            query_prefix: manifest.query_prefix.clone(),
            passage_prefix: manifest.passage_prefix.clone(),
            max_tokens: manifest.max_tokens,
            template: TEXT_TEMPLATE.to_owned(),
        }
    }

    /// The fingerprint of imported vectors, whose model is unknown.
    #[must_use]
    pub(crate) fn of_vectors(dimension: usize) -> Self {
        Self {
            model: "unknown".to_owned(),
            revision: "unknown".to_owned(),
            dimension,
            pooling: Pooling::Mean,
            query_pooling: None,
            include_prompt: true,
            queries: None,
            query_prefix: String::new(),
            passage_prefix: String::new(),
            max_tokens: 0,
            template: TEXT_TEMPLATE.to_owned(),
        }
    }

    /// Checks that the embeddings stored in this folder, with this fingerprint, can be compared with those of the given
    /// fingerprint.
    pub(crate) fn check(&self, given: &Self, dir: &Path) -> Result<()> {
        if self == given {
            return Ok(());
        }
        Err(Error::FingerprintDiffers {
            dir: dir.to_owned(),
            stored: Box::new(self.summary()),
            given: Box::new(given.summary()),
        })
    }

    /// Whether embeddings of passages with this fingerprint can be compared with those of another one. How queries are embedded does
    /// not matter, nor under which name the same files are known.
    #[cfg(feature = "parquet")]
    pub(crate) fn has_passages_of(&self, other: &Self) -> bool {
        let of_passages = |fingerprint: &Self| Self {
            model: String::new(),
            query_pooling: None,
            queries: None,
            query_prefix: String::new(),
            ..fingerprint.clone()
        };
        of_passages(self) == of_passages(other)
    }

    /// A hash of all fields. Fields that a later version adds are omitted for models that do not use them, so their digests stay
    /// the same.
    #[must_use]
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(serde_json::to_vec(self).unwrap_or_default()).into()
    }

    /// Model, revision and number of dimensions, for messages.
    #[must_use]
    pub(crate) fn summary(&self) -> ModelSummary {
        ModelSummary { model: self.model.clone(), revision: self.revision.clone(), dimension: self.dimension }
    }
}
