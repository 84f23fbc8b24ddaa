//! How good are the answers by meaning, by words and by both, on judged test sets?
//!
//! `cargo bench --bench fusion`; `-- --json` prints records for `benches/report.py --add`. The sets lie in
//! `../shared/beir`; their vectors are kept in `target/fusion`. It is what `paperkin evaluate` does, for several sets
//! and modes at once.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use paperkin::embed::{DEFAULT_MODEL, Embedder, find_or_fetch};
use paperkin::evaluate::beir::{JudgedQuery, TestSet};
use paperkin::evaluate::collection::{Documents, TestCollection};
use paperkin::evaluate::metrics::{mean, ndcg};
use paperkin::progress::Silent;
use paperkin::search::{Fusion, Mode, Options};
use serde_json::json;

#[path = "support/record.rs"]
mod record;

const K: usize = 10;
/// The first is what the weights were chosen on.
const SETS: [(&str, &str, &str); 3] =
    [("scifact", "SciFact", "train"), ("scifact", "SciFact", "test"), ("cranfield", "Cranfield", "test")];
const WAYS: [(&str, Mode, Fusion, bool); 5] = [
    ("dense", Mode::Dense, Fusion::Sum, false),
    ("lexical", Mode::Lexical, Fusion::Sum, false),
    ("RRF", Mode::Hybrid, Fusion::Rank, false),
    ("weighted sum", Mode::Hybrid, Fusion::Sum, false),
    ("with feedback", Mode::Hybrid, Fusion::Sum, true),
];

fn main() {
    let model = find_or_fetch(DEFAULT_MODEL, &Silent).unwrap();
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let embedder = Embedder::load(&model, threads).unwrap().with_cache(Path::new("target/fusion")).unwrap();
    let embedder = Arc::new(embedder);
    let as_json = std::env::args().any(|argument| argument == "--json");
    if !as_json {
        println!("nDCG@{K}, {DEFAULT_MODEL}\n");
        println!("{:<18}{:>8}{}", "", "queries", WAYS.map(|(name, ..)| format!("{name:>14}")).concat());
    }
    for (folder, name, split) in SETS {
        let folder = Path::new("../shared/beir").join(folder);
        if !folder.exists() {
            println!("`{}` is not there", folder.display());
            continue;
        }
        let set = TestSet::open(&folder).unwrap();
        let queries = set.queries(split).unwrap();
        let documents = Documents::read(&set, &queries).unwrap();
        let asked = (&model, Arc::clone(&embedder));
        let collection = TestCollection::build(&set, documents, asked, threads, &Silent).unwrap();
        let figures = WAYS.map(|(_, mode, fusion, feedback)| {
            let options = Options { mode, fusion, feedback, ..NonZeroUsize::new(K).unwrap().into() };
            100.0 * figure(&collection, &queries, &options)
        });
        if !as_json {
            let figures = figures.map(|figure| format!("{figure:>14.2}"));
            println!("{:<18}{:>8}{}", format!("{name}, {split}"), queries.len(), figures.concat());
            continue;
        }
        for ((mode, ..), figure) in WAYS.into_iter().zip(figures) {
            let parameters = json!({
                "kind": "fusion", "set": name, "split": split,
                "queries": queries.len(), "mode": mode, "model": DEFAULT_MODEL,
            });
            let values = json!({ "ndcg_at_10_percent": figure });
            record::print("quality", "cargo bench --bench fusion", &parameters, "paperkin", &values);
        }
    }
}

fn figure(collection: &TestCollection, queries: &[JudgedQuery], options: &Options) -> f64 {
    let run = collection.run(queries, options, &Silent).unwrap();
    let figures: Vec<f64> = queries.iter().map(|query| ndcg(run.ranking(&query.id), &query.judged, K)).collect();
    mean(&figures)
}
