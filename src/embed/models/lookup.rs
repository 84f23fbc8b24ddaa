//! Models without a network: a table of token embeddings. The embedding of a text is the mean over its tokens. Such tables are
//! distilled from a large model by Model2Vec (Tulkens & van Dongen, 2024, <https://github.com/MinishLab/model2vec>), or trained
//! directly (`StaticEmbedding` of sentence-transformers). Special tokens are left out.

use std::path::Path;

use super::architecture::{Architecture, Load};
use super::network::{Network, Sizes, States};
use super::scratch::Scratch;
use crate::embed::layers::weights::{self, Weights, Words};
use crate::error::{Error, Result};

/// A table of token embeddings, without a network.
pub(super) const ARCHITECTURE: Architecture =
    Architecture { name: "static", title: "Static", model_type: None, load: Load::Lookup(load), cross_encoder: None };

/// Number of tokens per batch: a few texts.
const TOKENS: usize = 512;

/// The name of the table in Model2Vec's files.
const OF_MODEL2VEC: &str = "embeddings";

struct Lookup {
    words: Words,
    /// The row of each token, if tokens share rows.
    rows: Option<Vec<usize>>,
    /// The weight of each token in the mean; `None` if all have the same weight.
    shares: Option<Vec<f32>>,
    vocabulary: usize,
}

/// Loads `model.safetensors` from a model's folder. Model2Vec leaves out unknown tokens, whose id is `unknown`.
fn load(folder: &Path, unknown: Option<u32>) -> Result<Box<dyn Network>> {
    let path = folder.join("model.safetensors");
    let network = Weights::map(&path).and_then(|weights| Lookup::new(weights, unknown));
    Ok(Box::new(network.map_err(|reason| Error::ModelFileBroken { path, reason })?))
}

impl Lookup {
    fn new(weights: Weights, unknown: Option<u32>) -> weights::Result<Self> {
        let (name, shape) = table(&weights)?;
        let unknown = unknown.filter(|_| name == OF_MODEL2VEC);
        let vector = |name: &str| {
            let Some(shape) = weights.shape(name) else { return Ok(None) };
            weights.numbers(name, &shape).map(|numbers| Some(numbers.into_owned()))
        };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // rows are few, and checked below
        let rows = vector("mapping")?.map(|rows| rows.into_iter().map(|row| row as usize).collect::<Vec<_>>());
        let vocabulary = rows.as_ref().map_or(shape[0], Vec::len);
        if let Some(row) = rows.iter().flatten().find(|row| **row >= shape[0]) {
            return Err(format!("`mapping` names row {row}, but there are {}", shape[0]));
        }
        let mut shares = vector("weights")?;
        if shares.as_ref().is_some_and(|shares| shares.len() != vocabulary) {
            return Err(format!("`weights` should have {vocabulary} numbers, one for each token"));
        }
        if let Some(unknown) = unknown.filter(|unknown| (*unknown as usize) < vocabulary) {
            // The length of the mean does not matter, so weight 0 has the same effect as leaving the token out.
            shares.get_or_insert_with(|| vec![1.0; vocabulary])[unknown as usize] = 0.0;
        }
        Ok(Self { words: Words::new(weights, name, shape)?, rows, shares, vocabulary })
    }

    fn width(&self) -> usize {
        self.words.width()
    }
}

impl Network for Lookup {
    fn runner_name(&self) -> &'static str {
        "lookup"
    }

    fn sizes(&self) -> Sizes {
        Sizes { hidden: self.width(), vocabulary: self.vocabulary, longest: usize::MAX }
    }

    fn batch_tokens(&self) -> usize {
        TOKENS
    }

    fn shares_products(&self) -> bool {
        false
    }

    fn states(&self, batch: &[&[u32]], _: &mut Scratch) -> Result<States<'_>> {
        let table = self.words.all().map_err(|reason| Error::Tokenization { reason })?;
        let tokens = batch.iter().copied().flatten().map(|id| {
            let token = *id as usize;
            let row = self.rows.as_ref().map_or(token, |rows| rows[token]);
            (row * self.width(), self.shares.as_ref().map_or(1.0, |shares| shares[token]))
        });
        Ok(States::Rows { table, tokens: tokens.collect() })
    }
}

/// The name and the shape of the table, under the name that either library uses.
fn table(weights: &Weights) -> weights::Result<(&'static str, [usize; 2])> {
    for name in ["embedding.weight", OF_MODEL2VEC] {
        if let Some(shape) = weights.shape(name) {
            let [rows, width] = shape[..] else { return Err(format!("`{name}` should be a table, found {shape:?}")) };
            if rows == 0 || width == 0 {
                return Err(format!("`{name}` is empty"));
            }
            return Ok((name, [rows, width]));
        }
    }
    Err("it contains neither `embedding.weight` nor `embeddings`".to_owned())
}

/// Number of dimensions of the model in this folder.
pub(super) fn width(folder: &Path) -> Result<usize> {
    let path = folder.join("model.safetensors");
    let found = Weights::map(&path).and_then(|weights| table(&weights));
    found.map(|(_, [_, width])| width).map_err(|reason| Error::ModelFileBroken { path, reason })
}
