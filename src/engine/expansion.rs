//! Terms that are added to a query, and the range of the scores of words.

use std::collections::HashMap;

use super::Moment;
use crate::error::Result;
use crate::full_text::{Added, LexicalQuery, most};

/// Terms that are added to a query. The score of a paper becomes `own` times its former score, plus `scale` times the
/// weighted sum of its scores for the added terms.
#[derive(Debug, Clone, PartialEq)]
pub struct Expansion {
    /// The terms, each once.
    pub terms: Vec<Term>,
    /// The weight of the query's own score.
    pub own: f32,
    /// The common weight of the added terms.
    pub scale: f32,
}

/// A term that is added to a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// Its stem.
    pub stem: String,
    /// A word with this stem, to be shown.
    pub shown: String,
    /// Its weight.
    pub weight: f32,
}

impl Expansion {
    /// The terms with their weights in the sum.
    pub(super) fn added(&self) -> Vec<Added<'_>> {
        let terms = self.terms.iter();
        terms.map(|Term { stem, shown, weight }| Added { stem, shown, weight: self.scale * weight }).collect()
    }

    /// As [`Moment::combine`], for engines whose words are those of the full-text index.
    ///
    /// # Errors
    /// As [`Moment::combine`].
    pub(super) fn combined<M>(&self, moment: &M, words: &LexicalQuery) -> Result<LexicalQuery>
    where
        M: Moment<Words = LexicalQuery>,
    {
        let mut combined = moment.expand(words, self)?;
        let stems: Vec<String> = self.terms.iter().map(|term| term.stem.clone()).collect();
        let found: HashMap<&String, Option<usize>> =
            stems.iter().zip(moment.frequencies(&stems, usize::MAX)?).collect();
        let found = |stem: &String| found.get(stem).copied().flatten();
        let range = self.range(moment.range(words), moment.papers(), found);
        (combined.bound, combined.count) = (range.bound, range.words);
        Ok(combined)
    }

    /// The range of the words of a query together with these terms. A term counts as a word by its weight. `found` is
    /// the number of papers that contain a stem, out of `papers`.
    pub(super) fn range(&self, own: WordRange, papers: usize, found: impl Fn(&String) -> Option<usize>) -> WordRange {
        let Self { terms, own: weight, scale } = self;
        let (mut bound, mut added) = (weight * own.bound, 0.0);
        for Term { stem, weight: probability, .. } in terms {
            if let Some(found) = found(stem).filter(|found| *found > 0) {
                bound += scale * probability * most(papers, found);
                added += scale * probability;
            }
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a number of words
        let added = added.round() as usize;
        WordRange { bound, words: own.words + added }
    }
}

/// The range of the scores of some words.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct WordRange {
    /// A bound above the score of every paper.
    pub bound: f32,
    /// The number of the words that occur in at least one paper.
    pub words: usize,
}
