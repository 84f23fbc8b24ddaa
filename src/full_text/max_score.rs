//! The best papers for the words of a query, and the scores of given papers, from postings alone: a query costs what its postings
//! cost, not what the collection would.
//!
//! The method is MaxScore (Turtle & Flood, "Query evaluation: strategies and optimizations", Information Processing & Management
//! 1995, section 4.2), in windows of documents, as in Lucene. Once enough papers are known that have at least a threshold, words
//! whose largest scores together stay below it cannot find another paper. They are looked up only for papers with other words.
//!
//! Scores are sums of integers, so that they do not depend on the order of words, and papers with equal frequencies have equal
//! scores. The papers that are found are those of an exhaustive search.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use fixedbitset::FixedBitSet;
use tantivy::TERMINATED;

use super::FullText;
use super::bm25::K1;
use super::counted::Counted;
use super::leaf::Leaf;
use super::lexical_query::{LexicalQuery, Sought, WeightedWord};
use super::look_up::documents_of;
use super::postings::{LENGTH, WIDTH, Window, WordPostings};
use crate::store::DocId;

/// The sum of the largest scores of all words of a query, as an integer.
const WHOLE: f32 = 1_073_741_824.0;
/// Looking up a word in a paper takes about as long as reading this number of postings.
const LOOK_UP: usize = 16;

/// The integer scores of a query.
#[derive(Clone, Copy)]
struct Scale {
    /// The integer for a score of 1.
    units: f32,
}

impl Scale {
    fn of(query: &LexicalQuery) -> Self {
        let all: f32 = query.words.iter().map(|word| word.weight).sum();
        Self { units: WHOLE / all.max(f32::MIN_POSITIVE) }
    }

    /// The score of a paper for a word.
    fn score(self, weight: f32, frequency: f32) -> u32 {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between 0 and WHOLE
        let score = (weight * self.units * (frequency / (frequency + K1))) as u32;
        score
    }

    /// A bound of the scores of all papers for a word. The slack is more than the rounding of [`Scale::score`].
    fn bound(self, word: &WeightedWord) -> u32 {
        let most = self.score(word.weight, word.statistics.max_frequency);
        most + (most >> 20) + 2
    }

    /// A score that is certainly not larger than that of a paper, which was computed with other weights.
    fn floor(self, score: f32) -> u32 {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between 0 and WHOLE
        let score = (score * self.units * 0.9999) as u32;
        score
    }

    #[allow(clippy::cast_precision_loss)] // a score
    fn back(self, score: u32) -> f32 {
        score as f32 / self.units
    }
}

/// A word of a query in a leaf.
struct Term<'a> {
    postings: WordPostings<'a>,
    weight: f32,
    bound: u32,
    /// Number of papers with the word.
    papers: usize,
}

/// The best rows so far. Of equal scores, the smaller row is better.
struct Best {
    count: usize,
    /// A lower bound of the score of the last of these rows.
    floor: u32,
    /// Scores with rows, the worst first.
    heap: BinaryHeap<Reverse<(u32, Reverse<u32>)>>,
}

impl Best {
    /// A row with a lower score is not among the best.
    fn threshold(&self) -> u32 {
        match self.heap.peek() {
            Some(Reverse((worst, _))) if self.heap.len() >= self.count => self.floor.max(*worst),
            _ => self.floor,
        }
    }

    fn add(&mut self, score: u32, row: u32) {
        if score < self.threshold() {
            return;
        }
        self.heap.push(Reverse((score, Reverse(row))));
        if self.heap.len() > self.count {
            self.heap.pop();
        }
    }
}

/// The scores of the documents of a window.
struct Scores {
    scores: Box<[u32; LENGTH]>,
    /// A bit for each document with a score.
    found: [u64; LENGTH / 64],
}

impl Scores {
    fn add(&mut self, place: u32, score: u32) {
        self.scores[place as usize] += score;
        self.found[place as usize / 64] |= 1 << (place % 64);
    }

    /// Visits the documents with a score and resets them.
    fn take(&mut self, mut visit: impl FnMut(u32, u32)) {
        for (block, found) in (0..).zip(&mut self.found) {
            let mut left = std::mem::take(found);
            while left != 0 {
                let place = block * 64 + left.trailing_zeros();
                visit(place, std::mem::take(&mut self.scores[place as usize]));
                left &= left - 1;
            }
        }
    }
}

