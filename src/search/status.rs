//! The status of a collection: the same on the command line (`status --json`) and over HTTP.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::CANDIDATES;
use crate::engine::{Collection, Engine, LocalMoment, Moment, ServerFacts};
use crate::error::Result;
use crate::graph::{self, Audit};
use crate::quick::Pending;
use crate::store::{Store, Tuning, Unfinished};

/// Facts about a collection. As JSON, all facts are in one object.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// Number of papers.
    pub papers: u64,
    /// Dimensions of the vectors.
    pub dimension: usize,
    /// Name of the model, from its manifest or its folder.
    pub model: String,
    /// Revision of the model: a commit, or a digest of its files.
    pub revision: String,
    /// How this machine runs the model: instruction set and number format.
    pub kernel: &'static str,
    /// Facts about a store in a folder.
    pub folder: Option<FolderStatus>,
    /// What the server says of itself, if the collection is on one.
    pub server: Option<ServerFacts>,
}

/// Facts about a store in a folder.
#[derive(Debug, Clone, PartialEq)]
pub struct FolderStatus {
    /// Number of dead rows; `compact` drops them.
    pub dead_rows: usize,
    /// Number of papers whose markup was turned into text by older rules. They stay as they are until `reindex`.
    pub older_text: u64,
    /// Format version of the store on disk.
    pub format: u64,
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
    /// The status of a collection; `kernel` describes how the model is run.
    ///
    /// # Errors
    /// When the collection cannot be read.
    pub fn of(collection: &Collection, kernel: &'static str) -> Result<Self> {
        let server = collection.server()?;
        collection.read(|moment| {
            let fingerprint = moment.fingerprint().clone();
            Ok(Self {
                papers: moment.papers() as u64,
                dimension: fingerprint.dimension,
                model: fingerprint.model,
                revision: fingerprint.revision,
                kernel,
                folder: moment.local().map(FolderStatus::of).transpose()?,
                server: server.clone(),
            })
        })
    }
}

impl FolderStatus {
    fn of(moment: &LocalMoment<'_>) -> Result<Self> {
        let (view, graph) = (moment.view(), moment.graph());
        let store = view.store();
        Ok(Self {
            dead_rows: view.vectors.rows() - view.len(),
            older_text: view.older_text()?,
            format: store.format()?,
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

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        let Self { papers, dimension, model, revision, kernel, folder, server } = self;
        let mut fields = to.serialize_map(None)?;
        fields.serialize_entry("papers", papers)?;
        // The order of the fields is that of versions that had folders alone.
        if let Some(folder) = folder {
            fields.serialize_entry("dead_rows", &folder.dead_rows)?;
            fields.serialize_entry("older_text", &folder.older_text)?;
            fields.serialize_entry("format", &folder.format)?;
        }
        fields.serialize_entry("dimension", dimension)?;
        fields.serialize_entry("model", model)?;
        fields.serialize_entry("revision", revision)?;
        fields.serialize_entry("kernel", kernel)?;
        if let Some(folder) = folder {
            fields.serialize_entry("graph_rows", &folder.graph_rows)?;
            fields.serialize_entry("graph_bytes", &folder.graph_bytes)?;
            fields.serialize_entry("graph_audit", &folder.graph_audit)?;
            fields.serialize_entry("graph_candidates", &folder.graph_candidates)?;
            fields.serialize_entry("tuning", &folder.tuning)?;
            fields.serialize_entry("lexical_rows", &folder.lexical_rows)?;
            fields.serialize_entry("unfinished", &folder.unfinished)?;
            fields.serialize_entry("store_bytes", &folder.store_bytes)?;
        }
        if let Some(server) = server {
            fields.serialize_entry("server", server)?;
        }
        fields.end()
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
