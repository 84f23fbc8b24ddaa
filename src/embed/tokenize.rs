//! Splits texts into tokens with the model's own tokenizer, truncated to the model's maximum number of tokens.

use std::ops::Range;
use std::path::Path;

use tokenizers::{Encoding, Tokenizer as Inner, TruncationParams};

use super::files::NO_LIMIT;
use super::token_cache::TokenCache;
use crate::error::{Error, Result};

/// The place of a token in its text, in bytes.
pub(super) type Place = Range<usize>;

/// The tokens of one text, special tokens included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// The ids of the tokens; at most the model's maximum number.
    pub ids: Vec<u32>,
    /// Whether the text had more tokens than that.
    pub truncated: bool,
    /// Number of leading tokens that pooling leaves out: those of the prompt, for some models.
    pub unpooled: usize,
    /// The range of tokens of each requested part.
    pub parts: Vec<Range<usize>>,
}

/// The tokens of two texts as one sequence, special tokens included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    /// The ids of the tokens; at most the model's maximum number.
    pub ids: Vec<u32>,
    /// Index of the first token of the second text; the number of tokens if the model does not distinguish the two texts.
    pub second: usize,
}

/// A tokenizer that truncates to the model's maximum number of tokens and does not pad.
pub struct Tokenizer {
    inner: Inner,
    /// Whether special tokens are added.
    special: bool,
    /// Maximum number of tokens, special tokens included.
    max_tokens: usize,
    /// The tokens of earlier words, if the tokenizer treats each word on its own.
    cache: Option<TokenCache>,
    /// The special tokens before and behind a text.
    ends: (Vec<u32>, Vec<u32>),
}

impl Tokenizer {
    /// Loads `tokenizer.json` and overrides its padding and truncation. MiniLM's file, for example, pads and truncates to 128
    /// tokens.
    ///
    /// # Errors
    /// When the file is missing or is not a valid tokenizer.
    pub fn load(path: &Path, max_tokens: usize) -> Result<Self> {
        Self::read(&fs_err::read(path)?, path, max_tokens)
    }

    /// A tokenizer without special tokens and without a limit. `path` names the file in errors.
    pub(super) fn unlimited(json: &[u8], path: &Path) -> Result<Self> {
        Ok(Self::read(json, path, NO_LIMIT)?.plain())
    }

    fn read(json: &[u8], path: &Path, max_tokens: usize) -> Result<Self> {
        let broken = |reason: String| Error::ModelFileBroken { path: path.to_owned(), reason };
        let mut inner = Inner::from_bytes(json).map_err(|error| broken(error.to_string()))?;
        inner.with_padding(None);
        let truncation = TruncationParams { max_length: max_tokens, ..TruncationParams::default() };
        inner.with_truncation(Some(truncation)).map_err(|error| broken(error.to_string()))?;
        let cache = TokenCache::of(&inner);
        let ends = if cache.is_some() { ends(&inner)? } else { <_>::default() };
        Ok(Self { inner, special: true, max_tokens, cache, ends })
    }

    /// The same tokenizer without special tokens at the ends of a text.
    #[must_use]
    pub(super) fn plain(mut self) -> Self {
        // Without special tokens, the tokenizer stops at the maximum without a sign that there is more text.
        if let Some(truncation) = self.inner.get_truncation_mut() {
            truncation.max_length = self.max_tokens.saturating_add(1);
        }
        Self { special: false, ends: <_>::default(), ..self }
    }

    #[cfg(test)]
    pub(super) fn is_cached(&self) -> bool {
        self.cache.is_some()
    }

    /// Number of tokens, special tokens included: one more than the largest id.
    pub(super) fn len(&self) -> usize {
        self.inner.get_vocab(true).into_values().max().map_or(0, |last| last as usize + 1)
    }

    /// The token with this id, as the vocabulary writes it.
    pub(super) fn token(&self, id: u32) -> Option<String> {
        self.inner.id_to_token(id)
    }

    /// The ids of sequences of tokens with the special tokens at their ends.
    pub(super) fn with_ends(&self, sequences: &[&[u32]]) -> Result<Vec<Vec<u32>>> {
        let (before, behind) = if self.special { ends(&self.inner)? } else { <_>::default() };
        let most = self.max_tokens.saturating_sub(before.len() + behind.len());
        let whole = |ids: &&[u32]| before.iter().chain(ids.iter().take(most)).chain(&behind).copied().collect();
        Ok(sequences.iter().map(whole).collect())
    }

    /// Whether a word is a token of its own: as it is, or with the mark of a beginning word, as tokenizers of several kinds write
    /// it.
    pub(super) fn is_token(&self, word: &str) -> bool {
        ["", "▁", "Ġ"].iter().any(|mark| self.inner.token_to_id(&format!("{mark}{word}")).is_some())
    }

    /// The texts of all tokens, except those that have no text of their own.
    pub(super) fn vocabulary(&self) -> impl Iterator<Item = String> {
        let count = u32::try_from(self.inner.get_vocab_size(false)).unwrap_or(u32::MAX);
        (0..count).filter_map(|id| self.inner.decode(&[id], true).ok()).filter(|text| !text.is_empty())
    }

