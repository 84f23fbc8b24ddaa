//! Has the picture been drawn already? The last one is kept until somebody commits, and its axes for longer than that.

use std::sync::{Arc, Mutex, PoisonError};

use super::drawing::Labelled;
use super::{Axes, Drawing};
use crate::error::Result;
use crate::progress::Progress;
use crate::store::{Snapshot, Store};

/// A picture, ready to be sent.
#[derive(Debug)]
pub struct Map {
    generation: u64,
    commits: u64,
    axes: Axes,
    bytes: Arc<[u8]>,
    tag: String,
}

impl Map {
    /// The picture as [`Drawing::to_bytes`] makes it.
    #[must_use]
    pub fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }

    /// Letters, digits and `-` that differ when the picture does: the state of the store and a checksum.
    #[must_use]
    pub fn tag(&self) -> &str {
        &self.tag
    }

    fn is_of(&self, snapshot: &Snapshot) -> bool {
        (self.generation, self.commits) == (snapshot.generation.number, snapshot.generation.commits)
    }
}

/// What is committed now.
enum Seen {
    Drawn(Arc<Map>),
    New(Labelled),
}

/// Draws, and keeps what was drawn.
#[derive(Debug, Default)]
pub(crate) struct Maps(Mutex<Option<Arc<Map>>>);

impl Maps {
    /// The picture of what is committed now. Whoever asks while it is drawn waits for it.
    ///
    /// # Errors
    /// [`Error::EmptyStore`](crate::Error::EmptyStore), [`Error::Interrupted`](crate::Error::Interrupted), or what is wrong with the
    /// store.
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
