//! What does a search find in the graph, before words and feedback change it? For those who measure how much the graph loses.

use std::sync::Arc;

use fixedbitset::FixedBitSet;

use super::{CANDIDATES, Searcher};
use crate::embed::Embedding;
use crate::error::Result;
use crate::graph::{self, Neighbour};
use crate::store::{Filter, Snapshot};

/// What was found in the graph.
pub(crate) struct InGraph {
    pub snapshot: Arc<Snapshot>,
    /// Among which rows was looked.
    pub rows: FixedBitSet,
    /// The nearest first.
    pub found: Vec<Neighbour>,
}

impl Searcher {
    /// What a search for a direction finds in the graph, and where it looked; `None` where a search would not use the graph, or has vectors of
    /// another length by now.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn found_in_graph(&self, direction: &Embedding, filter: &Filter) -> Result<Option<InGraph>> {
        self.in_one_state(|now| {
            let snapshot = &now.snapshot;
            if direction.as_slice().len() != snapshot.vectors.dimension() {
                return Ok(Some(None));
            }
            let Some(rows) = self.rows(now, filter)? else { return Ok(None) };
            let ef = graph::candidates(snapshot, CANDIDATES);
            let found = now.graph.by_file(snapshot, direction.as_slice(), CANDIDATES, ef, Some(&rows));
            Ok(Some(found.map(|found| InGraph { snapshot: Arc::clone(snapshot), rows, found })))
        })
    }
}
