//! Remembers the tokens of words, for tokenizers that split a text at its spaces and treat each piece on its own, as those of
//! BERT do. Most words of a text occurred in an earlier one, so a text costs a lookup per word.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

use tokenizers::{ModelWrapper, Tokenizer as Inner};

use super::tokenize::Place;
use crate::error::{Error, Result};

/// Number of locked parts of the cache, so that threads seldom wait for each other.
const SHARDS: usize = 32;
/// Maximum number of words in a part. A full one is emptied; the frequent words soon return.
const MOST_WORDS: usize = 4_096;
/// Longer words, in bytes, are not remembered.
const LONGEST: usize = 48;

/// Normalizers that change each character, or each run of combining marks, without regard to what is behind a space.
const NORMALIZERS: [&str; 7] = ["BertNormalizer", "Lowercase", "StripAccents", "NFC", "NFD", "NFKC", "NFKD"];
/// Pre-tokenizers that split at spaces and drop them.
const AT_SPACES: [&str; 3] = ["BertPreTokenizer", "Whitespace", "WhitespaceSplit"];
/// Pre-tokenizers that split further.
const FURTHER: [&str; 2] = ["Punctuation", "Digits"];
/// The one at spaces that makes each punctuation mark a piece of its own.
const AT_PUNCTUATION: &str = "BertPreTokenizer";

/// A token of a word, and its place in the word.
#[derive(Debug, Clone, Copy)]
struct Piece {
    id: u32,
    start: u32,
    end: u32,
}

/// The tokens of the words that occurred so far.
pub(super) struct TokenCache {
    /// Whether each punctuation mark is a word of its own.
    at_punctuation: bool,
    /// Words with at least this number of tokens might be truncated. Texts that contain one are tokenised as a whole.
    most_tokens: usize,
    /// The texts of tokens that are found before a text is split. A text that contains one is not split at its spaces.
    added: Vec<String>,
    /// Their first bytes, each once. A text that has none of these contains no such token.
    added_starts: Vec<u8>,
    hasher: RandomState,
    shards: Vec<Shard>,
}

/// The tokens of some of the words.
type Shard = Mutex<HashMap<Box<str>, Box<[Piece]>>>;

impl TokenCache {
    /// `None` if the tokenizer does not treat the pieces between spaces on their own.
    pub fn of(inner: &Inner) -> Option<Self> {
        let names = |part: Option<serde_json::Value>| part.map(|part| types(&part)).unwrap_or_default();
        let normalizers = names(inner.get_normalizer().and_then(|part| serde_json::to_value(part).ok()));
        let splits = names(inner.get_pre_tokenizer().and_then(|part| serde_json::to_value(part).ok()));
        let is_in = |known: &[&str], name: &String| known.contains(&name.as_str());
        let by_word = normalizers.iter().all(|name| is_in(&NORMALIZERS, name))
            && splits.iter().all(|name| is_in(&AT_SPACES, name) || is_in(&FURTHER, name))
            && splits.iter().any(|name| is_in(&AT_SPACES, name))
            && matches!(inner.get_model(), ModelWrapper::WordPiece(_) | ModelWrapper::WordLevel(_));
        let added: Vec<_> = inner.get_added_tokens_decoder().into_values().collect();
        // The texts of normalized tokens are looked for in the normalized text.
        if !by_word || added.iter().any(|token| token.normalized || token.content.is_empty()) {
            return None;
        }
        let most_tokens = inner.get_truncation().map_or(usize::MAX, |truncation| truncation.max_length / 2);
        let added: Vec<String> = added.into_iter().map(|token| token.content).collect();
        let mut added_starts: Vec<u8> = added.iter().filter_map(|token| token.bytes().next()).collect();
        added_starts.sort_unstable();
        added_starts.dedup();
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        let at_punctuation = splits.iter().any(|name| name == AT_PUNCTUATION);
        Some(Self { at_punctuation, most_tokens, added, added_starts, hasher: RandomState::new(), shards })
    }

    /// Appends the tokens of a text and their places, without special tokens, as `inner` finds them. Returns whether it did: a text
    /// that contains a special token or a word with that many tokens has to be tokenised as a whole.
    ///
    /// # Errors
    /// When the tokenizer cannot represent a word.
    pub fn tokenize(&self, inner: &Inner, text: &str, ids: &mut Vec<u32>, places: &mut Vec<Place>) -> Result<bool> {
        let has_start = self.added_starts.iter().any(|start| text.as_bytes().contains(start));
        if has_start && self.added.iter().any(|token| text.contains(token.as_str())) {
            return Ok(false);
        }
        let mut start = 0;
        for piece in text.split(' ') {
            for word in self.words(piece) {
                if !self.append(inner, word, start, ids, places)? {
                    return Ok(false);
                }
                start += word.len();
            }
            start += 1;
        }
        Ok(true)
    }

