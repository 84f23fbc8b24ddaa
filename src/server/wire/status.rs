//! The status of the store, as JSON.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{graph, search, store};

/// The status of the store
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Status {
    /// Number of papers
    pub papers: u64,
    /// Rows of deleted and changed papers, which compaction removes
    pub dead_rows: usize,
    /// Papers whose markup was turned into text by older rules, until `paperkin reindex`
    pub older_text: u64,
    /// Version of the on-disk format
    pub format: u64,
    /// Dimensions of the embeddings
    pub dimension: usize,
    pub model: String,
    pub revision: String,
    /// Kernel that runs the model on this machine
    pub kernel: &'static str,
    /// Rows in the HNSW graph; the others are scanned
    pub graph_rows: usize,
    pub graph_bytes: u64,
    /// Audit of the HNSW graph after it was built
    pub graph_audit: Option<Audit>,
    /// Candidate list size `ef` of graph searches
    pub graph_candidates: usize,
    /// Measured choice of `ef`, if there is one
    pub tuning: Option<Tuning>,
    /// Rows in the full-text index on disk
    pub lexical_rows: usize,
    /// Unfinished `reindex`, if there is one
    pub unfinished: Option<Unfinished>,
    pub store_bytes: u64,
}

/// Audit of an HNSW graph
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Audit {
    /// Number of distinct vectors
    pub nodes: u32,
    /// Number of them that can be reached by a path in the graph
    pub reached: u32,
    /// Number of them that a search for them returns, as of the last audit of each
    pub found: u32,
    /// Number of them that the last audit searched for: all, or those whose edges changed
    pub searched: u32,
}

/// Measured choice of the candidate list size
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tuning {
    /// Candidate list size
    pub ef: u32,
    /// Number of nearest papers that recall@k counts
    pub k: u32,
    /// Target recall@k
    pub wanted: f64,
    /// Measured recall@k
    pub recall: f64,
    /// Number of papers at the time of the measurement
    pub papers: u64,
}

/// An unfinished `reindex`
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Unfinished {
    pub model: String,
    /// Dimensions of the embeddings
    pub dimension: usize,
    /// Number of texts embedded with this model so far
    pub embedded: u64,
}

impl From<search::Status> for Status {
    fn from(status: search::Status) -> Self {
        let audit = |graph::Audit { nodes, reached, found, searched }| Audit { nodes, reached, found, searched };
        let tuning = |store::Tuning { ef, k, wanted, recall, papers }| Tuning { ef, k, wanted, recall, papers };
        let unfinished = |store::Unfinished { model, dimension, embedded }| Unfinished { model, dimension, embedded };
        Self {
            papers: status.papers,
            dead_rows: status.dead_rows,
            older_text: status.older_text,
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
