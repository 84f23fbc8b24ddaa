//! How good are related papers by meaning, by words and by both? Papers that are relevant to the same query of a test
//! set count as related.
//!
//! `cargo bench --bench related -- [MODEL]...`. A model is a name or a folder. The sets lie in `../shared/beir`; the
//! vectors are kept in `target/fusion`. Each example is one of the documents relevant to a query, at most eight of each
//! query; the others should be found in the whole collection.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::sync::Arc;

use paperkin::embed::DEFAULT_MODEL;
use paperkin::evaluate::collection::{Documents, TestCollection};
use paperkin::evaluate::metrics::{mean, ndcg};
use paperkin::evaluate::test_set::{JudgedQuery, TestSet};
use paperkin::progress::Silent;
use paperkin::search::{Mode, Options};

#[path = "support/judged.rs"]
mod judged;

const SETS: [(&str, &str, &[&str]); 4] = [
    ("scifact", "SciFact", &["train", "test"]),
    ("cranfield", "Cranfield", &["test"]),
    ("cisi", "CISI", &["test"]),
    ("npl", "NPL", &["test"]),
];
const WAYS: [(&str, Mode, bool); 4] = [
    ("dense", Mode::Dense, false),
    ("lexical", Mode::Lexical, false),
    ("without feedback", Mode::Hybrid, false),
    ("hybrid", Mode::Hybrid, true),
];
/// Maximum number of examples of one query, and of a set.
const OF_QUERY: usize = 8;
const OF_SET: usize = 700;

fn main() {
    let mut models: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if models.is_empty() {
        models.push(DEFAULT_MODEL.to_owned());
    }
    println!("{:<20}{:<12}{:>8}  {:<18}{:>8}{:>8}", "model", "set", "examples", "way", "nDCG@10", "@20");
    for model in &models {
        measure(model);
    }
}

/// Measures all sets with a model.
fn measure(model: &str) {
    let (folder, name, embedder, threads) = judged::model(model);
    for (set, title, splits) in SETS {
        let Some(set) = judged::test_set(set) else { continue };
        let examples = examples(&set, splits);
        let documents = Documents::read(&set, &examples).unwrap();
        let asked = (&folder, Arc::clone(&embedder));
        let collection = TestCollection::build(&set, documents, asked, threads, &Silent).unwrap();
        for (way, mode, feedback) in WAYS {
            let options = Options::from(NonZeroUsize::new(20).unwrap()).mode(mode).feedback(feedback);
            let run = collection.run(&examples, &options, &Silent).unwrap();
            let figure = |k: usize| {
                let each = examples.iter().map(|example| ndcg(run.ranking(&example.id), &example.judged, k));
                100.0 * mean(&each.collect::<Vec<_>>())
            };
            let (ten, twenty) = (figure(10), figure(20));
            println!("{name:<20}{title:<12}{:>8}  {way:<18}{ten:>8.2}{twenty:>8.2}", examples.len());
        }
    }
}

/// The examples of a set: evenly spread over the relevant documents of each query, and over the queries.
fn examples(set: &TestSet, splits: &[&str]) -> Vec<JudgedQuery> {
    let known: HashSet<String> = set.documents().unwrap().map(|document| document.unwrap().id).collect();
    let mut examples = Vec::new();
    for query in splits.iter().flat_map(|split| set.queries(split).unwrap()) {
        let relevant = query.judged.iter().filter(|(id, grade)| **grade > 0 && known.contains(*id));
        let mut relevant: Vec<String> = relevant.map(|(id, _)| id.clone()).collect();
        relevant.sort();
        if relevant.len() < 2 {
            continue;
        }
        for example in relevant.iter().step_by(relevant.len().div_ceil(OF_QUERY)) {
            let others = relevant.iter().filter(|id| *id != example);
            examples.push(JudgedQuery {
                id: format!("{example} of {}", query.id),
                text: query.text.clone(),
                document: Some(example.clone()),
                judged: others.map(|id| (id.clone(), 1)).collect(),
            });
        }
    }
    let step = examples.len().div_ceil(OF_SET).max(1);
    examples.into_iter().step_by(step).collect()
}
