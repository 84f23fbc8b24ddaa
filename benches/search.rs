//! How long does an answer take, from the request to the hits, and what of it takes how long?
//!
//! `cargo bench --bench search`, with the 50,000 abstracts and their vectors in `../shared`. The program serves them as it serves
//! anybody; questions are titles of theirs, each asked once, over one connection after the other. The parts are then measured in this
//! process, with the same questions. `-- --json` prints records for `benches/report.py --add`.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use paperkin::corpus::{self, CorpusOptions, Source};
use paperkin::embed::{DEFAULT_MODEL, Embedder, Embedding, Role, find_or_fetch};
use paperkin::full_text::{self, FullText, Sought};
use paperkin::graph::{self, Graph};
use paperkin::ingest::open_store;
use paperkin::paper::{Paper, PaperId};
use paperkin::progress::Silent;
use paperkin::search::{Mode, Options, Query, Searcher, checked_k};
use paperkin::store::{Change, Sentences, Store};
use serde_json::{Value, json};
use service::{Service, percentile};
use support::f16;

#[path = "support/record.rs"]
mod record;
#[path = "support/service.rs"]
mod service;
mod support;

const K: usize = 10;
const QUESTIONS: usize = 500;

fn main() {
    let (papers, vectors) =
        (Path::new("../shared/corpora/arxiv-50k.jsonl.zst"), Path::new("../shared/vectors/arxiv-50k.f16"));
    if !papers.exists() || !vectors.exists() {
        println!("`{}` or `{}` is not there", papers.display(), vectors.display());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let model = find_or_fetch(DEFAULT_MODEL, &Silent).unwrap();
    let store = open_store(folder.path(), &model).unwrap();
    fill(&store, papers, vectors);
    let threads = std::thread::available_parallelism().map_or(1, Into::into);
    graph::rebuild(&store, threads).unwrap();
    full_text::renew(&store).unwrap();
    let questions = questions(&store);
    let report = Report {
        json: std::env::args().any(|argument| argument == "--json"),
        parameters: json!({"papers": store.count().unwrap(), "queries": questions.len(), "k": K, "threads": threads}),
    };
    if !report.json {
        println!("{} papers, {} questions, k = {K}, {threads} threads\n", store.count().unwrap(), questions.len());
    }

    let served = Service::start(env!("CARGO_BIN_EXE_paperkin"), folder.path());
    for (part, parameters) in [
        ("HTTP, hybrid", "highlight=false"),
        ("HTTP, hybrid without feedback", "highlight=false&feedback=false"),
        ("HTTP, dense", "highlight=false&mode=dense"),
        ("HTTP, lexical", "highlight=false&mode=lexical"),
        ("HTTP, hybrid with highlights", "highlight=true"),
    ] {
        // The first hundred answers warm the pages of the files.
        let times: Vec<f64> = questions.iter().map(|question| served.search(question, parameters)).collect();
        report.tell(part, &times[100..]);
    }
    drop(served);

    let embedder = Arc::new(Embedder::load(&model, threads).unwrap());
    let snapshot = store.snapshot().unwrap();
    let graph = Graph::open(folder.path(), &snapshot);
    let words = FullText::open(&store.view().unwrap()).unwrap();
    let (mut embed, mut walk, mut bm25) = (Vec::new(), Vec::new(), Vec::new());
    for question in &questions {
        let vector = timed(&mut embed, || embedder.embed_one(Role::Query, question).unwrap().embedding);
        timed(&mut walk, || graph.nearest(&snapshot, vector.as_slice(), 200, None));
        timed(&mut bm25, || words.best(&words.query(question).unwrap(), &Sought::best(200), snapshot.live()).unwrap());
    }
    report.tell("in process, embedding the query", &embed);
    report.tell("in process, 200 nearest by the graph", &walk);
    report.tell("in process, 200 best by BM25F", &bm25);
    let searcher = Searcher::new(store, embedder).unwrap();
    for highlight in [false, true] {
        let options = Options { mode: Mode::Hybrid, highlight, ..Options::from(checked_k(K).unwrap()) };
        let mut whole = Vec::new();
        for question in &questions {
            let query = Query::new(question).unwrap();
            timed(&mut whole, || searcher.search(&query, options.clone()).unwrap());
        }
        report.tell(if highlight { "in process, hybrid with highlights" } else { "in process, hybrid" }, &whole);
    }

    // What another process commits is seen by the next question.
    let other = Store::open(folder.path()).unwrap();
    let fingerprint = other.generation().unwrap().fingerprint;
    let mut first = Vec::new();
    for (number, question) in questions.iter().take(200).enumerate() {
        let title = format!("New paper {number}: {question}");
        let vector = searcher.embedder().unwrap().embed_one(Role::Passage, &title).unwrap().embedding;
        let paper = Paper::new(PaperId::of_title(&title), title, String::new());
        other.commit(&fingerprint, &[Change::new(paper, Some(vector))]).unwrap();
        let query = Query::new(question).unwrap();
        let options = Options { highlight: false, ..Options::from(checked_k(K).unwrap()) };
        timed(&mut first, || searcher.search(&query, options).unwrap());
    }
    report.tell("first search after a commit", &first);
    let mut view = Vec::new();
    for _ in 0..10_000 {
        timed(&mut view, || searcher.store().unwrap().view().unwrap());
    }
    report.tell("opening a view, nothing committed", &view);
}

fn timed<T>(times: &mut Vec<f64>, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = work();
    times.push(start.elapsed().as_secs_f64() * 1e3);
    done
}

/// How results are printed.
struct Report {
    json: bool,
    parameters: Value,
}

impl Report {
    /// Prints the percentiles of the milliseconds that a part took.
    fn tell(&self, part: &str, times: &[f64]) {
        let (p50, p99) = (percentile(times, 0.5), percentile(times, 0.99));
        if self.json {
            let mut parameters = self.parameters.clone();
            parameters["part"] = part.into();
            let values = json!({"p50_ms": p50, "p99_ms": p99});
            record::print("search", "cargo bench --bench search", &parameters, "paperkin", &values);
        } else {
            println!("{part:<36} p50 {p50:>8.3} ms   p99 {p99:>8.3} ms");
        }
    }
}

/// A paper with its vector. Its sentences have the same one, which takes as long to compare as their own.
fn change(paper: Paper, vector: Embedding) -> Change {
    let mut sentences = Sentences::default();
    for place in paper.sentences() {
        sentences.push(&vector, &place, &vector);
    }
    Change { sentences, ..Change::new(paper, Some(vector)) }
}

/// Adds the papers with the vectors that lie beside them, which saves embedding them.
fn fill(store: &Store, papers: &Path, vectors: &Path) {
    let papers = corpus::open(&Source::from_argument(papers), &CorpusOptions::default()).unwrap();
    let changes = papers.zip(f16(vectors).unwrap()).map(|(paper, vector)| change(paper.unwrap(), vector));
    store.commit(&store.generation().unwrap().fingerprint, &changes.collect::<Vec<_>>()).unwrap();
}

/// Titles from all over the collection.
fn questions(store: &Store) -> Vec<String> {
    let snapshot = store.snapshot().unwrap();
    let docs: Vec<_> = snapshot.docs().step_by(snapshot.len() / QUESTIONS).take(QUESTIONS).collect();
    let title = |doc| store.view().unwrap().paper_at(doc).unwrap().unwrap().title;
    docs.into_iter().map(title).collect()
}
