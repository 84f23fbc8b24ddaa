//! Scores papers with BM25F: BM25 over the frequencies of a word in title, abstract and names, each weighted by its field.
//!
//! The formula is from Robertson, Zaragoza & Taylor, "Simple BM25 extension to multiple weighted fields", CIKM 2004. The inverse
//! document frequency is the variant that is never negative (Robertson & Zaragoza, "The probabilistic relevance framework: BM25
//! and beyond", 2009, with the 1 inside the logarithm as in Lucene). All statistics are those of the live papers, so the scores
//! depend neither on segments nor on papers that were replaced or deleted.

use tantivy::fieldnorm::FieldNormReader;
use tantivy::schema::Field;

use super::FullText;
use super::counted::Counted;
use super::postings::Factors;
use super::words::{ABSTRACT, AUTHORS, TITLE};

// K1 and B were chosen on the training queries of SciFact; see benches/RESULTS.md. No test set has names.
/// Term-frequency saturation: the higher, the more each further occurrence of a word adds to the score.
pub(crate) const K1: f32 = 0.9;
/// Length normalisation: 0 ignores the length of a field, 1 divides frequencies by length / mean length.
pub(crate) const B: f32 = 0.4;

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
}

/// What one occurrence of a word adds to its weighted frequency, a table for each of title, abstract and names: the weight of the
/// field by the length normalisation of BM25F, `1 - B + B * length / mean length`. The index is the field norm: the one-byte code
/// in which tantivy stores the length of a field.
#[derive(Debug)]
pub(super) struct FieldFactors {
    tables: [Factors; 3],
    means: [f32; 3],
}

impl FieldFactors {
    /// The tables of title, abstract and names.
    pub fn tables(&self) -> &[Factors; 3] {
        &self.tables
    }

    /// The tables for these mean lengths of the fields, in words.
    pub fn new(means: [f32; 3]) -> Self {
        #[allow(clippy::cast_precision_loss)] // words of a text
        let length = |norm: u8| FieldNormReader::id_to_fieldnorm(norm) as f32;
        let mut tables = [[0.0; 256]; 3];
        for ((table, mean), weight) in tables.iter_mut().zip(means).zip([TITLE, ABSTRACT, AUTHORS]) {
            for (factor, norm) in table.iter_mut().zip(0..=u8::MAX) {
                *factor = weight / (1.0 - B + B * length(norm) / mean);
            }
        }
        Self { tables, means }
    }

    /// The largest ratio of a factor to that of others, or the inverse.
    pub fn change_since(&self, others: &Self) -> f32 {
        // A factor changes less than the mean length does.
        let ratio = |(now, before): (&f32, &f32)| (now / before).max(before / now);
        self.means.iter().zip(&others.means).map(ratio).fold(1.0, f32::max)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use fixedbitset::FixedBitSet;
    use proptest::prelude::*;

    use super::*;
    use crate::embed::{Embedding, ModelFolder};
    use crate::full_text::{Sought, renew};
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
            (count, wanted) in (1usize..12, prop::collection::vec(any::<bool>(), 40)),
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
            let view = store.view().unwrap();
            let index = FullText::open(&view).unwrap();
            let query = index.query(&joined(&question)).unwrap();
            let among: FixedBitSet = (0..).zip(wanted).filter(|(_, wanted)| *wanted).map(|(row, _)| row).collect();
            let mut best: Vec<(f32, u32)> = Vec::new();
            for (number, wanted) in naive(&papers, &question).into_iter().enumerate() {
                let (_, doc) = view.paper(&PaperId::of_title(&number.to_string())).unwrap();
                let score = index.scores(&query, &[doc]).unwrap()[0];
                let found = f64::from(score);
                prop_assert!(score < query.bound || query.bound == 0.0);
                prop_assert!((found - wanted).abs() < 1e-4 * (1.0 + wanted), "{found}, expected {wanted}");
                best.push((score, doc.0));
            }
            // The best are those of an exhaustive search, ties included.
            best.retain(|(score, doc)| *score > 0.0 && among.contains(*doc as usize));
            best.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            best.truncate(count);
            let query = index.query(&joined(&question)).unwrap();
            let found = index.best(&query, &Sought::best(count), &among).unwrap();
            let mut found: Vec<(f32, u32)> = found.into_iter().map(|(doc, score)| (score, doc.0)).collect();
            found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            prop_assert_eq!(found, best);
        }
    }
}
