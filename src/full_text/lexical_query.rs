//! The words of a query with their weights: a sum of BM25F scores.

use std::cell::RefCell;
use std::collections::HashMap;

use super::FullText;
use super::bm25::{K1, most};
use super::query_words::{Abbreviation, QueryWord};
use crate::store::DocId;

/// The words of a query with their weights. Its scores are those of [`FullText::best`] and [`FullText::scores`].
#[derive(Debug, Clone, Default)]
pub struct LexicalQuery {
    /// The words that occur in at least one paper.
    pub(super) words: Vec<WeightedWord>,
    /// An upper bound of all scores: the sum of `idf * (K1 + 1)` over the words of the query.
    pub bound: f32,
    /// Number of words of the query that occur in at least one paper.
    pub count: usize,
    /// Number of different words of the query that were looked up, and number of all its different words. A long query has more
    /// than are looked up.
    pub looked_up: (usize, usize),
    /// The abbreviations whose other forms were looked up.
    pub(crate) abbreviations: Vec<Abbreviation>,
    /// Scores that were computed for this query.
    known: RefCell<HashMap<DocId, f32>>,
}

/// The best papers that are sought.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sought<'a> {
    /// The number of papers.
    pub count: usize,
    /// A lower bound of the score of the last of these papers; 0 if none is known. Papers below it are skipped.
    pub at_least: f32,
    /// Papers whose scores are asked for next. Computing them on the way saves time.
    pub scored: &'a [DocId],
}

impl Sought<'_> {
    /// The best `count` papers, without a known lower bound.
    #[must_use]
    pub fn best(count: usize) -> Self {
        Self { count, ..Self::default() }
    }
}

impl LexicalQuery {
    /// The score of a paper, if it was computed.
    pub(super) fn known(&self, doc: DocId) -> Option<f32> {
        self.known.borrow().get(&doc).copied()
    }

    /// Keeps scores of papers.
    pub(super) fn know(&self, scores: impl Iterator<Item = (DocId, f32)>) {
        self.known.borrow_mut().extend(scores);
    }
}

/// A word of a query.
#[derive(Debug, Clone)]
pub(super) struct WeightedWord {
    pub word: QueryWord,
    /// A paper's score for the word is `weight * frequency / (frequency + K1)`.
    pub weight: f32,
    pub statistics: Statistics,
}

/// What is known of a word in all papers.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Statistics {
    /// Number of papers with the word.
    pub papers: usize,
    /// The largest weighted frequency in a paper.
    pub max_frequency: f32,
}

/// A term that is added to a query, with its weight.
pub(crate) struct Added<'t> {
    pub stem: &'t str,
    /// The word to be shown.
    pub shown: &'t str,
    pub weight: f32,
}

impl FullText {
    /// Looks up the words of a query.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn read(&self, question: &str) -> tantivy::Result<LexicalQuery> {
        let read = self.query_words(question)?;
        let mut query = LexicalQuery {
            looked_up: (read.looked_up, read.different),
            abbreviations: read.abbreviations,
            ..LexicalQuery::default()
        };
        for word in read.words {
            let statistics = self.statistics(&word)?;
            if statistics.papers > 0 {
                #[allow(clippy::cast_precision_loss)] // words of a query
                let weight = word.count as f32 * most(self.papers, statistics.papers);
                query.bound += weight;
                query.count += word.count;
                query.words.push(WeightedWord { word, weight, statistics });
            }
        }
        Ok(query)
    }

    /// The number of papers that contain a stem in title or abstract; `None` if there are more than `most`.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn document_frequency(&self, stem: &str, most: usize) -> tantivy::Result<Option<usize>> {
        if self.min_document_frequency(stem)? > most {
            return Ok(None);
        }
        let Statistics { papers, .. } = self.statistics(&QueryWord::of_stem(stem))?;
        Ok(Some(papers).filter(|papers| *papers <= most))
    }

    /// A query whose scores are `own` times those of another plus those of added terms. Bound, count and known words stay.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn with_added(
        &self,
        query: &LexicalQuery,
        own: f32,
        added: &[Added<'_>],
    ) -> tantivy::Result<LexicalQuery> {
        let mut expanded = LexicalQuery { known: RefCell::default(), ..query.clone() };
        for word in &mut expanded.words {
            word.weight *= own;
        }
        for Added { stem, shown, weight } in added {
            let word = QueryWord { shown: (*shown).to_owned(), ..QueryWord::of_stem(stem) };
            let statistics = self.statistics(&word)?;
            if statistics.papers > 0 {
                let weight = weight * most(self.papers, statistics.papers);
                expanded.words.push(WeightedWord { word, weight, statistics });
            }
        }
        Ok(expanded)
    }

    /// The words that occur in each paper with their shares of its score, the largest first.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn matched_words(
        &self,
        query: &LexicalQuery,
        docs: &[DocId],
    ) -> tantivy::Result<Vec<Vec<(String, f32)>>> {
        let mut of_docs: Vec<Vec<(String, f32)>> = vec![Vec::new(); docs.len()];
        self.for_each_frequency(query, docs, |WeightedWord { word, weight, .. }, place, frequency| {
            let score = weight * frequency / (frequency + K1);
            match of_docs[place].iter_mut().find(|(shown, _)| *shown == word.shown) {
                Some((_, sum)) => *sum += score,
                None => of_docs[place].push((word.shown.clone(), score)),
            }
        })?;
        for words in &mut of_docs {
            words.sort_by(|a, b| b.1.total_cmp(&a.1));
        }
        Ok(of_docs)
    }
}
