//! The status of the collection, as JSON.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{engine, graph, search, store};

/// The status of the collection
#[allow(clippy::option_option)] // omitted, `null`, or a value
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Status {
    /// Number of papers
    pub papers: u64,
    /// Rows of deleted and changed papers, which compaction removes; omitted if the papers are not in a folder
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dead_rows: Option<usize>,
    /// Papers whose markup was turned into text by older rules, until `paperkin reindex`; omitted if the papers are not in a folder
    #[serde(skip_serializing_if = "Option::is_none")]
    pub older_text: Option<u64>,
    /// Version of the on-disk format; omitted if the papers are not in a folder
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<u64>,
    /// Dimensions of the embeddings
    pub dimension: usize,
    pub model: String,
    pub revision: String,
    /// Kernel that runs the model on this machine
    pub kernel: &'static str,
    /// Rows in the HNSW graph; the others are scanned. Omitted if the papers are not in a folder
    #[serde(skip_serializing_if = "Option::is_none")]
    pub graph_rows: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub graph_bytes: Option<u64>,
    /// Audit of the HNSW graph after it was built; omitted if the papers are not in a folder
    #[serde(skip_serializing_if = "Option::is_none")]
    pub graph_audit: Option<Option<Audit>>,
    /// Candidate list size `ef` of graph searches; omitted if the papers are not in a folder
    #[serde(skip_serializing_if = "Option::is_none")]
    pub graph_candidates: Option<usize>,
    /// Measured choice of `ef`, if there is one; omitted if the papers are not in a folder
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tuning: Option<Option<Tuning>>,
    /// Rows in the full-text index on disk; omitted if the papers are not in a folder
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lexical_rows: Option<usize>,
    /// Unfinished `reindex`, if there is one; omitted if the papers are not in a folder
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unfinished: Option<Option<Unfinished>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_bytes: Option<u64>,
    /// The server with the papers; omitted if they are in a folder
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<Server>,
}

/// A server with papers
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Server {
    /// Its address, without a token
    pub address: String,
    /// The version of its program
    pub version: String,
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
        let search::Status { papers, dimension, model, revision, kernel, folder, server } = status;
        let mut status = Self {
            papers,
            dead_rows: None,
            older_text: None,
            format: None,
            dimension,
            model,
            revision,
            kernel,
            graph_rows: None,
            graph_bytes: None,
            graph_audit: None,
            graph_candidates: None,
            tuning: None,
            lexical_rows: None,
            unfinished: None,
            store_bytes: None,
            server: server.map(|engine::ServerFacts { address, version }| Server { address, version }),
        };
        if let Some(folder) = folder {
            status.dead_rows = Some(folder.dead_rows);
            status.older_text = Some(folder.older_text);
            status.format = Some(folder.format);
            status.graph_rows = Some(folder.graph_rows);
            status.graph_bytes = Some(folder.graph_bytes);
            status.graph_audit = Some(folder.graph_audit.map(audit));
            status.graph_candidates = Some(folder.graph_candidates);
            status.tuning = Some(folder.tuning.map(tuning));
            status.lexical_rows = Some(folder.lexical_rows);
            status.unfinished = Some(folder.unfinished.map(unfinished));
            status.store_bytes = Some(folder.store_bytes);
        }
        status
    }
}
