//! The outcome of adding papers, as JSON.

use serde::Serialize;
use utoipa::ToSchema;

/// Outcome of adding a paper
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// The paper is new
    Added,
    /// The paper is stored already, and changed
    Updated,
    /// The paper showed that papers which were stored separately are one
    Merged,
    /// The paper is stored already
    Unchanged,
    /// The paper was not stored
    Refused,
}

/// Outcome of one paper of the request
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Written {
    /// Position in the array, or number of the line, from 1
    pub line: u64,
    /// Id of the paper in the store; `null` if it could not be read
    pub id: Option<String>,
    pub outcome: Outcome,
    /// Why the paper was refused, and what to do
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Values of the paper that could not be used; the rest was stored
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Outcomes of an array of papers
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Report {
    added: u64,
    updated: u64,
    merged: u64,
    unchanged: u64,
    refused: u64,
    papers: Vec<Written>,
}

impl Report {
    /// Counts outcomes.
    pub fn new(papers: Vec<Written>) -> Self {
        let mut report = Self::default();
        for written in &papers {
            match written.outcome {
                Outcome::Added => report.added += 1,
                Outcome::Updated => report.updated += 1,
                Outcome::Merged => report.merged += 1,
                Outcome::Unchanged => report.unchanged += 1,
                Outcome::Refused => report.refused += 1,
            }
        }
        Self { papers, ..report }
    }
}
