//! Caches the last map until the next commit, and its axes for longer.

use std::sync::{Arc, Mutex, PoisonError};

use fixedbitset::FixedBitSet;

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
    /// The rows of its papers.
    rows: FixedBitSet,
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

    /// The commit that it shows.
    pub(super) fn commits(&self) -> u64 {
        self.commits
    }

    /// The rows of its papers, which are in this order.
    pub(super) fn rows(&self) -> &FixedBitSet {
        &self.rows
    }

    /// Whether the map of a snapshot can be drawn from this one: the axes are the same, and the snapshot is not earlier.
    pub(super) fn leads_to(&self, snapshot: &Snapshot) -> bool {
        self.axes.serve(snapshot) && self.commits <= snapshot.generation.commits
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
            None => Labelled::of(view, kept.as_deref()).map(Seen::New),
        })?;
        let labelled = match seen {
            Seen::Drawn(map) => return Ok(map),
            Seen::New(labelled) => labelled,
        };
        let axes = labelled.axes(kept.as_ref().map(|map| &map.axes), progress)?;
        let bytes: Arc<[u8]> = Drawing::of(&labelled, &axes, progress)?.to_bytes()?.into();
        let (generation, commits) = (labelled.snapshot.generation.number, labelled.snapshot.generation.commits);
        let tag = format!("{generation}-{commits}-{:08x}", crc32fast::hash(&bytes));
        let rows = labelled.snapshot.live().clone();
        let map = Arc::new(Map { generation, commits, axes, rows, bytes, tag });
        *kept = Some(Arc::clone(&map));
        Ok(map)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::embed::{Embedding, ModelFolder};
    use crate::made_up::numbers;
    use crate::paper::{Paper, PaperId};
    use crate::progress::Silent;
    use crate::store::Change;

    const CATEGORIES: [&str; 5] = ["cs.LG", " ", "a\nb", "math.CO", "größe"];

    fn change((number, version): (usize, usize)) -> Change {
        let mut paper = Paper::new(PaperId::of_title(&format!("{number}")), format!("{number}"), format!("{version}"));
        paper.categories = CATEGORIES[(number + version) % 5..].iter().take(2).map(|name| (*name).to_owned()).collect();
        let vector = numbers((number * 10 + version) as u64 + 1).take(32).collect();
        Change::new(paper, Some(Embedding::normalised(vector).unwrap()))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn a_map_drawn_from_an_earlier_one_equals_one_drawn_anew(
            commits in prop::collection::vec(
                (prop::collection::vec((0..60usize, 0..3usize), 0..12), prop::collection::vec(0..60usize, 0..4)), 1..6),
        ) {
            let dir = tempfile::tempdir().unwrap();
            let model = ModelFolder::open(Path::new("tests/data/tiny-bert")).unwrap();
            let store = Store::open_or_create(dir.path(), model.fingerprint(), None).unwrap();
            let first: Vec<Change> = (0..50).map(|number| change((number, 0))).collect();
            store.commit(model.fingerprint(), &first).unwrap();
            let maps = Maps::default();
            maps.map(&store, &Silent).unwrap();
            for (written, removed) in commits {
                let written: Vec<Change> = written.into_iter().map(change).collect();
                store.commit(model.fingerprint(), &written).unwrap();
                let removed: Vec<PaperId> = removed.iter().map(|number| PaperId::of_title(&format!("{number}"))).collect();
                let _ = store.remove(&removed);
                let map = maps.map(&store, &Silent).unwrap();
                let anew = store.read(|view| Labelled::of(view, None)).unwrap();
                let drawing = Drawing::of(&anew, &map.axes, &Silent).unwrap();
                prop_assert_eq!(&map.bytes()[..], &drawing.to_bytes().unwrap()[..]);
                prop_assert_eq!(Drawing::from_bytes(map.bytes()).unwrap(), drawing);
            }
        }
    }
}
