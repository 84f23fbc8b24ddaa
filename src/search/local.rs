//! Functions of a searcher over a collection in any engine: opening, status and size; of a store in a folder alone: the map
//! and searches of its graph.

use std::sync::Arc;

use fixedbitset::FixedBitSet;

use super::{CANDIDATES, Searcher, Status};
use crate::embed::{Embedder, Embedding, runner_name};
use crate::engine::{Engine, Moment, StoredModel};
use crate::error::Result;
use crate::graph::{self, Neighbour};
use crate::map::Map;
use crate::progress::Progress;
use crate::store::{Filter, Snapshot, Store};

/// The size of the collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Number of all papers.
    pub papers: usize,
    /// Number of papers in the tail of a store in a folder, which are newer than the graph and are scanned.
    pub tail: usize,
}

/// The result of a graph search.
pub(crate) struct InGraph {
    pub snapshot: Arc<Snapshot>,
    /// The rows that were searched.
    pub rows: FixedBitSet,
    /// The nearest first.
    pub found: Vec<Neighbour>,
}

impl Searcher {
    /// Makes a store searchable with the model that made its vectors.
    ///
    /// # Errors
    /// [`Error::FingerprintDiffers`](crate::Error::FingerprintDiffers), or the fault of the store.
    pub fn new(store: Store, embedder: Arc<Embedder>) -> Result<Self> {
        store.check_fingerprint(embedder.fingerprint())?;
        Ok(Self::over(store.try_into()?, embedder))
    }

    /// Makes a store searchable: finds its model on this machine and runs it on `threads` threads.
    ///
    /// # Errors
    /// When the model is not on this machine or cannot be loaded, or the fault of the store.
    pub fn open(store: Store, threads: usize) -> Result<Self> {
        let model = StoredModel::of_store(&store)?.find()?;
        let embedder = Embedder::load(&model, threads)?;
        Ok(Self::over(store.try_into()?, Arc::new(embedder)))
    }

    /// Makes a store searchable without its model: by words, and for papers related to others. Any other search looks for the model
    /// and loads it.
    ///
    /// # Errors
    /// The fault of the store.
    pub fn without_model(store: Store, threads: usize) -> Result<Self> {
        Ok(Self::without_embedder(store.try_into()?, threads))
    }

    /// The store, if the collection is in a folder.
    #[must_use]
    pub fn store(&self) -> Option<&Store> {
        self.engine().store()
    }

    /// The status of the collection; of a store in a folder, with that of the graph that is searched.
    ///
    /// # Errors
    /// When the collection cannot be read.
    pub fn status(&self) -> Result<Status> {
        let kernel = self.last_embedder().map_or_else(runner_name, |embedder| Ok(embedder.runner_name()))?;
        Status::of(self.engine(), kernel)
    }

    /// The present size of the collection.
    ///
    /// # Errors
    /// When the collection cannot be read.
    pub fn size(&self) -> Result<Size> {
        self.engine().read(|moment| {
            let tail = moment.local().map_or(0, |moment| moment.graph().tail(moment.view()));
            Ok(Size { papers: moment.papers(), tail })
        })
    }

    /// The map of the collection; drawn again on one thread if there is a newer commit.
    ///
    /// # Errors
    /// [`Error::OnlyInFolder`](crate::Error::OnlyInFolder), [`Error::EmptyStore`](crate::Error::EmptyStore),
    /// [`Error::Interrupted`](crate::Error::Interrupted), or the fault of the store.
    pub fn map(&self, progress: &dyn Progress) -> Result<Arc<Map>> {
        self.engine().in_folder("the map", "export the papers, and add them to a store in a folder")?.map(progress)
    }

    /// The neighbours that the graph search of a query finds, before fusion and feedback, and the rows that were
    /// searched. `None` if a search would not use the graph, or if the dimensions no longer match.
    ///
    /// # Errors
    /// [`Error::OnlyInFolder`](crate::Error::OnlyInFolder), or when the store cannot be read.
    pub(crate) fn found_in_graph(&self, direction: &Embedding, filter: &Filter) -> Result<Option<InGraph>> {
        let local = self.engine().in_folder("recall of the graph", "measure it on a copy of the papers in a folder")?;
        local.read(|moment| {
            let snapshot = moment.view().snapshot();
            if direction.as_slice().len() != snapshot.vectors.dimension() {
                return Ok(None);
            }
            let rows = moment.select(filter)?;
            let ef = graph::candidates(snapshot, CANDIDATES);
            let found = moment.graph().by_file(snapshot, direction.as_slice(), CANDIDATES, ef, Some(&rows));
            Ok(found.map(|found| InGraph { snapshot: Arc::clone(snapshot), rows, found }))
        })
    }
}
