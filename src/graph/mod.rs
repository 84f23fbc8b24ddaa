//! Nearest-neighbour search over the embeddings of a store: an exact scan of small collections; for large ones, approximate
//! search in an HNSW graph plus an exact scan of the rows newer than the graph (the tail).
//!
//! The graph is a cache. It can always be rebuilt from the vectors, and it is if it is missing, damaged or out of date.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rayon::ThreadPoolBuilder;

use crate::error::{Error, Result};
use crate::store::{DocId, Snapshot, Store};
use frozen::Covers;

pub use audit::Audit;

pub(crate) use exact::nearest as exact_nearest;
use frozen::Frozen;
pub(crate) use nearest::candidates;

mod audit;
mod build;
mod codes;
mod distance;
mod exact;
mod frozen;
mod layers;
mod link;
mod nearest;

/// Below this number of papers, no graph is built unless you ask for it: a scan takes a few milliseconds, less than embedding the
/// query.
pub(crate) const FEWEST_ROWS: usize = 20_000;
/// A tail of up to this number of rows never causes a rebuild. Scanning it takes about a millisecond.
const LONGEST_TAIL: usize = 8_192;
/// In a larger collection, the graph is rebuilt when the tail has more than 1/20 of the papers.
const TAIL_SHARE: usize = 20;
/// Default `ef` (candidate list size) of a traversal, unless more hits are requested or the collection was tuned.
pub const EF: usize = 128;

/// A row and its cosine with the query vector.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    /// The row.
    pub doc: DocId,
    /// The cosine with the query vector.
    pub similarity: f32,
}

/// The HNSW graph of a store, or none. Without a graph, searches scan all vectors.
#[derive(Debug, Default)]
pub struct Graph {
    frozen: Option<Frozen>,
    /// Whether [`Graph::due`] has compared the file with its checksums and found it intact.
    is_intact: OnceLock<bool>,
}

impl Graph {
    /// Opens the graph of a store if there is one that belongs to the snapshot. A file that cannot be opened counts as missing;
    /// [`Graph::check`] returns the reason.
    #[must_use]
    pub fn open(dir: &Path, snapshot: &Snapshot) -> Self {
        let frozen = Frozen::open(&path(dir, snapshot)).ok().flatten();
        frozen.filter(|frozen| frozen.covers().belongs_to(&snapshot.generation)).into()
    }

    /// Number of papers in the graph. All others are in the tail, which is scanned.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.frozen.as_ref().map_or(0, Frozen::papers)
    }

    /// Number of papers of a snapshot in the tail: newer than the graph, so scanned.
    #[must_use]
    pub fn tail(&self, snapshot: &Snapshot) -> usize {
        let covered = self.frozen.as_ref().map_or(0, |frozen| frozen.covers().rows as usize);
        let covered = covered.min(snapshot.vectors.rows());
        snapshot.live().count_ones(covered..)
    }

    /// Size of the graph's file in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.frozen.as_ref().map_or(0, Frozen::bytes)
    }

    /// The result of the audit after the build.
    #[must_use]
    pub fn audit(&self) -> Option<Audit> {
        self.frozen.as_ref().map(Frozen::audit)
    }

    /// Reads the whole file and compares it with its checksums.
    ///
    /// # Errors
    /// [`Error::GraphDamaged`], also for a file that could not be opened.
    pub fn check(&self, dir: &Path, snapshot: &Snapshot) -> Result<()> {
        let path = path(dir, snapshot);
        match &self.frozen {
            Some(frozen) => frozen.check(&path),
            None => Frozen::open(&path).map(drop),
        }
    }

    /// Why the graph has to be rebuilt, if so. The first call for a graph reads its whole file to compare checksums.
    #[must_use]
    pub fn due(&self, dir: &Path, snapshot: &Snapshot) -> Option<Due> {
        if self.is_intact.get() != Some(&true)
            && let Err(damage) = self.check(dir, snapshot)
        {
            return Some(Due::Damaged(damage));
        }
        let _ = self.is_intact.set(true);
        self.is_behind(snapshot).then_some(Due::Behind)
    }

    /// Whether this graph also serves another snapshot of the store: one of the same generation that is not older than the graph.
    #[must_use]
    pub fn serves(&self, snapshot: &Snapshot) -> bool {
        self.frozen.as_ref().is_some_and(|frozen| frozen.covers().belongs_to(&snapshot.generation))
    }

    /// Whether the tail is so long that the graph should be rebuilt.
    fn is_behind(&self, snapshot: &Snapshot) -> bool {
        let papers = snapshot.len();
        let Some(frozen) = &self.frozen else { return papers >= FEWEST_ROWS };
        let tail = snapshot.vectors.rows().saturating_sub(frozen.covers().rows as usize);
        papers >= FEWEST_ROWS && tail > LONGEST_TAIL.max(papers / TAIL_SHARE)
    }
}

