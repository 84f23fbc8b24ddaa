//! What runs the network: a kernel of the processor, or a GPU, where the program was built for one.

use std::path::Path;

use candle_transformers::models::bert::{Config, HiddenAct};
use serde::de::DeserializeOwned;

use super::Kernel;
use super::bert::{self, Scratch};
#[cfg(any(feature = "cuda", feature = "metal"))]
use super::device;
use super::manifest::Architecture;
use super::{lookup, modernbert, nomic, rotary};
use crate::error::{Error, Result};

/// A network, ready to run.
pub(super) struct Runner {
    engine: Engine,
    hidden_size: usize,
    vocabulary: usize,
    longest: usize,
}

enum Engine {
    Bert(bert::Network),
    Rotary(rotary::Network),
    Lookup(lookup::Network),
    #[cfg(any(feature = "cuda", feature = "metal"))]
    Device {
        network: std::sync::Mutex<device::Network>,
        name: &'static str,
    },
}

/// Tokens of a batch that are only looked up.
const LOOKED_UP: usize = 4096;

/// Tokens of a batch for a GPU.
#[cfg(any(feature = "cuda", feature = "metal"))]
const DEVICE_TOKENS: usize = 32_768;

/// By what texts are embedded here: a kernel's name, or a GPU's.
///
/// # Errors
/// [`Error::UnknownKernel`] when `PAPERKIN_KERNEL` names none that runs here.
pub fn runner_name() -> Result<&'static str> {
    #[cfg(any(feature = "cuda", feature = "metal"))]
    if Kernel::forced().is_none()
        && let Some((_, _, name)) = device::find()
    {
        return Ok(name);
    }
    Ok(Kernel::choose()?.name())
}

impl Runner {
    /// Loads a network to be run by a GPU, if the program was built for one and there is one, else by the fastest kernel;
    /// by the one that `PAPERKIN_KERNEL` names, if it names one. A GPU runs BERT alone.
    pub fn load(folder: &Path, architecture: Architecture) -> Result<Self> {
        #[cfg(any(feature = "cuda", feature = "metal"))]
        if architecture == Architecture::Bert
            && Kernel::forced().is_none()
            && let Some((device, dtype, name)) = device::find()
        {
            let config = config(folder)?;
            let network = device::Network::load(folder, &config, device, dtype).map_err(|error| {
                let reason = error.to_string().lines().next().unwrap_or_default().trim().to_owned();
                Error::ModelFileBroken { path: folder.join("model.safetensors"), reason }
            })?;
            let engine = Engine::Device { network: network.into(), name };
            let Config { hidden_size, vocab_size, max_position_embeddings, .. } = config;
            return Ok(Self { engine, hidden_size, vocabulary: vocab_size, longest: max_position_embeddings });
        }
        Self::load_for(folder, architecture, Kernel::choose()?)
    }

    /// Loads a network to be run by this kernel. Packing its weights uses the threads of the current pool.
    pub fn load_for(folder: &Path, architecture: Architecture, kernel: Kernel) -> Result<Self> {
        match architecture {
            Architecture::Bert => {
                let config = config(folder)?;
                let engine = Engine::Bert(bert::Network::load(folder, &config, kernel)?);
                let Config { hidden_size, vocab_size, max_position_embeddings, .. } = config;
                Ok(Self { engine, hidden_size, vocabulary: vocab_size, longest: max_position_embeddings })
            }
            Architecture::ModernBert => {
                let config: modernbert::Config = read_config(folder, modernbert::Config::check)?;
                let engine = Engine::Rotary(modernbert::load(folder, &config, kernel)?);
                let modernbert::Config { hidden_size, vocab_size, max_position_embeddings, .. } = config;
                Ok(Self { engine, hidden_size, vocabulary: vocab_size, longest: max_position_embeddings })
            }
            Architecture::NomicBert => {
                let config: nomic::Config = read_config(folder, nomic::Config::check)?;
                let engine = Engine::Rotary(nomic::load(folder, &config, kernel)?);
                let nomic::Config { hidden_size, vocab_size, max_position_embeddings, .. } = config;
                Ok(Self { engine, hidden_size, vocabulary: vocab_size, longest: max_position_embeddings })
            }
            Architecture::Static => Self::lookup(folder, None),
        }
    }

    /// A model without a network; `unknown` is the token of what it does not know.
    pub fn lookup(folder: &Path, unknown: Option<u32>) -> Result<Self> {
        let network = lookup::Network::load(folder, unknown)?;
        let (hidden_size, vocabulary) = (network.width(), network.vocabulary());
        Ok(Self { engine: Engine::Lookup(network), hidden_size, vocabulary, longest: usize::MAX })
    }

    pub fn name(&self) -> &'static str {
        match &self.engine {
            Engine::Lookup(_) => "lookup",
            Engine::Bert(network) => network.kernel().name(),
            Engine::Rotary(network) => network.kernel.name(),
            #[cfg(any(feature = "cuda", feature = "metal"))]
            Engine::Device { name, .. } => name,
        }
    }

    pub fn hidden_size(&self) -> usize {
        self.hidden_size
    }

    /// Tokens that are best computed together.
    pub fn tokens(&self) -> usize {
        match &self.engine {
            Engine::Bert(network) => network.kernel().tokens(),
            Engine::Rotary(network) => network.kernel.tokens(),
            Engine::Lookup(_) => LOOKED_UP,
            #[cfg(any(feature = "cuda", feature = "metal"))]
            Engine::Device { .. } => DEVICE_TOKENS,
        }
    }

    /// Whether the network has a vector for every token, and a place for it.
    pub fn knows(&self, ids: &[u32]) -> bool {
        ids.len() <= self.longest && ids.iter().all(|id| (*id as usize) < self.vocabulary)
    }

    /// Computes the last layer's vectors of all tokens, text after text: `[tokens, hidden]`.
    pub fn states(&self, batch: &[&[u32]], scratch: &mut Scratch) -> Result<Vec<f32>> {
        match &self.engine {
            Engine::Bert(network) => network.states(batch, scratch),
            Engine::Rotary(network) => network.states(batch, scratch),
            Engine::Lookup(network) => network.states(batch),
            #[cfg(any(feature = "cuda", feature = "metal"))]
            Engine::Device { network, .. } => {
                let network = network.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                network.states(batch).map_err(|error| Error::Inference { reason: error.to_string() })
            }
        }
    }
}

/// Reads `config.json` of a BERT.
pub(super) fn config(folder: &Path) -> Result<Config> {
    read_config(folder, |config: &Config| {
        let (hidden, heads) = (config.hidden_size, config.num_attention_heads);
        if heads == 0 || hidden == 0 || !hidden.is_multiple_of(heads) || config.intermediate_size == 0 {
            return Err("`hidden_size` must be a multiple of `num_attention_heads`, and no size may be 0".to_owned());
        }
        if config.hidden_act != HiddenAct::Gelu {
            return Err("a `hidden_act` of `gelu` is implemented, found another".to_owned());
        }
        Ok(())
    })
}

fn read_config<T: DeserializeOwned>(folder: &Path, check: impl Fn(&T) -> Result<(), String>) -> Result<T> {
    let path = folder.join("config.json");
    let text = fs_err::read_to_string(&path)?;
    let config: Result<T, String> = serde_json::from_str(&text).map_err(|error| error.to_string());
    let checked = config.and_then(|config| check(&config).map(|()| config));
    checked.map_err(|reason| Error::ModelFileBroken { path, reason })
}
