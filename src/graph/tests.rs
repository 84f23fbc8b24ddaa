//! Tests that every node is found in any graph, and that a damaged file does no harm.

use std::sync::OnceLock;

use fixedbitset::FixedBitSet;
use proptest::prelude::*;

use super::*;
use crate::embed::{Embedding, ModelFolder};
use crate::made_up::numbers;
use crate::paper::{Paper, PaperId};
use crate::store::{Change, Tuning};

pub(super) const DIMENSION: usize = 32;

/// Clustered vectors, as those of texts: one of fifty centres plus an individual deviation.
pub(super) fn vector(number: u64) -> Embedding {
    clustered(number, 0.4)
}

pub(super) fn clustered(number: u64, spread: f32) -> Embedding {
    let own = numbers(number + 1_000).take(DIMENSION);
    let mixed = numbers(number % 50).take(DIMENSION).zip(own).map(|(centre, own)| centre + spread * own);
    Embedding::normalised(mixed.collect()).unwrap()
}

pub(super) fn fill(store: &Store, numbers: impl IntoIterator<Item = u64>, vector: impl Fn(u64) -> Embedding) {
    let changes: Vec<Change> = numbers
        .into_iter()
        .map(|number| {
            let title = format!("paper {number}");
            let paper = Paper::new(PaperId::of_title(&title), title, String::new());
            Change::new(paper, Some(vector(number)))
        })
        .collect();
    store.commit(&store.generation().unwrap().fingerprint, &changes).unwrap();
}

pub(super) fn store(dir: &Path) -> Store {
    let model = ModelFolder::open(Path::new("tests/data/tiny-bert")).unwrap();
    Store::open_or_create(dir, model.fingerprint(), None).unwrap()
}

pub(super) fn built(store: &Store) -> Graph {
    rebuild(store, 2).unwrap().0
}

pub(super) fn truth(snapshot: &Snapshot, query: &[f32], k: usize) -> Vec<Neighbour> {
    exact_nearest(snapshot.vectors.all(), DIMENSION, 0, query, k, |doc| snapshot.is_live(doc))
}

/// Recall by distance, so that ties count as hits (Aumüller, Bernhardsson & Faithfull, "ANN-Benchmarks", 2018, arXiv:1807.05614,
/// section 2.2).
pub(super) fn recall(found: &[Neighbour], truth: &[Neighbour]) -> f64 {
    let farthest = truth.last().unwrap().similarity - 1e-6;
    let hits = found.iter().filter(|found| found.similarity >= farthest).count();
    #[allow(clippy::cast_precision_loss)] // at most some tens
    let share = hits as f64 / truth.len() as f64;
    share
}

#[allow(clippy::cast_precision_loss)] // some hundreds
pub(super) fn mean(recalls: &[f64]) -> f64 {
    recalls.iter().sum::<f64>() / recalls.len() as f64
}

#[test]
fn the_graph_finds_the_results_of_a_scan() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    fill(&store, 0..8_000, vector);
    let graph = built(&store);
    let snapshot = store.snapshot().unwrap();
    assert_eq!(graph.rows(), 8_000);
    let frozen = graph.frozen.as_ref().unwrap();
    let recalls: Vec<f64> = (10_000..10_200)
        .map(|number| {
            let query = vector(number);
            let found = frozen.walk(&snapshot, query.as_slice(), 10, 64, |_| true);
            assert_eq!(found.len(), 10);
            recall(&found, &truth(&snapshot, query.as_slice(), 10))
        })
        .collect();
    assert!(mean(&recalls) > 0.98, "recall@10 {}", mean(&recalls));
}

#[test]
fn every_node_is_found_in_fifty_builds() {
    for build in 0..50u64 {
        // From spread-out vectors to clusters of nearly equal ones.
        let spread = [4.0, 1.0, 0.4, 0.1, 0.02][usize::try_from(build).unwrap() % 5];
        let vectors: Vec<Embedding> = (build * 10_000..build * 10_000 + 5_000).map(|n| clustered(n, spread)).collect();
        let vectors: Vec<&[f32]> = vectors.iter().map(Embedding::as_slice).collect();
        let pool = ThreadPoolBuilder::new().num_threads(4).build().unwrap();
        let rows = || (0..5_000).map(|row| vec![row]).collect();
        let (built, audit) = pool.install(|| {
            let mut built = build::of_vectors(rows(), &vectors, DIMENSION);
            let audit = built.repair_until_clean(EF, &mut Took::default());
            (built, audit)
        });
        assert!(audit.is_clean(), "build {build}: {audit:?}");
        assert_eq!(audit.searched, audit.nodes);
        let mut scratch = layers::Scratch::default();
        for node in 0..audit.nodes {
            built.layers.search(built.layers.codes.of_node(node), EF, &mut scratch);
            assert!(scratch.found.iter().any(|found| found.place == node), "build {build}: node {node} is lost");
        }
        if build < 3 {
            let alone = ThreadPoolBuilder::new().num_threads(1).build().unwrap();
            let again = alone.install(|| {
                let mut built = build::of_vectors(rows(), &vectors, DIMENSION);
                built.repair_until_clean(EF, &mut Took::default());
                built
            });
            assert_eq!(built.rows, again.rows, "the number of threads makes no difference");
            assert_eq!(built.layers.layers[0].lists, again.layers.layers[0].lists);
        }
    }
}

