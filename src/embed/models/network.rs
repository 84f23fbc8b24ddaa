//! What does a network do, once it is loaded? All of it works on packed tokens: the texts of a batch follow each other.

use super::scratch::Scratch;
use crate::embed::tokenize::Pair;
use crate::error::Result;

/// The sizes of a network.
#[derive(Debug, Clone, Copy)]
pub(in crate::embed) struct Sizes {
    /// Numbers of a token's vector.
    pub hidden: usize,
    /// Tokens that it has a vector for.
    pub vocabulary: usize,
    /// Tokens of the longest text that it has places for.
    pub longest: usize,
}

impl Sizes {
    /// Whether the network has a vector for every token, and a place for it.
    pub fn hold(&self, ids: &[u32]) -> bool {
        ids.len() <= self.longest && ids.iter().all(|id| (*id as usize) < self.vocabulary)
    }
}

/// A network, ready to run.
pub(in crate::embed) trait Network: Send + Sync {
    /// By what it is run: the name of a kernel, or of a GPU.
    fn runner_name(&self) -> &'static str;

    fn sizes(&self) -> Sizes;

    /// Tokens that are best computed together.
    fn batch_tokens(&self) -> usize;

    /// Whether a team shares the products of a batch for which it is given to [`Scratch::shared`].
    fn shares_products(&self) -> bool;

    /// Computes the last layer's vectors of all tokens, text after text: `[tokens, hidden]`.
    fn states(&self, batch: &[&[u32]], scratch: &mut Scratch) -> Result<Vec<f32>>;
}

/// A network with a classifier behind it, ready to run.
pub(in crate::embed) trait CrossEncoder: Send + Sync {
    fn sizes(&self) -> Sizes;

    /// Tokens that are best computed together.
    fn batch_tokens(&self) -> usize;

    /// How well the second text of each pair answers the first; any number, more is better.
    fn scores(&self, batch: &[&Pair], scratch: &mut Scratch) -> Result<Vec<f32>>;
}
