//! Tests that a graph that grew is as good as one that was built at once, after any order of additions, deletions and compactions.

use std::ops::Range;
use std::sync::OnceLock;

use proptest::prelude::*;

use super::tests::{DIMENSION, built, clustered, fill, mean, recall, store, truth, vector};
use super::*;
use crate::paper::PaperId;

fn grown_with(store: &Store, threads: usize) -> Graph {
    let snapshot = store.snapshot().unwrap();
    let graph = Graph::open(store.dir(), &snapshot);
    grow_in(store.dir(), &snapshot, graph.frozen.as_ref().unwrap(), threads).unwrap().0
}

fn grown(store: &Store) -> Graph {
    grown_with(store, 2)
}

fn remove(store: &Store, numbers: impl Iterator<Item = u64>) {
    let ids: Vec<PaperId> = numbers.map(|number| PaperId::of_title(&format!("paper {number}"))).collect();
    store.remove(&ids).unwrap();
}

fn file(store: &Store) -> Vec<u8> {
    std::fs::read(path(store.dir(), &store.generation().unwrap())).unwrap()
}

fn mean_recall(graph: &Graph, snapshot: &Snapshot, ef: usize, queries: Range<u64>) -> f64 {
    let recalls: Vec<f64> = queries
        .map(|number| {
            let query = vector(number);
            recall(&graph.walk(snapshot, query.as_slice(), 10, ef), &truth(snapshot, query.as_slice(), 10))
        })
        .collect();
    mean(&recalls)
}

/// Asserts that a graph contains exactly the live rows of a snapshot, that its layers are consistent, and that every node is
/// reachable and found by its own vector, by a whole search.
fn assert_sound(graph: &Graph, snapshot: &Snapshot) {
    let frozen = graph.frozen.as_ref().unwrap();
    let (layers, rows_of) = (frozen.layers(), frozen.rows());
    let nodes = u32::try_from(layers.codes.len()).unwrap();
    let audit = graph.audit().unwrap();
    assert!(audit.is_clean() && audit.nodes == nodes && audit.searched <= nodes, "{audit:?}");
    let mut rows: Vec<u32> = (0..nodes).flat_map(&rows_of).copied().collect();
    rows.sort_unstable();
    assert_eq!(rows, snapshot.docs().map(|doc| doc.0).collect::<Vec<_>>());
    assert_eq!(frozen.covers().rows as usize, snapshot.vectors.rows());
    for (number, layer) in layers.layers.iter().enumerate() {
        let count = u32::try_from(layer.len()).unwrap();
        assert!(layer.nodes.is_sorted_by(|a, b| a < b), "layer {number}");
        for place in 0..count {
            let neighbours = layer.neighbours(place);
            assert!(neighbours.iter().all(|other| *other < count && *other != place), "layer {number}");
            assert!((1..neighbours.len()).all(|at| !neighbours[..at].contains(&neighbours[at])), "layer {number}");
            if number > 0 {
                let below = layer.below[place as usize];
                assert_eq!(layers.layers[number - 1].node(below), layer.node(place), "layer {number}");
            }
        }
    }
    assert_eq!(layers.unreached(), [0u32; 0]);
    for node in 0..nodes {
        let row = DocId(*rows_of(node).first().expect("no node without rows"));
        let own = snapshot.vectors.row(row).unwrap();
        assert!(rows_of(node).iter().all(|row| snapshot.vectors.row(DocId(*row)) == Some(own)));
        assert_eq!(layers.codes.of_node(node).0, codes::Code::of(own).numbers);
        let hits = frozen.walk(snapshot, own, 10, EF, |_| true);
        let is_found = hits.iter().any(|hit| hit.doc == row) || hits.last().unwrap().similarity > 0.999_999;
        assert!(is_found, "node {node} of {nodes} is lost");
    }
}

