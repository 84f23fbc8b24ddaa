//! The layers after pooling: the dense layers of sentence-transformers, activation(W · x + b); a layer norm, in some models; and
//! truncation to the requested number of dimensions (Kusupati et al., "Matryoshka Representation Learning", 2022,
//! arXiv:2205.13147).
//!
//! The pooled vectors of a text's parts pass through the same layers. For mean pooling this is what the model was trained for. A
//! model that pools by the first token was not trained for means of other tokens, so the quality of its part embeddings is not
//! assured.

use std::path::Path;

use serde::Deserialize;

use super::dense::Dense;
use super::norm::Norm;
use super::pool::Pooled;
use super::weights::Weights;
use crate::error::{Error, Result};

/// The description of the layers after pooling.
pub(in crate::embed) struct HeadSpec<'a> {
    /// The subfolder of the network in the model's folder.
    pub network: &'a str,
    /// The subfolders of the dense layers, in order.
    pub dense: &'a [String],
    /// Whether a layer norm without weights follows.
    pub layer_norm: bool,
    /// Number of dimensions of the model's embeddings.
    pub dimension: usize,
    /// Number of dimensions to which embeddings are truncated.
    pub cut: usize,
}

pub(in crate::embed) struct Head {
    layers: Vec<DenseModule>,
    norm: Option<Norm>,
    dimension: usize,
}

/// A dense layer with its activation.
struct DenseModule {
    dense: Dense,
    activation: DenseActivation,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum DenseActivation {
    Identity,
    Tanh,
}

/// `config.json` of a dense layer.
#[derive(Deserialize)]
struct Config {
    in_features: usize,
    out_features: usize,
    #[serde(default = "yes")]
    bias: bool,
    /// The Python class of the activation. The default is tanh.
    activation_function: Option<String>,
    #[serde(default)]
    use_residual: bool,
}

fn yes() -> bool {
    true
}

impl Head {
    /// Loads the layers after pooling; `hidden` is the number of dimensions of a token embedding.
    pub fn load(folder: &Path, hidden: usize, spec: &HeadSpec<'_>) -> Result<Self> {
        let mut width = hidden;
        let mut layers = Vec::new();
        for dense in spec.dense {
            let layer = DenseModule::load(&folder.join(dense), width)?;
            width = layer.dense.width();
            layers.push(layer);
        }
        let wanted = spec.dimension;
        if width != wanted {
            let last = spec.dense.last().map_or(spec.network, |dense| dense);
            let reason = format!("expected vectors of {wanted} dimensions, but they have {width}");
            return Err(Error::ModelFileBroken { path: folder.join(last).join("config.json"), reason });
        }
        let norm = spec.layer_norm.then(|| Norm { weight: vec![1.0; width], offset: vec![0.0; width], epsilon: 1e-5 });
        Ok(Self { layers, norm, dimension: spec.cut })
    }

    pub fn apply(&self, pooled: &mut Pooled) {
        for layer in &self.layers {
            for vector in std::iter::once(&mut pooled.whole).chain(&mut pooled.parts) {
                // A part without tokens is a zero vector. It must stay zero, so no bias may be added.
                if vector.iter().any(|value| *value != 0.0) {
                    *vector = layer.apply(vector);
                } else {
                    *vector = vec![0.0; layer.dense.width()];
                }
            }
        }
        for vector in std::iter::once(&mut pooled.whole).chain(&mut pooled.parts) {
            if let Some(norm) = &self.norm {
                norm.apply(vector);
            }
            vector.truncate(self.dimension);
        }
    }
}

impl DenseModule {
    fn load(folder: &Path, width: usize) -> Result<Self> {
        let path = folder.join("config.json");
        let broken = |reason: String| Error::ModelFileBroken { path: path.clone(), reason };
        let config: Config =
            serde_json::from_str(&fs_err::read_to_string(&path)?).map_err(|error| broken(error.to_string()))?;
        let Config { in_features, out_features, .. } = config;
        if in_features != width || out_features == 0 {
            return Err(broken(format!(
                "expected an `in_features` of {width} and an `out_features` above 0, found {in_features} and \
                 {out_features}"
            )));
        }
        if config.use_residual {
            return Err(broken("`use_residual` is not supported".to_owned()));
        }
        let class = config.activation_function.as_deref().unwrap_or("Tanh");
        let activation = match class.rsplit('.').next().unwrap_or_default() {
            "Identity" => DenseActivation::Identity,
            "Tanh" => DenseActivation::Tanh,
            _ => return Err(broken(format!("expected `Identity` or `Tanh`, found `{class}`"))),
        };
        let path = folder.join("model.safetensors");
        let dense = Weights::map(&path)
            .and_then(|weights| Dense::load(&weights, "linear", out_features, in_features, config.bias));
        let dense = dense.map_err(|reason| Error::ModelFileBroken { path, reason })?;
        Ok(Self { dense, activation })
    }

    fn apply(&self, vector: &[f32]) -> Vec<f32> {
        let mut out = self.dense.apply(vector);
        if self.activation == DenseActivation::Tanh {
            for value in &mut out {
                *value = value.tanh();
            }
        }
        out
    }
}
