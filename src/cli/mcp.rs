//! `paperkin mcp`: how does an assistant search a store?

use std::sync::Arc;

use clap::Args;

use super::log::LogArgs;
use super::output::Output;
use super::serve::warn_without_model;
use super::{ModelArgs, Outcome, RerankArgs};
use crate::embed::Work;
use crate::engine::Address;
use crate::server::{Settings, serve_stdio};

/// Serve an MCP client over standard input and output
///
/// An assistant that supports the Model Context Protocol starts this command. The tools are `search_papers`,
/// `related_papers`, `get_paper`, `compare_papers`, `export_citations` and `corpus_status`. `paperkin serve` offers the
/// same tools at `/mcp`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin --store arxiv mcp
  paperkin mcp --rerank ms-marco-MiniLM-L6-v2 --log off")]
pub(super) struct Mcp {
    #[command(flatten)]
    rerank: RerankArgs,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    log: LogArgs,
}

impl Mcp {
    /// Prints nothing, because the protocol uses standard output.
    pub fn run(&self, store: &Address, _output: &mut Output) -> anyhow::Result<Outcome> {
        self.log.begin();
        self.model.compute.choose_kernel_for(Work::Queries);
        let threads = self.model.threads();
        let reranker = self.rerank.found(threads)?;
        let (searcher, unusable) = self.model.searcher(store, false)?;
        unusable.iter().for_each(warn_without_model);
        serve_stdio(Arc::new(searcher.with_reranker(reranker)), Settings { threads, ..Settings::default() })?;
        Ok(Outcome::Found)
    }
}
