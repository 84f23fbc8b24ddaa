//! A segment of the index on disk: the row of each document, and its postings.

use std::sync::OnceLock;

use tantivy::columnar::ColumnValues as _;
use tantivy::postings::SegmentPostings;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{SegmentReader, Term};

use super::columns;
use super::phrases::Phrase;
use super::postings::{Factors, List, PhrasePostings};
use super::words::Fields;

/// A segment of the index.
pub(super) struct Segment {
    pub reader: SegmentReader,
    pub rows: Rows,
    /// For filters, see [`columns`].
    pub authors: OnceLock<columns::Names>,
    is_outdated: bool,
}

impl std::fmt::Debug for Segment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Segment").field("documents", &self.rows.documents()).finish_non_exhaustive()
    }
}

/// The number of fields of an outdated index, which are the first ones.
const FIELDS_OF_OUTDATED: u32 = 4;

/// Whether an index has a field.
pub(super) fn has_field(is_outdated: bool, field: Field) -> bool {
    !is_outdated || field.field_id() < FIELDS_OF_OUTDATED
}

impl Segment {
    /// Opens a segment. An outdated one has no phrases, names and definitions.
    pub fn open(segment: &tantivy::Segment, is_outdated: bool) -> tantivy::Result<Self> {
        let reader = SegmentReader::open(segment)?;
        let column = reader.fast_fields().column_first_or_default::<u64>(Fields::ROW)?;
        let mut rows = vec![0; reader.max_doc() as usize];
        column.get_range(0, &mut rows);
        let row = |(document, row): (u32, u64)| {
            let row = u32::try_from(row).unwrap_or(REPLACED);
            if reader.is_deleted(document) { row | REPLACED } else { row }
        };
        let rows = Rows::new((0..).zip(rows).map(row).collect());
        Ok(Self { reader, rows, authors: OnceLock::new(), is_outdated })
    }

    /// The documents with a term in a field, whose frequency is normalised by the length of the field `norms`.
    pub fn list<'f>(
        &self,
        field: Field,
        norms: Field,
        term: &str,
        factors: &'f Factors,
    ) -> tantivy::Result<Option<List<'f>>> {
        if !has_field(self.is_outdated, field) {
            return Ok(None);
        }
        let term = Term::from_field_text(field, term);
        let inverted = self.reader.inverted_index(field)?;
        let Some(blocks) = inverted.read_block_postings(&term, IndexRecordOption::WithFreqs)? else { return Ok(None) };
        Ok(Some(List::of_term(blocks, self.reader.get_fieldnorms_reader(norms)?, factors)))
    }

    /// The documents with a phrase.
    pub fn phrase<'f>(&self, phrase: Phrase<'_>, factors: &'f Factors) -> tantivy::Result<Option<List<'f>>> {
        if !has_field(self.is_outdated, phrase.field) {
            return Ok(None);
        }
        let inverted = self.reader.inverted_index(phrase.field)?;
        let mut lists: Vec<SegmentPostings> = Vec::with_capacity(phrase.words.len());
        for word in phrase.words {
            let term = Term::from_field_text(phrase.field, word);
            let Some(list) = inverted.read_postings(&term, IndexRecordOption::WithFreqsAndPositions)? else {
                return Ok(None);
            };
            lists.push(list);
        }
        let norms = self.reader.get_fieldnorms_reader(phrase.norms)?;
        Ok(PhrasePostings::new(lists).map(|phrase| List::Phrase { phrase, norms, factors }))
    }
}

impl ByRow {
    fn of(rows: &[u32]) -> Self {
        if rows.is_sorted_by_key(|row| row & !REPLACED) {
            return Self::InOrder;
        }
        let present = || (0..).zip(rows).filter(|(_, row)| **row < REPLACED).map(|(document, row)| (document, *row));
        let first = present().map(|(_, row)| row).min().unwrap_or(0);
        let last = present().map(|(_, row)| row).max().unwrap_or(0);
        let length = (last - first) as usize + 1;
        if length > rows.len().saturating_mul(SPARSEST) {
            let mut documents: Vec<u32> = present().map(|(document, _)| document).collect();
            documents.sort_unstable_by_key(|document| rows[*document as usize]);
            return Self::Sorted(documents);
        }
        let mut documents = vec![NO_DOCUMENT; length];
        for (document, row) in present() {
            documents[(row - first) as usize] = document;
        }
        Self::Table { first, documents }
    }
}

/// Marks the row of a replaced document. No row has this bit.
const REPLACED: u32 = 1 << 31;

/// The rows of documents.
pub(super) struct Rows {
    /// The row of each document, marked if the document was replaced.
    of_documents: Vec<u32>,
    by_row: ByRow,
}

/// How the document of a row is found.
enum ByRow {
    /// Documents are in the order of their rows.
    InOrder,
    /// The document of each row from the first one on, or [`NO_DOCUMENT`].
    Table { first: u32, documents: Vec<u32> },
    /// The documents in the order of their rows.
    Sorted(Vec<u32>),
}

/// A row without a document.
const NO_DOCUMENT: u32 = u32::MAX;
/// A table has at most this number of rows for each document.
const SPARSEST: usize = 4;

impl Rows {
    fn new(of_documents: Vec<u32>) -> Self {
        let by_row = ByRow::of(&of_documents);
        Self { of_documents, by_row }
    }

    /// The row of a document; `None` if the document was replaced.
    pub fn of(&self, document: u32) -> Option<u32> {
        self.of_documents.get(document as usize).copied().filter(|row| *row < REPLACED)
    }

    /// The document of a row.
    pub fn document_of(&self, row: u32) -> Option<u32> {
        // In an index that was built at once, most documents have their numbers as rows.
        if self.of_documents.get(row as usize) == Some(&row) {
            return Some(row);
        }
        let document = match &self.by_row {
            ByRow::InOrder => {
                let place = self.of_documents.binary_search_by_key(&row, |row| row & !REPLACED).ok()?;
                u32::try_from(place).ok()?
            }
            ByRow::Table { first, documents } => *documents.get(row.checked_sub(*first)? as usize)?,
            ByRow::Sorted(documents) => {
                let of = |document: &u32| self.of_documents[*document as usize];
                documents[documents.binary_search_by_key(&row, of).ok()?]
            }
        };
        self.of(document).map(|_| document)
    }

    /// The documents that were not replaced, each with its row.
    pub fn each(&self) -> impl Iterator<Item = (u32, u32)> {
        (0..).zip(&self.of_documents).filter(|(_, row)| **row < REPLACED).map(|(document, row)| (document, *row))
    }

    /// The rows of documents that were not replaced.
    pub fn present(&self) -> impl Iterator<Item = u32> {
        self.each().map(|(_, row)| row)
    }

    /// Number of documents, including replaced ones.
    pub fn documents(&self) -> usize {
        self.of_documents.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_found_by_their_rows_in_any_order_unless_they_were_replaced() {
        let replaced = 3 | REPLACED;
        let orders =
            [vec![2, replaced, 7, 9], vec![9, replaced, 2, 7], vec![90, replaced, 2, 7], vec![replaced, 1], vec![]];
        for rows in orders {
            let known = Rows::new(rows.clone());
            for row in 0..100 {
                let wanted = rows.iter().position(|other| *other == row);
                assert_eq!(known.document_of(row).map(|document| document as usize), wanted, "{rows:?}, {row}");
                assert_eq!(known.document_of(row).and_then(|document| known.of(document)), wanted.map(|_| row));
            }
            assert_eq!(known.documents(), rows.len());
        }
    }
}
