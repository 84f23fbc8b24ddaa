//! `paperkin serve`: the page and the API.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use clap::Args;

use super::output::{self, Output};
use super::progress::Line;
use super::{CutArgs, ModelArgs, Outcome, RerankArgs, add, interrupt};
use crate::corpus::sample;
use crate::embed::Embedder;
use crate::error::Error;
use crate::ingest::{Ingest, open_store};
use crate::search::Searcher;
use crate::server;
use crate::store::Store;

/// Serve the page and the API; fetches the model, and adds the sample corpus when the store is empty
#[derive(Args)]
pub(super) struct Serve {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "IP:PORT", env = "PAPERKIN_ADDR", default_value = "127.0.0.1:7373")]
    addr: SocketAddr,
    /// Leave an empty store empty
    #[arg(long)]
    no_sample: bool,
    #[command(flatten)]
    rerank: RerankArgs,
    #[command(flatten)]
    cut: CutArgs,
    #[command(flatten)]
    model: ModelArgs,
}

impl Serve {
    pub fn run(&self, store: &Path, output: &mut Output) -> anyhow::Result<Outcome> {
        interrupt::listen();
        let threads = self.model.threads();
        let line = Line::new();
        let model = self.model.fetched_for(store, &self.cut, &line)?;
        let reranker = self.rerank.fetched(threads, &line)?;
        let store = open_store(store, &model)?;
        let embedder = Arc::new(add::load(&model, threads)?);
        if store.count()? == 0 && !self.no_sample {
            add_sample(&store, &embedder, &line)?;
        }
        line.finish();
        if interrupt::happened() {
            return Ok(Outcome::Interrupted);
        }
        let searcher = Arc::new(Searcher::new(store, embedder)?.with_reranker(reranker));
        if !self.addr.ip().is_loopback() {
            output::warning(&format!("{} can be reached from other machines, and anyone there may ask", self.addr));
        }
        let mut told = Ok(());
        server::serve(searcher, self.addr, threads, |address| {
            let line = format!("paperkin answers at http://{address}/ (Ctrl-C stops it)");
            told = output.line(&line).and_then(|()| output.flush());
        })
        .map_err(|error| self.explained(error))?;
        told?;
        Ok(Outcome::Found)
    }

    /// A port that is taken is the user's to change.
    fn explained(&self, error: Error) -> anyhow::Error {
        match error {
            Error::Io(io) if io.kind() == std::io::ErrorKind::AddrInUse => {
                Error::AddressInUse { address: self.addr }.into()
            }
            other => other.into(),
        }
    }
}

fn add_sample(store: &Store, embedder: &Embedder, line: &Line) -> anyhow::Result<()> {
    output::note(
        "the store is empty: adding the sample corpus, until you add your own papers with `paperkin add FILE`",
    );
    let before = store.generation()?;
    let mut ingest = Ingest::new(store, embedder, line);
    ingest.add(sample::papers())?;
    let report = ingest.finish()?;
    store.mark_as_sample(report.added, &before)?;
    add::renew_words(store);
    output::note(&format!("added {} papers", report.added));
    Ok(())
}
