//! How much does the graph find, how fast, and in how much memory?
//!
//! `cargo bench --bench graph -- --vectors FILE --queries FILE --dimension 384 [--k 10] [--json]` takes rows of little-endian
//! f32 of unit length; without files those beside the project, or made-up ones. A second process, which has built nothing, opens
//! the graph and searches, so that its memory is that of searching. What is printed is copied to RESULTS.md as it is.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::case_sensitive_file_extension_comparisons
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use clap::Parser;
use fixedbitset::FixedBitSet;
use paperkin::embed::{Embedding, Fingerprint};
use paperkin::graph::{self, Graph, Neighbour};
use paperkin::paper::{Paper, PaperId};
use paperkin::store::{Change, Snapshot, Store};
use rayon::prelude::*;
use serde_json::{Value, json};
use support::f16;

mod support;

#[derive(Parser, Clone)]
struct Options {
    #[arg(long)]
    vectors: Option<PathBuf>,
    #[arg(long)]
    queries: Option<PathBuf>,
    #[arg(long, default_value_t = 384)]
    dimension: usize,
    #[arg(long, default_value_t = 10)]
    k: usize,
    /// Candidates of a walk, to be measured one after the other
    #[arg(long, default_value = "10,12,16,20,24,28,32,40,64,80,88,96,128,160,320,640", value_delimiter = ',')]
    ef: Vec<usize>,
    /// Threads that build; searches take one
    #[arg(long, default_value_t = std::thread::available_parallelism().map_or(1, Into::into))]
    threads: usize,
    #[arg(long)]
    json: bool,
    /// Search in a store that the first process has built
    #[arg(long, hide = true)]
    built: Option<PathBuf>,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let options = Options::parse();
    match &options.built {
        Some(folder) => println!("{}", search(&options, folder)),
        None => build(&options),
    }
}

fn build(options: &Options) {
    let folder = tempfile::tempdir().unwrap();
    let rows = base(options);
    let fingerprint = fingerprint(rows[0].as_slice().len());
    let store = Store::open_or_create(folder.path(), &fingerprint, None).unwrap();
    let changes: Vec<Change> = rows.into_iter().enumerate().map(change).collect();
    store.commit(&changes).unwrap();
    drop(changes);
    let (graph, built) = graph::rebuild(&store, options.threads).unwrap();
    let audit = graph.audit().unwrap();
    let mut result = json!({
        "n": store.count().unwrap(),
        "dimension": fingerprint.dimension,
        "k": options.k,
        "threads": options.threads,
        "build_s": built.build.as_secs_f64(),
        "audit_s": built.audit.as_secs_f64(),
        "graph_bytes": graph.bytes(),
        "reachable": audit.reached,
        "find_themselves": audit.found,
        "nodes": audit.nodes,
    });
    drop(graph);
    let searched = Command::new(std::env::current_exe().unwrap())
        .args(std::env::args().skip(1))
        .arg("--built")
        .arg(folder.path())
        .stderr(std::process::Stdio::inherit())
        .output()
        .unwrap();
    assert!(searched.status.success());
    let searched: Value = serde_json::from_slice(&searched.stdout).unwrap();
    result.as_object_mut().unwrap().extend(searched.as_object().unwrap().clone());
    if options.json {
        println!("{result}");
    } else {
        tell(&result);
    }
}

fn tell(result: &Value) {
    let number = |name: &str| result[name].as_f64().unwrap();
    println!(
        "{} vectors of {} numbers, {} questions, k = {}",
        result["n"], result["dimension"], result["queries"], result["k"]
    );
    println!(
        "built in {:.1} s on {} threads, audited in {:.1} s: {} of {} nodes are reached, {} find themselves",
        number("build_s"),
        result["threads"],
        number("audit_s"),
        result["reachable"],
        result["nodes"],
        result["find_themselves"]
    );
    println!(
        "{:.0} bytes a paper in the file, opened in {:.1} ms",
        number("graph_bytes") / number("n"),
        number("open_ms")
    );
    println!("memory: {}", result["memory_mb"]);
    for row in result["rows"].as_array().unwrap().iter().chain(result["scans"].as_array().unwrap()) {
        println!("{row}");
    }
    for row in result["filtered"].as_array().unwrap() {
        println!("{row}");
    }
}

