//! What does only the store of this machine tell: how large it is, what its graph finds, what it looks like?

use std::sync::Arc;

use fixedbitset::FixedBitSet;

use super::{CANDIDATES, Searcher, Status};
use crate::embed::{Embedder, Embedding};
use crate::engine::{Engine, Local, Moment};
use crate::error::Result;
use crate::graph::{self, Neighbour};
use crate::map::Map;
use crate::progress::Progress;
use crate::store::{Filter, Snapshot, Store};

/// How many papers there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// All of them.
    pub papers: usize,
    /// Those that are scanned because they are newer than the graph.
    pub tail: usize,
}

/// What was found in the graph.
pub(crate) struct InGraph {
    pub snapshot: Arc<Snapshot>,
    /// Among which rows was looked.
    pub rows: FixedBitSet,
    /// The nearest first.
    pub found: Vec<Neighbour>,
}

impl Searcher {
    /// Makes a store searchable with the model that it was built with.
    ///
    /// # Errors
    /// [`Error::FingerprintDiffers`](crate::Error::FingerprintDiffers), or what is wrong with the store.
    pub fn new(store: Store, embedder: Arc<Embedder>) -> Result<Self> {
        store.check_fingerprint(embedder.fingerprint())?;
        Ok(Self::over(Local::open(store)?, embedder))
    }

    /// Makes a store searchable with the model that it was built with, found on this machine and run by so many threads.
    ///
    /// # Errors
    /// When the model is not here or cannot be loaded, or what is wrong with the store.
    pub fn open(store: Store, threads: usize) -> Result<Self> {
        let model = store.generation()?.find_model(store.dir())?;
        let embedder = Embedder::load(&model, threads)?;
        Ok(Self::over(Local::open(store)?, Arc::new(embedder)))
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Store {
        self.engine().store()
    }

    /// What is in the store now, and in the graph that is searched.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn status(&self) -> Result<Status> {
        let kernel = self.embedder()?.runner_name();
        self.engine().read(|moment| Status::of(moment, kernel))
    }

    /// How large the collection is now.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn size(&self) -> Result<Size> {
        self.engine().read(|moment| Ok(Size { papers: moment.papers(), tail: moment.graph().tail(moment.view()) }))
    }

    /// The picture of the collection, drawn when somebody has committed since the last time, on one thread.
    ///
    /// # Errors
    /// [`Error::EmptyStore`](crate::Error::EmptyStore), [`Error::Interrupted`](crate::Error::Interrupted), or what is wrong with the
    /// store.
    pub fn map(&self, progress: &dyn Progress) -> Result<Arc<Map>> {
        self.engine().map(progress)
    }

    /// What a search for a direction finds in the graph, before words and feedback change it, and where it looked; `None` where a search
    /// would not use the graph, or has vectors of another length by now.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn found_in_graph(&self, direction: &Embedding, filter: &Filter) -> Result<Option<InGraph>> {
        self.engine().read(|moment| {
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
