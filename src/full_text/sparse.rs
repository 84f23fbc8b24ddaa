//! BM25F for engines that store vectors only: papers are retrieved by an inner product, and scored by the numbers of their words.
//!
//! The score of a word is `weight * frequency / (frequency + K1)` (see [`super::bm25`]). The vector of a paper has the second
//! factor of each of its terms, that of a query the weight of each term that it looks up. Such a vector is computed when the paper
//! is written, with the mean lengths of that time, and each term is saturated by itself. So it finds candidates;
//! [`TermCounts`] gives their scores as the index does.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use tantivy::fieldnorm::FieldNormReader;

use super::FullText;
use super::bm25::{FieldFactors, K1};
use super::lexical_query::{LexicalQuery, WeightedWord};
use super::phrases::words_of;
use super::query_words::QueryWord;
use super::words::{Fields, Form, stem_of};
use crate::paper::Paper;

/// Weights by the number of a term.
pub(crate) type SparseVector = BTreeMap<u32, f32>;

/// The fields of a term, as a part of what its number is a hash of.
const TEXT: u8 = b't';
const NAMES: u8 = b'n';

/// Bytes of a term in [`TermCounts::to_bytes`]: its number, and how often title and abstract have it, or how often the names.
const TEXT_BYTES: usize = 6;
const NAME_BYTES: usize = 5;

/// The number of a term: a hash, which is the same for all writers. Few of a million terms share a number.
fn number(kind: u8, term: &str) -> u32 {
    let digest = Sha256::new().chain_update([kind]).chain_update(term).finalize();
    // The largest number is not allowed as an index.
    u32::from_le_bytes([digest[0], digest[1], digest[2], digest[3]]).min(u32::MAX - 1)
}

/// How often a paper has each of its terms; at most 255 times are counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TermCounts {
    /// The lengths of title, abstract and names, as field norms of tantivy.
    norms: [u8; 3],
    /// By the number of a stem: in title and in abstract.
    text: BTreeMap<u32, [u8; 2]>,
    /// By the number of a word of names.
    names: BTreeMap<u32, u8>,
}

impl TermCounts {
    pub fn of(paper: &Paper) -> Self {
        let fields = Fields::new();
        let texts = fields.texts(paper);
        let (mut text, mut names) = (BTreeMap::<u32, [u8; 2]>::new(), BTreeMap::<u32, u8>::new());
        let scored = [
            (fields.title, Form::Stems, TEXT),
            (fields.abstract_text, Form::Stems, TEXT),
            (fields.authors, Form::Wholes, NAMES),
        ];
        let mut norms = [0; 3];
        for (place, (field, form, kind)) in scored.into_iter().enumerate() {
            let mut length = 0;
            for (_, of_field) in texts.iter().filter(|(of, _)| *of == field) {
                form.each(of_field, |word, _| {
                    let number = number(kind, word);
                    let count = match kind {
                        NAMES => names.entry(number).or_default(),
                        _ => &mut text.entry(number).or_default()[place],
                    };
                    *count = count.saturating_add(1);
                    length += 1;
                });
            }
            norms[place] = FieldNormReader::fieldnorm_to_id(length);
        }
        Self { norms, text, names }
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let Self { norms, text, names } = self;
        let mut bytes = norms.to_vec();
        bytes.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
        for (number, counts) in text {
            bytes.extend(number.to_le_bytes());
            bytes.extend(counts);
        }
        for (number, count) in names {
            bytes.extend(number.to_le_bytes());
            bytes.push(*count);
        }
        bytes
    }

