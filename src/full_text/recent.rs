//! An inverted index in memory, for the latest papers. Creating a tantivy index takes some milliseconds, however few documents it
//! holds, and the first search after each commit would wait for it.

use std::collections::{BTreeMap, HashMap};

use fixedbitset::FixedBitSet;
use tantivy::fieldnorm::FieldNormReader;
use tantivy::schema::Field;

use super::columns::Attributes;
use super::phrases::{self, Phrase};
use super::postings::{Factors, List, weighted};
use super::words::Fields;
use crate::error::Result;
use crate::paper::Paper;
use crate::store::{DocId, Filter, View};

/// An inverted index of some papers.
#[derive(Debug, Default)]
pub(super) struct Recent {
    /// The row of each document.
    rows: Vec<u32>,
    /// The document of each row.
    documents: HashMap<u32, u32>,
    /// What filters ask of each document.
    attributes: Vec<Attributes>,
    fields: BTreeMap<Field, Words>,
}

/// The inverted index of one field.
#[derive(Debug, Default)]
struct Words {
    /// The documents that contain each word, in ascending order.
    postings: HashMap<String, Vec<Posting>>,
    /// The field norm of each document. It has the precision of tantivy's, so that a score does not depend on which part holds a
    /// document.
    norms: Vec<u8>,
}

#[derive(Debug, Clone)]
struct Posting {
    document: u32,
    frequency: u32,
    /// The positions of the word, in fields with phrases.
    positions: Vec<u32>,
}

impl Recent {
    /// Indexes the papers that were written after commit `since`.
    pub fn read(view: &View<'_>, since: u64, names: &Fields) -> Result<Self> {
        let mut recent = Self::default();
        view.changed_since(since, |doc, paper| {
            recent.add(doc, &paper, names);
            Ok(())
        })?;
        Ok(recent)
    }

