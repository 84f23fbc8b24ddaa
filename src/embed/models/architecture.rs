//! What an architecture declares, so that its models can be loaded and run.

use std::fmt;
use std::path::Path;

use serde::{Serialize, Serializer};

#[cfg(any(feature = "cuda", feature = "metal"))]
use super::gpu::Gpu;
use super::network::{CrossEncoder, Network};
use crate::embed::kernel::Kernel;
use crate::error::Result;

/// A kind of network, or a table of token embeddings without a network.
#[derive(Clone, Copy)]
pub struct Architecture {
    /// The name in manifests.
    pub(super) name: &'static str,
    /// The name in messages.
    pub(super) title: &'static str,
    /// The `model_type` in `config.json`; `None` if the file need not have it.
    pub(super) model_type: Option<&'static str>,
    /// The loader, given the folder of the model's files.
    pub(in crate::embed) load: Load,
    /// The loader of the network with a classifier, if that is implemented.
    pub(super) cross_encoder: Option<CrossEncoderLoader>,
}

/// Loads a network with a classifier.
pub(in crate::embed) type CrossEncoderLoader = fn(&Path, Kernel) -> Result<Box<dyn CrossEncoder>>;

/// How an architecture is loaded.
#[derive(Clone, Copy)]
pub(in crate::embed) enum Load {
    Network(NetworkLoader),
    /// No network. Texts have no special tokens, and possibly only unknown ones.
    Lookup(LookupLoader),
}

/// Loads a table of token embeddings. The argument is the id of the token for unknown words.
pub(in crate::embed) type LookupLoader = fn(&Path, Option<u32>) -> Result<Box<dyn Network>>;

/// The loaders of a network. They pack weights on the threads of the current pool.
#[derive(Clone, Copy)]
pub(in crate::embed) struct NetworkLoader {
    pub by_kernel: fn(&Path, Kernel) -> Result<Box<dyn Network>>,
    /// Reads the limits from the folder of the network's files, without loading it.
    pub limits: fn(&Path) -> Result<Limits>,
    /// `None` if running on a GPU is not implemented.
    #[cfg(any(feature = "cuda", feature = "metal"))]
    pub by_gpu: Option<fn(&Path, Gpu) -> Result<Box<dyn Network>>>,
}

/// The limits that `config.json` states.
pub(in crate::embed) struct Limits {
    /// Number of dimensions of a token embedding.
    pub hidden: usize,
    /// Maximum number of tokens of a text.
    pub longest: usize,
}

impl NetworkLoader {
    /// The loader of a network that cannot run on a GPU.
    pub const fn by_kernel(
        by_kernel: fn(&Path, Kernel) -> Result<Box<dyn Network>>,
        limits: fn(&Path) -> Result<Limits>,
    ) -> Self {
        Self {
            by_kernel,
            limits,
            #[cfg(any(feature = "cuda", feature = "metal"))]
            by_gpu: None,
        }
    }
}

impl PartialEq for Architecture {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Architecture {}

impl fmt::Debug for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title)
    }
}

/// An architecture is serialised as its name.
impl Serialize for Architecture {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name)
    }
}
