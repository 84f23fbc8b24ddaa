//! Corrects misspelt words of a query: a word that no paper has becomes the nearest word of the collection.
//!
//! The distance is that of Damerau and Levenshtein: insertions, deletions, replacements and transpositions of neighbours. Of
//! words that are equally near, those with the same first letter win, then the one in most papers. Words that the model knows
//! are not misspelt, and neither are those that questions are made of.

use std::collections::BTreeMap;

use serde::Serialize;

use super::FullText;
use super::part::Similar;
use super::words::{Placed, composed_text, placed};

/// A shorter word is not corrected: too many words are near it.
const SHORTEST: usize = 4;
/// A word of this length may differ by two letters, a shorter one by one.
const LONG: usize = 8;

/// A word replaces another only if one in this number of papers has it. Rarer ones are misspelt themselves, or names.
const USUAL: usize = 10_000;

/// Words of questions, which papers need not have.
const OF_QUESTIONS: [&str; 40] = [
    "about",
    "another",
    "anybody",
    "anyone",
    "anything",
    "been",
    "could",
    "does",
    "done",
    "from",
    "give",
    "have",
    "here",
    "know",
    "like",
    "list",
    "many",
    "might",
    "more",
    "most",
    "much",
    "must",
    "need",
    "papers",
    "please",
    "should",
    "show",
    "some",
    "something",
    "speak",
    "talk",
    "tell",
    "them",
    "what",
    "when",
    "where",
    "which",
    "whose",
    "would",
    "your",
];

/// A word of a query that was replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Correction {
    /// As in the query.
    pub from: String,
    /// The nearest word of the collection.
    pub to: String,
}

impl FullText {
    /// The query with corrected words, and these words; `None` if no word is corrected. `is_known` tells whether a word is one of
    /// the language.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn corrected_query(
        &self,
        question: &str,
        is_known: &dyn Fn(&str) -> bool,
    ) -> tantivy::Result<Option<(String, Vec<Correction>)>> {
        let text = composed_text(question);
        let (mut corrected, mut corrections, mut done) = (String::new(), Vec::new(), 0);
        for word in placed(&text) {
            if let Some(to) = self.correction_of(&word, &text[word.from..word.to], is_known)? {
                corrected.push_str(&text[done..word.from]);
                corrected.push_str(&to);
                done = word.to;
                corrections.push(Correction { from: text[word.from..word.to].to_owned(), to });
            }
        }
        corrected.push_str(&text[done..]);
        Ok((!corrections.is_empty()).then_some((corrected, corrections)))
    }

    /// The nearest word of the collection to a word that no paper has; `None` for any other word.
    fn correction_of(
        &self,
        word: &Placed,
        written: &str,
        is_known: &dyn Fn(&str) -> bool,
    ) -> tantivy::Result<Option<String>> {
        let Placed { stem, whole, is_stop_word, .. } = word;
        let length = whole.chars().count();
        // `LLaMA` and `COVID` are names.
        let is_name = written.chars().filter(|c| c.is_uppercase()).count() > 1;
        let is_word = *is_stop_word || is_name || OF_QUESTIONS.contains(&whole.as_str());
        if is_word || length < SHORTEST || !whole.chars().all(char::is_alphabetic) || self.occurs(whole, stem)? {
            return Ok(None);
        }
        if is_known(whole) {
            return Ok(None);
        }
        self.cache.nearest.get(whole, || self.nearest_word(whole))
    }

    /// The nearest word of the collection.
    fn nearest_word(&self, whole: &str) -> tantivy::Result<Option<String>> {
        let first = whole.chars().next();
        let mut near: BTreeMap<String, usize> = BTreeMap::new();
        // The first field and the least distance with a word are enough: each further one takes some milliseconds. Two errors
        // are looked for after the first letter only, which few people mistype.
        let fields = [self.fields.exact_abstract, self.fields.exact_title, self.fields.families];
        let distances = if whole.chars().count() < LONG { 1..=1 } else { 1..=2 };
        for (distance, field) in distances.flat_map(|distance| fields.map(|field| (distance, field))) {
            let beginning = if distance > 1 { &whole[..first.map_or(0, char::len_utf8)] } else { "" };
            let similar = Similar { word: whole, distance, beginning };
            for part in &self.parts {
                part.part.for_each_similar(field, &similar, |term, documents| {
                    if term.chars().count() >= SHORTEST - 1 && term.chars().all(char::is_alphabetic) {
                        *near.entry(term.to_owned()).or_default() += documents;
                    }
                })?;
            }
            if near.values().any(|documents| documents * USUAL >= self.papers) {
                break;
            }
        }
        let nearest = near.into_iter().filter(|(_, documents)| documents * USUAL >= self.papers).min_by_key(
            |(term, documents)| {
                let distance = strsim::osa_distance(term, whole);
                (distance, term.chars().next() != first, std::cmp::Reverse(*documents))
            },
        );
        Ok(nearest.map(|(term, _)| term))
    }

    /// Whether a paper has a word, in one of its forms.
    fn occurs(&self, whole: &str, stem: &str) -> tantivy::Result<bool> {
        let names = &self.fields;
        if self.min_document_frequency(stem)? > 0
            || self.min_frequency_in(&[names.authors, names.exact_title, names.exact_abstract], whole)? > 0
        {
            return Ok(true);
        }
        let words = self.query_words(whole)?.words;
        Ok(words.iter().any(|word| !word.phrases.is_empty()))
    }
}
