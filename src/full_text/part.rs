//! A part of the full-text index: either the index in the store's folder, or an index of some papers in memory.

use fixedbitset::FixedBitSet;
use tantivy::schema::Field;

use super::dictionary::Terms;
use super::leaf::Leaf;
use super::query_words::QueryWord;
use super::recent::Recent;
use super::segment::Segment;
use super::words::Fields;
use super::written::Written;
use crate::store::Filter;

/// Terms within an edit distance of a word.
pub(super) struct Similar<'w> {
    pub word: &'w str,
    pub distance: u8,
    /// The terms begin with this.
    pub beginning: &'w str,
}

/// Indexed documents. Each belongs to a row of the store.
#[derive(Debug)]
pub(super) enum Part {
    Written(Written),
    Recent(Recent),
    /// Terms without documents.
    Terms(Terms),
}

impl Part {
    pub fn is_in_memory(&self) -> bool {
        matches!(self, Self::Recent(_))
    }

    /// The rows that have a document.
    pub fn rows(&self) -> FixedBitSet {
        match self {
            Self::Written(written) => written.rows(),
            Self::Recent(recent) => recent.rows(),
            Self::Terms(_) => FixedBitSet::default(),
        }
    }

    /// Number of documents.
    pub fn documents(&self) -> usize {
        match self {
            Self::Written(written) => written.documents(),
            Self::Recent(recent) => recent.documents(),
            Self::Terms(terms) => terms.documents(),
        }
    }

    /// A lower bound on the number of documents that have a word in one of these fields, from the term dictionaries alone.
    pub fn min_document_frequency(&self, fields: &[Field], word: &str) -> tantivy::Result<usize> {
        match self {
            Self::Written(written) => written.min_document_frequency(fields, word),
            Self::Recent(recent) => Ok(recent.min_document_frequency(fields, word)),
            Self::Terms(terms) => Ok(terms.min_document_frequency(fields, word)),
        }
    }

    /// The leaves, each with its postings.
    pub fn leaves(&self) -> impl Iterator<Item = Leaf<'_>> {
        let (segments, recent) = match self {
            Self::Written(written) => (written.segments(), None),
            Self::Recent(recent) => (&[] as &[Segment], Some(recent)),
            Self::Terms(_) => (&[] as &[Segment], None),
        };
        segments.iter().map(Leaf::Segment).chain(recent.map(Leaf::Recent))
    }

    /// Whether the part was written by a version that had no phrases, names and definitions in the index.
    pub fn is_outdated(&self) -> bool {
        matches!(self, Self::Written(written) if written.is_outdated())
    }

    /// Visits the terms of a field that begin with `prefix`, each with the number of its documents, including those that do not
    /// count. A term may be visited several times.
    pub fn for_each_term(&self, field: Field, prefix: &str, visit: impl FnMut(&str, usize)) -> tantivy::Result<()> {
        match self {
            Self::Written(written) => written.for_each_term(field, prefix, visit),
            Self::Recent(recent) => {
                recent.for_each_term(field, prefix, visit);
                Ok(())
            }
            Self::Terms(terms) => {
                terms.for_each_term(field, prefix, visit);
                Ok(())
            }
        }
    }

    /// The number of papers with a word of a query, if the part knows it without documents.
    pub fn papers_with_word(&self, word: &QueryWord) -> Option<usize> {
        match self {
            Self::Terms(terms) => Some(terms.papers_with_word(word)),
            Self::Written(_) | Self::Recent(_) => None,
        }
    }

    /// Visits the terms of a field that are similar to a word; otherwise as [`Part::for_each_term`].
    pub fn for_each_similar(
        &self,
        field: Field,
        similar: &Similar<'_>,
        mut visit: impl FnMut(&str, usize),
    ) -> tantivy::Result<()> {
        match self {
            Self::Written(written) => written.for_each_similar(field, similar, visit),
            Self::Recent(recent) => {
                let Similar { word, distance, beginning } = *similar;
                let is_near = |term: &str| strsim::osa_distance(term, word) <= usize::from(distance);
                recent.for_each_term(field, beginning, |term, documents| {
                    if is_near(term) {
                        visit(term, documents);
                    }
                });
                Ok(())
            }
            Self::Terms(terms) => {
                terms.for_each_similar(field, similar, visit);
                Ok(())
            }
        }
    }

    /// The rows of the documents that pass a filter, whose ids are not looked at.
    pub fn passing(&self, filter: &Filter, names: &Fields) -> tantivy::Result<FixedBitSet> {
        match self {
            Self::Written(written) => written.passing(filter, names),
            Self::Recent(recent) => Ok(recent.passing(filter)),
            Self::Terms(_) => Ok(FixedBitSet::default()),
        }
    }

    /// Visits each document's row and date, see [`FullText::read_dates`](super::FullText::read_dates).
    pub fn for_each_date(&self, mut visit: impl FnMut(u32, u32)) -> tantivy::Result<()> {
        match self {
            Self::Written(written) => written.for_each_date(visit),
            Self::Recent(recent) => {
                recent.dates().for_each(|(row, published)| visit(row, published));
                Ok(())
            }
            Self::Terms(_) => Ok(()),
        }
    }

    /// The total length of a field over these rows, in words.
    pub fn words_in(&self, field: Field, rows: &FixedBitSet) -> tantivy::Result<u64> {
        match self {
            Self::Written(written) => written.words_in(field, rows),
            Self::Recent(recent) => Ok(recent.words_in(field, rows)),
            Self::Terms(_) => Ok(0),
        }
    }
}
