//! How is the store on this machine searched? By a view of it, and an index in memory that has caught up with the view.
//!
//! | file | what it answers |
//! | --- | --- |
//! | `index` | What makes one commit fast to search: graph, full-text index, columns |
//! | `columns` | Of which categories and year is each row? |
//! | `moment` | How does a view with its index answer what [`Moment`](super::Moment) asks? |

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use crate::embed::Fingerprint;
use crate::error::Result;
use crate::full_text;
use crate::graph::{self, Due, Graph};
use crate::map::{Map, Maps};
use crate::paper::{Paper, PaperId};
use crate::progress::Progress;
use crate::store::{Became, Change, Removed, State, Store};

use super::{Engine, Writer};
use index::Index;
pub use moment::LocalMoment;

mod columns;
mod index;
mod moment;

/// The store of this machine, opened for searching.
pub struct Local {
    store: Store,
    /// Of the last commit that was searched.
    index: RwLock<Arc<Index>>,
    /// Held while an index is made or changed.
    changing: Mutex<()>,
    maps: Maps,
}

impl Local {
    /// Opens the graph of a store; its full-text index is opened when a question needs it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn open(store: Store) -> Result<Self> {
        let index = RwLock::new(Arc::new(Index::open(&store.view()?)));
        Ok(Self { store, index, changing: Mutex::default(), maps: Maps::default() })
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    fn index(&self) -> Arc<Index> {
        Arc::clone(&self.index.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn changing(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the index; nobody else may be changing it.
    fn publish(&self, index: Index) -> Arc<Index> {
        let index = Arc::new(index);
        *self.index.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&index);
        index
    }

    /// Builds the graph again, or takes what another process has built, when it is damaged or too many papers are newer than it.
    /// Searches go on meanwhile: with the old graph, or without one where that is damaged.
    ///
    /// # Errors
    /// When the store cannot be read or the graph not be written.
    pub fn renew_graph(&self, threads: usize) -> Result<()> {
        let (graph, snapshot) =
            self.read(|moment| Ok((Arc::clone(moment.graph()), moment.view().snapshot().clone())))?;
        match graph.due(self.store.dir(), &snapshot) {
            None => return Ok(()),
            Some(Due::Damaged(_)) => self.use_graph(Graph::default()),
            Some(Due::Behind) => {}
        }
        let graph = graph::renewed(&self.store, threads, |_| ())?;
        if graph.serves(&*self.store.snapshot()?) {
            self.use_graph(graph);
        }
        Ok(())
    }

    fn use_graph(&self, graph: Graph) {
        let _changing = self.changing();
        self.publish(self.index().with_graph(graph));
    }

    /// The picture of the collection, drawn when somebody has committed since the last time, on one thread.
    ///
    /// # Errors
    /// [`Error::EmptyStore`](crate::Error::EmptyStore), [`Error::Interrupted`](crate::Error::Interrupted), or what is wrong with the
    /// store.
    pub fn map(&self, progress: &dyn Progress) -> Result<Arc<Map>> {
        self.maps.map(&self.store, progress)
    }
}

impl Engine for Local {
    type Moment<'a> = LocalMoment<'a>;

    fn writer(&self) -> &dyn Writer {
        &self.store
    }

    fn moment(&self) -> Result<LocalMoment<'_>> {
        let view = self.store.view()?;
        let index = self.index();
        if index.is_of(&view) {
            return Ok(LocalMoment::new(view, index));
        }
        drop(view);
        let _changing = self.changing();
        // Nobody else makes an index now, so this view is no older than the last one.
        let view = self.store.view()?;
        let before = self.index();
        let index = if before.is_of(&view) { before } else { self.publish(before.at(&view)?) };
        Ok(LocalMoment::new(view, index))
    }
}

impl Writer for Store {
    fn state_of(&self, paper: &Paper) -> Result<State> {
        Self::state_of(self, paper)
    }

    fn add(&self, fingerprint: &Fingerprint, changes: &[Change]) -> Result<Vec<Became>> {
        self.commit(fingerprint, changes)
    }

    fn remove(&self, ids: &[PaperId]) -> Result<Removed> {
        Self::remove(self, ids)
    }

    fn remove_sample(&self) -> Result<()> {
        Self::remove_sample(self)
    }

    fn finish(&self) -> Result<()> {
        full_text::renew(self)
    }
}
