//! How good are the answers by meaning, by words and by both, on judged test sets, with several models?
//!
//! `cargo bench --bench fusion -- [--json] [MODEL]...`; `--json` prints records for `benches/report.py --add`. A model is
//! a name or a folder. The sets lie in `../shared/beir`; the vectors are kept in `target/fusion`. It is what `paperkin
//! evaluate` does, for several sets, models and modes at once. `best sum` is what fusion has to beat: the best of six
//! weighted sums of both rankings, each scaled from its least to its largest score, chosen on the judgements themselves.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::num::NonZeroUsize;
use std::sync::Arc;

use paperkin::embed::DEFAULT_MODEL;
use paperkin::evaluate::collection::{Documents, TestCollection};
use paperkin::evaluate::metrics::{Metric, Scored, mean, ndcg};
use paperkin::evaluate::plain_sum::{self, SUMMED};
use paperkin::evaluate::test_set::JudgedQuery;
use paperkin::progress::Silent;
use paperkin::search::{Fusion, Mode, Options};
use serde_json::json;

#[path = "support/judged.rs"]
mod judged;
#[path = "support/record.rs"]
mod record;

const K: usize = 10;
const SETS: [(&str, &str, &str); 5] = [
    ("scifact", "SciFact", "train"),
    ("scifact", "SciFact", "test"),
    ("cranfield", "Cranfield", "test"),
    ("cisi", "CISI", "test"),
    ("npl", "NPL", "test"),
];
const WAYS: [(&str, Mode, Fusion, bool); 5] = [
    ("dense", Mode::Dense, Fusion::Sum, false),
    ("lexical", Mode::Lexical, Fusion::Sum, false),
    ("RRF", Mode::Hybrid, Fusion::Rank, false),
    ("weighted sum", Mode::Hybrid, Fusion::Sum, false),
    ("with feedback", Mode::Hybrid, Fusion::Sum, true),
];
fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let (flags, mut models): (Vec<String>, Vec<String>) = arguments.into_iter().partition(|one| one.starts_with("--"));
    if models.is_empty() {
        models.push(DEFAULT_MODEL.to_owned());
    }
    for model in &models {
        measure(model, flags.iter().any(|flag| flag == "--json"));
    }
}

/// Measures all sets with a model.
fn measure(model: &str, as_json: bool) {
    let (folder, name, embedder, threads) = judged::model(model);
    if !as_json {
        println!("nDCG@{K}, {name}\n");
        let names = WAYS.map(|(name, ..)| format!("{name:>14}")).concat();
        println!("{:<18}{:>8}{names}{:>14}", "", "queries", "best sum");
    }
    for (set, title, split) in SETS {
        let Some(set) = judged::test_set(set) else { continue };
        let queries = set.queries(split).unwrap();
        let documents = Documents::read(&set, &queries).unwrap();
        let asked = (&folder, Arc::clone(&embedder));
        let collection = TestCollection::build(&set, documents, asked, threads, &Silent).unwrap();
        let mut figures: Vec<(&str, f64)> = WAYS
            .map(|(way, mode, fusion, feedback)| {
                let options =
                    Options { mode, fusion, feedback: feedback.into(), ..NonZeroUsize::new(K).unwrap().into() };
                let run = collection.run(&queries, &options, &Silent).unwrap();
                (way, 100.0 * figure(&queries, |query| run.ranking(&query.id).to_vec()))
            })
            .to_vec();
        figures.push(("best sum", 100.0 * best_sum(&collection, &queries)));
        if !as_json {
            let row: String = figures.iter().map(|(_, figure)| format!("{figure:>14.2}")).collect();
            println!("{:<18}{:>8}{row}", format!("{title}, {split}"), queries.len());
            continue;
        }
        for (mode, figure) in figures {
            let parameters = json!({
                "kind": "fusion", "set": title, "split": split,
                "queries": queries.len(), "mode": mode, "model": name,
            });
            let values = json!({ "ndcg_at_10_percent": figure });
            record::print("quality", "cargo bench --bench fusion", &parameters, "paperkin", &values);
        }
    }
}

/// The mean nDCG of rankings.
fn figure(queries: &[JudgedQuery], ranking: impl Fn(&JudgedQuery) -> Vec<Scored>) -> f64 {
    mean(&queries.iter().map(|query| ndcg(&ranking(query), &query.judged, K)).collect::<Vec<_>>())
}

/// The mean nDCG of the best weighted sum.
fn best_sum(collection: &TestCollection, queries: &[JudgedQuery]) -> f64 {
    let run = |mode| collection.run(queries, &Options { mode, ..SUMMED.into() }, &Silent).unwrap();
    let (_, best) = plain_sum::best_sum(&run(Mode::Dense), &run(Mode::Lexical), queries, Metric::Ndcg10, K);
    figure(queries, |query| best.ranking(&query.id).to_vec())
}
