//! What is in a store? The same on the command line (`status --json`) and over HTTP.

use serde::Serialize;

use crate::embed::runner_name;
use crate::error::Result;
use crate::graph::Graph;
use crate::lexical;
use crate::store::Store;

/// The facts of a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    pub papers: u64,
    /// Numbers of a vector.
    pub dimension: usize,
    pub model: String,
    pub revision: String,
    /// By what this machine runs the model: an instruction set and a number format.
    pub kernel: &'static str,
    /// Papers in the graph; the others are scanned.
    pub graph_rows: usize,
    /// Papers in the index of words on the disk; the others are indexed in memory when the store is opened for searching.
    pub lexical_rows: usize,
    pub store_bytes: u64,
}

impl Status {
    /// Reads the facts of a store.
    ///
    /// # Errors
    /// When a file of the store cannot be read.
    pub fn of(store: &Store) -> Result<Self> {
        let snapshot = store.snapshot()?;
        Self::new(
            store,
            runner_name()?,
            snapshot.len(),
            Graph::open(store.dir(), &snapshot).rows(),
            lexical::rows(store.dir(), &snapshot).count_ones(..),
        )
    }

    pub(super) fn new(
        store: &Store,
        kernel: &'static str,
        papers: usize,
        graph_rows: usize,
        lexical_rows: usize,
    ) -> Result<Self> {
        let fingerprint = store.generation()?.fingerprint;
        Ok(Self {
            papers: papers as u64,
            dimension: fingerprint.dimension,
            model: fingerprint.model,
            revision: fingerprint.revision,
            kernel,
            graph_rows,
            lexical_rows,
            store_bytes: store.bytes()?,
        })
    }
}