#[test]
fn a_graph_that_grew_in_many_steps_is_as_good_as_one_built_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    fill(&store, 0..2_500, vector);
    let mut graph = built(&store);
    let mut end = 2_500;
    for step in [1, 2, 60, 400, 1_000, 30, 1_500, 1_500, 500, 7, 2_500] {
        fill(&store, end..end + step, vector);
        end += step;
        graph = grown(&store);
        let audit = graph.audit().unwrap();
        assert!(audit.is_clean() && u64::from(audit.searched) >= step, "{audit:?}");
        let changed = graph.frozen.as_ref().unwrap().changed();
        match end - 2_500 {
            1 | 3 => assert!(changed as u64 == end - 2_500 && audit.searched < audit.nodes / 4, "{changed} {audit:?}"),
            _ => assert!(changed * 20 <= audit.nodes as usize, "{changed} {audit:?}"),
        }
        assert!(step * 20 < end || (changed, audit.searched) == (0, audit.nodes), "{changed} {audit:?}");
    }
    let snapshot = store.snapshot().unwrap();
    assert_sound(&graph, &snapshot);
    let other = tempfile::tempdir().unwrap();
    let (at_once, _) = build_in(other.path(), &snapshot, 2).unwrap();
    for ef in [16, 32, 64] {
        let [grown, at_once] = [&graph, &at_once].map(|graph| mean_recall(graph, &snapshot, ef, 20_000..20_300));
        assert!(grown > at_once - 0.005, "recall@10 at ef {ef}: grown {grown}, built at once {at_once}");
    }
}

#[test]
fn papers_of_a_new_subject_are_found_as_well_as_others() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    // The papers of the graph are in clusters 0 to 9, and all others in clusters 10 to 49.
    let of = |clusters: Range<u64>| (0..u64::MAX).filter(move |number| clusters.contains(&(number % 50)));
    fill(&store, of(0..10).take(3_000), vector);
    built(&store);
    fill(&store, of(10..50).take(3_000), vector);
    let graph = grown(&store);
    let snapshot = store.snapshot().unwrap();
    assert_sound(&graph, &snapshot);
    let other = tempfile::tempdir().unwrap();
    let (at_once, _) = build_in(other.path(), &snapshot, 2).unwrap();
    let [grown, at_once] = [&graph, &at_once].map(|graph| mean_recall(graph, &snapshot, 32, 20_010..20_050));
    assert!(grown > at_once - 0.005, "recall@10: grown {grown}, built at once {at_once}");
}

#[test]
fn new_papers_with_the_vector_of_a_node_join_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    fill(&store, 0..2_200, vector);
    built(&store);
    // Copies of old papers, and 50 new papers with one vector.
    fill(&store, 2_200..2_250, |number| vector(number - 2_200));
    fill(&store, 2_250..2_300, |_| vector(7_777));
    let graph = grown(&store);
    assert_sound(&graph, &store.snapshot().unwrap());
    assert_eq!((graph.rows(), graph.audit().unwrap().nodes), (2_300, 2_201));
    remove(&store, 0..20);
    fill(&store, 2_300..2_301, |_| vector(7_777));
    let graph = grown(&store);
    assert_sound(&graph, &store.snapshot().unwrap());
    assert_eq!((graph.rows(), graph.audit().unwrap().nodes), (2_281, 2_201));
}

#[test]
fn deleted_papers_are_removed_and_all_others_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    fill(&store, 0..6_000, vector);
    built(&store);
    // A third of the papers; a tenth of the clusters as a whole; and every paper of the highest layer, with the entry point.
    let snapshot = store.snapshot().unwrap();
    let graph = Graph::open(dir.path(), &snapshot);
    let (frozen, mut dead) = (graph.frozen.unwrap(), std::collections::BTreeSet::new());
    let layers = frozen.layers();
    let top = layers.layers.last().unwrap();
    for place in 0..u32::try_from(top.len()).unwrap() {
        dead.extend(frozen.rows()(top.node(place)).iter().map(|row| u64::from(*row)));
    }
    dead.extend((0..6_000).filter(|number| number % 3 == 1 || number % 50 < 5));
    assert!(layers.layers.len() > 1 && dead.len() > 2_000);
    remove(&store, dead.iter().copied());
    let graph = grown(&store);
    let snapshot = store.snapshot().unwrap();
    assert_sound(&graph, &snapshot);
    assert_eq!(graph.rows(), 6_000 - dead.len());
    let other = tempfile::tempdir().unwrap();
    let (at_once, _) = build_in(other.path(), &snapshot, 2).unwrap();
    let [grown_recall, at_once] = [&graph, &at_once].map(|graph| mean_recall(graph, &snapshot, 32, 20_000..20_200));
    assert!(grown_recall > at_once - 0.005, "recall@10: {grown_recall}, built at once {at_once}");
    // All that are left, then new ones.
    remove(&store, 0..6_000);
    let graph = grown(&store);
    assert_eq!((graph.rows(), graph.audit().unwrap().nodes), (0, 0));
    fill(&store, 6_000..6_100, vector);
    assert_sound(&grown(&store), &store.snapshot().unwrap());
}

