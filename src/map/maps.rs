//! Caches the last map until the next commit, and its axes for longer.

use std::sync::{Arc, Mutex, PoisonError};

use super::drawing::Labelled;
use super::{Axes, Drawing};
use crate::error::Result;
use crate::progress::Progress;
use crate::store::{Snapshot, Store};

/// A map, ready to be sent.
#[derive(Debug)]
pub struct Map {
    generation: u64,
    commits: u64,
    axes: Axes,
    bytes: Arc<[u8]>,
    tag: String,
}

impl Map {
    /// The map as bytes, see [`Drawing::to_bytes`].
    #[must_use]
    pub fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }

    /// A tag for HTTP caches (letters, digits and `-`) that changes when the map does: the state of the store and a checksum.
    #[must_use]
    pub fn tag(&self) -> &str {
        &self.tag
    }

    fn is_of(&self, snapshot: &Snapshot) -> bool {
        (self.generation, self.commits) == (snapshot.generation.number, snapshot.generation.commits)
    }
}

/// The map of the last commit, or what is needed to draw it.
enum Seen {
    Drawn(Arc<Map>),
    New(Labelled),
}

/// Draws maps and caches the last one.
#[derive(Debug, Default)]
pub(crate) struct Maps(Mutex<Option<Arc<Map>>>);

impl Maps {
    /// The map of the last commit. Concurrent callers wait while it is drawn.
    ///
    /// # Errors
    /// [`Error::EmptyStore`](crate::Error::EmptyStore), [`Error::Interrupted`](crate::Error::Interrupted), or when the store
    /// cannot be read.
    pub fn map(&self, store: &Store, progress: &dyn Progress) -> Result<Arc<Map>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = store.read(|view| match kept.as_ref().filter(|map| map.is_of(view)) {
            Some(map) => Ok(Seen::Drawn(Arc::clone(map))),
            None => Labelled::of(view).map(Seen::New),
        })?;
        let labelled = match seen {
            Seen::Drawn(map) => return Ok(map),
            Seen::New(labelled) => labelled,
        };
        let axes = labelled.axes(kept.as_ref().map(|map| &map.axes), progress)?;
        let bytes: Arc<[u8]> = Drawing::of(&labelled, &axes, progress)?.to_bytes()?.into();
        let (generation, commits) = (labelled.snapshot.generation.number, labelled.snapshot.generation.commits);
        let tag = format!("{generation}-{commits}-{:08x}", crc32fast::hash(&bytes));
        let map = Arc::new(Map { generation, commits, axes, bytes, tag });
        *kept = Some(Arc::clone(&map));
        Ok(map)
    }
}
