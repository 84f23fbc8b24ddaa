//! Scores papers with BM25F: BM25 over the frequencies of a word in title, abstract and names, each weighted by its field.
//!
//! The formula is from Robertson, Zaragoza & Taylor, "Simple BM25 extension to multiple weighted fields", CIKM 2004. The inverse
//! document frequency is the variant that is never negative (Robertson & Zaragoza, "The probabilistic relevance framework: BM25
//! and beyond", 2009, with the 1 inside the logarithm as in Lucene). All statistics are those of the live papers, so the scores
//! depend neither on segments nor on papers that were replaced or deleted.

use std::cell::RefCell;
use std::sync::Arc;

use fixedbitset::FixedBitSet;
use tantivy::fieldnorm::FieldNormReader;
use tantivy::schema::Field;

use super::FullText;
use super::counted::Counted;
use super::matched::Matched;
use super::query_words::{Abbreviation, QueryWord};
use super::words::fields;
use crate::store::DocId;

// K1 and B were chosen on the training queries of SciFact; see benches/RESULTS.md. No test set has names.
/// Term-frequency saturation: the higher, the more each further occurrence of a word adds to the score.
pub(crate) const K1: f32 = 0.9;
/// Length normalisation: 0 ignores the length of a field, 1 divides frequencies by length / mean length.
pub(crate) const B: f32 = 0.4;

/// The BM25F scores of all papers for one query.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scores {
    /// The score of every row of the snapshot; 0 for a paper without any word of the query.
    pub of_rows: Vec<f32>,
    /// An upper bound of all scores: the sum of `idf * (K1 + 1)` over the words of the query.
    pub bound: f32,
    /// Number of words of the query that occur in at least one paper.
    pub words: usize,
    /// Number of different words of the query that were looked up, and number of all its different words. A long query has more
    /// than are looked up.
    pub looked_up: (usize, usize),
    /// The words that occur in at least one paper.
    pub(crate) matched: Vec<Matched>,
    /// The abbreviations whose other forms were looked up.
    pub(crate) abbreviations: Vec<Abbreviation>,
}

impl Scores {
    /// The `count` rows among these with the highest scores above 0, in any order. Of equal scores, the smaller row is better.
    #[must_use]
    pub fn best(&self, count: usize, among: &FixedBitSet) -> Vec<DocId> {
        /// Rows per block. A block is skipped if its maximum score is not above the threshold.
        const TOGETHER: usize = 64;
        let mut found: Vec<(f32, u32)> = Vec::new();
        // Rows are visited in ascending order, so a row that only equals the threshold loses to the rows before it.
        let mut threshold = 0.0;
        let keep_best = |found: &mut Vec<(f32, u32)>| {
            if found.len() > count {
                found.select_nth_unstable_by(count, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
                found.truncate(count);
            }
        };
        for (block, scores) in self.of_rows.chunks(TOGETHER).enumerate() {
            if scores.iter().fold(0.0, |most: f32, score| most.max(*score)) <= threshold {
                continue;
            }
            for (row, score) in (block * TOGETHER..).zip(scores) {
                if *score > threshold && among.contains(row) {
                    found.extend(u32::try_from(row).ok().map(|row| (*score, row)));
                }
            }
            if found.len() >= count.saturating_mul(2) {
                keep_best(&mut found);
                threshold = found.iter().fold(f32::INFINITY, |least, (score, _)| least.min(*score));
            }
        }
        keep_best(&mut found);
        found.into_iter().map(|(_, row)| DocId(row)).collect()
    }
}

/// The papers that contain a word (its postings).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Occurrences {
    pub(super) rows: Vec<u32>,
    /// The frequency in each paper, summed over the fields, each divided by its length normalisation and multiplied by its
    /// weight.
    pub(super) frequencies: Vec<f32>,
}

impl Occurrences {
    /// Number of papers.
    #[must_use]
    pub fn papers(&self) -> usize {
        self.rows.len()
    }