    /// Reads [`TermCounts::to_bytes`]; what is cut off is left out.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let Some((norms, rest)) = bytes.split_first_chunk::<3>() else { return Self::default() };
        let Some((length, rest)) = rest.split_first_chunk::<4>() else { return Self::default() };
        let length = (u32::from_le_bytes(*length) as usize).saturating_mul(TEXT_BYTES).min(rest.len());
        let (text, names) = rest.split_at(length);
        let text = text.as_chunks::<TEXT_BYTES>().0.iter();
        let names = names.as_chunks::<NAME_BYTES>().0.iter();
        Self {
            norms: *norms,
            text: text.map(|[a, b, c, d, counts @ ..]| (u32::from_le_bytes([*a, *b, *c, *d]), *counts)).collect(),
            names: names.map(|[a, b, c, d, count]| (u32::from_le_bytes([*a, *b, *c, *d]), *count)).collect(),
        }
    }

    /// The vector of the paper, given the mean lengths of titles, abstracts and names.
    pub fn sparse(&self, mean_lengths: [f32; 3]) -> SparseVector {
        let [title, abstract_text, names] = self.factors(&FieldFactors::new(mean_lengths));
        let text = self.text.iter().map(|(number, [of_title, of_abstract])| {
            (*number, title * f32::from(*of_title) + abstract_text * f32::from(*of_abstract))
        });
        let names = self.names.iter().map(|(number, count)| (*number, names * f32::from(*count)));
        text.chain(names).map(|(number, frequency)| (number, frequency / (frequency + K1))).collect()
    }

    /// What one occurrence in title, abstract or names adds to the weighted frequency.
    fn factors(&self, factors: &FieldFactors) -> [f32; 3] {
        std::array::from_fn(|field| factors.tables()[field][usize::from(self.norms[field])])
    }
}

/// The terms that a word of a query looks up, each with its share of the weight. A phrase is looked up by its words.
fn terms_of(word: &QueryWord) -> impl Iterator<Item = (u32, f32)> {
    let stems = word.stems.iter().map(|stem| (number(TEXT, stem), 1.0));
    let names = word.whole.iter().map(|whole| (number(NAMES, whole), 1.0));
    let phrases = word.phrases.iter().flat_map(|phrase| {
        #[allow(clippy::cast_precision_loss)] // words of a phrase
        let share = 1.0 / phrase.len().max(1) as f32;
        phrase.iter().map(move |whole| (number(TEXT, &stem_of(whole)), share))
    });
    stems.chain(names).chain(phrases)
}

/// A paper to score: its numbers, and its text, which is needed for phrases only.
pub(crate) struct Scored<'p> {
    pub counts: &'p TermCounts,
    pub paper: &'p dyn Fn() -> Option<Paper>,
}

impl FullText {
    /// The weighted frequency of a word in a paper, as [`FullText::postings`] has it.
    fn frequency_in(&self, word: &QueryWord, scored: &Scored<'_>) -> f32 {
        let Scored { counts, paper } = scored;
        let [title, abstract_text, names] = counts.factors(&self.factors);
        let stem = |stem: &String| {
            let [of_title, of_abstract] = counts.text.get(&number(TEXT, stem)).copied().unwrap_or_default();
            title * f32::from(of_title) + abstract_text * f32::from(of_abstract)
        };
        let name =
            |whole: &String| names * f32::from(counts.names.get(&number(NAMES, whole)).copied().unwrap_or_default());
        let mut frequency: f32 = word.stems.iter().map(stem).sum::<f32>() + word.whole.iter().map(name).sum::<f32>();
        if !word.phrases.is_empty()
            && let Some(paper) = paper()
        {
            for (text, factor) in [(&paper.title, title), (&paper.abstract_text, abstract_text)] {
                let words = words_of(text);
                let is_in = |phrase: &&Vec<String>| !phrase.is_empty();
                for phrase in word.phrases.iter().filter(is_in) {
                    #[allow(clippy::cast_precision_loss)] // words of a text
                    let found = words.windows(phrase.len()).filter(|window| window == phrase).count() as f32;
                    frequency += factor * found;
                }
            }
        }
        frequency
    }

    /// The score of a paper for a query.
    pub(crate) fn score_of(&self, query: &LexicalQuery, scored: &Scored<'_>) -> f32 {
        let score = |WeightedWord { word, weight, .. }: &WeightedWord| {
            let frequency = self.frequency_in(word, scored);
            weight * frequency / (frequency + K1)
        };
        query.words.iter().map(score).sum()
    }

