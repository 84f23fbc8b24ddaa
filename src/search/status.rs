//! The status of a store: the same on the command line (`status --json`) and over HTTP.

use serde::Serialize;

use super::CANDIDATES;
use crate::engine::{LocalMoment, Moment};
use crate::error::Result;
use crate::graph::{self, Audit};
use crate::quick::Pending;
use crate::store::{Store, Tuning, Unfinished};

/// Facts about a store.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// Number of papers.
    pub papers: u64,
    /// Number of dead rows; `compact` drops them.
    pub dead_rows: usize,
    /// Number of papers whose markup was turned into text by older rules. They stay as they are until `reindex`.
    pub older_text: u64,
    /// Format version of the store on disk.
    pub format: u64,
    /// Dimensions of the vectors.
    pub dimension: usize,
    /// Name of the model, from its manifest or its folder.
    pub model: String,
    /// Revision of the model: a commit, or a digest of its files.
    pub revision: String,
    /// How this machine runs the model: instruction set and number format.
    pub kernel: &'static str,
    /// Number of papers in the HNSW graph; the others are scanned.
    pub graph_rows: usize,
    /// Size of the graph's file, in bytes.
    pub graph_bytes: u64,
    /// The audit of the graph after it was built; `None` without a graph.
    pub graph_audit: Option<Audit>,
    /// Candidate list size (`ef`) of a graph search.
    pub graph_candidates: usize,
    /// The measurement behind it; `None` if `ef` is the default.
    pub tuning: Option<Tuning>,
    /// Number of papers in the full-text index on disk; the others are indexed in memory when the store is opened for
    /// searching.
    pub lexical_rows: usize,
    /// The progress of an unfinished change of the model, by `reindex` or after `add --quick`; `None` if there is none.
    pub unfinished: Option<Unfinished>,
    /// Size of all files of the store, in bytes.
    pub store_bytes: u64,
}

impl Status {
    /// The status of a store; `kernel` describes how the model is run.
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
            older_text: view.older_text()?,
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
            unfinished: unfinished(store)?,
            store_bytes: store.bytes()?,
        })
    }
}

fn unfinished(store: &Store) -> Result<Option<Unfinished>> {
    let unfinished = store.unfinished()?;
    if unfinished.is_some() {
        return Ok(unfinished);
    }
    // After `add --quick`, no paper may have been embedded with the chosen model yet.
    let pending = Pending::of(store)?;
    Ok(pending.map(|Pending { model, dimension, .. }| Unfinished { model, dimension, embedded: 0 }))
}