    /// The id of the token for unknown words, if there is one.
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
    /// When the tokenizer cannot represent the text.
    pub fn tokenize(&self, text: &str) -> Result<Tokens> {
        self.tokenize_with(text, &[])
    }

    /// Splits a text into tokens, and finds the tokens of some parts, given as ranges of bytes. The range of a part is empty if
    /// no complete token of it is within the maximum number of tokens.
    ///
    /// # Errors
    /// As [`Tokenizer::tokenize`].
    pub fn tokenize_with(&self, text: &str, parts: &[Range<usize>]) -> Result<Tokens> {
        if let Some(cache) = &self.cache {
            let (before, behind) = &self.ends;
            let (mut ids, mut places) = (before.clone(), Vec::new());
            if cache.tokenize(&self.inner, text, &mut ids, &mut places)? {
                let most = self.max_tokens - behind.len();
                let truncated = ids.len() > most;
                ids.truncate(most);
                places.truncate(most - before.len());
                ids.extend(behind);
                let parts = parts.iter().map(|part| places_of(part, &places, before.len())).collect();
                return Ok(Tokens { ids, truncated, unpooled: 0, parts });
            }
        }
        self.tokenize_whole(text, parts)
    }

    /// Splits a text into tokens without the cache of words.
    pub(super) fn tokenize_whole(&self, text: &str, parts: &[Range<usize>]) -> Result<Tokens> {
        let encoding =
            self.inner.encode(text, self.special).map_err(|error| Error::Tokenization { reason: error.to_string() })?;
        let mut ids = encoding.get_ids().to_vec();
        let truncated = !encoding.get_overflowing().is_empty() || ids.len() > self.max_tokens;
        ids.truncate(self.max_tokens);
        let part = |part| {
            let tokens = tokens_of(part, text, &encoding);
            if tokens.start < ids.len() { tokens.start..tokens.end.min(ids.len()) } else { 0..0 }
        };
        let parts = parts.iter().map(part).collect();
        Ok(Tokens { ids, truncated, unpooled: 0, parts })
    }

    /// Tokenises two texts as one sequence. If it is too long, tokens are removed from the end of whichever text is longer.
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

    /// Number of leading tokens of a text that starts with this prompt, special tokens at the beginning included.
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

/// The special tokens that a tokenizer adds before and behind a text.
fn ends(inner: &Inner) -> Result<(Vec<u32>, Vec<u32>)> {
    let encoding = inner.encode("a", true).map_err(|error| Error::Tokenization { reason: error.to_string() })?;
    let (ids, special) = (encoding.get_ids(), encoding.get_special_tokens_mask());
    let before = special.iter().take_while(|special| **special == 1).count();
    let behind = special.iter().skip(before).skip_while(|special| **special == 0).count();
    Ok((ids[..before].to_vec(), ids[ids.len() - behind..].to_vec()))
}

/// The tokens within a range of bytes. `before` special tokens precede the first place.
fn places_of(part: &Range<usize>, places: &[Place], before: usize) -> Range<usize> {
    // Places are in order.
    let first = places.partition_point(|place| place.start < part.start);
    let end = places.partition_point(|place| place.end <= part.end);
    if first < end { before + first..before + end } else { 0..0 }
}

/// The tokens within a range of bytes; special tokens are never included. Some tokenizers count the space before a word as part of
/// its token: such a token is within the range if the word is.
fn tokens_of(part: &Range<usize>, text: &str, encoding: &Encoding) -> Range<usize> {
    let places = encoding.get_offsets().iter().zip(encoding.get_special_tokens_mask());
    let within = places.map(|((start, end), special)| {
        let space = text.get(*start..*end).map_or(0, |token| token.len() - token.trim_start().len());
        *special == 0 && start + space >= part.start && *end <= part.end
    });
    let mut within = within.enumerate().filter_map(|(token, within)| within.then_some(token));
    let Some(first) = within.next() else { return 0..0 };
    first..within.next_back().unwrap_or(first) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_begin_with_the_token_of_their_first_word() {
        let text = "The galaxy. A lake of stars. 東京 of heat";
        let parts = ["The galaxy.", "A lake of stars.", "東京 of heat"];
        let ranges = parts.map(|part| {
            let start = text.find(part).unwrap();
            start..start + part.len()
        });
        // Pieces with the space before them, bytes with the space trimmed, and words without spaces.
        for name in ["xlm-roberta", "roberta", "bert-cls"] {
            let path = format!("tests/data/models/{name}/tokenizer.json");
            let tokenizer = Tokenizer::load(Path::new(&path), 512).unwrap();
            let found = tokenizer.tokenize_with(text, &ranges).unwrap();
            // All tokens but the special ones at both ends belong to a part, in order.
            let mut next = 1;
            for part in &found.parts {
                assert_eq!(part.start, next, "{name}: {:?}", found.parts);
                next = part.end;
            }
            assert_eq!(next, found.ids.len() - 1, "{name}: {:?}", found.parts);
        }
    }
}
