//! A BERT cross-encoder: the state of the first token passes through BERT's pooler (a dense layer with tanh) and a classifier
//! with one output, the score.

use std::path::Path;

use super::super::network::{CrossEncoder, Network, Sizes};
use super::super::scratch::Scratch;
use super::Bert;
use super::config::Config;
use super::kinds::KIND_BERT;
use super::load::within;
use crate::embed::kernel::Kernel;
use crate::embed::layers::dense::Dense;
use crate::embed::layers::weights::Weights;
use crate::embed::tokenize::Pair;
use crate::error::{Error, Result};

struct BertWithClassifier {
    network: Bert,
    pooler: Dense,
    classifier: Dense,
}

/// Loads the network with its pooler and classifier.
pub(super) fn load(folder: &Path, kernel: Kernel) -> Result<Box<dyn CrossEncoder>> {
    let network = Bert::load(&KIND_BERT, folder, &Config::read(&KIND_BERT, folder)?, kernel)?;
    let width = network.hidden_size();
    let path = folder.join("model.safetensors");
    let layers = Weights::map(&path).and_then(|weights| {
        let weights = within(&KIND_BERT, weights);
        let pooler = Dense::load(&weights, "pooler.dense", width, width, true)?;
        Ok((pooler, Dense::load(&weights.whole(), "classifier", 1, width, true)?))
    });
    let (pooler, classifier) = layers.map_err(|reason| Error::ModelFileBroken { path, reason })?;
    Ok(Box::new(BertWithClassifier { network, pooler, classifier }))
}

impl CrossEncoder for BertWithClassifier {
    fn sizes(&self) -> Sizes {
        self.network.sizes()
    }

    fn batch_tokens(&self) -> usize {
        self.network.batch_tokens()
    }

    fn scores(&self, batch: &[&Pair], scratch: &mut Scratch) -> Result<Vec<f32>> {
        let ids: Vec<&[u32]> = batch.iter().map(|pair| pair.ids.as_slice()).collect();
        let seconds: Vec<usize> = batch.iter().map(|pair| pair.second).collect();
        let states = self.network.states_of_pairs(&ids, &seconds, scratch)?;
        let width = self.network.hidden_size();
        let mut rest = states.as_slice();
        let first_tokens = ids.iter().map(|ids| {
            let (own, others) = rest.split_at(ids.len() * width);
            rest = others;
            &own[..width]
        });
        let score = |first: &[f32]| {
            let mut pooled = self.pooler.apply(first);
            for value in &mut pooled {
                *value = value.tanh();
            }
            self.classifier.apply(&pooled)[0]
        };
        Ok(first_tokens.map(score).collect())
    }
}
