//! Has the picture been drawn already? The last one is kept until somebody commits, and its axes for longer than that.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Axes, Drawing};
use crate::error::{Error, Result};
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

/// Draws, and keeps what was drawn.
#[derive(Debug, Default)]
pub struct Maps(Mutex<Option<Arc<Map>>>);

impl Maps {
    /// The picture of a snapshot; `None` when somebody has committed since it was taken. Whoever asks while it is drawn
    /// waits for it.
    ///
    /// # Errors
    /// [`Error::EmptyStore`], [`Error::Interrupted`], or what is wrong with the store.
    pub fn map(&self, store: &Store, snapshot: &Snapshot, progress: &dyn Progress) -> Result<Option<Arc<Map>>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(map) = kept.as_ref().filter(|map| map.is_of(snapshot)) {
            return Ok(Some(Arc::clone(map)));
        }
        let before = kept.as_ref().map(|map| &map.axes);
        let Some((axes, drawing)) = draw(store, snapshot, before, progress)? else { return Ok(None) };
        let bytes: Arc<[u8]> = drawing.to_bytes()?.into();
        let (generation, commits) = (snapshot.generation.number, snapshot.generation.commits);
        let tag = format!("{generation}-{commits}-{:08x}", crc32fast::hash(&bytes));
        let map = Arc::new(Map { generation, commits, axes, bytes, tag });
        *kept = Some(Arc::clone(&map));
        Ok(Some(map))
    }
}

impl Drawing {
    /// Draws a store that nobody has opened for searching; no model is needed.
    ///
    /// # Errors
    /// As [`Maps::map`].
    pub fn of_store(store: &Store, progress: &dyn Progress) -> Result<Self> {
        store.of_one_moment(|snapshot| Ok(draw(store, snapshot, None, progress)?.map(|(_, drawing)| drawing)))
    }
}

/// Draws a snapshot, on the axes of an earlier one where they serve.
fn draw(
    store: &Store,
    snapshot: &Snapshot,
    before: Option<&Axes>,
    progress: &dyn Progress,
) -> Result<Option<(Axes, Drawing)>> {
    if snapshot.is_empty() {
        return Err(Error::EmptyStore { dir: store.dir().to_owned() });
    }
    let axes = match before.filter(|axes| axes.serve(snapshot)) {
        Some(axes) => axes.clone(),
        None => Axes::of(snapshot, progress)?,
    };
    let drawing = Drawing::of(store, snapshot, &axes, progress)?;
    Ok(drawing.map(|drawing| (axes, drawing)))
}