    /// Adds the word's score of each row, `factor * frequency / (frequency + K1)`.
    fn add(&self, factor: f32, scores: &mut [f32]) {
        for (row, frequency) in self.rows.iter().zip(&self.frequencies) {
            scores[*row as usize] += factor * frequency / (frequency + K1);
        }
    }
}

/// The inverse document frequency of a word that `having` of `papers` papers contain.
#[must_use]
#[allow(clippy::cast_precision_loss)] // rows fit into 32 bits
pub fn rarity(papers: usize, having: usize) -> f32 {
    let (all, some) = (papers as f32, having as f32);
    (1.0 + (all - some + 0.5) / (some + 0.5)).ln()
}

/// A bound above the score of every paper for a word that `having` of `papers` papers contain.
#[must_use]
pub fn most(papers: usize, having: usize) -> f32 {
    rarity(papers, having) * (K1 + 1.0)
}

impl FullText {
    /// The BM25F score of every row; 0 for a paper without any word of the query.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn bm25(&self, question: &str) -> tantivy::Result<Scores> {
        let mut scores = Scores { of_rows: vec![0.0; self.rows], ..Scores::default() };
        let mut counter = Counter::new(self);
        let read = self.query_words(question)?;
        scores.looked_up = (read.looked_up, read.different);
        scores.abbreviations = read.abbreviations;
        for word in read.words {
            let found = counter.count(&word)?;
            if found.papers() > 0 {
                #[allow(clippy::cast_precision_loss)] // words of a query
                let most = word.count as f32 * most(self.papers, found.papers());
                found.add(most, &mut scores.of_rows);
                scores.bound += most;
                scores.words += word.count;
                scores.matched.push(Matched { shown: word.shown, most, found: Arc::new(found) });
            }
        }
        Ok(scores)
    }

    /// The papers that contain a stem in title or abstract; `None` if there are more than `most`.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn rare(&self, stem: &str, most: usize) -> tantivy::Result<Option<Occurrences>> {
        if self.min_document_frequency(stem)? > most {
            return Ok(None);
        }
        let found = Counter::new(self).count(&QueryWord::of_stem(stem))?;
        Ok(Some(found).filter(|found| found.papers() <= most))
    }

    /// The rows of the papers that contain a word of a query.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn rows_with(&self, word: &QueryWord) -> tantivy::Result<FixedBitSet> {
        let found = Counter::new(self).count(word)?;
        Ok(found.rows.iter().map(|row| *row as usize).collect())
    }

    /// A lower bound on the document frequency of a stem, computed from the term dictionaries without reading postings.
    pub(super) fn min_document_frequency(&self, stem: &str) -> tantivy::Result<usize> {
        let look_up = || self.min_frequency_in(&[self.fields.title, self.fields.abstract_text], stem);
        self.cache.frequencies.get(stem, look_up)
    }

    /// A lower bound on the number of papers with a term in one of these fields.
    pub(super) fn min_frequency_in(&self, fields: &[Field], term: &str) -> tantivy::Result<usize> {
        let mut sum = 0;
        for Counted { part, others, .. } in &self.parts {
            sum += part.min_document_frequency(fields, term)?.saturating_sub(*others);
        }
        Ok(sum)
    }

    /// The scores of an expanded query: `own` times each score, plus `scale` times the weighted sum of the scores of the added
    /// words.
    #[must_use]
    pub fn expanded(&self, scores: &Scores, own: f32, scale: f32, added: &[(f32, &Occurrences)]) -> Scores {
        let mut of_words = vec![0.0; scores.of_rows.len()];
        for (weight, found) in added {
            found.add(weight * rarity(self.papers, found.papers()) * (K1 + 1.0), &mut of_words);
        }
        let of_rows = scores.of_rows.iter().zip(of_words).map(|(score, added)| own * score + scale * added);
        let Scores { bound, words, looked_up, .. } = *scores;
        let (matched, abbreviations) = (scores.matched.clone(), scores.abbreviations.clone());
        Scores { of_rows: of_rows.collect(), bound, words, looked_up, matched, abbreviations }
    }
}