    /// Indexes papers by the order of their rows.
    #[cfg(test)]
    pub fn of<'p>(papers: impl Iterator<Item = &'p Paper>, names: &Fields) -> Self {
        let mut recent = Self::default();
        (0..).map(DocId).zip(papers).for_each(|(doc, paper)| recent.add(doc, paper, names));
        recent
    }

    fn add(&mut self, doc: DocId, paper: &Paper, names: &Fields) {
        let document = number(self.rows.len());
        self.rows.push(doc.0);
        self.documents.insert(doc.0, document);
        self.attributes.push(Attributes::of(paper));
        let texts = names.texts(paper);
        for (field, form) in names.forms() {
            let words = self.fields.entry(field).or_default();
            let has_phrases = names.has_phrases(field);
            let mut length = 0;
            for (_, text) in texts.iter().filter(|(of, _)| *of == field) {
                form.each(text, |word, position| {
                    words.count(word, document, has_phrases.then(|| number(position)));
                    length += 1;
                });
            }
            words.norms.push(FieldNormReader::fieldnorm_to_id(length));
        }
    }

    /// Merges two indexes. Keeps only the documents of the given rows of each.
    pub fn merged(both: [(&Self, &FixedBitSet); 2]) -> Self {
        let mut merged = Self::default();
        for (recent, wanted) in both {
            let places: Vec<Option<u32>> = (recent.rows.iter().zip(&recent.attributes))
                .map(|(row, attributes)| {
                    wanted.contains(*row as usize).then(|| {
                        let document = number(merged.rows.len());
                        merged.rows.push(*row);
                        merged.documents.insert(*row, document);
                        merged.attributes.push(attributes.clone());
                        document
                    })
                })
                .collect();
            let place = |document: u32| places.get(document as usize).copied().flatten();
            for (field, words) in &recent.fields {
                let into = merged.fields.entry(*field).or_default();
                into.norms.extend((0..).zip(&words.norms).filter(|(doc, _)| place(*doc).is_some()).map(|(_, n)| n));
                for (word, postings) in &words.postings {
                    let moved = postings
                        .iter()
                        .filter_map(|posting| Some(Posting { document: place(posting.document)?, ..posting.clone() }));
                    match into.postings.get_mut(word) {
                        Some(postings) => postings.extend(moved),
                        None => {
                            into.postings.insert(word.clone(), moved.collect());
                        }
                    }
                }
            }
        }
        merged
    }

    pub fn rows(&self) -> FixedBitSet {
        self.rows.iter().map(|row| *row as usize).collect()
    }

    /// As [`Part::passing`](super::part::Part::passing).
    pub fn passing(&self, filter: &Filter) -> FixedBitSet {
        let passing = self.rows.iter().zip(&self.attributes).filter(|(_, attributes)| attributes.pass(filter));
        passing.map(|(row, _)| *row as usize).collect()
    }

    /// The row and date of each document.
    pub fn dates(&self) -> impl Iterator<Item = (u32, u32)> {
        self.rows.iter().zip(&self.attributes).map(|(row, attributes)| (*row, attributes.published))
    }

    pub fn documents(&self) -> usize {
        self.rows.len()
    }

    /// As [`Part::min_document_frequency`](super::part::Part::min_document_frequency).
    pub fn min_document_frequency(&self, fields: &[Field], word: &str) -> usize {
        fields.iter().map(|field| self.postings(*field, word).len()).max().unwrap_or_default()
    }

    /// The row of a document.
    pub fn row_of(&self, document: u32) -> Option<u32> {
        self.rows.get(document as usize).copied()
    }

    /// The document of a row.
    pub fn document_of(&self, row: u32) -> Option<u32> {
        self.documents.get(&row).copied()
    }

    /// The documents with a term in a field.
    pub fn list<'f>(&self, field: Field, term: &str, factors: &Factors) -> Option<List<'f>> {
        let norms = &self.fields.get(&field)?.norms;
        let found = |posting: &Posting| {
            (posting.document, weighted(posting.frequency, factors, norms[posting.document as usize]))
        };
        let documents: Vec<(u32, f32)> = self.postings(field, term).iter().map(found).collect();
        (!documents.is_empty()).then_some(List::Found { documents, next: 0 })
    }

    /// As [`Part::words_in`](super::part::Part::words_in).
    pub fn words_in(&self, field: Field, rows: &FixedBitSet) -> u64 {
        let norms = self.fields.get(&field).map(|words| words.norms.as_slice()).unwrap_or_default();
        let wanted = self.rows.iter().zip(norms).filter(|(row, _)| rows.contains(**row as usize));
        wanted.map(|(_, length)| u64::from(FieldNormReader::id_to_fieldnorm(*length))).sum()
    }

    /// The documents with a phrase.
    pub fn phrase<'f>(&self, phrase: Phrase<'_>, factors: &Factors) -> Option<List<'f>> {
        let lists: Vec<&[Posting]> = phrase.words.iter().map(|word| self.postings(phrase.field, word)).collect();
        let (first, others) = lists.split_first()?;
        let norms = &self.fields.get(&phrase.norms)?.norms;
        let found = |posting: &Posting| {
            let others = others.iter().map(|list| positions_in(list, posting.document));
            let others = others.collect::<Option<Vec<_>>>()?;
            let positions: Vec<&[u32]> = std::iter::once(posting.positions.as_slice()).chain(others).collect();
            let count = phrases::count(&positions);
            (count > 0).then(|| (posting.document, weighted(count, factors, norms[posting.document as usize])))
        };
        let documents: Vec<(u32, f32)> = first.iter().filter_map(found).collect();
        (!documents.is_empty()).then_some(List::Found { documents, next: 0 })
    }

    /// As [`Part::for_each_term`](super::part::Part::for_each_term).
    pub fn for_each_term(&self, field: Field, prefix: &str, mut visit: impl FnMut(&str, usize)) {
        let words = self.fields.get(&field).into_iter().flat_map(|words| &words.postings);
        for (term, postings) in words.filter(|(term, _)| term.starts_with(prefix)) {
            visit(term, postings.len());
        }
    }

    fn postings(&self, field: Field, word: &str) -> &[Posting] {
        self.fields.get(&field).and_then(|words| words.postings.get(word)).map(Vec::as_slice).unwrap_or_default()
    }
}

impl Words {
    fn count(&mut self, word: &str, document: u32, position: Option<u32>) {
        if !self.postings.contains_key(word) {
            self.postings.insert(word.to_owned(), Vec::new());
        }
        let Some(postings) = self.postings.get_mut(word) else { return };
        match postings.last_mut() {
            Some(posting) if posting.document == document => {
                posting.frequency += 1;
                posting.positions.extend(position);
            }
            _ => postings.push(Posting { document, frequency: 1, positions: position.into_iter().collect() }),
        }
    }
}

/// The positions of a word in a document, if it has the word.
fn positions_in(postings: &[Posting], document: u32) -> Option<&[u32]> {
    let place = postings.binary_search_by_key(&document, |posting| posting.document).ok()?;
    Some(&postings[place].positions)
}

/// The number of a document. There are no more documents than rows, whose numbers have 32 bits.
fn number(document: usize) -> u32 {
    u32::try_from(document).unwrap_or(u32::MAX)
}
