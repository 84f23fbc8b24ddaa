//! `paperkin mcp`: for assistants.

use std::path::Path;
use std::sync::Arc;

use clap::Args;

use super::log::LogArgs;
use super::output::Output;
use super::{ModelArgs, Outcome, RerankArgs};
use crate::server::{Settings, serve_stdio};

/// Answer an assistant that starts this program, by the Model Context Protocol over standard input and output
///
/// Tools: `search_papers`, `related_papers`, `get_paper`, `corpus_status`. `paperkin serve` has the same at `/mcp`.
#[derive(Args)]
pub(super) struct Mcp {
    #[command(flatten)]
    rerank: RerankArgs,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    log: LogArgs,
}

impl Mcp {
    /// Nothing is printed: standard output belongs to the protocol.
    pub fn run(&self, store: &Path, _output: &mut Output) -> anyhow::Result<Outcome> {
        self.log.begin();
        let threads = self.model.threads();
        let reranker = self.rerank.found(threads)?;
        let searcher = self.model.searcher(store)?.with_reranker(reranker);
        serve_stdio(Arc::new(searcher), Settings { threads, ..Settings::default() })?;
        Ok(Outcome::Found)
    }
}
