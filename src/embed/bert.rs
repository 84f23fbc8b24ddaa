//! The network: BERT, by candle, in f32. Half precision gives NaN with candle's mask.

use std::path::Path;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};

use super::pool;
use crate::error::{Error, Result};

pub(super) struct Network {
    model: BertModel,
    hidden_size: usize,
    vocabulary: usize,
    padding: u32,
    device: Device,
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
        let device = Device::Cpu;
        let weights = folder.join("model.safetensors");
        // SAFETY: the file is mapped for reading while the weights are copied out of it below, and is not kept mapped.
        // Whoever cuts a model's file in that moment ends the process; fetching never does, it renames.
        #[allow(unsafe_code)]
        let variables = unsafe { VarBuilder::from_mmaped_safetensors(&[&weights], DType::F32, &device) };
        let variables = variables.map_err(|error| broken("model.safetensors", short(&error)))?;
        let model = BertModel::load(variables, &config).map_err(|error| broken("model.safetensors", short(&error)))?;
        Ok(Self {
            model,
            hidden_size: config.hidden_size,
            vocabulary: config.vocab_size,
            padding: u32::try_from(config.pad_token_id).unwrap_or(0),
            device,
        })
    }

    pub fn hidden_size(&self) -> usize {
        self.hidden_size
    }

    /// Whether the network has a vector for every token of a tokenizer.
    pub fn knows(&self, ids: &[u32]) -> bool {
        ids.iter().all(|id| (*id as usize) < self.vocabulary)
    }

    /// Computes the pooled vector of each text of a batch, not yet of unit length.
    ///
    /// The batch is padded to its longest text and always masked: without a mask, candle attends to the padding.
    pub fn forward(&self, batch: &[&[u32]]) -> Result<Vec<Vec<f32>>> {
        let longest = batch.iter().map(|ids| ids.len()).max().unwrap_or(0);
        let shape = (batch.len(), longest);
        let mut ids = vec![self.padding; batch.len() * longest];
        let mut mask = vec![0f32; batch.len() * longest];
        for (row, text) in batch.iter().enumerate() {
            let start = row * longest;
            ids[start..start + text.len()].copy_from_slice(text);
            mask[start..start + text.len()].fill(1.0);
        }
        let ids = Tensor::from_vec(ids, shape, &self.device)?;
        let mask = Tensor::from_vec(mask, shape, &self.device)?;
        let states = self.model.forward(&ids, &ids.zeros_like()?, Some(&mask))?;
        let states: Vec<f32> = states.flatten_all()?.to_vec1()?;
        let width = longest * self.hidden_size;
        Ok(batch
            .iter()
            .zip(states.chunks_exact(width))
            .map(|(text, states)| pool::mean(&states[..text.len() * self.hidden_size], self.hidden_size))
            .collect())
    }
}

/// candle's errors end in a backtrace; the first line says what happened.
fn short(error: &candle_core::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().trim().to_owned()
}