#[test]
fn compaction_keeps_the_graph_with_the_new_row_numbers() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    fill(&store, 0..3_000, vector);
    built(&store);
    fill(&store, 3_000..3_100, vector);
    remove(&store, (0..3_100).filter(|number| number % 5 == 0));
    assert_eq!(compact(&store).unwrap().dropped_rows, 620);
    let snapshot = store.snapshot().unwrap();
    let graph = Graph::open(dir.path(), &snapshot);
    assert_eq!((graph.rows(), graph.tail(&snapshot)), (2_400, 80));
    graph.check(dir.path(), &snapshot).unwrap();
    for number in (0..3_100).filter(|number| number % 5 != 0) {
        let hits = graph.walk(&snapshot, vector(number).as_slice(), 1, EF);
        assert!(hits[0].similarity > 0.999_999, "paper {number} is lost");
    }
    assert_eq!(graph.behind(&snapshot).unwrap(), Behind { papers: 2_480, newer: 80, dead: 600 });
    assert!(!dir.path().join("graph.1.hnsw").exists(), "the file of the former generation is deleted");
    let graph = renewed(&store, 2, Occasion::Adding, |due| assert!(matches!(due, Due::Behind(_)))).unwrap();
    assert_sound(&graph, &snapshot);
    assert_eq!(graph.rows(), 2_480);
}

#[test]
fn a_graph_of_a_compaction_that_was_killed_is_not_used() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    fill(&store, 0..2_100, vector);
    built(&store);
    remove(&store, 0..100);
    let killed = store.compact_with(|before, next| {
        let before_switch = path(dir.path(), next);
        let frozen = Frozen::open(&path(dir.path(), &before.generation)).unwrap().unwrap();
        let mut covers = Covers::all_of(next);
        covers.rows = 2_000;
        // Deliberately wrong rows: were they used, papers would be lost.
        frozen.write_renumbered(&before_switch, covers, |row| 1_999u32.checked_sub(row))?;
        Err(std::io::Error::other("killed before the switch").into())
    });
    assert!(killed.is_err());
    let stale = dir.path().join("graph.2.hnsw");
    assert!(stale.exists() && store.generation().unwrap().number == 1);
    let snapshot = store.snapshot().unwrap();
    assert!(Graph::open(dir.path(), &snapshot).rows() == 2_100, "that of the current generation");
    // The next compaction replaces the file; one without a graph of its own deletes it.
    for without in [false, true] {
        let copy = tempfile::tempdir().unwrap();
        copy_folder(dir.path(), copy.path());
        if without {
            std::fs::remove_file(copy.path().join("graph.1.hnsw")).unwrap();
        }
        let store = Store::open(copy.path()).unwrap();
        compact(&store).unwrap();
        let graph = Graph::open(copy.path(), &store.snapshot().unwrap());
        assert_eq!(graph.rows(), if without { 0 } else { 2_000 });
        let hits = graph.nearest(&store.snapshot().unwrap(), vector(700).as_slice(), 1, None);
        assert!(hits[0].similarity > 0.999_999);
    }
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// The folder of a store of 2,300 papers with a graph.
fn prepared() -> &'static Path {
    static PREPARED: OnceLock<tempfile::TempDir> = OnceLock::new();
    PREPARED
        .get_or_init(|| {
            let dir = tempfile::tempdir().unwrap();
            let store = store(dir.path());
            fill(&store, 0..2_300, vector);
            built(&store);
            dir
        })
        .path()
}

#[test]
fn growth_writes_the_same_bytes_with_any_number_of_threads() {
    let [one, three] = [1, 3].map(|threads| {
        let dir = tempfile::tempdir().unwrap();
        copy_folder(prepared(), dir.path());
        let store = Store::open(dir.path()).unwrap();
        fill(&store, 2_300..4_300, |number| vector(number % 4_000));
        remove(&store, (0..2_300).filter(|number| number % 4 == 0));
        grown_with(&store, threads);
        file(&store)
    });
    assert!(one == three);
}

#[test]
fn a_damaged_graph_is_built_from_nothing() {
    let dir = tempfile::tempdir().unwrap();
    copy_folder(prepared(), dir.path());
    let store = Store::open(dir.path()).unwrap();
    fill(&store, 2_300..3_400, vector);
    let path = path(dir.path(), &store.generation().unwrap());
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let graph = renewed(&store, 2, Occasion::Pause, |due| assert!(matches!(due, Due::Damaged(_)))).unwrap();
    assert_sound(&graph, &store.snapshot().unwrap());
    let renewed = file(&store);
    rebuild(&store, 1).unwrap();
    assert!(renewed == file(&store));
    // Nothing is due any more; and a compaction does not carry damage over.
    renewed_never(&store);
    std::fs::write(&path, &bytes).unwrap();
    remove(&store, 0..5);
    compact(&store).unwrap();
    assert_eq!(Graph::open(dir.path(), &store.snapshot().unwrap()).rows(), 0);
}

