//! What does an architecture declare so that the program can load and run it?

use std::fmt;
use std::path::Path;

use serde::{Serialize, Serializer};

#[cfg(any(feature = "cuda", feature = "metal"))]
use super::gpu::Gpu;
use super::network::{CrossEncoder, Network};
use crate::embed::kernel::Kernel;
use crate::error::Result;

/// A kind of network, or none but a vector for each token.
#[derive(Clone, Copy)]
pub struct Architecture {
    /// In manifests.
    pub(super) name: &'static str,
    /// In messages.
    pub(super) title: &'static str,
    /// In `config.json`; none where that need not name it.
    pub(super) model_type: Option<&'static str>,
    /// How it is loaded from the folder of its files.
    pub(in crate::embed) load: Load,
    /// How it is loaded with a classifier behind it, where that is implemented.
    pub(super) cross_encoder: Option<CrossEncoderLoader>,
}

/// How a network is loaded with a classifier behind it.
pub(in crate::embed) type CrossEncoderLoader = fn(&Path, Kernel) -> Result<Box<dyn CrossEncoder>>;

/// How an architecture is loaded.
#[derive(Clone, Copy)]
pub(in crate::embed) enum Load {
    Network(NetworkLoader),
    /// There is no network: texts have no special tokens, and perhaps none that is known.
    Lookup(LookupLoader),
}

/// How a table of vectors is loaded; given is the token of what the vocabulary does not have.
pub(in crate::embed) type LookupLoader = fn(&Path, Option<u32>) -> Result<Box<dyn Network>>;

/// How a network is loaded; packing its weights uses the threads of the current pool.
#[derive(Clone, Copy)]
pub(in crate::embed) struct NetworkLoader {
    pub by_kernel: fn(&Path, Kernel) -> Result<Box<dyn Network>>,
    /// None where that is not implemented.
    #[cfg(any(feature = "cuda", feature = "metal"))]
    pub by_gpu: Option<fn(&Path, Gpu) -> Result<Box<dyn Network>>>,
}

impl NetworkLoader {
    /// Of a network that no GPU runs.
    pub const fn by_kernel(by_kernel: fn(&Path, Kernel) -> Result<Box<dyn Network>>) -> Self {
        Self {
            by_kernel,
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

/// By its name.
impl Serialize for Architecture {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name)
    }
}