#[test]
fn papers_with_equal_vectors_are_all_found() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    fill(&store, 0..3_000, |number| if number < 200 { vector(7) } else { vector(number) });
    let graph = built(&store);
    assert!(graph.audit().unwrap().is_clean());
    let snapshot = store.snapshot().unwrap();
    let frozen = graph.frozen.as_ref().unwrap();
    let found = frozen.walk(&snapshot, vector(7).as_slice(), 100, 128, |_| true);
    assert!(found.len() == 100 && found.iter().all(|found| found.similarity > 0.99999), "{found:?}");
    for number in 200..3_000 {
        let nearest = frozen.walk(&snapshot, vector(number).as_slice(), 10, 64, |_| true);
        assert!(nearest[0].similarity > 0.99999, "row {number} is lost");
    }
}

#[test]
fn a_search_uses_the_tuned_ef() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    // There are enough vectors that no scan is cheaper, spread out, so that a small `ef` misses some.
    fill(&store, 0..9_000, |number| clustered(number, 4.0));
    let graph = built(&store);
    let k = 10;
    let answers = |ef: Option<usize>| -> Vec<Vec<Neighbour>> {
        let snapshot = store.snapshot().unwrap();
        let questions = (10_000..10_100).map(|number| clustered(number, 4.0));
        let answer = |question: Embedding| match ef {
            None => graph.nearest(&snapshot, question.as_slice(), k, Some(snapshot.live())),
            Some(ef) => graph.walk(&snapshot, question.as_slice(), k, ef),
        };
        questions.map(answer).collect()
    };
    assert!(answers(None) == answers(Some(EF)));
    for (ef, walked) in [(20, 20), (3, k), (40, 40)] {
        store.tune(Some(&Tuning { ef, k: 10, wanted: 0.5, recall: 0.6, papers: 9_000 })).unwrap();
        assert!(answers(None) == answers(Some(walked)), "{ef}");
        assert!(answers(None) != answers(Some(EF)), "{ef}");
    }
    store.tune(None).unwrap();
    assert!(answers(None) == answers(Some(EF)));
}

#[test]
fn newer_rows_are_found_and_older_versions_are_not() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    fill(&store, 0..1_500, vector);
    let graph = built(&store);
    fill(&store, 1_500..1_700, vector);
    let snapshot = store.snapshot().unwrap();
    assert!(graph.serves(&snapshot));
    assert_eq!(graph.nearest(&snapshot, vector(1_699).as_slice(), 1, None)[0].doc, DocId(1_699));
    assert_eq!(graph.nearest(&snapshot, vector(1_699).as_slice(), 2_000, None).len(), 1_700);
}

#[test]
fn a_filter_that_m_papers_pass_gives_min_k_m_hits() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    fill(&store, 0..4_000, vector);
    let graph = built(&store);
    fill(&store, 4_000..4_100, vector);
    let snapshot = store.snapshot().unwrap();
    let frozen = graph.frozen.as_ref().unwrap();
    let k = 10;
    for m in [0, 1, k - 1, k, 205, 2_050] {
        // Spread over all rows; and all in some clusters, far from the other queries.
        let spread: FixedBitSet = (0..4_100).filter(|row| (row + 1) * m / 4_100 > row * m / 4_100).collect();
        let corner: FixedBitSet = (0..4_100).filter(|row| row % 50 < 25).take(m).collect();
        for rows in [spread, corner] {
            assert_eq!(rows.count_ones(..), m);
            let wanted = |doc: DocId| rows.contains(doc.row());
            let mut recalls = Vec::new();
            for number in 10_000..10_040 {
                let query = vector(number);
                let truth = exact_nearest(snapshot.vectors.all(), DIMENSION, 0, query.as_slice(), k, wanted);
                let found = graph.nearest(&snapshot, query.as_slice(), k, Some(&rows));
                assert_eq!(found.len(), m.min(k), "m = {m}");
                assert!(found.iter().all(|found| rows.contains(found.doc.row())));
                if m > 0 {
                    recalls.push(recall(&found, &truth));
                    // Whichever strategy was chosen, a traversal must obey the filter, too.
                    let walked = frozen.walk(&snapshot, query.as_slice(), k, 4_000, wanted);
                    assert!(walked.iter().all(|found| rows.contains(found.doc.row())));
                }
            }
            assert!(m == 0 || mean(&recalls) > 0.99, "m = {m}: {}", mean(&recalls));
        }
    }
}

