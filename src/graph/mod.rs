//! Which rows are nearest to this vector? An exact scan while there are few, a graph and a scan of the rows that are
//! newer than it when there are many.
//!
//! The graph is a cache: it can always be built again from the vectors, and is, when it is missing, damaged or old.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rayon::ThreadPoolBuilder;

use crate::error::{Error, Result};
use crate::store::{DocId, Snapshot, Store};
use frozen::Covers;

pub use audit::Audit;
pub use exact::nearest as exact_nearest;
pub use frozen::Frozen;

mod audit;
mod build;
mod codes;
mod distance;
mod exact;
mod frozen;
mod layers;
mod link;
mod nearest;

/// Below this a scan takes a few milliseconds, less than embedding the question.
pub const FEWEST_ROWS: usize = 20_000;
/// Rows newer than the graph are scanned; scanning so many takes about a millisecond.
const LONGEST_TAIL: usize = 8_192;
/// In a larger collection, a graph is built again when the rows newer than it are more than one in so many.
const TAIL_SHARE: usize = 20;
/// Candidates of a walk unless more hits are asked for.
pub const EF: usize = 64;

/// A row, and its cosine with what was asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    pub doc: DocId,
    pub similarity: f32,
}

/// What finds rows in a snapshot.
#[derive(Debug, Default)]
pub struct Graph {
    frozen: Option<Frozen>,
    /// Why the file of the graph is not used.
    damage: Option<Error>,
}

impl Graph {
    /// Opens the graph of a store, if there is one that belongs to the snapshot.
    #[must_use]
    pub fn open(dir: &Path, snapshot: &Snapshot) -> Self {
        if snapshot.len() < FEWEST_ROWS {
            return Self::default();
        }
        match Frozen::open(&path(dir, snapshot)) {
            Ok(frozen) => {
                let frozen = frozen.filter(|frozen| frozen.covers().belongs_to(&snapshot.generation));
                Self { frozen, damage: None }
            }
            Err(damage) => Self { frozen: None, damage: Some(damage) },
        }
    }

    /// How many papers the graph has; the others are scanned.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.frozen.as_ref().map_or(0, Frozen::papers)
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
    /// [`Error::GraphDamaged`], also when that was seen at opening.
    pub fn check(self, dir: &Path, snapshot: &Snapshot) -> Result<Self> {
        match (&self.frozen, self.damage) {
            (_, Some(damage)) => return Err(damage),
            (Some(frozen), None) => frozen.check(&path(dir, snapshot))?,
            (None, None) => {}
        }
        Ok(Self { frozen: self.frozen, damage: None })
    }

    /// Whether the same graph serves a later snapshot.
    #[must_use]
    pub fn serves(&self, snapshot: &Snapshot) -> bool {
        self.frozen.as_ref().is_some_and(|frozen| frozen.covers().belongs_to(&snapshot.generation))
    }

    /// Whether so many rows are missing from the graph that it should be built.
    #[must_use]
    pub fn is_stale(&self, snapshot: &Snapshot) -> bool {
        let papers = snapshot.len();
        let Some(frozen) = &self.frozen else { return papers >= FEWEST_ROWS };
        let tail = snapshot.vectors.rows().saturating_sub(frozen.covers().rows as usize);
        papers >= FEWEST_ROWS && tail > LONGEST_TAIL.max(papers / TAIL_SHARE)
    }
}

/// What building took.
#[derive(Debug, Clone, Copy)]
pub struct Built {
    /// Build, mending, and writing of the file.
    pub build: Duration,
    pub audit: Duration,
}

/// Builds the graph of what is committed now, audits it, and puts it into the store's folder.
///
/// # Errors
/// When the store cannot be read or the file not be written.
pub fn rebuild(store: &Store, threads: usize) -> Result<(Graph, Built)> {
    let snapshot = store.snapshot()?;
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads.max(1))
        .thread_name(|thread| format!("graph-{thread}"))
        .build()
        .map_err(std::io::Error::other)?;
    let start = Instant::now();
    let built = pool.install(|| build::build(&snapshot));
    let build = start.elapsed();
    let audit = pool.install(|| built.layers.audit(EF));
    let took = Built { build, audit: start.elapsed() - build };
    let path = path(store.dir(), &snapshot);
    Frozen::write(&path, Covers::all_of(&snapshot.generation), &built, audit)?;
    Ok((Graph { frozen: Frozen::open(&path)?, damage: None }, took))
}

