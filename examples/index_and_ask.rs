//! Adds the sample collection to a store in a temporary folder, searches it, and prints the hits.
//!
//! `cargo run --example index_and_ask -- MODEL_FOLDER [QUESTION]`

#![allow(clippy::print_stdout)]

use std::env;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use paperkin::corpus::sample;
use paperkin::embed::{Embedder, ModelFolder};
use paperkin::ingest::{Ingest, open_store};
use paperkin::progress::Silent;
use paperkin::search::{Options, Query, Searcher};

const THREADS: usize = 2;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let model = arguments.next().ok_or("usage: index_and_ask MODEL_FOLDER [QUESTION]")?;
    let question = arguments.next().unwrap_or_else(|| "translation with nothing but attention".to_owned());

    let model = ModelFolder::open(Path::new(&model))?;
    let embedder = Arc::new(Embedder::load(&model, THREADS)?);
    let folder = tempfile::tempdir()?;
    let store = open_store(folder.path(), &model)?;

    let mut ingest = Ingest::new(&store, &embedder, &Silent);
    ingest.add(sample::papers())?;
    println!("{} papers added", ingest.finish()?.added);

    let searcher = Searcher::new(store, embedder)?;
    let answer = searcher.search(&Query::new(&question)?, Options::default().k(5)?)?;
    for hit in answer.hits {
        println!("{}. {} ({}, {:.3})", hit.rank, hit.paper.title, hit.paper.id, hit.score);
        if let Some(sentence) = hit.highlight {
            println!("   {sentence}");
        }
    }
    Ok(())
}
