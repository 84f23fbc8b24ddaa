//! What becomes of a pooled vector before it is an embedding? It goes through the dense layers behind the network, as
//! sentence-transformers has them: activation(W · x + b); for some models through a layer norm; and is cut to the length that
//! is wanted (Kusupati et al., "Matryoshka Representation Learning", 2022, arXiv:2205.13147).
//!
//! The vector of a text's part goes through them, too. For a mean that is what the network was trained for; a model that
//! pools by the first token was not trained for means of others, and its parts are only as near to questions as those
//! tokens' vectors happen to be.

use std::path::Path;

use serde::Deserialize;

use super::dense::Dense;
use super::norm::Norm;
use super::pool::Pooled;
use super::weights::Weights;
use crate::error::{Error, Result};

/// What a model says of the layers behind its network.
pub(in crate::embed) struct HeadSpec<'a> {
    /// The folder of the network inside the model's.
    pub network: &'a str,
    /// Those of the dense layers, in order.
    pub dense: &'a [String],
    /// Whether a layer norm without weights follows.
    pub layer_norm: bool,
    /// Length of the vectors.
    pub dimension: usize,
    /// The dimension to which vectors are truncated.
    pub cut: usize,
}

pub(in crate::embed) struct Head {
    layers: Vec<DenseModule>,
    norm: Option<Norm>,
    dimension: usize,
}

/// A dense layer with what its numbers go through.
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
    /// The Python class; hyperbolic tangent, where none is named.
    activation_function: Option<String>,
    #[serde(default)]
    use_residual: bool,
}

fn yes() -> bool {
    true
}

impl Head {
    /// Loads the layers behind a network with vectors of `hidden` numbers.
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
                // A part without tokens has no direction, and a bias must not give it one.
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
