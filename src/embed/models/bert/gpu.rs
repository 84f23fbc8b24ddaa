//! BERT on a GPU, in a program built with the feature `cuda` or `metal`. Batches of all threads are run one after the other.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::super::gpu::Gpu;
use super::super::network::{Network, Sizes, States};
use super::super::scratch::Scratch;
use super::config::Config;
use super::device::DeviceBert;
use super::kinds::KIND_BERT;
use crate::error::{Error, Result};

/// Number of tokens per batch.
const TOKENS: usize = 32_768;

struct OnGpu {
    network: Mutex<DeviceBert>,
    name: &'static str,
    sizes: Sizes,
}

/// Loads the network to run on this GPU.
pub(super) fn load(folder: &Path, Gpu { device, dtype, name }: Gpu) -> Result<Box<dyn Network>> {
    let config = Config::read(&KIND_BERT, folder)?;
    let network = DeviceBert::load(folder, &config, device, dtype).map_err(|error| {
        let reason = error.to_string().lines().next().unwrap_or_default().trim().to_owned();
        Error::ModelFileBroken { path: folder.join("model.safetensors"), reason }
    })?;
    let sizes =
        Sizes { hidden: config.hidden_size, vocabulary: config.vocab_size, longest: config.max_position_embeddings };
    Ok(Box::new(OnGpu { network: network.into(), name, sizes }))
}

impl Network for OnGpu {
    fn runner_name(&self) -> &'static str {
        self.name
    }

    fn sizes(&self) -> Sizes {
        self.sizes
    }

    fn batch_tokens(&self) -> usize {
        TOKENS
    }

    fn shares_products(&self) -> bool {
        false
    }

    fn states(&self, batch: &[&[u32]], _: &mut Scratch) -> Result<States<'_>> {
        let network = self.network.lock().unwrap_or_else(PoisonError::into_inner);
        let states = network.states(batch).map_err(|error| Error::Inference { reason: error.to_string() })?;
        Ok(States::Computed(states))
    }
}
