//! Scores how relevant a text is to a query, with a cross-encoder. It reads query and text as one sequence, so that every token
//! attends to every other (Nogueira & Cho, "Passage Re-ranking with BERT", 2019, arXiv:1901.04085). The scores cannot be computed
//! before the query is known, so only the few best papers of a search are scored.

use rayon::ThreadPool;

use super::choice;
use super::files::cross_encoder::ScoreActivation;
use super::files::{ModelFolder, Task};
use super::kernel::Kernel;
use super::models::{CrossEncoder, Scratch};
use super::threads::{batches, in_parallel, pool_of};
use super::tokenize::{Pair, Tokenizer};
use crate::error::{Error, Result};
use crate::progress::{Progress, Silent};

/// A loaded cross-encoder with its own threads.
pub struct Reranker {
    name: String,
    tokenizer: Tokenizer,
    network: Box<dyn CrossEncoder>,
    activation: ScoreActivation,
    threads: ThreadPool,
}

impl Reranker {
    /// Loads a cross-encoder to run on `threads` CPU threads, with the fastest kernel or the one that `PAPERKIN_KERNEL` names. It
    /// never runs on a GPU.
    ///
    /// # Errors
    /// [`Error::NotACrossEncoder`] for an embedding model; or when a file is broken, or the named kernel does not run on this
    /// processor.
    pub fn load(folder: &ModelFolder, threads: usize) -> Result<Self> {
        Self::load_for(folder, threads, choice::kernel()?)
    }

    /// Loads a cross-encoder to run with the given kernel.
    ///
    /// # Errors
    /// As [`Reranker::load`].
    pub fn load_for(folder: &ModelFolder, threads: usize, kernel: Kernel) -> Result<Self> {
        folder.check_task(Task::Rerank)?;
        let (manifest, path) = (&folder.manifest, folder.path.join(&folder.manifest.network));
        let threads = pool_of(threads, "rerank")?;
        let tokenizer = Tokenizer::load(&path.join("tokenizer.json"), manifest.max_tokens)?;
        let broken = |reason| Error::ModelFileBroken { path: path.join("config.json"), reason };
        let load = manifest.architecture.cross_encoder().map_err(broken)?;
        let network = threads.install(|| load(&path, kernel))?;
        Ok(Self {
            name: manifest.name.clone(),
            tokenizer,
            network,
            activation: ScoreActivation::of(&folder.path, &manifest.network)?,
            threads,
        })
    }

    /// The name of the model.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The relevance of each text to the query; higher is more relevant. If a pair exceeds the model's maximum number of tokens,
    /// the longer part is truncated at its end.
    ///
    /// # Errors
    /// When the tokenizer cannot represent a text; [`Error::Interrupted`] when `progress` is cancelled.
    pub fn scores(&self, question: &str, texts: &[String], progress: &dyn Progress) -> Result<Vec<f32>> {
        let pairs = in_parallel(&self.threads, texts.len(), &Silent, |place, ()| self.pair(question, &texts[place]))?;
        let pairs: Vec<Pair> = pairs.into_iter().flatten().collect();
        let lengths: Vec<usize> = pairs.iter().map(|pair| pair.ids.len()).collect();
        let batches = batches(&lengths, self.network.batch_tokens());
        let computed = in_parallel(&self.threads, batches.len(), progress, |batch, scratch| {
            let batch: Vec<&Pair> = batches[batch].iter().map(|place| &pairs[*place]).collect();
            self.of_batch(&batch, scratch)
        })?;
        let mut scores = vec![0.0; pairs.len()];
        for (batch, computed) in batches.iter().zip(computed) {
            for (place, score) in batch.iter().zip(computed.ok_or(Error::Interrupted)?) {
                scores[*place] = score;
            }
        }
        Ok(scores)
    }

    /// A score as a number from 0 to 1, which keeps the order.
    #[must_use]
    pub fn share(&self, score: f32) -> f32 {
        match self.activation {
            ScoreActivation::Identity => ScoreActivation::Sigmoid.apply(score),
            ScoreActivation::Sigmoid => score,
        }
    }

    fn pair(&self, question: &str, text: &str) -> Result<Pair> {
        let vocabulary = self.network.sizes().vocabulary;
        let pair = self.tokenizer.tokenize_pair(question, text)?;
        if pair.ids.is_empty() || pair.ids.iter().any(|id| *id as usize >= vocabulary) {
            let reason = "the tokenizer produces tokens that the network has no embedding for".to_owned();
            return Err(Error::Tokenization { reason });
        }
        Ok(pair)
    }

    fn of_batch(&self, batch: &[&Pair], scratch: &mut Scratch) -> Result<Vec<f32>> {
        let mut scores = self.network.scores(batch, scratch)?;
        for score in &mut scores {
            *score = self.activation.apply(*score);
        }
        Ok(scores)
    }
}
