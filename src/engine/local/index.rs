//! The index of one commit: graph and full-text index. Each is derived from that of an earlier commit where
//! this saves work.

use std::sync::{Arc, Mutex, PoisonError};

use crate::error::Result;
use crate::full_text::FullText;
use crate::graph::Graph;
use crate::store::{Snapshot, View};

/// The index of one commit. Clones share their contents.
#[derive(Clone)]
pub(super) struct Index {
    generation: u64,
    commits: u64,
    pub graph: Arc<Graph>,
    /// Opened at its first use.
    full_text: Arc<Mutex<Option<Arc<FullText>>>>,
}

impl Index {
    /// The index of a view. It contains only the graph from the store's folder.
    pub fn open(view: &View<'_>) -> Self {
        Self {
            generation: view.generation.number,
            commits: view.generation.commits,
            graph: Arc::new(Graph::open(view.store().dir(), view)),
            full_text: Arc::default(),
        }
    }

    /// The index of a later view, derived from this one.
    pub fn at(&self, view: &View<'_>) -> Result<Self> {
        let before = self.full_text.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let full_text = match before.filter(|full_text| full_text.leads_to(view)) {
            Some(full_text) => Some(Arc::new(full_text.at(view)?)),
            None => None,
        };
        let graph = if self.graph.serves(view) {
            Arc::clone(&self.graph)
        } else {
            Arc::new(Graph::open(view.store().dir(), view))
        };
        Ok(Self {
            generation: view.generation.number,
            commits: view.generation.commits,
            graph,
            full_text: Arc::new(Mutex::new(full_text)),
        })
    }

    /// The same index with another graph.
    pub fn with_graph(&self, graph: Graph) -> Self {
        Self { graph: Arc::new(graph), ..self.clone() }
    }

    /// The same index with another full-text index of the same commit.
    pub fn with_full_text(&self, full_text: FullText) -> Self {
        Self { full_text: Arc::new(Mutex::new(Some(Arc::new(full_text)))), ..self.clone() }
    }

    /// Whether this is the index of the snapshot's commit.
    pub fn is_of(&self, snapshot: &Snapshot) -> bool {
        self.generation == snapshot.generation.number && self.commits == snapshot.generation.commits
    }

    /// The full-text index of this commit. It is opened from `view` at its first use; other threads wait meanwhile.
    pub fn full_text(&self, view: &View<'_>) -> Result<Arc<FullText>> {
        let mut full_text = self.full_text.lock().unwrap_or_else(PoisonError::into_inner);
        match &*full_text {
            Some(full_text) => Ok(Arc::clone(full_text)),
            None => Ok(Arc::clone(full_text.insert(Arc::new(FullText::open(view)?)))),
        }
    }

    /// The full-text index, if it is already open.
    pub fn opened_full_text(&self) -> Option<Arc<FullText>> {
        self.full_text.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces a damaged full-text index by one in memory, unless another thread has already done so.
    pub fn replace_full_text(&self, damaged: &Arc<FullText>, view: &View<'_>) -> Result<Arc<FullText>> {
        let mut full_text = self.full_text.lock().unwrap_or_else(PoisonError::into_inner);
        match &*full_text {
            Some(other) if !Arc::ptr_eq(other, damaged) => Ok(Arc::clone(other)),
            _ => Ok(Arc::clone(full_text.insert(Arc::new(FullText::open_in_memory(view)?)))),
        }
    }
}
