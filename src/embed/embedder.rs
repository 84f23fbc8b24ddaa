//! How are texts embedded by a model, from beginning to end? Looked up among those of before, tokenised, computed in batches by
//! threads of the model's own, and kept.

use std::path::Path;
use std::sync::mpsc;

use rayon::ThreadPool;

use super::cache::Cache;
use super::encoder::Encoder;
use super::files::{Fingerprint, ModelFolder, Task};
use super::kernel::Kernel;
use super::lazy::Lazy;
use super::models::Scratch;
use super::runner::runner_name;
use super::text::{Embedded, Role, Text};
use super::threads::{batches, in_parallel, pool_of};
use super::tokenize::Tokens;
use crate::error::{Error, Result};
use crate::progress::{Progress, Silent};

/// A model, loaded.
pub struct Embedder {
    of_passages: Lazy,
    /// For questions, where another model embeds them.
    of_queries: Option<Lazy>,
    runner_name: &'static str,
    threads: ThreadPool,
    /// From where it was loaded.
    folder: ModelFolder,
    kernel: Option<Kernel>,
    /// What has been embedded before; nothing is kept unless that was asked for.
    cache: Option<Cache>,
}

impl Embedder {
    /// Loads a model to run on `threads` CPU threads, with the fastest kernel or the one that `PAPERKIN_KERNEL`
    /// names; by the GPU instead, if the program was built for it (feature `cuda` or `metal`) and none is named. Where
    /// questions have a model of their own, each is loaded when it is first needed.
    ///
    /// # Errors
    /// When a file of the model is broken, or the kernel named does not run here.
    pub fn load(folder: &ModelFolder, threads: usize) -> Result<Self> {
        Self::load_with(folder, threads, None)
    }

    /// Loads a model to be run by this kernel.
    ///
    /// # Errors
    /// When a file of the model is broken.
    pub fn load_for(folder: &ModelFolder, threads: usize, kernel: Kernel) -> Result<Self> {
        Self::load_with(folder, threads, Some(kernel))
    }

    fn load_with(folder: &ModelFolder, threads: usize, kernel: Option<Kernel>) -> Result<Self> {
        folder.check_task(Task::Embed)?;
        let threads = pool_of(threads, "embed")?;
        let of_passages = Lazy::new(folder, kernel);
        let of_queries = folder.queries.as_ref().map(|queries| Lazy::new(queries, kernel));
        let runner_name = if of_queries.is_some() {
            kernel.map_or_else(runner_name, |kernel| Ok(kernel.name()))?
        } else {
            of_passages.get(&threads)?.network().runner_name()
        };
        Ok(Self { of_passages, of_queries, runner_name, threads, folder: folder.clone(), kernel, cache: None })
    }

    /// The same model, loaded once more, with threads of its own: what it computes keeps nobody waiting who asks this one.
    ///
    /// # Errors
    /// When a file of the model is broken by now.
    pub(crate) fn again(&self) -> Result<Self> {
        Self::load_with(&self.folder, self.threads(), self.kernel)
    }

    fn encoder(&self, role: Role) -> Result<&Encoder> {
        match (role, &self.of_queries) {
            (Role::Query, Some(queries)) => queries.get(&self.threads),
            _ => self.of_passages.get(&self.threads),
        }
    }

    /// Whether the network for texts of this role is in memory.
    #[must_use]
    pub fn has_loaded(&self, role: Role) -> bool {
        match (role, &self.of_queries) {
            (Role::Query, Some(queries)) => queries.loaded().is_some(),
            _ => self.of_passages.loaded().is_some(),
        }
    }

    /// Looks for every text among those embedded before, and keeps what is embedded, in files in this folder.
    ///
    /// # Errors
    /// [`Error::VectorCache`]; when the folder cannot be made.
    pub fn with_cache(self, folder: &Path) -> Result<Self> {
        let cache = Cache::open(folder, self.fingerprint(), self.runner_name())?;
        Ok(Self { cache: Some(cache), ..self })
    }

    /// Where vectors are kept, if they are.
    #[must_use]
    pub(crate) fn cache(&self) -> Option<&Cache> {
        self.cache.as_ref()
    }

    /// The threads that compute.
    #[must_use]
    pub(crate) fn pool(&self) -> &ThreadPool {
        &self.threads
    }

    /// How many threads compute.
    #[must_use]
    pub(crate) fn threads(&self) -> usize {
        self.threads.current_num_threads()
    }

