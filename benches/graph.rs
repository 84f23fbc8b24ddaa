//! How much does the graph find, how fast, and in how much memory?
//!
//! `cargo bench --bench graph -- --vectors FILE --queries FILE --dimension 384 [--k 10] [--json]` takes rows of little-endian
//! f32 of unit length; without files those beside the project, or made-up ones. A second process, which has built nothing, opens
//! the graph and searches, so that its memory is that of searching. `--json` prints records for
//! `benches/report.py --add`.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::case_sensitive_file_extension_comparisons
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use clap::Parser;
use fixedbitset::FixedBitSet;
use paperkin::embed::Embedding;
use paperkin::graph::{self, Graph, Occasion};
use paperkin::paper::{Paper, PaperId};
use paperkin::progress::Silent;
use paperkin::recall::{Timing, Truth, timed, vectors};
use paperkin::store::{Change, Store};
use serde_json::{Value, json};
use support::f16;

#[path = "support/record.rs"]
mod record;
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
    /// Build the graph of the first N vectors, and grow it to all of them
    #[arg(long, value_name = "N")]
    begin: Option<usize>,
    /// Grow it by this share at a time
    #[arg(long, default_value_t = 0.05)]
    growth: f64,
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
    let mut rows = base(options);
    let dimension = rows[0].as_slice().len();
    let newer = rows.split_off(options.begin.unwrap_or(rows.len()).min(rows.len()));
    let store = vectors::store(folder.path(), dimension, rows.into_iter().map(Ok), &Silent).unwrap();
    let (mut graph, built) = graph::rebuild(&store, options.threads).unwrap();
    if !newer.is_empty() {
        graph = grow(options, &store, newer);
    }
    let audit = graph.audit().unwrap();
    let mut result = json!({
        "n": store.count().unwrap(),
        "dimension": dimension,
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
        tell_records(&result);
    } else {
        tell(&result);
    }
}

/// Adds vectors in steps, and grows the graph after each.
fn grow(options: &Options, store: &Store, newer: Vec<Embedding>) -> Graph {
    let fingerprint = store.generation().unwrap().fingerprint;
    let mut newer = newer.into_iter().peekable();
    let mut grown = Graph::default();
    while newer.peek().is_some() {
        let papers = store.count().unwrap();
        let step = ((papers as f64 * options.growth) as usize).max(1_000);
        let changes: Vec<Change> = (papers..)
            .zip(newer.by_ref().take(step))
            .map(|(number, vector)| {
                let title = format!("row {number}");
                Change::new(Paper::new(PaperId::of_title(&title), title, String::new()), Some(vector))
            })
            .collect();
        store.commit(&fingerprint, &changes).unwrap();
        let start = Instant::now();
        grown = graph::renewed(store, options.threads, Occasion::Pause, |_| ()).unwrap();
        let audit = grown.audit().unwrap();
        println!("grown from {papers} by {} in {:.2} s: {audit}", changes.len(), start.elapsed().as_secs_f64());
    }
    grown
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

/// Prints the records of all that was measured.
fn tell_records(result: &Value) {
    const COMMAND: &str = "cargo bench --bench graph";
    let shared = json!({
        "vectors": result["n"], "dimensions": result["dimension"], "queries": result["queries"], "k": result["k"]
    });
    let with = |name: &str, value: &Value| {
        let mut parameters = shared.clone();
        parameters[name] = value.clone();
        parameters
    };
    let milliseconds = |row: &Value| json!(row["us"].as_f64().unwrap() / 1e3);
    let recall = format!("recall_at_{}", result["k"]);
    for row in result["rows"].as_array().unwrap() {
        let mut values = json!({"queries_per_s": row["qps"]});
        values[recall.as_str()] = row["recall"].clone();
        record::print("graph-recall", COMMAND, &with("ef", &row["ef"]), "paperkin", &values);
    }
    for row in result["filtered"].as_array().unwrap() {
        let mut values = json!({"query_ms": milliseconds(row)});
        values[recall.as_str()] = row["recall"].clone();
        record::print("filters", COMMAND, &with("kept", &row["filter"]), "paperkin", &values);
    }
    let memory = &result["memory_mb"];
    let mut values = json!({
        "build_s": result["build_s"],
        "audit_s": result["audit_s"],
        "open_ms": result["open_ms"],
        "bytes_per_paper": result["graph_bytes"].as_f64().unwrap() / result["n"].as_f64().unwrap(),
        "nodes": result["nodes"],
        "reachable": result["reachable"],
        "find_themselves": result["find_themselves"],
        "memory_mb": memory["searching"],
        "anonymous_mb": memory["anonymous"],
        "graph_file_mb": memory["graph_file"],
        "vectors_file_mb": memory["vectors_file"],
    });
    for (name, scan) in ["scan_codes_ms", "scan_f32_ms"].into_iter().zip(result["scans"].as_array().unwrap()) {
        values[name] = milliseconds(scan);
    }
    record::print("growth", COMMAND, &with("threads", &result["threads"]), "paperkin", &values);
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
    let mut sweep = Vec::new();
    for ef in &options.ef {
        let (timing, found) = timed(&questions, |query| graph.nearest_with(&snapshot, query, k, *ef, None));
        sweep.push((*ef, timing, found));
    }
    let memory = memory();
    // The truth is found last: its scan brings the whole file of vectors into memory.
    let all = snapshot.live().clone();
    let truth_among = |rows: &FixedBitSet| Truth::of(&snapshot, &questions, k, rows, &Silent).unwrap();
    let truth = truth_among(&all);
    let rows: Vec<Value> = sweep
        .iter()
        .map(|(ef, timing, found)| {
            let recall = truth.recall(found, k);
            json!({"ef": ef, "recall": recall, "qps": timing.per_second, "us": us(timing), "rss_mb": memory["searching"]})
        })
        .collect();
    let (codes, by_codes) = timed(&questions[..questions.len().min(200)], |query| graph.exact(&snapshot, query, k));
    let none = Graph::default();
    let (bare, by_rows) = timed(&questions[..questions.len().min(50)], |query| none.exact(&snapshot, query, k));
    let scans = [("codes, then f32", codes, by_codes), ("f32", bare, by_rows)]
        .map(|(scan, timing, found)| json!({"scan": scan, "us": us(&timing), "recall": truth.recall(&found, k)}));
    let filtered: Vec<Value> = [1usize, 10, 50]
        .into_iter()
        .map(|percent| {
            let kept: FixedBitSet = all.ones().filter(|row| row * 7919 % 100 < percent).collect();
            let (timing, found) = timed(&questions, |query| graph.nearest(&snapshot, query, k, Some(&kept)));
            let recall = truth_among(&kept).recall(&found, k);
            json!({"filter": format!("{percent} %"), "us": us(&timing), "recall": recall})
        })
        .chain([{
            let (timing, found) = timed(&questions, |query| graph.nearest(&snapshot, query, k, None));
            json!({"filter": "none", "us": us(&timing), "recall": truth.recall(&found, k)})
        }])
        .collect();
    json!({
        "queries": questions.len(), "open_ms": open_ms, "memory_mb": memory, "rows": rows, "scans": scans, "filtered": filtered
    })
}

/// Microseconds a question.
fn us(timing: &Timing) -> f64 {
    1e6 / timing.per_second
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
    vectors::rows(path, dimension).unwrap().collect::<Result<_, _>>().unwrap()
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