/// Why a graph has to be rebuilt.
#[derive(Debug)]
pub enum Due {
    /// The file is damaged.
    Damaged(Error),
    /// The tail is too long; or there is no graph and there are at least 20,000 papers.
    Behind,
}

impl From<Option<Frozen>> for Graph {
    fn from(frozen: Option<Frozen>) -> Self {
        Self { frozen, is_intact: OnceLock::new() }
    }
}

/// How long a build took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Took {
    /// Time for building and repairing.
    pub build: Duration,
    /// Time for auditing: searching for every node.
    pub audit: Duration,
}

fn timed<T>(took: &mut Duration, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = work();
    *took += start.elapsed();
    done
}

/// Opens the graph of a store, and rebuilds it first if it is due. `on_due` is called with the reason before the rebuild.
///
/// # Errors
/// As [`rebuild`].
pub fn renewed(store: &Store, threads: usize, on_due: impl FnOnce(&Due)) -> Result<Graph> {
    let snapshot = store.snapshot()?;
    let graph = Graph::open(store.dir(), &snapshot);
    match graph.due(store.dir(), &snapshot) {
        None => Ok(graph),
        Some(due) => {
            on_due(&due);
            Ok(rebuild(store, threads)?.0)
        }
    }
}

/// Builds the graph of the last commit, audits it, and writes it into the store's folder.
///
/// ```
/// # use std::path::Path;
/// # use paperkin::{corpus::sample, embed::{Embedder, ModelFolder}, ingest::{Ingest, open_store}, progress::Silent};
/// # let folder = tempfile::tempdir()?;
/// # let model = ModelFolder::open(Path::new("tests/data/models/static"))?;
/// # let embedder = Embedder::load(&model, 1)?;
/// # let store = open_store(folder.path(), &model)?;
/// # let mut ingest = Ingest::new(&store, &embedder, &Silent);
/// # ingest.add(sample::papers())?;
/// # ingest.finish()?;
/// use paperkin::graph;
/// let (graph, _) = graph::rebuild(&store, 2)?;
/// let snapshot = store.snapshot()?;
/// let doc = snapshot.docs().next().unwrap();
/// let nearest = graph.nearest(&snapshot, snapshot.vectors.row(doc).unwrap(), 3, None);
/// assert_eq!((nearest.len(), nearest[0].doc), (3, doc));
/// # Ok::<(), paperkin::Error>(())
/// ```
///
/// # Errors
/// When the store cannot be read or the file cannot be written.
pub fn rebuild(store: &Store, threads: usize) -> Result<(Graph, Took)> {
    build_in(store.dir(), &*store.snapshot()?, threads)
}

/// As [`rebuild`], but of a given snapshot and into a given folder, which need not be that of the store.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn build_in(dir: &Path, snapshot: &Snapshot, threads: usize) -> Result<(Graph, Took)> {
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads.max(1))
        .thread_name(|thread| format!("graph-{thread}"))
        .build()
        .map_err(std::io::Error::other)?;
    let mut took = Took::default();
    let mut built = timed(&mut took.build, || pool.install(|| build::build(snapshot)));
    let audit = pool.install(|| built.mend_until_clean(EF, &mut took));
    let path = path(dir, snapshot);
    Frozen::write(&path, Covers::all_of(&snapshot.generation), &built, audit)?;
    Ok((Frozen::open(&path)?.into(), took))
}

fn path(dir: &Path, snapshot: &Snapshot) -> PathBuf {
    dir.join(format!("graph.{}.hnsw", snapshot.generation.number))
}

#[cfg(test)]
mod tests;
