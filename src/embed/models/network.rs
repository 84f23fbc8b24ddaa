//! The traits of a loaded network. All methods work on packed tokens: the texts of a batch are concatenated without padding.

use std::borrow::Cow;

use super::scratch::Scratch;
use crate::embed::tokenize::Pair;
use crate::error::Result;

/// The sizes of a network.
#[derive(Debug, Clone, Copy)]
pub(in crate::embed) struct Sizes {
    /// Number of dimensions of a token embedding.
    pub hidden: usize,
    /// Number of tokens in the vocabulary.
    pub vocabulary: usize,
    /// Maximum number of tokens of a text.
    pub longest: usize,
}

impl Sizes {
    /// Whether all tokens are in the vocabulary and the text is not too long.
    pub fn hold(&self, ids: &[u32]) -> bool {
        ids.len() <= self.longest && ids.iter().all(|id| (*id as usize) < self.vocabulary)
    }
}

/// A loaded network.
pub(in crate::embed) trait Network: Send + Sync {
    /// The name of the kernel or GPU that runs the network.
    fn runner_name(&self) -> &'static str;

    fn sizes(&self) -> Sizes;

    /// Number of tokens per batch for best speed.
    fn batch_tokens(&self) -> usize;

    /// Whether the network lets a team share its products, if it gets a [`Scratch::shared`].
    fn shares_products(&self) -> bool;

    /// The states of all tokens, text after text.
    fn states(&self, batch: &[&[u32]], scratch: &mut Scratch) -> Result<States<'_>>;
}

/// What the tokens of a batch are pooled from.
pub(in crate::embed) enum States<'n> {
    /// The states of a network's last layer: `[tokens, hidden]`.
    Computed(Vec<f32>),
    /// Rows of a table: where the row of each token begins, and its weight.
    Rows { table: Cow<'n, [f32]>, tokens: Vec<(usize, f32)> },
}

impl States<'_> {
    /// The state of a token, `width` numbers, and its weight.
    #[inline]
    pub fn row(&self, token: usize, width: usize) -> (&[f32], f32) {
        match self {
            Self::Computed(states) => (&states[token * width..][..width], 1.0),
            Self::Rows { table, tokens } => {
                let (start, weight) = tokens[token];
                (&table[start..][..width], weight)
            }
        }
    }
}

/// A loaded network with a classifier.
pub(in crate::embed) trait CrossEncoder: Send + Sync {
    fn sizes(&self) -> Sizes;

    /// Number of tokens per batch for best speed.
    fn batch_tokens(&self) -> usize;

    /// The relevance of the second text of each pair to the first. Scores may be any number; higher is more relevant.
    fn scores(&self, batch: &[&Pair], scratch: &mut Scratch) -> Result<Vec<f32>>;
}
