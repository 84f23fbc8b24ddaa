//! The papers that a moment has seen: what was read of them is not read again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::record::{Record, decode_counts};
use super::schema::{COUNTS, ID, RECORD, VECTOR};
use super::table::Table;
use crate::error::Result;
use crate::full_text::TermCounts;
use crate::paper::Paper;
use crate::store::{DocId, Sentences};

/// What is known of a paper.
#[derive(Debug, Default, Clone)]
pub(super) struct Known {
    pub vector: Option<Arc<[f32]>>,
    pub counts: Option<Arc<TermCounts>>,
    /// The record as a text: most are never asked for.
    pub record: Option<Arc<str>>,
    pub sentences: Option<Sentences>,
    /// Whether it was looked for and is not there: it was deleted after it was found.
    pub is_gone: bool,
}

impl Known {
    /// The paper, if its record was read.
    pub fn paper(&self) -> Result<Option<Paper>> {
        self.record.as_deref().map(|record| Ok(Record::decode(record)?.paper)).transpose()
    }
}

/// Papers in the order in which they were seen; the place of one is its number.
#[derive(Debug, Default)]
pub(super) struct Docs(Mutex<Seen>);

#[derive(Debug, Default)]
pub(super) struct Seen {
    pub ids: Vec<String>,
    places: HashMap<String, usize>,
    known: Vec<Known>,
    /// The papers that were asked for last.
    latest: Vec<DocId>,
}

impl Docs {
    pub fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in rows of the collection of papers, and returns their numbers in the order of the rows.
    pub fn take_in(&self, table: &Table) -> Result<Vec<DocId>> {
        let has = |field: &str| table.has(field);
        let vectors = if has(VECTOR) { table.vectors(VECTOR)? } else { &[] };
        let counts = if has(COUNTS) { table.texts(COUNTS)? } else { &[] };
        let records = if has(RECORD) { table.texts(RECORD)? } else { &[] };
        let mut seen = self.lock();
        let mut docs = Vec::with_capacity(table.len());
        for (row, id) in table.texts(ID)?.iter().enumerate() {
            let doc = seen.doc_of(id);
            let known = seen.known_mut(doc);
            if let (None, Some(vector)) = (&known.vector, vectors.get(row)) {
                known.vector = Some(Arc::from(vector.as_slice()));
            }
            if let (None, Some(counts)) = (&known.counts, counts.get(row)) {
                known.counts = Some(Arc::new(decode_counts(counts)));
            }
            if let (None, Some(record)) = (&known.record, records.get(row)) {
                known.record = Some(Arc::from(record.as_str()));
            }
            docs.push(doc);
        }
        Ok(docs)
    }
}

impl Seen {
    /// The number of a paper.
    pub fn doc_of(&mut self, id: &str) -> DocId {
        let place = if let Some(place) = self.places.get(id) {
            *place
        } else {
            self.ids.push(id.to_owned());
            self.known.push(Known::default());
            self.places.insert(id.to_owned(), self.ids.len() - 1);
            self.ids.len() - 1
        };
        DocId(u32::try_from(place).unwrap_or(u32::MAX))
    }

    /// The id of a paper.
    pub fn id_of(&self, doc: DocId) -> &str {
        self.ids.get(doc.row()).map(String::as_str).unwrap_or_default()
    }

    /// Remembers that these papers were asked for.
    pub fn ask_for(&mut self, docs: &[DocId]) {
        self.latest = docs.to_vec();
    }

    /// The papers that were asked for last.
    pub fn latest_papers(&self) -> &[DocId] {
        &self.latest
    }

    pub fn known(&self, doc: DocId) -> Known {
        self.known.get(doc.row()).cloned().unwrap_or_default()
    }

    pub fn known_mut(&mut self, doc: DocId) -> &mut Known {
        let missing = doc.row() + 1;
        if self.known.len() < missing {
            self.known.resize_with(missing, Known::default);
        }
        &mut self.known[doc.row()]
    }
}
