//! `paperkin search`: which papers speak of this?

use clap::Args;

use super::output::{self, Output};
use super::{JsonArgs, ModelArgs, Outcome, StoreArgs};
use crate::search::{Answer, DEFAULT_K, Query, checked_k};

/// Ask a question in your own words, and see the papers that answer it
#[derive(Args)]
pub(super) struct Search {
    /// The question; several words need no quotes
    #[arg(value_name = "QUESTION", required = true)]
    question: Vec<String>,
    /// Number of papers, at most 100
    #[arg(short, value_name = "N", default_value_t = DEFAULT_K)]
    k: usize,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    json: JsonArgs,
}

impl Search {
    pub fn run(&self, output: &mut Output) -> anyhow::Result<Outcome> {
        let query = Query::new(&self.question.join(" "))?;
        let k = checked_k(self.k)?;
        let searcher = self.model.searcher(&self.store.store)?;
        let answer = searcher.search(&query, k)?;
        print(&answer, self.json.json, output)
    }
}

/// Prints an answer; an empty one explains itself.
pub(super) fn print(answer: &Answer, json: bool, output: &mut Output) -> anyhow::Result<Outcome> {
    if json {
        output.json(answer)?;
    } else {
        output.answer(answer)?;
    }
    if answer.hits.is_empty() {
        output::note("nothing found: the store has no other paper; `paperkin add FILE` adds some");
        return Ok(Outcome::NothingFound);
    }
    Ok(Outcome::Found)
}
