//! Nearest-neighbour search over the embeddings of a store: an exact scan of small collections; for large ones, approximate
//! search in an HNSW graph plus an exact scan of the rows newer than the graph (the tail).
//!
//! The graph is a cache. It grows: newer papers are inserted into a new version of its file, and dead ones are removed. It is built
//! from nothing only if it is missing or damaged, or if you ask for it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::Result;
use crate::store::{DocId, Generation, Snapshot, Store, try_lock};
use frozen::Covers;

pub use audit::Audit;
pub use carry::compact;
pub use due::{Behind, Due, Occasion};

use build::Built;
use due::FEWEST_ROWS;
pub(crate) use exact::nearest as exact_nearest;
use frozen::Frozen;
pub(crate) use nearest::candidates;

mod audit;
mod build;
mod carry;
mod codes;
mod distance;
mod due;
mod equal;
mod exact;
mod extend;
mod frozen;
mod grow;
mod layers;
mod link;
mod nearest;
mod order;
mod remove;

/// The lock file of the process that builds or grows the graph.
const LOCK: &str = "graph.lock";
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
        let frozen = Frozen::open(&path(dir, &snapshot.generation)).ok().flatten();
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

    /// The result of the last audit.
    #[must_use]
    pub fn audit(&self) -> Option<Audit> {
        self.frozen.as_ref().map(Frozen::audit)
    }

    /// Reads the whole file and compares it with its checksums.
    ///
    /// # Errors
    /// [`Error::GraphDamaged`](crate::Error::GraphDamaged), also for a file that could not be opened.
    pub fn check(&self, dir: &Path, snapshot: &Snapshot) -> Result<()> {
        let path = path(dir, &snapshot.generation);
        match &self.frozen {
            Some(frozen) => frozen.check(&path),
            None => Frozen::open(&path).map(drop),
        }
    }

    /// Why the graph has to be built or grown, if so. The first call for a graph reads its whole file to compare checksums.
    #[must_use]
    pub fn due(&self, dir: &Path, snapshot: &Snapshot, occasion: Occasion) -> Option<Due> {
        if self.is_intact.get() != Some(&true)
            && let Err(damage) = self.check(dir, snapshot)
        {
            return Some(Due::Damaged(damage));
        }
        let _ = self.is_intact.set(true);
        match self.behind(snapshot) {
            None => (snapshot.len() >= FEWEST_ROWS).then_some(Due::Missing),
            Some(behind) => behind.is_due(occasion).then_some(Due::Behind(behind)),
        }
    }

    /// Whether this graph also serves another snapshot of the store: one of the same generation that is not older than the graph.
    #[must_use]
    pub fn serves(&self, snapshot: &Snapshot) -> bool {
        self.frozen.as_ref().is_some_and(|frozen| frozen.covers().belongs_to(&snapshot.generation))
    }

    /// How far the graph is behind a snapshot; `None` without a graph.
    fn behind(&self, snapshot: &Snapshot) -> Option<Behind> {
        let frozen = self.frozen.as_ref()?;
        let (papers, newer) = (snapshot.len(), self.tail(snapshot));
        let dead = frozen.papers().saturating_sub(papers - newer) + frozen.empty_nodes();
        Some(Behind { papers, newer, dead })
    }
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

/// Opens the graph of a store, and builds or grows it first if that is due. `on_due` is called with the reason before.
///
/// It can be called between commits, with [`Occasion::Adding`]: then it reads no more than the header of the file unless the graph
/// is due. It does nothing while another process builds or grows the graph.
///
/// # Errors
/// As [`rebuild`].
pub fn renewed(store: &Store, threads: usize, occasion: Occasion, on_due: impl FnOnce(&Due)) -> Result<Graph> {
    let (_, graph, due) = opened(store, occasion)?;
    if due.is_none() {
        return Ok(graph);
    }
    let Some(_lock) = try_lock(&store.dir().join(LOCK))? else {
        return Ok(if matches!(due, Some(Due::Damaged(_))) { Graph::default() } else { graph });
    };
    // Another process may have renewed the graph meanwhile.
    let (snapshot, graph, due) = opened(store, occasion)?;
    let Some(due) = due else { return Ok(graph) };
    on_due(&due);
    let (graph, _) = match (&due, &graph.frozen) {
        (Due::Behind(_), Some(frozen)) => grow_in(store.dir(), &snapshot, frozen, threads)?,
        _ => build_in(store.dir(), &snapshot, threads)?,
    };
    if store.generation()?.number != snapshot.generation.number {
        // Another process has begun the next generation meanwhile. A leftover file does no harm.
        let _ = fs_err::remove_file(path(store.dir(), &snapshot.generation));
    }
    Ok(graph)
}

/// The newest snapshot of a store, its graph, and why this is due. Between commits, the checksums of a graph that has a short tail
/// are not compared.
fn opened(store: &Store, occasion: Occasion) -> Result<(Arc<Snapshot>, Graph, Option<Due>)> {
    let snapshot = store.snapshot()?;
    let graph = Graph::open(store.dir(), &snapshot);
    let is_behind = graph.behind(&snapshot).is_none_or(|behind| behind.is_due(occasion));
    let due = if is_behind || occasion == Occasion::Pause { graph.due(store.dir(), &snapshot, occasion) } else { None };
    Ok((snapshot, graph, due))
}

/// Builds the graph of the last commit from nothing, audits it, and writes it into the store's folder.
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
    audited_in(dir, snapshot, threads, || (build::build(snapshot), 0))
}

/// Grows a graph to a snapshot.
fn grow_in(dir: &Path, snapshot: &Snapshot, frozen: &Frozen, threads: usize) -> Result<(Graph, Took)> {
    audited_in(dir, snapshot, threads, || grow::grown(frozen, snapshot))
}

/// Audits and writes what `make` returns: a graph, and the number of nodes that changed since all were audited.
fn audited_in(
    dir: &Path,
    snapshot: &Snapshot,
    threads: usize,
    make: impl FnOnce() -> (Built, usize) + Send,
) -> Result<(Graph, Took)> {
    let pool = pool(threads)?;
    let mut took = Took::default();
    let (mut built, changed) = timed(&mut took.build, || pool.install(make));
    let audit = pool.install(|| built.repair_until_clean(EF, &mut took));
    let path = path(dir, &snapshot.generation);
    Frozen::write(&path, Covers::all_of(&snapshot.generation), &built, audit, changed)?;
    Ok((Frozen::open(&path)?.into(), took))
}

fn pool(threads: usize) -> Result<ThreadPool> {
    let builder = ThreadPoolBuilder::new().num_threads(threads.max(1)).thread_name(|thread| format!("graph-{thread}"));
    Ok(builder.build().map_err(std::io::Error::other)?)
}

/// Deletes the graph of a store, whose rows have got other vectors. Does nothing while another process writes it.
///
/// # Errors
/// When the store cannot be read, or the file cannot be deleted.
pub fn discard(store: &Store) -> Result<()> {
    let Some(_lock) = try_lock(&store.dir().join(LOCK))? else { return Ok(()) };
    match fs_err::remove_file(path(store.dir(), &store.generation()?)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

fn path(dir: &Path, generation: &Generation) -> PathBuf {
    dir.join(format!("graph.{}.hnsw", generation.number))
}

#[cfg(test)]
mod grow_tests;
#[cfg(test)]
mod tests;
