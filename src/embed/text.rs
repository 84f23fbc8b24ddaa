//! What are the input and the output of an embedder?

use std::borrow::Cow;
use std::ops::Range;

use super::embedding::Embedding;

/// Whether a text asks or answers; some models want to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It asks.
    Query,
    /// It answers.
    Passage,
}

/// A text to be embedded, and the parts of it whose vectors are wanted, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<'a> {
    /// All of it.
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
    /// The vector.
    pub embedding: Embedding,
    /// Tokens that the model read, special ones included; 0 for a vector that was kept.
    pub tokens: usize,
    /// The text was longer than the model reads.
    pub truncated: bool,
    /// The vectors of the parts; `None` for one that the model does not read. A text whose vector was kept comes without them.
    pub parts: Vec<Option<Embedding>>,
}
