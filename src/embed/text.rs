//! The input and output types of an embedder.

use std::borrow::Cow;
use std::ops::Range;

use super::embedding::Embedding;

/// The role of a text. Some models use another prefix, pooling or network for each role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A query.
    Query,
    /// A text to be searched, such as a paper or a sentence.
    Passage,
}

/// A text to embed, and the parts of it that get their own embeddings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<'a> {
    /// The whole text.
    pub text: Cow<'a, str>,
    /// The parts, as ranges of bytes of `text`.
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

/// The embedding of a text, and whether it covers the whole text.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedded {
    /// The embedding of the whole text.
    pub embedding: Embedding,
    /// Number of tokens that the model read, special tokens included; 0 if the embedding is from the cache.
    pub tokens: usize,
    /// Whether the text was truncated to the model's maximum number of tokens.
    pub truncated: bool,
    /// The embeddings of the parts; `None` for a part beyond the maximum number of tokens. Empty if the embedding is from the
    /// cache.
    pub parts: Vec<Option<Embedding>>,
}
