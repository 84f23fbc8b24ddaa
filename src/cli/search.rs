//! `paperkin search`: which papers speak of this?

use std::path::Path;
use std::sync::Arc;

use clap::Args;

use super::format::{Format, FormatArgs};
use super::output::{self, Output};
use super::{ModelArgs, Outcome, RerankArgs};
use crate::embed::Reranker;
use crate::error::Error;
use crate::search::{Answer, DEFAULT_K, Diversity, Fusion, Mode, Options, Query, Searcher};
use crate::store::{Criteria, Filter};

/// What every command that finds papers takes.
#[derive(Args)]
pub(super) struct Finding {
    /// Number of papers, at most 100
    #[arg(short, value_name = "N", default_value_t = DEFAULT_K)]
    k: usize,
    /// How much the papers shall differ from each other, from 0 to 1 (maximal marginal relevance)
    #[arg(long, value_name = "0..1", default_value_t = 0.0)]
    diverse: f32,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    format: FormatArgs,
    // The last, because its heading is that of all that follow.
    #[command(flatten)]
    filter: Criteria,
}

impl Finding {
    /// Opens the store, has a question answered, and prints the answer.
    pub fn run(
        &self,
        store: &Path,
        output: &mut Output,
        reranker: Option<Arc<Reranker>>,
        ask: impl FnOnce(&Searcher, Options) -> Result<Answer, Error>,
    ) -> anyhow::Result<Outcome> {
        let filter = Filter::new(self.filter.clone());
        let options = Options::default().k(self.k)?.filter(filter?).diverse(Diversity::new(self.diverse)?);
        let searcher = self.model.searcher(store)?.with_reranker(reranker);
        let filtered = !options.filter.is_empty();
        print(&ask(&searcher, options)?, filtered, self.format.format(), output)
    }
}

/// Ask a question in your own words, and see the papers that answer it
#[derive(Args)]
pub(super) struct Search {
    /// The question; several words need no quotes
    #[arg(value_name = "QUESTION", required = true)]
    question: Vec<String>,
    /// By what papers are found
    #[arg(long, value_enum, default_value_t)]
    mode: Mode,
    #[command(flatten)]
    hybrid: HybridArgs,
    #[command(flatten)]
    rerank: RerankArgs,
    #[command(flatten)]
    finding: Finding,
}

/// How mode `hybrid` ranks.
#[derive(Args)]
pub(super) struct HybridArgs {
    /// How mode `hybrid` makes one ranking of two
    #[arg(long, value_enum, default_value_t)]
    pub fusion: Fusion,
    /// Rank by the question alone: do not take the best papers for right and ask again with them, as `hybrid` does
    #[arg(long)]
    pub no_feedback: bool,
}

impl HybridArgs {
    pub fn of(&self, options: Options) -> Options {
        options.fusion(self.fusion).feedback(!self.no_feedback)
    }
}

impl Search {
    pub fn run(&self, store: &Path, output: &mut Output) -> anyhow::Result<Outcome> {
        let query = Query::new(&self.question.join(" "))?;
        let reranker = self.rerank.found(self.finding.model.threads())?;
        let rerank = reranker.is_some();
        self.finding.run(store, output, reranker, |searcher, options| {
            searcher.search(&query, self.hybrid.of(options.mode(self.mode).rerank(rerank)))
        })
    }
}

/// Prints an answer; an empty one explains itself.
fn print(answer: &Answer, filtered: bool, format: Format, output: &mut Output) -> anyhow::Result<Outcome> {
    let papers = || answer.hits.iter().map(|hit| hit.paper.clone()).collect();
    if !format.cite(papers, output)? {
        match format {
            Format::Json => output.json(answer)?,
            _ => output.answer(answer)?,
        }
    }
    if !answer.hits.is_empty() {
        return Ok(Outcome::Found);
    }
    output::note(match answer.among {
        0 if filtered => "nothing found: no paper matches the filters",
        0 => "nothing found: the store has no other paper; `paperkin add FILE` adds some",
        _ => "nothing found: no paper has any of these words; `--mode hybrid` finds by meaning, too",
    });
    Ok(Outcome::NothingFound)
}