/// Everything that a process measures that has only opened the store.
fn search(options: &Options, folder: &Path) -> Value {
    let questions = questions(options);
    let store = Store::open(folder).unwrap();
    let snapshot = store.snapshot().unwrap();
    let start = Instant::now();
    let graph = Graph::open(folder, &snapshot);
    let open_ms = start.elapsed().as_secs_f64() * 1e3;
    assert!(graph.rows() > 0, "the graph that was built cannot be opened");
    let k = options.k;
    let mut sweep: Vec<(usize, f64, Vec<Vec<Neighbour>>)> = Vec::new();
    for ef in &options.ef {
        let (us, found) = timed(&questions, |query| graph.nearest_with(&snapshot, query, k, *ef, None));
        sweep.push((*ef, us, found));
    }
    let memory = memory();
    // The truth is found last: its scan brings the whole file of vectors into memory.
    let all = snapshot.live().clone();
    let truth = truth(&snapshot, &questions, k, &all);
    let rows: Vec<Value> = sweep
        .iter()
        .map(|(ef, us, found)| {
            let recall = recall(found, &truth);
            json!({"ef": ef, "recall": recall, "qps": 1e6 / us, "us": us, "rss_mb": memory["searching"]})
        })
        .collect();
    let (codes_us, by_codes) = timed(&questions[..questions.len().min(200)], |query| graph.exact(&snapshot, query, k));
    let bare = Graph::default();
    let (rows_us, by_rows) = timed(&questions[..questions.len().min(50)], |query| bare.exact(&snapshot, query, k));
    let scans = [("codes, then f32", codes_us, by_codes), ("f32", rows_us, by_rows)]
        .map(|(scan, us, found)| json!({"scan": scan, "us": us, "recall": recall(&found, &truth)}));
    let filtered: Vec<Value> = [1usize, 10, 50]
        .into_iter()
        .map(|percent| {
            let kept: FixedBitSet = all.ones().filter(|row| row * 7919 % 100 < percent).collect();
            let (us, found) = timed(&questions, |query| graph.nearest(&snapshot, query, k, Some(&kept)));
            json!({"filter": format!("{percent} %"), "us": us, "recall": recall(&found, &self::truth(&snapshot, &questions, k, &kept))})
        })
        .chain([{
            let (us, found) = timed(&questions, |query| graph.nearest(&snapshot, query, k, None));
            json!({"filter": "none", "us": us, "recall": recall(&found, &truth)})
        }])
        .collect();
    json!({
        "queries": questions.len(), "open_ms": open_ms, "memory_mb": memory, "rows": rows, "scans": scans, "filtered": filtered
    })
}

/// Microseconds a question, one at a time, the median of three passes; and the answers.
fn timed(questions: &[Embedding], answer: impl Fn(&[f32]) -> Vec<Neighbour>) -> (f64, Vec<Vec<Neighbour>>) {
    let mut passes: Vec<(f64, Vec<Vec<Neighbour>>)> = (0..3)
        .map(|_| {
            let start = Instant::now();
            let found = questions.iter().map(|question| answer(question.as_slice())).collect();
            (start.elapsed().as_secs_f64() * 1e6 / questions.len() as f64, found)
        })
        .collect();
    passes.sort_by(|a, b| a.0.total_cmp(&b.0));
    passes.swap_remove(1)
}

/// A full scan in f32.
fn truth(snapshot: &Snapshot, questions: &[Embedding], k: usize, rows: &FixedBitSet) -> Vec<Vec<Neighbour>> {
    let (all, dimension) = (snapshot.vectors.all(), snapshot.vectors.dimension());
    let scan = |question: &Embedding| {
        graph::exact_nearest(all, dimension, 0, question.as_slice(), k, |doc| rows.contains(doc.row()))
    };
    questions.par_iter().map(scan).collect()
}

/// By distance, so that ties are no misses.
fn recall(found: &[Vec<Neighbour>], truth: &[Vec<Neighbour>]) -> f64 {
    let (mut hits, mut wanted) = (0, 0);
    for (found, truth) in found.iter().zip(truth) {
        let farthest = truth.last().map_or(0.0, |last| last.similarity) - 1e-6;
        hits += found.iter().filter(|found| found.similarity >= farthest).count();
        wanted += truth.len();
    }
    hits as f64 / wanted as f64
}

/// Resident megabytes: anonymous pages, and those of the two mapped files.
fn memory() -> Value {
    let Ok(maps) = std::fs::read_to_string("/proc/self/smaps") else { return Value::Null };
    let (mut anonymous, mut graph, mut vectors, mut file) = (0.0, 0.0, 0.0, String::new());
    for line in maps.lines() {
        let mut words = line.split_ascii_whitespace();
        let name = words.next().unwrap_or_default();
        let mb = words.next().and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0;
        match name {
            "Anonymous:" => anonymous += mb,
            "Rss:" if file.ends_with(".hnsw") => graph += mb,
            "Rss:" if file.ends_with(".f32") => vectors += mb,
            _ if name.contains('-') => line.split_ascii_whitespace().last().unwrap_or_default().clone_into(&mut file),
            _ => {}
        }
    }
    json!({"searching": anonymous + graph, "anonymous": anonymous, "graph_file": graph, "vectors_file": vectors})
}

fn change((number, embedding): (usize, Embedding)) -> Change {
    let title = format!("paper {number}");
    Change::new(Paper::new(PaperId::of_title(&title), title, String::new()), Some(embedding))
}

fn fingerprint(dimension: usize) -> Fingerprint {
    serde_json::from_value(json!({
        "model": "bench", "revision": "none", "dimension": dimension, "pooling": "mean", "max_tokens": 256,
        "query_prefix": "", "passage_prefix": "", "template": "{title} {abstract}",
    }))
    .unwrap()
}

fn base(options: &Options) -> Vec<Embedding> {
    let shared = || f16(Path::new("../shared/vectors/arxiv-50k.f16"));
    let made_up = || (0..20_000).map(made_up).collect();
    options.vectors.as_deref().map(|path| f32(path, options.dimension)).or_else(shared).unwrap_or_else(made_up)
}

fn questions(options: &Options) -> Vec<Embedding> {
    let shared = || f16(Path::new("../shared/vectors/titles-1000.f16"));
    let made_up = || (100_000..100_500).map(made_up).collect();
    options.queries.as_deref().map(|path| f32(path, options.dimension)).or_else(shared).unwrap_or_else(made_up)
}

fn f32(path: &Path, dimension: usize) -> Vec<Embedding> {
    let bytes = fs_err::read(path).unwrap();
    let numbers: Vec<f32> = bytes.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)).collect();
    numbers.chunks_exact(dimension).map(|row| Embedding::normalised(row.to_vec()).unwrap()).collect()
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
    Embedding::normalised(mixed.take(384).collect()).unwrap()
}