    /// The words of a piece between spaces. The fewer different words there are, the more often one is in the cache.
    fn words<'t>(&self, piece: &'t str) -> impl Iterator<Item = &'t str> {
        // Normalization may join a mark to other characters than those of ASCII.
        let at_marks = self.at_punctuation && piece.is_ascii();
        let mut rest = piece;
        std::iter::from_fn(move || {
            let first = *rest.as_bytes().first()?;
            let length = if !at_marks {
                rest.len()
            } else if first.is_ascii_punctuation() {
                1
            } else {
                rest.find(|next: char| next.is_ascii_punctuation()).unwrap_or(rest.len())
            };
            let (word, others) = rest.split_at(length);
            rest = others;
            Some(word)
        })
    }

    fn append(
        &self,
        inner: &Inner,
        word: &str,
        start: usize,
        ids: &mut Vec<u32>,
        places: &mut Vec<Place>,
    ) -> Result<bool> {
        let mut append = |pieces: &[Piece]| {
            ids.extend(pieces.iter().map(|piece| piece.id));
            places.extend(pieces.iter().map(|piece| start + piece.start as usize..start + piece.end as usize));
        };
        #[allow(clippy::cast_possible_truncation)] // the remainder is smaller than the number of shards
        let shard = (self.hasher.hash_one(word) % SHARDS as u64) as usize;
        let shard = || self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pieces) = shard().get(word) {
            append(pieces);
            return Ok(true);
        }
        let pieces = pieces(inner, word)?;
        if pieces.len() >= self.most_tokens {
            return Ok(false);
        }
        append(&pieces);
        if word.len() <= LONGEST {
            let mut shard = shard();
            if shard.len() >= MOST_WORDS {
                shard.clear();
            }
            shard.insert(word.into(), pieces);
        }
        Ok(true)
    }
}

/// The tokens of a word.
fn pieces(inner: &Inner, word: &str) -> Result<Box<[Piece]>> {
    let failed = |reason: String| Error::Tokenization { reason };
    let encoding = inner.encode(word, false).map_err(|error| failed(error.to_string()))?;
    let places = encoding.get_ids().iter().zip(encoding.get_offsets());
    let piece = |(id, (start, end)): (&u32, &(usize, usize))| {
        Ok(Piece { id: *id, start: u32::try_from(*start)?, end: u32::try_from(*end)? })
    };
    let pieces: std::result::Result<_, std::num::TryFromIntError> = places.map(piece).collect();
    pieces.map_err(|error| failed(error.to_string()))
}

/// The types of a part of a tokenizer, or of all members of a sequence.
fn types(part: &serde_json::Value) -> Vec<String> {
    let members = ["normalizers", "pretokenizers"].iter().find_map(|name| part.get(name)?.as_array());
    match members {
        Some(members) => members.iter().flat_map(types).collect(),
        None => vec![part.get("type").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use crate::embed::Tokenizer;

    /// Tokenizers that split at spaces, with and without special tokens, and their maximum numbers of tokens.
    fn tokenizers() -> Vec<Tokenizer> {
        let load = |name: &str, most| {
            Tokenizer::load(Path::new(&format!("tests/data/models/{name}/tokenizer.json")), most).unwrap()
        };
        vec![load("bert-cls", 12), load("mpnet", 512), load("static", 512).plain(), load("static", 5).plain()]
    }

    #[test]
    fn tokenizers_of_subwords_with_spaces_are_not_cached() {
        for (name, cached) in [("bert-cls", true), ("static", true), ("roberta", false), ("xlm-roberta", false)] {
            let path = format!("tests/data/models/{name}/tokenizer.json");
            assert_eq!(Tokenizer::load(Path::new(&path), 512).unwrap().is_cached(), cached, "{name}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn words_give_the_tokens_of_the_whole_text(
            words in proptest::collection::vec(
                prop_oneof![
                    "[a-z]{1,7}", "(The|walks|Graph|of|neural|networks)", "\\PC{0,5}", "[.,;()\\-]{0,3}", "[0-9]{1,4}",
                    "(\\[SEP\\]|\\[CLS|\\t|\\u{a0}|\\u{301}|e\\u{301}|İ|ß|Σας|東京|\\u{3000}|\\u{0}|\\n|ﬁ|x²)", "a{40,120}",
                ],
                0..30,
            ),
            cuts in proptest::collection::vec(0usize..200, 4),
        ) {
            let text = words.join(" ");
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| text.floor_char_boundary(cut)).collect();
            cuts.sort_unstable();
            let parts = [cuts[0]..cuts[1], cuts[1]..cuts[2], cuts[2]..cuts[3]];
            for tokenizer in tokenizers() {
                // The second time, every word is in the cache.
                for _ in 0..2 {
                    let found = tokenizer.tokenize_with(&text, &parts).unwrap();
                    prop_assert_eq!(found, tokenizer.tokenize_whole(&text, &parts).unwrap());
                }
            }
        }
    }
}
