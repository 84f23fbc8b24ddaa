//! The manifest: the description of a model. It is compiled in (`catalogue`), a file in a local folder, or derived from a folder
//! in sentence-transformers layout (`layout`).

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::embed::layers::pool::Pooling;
use crate::embed::models::Architecture;
use crate::embed::text::Role;

/// The `max_tokens` of a model without a limit.
pub(in crate::embed) const NO_LIMIT: usize = 1_000_000;

/// The description of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The name of the model. Upper and lower case are equivalent.
    pub name: String,
    /// What the model computes.
    #[serde(default, skip_serializing_if = "Task::is_default")]
    pub task: Task,
    /// What the model is suited for, in a few words.
    pub description: String,
    /// SPDX expression of the weights' licence.
    pub licence: Option<String>,
    /// The languages that the model was trained for, as ISO 639-1 codes.
    #[serde(default)]
    pub languages: Vec<String>,
    /// Number of parameters of the network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<u64>,
    /// The model that has the files, if it is another model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files_of: Option<String>,
    /// The model that embeds queries, if it is another model: a name, or, in a local folder's manifest, a path relative to the
    /// folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queries: Option<String>,
    /// The architecture of the network.
    pub architecture: Architecture,
    /// The subfolder of the network's files; the model's folder itself if empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub network: String,
    /// How the token embeddings of a text are pooled.
    pub pooling: Pooling,
    /// The pooling for queries, if it is different.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query_pooling: Option<Pooling>,
    /// Whether pooling includes the tokens of the prefix and the special tokens before it.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub include_prompt: bool,
    /// The subfolders of the dense layers applied after pooling, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dense: Vec<String>,
    /// Whether a layer norm without weights is applied after pooling.
    #[serde(default, skip_serializing_if = "is_false")]
    pub layer_norm: bool,
    /// Number of dimensions of an embedding.
    pub dimension: usize,
    /// Whether the model was trained so that embeddings can be truncated (Kusupati et al., "Matryoshka Representation Learning",
    /// 2022, arXiv:2205.13147).
    #[serde(default, skip_serializing_if = "is_false")]
    pub matryoshka: bool,
    /// The maximum number of tokens, special tokens included; longer texts are truncated.
    pub max_tokens: usize,
    /// The prefix of a query.
    #[serde(default)]
    pub query_prefix: String,
    /// The prefix of a paper's text.
    #[serde(default)]
    pub passage_prefix: String,
    /// The repository where the weights are published; none for a local folder.
    pub hub: Option<Hub>,
    /// The files of the model with their hashes; empty if the hashes are unknown.
    #[serde(default)]
    pub files: Vec<ModelFile>,
    /// The files of the model if their hashes are unknown. The first fetch records the hashes in a lock file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unverified: Vec<String>,
    /// Python packages that contain the same files.
    #[serde(default)]
    pub packages: Vec<Package>,
    /// Published evaluation results.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<Score>,
}

/// A published result of a model on a test set, in dense search if the model makes embeddings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// The name of the test set.
    pub set: String,
    /// nDCG@10, between 0 and 1.
    pub ndcg_at_10: f64,
    /// The URL of the publication.
    pub source: String,
}

/// The task of a model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// Computes the embedding of a text.
    #[default]
    Embed,
    /// Cross-encoder: computes the relevance of a text to a query, reading both as one sequence.
    Rerank,
}

impl Task {
    #[allow(clippy::trivially_copy_pass_by_ref)] // the signature that serde requires
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // the signature that serde requires
fn is_false(value: &bool) -> bool {
    !*value
}

pub(super) fn yes() -> bool {
    true
}

#[allow(clippy::trivially_copy_pass_by_ref)] // the signature that serde requires
pub(super) fn is_true(value: &bool) -> bool {
    *value
}

/// A repository on the hub at one commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hub {
    /// `owner/name`.
    pub repository: String,
    /// A full commit hash. If there is none, the first fetch takes the newest commit and records it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
}

/// A file of the model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// The path inside the model's folder.
    pub path: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
}

/// A Python package that contains the model's files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// The name of the package.
    pub name: String,
    /// The version that contains these files.
    pub version: String,
    /// The SHA-256 of the wheel in hexadecimal.
    pub sha256: String,
    /// The folder of the files inside the wheel.
    pub folder: String,
    /// Licence and notice files to copy from the same folder.
    #[serde(default)]
    pub notices: Vec<String>,
}

impl Manifest {
    /// The manifest of a local folder, with defaults for everything else.
    pub(super) fn local(folder: &Path, architecture: Architecture, dimension: usize, max_tokens: usize) -> Self {
        let absolute = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let name = absolute.file_name().map_or_else(|| "local".to_owned(), |name| name.to_string_lossy().into_owned());
        Self {
            name,
            description: "a local folder".to_owned(),
            task: Task::Embed,
            licence: None,
            languages: Vec::new(),
            parameters: None,
            files_of: None,
            queries: None,
            architecture,
            pooling: Pooling::Cls,
            query_pooling: None,
            include_prompt: true,
            layer_norm: false,
            matryoshka: false,
            network: String::new(),
            dense: Vec::new(),
            dimension,
            max_tokens,
            query_prefix: String::new(),
            passage_prefix: String::new(),
            hub: None,
            files: Vec::new(),
            unverified: Vec::new(),
            packages: Vec::new(),
            scores: Vec::new(),
        }
    }

    /// The maximum number of tokens as text.
    #[must_use]
    pub(crate) fn limit(&self) -> String {
        if self.max_tokens >= NO_LIMIT { "no limit".to_owned() } else { self.max_tokens.to_string() }
    }

    /// The published result of the model on a test set, if there is one. Only the letters and digits of the set's name are
    /// compared, and upper and lower case are equivalent: `trec-covid` is `TREC-COVID` and `TRECCOVID`.
    #[must_use]
    pub fn published(&self, set: &str) -> Option<&Score> {
        let compared = |name: &str| -> String {
            name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
        };
        let wanted = compared(set);
        self.scores.iter().find(|score| !wanted.is_empty() && compared(&score.set) == wanted)
    }

    /// The name of the model that has the files.
    pub(super) fn files_of(&self) -> &str {
        self.files_of.as_deref().unwrap_or(&self.name)
    }

    /// The prefix of texts with this role.
    #[must_use]
    pub(in crate::embed) fn prefix(&self, role: Role) -> &str {
        match role {
            Role::Query => &self.query_prefix,
            Role::Passage => &self.passage_prefix,
        }
    }

    /// The pooling of texts with this role.
    #[must_use]
    pub(in crate::embed) fn pooling(&self, role: Role) -> Pooling {
        match role {
            Role::Query => self.query_pooling.unwrap_or(self.pooling),
            Role::Passage => self.pooling,
        }
    }
}
