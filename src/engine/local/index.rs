//! What makes one commit fast to search? The graph, the full-text index and the columns, each made from those of an earlier commit
//! where that saves work.

use std::sync::{Arc, Mutex, PoisonError};

use super::columns::Columns;
use crate::error::Result;
use crate::full_text::FullText;
use crate::graph::Graph;
use crate::store::{Snapshot, View};

/// The index of one commit. Clones share what they hold.
#[derive(Clone)]
pub(super) struct Index {
    generation: u64,
    commits: u64,
    pub graph: Arc<Graph>,
    /// Opened when it is first asked for.
    full_text: Arc<Mutex<Option<Arc<FullText>>>>,
    /// Of this commit, or of an earlier one until they are asked for.
    columns: Arc<Mutex<Arc<Columns>>>,
}

impl Index {
    /// The index of a view, with nothing in it but the graph that lies in the store's folder.
    pub fn open(view: &View<'_>) -> Self {
        Self {
            generation: view.generation.number,
            commits: view.generation.commits,
            graph: Arc::new(Graph::open(view.store().dir(), view)),
            full_text: Arc::default(),
            columns: Arc::default(),
        }
    }

    /// The index of a later view.
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
        let columns = Arc::clone(&self.columns.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(Self {
            generation: view.generation.number,
            commits: view.generation.commits,
            graph,
            full_text: Arc::new(Mutex::new(full_text)),
            columns: Arc::new(Mutex::new(columns)),
        })
    }

    /// The same with another graph.
    pub fn with_graph(&self, graph: Graph) -> Self {
        Self { graph: Arc::new(graph), ..self.clone() }
    }

    /// Whether it is the index of this commit.
    pub fn is_of(&self, snapshot: &Snapshot) -> bool {
        self.generation == snapshot.generation.number && self.commits == snapshot.generation.commits
    }

    /// The full-text index, which the index's own view is read for where it has to be opened. Whoever asks meanwhile waits for it.
    pub fn full_text(&self, view: &View<'_>) -> Result<Arc<FullText>> {
        let mut full_text = self.full_text.lock().unwrap_or_else(PoisonError::into_inner);
        match &*full_text {
            Some(full_text) => Ok(Arc::clone(full_text)),
            None => Ok(Arc::clone(full_text.insert(Arc::new(FullText::open(view)?)))),
        }
    }

    /// The full-text index, where it has been opened.
    pub fn opened_full_text(&self) -> Option<Arc<FullText>> {
        self.full_text.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes a full-text index in memory in the place of one that turned out to be damaged, unless another thread has done so.
    pub fn replace_full_text(&self, damaged: &Arc<FullText>, view: &View<'_>) -> Result<Arc<FullText>> {
        let mut full_text = self.full_text.lock().unwrap_or_else(PoisonError::into_inner);
        match &*full_text {
            Some(other) if !Arc::ptr_eq(other, damaged) => Ok(Arc::clone(other)),
            _ => Ok(Arc::clone(full_text.insert(Arc::new(FullText::open_in_memory(view)?)))),
        }
    }

    /// The columns of the index's own view. Whoever asks while another reads them waits for those.
    pub fn columns(&self, view: &View<'_>) -> Result<Arc<Columns>> {
        let mut columns = self.columns.lock().unwrap_or_else(PoisonError::into_inner);
        if !columns.are_of(view) {
            *columns = Arc::new(columns.caught_up(view)?);
        }
        Ok(Arc::clone(&columns))
    }
}
