//! Loads an encoder when it is first used. Some models use one network for papers and a smaller one for queries; a search then
//! loads only the smaller one.

use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

use rayon::ThreadPool;

use super::encoder::Encoder;
use super::files::{Manifest, ModelFolder};
use super::kernel::Kernel;
use crate::error::Result;

/// An encoder that is loaded on first use.
pub(super) struct Lazy {
    path: PathBuf,
    manifest: Manifest,
    dimension: usize,
    kernel: Option<Kernel>,
    loaded: OnceLock<Encoder>,
    loading: Mutex<()>,
}

impl Lazy {
    pub fn new(folder: &ModelFolder, kernel: Option<Kernel>) -> Self {
        let ModelFolder { path, manifest, fingerprint, .. } = folder;
        let (path, manifest) = (path.clone(), manifest.clone());
        Self {
            path,
            manifest,
            dimension: fingerprint.dimension,
            kernel,
            loaded: OnceLock::new(),
            loading: Mutex::new(()),
        }
    }

    /// The encoder. It is loaded on these threads if it has not been loaded yet.
    pub fn get(&self, threads: &ThreadPool) -> Result<&Encoder> {
        if let Some(encoder) = self.loaded.get() {
            return Ok(encoder);
        }
        let _alone = self.loading.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(encoder) = self.loaded.get() {
            return Ok(encoder);
        }
        let encoder = threads.install(|| Encoder::load(&self.path, &self.manifest, self.dimension, self.kernel))?;
        Ok(self.loaded.get_or_init(|| encoder))
    }

    /// The encoder, if it has been loaded.
    pub fn loaded(&self) -> Option<&Encoder> {
        self.loaded.get()
    }
}
