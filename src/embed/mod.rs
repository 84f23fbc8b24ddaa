//! Here are texts and their role: what are their unit vectors?
//!
//! [`find_or_fetch`] brings a model's files to this machine, [`Embedder`] runs it. One forward pass uses one core
//! well, so there is one per core at a time, each inside its own pool of one thread.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::{Error, Result};
use crate::progress::{Progress, Silent};

pub use embedding::Embedding;
pub use fetch::find_or_fetch;
pub use folder::ModelFolder;
pub use manifest::{DEFAULT_MODEL, Fingerprint, Manifest};
pub use tokenize::{Tokenizer, Tokens};

mod bert;
mod elementwise;
mod embedding;
mod fetch;
mod folder;
mod hashes;
mod manifest;
mod pool;
mod tokenize;

/// Texts of a batch: enough to fill the matrix products of a small model, few enough to stay in the cache.
const BATCH: usize = 4;

/// Whether a text asks or answers; some models want to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Query,
    Passage,
}

/// A text's vector, and whether all of the text is in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedded {
    pub embedding: Embedding,
    /// The text was longer than the model reads.
    pub truncated: bool,
}

/// A model, loaded.
pub struct Embedder {
    tokenizer: Tokenizer,
    network: bert::Network,
    workers: Vec<ThreadPool>,
    turn: AtomicUsize,
    fingerprint: Fingerprint,
}

impl Embedder {
    /// Loads a model to be run by so many threads.
    ///
    /// # Errors
    /// When a file of the model is broken.
    pub fn load(folder: &ModelFolder, threads: usize) -> Result<Self> {
        let manifest = &folder.manifest;
        let network = bert::Network::load(&folder.path)?;
        if network.hidden_size() != manifest.dimension {
            return Err(Error::ModelFileBroken {
                path: folder.path.join("config.json"),
                reason: format!(
                    "a `hidden_size` of {} was expected, found {}",
                    manifest.dimension,
                    network.hidden_size()
                ),
            });
        }
        let tokenizer = Tokenizer::load(&folder.path.join("tokenizer.json"), manifest.max_tokens)?;
        let workers = (0..threads.max(1))
            .map(|_| ThreadPoolBuilder::new().num_threads(1).thread_name(|_| "embed".to_owned()).build())
            .collect::<Result<Vec<_>, _>>()
            .map_err(std::io::Error::other)?;
        Ok(Self { tokenizer, network, workers, turn: AtomicUsize::new(0), fingerprint: folder.fingerprint().clone() })
    }

    /// What the vectors depend on.
    #[must_use]
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// Embeds one text.
    ///
    /// # Errors
    /// When the model cannot be run on it.
    pub fn embed_one(&self, role: Role, text: &str) -> Result<Embedded> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        self.workers[turn % self.workers.len()].install(|| {
            let tokens = self.tokenize(role, text)?;
            let vectors = self.network.forward(&[&tokens.ids])?;
            let vector = vectors.into_iter().next().unwrap_or_default();
            Ok(Embedded { embedding: Embedding::normalised(vector)?, truncated: tokens.truncated })
        })
    }

    /// Embeds texts; the answers are in their order.
    ///
    /// # Errors
    /// When the model cannot be run.
    pub fn embed<T: AsRef<str> + Sync>(&self, role: Role, texts: &[T]) -> Result<Vec<Embedded>> {
        Ok(self.embed_watched(role, texts, &Silent)?.into_iter().flatten().collect())
    }

    /// Embeds texts until `progress` says to stop; what was not reached by then is `None`.
    ///
    /// # Errors
    /// When the model cannot be run.
    pub fn embed_watched<T: AsRef<str> + Sync>(
        &self,
        role: Role,
        texts: &[T],
        progress: &dyn Progress,
    ) -> Result<Vec<Option<Embedded>>> {
        let tokens = self.in_parallel(texts.len(), &Silent, |place| self.tokenize(role, texts[place].as_ref()))?;
        let tokens: Vec<Tokens> = tokens.into_iter().flatten().collect();
        // Texts of a batch are padded to the longest, so neighbours in length belong together; the longest go first,
        // so that no thread is left alone with one at the end.
        let mut by_length: Vec<usize> = (0..tokens.len()).collect();
        by_length.sort_by_key(|place| std::cmp::Reverse(tokens[*place].ids.len()));
        let batches: Vec<&[usize]> = by_length.chunks(BATCH).collect();
        let vectors = self.in_parallel(batches.len(), progress, |batch| {
            let ids: Vec<&[u32]> = batches[batch].iter().map(|place| tokens[*place].ids.as_slice()).collect();
            let vectors = self.network.forward(&ids)?;
            progress.embedded(vectors.len());
            Ok(vectors)
        })?;
        let mut embedded: Vec<Option<Embedded>> = vec![None; tokens.len()];
        for (batch, vectors) in batches.iter().zip(vectors) {
            for (place, vector) in batch.iter().zip(vectors.into_iter().flatten()) {
                let embedding = Embedding::normalised(vector)?;
                embedded[*place] = Some(Embedded { embedding, truncated: tokens[*place].truncated });
            }
        }
        Ok(embedded)
    }

    fn tokenize(&self, role: Role, text: &str) -> Result<Tokens> {
        let prefix = match role {
            Role::Query => &self.fingerprint.query_prefix,
            Role::Passage => &self.fingerprint.passage_prefix,
        };
        let tokens = if prefix.is_empty() {
            self.tokenizer.tokenize(text)?
        } else {
            self.tokenizer.tokenize(&format!("{prefix}{text}"))?
        };
        if !self.network.knows(&tokens.ids) {
            let reason = "the tokenizer gives tokens that the network has no vector for".to_owned();
            return Err(Error::Tokenization { reason });
        }
        Ok(tokens)
    }

    /// Computes `work` for 0, 1, … `count` − 1 on all workers; the results are in order, with gaps where the work was
    /// stopped.
    fn in_parallel<R: Send>(
        &self,
        count: usize,
        progress: &dyn Progress,
        work: impl Fn(usize) -> Result<R> + Sync,
    ) -> Result<Vec<Option<R>>> {
        let next = AtomicUsize::new(0);
        let results: Mutex<Vec<Option<R>>> = Mutex::new((0..count).map(|_| None).collect());
        let run = || -> Result<()> {
            loop {
                let place = next.fetch_add(1, Ordering::Relaxed);
                if place >= count || progress.is_cancelled() {
                    return Ok(());
                }
                let result = work(place)?;
                results.lock().unwrap_or_else(PoisonError::into_inner)[place] = Some(result);
            }
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> =
                self.workers.iter().take(count).map(|worker| scope.spawn(|| worker.install(run))).collect();
            threads
                .into_iter()
                .try_for_each(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        })?;
        Ok(results.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}
