//! Which rows are nearest to this vector? An exact scan while there are few, a graph and a scan of the rows that are
//! newer than it when there are many.
//!
//! The graph is a cache: it can always be built again from the vectors, and is, when it is missing, damaged or old.

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

/// Below this no graph is built unasked: a scan takes a few milliseconds, less than embedding the question.
pub(crate) const FEWEST_ROWS: usize = 20_000;
/// Rows newer than the graph are scanned; scanning so many takes about a millisecond.
const LONGEST_TAIL: usize = 8_192;
/// In a larger collection, a graph is built again when the rows newer than it are more than one in so many.
const TAIL_SHARE: usize = 20;
/// Candidates of a walk unless more hits are asked for, or others were chosen for a collection.
pub const EF: usize = 128;

/// A row, and its cosine with what was asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    /// The row.
    pub doc: DocId,
    /// Its cosine with what was looked for.
    pub similarity: f32,
}

/// What finds rows in a snapshot.
#[derive(Debug, Default)]
pub struct Graph {
    frozen: Option<Frozen>,
    /// Whether [`Graph::due`] has found the file as it was written.
    sound: OnceLock<bool>,
}

impl Graph {
    /// Opens the graph of a store, if there is one that belongs to the snapshot. A file that cannot be opened counts as none;
    /// [`Graph::check`] tells why.
    #[must_use]
    pub fn open(dir: &Path, snapshot: &Snapshot) -> Self {
        let frozen = Frozen::open(&path(dir, snapshot)).ok().flatten();
        frozen.filter(|frozen| frozen.covers().belongs_to(&snapshot.generation)).into()
    }

    /// How many papers the graph has; the others are scanned.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.frozen.as_ref().map_or(0, Frozen::papers)
    }

    /// How many papers of a snapshot are newer than the graph, and are scanned: its tail.
    #[must_use]
    pub fn tail(&self, snapshot: &Snapshot) -> usize {
        let covered = self.frozen.as_ref().map_or(0, |frozen| frozen.covers().rows as usize);
        let covered = covered.min(snapshot.vectors.rows());
        snapshot.live().count_ones(covered..)
    }

    /// Size of the graph's file.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.frozen.as_ref().map_or(0, Frozen::bytes)
    }

    /// What the audit after the build found.
    #[must_use]
    pub fn audit(&self) -> Option<Audit> {
        self.frozen.as_ref().map(Frozen::audit)
    }

    /// Reads the whole file and compares it with its checksums.
    ///
    /// # Errors
    /// [`Error::GraphDamaged`], also for a file that could not be opened and is there still.
    pub fn check(&self, dir: &Path, snapshot: &Snapshot) -> Result<()> {
        let path = path(dir, snapshot);
        match &self.frozen {
            Some(frozen) => frozen.check(&path),
            None => Frozen::open(&path).map(drop),
        }
    }

    /// Why it has to be built; `None` where it need not be. The file is read whole, but only the first time that this is asked of a graph.
    #[must_use]
    pub fn due(&self, dir: &Path, snapshot: &Snapshot) -> Option<Due> {
        if self.sound.get() != Some(&true)
            && let Err(damage) = self.check(dir, snapshot)
        {
            return Some(Due::Damaged(damage));
        }
        let _ = self.sound.set(true);
        self.is_behind(snapshot).then_some(Due::Behind)
    }

    /// Whether the same graph serves a later snapshot.
    #[must_use]
    pub fn serves(&self, snapshot: &Snapshot) -> bool {
        self.frozen.as_ref().is_some_and(|frozen| frozen.covers().belongs_to(&snapshot.generation))
    }

    /// Whether the tail is so long that the graph should be built again.
    fn is_behind(&self, snapshot: &Snapshot) -> bool {
        let papers = snapshot.len();
        let Some(frozen) = &self.frozen else { return papers >= FEWEST_ROWS };
        let tail = snapshot.vectors.rows().saturating_sub(frozen.covers().rows as usize);
        papers >= FEWEST_ROWS && tail > LONGEST_TAIL.max(papers / TAIL_SHARE)
    }
}

/// Why a graph has to be built.
#[derive(Debug)]
pub enum Due {
    /// Its file is damaged.
    Damaged(Error),
    /// Too many papers are newer than it, or there are enough papers for one and none is there.
    Behind,
}

impl From<Option<Frozen>> for Graph {
    fn from(frozen: Option<Frozen>) -> Self {
        Self { frozen, sound: OnceLock::new() }
    }
}

/// What building took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Took {
    /// Building and mending.
    pub build: Duration,
    /// Asking for every node, and looking for the lost ones.
    pub audit: Duration,
}

fn timed<T>(took: &mut Duration, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = work();
    *took += start.elapsed();
    done
}

/// The graph of a store, built again when that is due; `told` is told why before it is built.
///
/// # Errors
/// As [`rebuild`].
pub fn renewed(store: &Store, threads: usize, told: impl FnOnce(&Due)) -> Result<Graph> {
    let snapshot = store.snapshot()?;
    let graph = Graph::open(store.dir(), &snapshot);
    match graph.due(store.dir(), &snapshot) {
        None => Ok(graph),
        Some(due) => {
            told(&due);
            Ok(rebuild(store, threads)?.0)
        }
    }
}

/// Builds the graph of what is committed now, audits it, and puts it into the store's folder.
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
/// When the store cannot be read or the file not be written.
pub fn rebuild(store: &Store, threads: usize) -> Result<(Graph, Took)> {
    build_in(store.dir(), &*store.snapshot()?, threads)
}

/// As [`rebuild`], of a snapshot, and in another folder than its store's where that shall stay as it is.
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
