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
        let load = || Encoder::load(&self.path, &self.manifest, self.dimension, self.kernel);
        let encoder = if threads.current_thread_index().is_some() { load() } else { beside(|| threads.install(load)) };
        let encoder = encoder?;
        Ok(self.loaded.get_or_init(|| encoder))
    }

    /// The encoder, if it has been loaded.
    pub fn loaded(&self) -> Option<&Encoder> {
        self.loaded.get()
    }
}

/// Runs work on a thread of its own. A thread of another pool that waited for this pool would do other tasks of its own meanwhile,
/// which may want the same encoder, and would wait for themselves.
fn beside<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(work).join()).unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;
    use std::sync::mpsc;
    use std::time::Duration;

    use rayon::prelude::*;

    use super::*;
    use crate::embed::threads::pool_of;

    #[test]
    fn tasks_of_another_pool_can_all_want_the_encoder() {
        let model = ModelFolder::open(Path::new("tests/data/tiny-bert")).unwrap();
        let (done, finished) = mpsc::channel();
        let lazy = Arc::new(Lazy::new(&model, None));
        std::thread::spawn(move || {
            let (own, callers) = (pool_of(1, "own").unwrap(), pool_of(2, "callers").unwrap());
            callers.install(|| (0..64).into_par_iter().for_each(|_| assert!(lazy.get(&own).is_ok())));
            done.send(()).unwrap();
        });
        assert!(finished.recv_timeout(Duration::from_mins(2)).is_ok(), "the tasks wait for each other");
    }
}