/// The length normalisation of BM25F, `1 - B + B * length / mean length`, as a table per field. The index is the field norm: the
/// one-byte code in which tantivy stores the length of a field.
#[derive(Debug)]
pub(super) struct LengthNorms([[f32; 256]; 3]);

impl LengthNorms {
    /// The tables of title, abstract and names.
    pub fn tables(&self) -> &[[f32; 256]; 3] {
        &self.0
    }

    /// The tables for these mean lengths of the fields, in words.
    pub fn new(means: [f32; 3]) -> Self {
        #[allow(clippy::cast_precision_loss)] // words of a text
        let length = |id: u8| FieldNormReader::id_to_fieldnorm(id) as f32;
        Self(means.map(|mean| {
            let mut norms = [0.0; 256];
            for (norm, id) in norms.iter_mut().zip(0..=u8::MAX) {
                *norm = 1.0 - B + B * length(id) / mean;
            }
            norms
        }))
    }
}

thread_local! {
    /// Zeros, at least one per row of the largest index so far on this thread. A [`Counter`] borrows them and resets what it
    /// changes.
    static ZEROS: RefCell<Vec<f32>> = RefCell::default();
}

/// Counts words one after another, with one buffer.
struct Counter<'a> {
    full_text: &'a FullText,
    /// The weighted frequency of the current word in each row; all zeros between two words.
    pub(super) frequencies: Vec<f32>,
}

impl<'a> Counter<'a> {
    fn new(full_text: &'a FullText) -> Self {
        let mut frequencies = ZEROS.take();
        if frequencies.len() < full_text.rows {
            frequencies.resize(full_text.rows, 0.0);
        }
        Self { full_text, frequencies }
    }

    /// Counts a word in all papers, together with its other forms.
    fn count(&mut self, word: &QueryWord) -> tantivy::Result<Occurrences> {
        let mut rows = Vec::new();
        let counted = self.sum_up(word, &mut rows);
        let frequencies = rows.iter().map(|row| std::mem::take(&mut self.frequencies[*row as usize])).collect();
        counted.map(|()| Occurrences { rows, frequencies })
    }

    /// Sums up the weighted frequency of a word in each paper, and collects the rows of the papers that contain it.
    fn sum_up(&mut self, word: &QueryWord, rows: &mut Vec<u32>) -> tantivy::Result<()> {
        let Self { full_text, frequencies } = self;
        let mut add = |row: u32, frequency: f32| {
            let sum = &mut frequencies[row as usize];
            if *sum == 0.0 {
                rows.push(row);
            }
            *sum += frequency;
        };
        for ((field, weight, stems), norms) in fields(&full_text.fields).into_iter().zip(&full_text.norms.0) {
            let terms = if stems { word.stems.as_slice() } else { word.whole.as_slice() };
            for (term, Counted { part, rows: counted, .. }) in
                terms.iter().flat_map(|term| full_text.parts.iter().map(move |part| (term, part)))
            {
                part.for_each_posting(field, term, |row, frequency, length_id| {
                    if counted.contains(row as usize) {
                        #[allow(clippy::cast_precision_loss)] // words of a text
                        let frequency = frequency as f32;
                        add(row, weight * frequency / norms[usize::from(length_id)]);
                    }
                })?;
            }
        }
        for phrase in &word.phrases {
            full_text.for_each_phrase(phrase, &mut add)?;
        }
        Ok(())
    }
}

