//! With the real model the right papers come first.

use std::sync::{Arc, LazyLock};

use paperkin::corpus::{self, CorpusOptions, Source, sample};
use paperkin::embed::{DEFAULT_MODEL, Embedder, find_or_fetch};
use paperkin::ingest::{Ingest, open_store};
use paperkin::paper::PaperId;
use paperkin::progress::Silent;
use paperkin::search::{Answer, Examples, Hit, Query, Searcher, checked_k};

use crate::support::shared;

static EMBEDDER: LazyLock<Arc<Embedder>> = LazyLock::new(|| {
    let folder = find_or_fetch(DEFAULT_MODEL, &Silent).unwrap();
    Arc::new(Embedder::load(&folder, 2).unwrap())
});

fn ask(searcher: &Searcher, question: &str, k: usize) -> Answer {
    searcher.search(&Query::new(question).unwrap(), checked_k(k).unwrap()).unwrap()
}

#[test]
fn the_daily_papers_answer() {
    let Some(path) = shared("corpora/daily-papers.txt") else { return };
    let folder = tempfile::tempdir().unwrap();
    let store = open_store(folder.path(), &find_or_fetch(DEFAULT_MODEL, &Silent).unwrap()).unwrap();
    let mut ingest = Ingest::new(&store, &EMBEDDER, &Silent);
    ingest.add(corpus::open(&Source::File(path), &CorpusOptions::default()).unwrap()).unwrap();
    assert_eq!(ingest.finish().unwrap().added, 56);
    let searcher = Searcher::new(store, Arc::clone(&EMBEDDER)).unwrap();

    let answer = ask(&searcher, "how do I make mixture of experts models fit on edge devices", 5);
    assert!(answer.hits[0].title.starts_with("D^2MoE"), "{}", answer.hits[0].title);

    let kernels = PaperId::of_title("Making LLMs Optimize Multi-Scenario CUDA Kernels Like Experts");
    let related = searcher.related(&Examples::default().like([kernels]), checked_k(4).unwrap()).unwrap();
    let says = |hit: &Hit, word: &str| format!("{} {}", hit.title, hit.abstract_text).to_lowercase().contains(word);
    for hit in &related.hits {
        assert!(["cuda", "gpu", "kernel"].iter().any(|word| says(hit, word)), "{}", hit.title);
    }
    assert!(related.hits.iter().filter(|hit| says(hit, "kernel")).count() >= 3);
}

#[test]
fn the_sample_answers_questions_across_its_fields() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_store(folder.path(), &find_or_fetch(DEFAULT_MODEL, &Silent).unwrap()).unwrap();
    let mut ingest = Ingest::new(&store, &EMBEDDER, &Silent);
    ingest.add(sample::papers()).unwrap();
    let report = ingest.finish().unwrap();
    assert_eq!(report.truncated, 0);
    let searcher = Searcher::new(store, Arc::clone(&EMBEDDER)).unwrap();
    for (question, wanted) in [
        ("a sequence model built from attention alone, without recurrence", "Attention Is All You Need"),
        ("image classification with transformers", "An Image is Worth 16x16 Words"),
        ("detection of ripples in space-time from merging black holes", "Observation of Gravitational Waves"),
        ("predicting the three-dimensional shape of proteins", "Highly accurate protein structure prediction"),
        ("processing huge data on thousands of cheap machines with two functions", "MapReduce"),
        ("graphs of small worlds for finding nearest neighbours", "Efficient and robust approximate nearest neighbor"),
        ("factoring integers on a quantum computer", "Polynomial-Time Algorithms for Prime Factorization"),
    ] {
        let answer = ask(&searcher, question, 3);
        assert!(answer.hits[0].title.starts_with(wanted), "{question}: {}", answer.hits[0].title);
        let highlight = answer.hits[0].highlight.as_deref().unwrap();
        assert!(answer.hits[0].abstract_text.contains(highlight));
    }
}
