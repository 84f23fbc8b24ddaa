//! Embeds texts with a model: looks them up in the cache, tokenises the others, computes them in batches on the model's own
//! threads, and adds them to the cache.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};

use rayon::ThreadPool;

use super::cache::Cache;
use super::embedding::Embedding;
use super::encoder::Encoder;
use super::files::{Fingerprint, ModelFolder, Task};
use super::kernel::Kernel;
use super::kernel::team::Team;
use super::lazy::Lazy;
use super::models::Scratch;
use super::runner::runner_name;
use super::scripts::Scripts;
use super::text::{Embedded, Role, Text};
use super::threads::{batches, in_parallel, pool_of};
use super::tokenize::Tokens;
use crate::error::{Error, Result};
use crate::progress::{Progress, Silent};

/// Maximum number of texts that a static model embeds on the calling thread. `add` uses the other cores for its other stages, and
/// the sentences of a page of hits take about a millisecond.
const FEW: usize = 128;

/// A loaded embedding model with its own threads.
pub struct Embedder {
    of_passages: Lazy,
    /// The encoder for queries, if another model embeds them.
    of_queries: Option<Lazy>,
    runner_name: &'static str,
    threads: ThreadPool,
    /// Idle pools of one thread each, for [`Embedder::embed_one_beside`]. There are at most as many as concurrent calls so far.
    /// One larger pool is slower: its idle threads would search for tasks for a while, on a core that is needed.
    beside: Mutex<Vec<ThreadPool>>,
    /// Number of calls that are embedding a single text at the moment.
    leading: AtomicUsize,
    /// The folder that the model was loaded from.
    folder: ModelFolder,
    kernel: Option<Kernel>,
    /// The cache of embeddings, if [`Embedder::with_cache`] set one.
    cache: Option<Cache>,
}

impl Embedder {
    /// Loads a model to run on `threads` CPU threads, with the fastest kernel or the one that `PAPERKIN_KERNEL` names. If the
    /// program was built with the feature `cuda` or `metal`, a GPU is used unless a kernel is named. If another model embeds
    /// queries, each of the two is loaded when it is first needed.
    ///
    /// # Errors
    /// When a file of the model is broken, or the named kernel does not run on this processor.
    pub fn load(folder: &ModelFolder, threads: usize) -> Result<Self> {
        Self::load_with(folder, threads, None)
    }

