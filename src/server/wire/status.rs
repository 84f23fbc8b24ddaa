//! What does the service hold?

use serde::Serialize;
use utoipa::ToSchema;

use crate::{graph, search, store};

/// What the service holds
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Status {
    pub papers: u64,
    /// Rows that belong to no paper any more
    pub dead_rows: usize,
    /// Version of the format in which the store lies on the disk
    pub format: u64,
    /// Numbers of a vector
    pub dimension: usize,
    pub model: String,
    pub revision: String,
    /// By what this machine runs the model
    pub kernel: &'static str,
    /// Papers in the graph; the others are scanned
    pub graph_rows: usize,
    pub graph_bytes: u64,
    /// What the audit of the graph found when it was built
    pub graph_audit: Option<Audit>,
    /// Candidates with which a search walks the graph
    pub graph_candidates: usize,
    /// What was chosen by a measurement
    pub tuning: Option<Tuning>,
    /// Papers in the index of words on the disk
    pub lexical_rows: usize,
    /// What an interrupted change of models has embedded
    pub unfinished: Option<Unfinished>,
    pub store_bytes: u64,
}

/// What the audit of a graph found
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Audit {
    /// Different vectors
    pub nodes: u32,
    /// Those that some path leads to
    pub reached: u32,
    /// Those that a search for them returns
    pub found: u32,
}

/// With how many candidates the graph is walked, and why
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tuning {
    pub ef: u32,
    pub k: u32,
    /// The share of the `k` nearest papers that was wanted
    pub wanted: f64,
    /// The one that was found
    pub recall: f64,
    /// In a collection of so many papers
    pub papers: u64,
}

/// A change of models that has not been finished
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Unfinished {
    pub model: String,
    /// Numbers of a vector
    pub dimension: usize,
    /// Texts that have a vector of this model
    pub embedded: u64,
}

impl From<search::Status> for Status {
    fn from(status: search::Status) -> Self {
        let audit = |graph::Audit { nodes, reached, found }| Audit { nodes, reached, found };
        let tuning = |store::Tuning { ef, k, wanted, recall, papers }| Tuning { ef, k, wanted, recall, papers };
        let unfinished = |store::Unfinished { model, dimension, embedded }| Unfinished { model, dimension, embedded };
        Self {
            papers: status.papers,
            dead_rows: status.dead_rows,
            format: status.format,
            dimension: status.dimension,
            model: status.model,
            revision: status.revision,
            kernel: status.kernel,
            graph_rows: status.graph_rows,
            graph_bytes: status.graph_bytes,
            graph_audit: status.graph_audit.map(audit),
            graph_candidates: status.graph_candidates,
            tuning: status.tuning.map(tuning),
            lexical_rows: status.lexical_rows,
            unfinished: status.unfinished.map(unfinished),
            store_bytes: status.store_bytes,
        }
    }
}
