//! A paper whose embedding has been computed elsewhere.

use crate::embed::Embedding;
use crate::paper::Paper;
use crate::store::Sentences;

/// A paper with its embedding.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadyPaper {
    /// The paper.
    pub paper: Paper,
    /// The embedding of [`Paper::text`], as a passage.
    pub embedding: Embedding,
    /// The embeddings of the sentences of its abstract. Without them, a search computes them for the papers it shows.
    pub sentences: Sentences,
    /// Whether the text was longer than the model's maximum number of tokens.
    pub truncated: bool,
}