    /// Loads a model to run with the given kernel.
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
        let (beside, leading, folder) = (Mutex::default(), AtomicUsize::new(0), folder.clone());
        Ok(Self { of_passages, of_queries, runner_name, threads, beside, leading, folder, kernel, cache: None })
    }

    /// Loads the same model once more, with its own threads, so that its work does not delay callers of `self`.
    ///
    /// # Errors
    /// When a file of the model has become unreadable or broken.
    pub(crate) fn again(&self) -> Result<Self> {
        Self::load_with(&self.folder, self.threads(), self.kernel)
    }

    fn encoder(&self, role: Role) -> Result<&Encoder> {
        match (role, &self.of_queries) {
            (Role::Query, Some(queries)) => queries.get(&self.threads),
            _ => self.of_passages.get(&self.threads),
        }
    }

    /// Whether the network for texts with this role is in memory.
    #[must_use]
    pub fn has_loaded(&self, role: Role) -> bool {
        match (role, &self.of_queries) {
            (Role::Query, Some(queries)) => queries.loaded().is_some(),
            _ => self.of_passages.loaded().is_some(),
        }
    }

    /// Looks up every text in a cache in this folder before it is embedded, and adds the new embeddings.
    ///
    /// # Errors
    /// [`Error::VectorCache`]; or when the folder cannot be created.
    pub fn with_cache(self, folder: &Path) -> Result<Self> {
        let cache = Cache::open(folder, self.fingerprint(), self.runner_name())?;
        Ok(Self { cache: Some(cache), ..self })
    }

    /// The cache of embeddings, if there is one.
    #[must_use]
    pub(crate) fn cache(&self) -> Option<&Cache> {
        self.cache.as_ref()
    }

    /// Number of threads that compute.
    #[must_use]
    pub(crate) fn threads(&self) -> usize {
        self.threads.current_num_threads()
    }

    /// Runs work that is not embedding on the model's own threads.
    pub(crate) fn install<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.threads.install(work)
    }

    /// The name of the kernel or GPU that computes the embeddings.
    #[must_use]
    pub(crate) fn runner_name(&self) -> &'static str {
        self.runner_name
    }

    /// Whether a lower-case word is a token of the model; then it is a common word of its language.
    pub(crate) fn knows(&self, word: &str) -> bool {
        self.encoder(Role::Query).is_ok_and(|encoder| encoder.knows(word))
    }

    /// The scripts that the model knows, of queries.
    ///
    /// # Errors
    /// When the model cannot be loaded.
    pub(crate) fn scripts(&self) -> Result<&Scripts> {
        Ok(self.encoder(Role::Query)?.scripts())
    }

    /// Whether the model is a table of token vectors. Then a part of a text has the embedding that it has alone, and it costs
    /// microseconds.
    ///
    /// # Errors
    /// When the model cannot be loaded.
    pub(crate) fn is_static(&self) -> Result<bool> {
        Ok(self.encoder(Role::Passage)?.is_lookup)
    }

    /// Whether embeddings can be truncated, because the model was trained for it (Matryoshka; see the manifest).
    #[must_use]
    pub(crate) fn is_matryoshka(&self) -> bool {
        self.folder.manifest.matryoshka
    }

    /// Everything that the embeddings depend on.
    #[must_use]
    pub fn fingerprint(&self) -> &Fingerprint {
        self.folder.fingerprint()
    }

    /// Embeds one text.
    ///
    /// # Errors
    /// When the text cannot be tokenised or the model cannot be loaded or run.
    pub fn embed_one(&self, role: Role, text: &str) -> Result<Embedded> {
        self.embed_one_with(&Arc::default(), self.threads().saturating_sub(1), role, text)
    }

    /// Embeds one text on another thread while this thread runs `work`. The closure passed to `work` waits for the embedding; the
    /// waiting thread helps to compute it.
    pub(crate) fn embed_one_beside<T>(
        &self,
        role: Role,
        text: &str,
        work: impl FnOnce(&dyn Fn() -> Result<Embedded>) -> T,
    ) -> T {
        let kept = self.beside().pop();
        let Some(beside) = kept.or_else(|| pool_of(1, "embed one").ok()) else {
            return work(&|| self.embed_one(role, text));
        };
        // This thread and the other one take two cores.
        let helpers = self.threads().saturating_sub(2);
        let team = Arc::new(Team::default());
        let (send, receive) = mpsc::sync_channel(1);
        let done = beside.in_place_scope(|scope| {
            let leads = Arc::clone(&team);
            scope.spawn(move |_| {
                let _ = send.send(self.embed_one_with(&leads, helpers, role, text));
            });
            work(&|| {
                if self.leading.load(Ordering::Relaxed) < self.threads() {
                    team.help();
                }
                // The channel holds one embedding, or none if the task panicked.
                receive.recv().unwrap_or_else(|_| self.embed_one(role, text))
            })
        });
        self.beside().push(beside);
        done
    }

    fn beside(&self) -> MutexGuard<'_, Vec<ThreadPool>> {
        self.beside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Embeds one text on this thread, which leads a team. Up to `helpers` of the model's own threads join it, fewer if other
    /// texts are being embedded at the same time. The team is disbanded afterwards.
    fn embed_one_with(&self, team: &Arc<Team>, helpers: usize, role: Role, text: &str) -> Result<Embedded> {
        /// Disbands the team on every path out of the function.
        struct Leader<'a>(&'a Team, &'a AtomicUsize);
        impl Drop for Leader<'_> {
            fn drop(&mut self) {
                self.0.disband();
                self.1.fetch_sub(1, Ordering::Relaxed);
            }
        }
        let others = self.leading.fetch_add(1, Ordering::Relaxed);
        let _leader = Leader(team, &self.leading);
        if let Some(kept) = self.cache.as_ref().and_then(|cache| cache.get(role, &[text]).remove(0)) {
            return Ok(kept);
        }
        let encoder = self.encoder(role)?;
        if encoder.network().shares_products() {
            for team in std::iter::repeat_n(team, helpers.saturating_sub(others)).map(Arc::clone) {
                // A panic on a thread of the pool would end the process. The leader encounters the same panic itself.
                self.threads.spawn(move || drop(catch_unwind(AssertUnwindSafe(|| team.help()))));
            }
        } else {
            team.disband();
        }
        let tokens = encoder.tokenize(role, &text.into())?;
        // Sharing copies the operands of each product, which is of no use to a single thread.
        let mut scratch = if self.threads() > 1 { Scratch::shared(team) } else { Scratch::default() };
        let mut embedded = encoder.encode(role, &[&tokens], &mut scratch)?;
        let embedded = embedded.pop().ok_or(Error::NoDirection { length: 0.0 })?;
        if let Some(cache) = &self.cache {
            cache.put(role, [(&text, &embedded)]);
        }
        Ok(embedded)
    }

    /// Embeds texts. The embeddings are in the order of the texts.
    ///
    /// # Errors
    /// When a text cannot be tokenised or the model cannot be loaded or run.
    pub fn embed<T: AsRef<str> + Sync>(&self, role: Role, texts: &[T]) -> Result<Vec<Embedded>> {
        let texts: Vec<Text<'_>> = texts.iter().map(|text| text.as_ref().into()).collect();
        Ok(self.embed_watched(role, &texts, &Silent)?.into_iter().flatten().collect())
    }

    /// Embeds texts and their parts until `progress` is cancelled. Texts that were not embedded by then are `None`.
    ///
    /// # Errors
    /// When a text cannot be tokenised or the model cannot be loaded or run.
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

    /// Embeds sequences of tokens, given by their ids without special tokens, as if they were passages.
    ///
    /// # Errors
    /// [`Error::Interrupted`]; when the model cannot be loaded or run.
    pub(crate) fn embed_ids(&self, sequences: &[&[u32]], progress: &dyn Progress) -> Result<Vec<Embedding>> {
        let encoder = self.encoder(Role::Passage)?;
        let embedded = self.compute_tokens(encoder, Role::Passage, &encoder.of_ids(sequences)?, progress)?;
        embedded.into_iter().map(|embedded| Ok(embedded.ok_or(Error::Interrupted)?.embedding)).collect()
    }

    fn compute(&self, role: Role, texts: &[Text<'_>], progress: &dyn Progress) -> Result<Vec<Option<Embedded>>> {
        let encoder = self.encoder(role)?;
        if encoder.is_lookup && texts.len() <= FEW {
            let mut scratch = Scratch::default();
            let embed =
                |text| encoder.encode(role, &[&encoder.tokenize(role, text)?], &mut scratch).map(|mut one| one.pop());
            let embedded = texts.iter().map(embed).collect::<Result<Vec<_>>>()?;
            progress.embedded(embedded.len());
            return Ok(embedded);
        }
        let tokenize = |place: usize, (): &mut ()| encoder.tokenize(role, &texts[place]);
        let tokens = in_parallel(&self.threads, texts.len(), &Silent, tokenize)?;
        let tokens: Vec<Tokens> = tokens.into_iter().flatten().collect();
        self.compute_tokens(encoder, role, &tokens, progress)
    }

    /// The embeddings of tokenised texts; `None` for those that were not reached before `progress` was cancelled.
    fn compute_tokens(
        &self,
        encoder: &Encoder,
        role: Role,
        tokens: &[Tokens],
        progress: &dyn Progress,
    ) -> Result<Vec<Option<Embedded>>> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concurrent_calls_give_the_same_embeddings_as_single_ones() {
        let model = ModelFolder::open(Path::new("tests/data/tiny-bert")).unwrap();
        let texts: Vec<String> = (1..9).map(|length| "graphs of walks ".repeat(length)).collect();
        let alone = Embedder::load(&model, 1).unwrap();
        let wanted: Vec<Embedded> = texts.iter().map(|text| alone.embed_one(Role::Query, text).unwrap()).collect();
        let shared = Embedder::load(&model, 3).unwrap();
        std::thread::scope(|scope| {
            for start in 0..4 {
                let (texts, wanted, shared) = (&texts, &wanted, &shared);
                scope.spawn(move || {
                    for place in (start..start + 40).map(|place| place % texts.len()) {
                        let found = shared.embed_one(Role::Query, &texts[place]).unwrap();
                        assert_eq!(found.embedding, wanted[place].embedding);
                        let found = shared.embed_one_beside(Role::Query, &texts[place], |embedded| embedded().unwrap());
                        assert_eq!(found.embedding, wanted[place].embedding);
                    }
                });
            }
        });
        assert_eq!(shared.leading.load(Ordering::Relaxed), 0);
    }
}
