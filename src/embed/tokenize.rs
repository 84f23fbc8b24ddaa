//! Which tokens is a text made of? The model's own tokenizer, with the model's own limit.

use std::ops::Range;
use std::path::Path;

use tokenizers::{Encoding, Tokenizer as Inner, TruncationParams};

use crate::error::{Error, Result};

/// The tokens of one text, special ones included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// Never more than the model's limit.
    pub ids: Vec<u32>,
    /// Whether the text was longer than that.
    pub truncated: bool,
    /// So many of the first do not count in pooling: those of a prompt, for some models.
    pub unpooled: usize,
    /// Which of the tokens make up each part that was asked for.
    pub parts: Vec<Range<usize>>,
}

/// The tokens of two texts that are read as one, special ones included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    /// Never more than the model's limit.
    pub ids: Vec<u32>,
    /// Where the second text begins; past the end, where the model does not tell them apart.
    pub second: usize,
}

/// A tokenizer that cuts at the model's limit and does not pad.
pub struct Tokenizer {
    inner: Inner,
    /// Whether special tokens are added.
    special: bool,
}

impl Tokenizer {
    /// Loads `tokenizer.json` and overrides its padding and truncation: MiniLM's pads to 128 tokens and cuts at 128.
    ///
    /// # Errors
    /// When the file is missing or is no tokenizer.
    pub fn load(path: &Path, max_tokens: usize) -> Result<Self> {
        let json = fs_err::read(path)?;
        let broken = |reason: String| Error::ModelFileBroken { path: path.to_owned(), reason };
        let mut inner = Inner::from_bytes(json).map_err(|error| broken(error.to_string()))?;
        inner.with_padding(None);
        let truncation = TruncationParams { max_length: max_tokens, ..TruncationParams::default() };
        inner.with_truncation(Some(truncation)).map_err(|error| broken(error.to_string()))?;
        Ok(Self { inner, special: true })
    }

    /// The same without special tokens at the ends of a text.
    #[must_use]
    pub(super) fn plain(self) -> Self {
        Self { special: false, ..self }
    }

    /// The token of what the vocabulary does not have, if there is one.
    pub(super) fn unknown(&self) -> Option<u32> {
        use tokenizers::ModelWrapper;
        let model = self.inner.get_model();
        let token = match model {
            ModelWrapper::WordPiece(model) => Some(model.unk_token.clone()),
            ModelWrapper::WordLevel(model) => Some(model.unk_token.clone()),
            ModelWrapper::BPE(model) => model.unk_token.clone(),
            ModelWrapper::Unigram(_) => Some("<unk>".to_owned()),
        };
        token.and_then(|token| self.inner.token_to_id(&token))
    }

    /// Splits a text into tokens.
    ///
    /// # Errors
    /// When the tokenizer cannot represent the text at all.
    pub fn tokenize(&self, text: &str) -> Result<Tokens> {
        self.tokenize_with(text, &[])
    }

    /// Splits a text into tokens, and tells those of some parts of it, which are ranges of its bytes. A part without a whole
    /// token before the model's limit has none.
    ///
    /// # Errors
    /// As [`Tokenizer::tokenize`].
    pub fn tokenize_with(&self, text: &str, parts: &[Range<usize>]) -> Result<Tokens> {
        let encoding =
            self.inner.encode(text, self.special).map_err(|error| Error::Tokenization { reason: error.to_string() })?;
        let truncated = !encoding.get_overflowing().is_empty();
        let parts = parts.iter().map(|part| tokens_of(part, &encoding)).collect();
        Ok(Tokens { ids: encoding.get_ids().to_vec(), truncated, unpooled: 0, parts })
    }

    /// Splits two texts into the tokens of one. Too many of them are taken from the end of whichever text has more left.
    ///
    /// # Errors
    /// As [`Tokenizer::tokenize`].
    pub(super) fn tokenize_pair(&self, first: &str, second: &str) -> Result<Pair> {
        let encoding = self
            .inner
            .encode((first, second), self.special)
            .map_err(|error| Error::Tokenization { reason: error.to_string() })?;
        let second = encoding.get_type_ids().iter().take_while(|id| **id == 0).count();
        Ok(Pair { ids: encoding.get_ids().to_vec(), second })
    }

    /// The tokens that a text begins with when this stands before it, the special ones at the beginning included.
    ///
    /// # Errors
    /// As [`Tokenizer::tokenize`].
    pub(super) fn count_before(&self, prompt: &str) -> Result<usize> {
        let encoding = self
            .inner
            .encode(prompt, self.special)
            .map_err(|error| Error::Tokenization { reason: error.to_string() })?;
        let last = encoding.get_special_tokens_mask().iter().rposition(|special| *special == 0);
        Ok(last.map_or(0, |last| last + 1))
    }
}

/// The tokens that lie within a range of bytes; special ones lie nowhere.
fn tokens_of(part: &Range<usize>, encoding: &Encoding) -> Range<usize> {
    let places = encoding.get_offsets().iter().zip(encoding.get_special_tokens_mask());
    let within = places.map(|((start, end), special)| *special == 0 && *start >= part.start && *end <= part.end);
    let mut within = within.enumerate().filter_map(|(token, within)| within.then_some(token));
    let Some(first) = within.next() else { return 0..0 };
    first..within.next_back().unwrap_or(first) + 1
}
