//! The models that are known by name. The manifest of each is a file in `models/`, compiled in.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::manifest::{Manifest, Score};
use crate::error::{Error, Result};

/// The model that is used if you name no other.
pub const DEFAULT_MODEL: &str = "all-MiniLM-L6-v2";

const COMPILED_IN: [&str; 19] = [
    include_str!("../../../models/all-MiniLM-L6-v2.toml"),
    include_str!("../../../models/bge-small-en-v1.5.toml"),
    include_str!("../../../models/bge-base-en-v1.5.toml"),
    include_str!("../../../models/gte-small.toml"),
    include_str!("../../../models/e5-small-v2.toml"),
    include_str!("../../../models/snowflake-arctic-embed-xs.toml"),
    include_str!("../../../models/snowflake-arctic-embed-s.toml"),
    include_str!("../../../models/snowflake-arctic-embed-m-v1.5.toml"),
    include_str!("../../../models/NoInstruct-small-Embedding-v0.toml"),
    include_str!("../../../models/mdbr-leaf-ir.toml"),
    include_str!("../../../models/all-mpnet-base-v2.toml"),
    include_str!("../../../models/granite-embedding-small-english-r2.toml"),
    include_str!("../../../models/modernbert-embed-base.toml"),
    include_str!("../../../models/gte-modernbert-base.toml"),
    include_str!("../../../models/nomic-embed-text-v1.5.toml"),
    include_str!("../../../models/potion-base-8M.toml"),
    include_str!("../../../models/static-retrieval-mrl-en-v1.toml"),
    include_str!("../../../models/ms-marco-MiniLM-L6-v2.toml"),
    include_str!("../../../models/ms-marco-MiniLM-L12-v2.toml"),
];

/// Pairs of models whose embeddings can be compared: one for papers, and a (usually smaller) one for queries.
const PAIRS: [&str; 1] = [include_str!("../../../models/mdbr-leaf-ir-asym.toml")];

/// The manifest of a pair. All other facts are those of the model for papers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PairManifest {
    name: String,
    description: String,
    passages: String,
    queries: String,
    #[serde(default)]
    scores: Vec<Score>,
}

impl PairManifest {
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

impl Manifest {
    /// The manifests of all known models.
    ///
    /// # Errors
    /// [`Error::BadManifest`] when a compiled-in manifest is not valid, which the tests rule out.
    pub(crate) fn compiled_in() -> Result<Vec<Self>> {
        let mut all = COMPILED_IN.into_iter().map(parsed).collect::<Result<Vec<Self>>>()?;
        for pair in PAIRS {
            let pair = parsed::<PairManifest>(pair)?.manifest(&all)?;
            all.push(pair);
        }
        Ok(all)
    }

    /// The manifest with this name; upper and lower case are equivalent.
    ///
    /// # Errors
    /// [`Error::UnknownModel`] when there is no such model.
    pub(crate) fn named(name: &str) -> Result<Self> {
        let all = Self::compiled_in()?;
        let some = all.iter().take(3).map(|manifest| format!("`{}`", manifest.name)).collect::<Vec<_>>().join(", ");
        let known = format!("{some} and {} others", all.len() - 3);
        all.into_iter()
            .find(|manifest| manifest.name.eq_ignore_ascii_case(name))
            .ok_or_else(|| Error::UnknownModel { name: name.to_owned(), known })
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
    fn published_scores_are_found_by_the_letters_and_digits_of_the_set() {
        let manifest = Manifest::named("bge-small-en-v1.5").unwrap();
        for set in ["TREC-COVID", "trec-covid", "TRECCOVID", "trec_covid"] {
            assert_eq!(manifest.published(set).map(|score| &*score.set), Some("TREC-COVID"), "{set}");
        }
        for set in ["", "-", "trec", "scifact2"] {
            assert_eq!(manifest.published(set), None, "{set}");
        }
        let scifact = Manifest::named(DEFAULT_MODEL).unwrap().published("scifact").unwrap().ndcg_at_10;
        assert!((scifact - 0.645).abs() < 5e-4, "{scifact}");
    }

    #[test]
    fn names_ignore_case_and_an_unknown_name_lists_known_ones() {
        assert_eq!(Manifest::named("ALL-minilm-l6-V2").unwrap().name, DEFAULT_MODEL);
        let error = Manifest::named("gpt-9").unwrap_err();
        let message = error.to_string();
        assert!(
            message.starts_with("unknown model `gpt-9`: the known models are `all-MiniLM-L6-v2`, `bge-"),
            "{message}"
        );
    }
}
