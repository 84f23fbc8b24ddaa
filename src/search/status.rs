//! What is in a store? The same on the command line (`status --json`) and over HTTP.

use serde::Serialize;

use super::CANDIDATES;
use crate::engine::{LocalMoment, Moment};
use crate::error::Result;
use crate::graph::{self, Audit};
use crate::store::{Tuning, Unfinished};

/// The facts of a store.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// Number of papers.
    pub papers: u64,
    /// Rows that belong to no paper any more; `compact` drops them.
    pub dead_rows: usize,
    /// Version of the format in which the store lies on the disk.
    pub format: u64,
    /// Numbers of a vector.
    pub dimension: usize,
    /// Name of the model, as its manifest or its folder has it.
    pub model: String,
    /// Which files of the model: a commit, or a digest of them.
    pub revision: String,
    /// By what this machine runs the model: an instruction set and a number format.
    pub kernel: &'static str,
    /// Papers in the graph; the others are scanned.
    pub graph_rows: usize,
    /// Size of the graph's file.
    pub graph_bytes: u64,
    /// What the audit of the graph found when it was built; none without a graph.
    pub graph_audit: Option<Audit>,
    /// Candidates with which a search walks the graph.
    pub graph_candidates: usize,
    /// What was chosen by a measurement; none where that number is nobody's choice.
    pub tuning: Option<Tuning>,
    /// Papers in the index of words on the disk; the others are indexed in memory when the store is opened for searching.
    pub lexical_rows: usize,
    /// What an interrupted change of models has embedded; none where there was none.
    pub unfinished: Option<Unfinished>,
    /// Size of all files of the store.
    pub store_bytes: u64,
}

impl Status {
    /// The facts of a store at a moment; `kernel` is by what the model is run.
    ///
    /// # Errors
    /// When a file of the store cannot be read.
    pub fn of(moment: &LocalMoment<'_>, kernel: &'static str) -> Result<Self> {
        let (view, graph) = (moment.view(), moment.graph());
        let store = view.store();
        let fingerprint = moment.fingerprint().clone();
        Ok(Self {
            papers: view.len() as u64,
            dead_rows: view.vectors.rows() - view.len(),
            format: store.format()?,
            dimension: fingerprint.dimension,
            model: fingerprint.model,
            revision: fingerprint.revision,
            kernel,
            graph_rows: graph.rows(),
            graph_bytes: graph.bytes() as u64,
            graph_audit: graph.audit(),
            graph_candidates: graph::candidates(view, CANDIDATES),
            tuning: view.tuning,
            lexical_rows: moment.in_full_text_folder(),
            unfinished: store.unfinished()?,
            store_bytes: store.bytes()?,
        })
    }
}
