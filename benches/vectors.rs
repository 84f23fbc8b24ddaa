//! Do all kernels give the same vectors? Their cosines with those in `f32`, and what a judged test set makes of both.
//!
//! `cargo bench --bench vectors` takes 1,000 abstracts and the test set SciFact, both beside the project; `-- --kernel
//! NAME` compares one kernel alone. `-- --json` prints records for `benches/report.py --add`.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::cast_precision_loss)]

use std::path::Path;

use paperkin::corpus::{self, CorpusOptions, Source, sample};
use paperkin::embed::{DEFAULT_MODEL, Embedded, Embedder, Kernel, Role, find_or_fetch};
use paperkin::evaluate::metrics::{Scored, mean, ndcg, ranked};
use paperkin::evaluate::test_set::{Document, JudgedQuery, TestSet};
use paperkin::progress::Silent;
use serde_json::json;

#[path = "support/record.rs"]
mod record;

const COMMAND: &str = "cargo bench --bench vectors";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let wanted = arguments.iter().position(|a| a == "--kernel").and_then(|place| arguments.get(place + 1));
    let as_json = arguments.iter().any(|a| a == "--json");
    let folder = find_or_fetch(DEFAULT_MODEL, &Silent).unwrap();
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let load = |kernel| Embedder::load_for(&folder, threads, kernel).unwrap();
    let exact =
        Kernel::available().find(|kernel| kernel.name().ends_with("f32") || kernel.name() == "portable").unwrap();
    // Some kernels run only if they are named.
    let others: Vec<Kernel> = match wanted {
        Some(name) => vec![Kernel::named(name).unwrap()],
        None => Kernel::available().filter(|kernel| kernel.name() != exact.name()).collect(),
    };

    let texts = texts();
    let reference = load(exact).embed(Role::Passage, &texts).unwrap();
    let parameters = json!({"texts": texts.len(), "reference": exact.name(), "model": DEFAULT_MODEL});
    let system = |kernel: Kernel| format!("paperkin {}", kernel.name());
    if !as_json {
        println!("{} texts, {DEFAULT_MODEL}; cosines with {}", texts.len(), exact.name());
    }
    for kernel in &others {
        let vectors = load(*kernel).embed(Role::Passage, &texts).unwrap();
        let cosines: Vec<f64> = vectors.iter().zip(&reference).map(|(a, b)| cosine(a, b)).collect();
        let least = cosines.iter().copied().fold(1.0, f64::min);
        if as_json {
            let values = json!({"least_cosine": least, "mean_cosine": mean(&cosines)});
            record::print("accuracy", COMMAND, &parameters, &system(*kernel), &values);
        } else {
            println!("{:<15} at least {least:.7}, on average {:.7}", kernel.name(), mean(&cosines));
        }
    }

    let path = Path::new("../shared/beir/scifact");
    if !path.exists() {
        println!("`{}` is not there: no test set", path.display());
        return;
    }
    let set = TestSet::open(path).unwrap();
    let documents: Vec<Document> = set.documents().unwrap().collect::<Result<_, _>>().unwrap();
    let queries = set.queries("test").unwrap();
    if !as_json {
        println!("SciFact, {} documents, {} queries of the test split", documents.len(), queries.len());
    }
    for kernel in std::iter::once(exact).chain(others) {
        let ndcg = quality(&load(kernel), &documents, &queries);
        if as_json {
            let values = json!({ "ndcg_at_10": ndcg });
            record::print("accuracy", COMMAND, &parameters, &system(kernel), &values);
        } else {
            println!("{:<15} nDCG@10 {ndcg:.5}", kernel.name());
        }
    }
}

fn texts() -> Vec<String> {
    let path = Path::new("../shared/corpora/arxiv-50k.jsonl.zst");
    if !path.exists() {
        println!("`{}` is not there: the sample", path.display());
        return sample::papers().map(|paper| paper.unwrap().text()).collect();
    }
    let papers = corpus::open(&Source::File(path.to_owned()), &CorpusOptions::default()).unwrap();
    papers.take(1000).map(|paper| paper.unwrap().text()).collect()
}

fn cosine(a: &Embedded, b: &Embedded) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    let (a, b) = (a.embedding.as_slice(), b.embedding.as_slice());
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// The mean nDCG@10 of an exact search.
fn quality(embedder: &Embedder, documents: &[Document], queries: &[JudgedQuery]) -> f64 {
    let texts: Vec<String> = documents.iter().map(Document::whole_text).collect();
    let vectors = embedder.embed(Role::Passage, &texts).unwrap();
    let questions: Vec<&str> = queries.iter().map(|query| query.text.as_str()).collect();
    let questions = embedder.embed(Role::Query, &questions).unwrap();
    let values: Vec<f64> = queries
        .iter()
        .zip(&questions)
        .map(|(query, question)| {
            let scored = documents.iter().zip(&vectors).map(|(document, vector)| {
                let pairs = question.embedding.as_slice().iter().zip(vector.embedding.as_slice());
                Scored { id: document.id.clone(), score: pairs.map(|(a, b)| a * b).sum() }
            });
            ndcg(&ranked(scored.collect()), &query.judged, 10)
        })
        .collect();
    mean(&values)
}
