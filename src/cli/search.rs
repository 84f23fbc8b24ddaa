//! `paperkin search`: which papers match a query?

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::format::{Format, FormatArgs};
use super::output::{self, Output};
use super::status::warn_of_lost_commits;
use super::{ModelArgs, Outcome, RerankArgs};
use crate::embed::{Reranker, Work};
use crate::engine::Address;
use crate::error::Error;
use crate::search::{Answer, DEFAULT_K, Diversity, Fusion, Mode, Options, Query, RERANKED, RerankDepth, Searcher};
use crate::store::{Criteria, Filter};

/// The flags of all commands that find papers.
#[derive(Args)]
pub(super) struct Finding {
    /// Return up to N papers, at most 100
    #[arg(short, value_name = "N", default_value_t = DEFAULT_K)]
    k: usize,
    /// Diversify the hits by maximal marginal relevance (MMR): 0 is off, 1 ranks by difference alone
    #[arg(long, value_name = "0..1", default_value_t = 0.0)]
    diverse: f32,
    #[command(flatten)]
    pub(super) model: ModelArgs,
    #[command(flatten)]
    format: FormatArgs,
    // Last, because its heading applies to all flags after it.
    #[command(flatten)]
    filter: Criteria,
}

impl Finding {
    /// Opens the store, runs a search, and prints its answer. If the model is not needed and cannot be loaded, the search runs
    /// without it.
    pub fn run(
        &self,
        store: &Address,
        output: &mut Output,
        reranker: Option<Arc<Reranker>>,
        needs_model: bool,
        search: impl FnOnce(&Searcher, Options) -> Result<Answer, Error>,
    ) -> anyhow::Result<Outcome> {
        let filter = Filter::new(self.filter.clone());
        let options = Options::default().k(self.k)?.filter(filter?).diverse(Diversity::new(self.diverse)?);
        let (searcher, _) = self.model.searcher(store, needs_model)?;
        let searcher = searcher.with_reranker(reranker);
        searcher.store().map(warn_of_lost_commits).transpose()?;
        let filtered = !options.filter.is_empty();
        let outcome = print(&search(&searcher, options)?, filtered, self.format.format(), output)?;
        if let Some(local) = searcher.engine().local()
            && local.has_outdated_words()?
        {
            // The answer first: this may take a while.
            output.flush()?;
            output::note("the full-text index was written by an older version: building it anew …");
            local.renew_words()?;
        }
        Ok(outcome)
    }
}

/// Search papers with a query in your own words
///
/// By default a search is hybrid: it fuses dense search (by meaning) and BM25 (by words), and refines the ranking by
/// pseudo-relevance feedback. Each hit shows its best-matching sentence.
///
/// Operators in the query: `"a phrase"` must occur, `-word` must not; `author:hinton`, `category:cs.LG`, `venue:NeurIPS`
/// and `year:2019..2021` are filters. Quote the query for the shell.
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin search how do language models forget
  paperkin search --category 'cs.*' --from 2023 --to 2024-06 model merging
  paperkin search 'author:hinton year:2012..2014 \"neural networks\" -survey'
  paperkin search --mode lexical -k 20 --format bibtex BM25
  paperkin search --rerank ms-marco-MiniLM-L6-v2 graph neural networks")]
pub(super) struct Search {
    /// The query; quotes are optional
    #[arg(value_name = "QUERY", required = true)]
    query: Vec<String>,
    /// Choose the retrieval mode
    #[arg(long, value_enum, default_value_t)]
    mode: Mode,
    #[command(flatten)]
    hybrid: HybridArgs,
    #[command(flatten)]
    rerank: RerankArgs,
    #[command(flatten)]
    rerank_depth: RerankDepthArgs,
    /// Stop reranking after MS milliseconds. The best hits are read first, at least 8 of them
    #[arg(long, value_name = "MS", requires = "rerank")]
    rerank_ms: Option<u32>,
    #[command(flatten)]
    finding: Finding,
}

/// The number of hits to rerank.
#[derive(Args)]
pub(super) struct RerankDepthArgs {
    /// Rerank the first N hits, at most 200
    #[arg(long, value_name = "N", requires = "rerank", default_value_t = RERANKED)]
    pub rerank_depth: usize,
}

impl RerankDepthArgs {
    pub fn of(&self, options: Options) -> Result<Options, Error> {
        Ok(options.rerank_depth(RerankDepth::new(self.rerank_depth)?))
    }
}

/// The ranking of mode `hybrid`.
#[derive(Args)]
pub(super) struct HybridArgs {
    /// Choose the fusion of dense and lexical ranking in mode `hybrid`
    #[arg(long, value_enum, default_value_t)]
    pub fusion: Fusion,
    /// Disable pseudo-relevance feedback in mode `hybrid`
    #[arg(long)]
    pub no_feedback: bool,
}

impl HybridArgs {
    pub fn of(&self, options: Options) -> Options {
        options.fusion(self.fusion).feedback(!self.no_feedback)
    }
}

impl Search {
    pub fn run(&self, store: &Address, output: &mut Output) -> anyhow::Result<Outcome> {
        let query = Query::new(&self.query.join(" "))?;
        self.finding.model.compute.choose_kernel_for(Work::Queries);
        let reranker = self.rerank.found(self.finding.model.threads())?;
        let rerank = reranker.is_some();
        let time = self.rerank_ms.map(|ms| Duration::from_millis(ms.into()));
        self.finding.run(store, output, reranker, self.mode != Mode::Lexical, |searcher, options| {
            let options = self.rerank_depth.of(options.rerank(rerank).rerank_time(time))?;
            let answer = searcher.search(&query, self.hybrid.of(options.mode(self.mode)))?;
            if let (Some(ms), Some(read)) = (self.rerank_ms, answer.reranked) {
                output::note(&format!("reranked the first {read} hits within {ms} ms"));
            }
            Ok(answer)
        })
    }
}

/// An answer with its notes as sentences.
#[derive(Serialize)]
struct WithNotes<'a> {
    #[serde(flatten)]
    answer: &'a Answer,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

/// Prints an answer, or the reason why it is empty.
fn print(answer: &Answer, filtered: bool, format: Format, output: &mut Output) -> anyhow::Result<Outcome> {
    let papers = || answer.hits.iter().map(|hit| hit.paper.clone()).collect();
    if !format.cite(papers, output)? {
        match format {
            Format::Json => output.json(&WithNotes { answer, notes: answer.notes() })?,
            _ => output.answer(answer)?,
        }
    }
    answer.notes().iter().for_each(|note| output::note(note));
    if !answer.hits.is_empty() {
        return Ok(Outcome::Found);
    }
    output::note(match answer.among {
        0 if !answer.understood.emptied.is_empty() => "nothing found",
        0 if filtered => "nothing found: no paper matches the filters",
        0 => "nothing found: there are no papers to search; add papers with `paperkin add FILE`",
        _ => "nothing found: no paper contains any of these words; try `--mode hybrid`",
    });
    Ok(Outcome::NothingFound)
}
