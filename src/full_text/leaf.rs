//! A leaf of the full-text index: documents with consecutive numbers and their postings, either a segment of the index on disk or
//! a part in memory.

use tantivy::schema::Field;

use super::FullText;
use super::phrases::Phrase;
use super::postings::{Factors, List, WordPostings};
use super::query_words::QueryWord;
use super::recent::Recent;
use super::segment::Segment;
use super::words::fields;

/// Documents with consecutive numbers, each of a row of the store.
#[derive(Clone, Copy)]
pub(super) enum Leaf<'a> {
    Segment(&'a Segment),
    Recent(&'a Recent),
}

impl Leaf<'_> {
    /// The row of a document; `None` if the document was replaced.
    pub fn row_of(&self, document: u32) -> Option<u32> {
        match self {
            Self::Segment(segment) => segment.rows.of(document),
            Self::Recent(recent) => recent.row_of(document),
        }
    }

    /// The document of a row.
    pub fn document_of(&self, row: u32) -> Option<u32> {
        match self {
            Self::Segment(segment) => segment.rows.document_of(row),
            Self::Recent(recent) => recent.document_of(row),
        }
    }

    /// The documents with a term in a field.
    pub fn list<'f>(&self, field: Field, term: &str, factors: &'f Factors) -> tantivy::Result<Option<List<'f>>> {
        match self {
            Self::Segment(segment) => segment.list(field, field, term, factors),
            Self::Recent(recent) => Ok(recent.list(field, term, factors)),
        }
    }

    /// The documents with a phrase.
    pub fn phrase<'f>(&self, phrase: Phrase<'_>, factors: &'f Factors) -> tantivy::Result<Option<List<'f>>> {
        match (self, phrase.words) {
            (_, []) => Ok(None),
            (Self::Segment(segment), [word]) => segment.list(phrase.field, phrase.norms, word, factors),
            (Self::Segment(segment), _) => segment.phrase(phrase, factors),
            (Self::Recent(recent), _) => Ok(recent.phrase(phrase, factors)),
        }
    }
}

impl FullText {
    /// The postings of a word of a query in a leaf; those of a word that no document has are empty.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn postings(&self, word: &QueryWord, leaf: &Leaf<'_>) -> tantivy::Result<WordPostings<'_>> {
        let mut lists = Vec::new();
        for ((field, stems), factors) in fields(&self.fields).into_iter().zip(self.factors.tables()) {
            let terms = if stems { word.stems.as_slice() } else { word.whole.as_slice() };
            for term in terms {
                lists.extend(leaf.list(field, term, factors)?);
            }
        }
        for phrase in &word.phrases {
            lists.extend(self.phrase_in(phrase, leaf)?);
        }
        Ok(WordPostings(lists))
    }

    /// The documents of a leaf with a phrase, in title and in abstract.
    pub(super) fn phrase_in(&self, words: &[String], leaf: &Leaf<'_>) -> tantivy::Result<Vec<List<'_>>> {
        let names = &self.fields;
        let fields = [(names.exact_title, names.title), (names.exact_abstract, names.abstract_text)];
        let mut lists = Vec::new();
        for ((field, norms), factors) in fields.into_iter().zip(self.factors.tables()) {
            lists.extend(leaf.phrase(Phrase { words, field, norms }, factors)?);
        }
        Ok(lists)
    }
}
