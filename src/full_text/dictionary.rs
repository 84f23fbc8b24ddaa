//! The words of a collection whose papers are elsewhere: how many papers have each? It answers what a query asks of the words
//! alone: which forms it has, which word is misspelt, which names begin as typed, and how rare each word is.

use std::collections::{BTreeMap, BTreeSet};

use tantivy::fieldnorm::FieldNormReader;
use tantivy::schema::Field;

use super::counted::Counted;
use super::known::Known;
use super::names::{CATEGORY, END};
use super::part::{Part, Similar};
use super::phrases::numbers;
use super::query_words::QueryWord;
use super::words::{Fields, Form, stem_of};
use super::{FieldFactors, FullText, WordCache};
use crate::paper::Paper;

/// The kinds of terms. Each is the first character of a term's key.
const STEM: char = 's';
const NAME: char = 'n';
const WHOLE: char = 'w';
const FAMILY: char = 'f';
const ENTRY: char = 'e';
const YEAR: char = 'y';
/// A word of names that the text has as well, by its stem.
const BOTH: char = 'b';

/// The number of papers that have each term, and how long their texts are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Dictionary {
    /// Number of papers.
    pub papers: usize,
    /// The number of words in all titles, all abstracts and all names.
    pub lengths: [u64; 3],
    /// The number of papers with each term, by its key: the kind and the term.
    pub terms: BTreeMap<String, u32>,
}

/// The terms of a paper as keys of a [`Dictionary`], and the number of words in its title, abstract and names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PaperTerms {
    pub terms: BTreeSet<String>,
    pub lengths: [u64; 3],
}

impl PaperTerms {
    pub fn of(paper: &Paper) -> Self {
        let fields = Fields::new();
        let mut of_paper = Self::default();
        let texts = fields.texts(paper);
        for (field, form) in fields.forms() {
            let Some(kind) = kind_of(&fields, field) else { continue };
            let mut length = 0;
            for (_, text) in texts.iter().filter(|(of, _)| *of == field) {
                form.each(text, |word, _| {
                    of_paper.terms.insert(format!("{kind}{word}"));
                    length += 1;
                });
            }
            if let Some(sum) = scored(&fields, field).and_then(|place| of_paper.lengths.get_mut(place)) {
                // With the precision of the index, so that scores are the same.
                *sum = FieldNormReader::id_to_fieldnorm(FieldNormReader::fieldnorm_to_id(length)).into();
            }
        }
        let has_stem = |whole: &&str| of_paper.terms.contains(&format!("{STEM}{}", stem_of(whole)));
        let both: Vec<String> = of_paper.names().filter(has_stem).map(|whole| format!("{BOTH}{whole}")).collect();
        of_paper.terms.extend(both);
        of_paper.terms.extend(paper.published.map(|date| format!("{YEAR}{:04}", date.year())));
        of_paper
    }

    /// The stems of title and abstract.
    pub fn stems(&self) -> impl Iterator<Item = &str> {
        of_kind(&self.terms, STEM)
    }

    /// The words of the names of the authors.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        of_kind(&self.terms, NAME)
    }

    /// The family names of the authors.
    pub fn families(&self) -> impl Iterator<Item = &str> {
        of_kind(&self.terms, FAMILY)
    }
}

fn of_kind(terms: &BTreeSet<String>, kind: char) -> impl Iterator<Item = &str> {
    terms.iter().filter_map(move |term| term.strip_prefix(kind))
}

/// The place of a scored field among title, abstract and names.
fn scored(fields: &Fields, field: Field) -> Option<usize> {
    [fields.title, fields.abstract_text, fields.authors].iter().position(|scored| *scored == field)
}

/// The kind of the terms of a field. A stem counts once for title and abstract.
fn kind_of(fields: &Fields, field: Field) -> Option<char> {
    let kinds = [
        (fields.title, STEM),
        (fields.abstract_text, STEM),
        (fields.authors, NAME),
        (fields.exact_title, WHOLE),
        (fields.exact_abstract, WHOLE),
        (fields.families, FAMILY),
        (fields.entries, ENTRY),
    ];
    kinds.iter().find(|(of, _)| *of == field).map(|(_, kind)| *kind)
}