#[test]
fn a_graph_of_another_store_is_not_used() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (large, small) = (store(one.path()), store(two.path()));
    fill(&large, 0..50, vector);
    fill(&small, 0..20, vector);
    assert!(!built(&large).serves(&small.snapshot().unwrap()), "it covers rows that are not there");
}

#[test]
fn small_graphs_are_searched() {
    for count in [0, 1, 2, 3, 70] {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        fill(&store, 0..count, vector);
        let graph = built(&store);
        assert!(graph.audit().unwrap().is_clean());
        let snapshot = store.snapshot().unwrap();
        let found = graph.nearest(&snapshot, vector(0).as_slice(), 10, None);
        assert_eq!(found.len() as u64, count.min(10));
        let walked = graph.frozen.as_ref().unwrap().walk(&snapshot, vector(0).as_slice(), 10, 64, |_| true);
        assert_eq!(walked, found);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_scan_of_codes_is_exact(seed in any::<u32>(), spread in 0.001f32..2.0, k in 1usize..40, spike in 0f32..50.0) {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        // One number that is much larger than the others leaves few quantisation steps for these.
        fill(&store, 0..300, |number| {
            let mut vector = clustered(number + u64::from(seed), spread).as_slice().to_vec();
            vector[usize::try_from(number).unwrap() % DIMENSION] += if number % 3 == 0 { spike } else { 0.0 };
            Embedding::normalised(vector).unwrap()
        });
        let graph = built(&store);
        let snapshot = store.snapshot().unwrap();
        for number in 0..20 {
            let query = clustered(number + u64::from(seed), 2.0 * spread);
            let found = graph.exact(&snapshot, query.as_slice(), k);
            prop_assert_eq!(found, truth(&snapshot, query.as_slice(), k));
        }
    }
}

/// A folder with a store of 1,000 papers, and the bytes of its graph.
fn written() -> &'static (tempfile::TempDir, Vec<u8>) {
    static WRITTEN: OnceLock<(tempfile::TempDir, Vec<u8>)> = OnceLock::new();
    WRITTEN.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        fill(&store, 0..1_000, vector);
        let graph = built(&store);
        let path = path(dir.path(), &store.generation().unwrap());
        graph.frozen.unwrap().check(&path).unwrap();
        let bytes = std::fs::read(path).unwrap();
        (dir, bytes)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn a_truncated_or_altered_file_is_reported_and_harmless(
        places in prop::collection::vec((any::<prop::sample::Index>(), 1u8..), 1..20),
        in_header in any::<bool>(),
        cut in any::<bool>(),
    ) {
        let (dir, bytes) = written();
        let mut bytes = bytes.clone();
        for (place, flip) in &places {
            let length = if in_header { 416 } else { bytes.len() };
            let place = place.index(length);
            if cut {
                bytes.truncate(place.max(1).min(bytes.len()));
            } else if place < bytes.len() {
                bytes[place] = bytes[place].wrapping_add(*flip);
            }
        }
        let whole = bytes == written().1;
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &bytes).unwrap();
        match Frozen::open(file.path()) {
            Err(error) => prop_assert!(error.to_string().contains("cannot be used"), "{}", error),
            Ok(None) => prop_assert!(false, "the file is there"),
            Ok(Some(frozen)) => {
                let padding_only = frozen.check(file.path()).is_ok();
                let store = Store::open(dir.path()).unwrap();
                let snapshot = store.snapshot().unwrap();
                let graph = Graph::from(Some(frozen));
                let found = graph.nearest(&snapshot, vector(3).as_slice(), 10, None);
                prop_assert_eq!(found.len(), 10, "damage costs recall and no more");
                graph.frozen.as_ref().unwrap().walk(&snapshot, vector(3).as_slice(), 10, 64, |_| true);
                if padding_only || whole {
                    prop_assert_eq!(found, truth(&snapshot, vector(3).as_slice(), 10));
                }
            }
        }
    }
}

#[test]
fn a_row_repeated_in_a_damaged_graph_is_returned_once() {
    let (dir, bytes) = written();
    let mut bytes = bytes.clone();
    // The section of rows follows the header and the offsets of the rows of 1,000 nodes. Sets all rows to 0.
    bytes[4_480..4_480 + 4_000].fill(0);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &bytes).unwrap();
    let frozen = Frozen::open(file.path()).unwrap().unwrap();
    assert!(frozen.check(file.path()).unwrap_err().to_string().ends_with("section 1 was altered"));
    let graph = Graph::from(Some(frozen));
    let snapshot = Store::open(dir.path()).unwrap().snapshot().unwrap();
    // With a scan of the codes, and with a traversal.
    for ef in [EF, 12] {
        let found = graph.nearest_with(&snapshot, vector(3).as_slice(), 10, ef, None);
        assert_eq!(found, truth(&snapshot, vector(3).as_slice(), 10));
    }
}