impl Drop for Counter<'_> {
    fn drop(&mut self) {
        // After a panic, the buffer may not have been reset.
        if !std::thread::panicking() {
            ZEROS.set(std::mem::take(&mut self.frequencies));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::embed::{Embedding, ModelFolder};
    use crate::full_text::{ABSTRACT, AUTHORS, TITLE, renew};
    use crate::paper::{Paper, PaperId};
    use crate::store::{Change, Store};

    /// A title, an abstract and a name, each a list of words without endings.
    type Texts = (Vec<u8>, Vec<u8>, Vec<u8>);

    fn texts() -> impl Strategy<Value = Texts> {
        let words = |most| prop::collection::vec(0u8..15, 0..most);
        (words(6), words(40), words(4))
    }

    fn joined(words: &[u8]) -> String {
        words.iter().map(|word| format!("w{word}")).collect::<Vec<_>>().join(" ")
    }

    fn change(number: usize, (title, text, name): &Texts) -> Change {
        let id = PaperId::of_title(&number.to_string());
        let mut paper = Paper::new(id, joined(title), joined(text));
        paper.authors = vec![joined(name)];
        let mut vector = vec![0.0; 32];
        vector[number % 32] = 1.0;
        Change::new(paper, Some(Embedding::normalised(vector).unwrap()))
    }

    /// The formula of the paper, computed from the texts.
    #[allow(clippy::cast_precision_loss)]
    fn naive(papers: &[Texts], question: &[u8]) -> Vec<f64> {
        let fields = |(title, text, name): &Texts| [title.clone(), text.clone(), name.clone()];
        let total = |field: usize| papers.iter().map(|paper| fields(paper)[field].len()).sum::<usize>();
        let mean = |field: usize| total(field).max(1) as f64 / papers.len() as f64;
        let frequency = |paper: &Texts, word: u8| -> f64 {
            let parts = fields(paper).into_iter().zip([TITLE, ABSTRACT, AUTHORS]).enumerate().map(
                |(field, (words, weight))| {
                    let count = f64::from(words.iter().map(|other| u8::from(*other == word)).sum::<u8>());
                    f64::from(weight) * count / (1.0 - f64::from(B) + f64::from(B) * words.len() as f64 / mean(field))
                },
            );
            parts.sum()
        };
        let score = |paper: &Texts| {
            let parts = question.iter().map(|word| {
                let having = papers.iter().filter(|paper| frequency(paper, *word) > 0.0).count() as f64;
                let rarity = (1.0 + (papers.len() as f64 - having + 0.5) / (having + 0.5)).ln();
                let frequency = frequency(paper, *word);
                rarity * frequency * (f64::from(K1) + 1.0) / (frequency + f64::from(K1))
            });
            parts.sum()
        };
        papers.iter().map(score).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn scores_equal_the_formula(
            mut papers in prop::collection::vec(texts(), 1..30),
            replaced in prop::collection::vec((any::<prop::sample::Index>(), texts()), 0..6),
            question in prop::collection::vec(0u8..17, 1..6),
            renewed in any::<bool>(),
        ) {
            let dir = tempfile::tempdir().unwrap();
            let model = ModelFolder::open(Path::new("tests/data/tiny-bert")).unwrap();
            let store = Store::open_or_create(dir.path(), model.fingerprint(), None).unwrap();
            let changes: Vec<Change> = papers.iter().enumerate().map(|(number, texts)| change(number, texts)).collect();
            store.commit(model.fingerprint(), &changes).unwrap();
            if renewed {
                renew(&store).unwrap();
            }
            for (which, texts) in replaced {
                let which = which.index(papers.len());
                store.commit(model.fingerprint(), &[change(which, &texts)]).unwrap();
                papers[which] = texts;
            }
            let scores = FullText::open(&store.view().unwrap()).unwrap().scores(&joined(&question)).unwrap();
            let view = store.view().unwrap();
            for (number, wanted) in naive(&papers, &question).into_iter().enumerate() {
                let (_, doc) = view.paper(&PaperId::of_title(&number.to_string())).unwrap();
                let found = f64::from(scores.of_rows[doc.row()]);
                prop_assert!(scores.of_rows[doc.row()] < scores.bound || scores.bound == 0.0);
                prop_assert!((found - wanted).abs() < 1e-4 * (1.0 + wanted), "{found}, expected {wanted}");
            }
        }
    }
}
