//! `paperkin serve`: the page and the API.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::log::LogArgs;
use super::output::{self, Output};
use super::progress::Line;
use super::{CutArgs, ModelArgs, Outcome, RerankArgs, add, interrupt};
use crate::corpus::sample;
use crate::embed::Embedder;
use crate::ingest::{Ingest, open_store};
use crate::search::Searcher;
use crate::server::{self, Place, Settings, Token};
use crate::store::Store;

/// Serve the page and the API; fetches the model, and adds the sample corpus when the store is empty
#[derive(Args)]
pub(super) struct Serve {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "IP:PORT", env = "PAPERKIN_ADDR", default_value = "127.0.0.1:7373")]
    addr: SocketAddr,
    /// Listen on a Unix socket instead, for a proxy on this machine; whoever may write to this file may ask
    #[arg(long, value_name = "FILE", conflicts_with = "addr")]
    unix_socket: Option<PathBuf>,
    /// Leave an empty store empty
    #[arg(long)]
    no_sample: bool,
    #[command(flatten)]
    rerank: RerankArgs,
    #[command(flatten)]
    cut: CutArgs,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    log: LogArgs,
}

/// Who may do what.
#[derive(Args)]
#[command(next_help_heading = "Access and limits")]
struct AccessArgs {
    /// Let those add and remove papers who show the token in this file, or in PAPERKIN_TOKEN; without either nobody may
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// A name of this service, beside `localhost` and its addresses; given again, further ones. Requests for other names are refused
    #[arg(long, value_name = "NAME")]
    host: Vec<String>,
    /// An origin, `https://example.org`, whose pages may use the API; given again, further ones; `*` for all [default: none]
    #[arg(long, value_name = "ORIGIN")]
    cors: Vec<String>,
    /// Requests to the API that one address may make in a second [default: any number]
    #[arg(long, value_name = "N")]
    rate_limit: Option<NonZeroU32>,
    /// Questions that may wait to be answered; further ones are told to come again
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = places)]
    queue: usize,
    /// Seconds after which a question is given up
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    deadline: u64,
    /// To know how many papers the graph finds, repeat one of so many questions without it; 0 repeats none
    #[arg(long, value_name = "N", default_value_t = 100)]
    recall_share: u32,
}

impl AccessArgs {
    fn settings(&self, threads: usize) -> anyhow::Result<Settings> {
        Ok(Settings {
            threads,
            waiting: self.queue,
            token: self.token()?,
            hosts: self.host.clone(),
            cors: self.cors.clone(),
            rate_limit: self.rate_limit,
            deadline: Duration::from_secs(self.deadline),
            recall_share: self.recall_share,
        })
    }

    fn token(&self) -> anyhow::Result<Option<Token>> {
        // Not a flag: everyone on the machine can read those.
        let text = match &self.token_file {
            Some(file) => Some(fs_err::read_to_string(file)?),
            None => std::env::var(TOKEN).ok(),
        };
        Ok(text.as_deref().map(Token::new).transpose()?)
    }
}

fn places(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|places| (1..=100_000).contains(places))
        .ok_or_else(|| "a number from 1 to 100000 is wanted".to_owned())
}

/// The variable with the token for writing.
const TOKEN: &str = "PAPERKIN_TOKEN";

impl Serve {
    pub fn run(&self, store: &Path, output: &mut Output) -> anyhow::Result<Outcome> {
        interrupt::listen();
        self.log.begin();
        let threads = self.model.threads();
        let settings = self.access.settings(threads)?;
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
        let place = match &self.unix_socket {
            Some(socket) => Place::Socket(socket.clone()),
            None => Place::Address(self.addr),
        };
        if self.unix_socket.is_none() && !self.addr.ip().is_loopback() {
            output::warning(&format!("{} can be reached from other machines, and anyone there may ask", self.addr));
        }
        let mut told = Ok(());
        server::serve(searcher, &place, settings, |address| {
            let line = format!("paperkin answers at {address} (Ctrl-C stops it)");
            told = output.line(&line).and_then(|()| output.flush());
        })?;
        told?;
        Ok(Outcome::Found)
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
