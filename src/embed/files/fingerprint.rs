//! Can two vectors be compared? When what they depend on is the same.

use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::manifest::{Manifest, is_true, yes};
use crate::embed::layers::pool::Pooling;
use crate::error::{Error, ModelSummary, Result};
use crate::paper::TEXT_TEMPLATE;

/// What a vector depends on: two vectors can be compared when their fingerprints are equal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// The name of the model.
    pub model: String,
    /// A commit on the hub, or a digest of a local folder's files.
    pub revision: String,
    /// Numbers of a vector.
    pub dimension: usize,
    /// How the vectors of a text's tokens become one.
    pub pooling: Pooling,
    /// That of questions, if it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query_pooling: Option<Pooling>,
    /// Whether the tokens of the prefix count in that.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub include_prompt: bool,
    /// The model that embeds questions, if it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queries: Option<Box<Self>>,
    /// Put before a question.
    pub query_prefix: String,
    /// Put before a paper's text.
    pub passage_prefix: String,
    /// Longer texts are cut.
    pub max_tokens: usize,
    /// How title and abstract become one text.
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

    /// That of vectors which come from elsewhere: by what they were made is not known.
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

    /// Makes sure that what is stored in this folder, which has this fingerprint, can be compared with what has the given one.
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

    /// A hash of all that it says; what a later version of the program adds changes nothing for models without it.
    #[must_use]
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(serde_json::to_vec(self).unwrap_or_default()).into()
    }

    /// The model and the beginning of its revision, for messages.
    #[must_use]
    pub(crate) fn summary(&self) -> ModelSummary {
        ModelSummary { model: self.model.clone(), revision: self.revision.clone(), dimension: self.dimension }
    }
}
