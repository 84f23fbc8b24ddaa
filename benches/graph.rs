//! What does the graph find, and how fast, beside the exact scan? On real vectors where they are, else on clustered ones.
//!
//! `cargo bench --bench graph`; what it prints is copied to RESULTS.md as it is.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::cast_precision_loss)]

use std::path::Path;
use std::time::{Duration, Instant};

use paperkin::embed::{DEFAULT_MODEL, Embedding, find_or_fetch};
use paperkin::graph::{self, Graph, Neighbour};
use paperkin::paper::{Paper, PaperId};
use paperkin::progress::Silent;
use paperkin::store::{Change, Snapshot, Store};

const DIMENSION: usize = 384;
const K: usize = 10;

fn main() {
    let (rows, questions) = vectors();
    let folder = tempfile::tempdir().unwrap();
    let model = find_or_fetch(DEFAULT_MODEL, &Silent).unwrap();
    let store = Store::open_or_create(folder.path(), model.fingerprint(), None).unwrap();
    let changes: Vec<Change> = rows.into_iter().enumerate().map(change).collect();
    store.commit(&changes).unwrap();
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let start = Instant::now();
    let graph = graph::rebuild(&store, threads).unwrap();
    let built = start.elapsed();
    let snapshot = store.snapshot().unwrap();
    println!(
        "{} vectors of {DIMENSION} numbers, {} questions, k = {K}, {threads} threads",
        snapshot.len(),
        questions.len()
    );
    println!("the graph (M = 16, ef at build = 200) was built and written in {:.1} s", built.as_secs_f64());
    let start = Instant::now();
    let opened = Graph::open(folder.path(), &snapshot);
    println!("opened in {:.0} ms", start.elapsed().as_secs_f64() * 1e3);
    let scan = |question: &Embedding| {
        graph::exact_nearest(snapshot.vectors.all(), DIMENSION, 0, question.as_slice(), K, |_| true)
    };
    let (truth, scanned) = ask(&questions, scan);
    tell("exact scan", &truth, &truth, &scanned);
    let (found, walked) = ask(&questions, |question| opened.nearest(&snapshot, question.as_slice(), K, None));
    tell("graph, ef at search = 128", &found, &truth, &walked);
    let lost = snapshot.docs().filter(|doc| !finds_itself(&graph, &snapshot, *doc)).count();
    println!("{lost} of {} papers do not find themselves among {K}", snapshot.len());
}

fn finds_itself(graph: &Graph, snapshot: &Snapshot, doc: paperkin::store::DocId) -> bool {
    let own = snapshot.vectors.row(doc).unwrap();
    let found = graph.nearest(snapshot, own, K, None);
    found.iter().any(|found| found.doc == doc) || found.iter().all(|found| found.similarity > 0.999_999)
}

fn ask(questions: &[Embedding], answer: impl Fn(&Embedding) -> Vec<Neighbour>) -> (Vec<Vec<Neighbour>>, Vec<Duration>) {
    questions
        .iter()
        .map(|question| {
            let start = Instant::now();
            let found = answer(question);
            (found, start.elapsed())
        })
        .unzip()
}

/// Recall by distance, so that ties are no misses; one question at a time.
fn tell(name: &str, found: &[Vec<Neighbour>], truth: &[Vec<Neighbour>], times: &[Duration]) {
    let hits: usize = found
        .iter()
        .zip(truth)
        .map(|(found, truth)| {
            let farthest = truth.last().unwrap().similarity - 1e-6;
            found.iter().filter(|found| found.similarity >= farthest).count()
        })
        .sum();
    let mut sorted = times.to_vec();
    sorted.sort();
    let total: Duration = times.iter().sum();
    println!(
        "{name}: recall@{K} {:.4}, {:.0} questions/s, p50 {:.2} ms, p99 {:.2} ms",
        hits as f64 / (truth.len() * K) as f64,
        times.len() as f64 / total.as_secs_f64(),
        sorted[sorted.len() / 2].as_secs_f64() * 1e3,
        sorted[sorted.len() * 99 / 100].as_secs_f64() * 1e3,
    );
}

fn change((number, embedding): (usize, Embedding)) -> Change {
    let title = format!("paper {number}");
    Change { paper: Paper::new(PaperId::of_title(&title), title, String::new()), embedding: Some(embedding) }
}

fn vectors() -> (Vec<Embedding>, Vec<Embedding>) {
    let folder = Path::new("../shared/vectors");
    if folder.exists() {
        return (read(&folder.join("arxiv-50k.f16")), read(&folder.join("titles-1000.f16")));
    }
    println!("`{}` is not there: made-up vectors", folder.display());
    ((0..20_000).map(made_up).collect(), (100_000..100_500).map(made_up).collect())
}

/// One of a hundred centres, and something of its own.
fn made_up(number: u64) -> Embedding {
    let numbers = |seed: u64| {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        std::iter::repeat_with(move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1u32 << 23) as f32 - 1.0
        })
    };
    let mixed = numbers(number % 100).zip(numbers(number + 1_000)).map(|(centre, own)| centre + 0.8 * own);
    Embedding::normalised(mixed.take(DIMENSION).collect()).unwrap()
}

fn read(path: &Path) -> Vec<Embedding> {
    let bytes = std::fs::read(path).unwrap();
    let numbers: Vec<f32> = bytes.chunks_exact(2).map(|two| widened(u16::from_le_bytes([two[0], two[1]]))).collect();
    numbers.chunks_exact(DIMENSION).map(|row| Embedding::normalised(row.to_vec()).unwrap()).collect()
}

/// A number of 16 bits (IEEE 754 binary16) in 32; those of unit vectors are finite.
fn widened(half: u16) -> f32 {
    let (sign, exponent, fraction) = (half >> 15, half >> 10 & 0x1f, half & 0x3ff);
    let size = match exponent {
        0 => f32::from(fraction) * 2f32.powi(-24),
        _ => (1.0 + f32::from(fraction) / 1024.0) * 2f32.powi(i32::from(exponent) - 15),
    };
    if sign == 1 { -size } else { size }
}
