//! `paperkin search`: which papers speak of this?

use std::num::NonZeroUsize;
use std::path::Path;

use clap::Args;

use super::output::{self, Output};
use super::{JsonArgs, ModelArgs, Outcome};
use crate::error::Error;
use crate::search::{Answer, DEFAULT_K, Query, Searcher, checked_k};

/// What every command that finds papers takes.
#[derive(Args)]
pub(super) struct Finding {
    /// Number of papers, at most 100
    #[arg(short, value_name = "N", default_value_t = DEFAULT_K)]
    k: usize,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    json: JsonArgs,
}

impl Finding {
    /// Opens the store, has a question answered, and prints the answer.
    pub fn run(
        &self,
        store: &Path,
        output: &mut Output,
        ask: impl FnOnce(&Searcher, NonZeroUsize) -> Result<Answer, Error>,
    ) -> anyhow::Result<Outcome> {
        let k = checked_k(self.k)?;
        let searcher = self.model.searcher(store)?;
        print(&ask(&searcher, k)?, self.json.json, output)
    }
}

/// Ask a question in your own words, and see the papers that answer it
#[derive(Args)]
pub(super) struct Search {
    /// The question; several words need no quotes
    #[arg(value_name = "QUESTION", required = true)]
    question: Vec<String>,
    #[command(flatten)]
    finding: Finding,
}

impl Search {
    pub fn run(&self, store: &Path, output: &mut Output) -> anyhow::Result<Outcome> {
        let query = Query::new(&self.question.join(" "))?;
        self.finding.run(store, output, |searcher, k| searcher.search(&query, k))
    }
}

/// Prints an answer; an empty one explains itself.
fn print(answer: &Answer, json: bool, output: &mut Output) -> anyhow::Result<Outcome> {
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