    /// By what texts are embedded: the name of a kernel, or of a GPU.
    #[must_use]
    pub(crate) fn runner_name(&self) -> &'static str {
        self.runner_name
    }

    /// Whether the model was trained so that vectors can be cut (the manifest says so).
    #[must_use]
    pub(crate) fn is_matryoshka(&self) -> bool {
        self.folder.manifest.matryoshka
    }

    /// What the vectors depend on.
    #[must_use]
    pub fn fingerprint(&self) -> &Fingerprint {
        self.folder.fingerprint()
    }

    /// Embeds one text.
    ///
    /// # Errors
    /// When the model cannot be run on it.
    pub fn embed_one(&self, role: Role, text: &str) -> Result<Embedded> {
        if let Some(kept) = self.cache.as_ref().and_then(|cache| cache.get(role, &[text]).remove(0)) {
            return Ok(kept);
        }
        let embedded = self.compute_one(role, text)?;
        if let Some(cache) = &self.cache {
            cache.put(role, [(&text, &embedded)]);
        }
        Ok(embedded)
    }

    /// Embeds one text on the model's threads while this thread runs `work`. The closure that `work` is given waits for the embedding.
    pub(crate) fn embed_one_beside<T>(
        &self,
        role: Role,
        text: &str,
        work: impl FnOnce(&dyn Fn() -> Result<Embedded>) -> T,
    ) -> T {
        let (send, receive) = mpsc::sync_channel(1);
        self.threads.in_place_scope(|scope| {
            scope.spawn(move |_| {
                let _ = send.send(self.embed_one(role, text));
            });
            // The channel holds one embedding, and none if the task panicked.
            work(&|| receive.recv().unwrap_or_else(|_| self.embed_one(role, text)))
        })
    }

    fn compute_one(&self, role: Role, text: &str) -> Result<Embedded> {
        let encoder = self.encoder(role)?;
        self.threads.install(|| {
            let tokens = encoder.tokenize(role, &text.into())?;
            let embedded = encoder.encode(role, &[&tokens], &mut Scratch::shared())?;
            embedded.into_iter().next().ok_or(Error::NoDirection { length: 0.0 })
        })
    }

    /// Embeds texts; the answers are in their order.
    ///
    /// # Errors
    /// When the model cannot be run.
    pub fn embed<T: AsRef<str> + Sync>(&self, role: Role, texts: &[T]) -> Result<Vec<Embedded>> {
        let texts: Vec<Text<'_>> = texts.iter().map(|text| text.as_ref().into()).collect();
        Ok(self.embed_watched(role, &texts, &Silent)?.into_iter().flatten().collect())
    }

    /// Embeds texts, with their parts, until `progress` says to stop; what was not reached by then is `None`.
    ///
    /// # Errors
    /// When the model cannot be run.
    pub fn embed_watched(
        &self,
        role: Role,
        texts: &[Text<'_>],
        progress: &dyn Progress,
    ) -> Result<Vec<Option<Embedded>>> {
        let Some(cache) = &self.cache else { return self.compute(role, texts, progress) };
        let mut embedded = cache.get(role, texts);
        let missing = embedded.iter().zip(texts).filter(|(kept, _)| kept.is_none());
        let missing: Vec<Text<'_>> = missing.map(|(_, text)| text.clone()).collect();
        let computed = self.compute(role, &missing, progress)?;
        cache.put(role, missing.iter().zip(&computed).filter_map(|(text, computed)| Some((text, computed.as_ref()?))));
        for (place, computed) in embedded.iter_mut().filter(|kept| kept.is_none()).zip(computed) {
            *place = computed;
        }
        Ok(embedded)
    }

    fn compute(&self, role: Role, texts: &[Text<'_>], progress: &dyn Progress) -> Result<Vec<Option<Embedded>>> {
        let encoder = self.encoder(role)?;
        let tokenize = |place: usize, (): &mut ()| encoder.tokenize(role, &texts[place]);
        let tokens = in_parallel(&self.threads, texts.len(), &Silent, tokenize)?;
        let tokens: Vec<Tokens> = tokens.into_iter().flatten().collect();
        let lengths: Vec<usize> = tokens.iter().map(|tokens| tokens.ids.len()).collect();
        let batches = batches(&lengths, encoder.network().batch_tokens());
        let computed = in_parallel(&self.threads, batches.len(), progress, |batch, scratch| {
            let batch: Vec<&Tokens> = batches[batch].iter().map(|place| &tokens[*place]).collect();
            let embedded = encoder.encode(role, &batch, scratch)?;
            progress.embedded(embedded.len());
            Ok(embedded)
        })?;
        let mut embedded: Vec<Option<Embedded>> = vec![None; tokens.len()];
        for (batch, computed) in batches.iter().zip(computed) {
            for (place, computed) in batch.iter().zip(computed.into_iter().flatten()) {
                embedded[*place] = Some(computed);
            }
        }
        Ok(embedded)
    }
}
