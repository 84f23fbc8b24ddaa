//! Which rows are nearest to this vector? An exact scan while there are few, a graph and a scan of the rows that are
//! newer than it when there are many.
//!
//! The graph is a cache: it can always be built again from the vectors, and is, when it is missing, damaged or old.

use std::path::{Path, PathBuf};

use rayon::ThreadPoolBuilder;

use crate::error::Result;
use crate::store::{DocId, Snapshot, Store};

pub use exact::nearest as exact_nearest;
pub use flat::Flat;

mod build;
mod distance;
mod exact;
mod flat;

/// Below this a scan takes a few milliseconds, less than embedding the question.
pub const FEWEST_ROWS: usize = 20_000;
/// A graph is built again when the rows newer than it are more than one in so many.
const TAIL_SHARE: usize = 5;
/// Candidates of a walk unless more hits are asked for.
const EF: usize = 128;

/// A row, and its cosine with what was asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    pub doc: DocId,
    pub similarity: f32,
}

/// What finds rows in a snapshot.
#[derive(Debug, Default)]
pub struct Graph {
    flat: Option<Flat>,
}

impl Graph {
    /// Reads the graph of a store, if there is one that belongs to the snapshot.
    #[must_use]
    pub fn open(dir: &Path, snapshot: &Snapshot) -> Self {
        if snapshot.len() < FEWEST_ROWS {
            return Self::default();
        }
        let flat = Flat::read(&path(dir, snapshot)).filter(|flat| flat.covers.belongs_to(&snapshot.generation));
        Self { flat }
    }

    /// How many papers the graph has; the others are scanned.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.flat.as_ref().map_or(0, Flat::len)
    }

    /// Whether the same graph serves a later snapshot.
    #[must_use]
    pub fn serves(&self, snapshot: &Snapshot) -> bool {
        self.flat.as_ref().is_some_and(|flat| flat.covers.belongs_to(&snapshot.generation))
    }

    /// Whether so many rows are missing from the graph that it should be built.
    #[must_use]
    pub fn is_stale(&self, snapshot: &Snapshot) -> bool {
        let covered = self.flat.as_ref().map_or(0, |flat| flat.covers.rows as usize);
        let tail = snapshot.vectors.rows().saturating_sub(covered);
        snapshot.len() >= FEWEST_ROWS && tail * TAIL_SHARE > snapshot.len()
    }

    /// The `k` papers nearest to a unit vector among those wanted, the nearest first. Never fewer than there are.
    pub fn nearest(
        &self,
        snapshot: &Snapshot,
        query: &[f32],
        k: usize,
        wanted: impl Fn(DocId) -> bool,
    ) -> Vec<Neighbour> {
        let vectors = &snapshot.vectors;
        let wanted = |doc| snapshot.is_live(doc) && wanted(doc);
        if let Some(flat) = &self.flat {
            let mut found = flat.search(vectors, query, EF.max(2 * k), wanted);
            let covered = flat.covers.rows;
            let tail = vectors.all().get(covered as usize * vectors.dimension()..).unwrap_or_default();
            found.extend(exact_nearest(tail, vectors.dimension(), covered, query, k, wanted));
            if found.len() >= k {
                found.sort_by(|a, b| b.similarity.total_cmp(&a.similarity).then(a.doc.cmp(&b.doc)));
                found.truncate(k);
                return found;
            }
        }
        exact_nearest(vectors.all(), vectors.dimension(), 0, query, k, wanted)
    }
}

/// Builds the graph of what is committed now, and puts it into the store's folder.
///
/// # Errors
/// When the store cannot be read or the file not be written.
pub fn rebuild(store: &Store, threads: usize) -> Result<Graph> {
    let snapshot = store.snapshot()?;
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads.max(1))
        .thread_name(|thread| format!("graph-{thread}"))
        .build()
        .map_err(std::io::Error::other)?;
    let flat = build::build(&snapshot, flat::Covers::all_of(&snapshot.generation), &pool);
    flat.write(&path(store.dir(), &snapshot))?;
    Ok(Graph { flat: Some(flat) })
}

fn path(dir: &Path, snapshot: &Snapshot) -> PathBuf {
    dir.join(format!("graph.{}.hnsw", snapshot.generation.number))
}
