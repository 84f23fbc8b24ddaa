//! The network: BERT (Devlin et al., 2018, arXiv:1810.04805), in f32, on packed tokens.
//!
//! candle loads the weights and multiplies the matrices. The texts of a batch follow each other without padding, so
//! there is nothing to mask: linear layers see all tokens at once, attention each text by itself.

use std::path::Path;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{Config, HiddenAct};

use super::elementwise::{Bias, BiasGelu, ResidualNorm, Softmax};
use super::pool;
use crate::error::{Error, Result};

pub(super) struct Network {
    words: Tensor,
    positions: Tensor,
    /// Adds the vector of the first segment, which all our texts are.
    embeddings_norm: ResidualNorm,
    layers: Vec<Layer>,
    heads: usize,
    hidden_size: usize,
    vocabulary: usize,
    device: Device,
}

/// Weights are `[out, in]` in the file and used transposed.
struct Layer {
    /// Query, key and value beside each other: `[hidden, 3 · hidden]`.
    attend: Tensor,
    attend_bias: Bias,
    merge: Tensor,
    merge_norm: ResidualNorm,
    widen: Tensor,
    widen_gelu: BiasGelu,
    narrow: Tensor,
    narrow_norm: ResidualNorm,
}

impl Network {
    /// Loads `config.json` and `model.safetensors` from a model's folder.
    pub fn load(folder: &Path) -> Result<Self> {
        let broken = |file: &str, reason: String| Error::ModelFileBroken { path: folder.join(file), reason };
        let text = fs_err::read_to_string(folder.join("config.json"))?;
        let config: Config = serde_json::from_str(&text).map_err(|error| broken("config.json", error.to_string()))?;
        if config.num_attention_heads == 0 || !config.hidden_size.is_multiple_of(config.num_attention_heads) {
            return Err(broken("config.json", "`hidden_size` must be a multiple of `num_attention_heads`".to_owned()));
        }
        if config.hidden_act != HiddenAct::Gelu {
            return Err(broken("config.json", "a `hidden_act` of `gelu` is implemented, found another".to_owned()));
        }
        let variables = variables(&folder.join("model.safetensors"));
        let network = variables.and_then(|variables| Self::new(&config, &variables));
        network.map_err(|error| broken("model.safetensors", short(&error)))
    }

    fn new(config: &Config, variables: &VarBuilder<'_>) -> candle_core::Result<Self> {
        let hidden = config.hidden_size;
        // Some checkpoints keep the encoder below the name of the whole model.
        let variables = if variables.contains_tensor("bert.embeddings.word_embeddings.weight") {
            variables.pp("bert")
        } else {
            variables.clone()
        };
        let embeddings = variables.pp("embeddings");
        let table = |name: &str, rows: usize| embeddings.pp(name).get((rows, hidden), "weight");
        let epsilon = config.layer_norm_eps;
        let segments = table("token_type_embeddings", config.type_vocab_size)?;
        let embeddings_norm = residual_norm(segments.get(0)?.to_vec1()?, &embeddings.pp("LayerNorm"), hidden, epsilon)?;
        let encoder = variables.pp("encoder.layer");
        let layers = (0..config.num_hidden_layers).map(|layer| Layer::new(config, &encoder.pp(layer)));
        Ok(Self {
            words: table("word_embeddings", config.vocab_size)?,
            positions: table("position_embeddings", config.max_position_embeddings)?,
            embeddings_norm,
            layers: layers.collect::<candle_core::Result<_>>()?,
            heads: config.num_attention_heads,
            hidden_size: hidden,
            vocabulary: config.vocab_size,
            device: variables.device().clone(),
        })
    }

    pub fn hidden_size(&self) -> usize {
        self.hidden_size
    }

    /// Whether the network has a vector for every token.
    pub fn knows(&self, ids: &[u32]) -> bool {
        ids.iter().all(|id| (*id as usize) < self.vocabulary)
    }

    /// Computes the pooled vector of each text of a batch, not yet of unit length.
    pub fn forward(&self, batch: &[&[u32]]) -> Result<Vec<Vec<f32>>> {
        let states: Vec<f32> = self.states(batch)?.flatten_all()?.to_vec1()?;
        let mut rest = states.as_slice();
        Ok(batch
            .iter()
            .map(|text| {
                let (own, others) = rest.split_at(text.len() * self.hidden_size);
                rest = others;
                pool::mean(own, self.hidden_size)
            })
            .collect())
    }

    /// The last layer's vectors of all tokens, text after text: `[tokens, hidden]`.
    fn states(&self, batch: &[&[u32]]) -> candle_core::Result<Tensor> {
        let lengths: Vec<usize> = batch.iter().map(|text| text.len()).collect();
        let ids = batch.concat();
        let places: Vec<u32> = batch.iter().flat_map(|text| (0u32..).take(text.len())).collect();
        let tokens = ids.len();
        let mut states = self.words.index_select(&Tensor::from_vec(ids, tokens, &self.device)?, 0)?;
        let positions = self.positions.index_select(&Tensor::from_vec(places, tokens, &self.device)?, 0)?;
        states.inplace_op2(&positions, &self.embeddings_norm)?;
        for layer in &self.layers {
            let attended = self.attention(layer, &states, &lengths)?;
            let merged = attended.matmul(&layer.merge)?;
            merged.inplace_op2(&states, &layer.merge_norm)?;
            let wide = merged.matmul(&layer.widen)?;
            wide.inplace_op1(&layer.widen_gelu)?;
            states = wide.matmul(&layer.narrow)?;
            states.inplace_op2(&merged, &layer.narrow_norm)?;
        }
        Ok(states)
    }

