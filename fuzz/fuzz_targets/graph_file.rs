//! Property: a graph file with any bytes can be opened, checked and searched. A search returns min(k, number of papers)
//! papers without duplicates, the nearest first.
#![no_main]

use std::sync::{Arc, LazyLock};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use paperkin::Error;
use paperkin::embed::{Embedding, Fingerprint};
use paperkin::graph::{self, Graph};
use paperkin::paper::{Paper, PaperId};
use paperkin::store::{Change, Snapshot, Store};
use tempfile::TempDir;

/// Large enough that a graph traversal for few hits costs less than a scan.
const IN_GRAPH: usize = 400;
const LATER: usize = 20;
const DIMENSION: usize = 16;
/// The length of the header; its last number is the checksum of the others.
const HEADER: usize = 408;
const LARGEST_FILE: usize = 1 << 20;

#[derive(Debug, Arbitrary)]
struct Input {
    file: File,
    seal: bool,
    question: u8,
    k: u8,
    ef: u8,
}

#[derive(Debug, Arbitrary)]
enum File {
    Any(Vec<u8>),
    /// A valid file with changes added to some of its numbers.
    Altered {
        header: Vec<(u8, i32)>,
        rest: Vec<(u32, i32)>,
        cut: Option<u32>,
    },
}

fuzz_target!(|input: Input| {
    let sound = &*SOUND;
    let mut bytes = match input.file {
        File::Any(bytes) => bytes,
        File::Altered { header, rest, cut } => {
            let mut bytes = sound.graph.clone();
            header.into_iter().for_each(|(place, by)| add(&mut bytes[..HEADER], place.into(), by));
            rest.into_iter().for_each(|(place, by)| add(&mut bytes[HEADER..], place as usize, by));
            bytes.truncate(cut.map_or(bytes.len(), |cut| cut as usize % bytes.len()));
            bytes
        }
    };
    if input.seal {
        seal(&mut bytes);
    }
    let dir = tempfile::tempdir().unwrap();
    let snapshot = &sound.snapshot;
    let open = |bytes: &[u8]| {
        fs_err::write(dir.path().join(GRAPH), bytes).unwrap();
        Graph::open(dir.path(), snapshot)
    };
    let mut graph = open(&bytes);
    let mut checked = graph.check(dir.path(), snapshot);
    // A header with other counts requires a file of another length.
    if let Err(Error::GraphDamaged { reason, .. }) = &checked
        && let Some(wanted) = reason.split_whitespace().find_map(|word| word.parse().ok())
        && graph.rows() == 0
        && wanted <= LARGEST_FILE
    {
        bytes.resize(wanted, 0);
        graph = open(&bytes);
        checked = graph.check(dir.path(), snapshot);
    }
    if bytes == sound.graph {
        checked.as_ref().unwrap();
    }
    let k = usize::from(input.k % 16);
    let question = vector(usize::from(input.question));
    let question = question.as_slice();
    let best = Graph::default().nearest(snapshot, question, k, None);
    for found in [
        graph.nearest_with(snapshot, question, k, usize::from(input.ef), None),
        graph.nearest(snapshot, question, k, None),
    ] {
        assert_eq!(found.len(), k.min(snapshot.len()));
        assert!(found.is_sorted_by(|a, b| a.similarity >= b.similarity));
        let mut docs: Vec<_> = found.iter().map(|found| found.doc).collect();
        docs.sort();
        docs.dedup();
        assert_eq!(docs.len(), found.len(), "each paper once: {found:?}");
        assert!(docs.iter().all(|doc| snapshot.is_live(*doc)));
        assert!(found.iter().zip(&best).all(|(found, best)| found.similarity <= best.similarity));
    }
});

const GRAPH: &str = "graph.1.hnsw";

/// A store, and the bytes of its graph.
struct Sound {
    snapshot: Arc<Snapshot>,
    graph: Vec<u8>,
    _dir: TempDir,
}

static SOUND: LazyLock<Sound> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    let fingerprint: Fingerprint = serde_json::from_value(serde_json::json!({
        "model": "fuzz", "revision": "none", "dimension": DIMENSION, "pooling": "mean", "max_tokens": 256,
        "query_prefix": "", "passage_prefix": "", "template": "{title} {abstract}",
    }))
    .unwrap();
    let store = Store::open_or_create(dir.path(), &fingerprint, None).unwrap();
    let changes = |numbers: std::ops::Range<usize>| -> Vec<Change> { numbers.map(change).collect() };
    store.commit(&fingerprint, &changes(0..IN_GRAPH)).unwrap();
    graph::rebuild(&store, 1).unwrap();
    store.commit(&fingerprint, &changes(IN_GRAPH..IN_GRAPH + LATER)).unwrap();
    store.remove(&[paper(3).id, paper(IN_GRAPH + 1).id]).unwrap();
    let graph = fs_err::read(dir.path().join(GRAPH)).unwrap();
    Sound { snapshot: store.snapshot().unwrap(), graph, _dir: dir }
});

fn change(number: usize) -> Change {
    Change::new(paper(number), Some(vector(number)))
}

fn paper(number: usize) -> Paper {
    let title = format!("paper {number}");
    Paper::new(PaperId::of_title(&title), title, String::new())
}

/// Some vectors are equal, so that nodes have several rows.
fn vector(number: usize) -> Embedding {
    let number = (1 + number - number % 3) as f32;
    Embedding::normalised((1..=DIMENSION).map(|place| (number * place as f32).sin()).collect()).unwrap()
}

fn add(bytes: &mut [u8], place: usize, by: i32) {
    let numbers = bytes.as_chunks_mut::<4>().0;
    let number = &mut numbers[place % numbers.len()];
    *number = i32::from_le_bytes(*number).wrapping_add(by).to_le_bytes();
}

fn seal(bytes: &mut [u8]) {
    if let Some((header, checksum)) = bytes.get_mut(..HEADER).map(|bytes| bytes.split_at_mut(HEADER - 4)) {
        checksum.copy_from_slice(&crc32fast::hash(header).to_le_bytes());
    }
}
