//! How good are the answers by meaning, by words and by both, on judged test sets?
//!
//! `cargo bench --bench fusion`; what it prints is copied to RESULTS.md as it is. The sets lie in `../shared/beir`; their
//! vectors are kept in `target/fusion`.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use paperkin::embed::{DEFAULT_MODEL, Embedder, find_or_fetch};
use paperkin::evaluate::beir::{Document, Query, TestSet};
use paperkin::evaluate::metrics::{Scored, mean, ndcg, ranked};
use paperkin::ingest::{Ingest, open_store};
use paperkin::paper::{Paper, PaperId};
use paperkin::progress::Silent;
use paperkin::search::{self, Fusion, Mode, Options, Searcher, checked_k};

const K: usize = 10;
/// The first is what the weights were chosen on.
const SETS: [(&str, &str); 3] = [("scifact", "train"), ("scifact", "test"), ("cranfield", "test")];
const WAYS: [(&str, Mode, Fusion); 4] = [
    ("dense", Mode::Dense, Fusion::Sum),
    ("lexical", Mode::Lexical, Fusion::Sum),
    ("hybrid, rank", Mode::Hybrid, Fusion::Rank),
    ("hybrid, sum", Mode::Hybrid, Fusion::Sum),
];

fn main() {
    let model = find_or_fetch(DEFAULT_MODEL, &Silent).unwrap();
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let embedder = Arc::new(Embedder::load(&model, threads).unwrap());
    println!("nDCG@{K}, {DEFAULT_MODEL}\n");
    println!("{:<18}{:>8}{}", "", "queries", WAYS.map(|(name, ..)| format!("{name:>14}")).concat());
    for (name, split) in SETS {
        let folder = Path::new("../shared/beir").join(name);
        if !folder.exists() {
            println!("`{}` is not there", folder.display());
            continue;
        }
        let set = TestSet::open(&folder).unwrap();
        let papers: BTreeMap<String, Paper> =
            set.documents().unwrap().into_iter().map(|document| (document.id.clone(), paper(name, document))).collect();
        let store = open_store(&Path::new("target/fusion").join(name), &model).unwrap();
        let mut ingest = Ingest::new(&store, &embedder, &Silent);
        ingest.add(papers.values().cloned().map(Ok)).unwrap();
        ingest.finish().unwrap();
        let searcher = Searcher::new(store, Arc::clone(&embedder)).unwrap();
        let documents: HashMap<PaperId, String> = papers.into_iter().map(|(id, paper)| (paper.id, id)).collect();
        let queries = set.queries(split).unwrap();
        let figures = WAYS.map(|(_, mode, fusion)| {
            let figures: Vec<f64> =
                queries.iter().map(|query| figure(&searcher, &documents, query, mode, fusion)).collect();
            format!("{:>14.2}", 100.0 * mean(&figures))
        });
        println!("{:<18}{:>8}{}", format!("{name}, {split}"), queries.len(), figures.concat());
    }
}

/// Documents of test sets have ids of their own, and two may have the same title.
fn paper(set: &str, document: Document) -> Paper {
    let mut paper = Paper::new(PaperId::of_title(&format!("{set} {}", document.id)), document.title, document.text);
    // A document is embedded as a whole text, which a paper without a title is not.
    if paper.title.trim().is_empty() {
        paper.title = std::mem::take(&mut paper.abstract_text);
    }
    paper
}

fn figure(searcher: &Searcher, documents: &HashMap<PaperId, String>, query: &Query, mode: Mode, fusion: Fusion) -> f64 {
    let options = Options { mode, fusion, highlight: false, ..Options::from(checked_k(K).unwrap()) };
    let answer = searcher.search(&search::Query::new(&query.text).unwrap(), options).unwrap();
    let found = answer.hits.into_iter().map(|hit| Scored { id: documents[&hit.id].clone(), score: hit.score });
    ndcg(&ranked(found.collect()), &query.judged, K)
}
