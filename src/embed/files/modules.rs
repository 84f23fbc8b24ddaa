//! Reads `modules.json` of sentence-transformers: the steps from text to embedding, in order (network, pooling, dense layers,
//! normalisation).

use std::path::{Component, Path};

use serde::Deserialize;

use super::facts;
use super::json::{broken, json};
use crate::error::Result;

/// The steps from text to embedding, as subfolders of the model's folder.
#[derive(Debug, PartialEq)]
pub(super) struct Modules {
    pub network: String,
    /// `None` for a table of token vectors, which is always pooled by the mean.
    pub pooling: Option<String>,
    pub dense: Vec<String>,
}

/// An entry of `modules.json`.
#[derive(Deserialize)]
pub(super) struct ModuleJson {
    path: String,
    /// The Python class with its module path, which differs between versions.
    #[serde(rename = "type")]
    class: String,
}

impl ModuleJson {
    /// The subfolder of the module inside the model's folder.
    pub fn inside(&self) -> Result<String, String> {
        let path = &self.path;
        let mut parts = Path::new(path).components();
        if !parts.all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
            return Err(format!("expected a `path` inside the folder, found `{path}`"));
        }
        Ok(if path == "." { String::new() } else { path.clone() })
    }
}

impl Modules {
    /// Reads `modules.json`. A folder without it has a network, with the pooling in `1_Pooling`.
    pub fn read(folder: &Path) -> Result<Self> {
        if !folder.join("modules.json").is_file() {
            let pooling = (!facts::is_model2vec(folder)?).then(|| "1_Pooling".to_owned());
            return Ok(Self { network: String::new(), pooling, dense: Vec::new() });
        }
        let listed: Vec<ModuleJson> = json(folder, "modules.json")?;
        Self::of(listed).map_err(|reason| broken(folder, "modules.json", reason))
    }

    fn of(listed: Vec<ModuleJson>) -> Result<Self, String> {
        let (mut network, mut pooling, mut dense) = (None, None, Vec::new());
        let (mut is_pooled, mut is_normalised) = (false, false);
        for module in listed {
            let path = module.inside()?;
            let ModuleJson { class, .. } = module;
            match class.rsplit('.').next().unwrap_or_default() {
                "Transformer" if network.is_none() => network = Some(path),
                "StaticEmbedding" if network.is_none() => (network, is_pooled) = (Some(path), true),
                "Pooling" if network.is_some() && !is_pooled => (pooling, is_pooled) = (Some(path), true),
                "Dense" if is_pooled && !is_normalised => dense.push(path),
                "Normalize" if is_pooled => is_normalised = true,
                _ => {
                    let order = "Transformer and Pooling or StaticEmbedding, any number of Dense, Normalize";
                    return Err(format!("expected these modules in this order: {order}; found `{class}`"));
                }
            }
        }
        if !is_pooled {
            return Err("it lists neither Transformer and Pooling nor StaticEmbedding".to_owned());
        }
        Ok(Self { network: network.unwrap_or_default(), pooling, dense })
    }
}
