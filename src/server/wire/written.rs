//! What became of papers that were sent?

use serde::Serialize;
use utoipa::ToSchema;

/// What became of a paper that was sent
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// It is new
    Added,
    /// It took the place of the one with its id
    Updated,
    /// It was there as it is
    Unchanged,
    /// It is not stored
    Refused,
}

/// One paper that was sent
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Written {
    /// Its place in the array, or its line, from 1
    pub line: u64,
    /// The id that it has here; none where it could not be read
    pub id: Option<String>,
    pub outcome: Outcome,
    /// Why it was refused, and what to do
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What became of an array of papers
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Report {
    added: u64,
    updated: u64,
    unchanged: u64,
    refused: u64,
    papers: Vec<Written>,
}

impl Report {
    /// Counts what became of papers.
    pub fn new(papers: Vec<Written>) -> Self {
        let mut report = Self::default();
        for written in &papers {
            match written.outcome {
                Outcome::Added => report.added += 1,
                Outcome::Updated => report.updated += 1,
                Outcome::Unchanged => report.unchanged += 1,
                Outcome::Refused => report.refused += 1,
            }
        }
        Self { papers, ..report }
    }
}
