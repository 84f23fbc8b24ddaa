//! The engine over the store on this machine: a view of the store, and an index in memory that has caught up with it.
//!
//! | file | contents |
//! | --- | --- |
//! | `index` | The index of one commit: graph and full-text index |
//! | `moment` | The implementation of [`Moment`](super::Moment) by a view and its index |
//! | `facets` | Counts of categories and years, and the latest papers |

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use crate::embed::{Embedding, Fingerprint};
use crate::error::Result;
use crate::full_text::{self, FullText};
use crate::graph::{self, Due, Graph, Occasion};
use crate::map::{Map, Maps};
use crate::paper::{Paper, PaperId};
use crate::progress::Progress;
use crate::store::{Arrival, Became, Incoming, Part, Plan, Removed, Sentences, Store, WholePaper};

use super::{Engine, StoredModel, Writer};
use index::Index;
pub use moment::LocalMoment;

mod facets;
mod index;
mod moment;

/// The store on this machine, opened for searching.
pub struct Local {
    store: Store,
    /// The index of the newest commit that was searched.
    index: RwLock<Arc<Index>>,
    /// Held while an index is made or changed.
    changing: Mutex<()>,
    maps: Maps,
}

impl Local {
    /// Opens a store and its graph. The full-text index is opened when a query needs it.
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

    /// Replaces the index. The caller must hold the lock `changing`.
    fn publish(&self, index: Index) -> Arc<Index> {
        let index = Arc::new(index);
        *self.index.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&index);
        index
    }

    /// Builds or grows the graph if that is due, or adopts one that another process has written. Searches continue
    /// meanwhile: with the old graph, or without a graph if it is damaged.
    ///
    /// # Errors
    /// When the store cannot be read, or the graph cannot be written.
    pub fn renew_graph(&self, threads: usize, occasion: Occasion) -> Result<()> {
        let (graph, snapshot) =
            self.read(|moment| Ok((Arc::clone(moment.graph()), moment.view().snapshot().clone())))?;
        match graph.due(self.store.dir(), &snapshot, occasion) {
            None => return Ok(()),
            Some(Due::Damaged(_)) => self.use_graph(Graph::default()),
            Some(Due::Missing | Due::Behind(_)) => {}
        }
        let graph = graph::renewed(&self.store, threads, occasion, |_| ())?;
        if graph.serves(&*self.store.snapshot()?) {
            self.use_graph(graph);
        }
        Ok(())
    }

    /// Whether the full-text index on disk was written by an older version. It is used until it is built anew.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn has_outdated_words(&self) -> Result<bool> {
        self.read(|moment| Ok(moment.has_outdated_words()))
    }

    /// Builds the full-text index anew if an older version wrote it, and uses it from then on. Searches continue meanwhile.
    ///
    /// # Errors
    /// When the store cannot be read, or the index not be written.
    pub fn renew_words(&self) -> Result<()> {
        if !self.has_outdated_words()? {
            return Ok(());
        }
        full_text::renew(&self.store)?;
        let _changing = self.changing();
        let view = self.store.view()?;
        let index = self.index();
        self.publish(index.at(&view)?.with_full_text(FullText::open(&view)?));
        Ok(())
    }

    fn use_graph(&self, graph: Graph) {
        let _changing = self.changing();
        self.publish(self.index().with_graph(graph));
    }

    /// The map of the collection; drawn again on one thread if there is a newer commit.
    ///
    /// # Errors
    /// [`Error::EmptyStore`](crate::Error::EmptyStore), [`Error::Interrupted`](crate::Error::Interrupted), or the fault
    /// of the store.
    pub fn map(&self, progress: &dyn Progress) -> Result<Arc<Map>> {
        self.maps.map(&self.store, progress)
    }
}

impl Engine for Local {
    type Moment<'a> = LocalMoment<'a>;

    fn writer(&self) -> &dyn Writer {
        &self.store
    }

    fn place(&self) -> String {
        self.store.dir().display().to_string()
    }

    fn stored_model(&self) -> Result<StoredModel> {
        StoredModel::of_store(&self.store)
    }

    fn export(&self, _: bool, visit: &mut dyn FnMut(&Paper, &[f32]) -> Result<()>) -> Result<()> {
        self.store.export(visit)
    }

    fn whole_papers(&self, expected: &Fingerprint, visit: &mut dyn FnMut(Vec<WholePaper>) -> Result<()>) -> Result<()> {
        self.store.whole_papers(expected, visit)
    }

    fn moment(&self) -> Result<LocalMoment<'_>> {
        let view = self.store.view()?;
        let index = self.index();
        if index.is_of(&view) {
            return Ok(LocalMoment::new(view, index));
        }
        drop(view);
        let _changing = self.changing();
        // No other thread makes an index now, so this view is not older than the current index.
        let view = self.store.view()?;
        let before = self.index();
        let index = if before.is_of(&view) { before } else { self.publish(before.at(&view)?) };
        Ok(LocalMoment::new(view, index))
    }
}

impl Writer for Store {
    fn plan(&self, incoming: &Incoming<'_>) -> Result<Plan> {
        Self::plan(self, incoming)
    }

    fn write(&self, fingerprint: &Fingerprint, arrivals: &[Arrival<'_>]) -> Result<Vec<Became>> {
        Self::write(self, fingerprint, arrivals)
    }

    fn parts(&self, id: &PaperId) -> Result<Vec<Part>> {
        Self::parts(self, id)
    }

    fn split(&self, fingerprint: &Fingerprint, id: &PaperId, parts: &[(Part, Embedding, Sentences)]) -> Result<()> {
        Self::split(self, fingerprint, id, parts)
    }

    fn remove(&self, ids: &[PaperId]) -> Result<Removed> {
        Self::remove(self, ids)
    }

    fn remove_sample(&self) -> Result<()> {
        Self::remove_sample(self)
    }

    fn as_sample(&self, add: &mut dyn FnMut() -> Result<u64>) -> Result<()> {
        let before = self.generation()?;
        self.mark_as_sample(add()?, &before)
    }

    fn keep_sample(&self) -> Result<()> {
        Self::keep_sample(self)
    }

    fn finish(&self) -> Result<()> {
        full_text::renew_if_behind(self)
    }
}