    /// The words of the query that a paper has, each with its share of the score; the largest first.
    pub(crate) fn matched_of(&self, query: &LexicalQuery, scored: &Scored<'_>) -> Vec<(String, f32)> {
        let mut matched: Vec<(String, f32)> = Vec::new();
        for WeightedWord { word, weight, .. } in &query.words {
            let frequency = self.frequency_in(word, scored);
            if frequency > 0.0 {
                let score = weight * frequency / (frequency + K1);
                match matched.iter_mut().find(|(shown, _)| *shown == word.shown) {
                    Some((_, sum)) => *sum += score,
                    None => matched.push((word.shown.clone(), score)),
                }
            }
        }
        matched.sort_by(|a, b| b.1.total_cmp(&a.1));
        matched
    }
}

impl LexicalQuery {
    /// The query as a vector: papers with a high inner product are candidates.
    pub(crate) fn sparse(&self) -> SparseVector {
        let mut vector = SparseVector::new();
        for WeightedWord { word, weight, .. } in &self.words {
            for (term, share) in terms_of(word) {
                *vector.entry(term).or_default() += weight * share;
            }
        }
        vector.retain(|_, weight| *weight > 0.0);
        vector
    }

    /// All that is looked up for the words.
    pub(crate) fn forms(&self) -> Vec<WordForm<'_>> {
        let words = self.words.iter().map(|word| &word.word);
        words
            .flat_map(|QueryWord { stems, whole, phrases, .. }| {
                let stems = stems.iter().map(|stem| WordForm::Stem(stem));
                let names = whole.iter().map(|whole| WordForm::Name(whole));
                stems.chain(names).chain(phrases.iter().map(|phrase| WordForm::Phrase(phrase)))
            })
            .collect()
    }
}

/// What is looked up for a word of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WordForm<'w> {
    /// A stem in title or abstract.
    Stem(&'w str),
    /// A word in the names of the authors.
    Name(&'w str),
    /// Words that follow each other in title or abstract.
    Phrase(&'w [String]),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::sample;
    use crate::full_text::{Dictionary, PaperTerms};
    use crate::store::DocId;

    fn papers() -> Vec<Paper> {
        sample::papers().map(Result::unwrap).collect()
    }

    #[test]
    fn scores_and_candidates_are_those_of_the_index() {
        let papers = papers();
        let index = FullText::of_papers(papers.iter());
        let mut dictionary = Dictionary::default();
        for paper in &papers {
            dictionary.add(&PaperTerms::of(paper));
        }
        let means = dictionary.mean_lengths();
        let words = FullText::of_dictionary(dictionary);
        let docs: Vec<DocId> = (0..).map(DocId).take(papers.len()).collect();
        for question in ["attention", "neural machine translation of rare words", "images by Hinton", "LLM", "the of"] {
            let (exact, query) = (index.query(question).unwrap(), words.query(question).unwrap());
            let exact = index.scores(&exact, &docs).unwrap();
            let vector = query.sparse();
            for (paper, exact) in papers.iter().zip(exact) {
                let counts = TermCounts::of(paper);
                let scored = Scored { counts: &counts, paper: &|| Some(paper.clone()) };
                let score = words.score_of(&query, &scored);
                assert!((score - exact).abs() < 0.02 * (1.0 + exact), "{question}: {score}, exactly {exact}");
                let matched: f32 = words.matched_of(&query, &scored).iter().map(|(_, share)| share).sum();
                assert!((score - matched).abs() < 1e-3);
                let product: f32 =
                    counts.sparse(means).iter().filter_map(|(term, value)| Some(vector.get(term)? * value)).sum();
                assert!(
                    question == "the of" || (product - exact).abs() < 0.05 * (1.0 + exact),
                    "{question}: {product}"
                );
            }
        }
    }

    #[test]
    fn counts_survive_a_round_trip_through_bytes() {
        for paper in papers() {
            let counts = TermCounts::of(&paper);
            let bytes = counts.to_bytes();
            assert_eq!(TermCounts::from_bytes(&bytes), counts);
            for length in 0..bytes.len() {
                TermCounts::from_bytes(&bytes[..length]);
            }
        }
    }
}
