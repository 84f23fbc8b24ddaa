//! Here are texts and their role: what are their unit vectors?
//!
//! [`find_or_fetch`] brings a model's files to this machine, [`Embedder`] runs it, by the fastest [`Kernel`] that the
//! processor has. Threads share texts, not products: each computes batches of its own, unless there is but one text and no
//! matrix unit that is faster alone.

use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::{Error, Result};
use crate::progress::{Progress, Silent};
use cache::Cache;
use encoder::Encoder;
use lazy::Lazy;
use pool::Pooled;

pub(crate) use dot::dot;
pub use embedding::Embedding;
pub use fetch::find_or_fetch;
pub use fingerprint::Fingerprint;
pub use folder::ModelFolder;
pub use kernel::Kernel;
pub use manifest::{DEFAULT_MODEL, Manifest, Pooling, Task};
pub use reranker::Reranker;
pub use runner::runner_name;
pub use tokenize::{Pair, Tokenizer, Tokens};

mod attention;
mod bert;
pub mod cache;
mod cross_encoder;
#[cfg(any(test, feature = "cuda", feature = "metal"))]
mod device;
mod dot;
mod elementwise;
mod embedding;
mod encoder;
mod fetch;
mod fingerprint;
mod folder;
mod hashes;
mod head;
mod kernel;
mod layout;
mod lazy;
mod lock;
mod lookup;
mod manifest;
mod modernbert;
mod nomic;
mod pool;
mod reranker;
mod rotary;
mod runner;
mod tokenize;
mod weights;

/// Whether a text asks or answers; some models want to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Query,
    Passage,
}

/// A text to be embedded, and the parts of it whose vectors are wanted, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<'a> {
    pub text: Cow<'a, str>,
    /// Ranges of its bytes.
    pub parts: Vec<Range<usize>>,
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self { text: text.into(), parts: Vec::new() }
    }
}

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

/// A text's vector, and whether all of the text is in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedded {
    pub embedding: Embedding,
    /// Tokens that the model read, special ones included; 0 for a vector that was kept.
    pub tokens: usize,
    /// The text was longer than the model reads.
    pub truncated: bool,
    /// The vectors of the parts; `None` for one that the model does not read. A text whose vector was kept comes without them.
    pub parts: Vec<Option<Embedding>>,
}

impl Embedded {
    fn new(pooled: Pooled, text: &Tokens) -> Result<Self> {
        let parts = pooled.parts.into_iter().map(|part| Embedding::normalised(part).ok()).collect();
        let embedding = Embedding::normalised(pooled.whole)?;
        Ok(Self { embedding, tokens: text.ids.len(), truncated: text.truncated, parts })
    }
}

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
    /// Loads a model to be run by so many threads of the processor, by the fastest kernel or the one that `PAPERKIN_KERNEL`
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
            of_passages.get(&threads)?.runner().name()
        };
        Ok(Self { of_passages, of_queries, runner_name, threads, folder: folder.clone(), kernel, cache: None })
    }

    /// The same model, loaded once more, with threads of its own: what it computes keeps nobody waiting who asks this one.
    ///
    /// # Errors
    /// When a file of the model is broken by now.
    pub fn again(&self) -> Result<Self> {
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
    pub fn cache(&self) -> Option<&Cache> {
        self.cache.as_ref()
    }

    /// How many threads compute.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.threads.current_num_threads()
    }

    /// By what texts are embedded: the name of a kernel, or of a GPU.
    #[must_use]
    pub fn runner_name(&self) -> &'static str {
        self.runner_name
    }

    /// Whether the model was trained so that vectors can be cut ([`Manifest::matryoshka`]).
    #[must_use]
    pub fn is_matryoshka(&self) -> bool {
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

    fn compute_one(&self, role: Role, text: &str) -> Result<Embedded> {
        let encoder = self.encoder(role)?;
        self.threads.install(|| {
            let tokens = encoder.tokenize(role, &text.into())?;
            let embedded = encoder.encode(role, &[&tokens], &mut bert::Scratch::shared())?;
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
        let batches = batches(&lengths, encoder.runner().tokens());
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

/// Threads of a model's own.
fn pool_of(threads: usize, name: &'static str) -> Result<ThreadPool> {
    let builder = ThreadPoolBuilder::new().num_threads(threads.max(1));
    Ok(builder.thread_name(move |number| format!("{name} {number}")).build().map_err(std::io::Error::other)?)
}

/// Computes `work` for 0, 1, … `count` − 1 on all threads, each with memory of its own; the results are in order, with gaps
/// where the work was stopped.
fn in_parallel<R: Send, S: Default>(
    threads: &ThreadPool,
    count: usize,
    progress: &dyn Progress,
    work: impl Fn(usize, &mut S) -> Result<R> + Sync,
) -> Result<Vec<Option<R>>> {
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let results: Mutex<Vec<Option<R>>> = Mutex::new((0..count).map(|_| None).collect());
    let run = || -> Result<()> {
        let mut scratch = S::default();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            if place >= count || progress.is_cancelled() || failed.load(Ordering::Relaxed) {
                return Ok(());
            }
            let result = work(place, &mut scratch).inspect_err(|_| failed.store(true, Ordering::Relaxed))?;
            results.lock().unwrap_or_else(PoisonError::into_inner)[place] = Some(result);
        }
    };
    threads.broadcast(|_| run()).into_iter().collect::<Result<()>>()?;
    Ok(results.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Texts of these lengths that are computed together: neighbours in length, so that batches take equally long, and as many as have
/// so many tokens. The longest go first, so that no thread is left alone with one at the end.
fn batches(lengths: &[usize], most: usize) -> Vec<Vec<usize>> {
    let mut by_length: Vec<usize> = (0..lengths.len()).collect();
    by_length.sort_by_key(|place| std::cmp::Reverse(lengths[*place]));
    let mut batches: Vec<Vec<usize>> = Vec::new();
    let mut room = 0;
    for place in by_length {
        let length = lengths[place];
        match batches.last_mut() {
            Some(batch) if length <= room => batch.push(place),
            _ => {
                batches.push(vec![place]);
                room = most;
            }
        }
        room = room.saturating_sub(length);
    }
    batches
}
