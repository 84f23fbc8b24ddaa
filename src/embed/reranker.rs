//! How well does a paper answer a question? A cross-encoder reads both at once, so that every word of one sees every word of the
//! other (Nogueira & Cho, "Passage Re-ranking with BERT", 2019, arXiv:1901.04085). It cannot be asked beforehand, as an
//! embedder can, so it is only asked about the few papers that were found.
//!
//! The network is BERT, on the same kernels. Behind it the first token's vector goes through BERT's pooler, a dense layer with a
//! hyperbolic tangent, and a layer with one number for all: the score.

use rayon::ThreadPool;

use super::bert::{Network, Scratch};
use super::cross_encoder::Activation;
use super::folder::ModelFolder;
use super::kernel::Kernel;
use super::manifest::Task;
use super::tokenize::{Pair, Tokenizer};
use super::weights::{self, Weights};
use super::{batches, elementwise, in_parallel, pool_of, runner};
use crate::error::{Error, Result};
use crate::progress::{Progress, Silent};

/// A cross-encoder, loaded.
pub struct Reranker {
    name: String,
    tokenizer: Tokenizer,
    network: Network,
    /// Numbers of a token's vector.
    width: usize,
    vocabulary: usize,
    pooler: Layer,
    classifier: Layer,
    activation: Activation,
    threads: ThreadPool,
}

/// W · x + b; a row of W for each number of b.
struct Layer {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl Reranker {
    /// Loads a cross-encoder to be run by so many threads of the processor, by the fastest kernel or the one that
    /// `PAPERKIN_KERNEL` names; never by a GPU.
    ///
    /// # Errors
    /// [`Error::NotACrossEncoder`] for a model that makes vectors; when a file is broken, or the kernel named does not run here.
    pub fn load(folder: &ModelFolder, threads: usize) -> Result<Self> {
        Self::load_for(folder, threads, Kernel::choose()?)
    }

    /// Loads a cross-encoder to be run by this kernel.
    ///
    /// # Errors
    /// As [`Reranker::load`].
    pub fn load_for(folder: &ModelFolder, threads: usize, kernel: Kernel) -> Result<Self> {
        folder.check_task(Task::Rerank)?;
        let (manifest, path) = (&folder.manifest, folder.path.join(&folder.manifest.network));
        let threads = pool_of(threads, "rerank")?;
        let config = runner::config(&path)?;
        let tokenizer = Tokenizer::load(&path.join("tokenizer.json"), manifest.max_tokens)?;
        let network = threads.install(|| Network::load(&path, &config, kernel))?;
        let width = config.hidden_size;
        let file = path.join("model.safetensors");
        let layers = Weights::map(&file).and_then(|weights| {
            let pooler = Layer::new(&weights, "pooler.dense", width, width)?;
            Ok((pooler, Layer::new(&weights.whole(), "classifier", 1, width)?))
        });
        let (pooler, classifier) = layers.map_err(|reason| Error::ModelFileBroken { path: file, reason })?;
        Ok(Self {
            name: manifest.name.clone(),
            tokenizer,
            network,
            width,
            vocabulary: config.vocab_size,
            pooler,
            classifier,
            activation: Activation::of(&folder.path, &manifest.network)?,
            threads,
        })
    }

    /// The name of the model.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How well each text answers the question; more is better. A pair that is longer than the model reads loses the end of its
    /// longer part.
    ///
    /// # Errors
    /// When the tokenizer cannot represent a text; [`Error::Interrupted`] when `progress` says to stop.
    pub fn scores(&self, question: &str, texts: &[String], progress: &dyn Progress) -> Result<Vec<f32>> {
        let pairs = in_parallel(&self.threads, texts.len(), &Silent, |place, ()| self.pair(question, &texts[place]))?;
        let pairs: Vec<Pair> = pairs.into_iter().flatten().collect();
        let lengths: Vec<usize> = pairs.iter().map(|pair| pair.ids.len()).collect();
        let batches = batches(&lengths, self.network.kernel().tokens());
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

    fn pair(&self, question: &str, text: &str) -> Result<Pair> {
        let pair = self.tokenizer.tokenize_pair(question, text)?;
        if pair.ids.is_empty() || pair.ids.iter().any(|id| *id as usize >= self.vocabulary) {
            let reason = "the tokenizer gives tokens that the network has no vector for".to_owned();
            return Err(Error::Tokenization { reason });
        }
        Ok(pair)
    }

    fn of_batch(&self, batch: &[&Pair], scratch: &mut Scratch) -> Result<Vec<f32>> {
        let ids: Vec<&[u32]> = batch.iter().map(|pair| pair.ids.as_slice()).collect();
        let seconds: Vec<usize> = batch.iter().map(|pair| pair.second).collect();
        let states = self.network.states_of_pairs(&ids, &seconds, scratch)?;
        let mut rest = states.as_slice();
        let first_tokens = ids.iter().map(|ids| {
            let (own, others) = rest.split_at(ids.len() * self.width);
            rest = others;
            &own[..self.width]
        });
        let score = |first: &[f32]| {
            let mut pooled = self.pooler.apply(first);
            for value in &mut pooled {
                *value = value.tanh();
            }
            self.activation.apply(self.classifier.apply(&pooled)[0])
        };
        Ok(first_tokens.map(score).collect())
    }
}

impl Layer {
    fn new(weights: &Weights, name: &str, out: usize, input: usize) -> weights::Result<Self> {
        let weight = weights.numbers(&format!("{name}.weight"), &[out, input])?.into_owned();
        let bias = weights.numbers(&format!("{name}.bias"), &[out])?.into_owned();
        Ok(Self { weight, bias })
    }

    fn apply(&self, x: &[f32]) -> Vec<f32> {
        let mut out = self.bias.clone();
        elementwise::products(&self.weight, x.len(), x, &mut out);
        out
    }
}
