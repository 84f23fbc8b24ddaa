//! Describes a model from its folder, which has the layout of sentence-transformers. A manifest `paperkin.toml` in the folder
//! takes precedence: some models cannot be described in that layout.
//!
//! Embeddings are always normalised, whether the folder lists a normalisation or not, since only cosines are compared.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::cross_encoder;
use super::facts::Facts;
use super::json::{broken, json, json_if_there, json_in};
use super::manifest::{Manifest, Task};
use super::modules::Modules;
use crate::embed::layers::pool::Pooling;
use crate::error::{Error, Result};

/// The name of the manifest that a folder may contain.
pub(super) const OWN_MANIFEST: &str = "paperkin.toml";

impl Manifest {
    /// Reads the description of a model from its folder.
    ///
    /// # Errors
    /// When a file is missing or needs something that is not implemented.
    pub(super) fn of_folder(folder: &Path) -> Result<Self> {
        let own = folder.join(OWN_MANIFEST);
        if own.is_file() {
            let text = fs_err::read_to_string(&own)?;
            return toml::from_str(&text)
                .map_err(|error| Error::ModelFileBroken { path: own, reason: error.to_string().trim().to_owned() });
        }
        if let Some(cross_encoder) = Self::of_cross_encoder(folder)? {
            return Ok(cross_encoder);
        }
        let modules = Modules::read(folder)?;
        let network = folder.join(&modules.network);
        for file in ["tokenizer.json", "model.safetensors"] {
            if !network.join(file).is_file() {
                return Err(Error::ModelFolderIncomplete { folder: network, file });
            }
        }
        let Facts { architecture, hidden, max_tokens } =
            if modules.pooling.is_some() { Facts::of_network(&network)? } else { Facts::of_table(&network)? };
        let (pooling, include_prompt) = match &modules.pooling {
            Some(module) => {
                let pooling: PoolingJson = json_in(folder, module, "config.json")?;
                let mode = pooling.mode().map_err(|reason| broken(&folder.join(module), "config.json", reason))?;
                (mode, pooling.include_prompt.unwrap_or(true))
            }
            None => (Pooling::Mean, true),
        };
        let dimension = match modules.dense.last() {
            Some(last) => json_in::<DenseJson>(folder, last, "config.json")?.out_features,
            None => hidden,
        };
        let prompts: PromptsJson = json_if_there(folder, "config_sentence_transformers.json")?;
        Ok(Self {
            pooling,
            include_prompt,
            network: modules.network,
            dense: modules.dense,
            query_prefix: prompts.of(&["query"]),
            passage_prefix: prompts.of(&["document", "passage", "corpus"]),
            ..Self::local(folder, architecture, dimension, max_tokens)
        })
    }

    /// Checks that the pooling in the folder, if there is any, is that of the manifest. A manifest may have been written without
    /// the files at hand.
    pub(super) fn check_pooling(&self, folder: &Path) -> Result<()> {
        if self.task == Task::Rerank {
            return cross_encoder::check(self, folder);
        }
        let module = folder.join("1_Pooling");
        if self.query_pooling.is_some() || !module.join("config.json").is_file() {
            return Ok(());
        }
        let found = json::<PoolingJson>(&module, "config.json")?.mode();
        if found.as_ref() == Ok(&self.pooling) {
            return Ok(());
        }
        let found = found.map_or_else(|reason| reason, |pooling| format!("{pooling:?}"));
        let reason =
            format!("the manifest of `{}` pools by {:?}, but this file differs: {found}", self.name, self.pooling);
        Err(broken(&module, "config.json", reason))
    }

    /// The files of the model's folder that determine its embeddings. Everything else that does is in the fingerprint.
    pub(super) fn essential_files(&self, folder: &Path) -> Vec<String> {
        let mut files = vec![inside(&self.network, "config.json"), inside(&self.network, "tokenizer.json")];
        let pooling = Modules::read(folder).ok().and_then(|modules| modules.pooling);
        files.extend(pooling.map(|pooling| inside(&pooling, "config.json")));
        files.push(inside(&self.network, "model.safetensors"));
        for dense in &self.dense {
            files.extend(["config.json", "model.safetensors"].map(|file| inside(dense, file)));
        }
        files.retain(|file| folder.join(file).is_file());
        files
    }
}

/// The path of a file in a folder inside the model's folder; an empty name means the model's folder itself.
fn inside(folder: &str, file: &str) -> String {
    if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") }
}

/// `1_Pooling/config.json`. Since version 6 of sentence-transformers the mode is a name or a list of names; older versions have
/// one switch per mode.
#[derive(Deserialize)]
struct PoolingJson {
    pooling_mode: Option<OneOrMore>,
    include_prompt: Option<bool>,
    #[serde(flatten)]
    others: BTreeMap<String, serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl PoolingJson {
    fn mode(&self) -> Result<Pooling, String> {
        let modes: Vec<&str> = match &self.pooling_mode {
            Some(OneOrMore::One(mode)) => vec![mode],
            Some(OneOrMore::More(modes)) => modes.iter().map(String::as_str).collect(),
            None => {
                let on = self.others.iter().filter(|(_, value)| value.as_bool() == Some(true));
                on.filter_map(|(key, _)| key.strip_prefix("pooling_mode_")).collect()
            }
        };
        match modes.as_slice() {
            ["mean" | "mean_tokens"] => Ok(Pooling::Mean),
            ["cls" | "cls_token"] => Ok(Pooling::Cls),
            ["lasttoken"] => Ok(Pooling::Last),
            [] => Err("no `pooling_mode` is on".to_owned()),
            others => Err(format!("expected one pooling of `mean`, `cls` and `lasttoken`, found {others:?}")),
        }
    }
}

#[derive(Deserialize)]
struct DenseJson {
    out_features: usize,
}

/// `config_sentence_transformers.json`.
#[derive(Deserialize, Default)]
struct PromptsJson {
    #[serde(default)]
    prompts: BTreeMap<String, Option<String>>,
    default_prompt_name: Option<String>,
}

impl PromptsJson {
    /// The prompt of a role: the first of these names that exists. The default prompt is used only if no prompt is for a role. A
    /// model with a prompt for queries only has none for papers.
    fn of(&self, names: &[&str]) -> String {
        let prompt = |name: &&str| self.prompts.get(*name);
        let roles = ["query", "document", "passage", "corpus"];
        let default = || {
            let name = self.default_prompt_name.as_deref()?;
            roles.iter().all(|role| prompt(role).is_none()).then(|| prompt(&name)).flatten()
        };
        names.iter().find_map(prompt).or_else(default).cloned().flatten().unwrap_or_default()
    }
}