impl FullText {
    /// The rows among these with the highest scores above 0, in any order.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn best_of(
        &self,
        query: &LexicalQuery,
        sought: &Sought<'_>,
        among: &FixedBitSet,
    ) -> tantivy::Result<Vec<(DocId, f32)>> {
        let scale = Scale::of(query);
        if sought.count == 0 || query.words.is_empty() {
            return Ok(Vec::new());
        }
        let floor = scale.floor(sought.at_least).max(1);
        let mut best = Best { count: sought.count, floor, heap: BinaryHeap::new() };
        let postings = query.words.iter().map(|word| word.statistics.papers).sum();
        if among.count_ones(..).saturating_mul(query.words.len()).saturating_mul(LOOK_UP) < postings {
            let docs: Vec<DocId> = among.ones().filter_map(|row| u32::try_from(row).ok()).map(DocId).collect();
            let scores = self.scores_of(query, &docs)?;
            docs.iter().zip(scores).filter(|(_, score)| *score > 0).for_each(|(doc, score)| best.add(score, doc.0));
        } else {
            let mut scores = vec![0; sought.scored.len()];
            for Counted { part, rows, .. } in &self.parts {
                for leaf in part.leaves() {
                    let terms = self.terms(query, scale, &leaf)?;
                    let wanted = |row: usize| rows.contains(row) && among.contains(row);
                    let documents = documents_of(&leaf, sought.scored, |doc| rows.contains(doc.row()));
                    let give = |number: usize, score: u32| scores[number] = score;
                    Walk::new(terms, scale, leaf, sought.count + documents.len())
                        .run(wanted, &mut best, &documents, give);
                }
            }
            query.know(sought.scored.iter().copied().zip(scores.into_iter().map(|score| scale.back(score))));
        }
        let found = best.heap.into_iter().map(|Reverse((score, Reverse(row)))| (DocId(row), scale.back(score)));
        let found: Vec<(DocId, f32)> = found.collect();
        query.know(found.iter().copied());
        Ok(found)
    }

    fn terms<'a>(&'a self, query: &LexicalQuery, scale: Scale, leaf: &Leaf<'a>) -> tantivy::Result<Vec<Term<'a>>> {
        let mut terms = Vec::with_capacity(query.words.len());
        for word in &query.words {
            let postings = self.postings(&word.word, leaf)?;
            if !postings.0.is_empty() {
                let (weight, bound, papers) = (word.weight, scale.bound(word), word.statistics.papers);
                terms.push(Term { postings, weight, bound, papers });
            }
        }
        Ok(terms)
    }

    /// The score of each paper; 0 for a paper without any word of the query.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn scores_for(&self, query: &LexicalQuery, docs: &[DocId]) -> tantivy::Result<Vec<f32>> {
        let unknown: Vec<DocId> = docs.iter().copied().filter(|doc| query.known(*doc).is_none()).collect();
        let scale = Scale::of(query);
        let scores = self.scores_of(query, &unknown)?;
        query.know(unknown.into_iter().zip(scores.into_iter().map(|score| scale.back(score))));
        Ok(docs.iter().map(|doc| query.known(*doc).unwrap_or_default()).collect())
    }

    fn scores_of(&self, query: &LexicalQuery, docs: &[DocId]) -> tantivy::Result<Vec<u32>> {
        let scale = Scale::of(query);
        let mut scores = vec![0; docs.len()];
        self.for_each_frequency(query, docs, |word, place, frequency| {
            scores[place] += scale.score(word.weight, frequency);
        })?;
        Ok(scores)
    }
}

/// A search for the best documents of a leaf.
struct Walk<'a> {
    scale: Scale,
    leaf: Leaf<'a>,
    /// The terms: those that may be looked up first, the smallest bounds first.
    terms: Vec<Term<'a>>,
    /// For each term that may be looked up, the largest score of a document that has the terms up to it.
    together: Vec<u32>,
}

impl<'a> Walk<'a> {
    /// A term is looked up only if this may save time, when `documents` are looked at.
    fn new(mut terms: Vec<Term<'a>>, scale: Scale, leaf: Leaf<'a>, documents: usize) -> Self {
        let is_rare = |term: &Term<'_>| term.papers < documents.saturating_mul(LOOK_UP);
        terms.sort_by_key(|term| (is_rare(term), term.bound));
        let mut sum = 0;
        let together = |term: &Term<'_>| {
            sum += term.bound;
            sum
        };
        let together = terms.iter().take_while(|term| !is_rare(term)).map(together).collect();
        Self { scale, leaf, terms, together }
    }

    /// Adds the best rows that are wanted. Gives the scores of the documents in `scored`, which are in ascending order, with the
    /// number of each.
    fn run(
        mut self,
        wanted: impl Fn(usize) -> bool,
        best: &mut Best,
        scored: &[(u32, usize)],
        mut give: impl FnMut(usize, u32),
    ) {
        let mut window = Window::default();
        let mut in_window = Scores { scores: Box::new([0; LENGTH]), found: [0; LENGTH / 64] };
        let mut scored = scored.iter().peekable();
        // Number of terms that find no further document.
        let mut looked_up = 0;
        loop {
            while self.together.get(looked_up).is_some_and(|most| *most < best.threshold()) {
                looked_up += 1;
            }
            let (others, finding) = self.terms.split_at_mut(looked_up);
            let next_scored = scored.peek().map_or(TERMINATED, |(document, _)| *document);
            let first = finding.iter().map(|term| term.postings.next()).min().unwrap_or(TERMINATED).min(next_scored);
            if first == TERMINATED {
                return;
            }
            for Term { postings, weight, .. } in finding {
                window.read(postings, first, |place, frequency| {
                    in_window.add(place, self.scale.score(*weight, frequency));
                });
            }
            for (document, _) in scored.clone().take_while(|(document, _)| *document - first < WIDTH) {
                in_window.add(*document - first, 0);
            }
            let most_of_others = looked_up.checked_sub(1).map_or(0, |last| self.together[last]);
            in_window.take(|place, mut score| {
                let document = first + place;
                let is_scored = scored.peek().is_some_and(|(next, _)| *next == document);
                let row = || self.leaf.row_of(document).filter(|row| wanted(*row as usize));
                if !is_scored && (score + most_of_others < best.threshold() || row().is_none()) {
                    return;
                }
                for (term, most) in others.iter_mut().zip(&self.together).rev() {
                    if !is_scored && score + most < best.threshold() {
                        return;
                    }
                    score += self.scale.score(term.weight, term.postings.at(document));
                }
                while let Some((_, number)) = scored.next_if(|(next, _)| *next == document) {
                    give(*number, score);
                }
                if let Some(row) = row().filter(|_| score > 0) {
                    best.add(score, row);
                }
            });
        }
    }
}
