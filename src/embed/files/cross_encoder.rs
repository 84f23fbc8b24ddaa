//! Describes a cross-encoder from the files in its folder. `config.json` names the network, which must have a classifier, and the
//! activation of the score. `modules.json` is optional.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::facts::Facts;
use super::json::{broken, json_if_there};
use super::manifest::{Manifest, Task};
use super::modules::ModuleJson;
use crate::error::{Error, Result};

/// The suffix of the names of networks with a classifier.
const CLASSIFIER: &str = "ForSequenceClassification";

/// The activation function that is applied to a score. Both are monotonic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::embed) enum ScoreActivation {
    Identity,
    Sigmoid,
}

/// `config.json`, or `config_sentence_transformers.json`.
#[derive(Deserialize, Default)]
struct ConfigJson {
    #[serde(default)]
    architectures: Vec<String>,
    id2label: Option<BTreeMap<String, String>>,
    activation_fn: Option<String>,
    /// The key that older versions of sentence-transformers use for the activation.
    sbert_ce_default_activation_function: Option<String>,
    sentence_transformers: Option<InnerJson>,
}

#[derive(Deserialize)]
struct InnerJson {
    activation_fn: Option<String>,
}

impl Manifest {
    /// Reads the description of a cross-encoder from its folder; `None` if it has another kind of model.
    pub(super) fn of_cross_encoder(folder: &Path) -> Result<Option<Self>> {
        let modules: Vec<ModuleJson> = json_if_there(folder, "modules.json")?;
        let network = match modules.as_slice() {
            [] => String::new(),
            [only] => only.inside().map_err(|reason| broken(folder, "modules.json", reason))?,
            _ => return Ok(None),
        };
        let place = folder.join(&network);
        let config: ConfigJson = json_if_there(&place, "config.json")?;
        if !config.architectures.iter().any(|name| name.ends_with(CLASSIFIER)) {
            return Ok(None);
        }
        for file in ["tokenizer.json", "model.safetensors"] {
            if !place.join(file).is_file() {
                return Err(Error::ModelFolderIncomplete { folder: place, file });
            }
        }
        let Facts { architecture, max_tokens, .. } = Facts::of_network(&place)?;
        architecture.cross_encoder().map_err(|reason| broken(&place, "config.json", reason))?;
        // The default of transformers is two labels.
        let labels = config.id2label.map_or(2, |labels| labels.len());
        if labels != 1 {
            return Err(broken(&place, "config.json", format!("expected one label, the score, found {labels}")));
        }
        Ok(Some(Self { task: Task::Rerank, network, ..Self::local(folder, architecture, 1, max_tokens) }))
    }
}

impl ScoreActivation {
    /// The activation that the folder names; the sigmoid if it names none, as in sentence-transformers.
    pub fn of(folder: &Path, network: &str) -> Result<Self> {
        for (folder, file) in [(folder, "config_sentence_transformers.json"), (&folder.join(network), "config.json")] {
            let config: ConfigJson = json_if_there(folder, file)?;
            let inner = config.sentence_transformers.and_then(|inner| inner.activation_fn);
            let named = config.activation_fn.or(inner).or(config.sbert_ce_default_activation_function);
            let Some(class) = named else { continue };
            return match class.rsplit('.').next().unwrap_or_default() {
                "Identity" => Ok(Self::Identity),
                "Sigmoid" => Ok(Self::Sigmoid),
                _ => Err(broken(folder, file, format!("expected `Identity` or `Sigmoid`, found `{class}`"))),
            };
        }
        Ok(Self::Sigmoid)
    }

    pub fn apply(self, score: f32) -> f32 {
        match self {
            Self::Identity => score,
            Self::Sigmoid => 1.0 / (1.0 + (-score).exp()),
        }
    }
}

/// Checks that a folder contains a cross-encoder, as its manifest states. A manifest may have been written without the files at
/// hand.
pub(super) fn check(manifest: &Manifest, folder: &Path) -> Result<()> {
    if Manifest::of_cross_encoder(folder)?.is_some() {
        return Ok(());
    }
    let reason = format!("expected `architectures` with a name that ends in `{CLASSIFIER}`");
    Err(broken(&folder.join(&manifest.network), "config.json", reason))
}