impl Dictionary {
    /// Adds the terms of a paper.
    #[cfg(test)]
    pub fn add(&mut self, paper: &PaperTerms) {
        self.papers += 1;
        for (sum, length) in self.lengths.iter_mut().zip(paper.lengths) {
            *sum += length;
        }
        for term in &paper.terms {
            *self.terms.entry(term.clone()).or_default() += 1;
        }
    }

    /// The mean number of words in a title, in an abstract and in the names of the authors.
    #[allow(clippy::cast_precision_loss)] // a mean of words
    pub fn mean_lengths(&self) -> [f32; 3] {
        self.lengths.map(|sum| sum.max(1) as f32 / self.papers.max(1) as f32)
    }
}

/// The terms of a kind that begin with a prefix, each with its number of papers.
fn with_prefix<'d>(
    terms: &'d BTreeMap<String, u32>,
    kind: char,
    prefix: &str,
) -> impl Iterator<Item = (&'d str, usize)> + use<'d> {
    let beginning = format!("{kind}{prefix}");
    let found = terms.range(beginning.clone()..);
    found
        .take_while(move |(key, _)| key.starts_with(&beginning))
        .map(move |(key, papers)| (&key[kind.len_utf8()..], *papers as usize))
}

/// The terms of a dictionary, as a part of an index without documents.
#[derive(Debug)]
pub(super) struct Terms {
    fields: Fields,
    counts: BTreeMap<String, u32>,
    papers: usize,
}

impl Terms {
    /// The years with the number of papers of each, in ascending order.
    pub fn years(&self) -> Vec<(u16, usize)> {
        with_prefix(&self.counts, YEAR, "").filter_map(|(year, papers)| Some((year.parse().ok()?, papers))).collect()
    }

    fn papers_with(&self, kind: char, term: &str) -> usize {
        self.counts.get(&format!("{kind}{term}")).map_or(0, |papers| *papers as usize)
    }

    /// Number of papers.
    pub fn documents(&self) -> usize {
        self.papers
    }

    /// As [`Part::min_document_frequency`].
    pub fn min_document_frequency(&self, fields: &[Field], word: &str) -> usize {
        let kinds: BTreeSet<char> = fields.iter().filter_map(|field| kind_of(&self.fields, *field)).collect();
        kinds.into_iter().map(|kind| self.papers_with(kind, word)).max().unwrap_or_default()
    }

    /// As [`Part::for_each_term`].
    pub fn for_each_term(&self, field: Field, prefix: &str, mut visit: impl FnMut(&str, usize)) {
        if let Some(kind) = kind_of(&self.fields, field) {
            with_prefix(&self.counts, kind, prefix).for_each(|(term, papers)| visit(term, papers));
        }
    }

    /// As [`Part::for_each_similar`].
    pub fn for_each_similar(&self, field: Field, similar: &Similar<'_>, mut visit: impl FnMut(&str, usize)) {
        let Similar { word, distance, beginning } = *similar;
        let (length, most) = (word.chars().count(), usize::from(distance));
        self.for_each_term(field, beginning, |term, papers| {
            // Lengths are compared first, since few terms are as long.
            if term.chars().count().abs_diff(length) <= most && strsim::osa_distance(term, word) <= most {
                visit(term, papers);
            }
        });
    }

    /// The number of papers with a word of a query, as if no paper had two of its stems. Phrases are not counted.
    pub fn papers_with_word(&self, word: &QueryWord) -> usize {
        let stems: usize = word.stems.iter().map(|stem| self.papers_with(STEM, stem)).sum();
        let names = word
            .whole
            .as_ref()
            .map_or(0, |whole| self.papers_with(NAME, whole).saturating_sub(self.papers_with(BOTH, whole)));
        // Stop words are looked up as phrases of one word.
        let wholes = word.phrases.iter().filter_map(|phrase| match phrase.as_slice() {
            [whole] => Some(self.papers_with(WHOLE, whole)),
            _ => None,
        });
        (stems + names + wholes.sum::<usize>()).min(self.papers)
    }
}

impl FullText {
    /// The words of a dictionary. It has no documents: it looks words up, and finds no papers.
    pub(crate) fn of_dictionary(dictionary: Dictionary) -> Self {
        let fields = Fields::new();
        let (papers, means) = (dictionary.papers, dictionary.mean_lengths());
        let lengths = dictionary.lengths;
        let terms = Terms { fields: fields.clone(), counts: dictionary.terms, papers };
        let part = Counted {
            part: std::sync::Arc::new(Part::Terms(terms)),
            rows: fixedbitset::FixedBitSet::default(),
            others: 0,
            lengths,
            known: Known::default(),
        };
        Self {
            fields,
            parts: vec![part],
            generation: 0,
            commits: 0,
            rows: 0,
            papers,
            factors: Box::new(FieldFactors::new(means)),
            cache: WordCache::default(),
        }
    }
}

impl FullText {
    /// The categories of a dictionary by their keys in lower case: the name as papers write it, and the number of papers.
    pub(crate) fn categories_of_dictionary(&self) -> BTreeMap<String, (String, usize)> {
        let mut categories: BTreeMap<String, (String, usize)> = BTreeMap::new();
        for (entry, papers) in self.dictionaries().flat_map(|terms| with_prefix(&terms.counts, ENTRY, CATEGORY)) {
            let Some((key, name)) = entry.strip_prefix(CATEGORY).and_then(|entry| entry.split_once(END)) else {
                continue;
            };
            // The first spelling in character order has the capital letters.
            categories.entry(key.to_owned()).or_insert_with(|| (name.to_owned(), 0)).1 += papers;
        }
        categories
    }

    /// The years of a dictionary with the number of papers of each, in ascending order.
    pub(crate) fn years_of_dictionary(&self) -> Vec<(u16, usize)> {
        self.dictionaries().flat_map(Terms::years).collect()
    }

    /// The phrases that count as a phrase: its other forms, each with its last word in singular and plural.
    pub(crate) fn phrases_of(&self, phrase: &str) -> Option<Vec<Vec<String>>> {
        Some(self.forms_of(phrase)?.iter().flat_map(|form| numbers(form)).collect())
    }

    fn dictionaries(&self) -> impl Iterator<Item = &Terms> {
        self.parts.iter().filter_map(|part| match &*part.part {
            Part::Terms(terms) => Some(terms),
            Part::Written(_) | Part::Recent(_) => None,
        })
    }
}

/// The words of a paper as phrases are looked up in them: whole, each between spaces, title and abstract apart.
pub(crate) fn whole_words(paper: &Paper) -> String {
    let fields = Fields::new();
    let mut text = String::from(" ");
    for (_, of_field) in fields.texts(paper).iter().filter(|(field, _)| fields.has_phrases(*field)) {
        Form::All.each(of_field, |word, _| {
            text.push_str(word);
            text.push(' ');
        });
        text.push_str("| ");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::sample;
    use crate::full_text::Named;

    #[test]
    fn a_dictionary_reads_queries_as_the_index_of_its_papers() {
        let papers: Vec<Paper> = sample::papers().map(Result::unwrap).collect();
        let mut dictionary = Dictionary::default();
        for paper in &papers {
            dictionary.add(&PaperTerms::of(paper));
        }
        let of_terms = FullText::of_dictionary(dictionary);
        let of_papers = FullText::of_papers(papers.iter());
        for question in ["attention is all you need", "grpah neural networks", "LLM", "protein folding by Jumper"] {
            let (one, other) = (of_terms.query(question).unwrap(), of_papers.query(question).unwrap());
            assert_eq!(one.looked_up, other.looked_up);
            let words = |query: &crate::full_text::LexicalQuery| {
                query.words.iter().map(|word| word.word.stems.clone()).collect::<Vec<_>>()
            };
            assert_eq!(words(&one), words(&other), "{question}");
            for (one, other) in one.words.iter().zip(&other.words) {
                assert!((one.weight - other.weight).abs() < 0.02 * other.weight, "{one:?} {other:?}");
            }
            assert_eq!(of_terms.corrected(question, &|_| false), of_papers.corrected(question, &|_| false));
        }
        for typed in ["hin", "vas", "ji"] {
            let suggested = |index: &FullText| index.suggestions(Named::Author, typed, 5).unwrap();
            assert_eq!(suggested(&of_terms), suggested(&of_papers));
        }
        let means = |index: &FullText| index.parts.iter().map(|part| part.lengths).collect::<Vec<_>>();
        assert_eq!(means(&of_terms), means(&of_papers));
    }
}
