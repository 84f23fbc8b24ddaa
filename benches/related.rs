//! How good are related papers by meaning, by words and by both? Papers that are relevant to the same query of a test
//! set count as related.
//!
//! `cargo bench --bench related -- [MODEL]...`. A model is a name or a folder. The sets lie in `../shared/beir`; the
//! vectors are kept in `target/fusion`. Each example is one of the documents relevant to a query, at most eight of each
//! query; the others should be found in the whole collection.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use paperkin::embed::{DEFAULT_MODEL, Embedder, ModelFolder, find_or_fetch};
use paperkin::evaluate::metrics::{Scored, mean, ndcg};
use paperkin::evaluate::test_set::TestSet;
use paperkin::ingest::{Ingest, open_store};
use paperkin::paper::{Paper, PaperId};
use paperkin::progress::Silent;
use paperkin::search::{Examples, Mode, Options, Searcher};

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

/// An example, and the documents that are related to it, each with the grade 1.
type Question = (String, HashMap<String, i64>);

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
    let folder = Path::new(model);
    let folder = if folder.is_dir() { ModelFolder::open(folder) } else { find_or_fetch(model, &Silent) }.unwrap();
    let name = Path::new(model).file_name().unwrap().to_str().unwrap();
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let embedder = Embedder::load(&folder, threads).unwrap().with_cache(Path::new("target/fusion")).unwrap();
    let embedder = Arc::new(embedder);
    for (set, title, splits) in SETS {
        let path = Path::new("../shared/beir").join(set);
        if !path.exists() {
            println!("`{}` is not there", path.display());
            continue;
        }
        let set = TestSet::open(&path).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let store = open_store(dir.path(), &folder).unwrap();
        let papers: Vec<(String, Paper)> = set
            .documents()
            .unwrap()
            .map(Result::unwrap)
            .filter(|document| !document.whole_text().trim().is_empty())
            .map(|document| {
                let id = PaperId::of_title(&document.id);
                (document.id, Paper::new(id, document.title.trim().to_owned(), document.text.trim().to_owned()))
            })
            .collect();
        let ids: HashMap<PaperId, &str> = papers.iter().map(|(id, paper)| (paper.id.clone(), id.as_str())).collect();
        let mut ingest = Ingest::new(&store, &embedder, &Silent).by_id_alone(true);
        ingest.add(papers.iter().map(|(_, paper)| Ok(paper.clone()))).unwrap();
        ingest.finish().unwrap();
        let searcher = Searcher::new(store, Arc::clone(&embedder)).unwrap();
        let questions = questions(&set, splits, &ids);
        for (way, mode, feedback) in WAYS {
            let options =
                Options { mode, feedback: feedback.into(), highlight: false, ..NonZeroUsize::new(20).unwrap().into() };
            let found: Vec<Vec<Scored>> =
                questions.iter().map(|(id, _)| related(&searcher, id, &options, &ids)).collect();
            let figure = |k: usize| {
                let each = found.iter().zip(&questions).map(|(found, (_, related))| ndcg(found, related, k));
                100.0 * mean(&each.collect::<Vec<_>>())
            };
            let (ten, twenty) = (figure(10), figure(20));
            println!("{name:<20}{title:<12}{:>8}  {way:<18}{ten:>8.2}{twenty:>8.2}", questions.len());
        }
    }
}

/// The examples of a set: evenly spread over the relevant documents of each query, and over the queries.
fn questions(set: &TestSet, splits: &[&str], ids: &HashMap<PaperId, &str>) -> Vec<Question> {
    let mut questions = Vec::new();
    for query in splits.iter().flat_map(|split| set.queries(split).unwrap()) {
        let is_known = |id: &str| ids.contains_key(&PaperId::of_title(id));
        let relevant = query.judged.iter().filter(|(id, grade)| **grade > 0 && is_known(id));
        let mut relevant: Vec<String> = relevant.map(|(id, _)| id.clone()).collect();
        relevant.sort();
        if relevant.len() < 2 {
            continue;
        }
        for example in relevant.iter().step_by(relevant.len().div_ceil(OF_QUERY)) {
            let others = relevant.iter().filter(|id| *id != example);
            questions.push((example.clone(), others.map(|id| (id.clone(), 1)).collect()));
        }
    }
    let step = questions.len().div_ceil(OF_SET).max(1);
    questions.into_iter().step_by(step).collect()
}

/// The documents that are found for an example.
fn related(searcher: &Searcher, example: &str, options: &Options, ids: &HashMap<PaperId, &str>) -> Vec<Scored> {
    let examples = Examples::default().like([PaperId::of_title(example)]);
    let hits = searcher.related(&examples, options.clone()).unwrap().hits;
    hits.into_iter().map(|hit| Scored { id: ids[&hit.id].to_owned(), score: hit.score }).collect()
}