fn renewed_never(store: &Store) {
    renewed(store, 1, Occasion::Pause, |due| panic!("{due:?}")).unwrap();
}

#[test]
fn only_one_process_grows_the_graph() {
    let dir = tempfile::tempdir().unwrap();
    copy_folder(prepared(), dir.path());
    let store = Store::open(dir.path()).unwrap();
    fill(&store, 2_300..3_300, vector);
    let lock = try_lock(&dir.path().join(LOCK)).unwrap().unwrap();
    renewed_never(&store);
    drop(lock);
    let mut reasons = Vec::new();
    let graph = renewed(&store, 1, Occasion::Pause, |due| reasons.push(format!("{due:?}"))).unwrap();
    assert_eq!(reasons, ["Behind(Behind { papers: 3300, newer: 1000, dead: 0 })"]);
    assert_eq!(graph.rows(), 3_300);
    renewed_never(&store);
}

#[derive(Debug, Clone)]
enum Step {
    Add(u64),
    /// Deletes or replaces each nth paper, beginning with some.
    Remove(u64, u64),
    Update(u64, u64),
    Grow,
    Compact,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1u64..300).prop_map(Step::Add),
        (2u64..9, 0u64..9).prop_map(|(every, first)| Step::Remove(every, first)),
        (5u64..40, 0u64..40).prop_map(|(every, first)| Step::Update(every, first)),
        Just(Step::Grow),
        Just(Step::Compact),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_order_of_changes_leaves_a_graph_that_finds_what_a_scan_finds(
        steps in prop::collection::vec(step(), 1..10),
        spread in 0.1f32..2.0,
    ) {
        let dir = tempfile::tempdir().unwrap();
        copy_folder(prepared(), dir.path());
        let store = Store::open(dir.path()).unwrap();
        let mut end = 2_300;
        for step in steps.iter().chain([&Step::Grow]) {
            match step {
                Step::Add(count) => fill(&store, end..end + count, |number| clustered(number, spread)),
                Step::Remove(every, first) => remove(&store, (*first..end).step_by(usize::try_from(*every).unwrap())),
                Step::Update(every, first) => {
                    let updated = (*first..end).step_by(usize::try_from(*every).unwrap());
                    fill(&store, updated, |number| clustered(number + 500_000, spread));
                }
                Step::Grow => drop(grown(&store)),
                Step::Compact => drop(compact(&store).unwrap()),
            }
            if let Step::Add(count) = step {
                end += count;
            }
            let snapshot = store.snapshot().unwrap();
            let graph = Graph::open(dir.path(), &snapshot);
            graph.check(dir.path(), &snapshot).unwrap();
            for number in 0..10 {
                let query = clustered(number * 31, spread);
                let exact = truth(&snapshot, query.as_slice(), 10);
                prop_assert_eq!(graph.exact(&snapshot, query.as_slice(), 10), exact.clone());
                prop_assert_eq!(graph.nearest(&snapshot, query.as_slice(), 10, None).len(), exact.len());
            }
        }
        let snapshot = store.snapshot().unwrap();
        let graph = Graph::open(dir.path(), &snapshot);
        assert_sound(&graph, &snapshot);
        prop_assert!(mean_recall(&graph, &snapshot, EF, 20_000..20_050) > 0.98);
    }
}

#[test]
fn layers_are_added_until_the_highest_one_is_short() {
    let vectors: Vec<_> = (0..9_000).map(vector).collect();
    let vectors: Vec<&[f32]> = vectors.iter().map(crate::embed::Embedding::as_slice).collect();
    let pool = ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let mut built = pool.install(|| build::of_vectors((0..9_000).map(|row| vec![row]).collect(), &vectors, DIMENSION));
    built.layers.layers.truncate(2);
    built.layers.entry = 0;
    let places = built.layers.layers[1].len();
    assert!(places > 256);
    let lists = built.layers.layers[1].lists.clone();
    pool.install(|| built.layers.raise());
    assert_eq!(built.layers.layers.len(), 3);
    let top = &built.layers.layers[2];
    assert_eq!(top.len(), places.div_ceil(build::M));
    assert!((0..u32::try_from(top.len()).unwrap()).all(|place| !top.neighbours(place).is_empty()));
    assert_eq!(built.layers.layers[1].lists, lists, "only the new layer gets edges");
    assert!(pool.install(|| built.repair_until_clean(EF, &mut Took::default())).is_clean());
}