    /// Multi-head attention within each text: Vaswani et al., 2017, arXiv:1706.03762, section 3.2.
    fn attention(&self, layer: &Layer, states: &Tensor, lengths: &[usize]) -> candle_core::Result<Tensor> {
        let (heads, width) = (self.heads, self.hidden_size / self.heads);
        let all = states.matmul(&layer.attend)?;
        all.inplace_op1(&layer.attend_bias)?;
        let all = all.reshape((states.dim(0)?, 3, heads, width))?;
        #[allow(clippy::cast_precision_loss)] // a head has some tens of numbers
        let scale = 1.0 / (width as f32).sqrt();
        let mut start = 0;
        let mut attended = Vec::with_capacity(lengths.len());
        for length in lengths {
            let own = all.narrow(0, start, *length)?;
            start += length;
            // `[heads, tokens, width]`, without a copy: matrix products read strided rows.
            let part = |which: usize| own.narrow(1, which, 1)?.squeeze(1)?.transpose(0, 1);
            let scores = part(0)?.matmul(&part(1)?.transpose(1, 2)?)?;
            scores.inplace_op1(&Softmax { scale, width: *length })?;
            let mixed = scores.matmul(&part(2)?)?;
            attended.push(mixed.transpose(0, 1)?.contiguous()?.reshape((*length, self.hidden_size))?);
        }
        Tensor::cat(&attended, 0)
    }
}

impl Layer {
    fn new(config: &Config, variables: &VarBuilder<'_>) -> candle_core::Result<Self> {
        let (hidden, wide) = (config.hidden_size, config.intermediate_size);
        let weight = |name: &str, out, input| variables.pp(name).get((out, input), "weight");
        let bias = |name: &str, out: usize| variables.pp(name).get(out, "bias")?.to_vec1::<f32>();
        let norm = |name: &str, bias| residual_norm(bias, &variables.pp(name), hidden, config.layer_norm_eps);
        let own = ["attention.self.query", "attention.self.key", "attention.self.value"];
        let attend = own.iter().map(|name| weight(name, hidden, hidden)).collect::<candle_core::Result<Vec<_>>>()?;
        let attend_bias = own.iter().map(|name| bias(name, hidden)).collect::<candle_core::Result<Vec<_>>>()?;
        Ok(Self {
            attend: Tensor::cat(&attend, 0)?.t()?,
            attend_bias: Bias(attend_bias.concat()),
            merge: weight("attention.output.dense", hidden, hidden)?.t()?,
            merge_norm: norm("attention.output.LayerNorm", bias("attention.output.dense", hidden)?)?,
            widen: weight("intermediate.dense", wide, hidden)?.t()?,
            widen_gelu: BiasGelu(bias("intermediate.dense", wide)?),
            narrow: weight("output.dense", hidden, wide)?.t()?,
            narrow_norm: norm("output.LayerNorm", bias("output.dense", hidden)?)?,
        })
    }
}

fn residual_norm(
    bias: Vec<f32>,
    norm: &VarBuilder<'_>,
    width: usize,
    epsilon: f64,
) -> candle_core::Result<ResidualNorm> {
    let vector = |name| norm.get(width, name)?.to_vec1();
    #[allow(clippy::cast_possible_truncation)] // 1e-12 fits into 32 bits
    let epsilon = epsilon as f32;
    Ok(ResidualNorm { bias, weight: vector("weight")?, offset: vector("bias")?, epsilon })
}

fn variables(path: &Path) -> candle_core::Result<VarBuilder<'static>> {
    // SAFETY: the file is mapped for reading while the weights are copied out of it, and is not kept mapped. Whoever
    // cuts a model's file in that moment ends the process; fetching never does, it renames.
    #[allow(unsafe_code)]
    unsafe {
        VarBuilder::from_mmaped_safetensors(&[path], DType::F32, &Device::Cpu)
    }
}

/// candle's errors end in a backtrace; the first line says what happened.
fn short(error: &candle_core::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use candle_transformers::models::bert::BertModel;

    use super::*;

    #[test]
    fn the_packed_network_computes_what_the_padded_and_masked_one_does() {
        let folder = Path::new("tests/data/tiny-bert");
        let config: Config =
            serde_json::from_str(&fs_err::read_to_string(folder.join("config.json")).unwrap()).unwrap();
        let variables = variables(&folder.join("model.safetensors")).unwrap();
        let reference = BertModel::load(variables, &config).unwrap();
        let batch: [&[u32]; 3] = [&[2, 40, 50, 60, 70, 3], &[2, 3], &[2, 99, 3]];
        let longest = batch[0].len();
        let mut ids = vec![0u32; batch.len() * longest];
        let mut mask = vec![0f32; batch.len() * longest];
        for (row, text) in batch.iter().enumerate() {
            ids[row * longest..][..text.len()].copy_from_slice(text);
            mask[row * longest..][..text.len()].fill(1.0);
        }
        let ids = Tensor::from_vec(ids, (batch.len(), longest), &Device::Cpu).unwrap();
        let mask = Tensor::from_vec(mask, (batch.len(), longest), &Device::Cpu).unwrap();
        let wanted = reference.forward(&ids, &ids.zeros_like().unwrap(), Some(&mask)).unwrap();
        let found = Network::load(folder).unwrap().states(&batch).unwrap();
        let mut start = 0;
        for (row, text) in batch.iter().enumerate() {
            let found = found.narrow(0, start, text.len()).unwrap();
            let wanted = wanted.get(row).unwrap().narrow(0, 0, text.len()).unwrap();
            let difference = (found - wanted).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap();
            assert!(difference < 1e-5, "text {row}: {difference}");
            start += text.len();
        }
    }
}
