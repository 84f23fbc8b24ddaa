//! What becomes of a pooled vector before it is an embedding? It goes through the dense layers behind the network, as
//! sentence-transformers has them: activation(W · x + b); for some models through a layer norm; and is cut to the length that
//! is wanted (Kusupati et al., "Matryoshka Representation Learning", 2022, arXiv:2205.13147).
//!
//! The vector of a text's part goes through them, too. For a mean that is what the network was trained for; a model that
//! pools by the first token was not trained for means of others, and its parts are only as near to questions as those
//! tokens' vectors happen to be.

use std::path::Path;

use serde::Deserialize;

use super::elementwise::{Norm, products};
use super::manifest::Manifest;
use super::pool::Pooled;
use super::weights::Weights;
use crate::error::{Error, Result};

pub(super) struct Head {
    layers: Vec<Dense>,
    norm: Option<Norm>,
    dimension: usize,
}

struct Dense {
    /// A row of `input` numbers for each of the output.
    weight: Vec<f32>,
    input: usize,
    bias: Vec<f32>,
    activation: Activation,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Activation {
    Identity,
    Tanh,
}

/// `config.json` of a dense layer.
#[derive(Deserialize)]
struct Config {
    in_features: usize,
    out_features: usize,
    #[serde(default = "super::manifest::yes")]
    bias: bool,
    /// The Python class; hyperbolic tangent, where none is named.
    activation_function: Option<String>,
    #[serde(default)]
    use_residual: bool,
}

impl Head {
    /// Loads the layers behind a network with vectors of `hidden` numbers.
    pub fn load(folder: &Path, manifest: &Manifest, hidden: usize, dimension: usize) -> Result<Self> {
        let mut width = hidden;
        let mut layers = Vec::new();
        for dense in &manifest.dense {
            let layer = Dense::load(&folder.join(dense), width)?;
            width = layer.bias.len();
            layers.push(layer);
        }
        if width != manifest.dimension {
            let last = manifest.dense.last().map_or(&manifest.network, |dense| dense);
            let wanted = manifest.dimension;
            let reason = format!("vectors of {wanted} numbers were expected, but they would have {width}");
            return Err(Error::ModelFileBroken { path: folder.join(last).join("config.json"), reason });
        }
        let norm =
            manifest.layer_norm.then(|| Norm { weight: vec![1.0; width], offset: vec![0.0; width], epsilon: 1e-5 });
        Ok(Self { layers, norm, dimension })
    }

    pub fn apply(&self, pooled: &mut Pooled) {
        for layer in &self.layers {
            for vector in std::iter::once(&mut pooled.whole).chain(&mut pooled.parts) {
                // A part without tokens has no direction, and a bias must not give it one.
                if vector.iter().any(|value| *value != 0.0) {
                    *vector = layer.apply(vector);
                } else {
                    *vector = vec![0.0; layer.bias.len()];
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

impl Dense {
    fn load(folder: &Path, width: usize) -> Result<Self> {
        let path = folder.join("config.json");
        let broken = |reason: String| Error::ModelFileBroken { path: path.clone(), reason };
        let config: Config =
            serde_json::from_str(&fs_err::read_to_string(&path)?).map_err(|error| broken(error.to_string()))?;
        let Config { in_features, out_features, .. } = config;
        if in_features != width || out_features == 0 {
            return Err(broken(format!(
                "an `in_features` of {width} and an `out_features` above 0 were expected, found {in_features} and \
                 {out_features}"
            )));
        }
        if config.use_residual {
            return Err(broken("`use_residual` is not implemented".to_owned()));
        }
        let class = config.activation_function.as_deref().unwrap_or("Tanh");
        let activation = match class.rsplit('.').next().unwrap_or_default() {
            "Identity" => Activation::Identity,
            "Tanh" => Activation::Tanh,
            _ => return Err(broken(format!("`Identity` and `Tanh` are implemented, found `{class}`"))),
        };
        let path = folder.join("model.safetensors");
        let tensors = Weights::map(&path).and_then(|weights| {
            let weight = weights.numbers("linear.weight", &[out_features, in_features])?.into_owned();
            let bias = if config.bias {
                weights.numbers("linear.bias", &[out_features])?.into_owned()
            } else {
                vec![0.0; out_features]
            };
            Ok((weight, bias))
        });
        let (weight, bias) = tensors.map_err(|reason| Error::ModelFileBroken { path, reason })?;
        Ok(Self { weight, input: in_features, bias, activation })
    }

    fn apply(&self, vector: &[f32]) -> Vec<f32> {
        let mut out = self.bias.clone();
        products(&self.weight, self.input, vector, &mut out);
        if self.activation == Activation::Tanh {
            for value in &mut out {
                *value = value.tanh();
            }
        }
        out
    }
}
