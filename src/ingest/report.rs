//! The result of adding papers.

use serde::Serialize;

use crate::corpus::{LeftOut, Notes};
use crate::paper::PaperId;
use crate::store::Became;

/// Maximum number of bad records in a report: a file of garbage must not fill the memory.
const MOST_LISTED: usize = 10_000;

/// The result of adding papers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct IngestReport {
    /// Papers read, without the skipped records.
    pub read: u64,
    /// Papers that were new to the store.
    pub added: u64,
    /// Papers that replaced their stored version.
    pub updated: u64,
    /// Records that joined papers which were stored separately.
    pub merged: u64,
    /// Papers identical to their stored version.
    pub unchanged: u64,
    /// Skipped records, up to the first 10,000.
    pub skipped: Vec<Skipped>,
    /// Number of skipped records beyond the first 10,000.
    pub skipped_unlisted: u64,
    /// Embedded papers whose text was longer than the model's maximum and was truncated.
    pub truncated: u64,
    /// Papers read without an abstract; only their title is embedded.
    pub without_abstract: u64,
    /// Papers that were not stored because they are too large for the server, up to the first 10,000.
    pub too_large: Vec<PaperId>,
    /// New papers that have an id in common with a stored paper that contradicts them, up to the first 10,000.
    pub contradictions: Vec<Contradiction>,
    /// What was not read of the files.
    pub notes: Vec<Notes>,
    /// Files of folders and archives that were not read.
    pub left_out: Vec<LeftOut>,
    /// Whether the work was stopped early. Papers counted as added or updated are committed.
    pub interrupted: bool,
}

/// A record that could not be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// The name of the file with the record.
    pub file: String,
    /// The line where the record starts, from 1.
    pub line: u64,
    /// The reason why it cannot be used.
    pub reason: String,
}

/// Two papers with an id in common that are stored separately, because title, authors or years differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contradiction {
    /// The id of the new paper.
    pub paper: PaperId,
    /// The id of the stored paper.
    pub stored: PaperId,
}

impl IngestReport {
    /// Adds a new paper that a stored one contradicts.
    pub(super) fn contradict(&mut self, contradiction: Contradiction) {
        if self.contradictions.len() < MOST_LISTED {
            self.contradictions.push(contradiction);
        }
    }

    /// Adds a skipped record.
    pub(super) fn skip(&mut self, file: String, line: u64, reason: String) {
        if self.skipped.len() < MOST_LISTED {
            self.skipped.push(Skipped { file, line, reason });
        } else {
            self.skipped_unlisted += 1;
        }
    }

    /// Counts the effect of a record about a paper.
    pub(super) fn count(&mut self, became: Became, id: &PaperId) {
        match became {
            Became::Added => self.added += 1,
            Became::Updated => self.updated += 1,
            Became::Merged => self.merged += 1,
            Became::Unchanged => self.unchanged += 1,
            Became::TooLarge if self.too_large.len() < MOST_LISTED => self.too_large.push(id.clone()),
            Became::LeftOut | Became::TooLarge => {}
        }
    }

    /// Number of papers that are committed, or were already.
    pub(super) fn processed(&self) -> u64 {
        self.added + self.updated + self.merged + self.unchanged
    }
}
