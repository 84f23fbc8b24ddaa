//! Evaluates a model on a test set in the layout of BEIR, in dense, lexical and hybrid mode.
//!
//! `cargo run --example evaluate -- MODEL_FOLDER TEST_SET_FOLDER [SPLIT]`

#![allow(clippy::print_stdout)]

use std::env;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use paperkin::embed::{Embedder, ModelFolder};
use paperkin::evaluate::collection::{Documents, TestCollection};
use paperkin::evaluate::metrics::Metric;
use paperkin::evaluate::report::{measurable, measured};
use paperkin::evaluate::test_set::TestSet;
use paperkin::progress::Silent;
use paperkin::search::{Mode, Options};

const THREADS: usize = 2;
const MODES: [(&str, Mode); 3] = [("dense", Mode::Dense), ("lexical", Mode::Lexical), ("hybrid", Mode::Hybrid)];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(model), Some(set)) = (arguments.next(), arguments.next()) else {
        return Err("usage: evaluate MODEL_FOLDER TEST_SET_FOLDER [SPLIT]".into());
    };
    let split = arguments.next().unwrap_or_else(|| "test".to_owned());

    let model = ModelFolder::open(Path::new(&model))?;
    let embedder = Arc::new(Embedder::load(&model, THREADS)?);
    let set = TestSet::open(Path::new(&set))?;
    let queries = measurable(set.queries(&split)?);
    let documents = Documents::read(&set, &queries)?;
    let collection = TestCollection::build(&set, documents, (&model, embedder), THREADS, &Silent)?;

    let mut runs = Vec::new();
    for (name, mode) in MODES {
        let options = Options::default().mode(mode).k(100)?;
        runs.push((name.to_owned(), collection.run(&queries, &options, &Silent)?));
    }
    for (mode, metrics) in measured(&runs, &queries).0 {
        for (metric, estimate) in Metric::ALL.iter().zip(metrics.0) {
            println!("{mode:8} {:11} {:.3} [{:.3}, {:.3}]", metric.name(), estimate.value, estimate.low, estimate.high);
        }
    }
    Ok(())
}