fn path(dir: &Path, snapshot: &Snapshot) -> PathBuf {
    dir.join(format!("graph.{}.hnsw", snapshot.generation.number))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::embed::{Embedding, ModelFolder};
    use crate::paper::{Paper, PaperId};
    use crate::store::Change;

    const DIMENSION: usize = 32;

    /// Numbers between -1 and 1 that look random and are the same every time.
    fn numbers(seed: u64) -> impl Iterator<Item = f32> {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        std::iter::repeat_with(move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            #[allow(clippy::cast_precision_loss)] // 24 bits fit
            let unit = (state >> 40) as f32 / (1u32 << 24) as f32;
            2.0 * unit - 1.0
        })
    }

    /// Vectors in clusters, as texts are: one of fifty centres, and something of its own.
    fn vector(number: u64) -> Embedding {
        let own = numbers(number + 1_000).take(DIMENSION);
        let mixed = numbers(number % 50).take(DIMENSION).zip(own).map(|(centre, own)| centre + 0.4 * own);
        Embedding::normalised(mixed.collect()).unwrap()
    }

    fn fill(store: &Store, numbers: std::ops::Range<u64>, vector: impl Fn(u64) -> Embedding) {
        let changes: Vec<Change> = numbers
            .map(|number| {
                let title = format!("paper {number}");
                let paper = Paper::new(PaperId::of_title(&title), title, String::new());
                Change { paper, embedding: Some(vector(number)) }
            })
            .collect();
        store.commit(&changes).unwrap();
    }

    fn store(dir: &Path) -> Store {
        let model = ModelFolder::open(Path::new("tests/data/tiny-bert")).unwrap();
        Store::open_or_create(dir, model.fingerprint(), None).unwrap()
    }

    fn truth(snapshot: &Snapshot, query: &[f32], k: usize) -> Vec<Neighbour> {
        exact_nearest(snapshot.vectors.all(), DIMENSION, 0, query, k, |doc| snapshot.is_live(doc))
    }

    /// By distance, so that a tie is no miss (Aumüller, Bernhardsson & Faithfull, "ANN-Benchmarks", 2018,
    /// arXiv:1807.05614, section 2.2).
    fn recall(found: &[Neighbour], truth: &[Neighbour]) -> f64 {
        let farthest = truth.last().unwrap().similarity - 1e-6;
        let hits = found.iter().filter(|found| found.similarity >= farthest).count();
        #[allow(clippy::cast_precision_loss)] // at most some tens
        let share = hits as f64 / truth.len() as f64;
        share
    }

    #[test]
    fn the_graph_finds_what_a_scan_finds() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        fill(&store, 0..3_000, vector);
        let graph = rebuild(&store, 2).unwrap();
        let snapshot = store.snapshot().unwrap();
        assert_eq!(graph.rows(), 3_000);
        let recalls: Vec<f64> = (5_000..5_200)
            .map(|number| {
                let query = vector(number);
                let found = graph.nearest(&snapshot, query.as_slice(), 10, None);
                assert_eq!(found.len(), 10);
                recall(&found, &truth(&snapshot, query.as_slice(), 10))
            })
            .collect();
        #[allow(clippy::cast_precision_loss)]
        let mean = recalls.iter().sum::<f64>() / recalls.len() as f64;
        assert!(mean > 0.97, "recall@10 {mean}");
        for doc in snapshot.docs() {
            let own = snapshot.vectors.row(doc).unwrap();
            assert!(graph.nearest(&snapshot, own, 10, None).iter().any(|found| found.doc == doc), "{doc:?}");
        }
    }

    #[test]
    fn newer_rows_and_filters_lose_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        fill(&store, 0..1_500, vector);
        let graph = rebuild(&store, 2).unwrap();
        fill(&store, 1_500..1_700, vector);
        let snapshot = store.snapshot().unwrap();
        assert!(graph.serves(&snapshot));
        let newest = vector(1_699);
        assert_eq!(graph.nearest(&snapshot, newest.as_slice(), 1, None)[0].doc, DocId(1_699));
        // A filter that leaves three rows gives three hits, however far they are.
        let three: FixedBitSet = [3, 700, 1_600].into_iter().collect();
        let found = graph.nearest(&snapshot, newest.as_slice(), 10, Some(&three));
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn equal_vectors_do_not_hide_each_other() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        fill(&store, 0..800, |number| if number < 200 { vector(7) } else { vector(number) });
        let graph = rebuild(&store, 2).unwrap();
        let snapshot = store.snapshot().unwrap();
        let found = graph.nearest(&snapshot, vector(7).as_slice(), 100, None);
        assert!(found.iter().all(|found| found.similarity > 0.99999), "{found:?}");
        for number in 200..800 {
            let query = vector(number);
            let nearest = graph.nearest(&snapshot, query.as_slice(), 10, None);
            assert!(nearest[0].similarity > 0.99999, "row {number} is lost");
        }
    }

    #[test]
    fn a_graph_of_another_store_is_not_used() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (large, small) = (store(one.path()), store(two.path()));
        fill(&large, 0..50, vector);
        fill(&small, 0..20, vector);
        let graph = rebuild(&large, 1).unwrap();
        assert!(!graph.serves(&small.snapshot().unwrap()), "it covers rows that are not there");
    }

    #[test]
    fn graphs_of_few_points_are_searched_too() {
        for count in [0, 1, 2, 3] {
            let dir = tempfile::tempdir().unwrap();
            let store = store(dir.path());
            fill(&store, 0..count, vector);
            let graph = rebuild(&store, 2).unwrap();
            let found = graph.nearest(&store.snapshot().unwrap(), vector(0).as_slice(), 10, None);
            assert_eq!(found.len() as u64, count);
        }
    }

    fn written() -> (Flat, Arc<Vec<u8>>) {
        static WRITTEN: std::sync::OnceLock<(Flat, Arc<Vec<u8>>)> = std::sync::OnceLock::new();
        let (flat, bytes) = WRITTEN.get_or_init(|| {
            let dir = tempfile::tempdir().unwrap();
            let store = store(dir.path());
            fill(&store, 0..100, vector);
            let flat = rebuild(&store, 1).unwrap().flat.unwrap();
            let bytes = std::fs::read(dir.path().join("graph.1.hnsw")).unwrap();
            assert_eq!(Flat::read(&dir.path().join("graph.1.hnsw")).as_ref(), Some(&flat));
            (flat, Arc::new(bytes))
        });
        (flat.clone(), Arc::clone(bytes))
    }

    proptest! {
        #[test]
        fn a_cut_or_altered_file_is_no_graph(place in any::<prop::sample::Index>(), flip in 1u8.., cut in any::<bool>()) {
            let (flat, bytes) = written();
            let mut bytes = bytes.to_vec();
            let place = place.index(bytes.len());
            if cut {
                bytes.truncate(place);
            } else {
                bytes[place] ^= flip;
            }
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), &bytes).unwrap();
            let read = Flat::read(file.path());
            prop_assert!(read.is_none() || read == Some(flat));
        }
    }
}
