//! `paperkin serve`: how are the web page and the HTTP API served?

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::addr::address;
use super::hints::hint;
use super::log::LogArgs;
use super::output::{self, Output};
use super::progress::Line;
use super::{CutArgs, ModelArgs, Outcome, RerankArgs, add, interrupt, upkeep};
use crate::corpus::sample;
use crate::embed::{Embedder, Work};
use crate::engine::{Address, Collection, Engine, Moment};
use crate::error::Error;
use crate::ingest::Ingest;
use crate::priority::{Who, step_back};
use crate::progress::Progress;
use crate::quick::{self, Pending};
use crate::search::Searcher;
use crate::server::{self, BasePath, Place, Settings, Token, TrustedProxy};
use crate::store::Store;

/// Serve the web page and the HTTP API
///
/// Fetches the model if it is not on this machine. Adds the sample collection if the store is empty. Several services
/// can share a store; each search sees the last commit. What `add --quick` began continues in the background.
///
/// To allow changes over HTTP, set a token of at least 16 characters in the variable PAPERKIN_TOKEN or with
/// `--token-file`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin serve
  paperkin serve --addr 127.0.0.1:0 --no-sample
  paperkin serve --rerank ms-marco-MiniLM-L6-v2 --log-format json
  paperkin serve --unix-socket paperkin.sock --token-file token.txt")]
pub(super) struct Serve {
    /// Listen on this address: an IP address or `localhost`, a port, or both. Port 0 selects a free port
    #[arg(long, value_name = "IP:PORT", env = "PAPERKIN_ADDR", default_value = "127.0.0.1:7373", value_parser = address)]
    addr: SocketAddr,
    /// Listen on this Unix socket instead, for a proxy on this machine. Its file permissions control access
    #[arg(long, value_name = "FILE", conflicts_with = "addr")]
    unix_socket: Option<PathBuf>,
    /// Do not add the sample collection to an empty store
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

/// Access control and limits.
#[derive(Args)]
#[command(next_help_heading = "Access and limits")]
struct AccessArgs {
    /// Allow requests with the token in this file to add and delete papers [default: the variable PAPERKIN_TOKEN;
    /// without a token the service is read-only]
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Accept requests for this host name, besides `localhost` and IP addresses; repeat for several. Other host names
    /// are rejected
    #[arg(long, value_name = "NAME", value_parser = host_name)]
    host: Vec<String>,
    /// Serve below this path, for example `/papers`, for a reverse proxy that forwards only paths below it. The proxy may keep the
    /// prefix or remove it
    #[arg(long, value_name = "PATH", default_value = "/")]
    base_path: BasePath,
    /// Trust the `X-Forwarded-*` headers of this proxy: an IP address, a network such as `10.0.0.0/8`, or `unix` for the
    /// clients of the Unix socket; repeat for several [default: none]
    #[arg(long, value_name = "PROXY")]
    trusted_proxy: Vec<TrustedProxy>,
    /// Allow pages of this origin, for example `https://example.org`, to use the API; repeat for several, `*` allows
    /// all [default: none]
    #[arg(long, value_name = "ORIGIN", value_parser = origin)]
    cors: Vec<String>,
    /// Limit each client address to N API requests per second [default: no limit]
    #[arg(long, value_name = "N")]
    rate_limit: Option<NonZeroU32>,
    /// Let up to N searches wait; more are rejected with 503
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = queue_size)]
    queue: usize,
    /// Abort a search after this number of seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    deadline: u64,
    /// Measure live recall: repeat 1 in N searches with an exact scan; 0 disables it
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
            base_path: self.base_path.clone(),
            trusted_proxies: self.trusted_proxy.clone(),
            rate_limit: self.rate_limit,
            deadline: Duration::from_secs(self.deadline),
            recall_share: self.recall_share,
        })
    }

    fn token(&self) -> anyhow::Result<Option<Token>> {
        // Not a flag, because all users of the machine can read the flags of a process.
        let text = match &self.token_file {
            Some(file) => {
                warn_if_readable(file);
                Some(fs_err::read_to_string(file)?)
            }
            None => std::env::var(TOKEN).ok(),
        };
        Ok(text.as_deref().map(Token::new).transpose()?)
    }
}

fn host_name(text: &str) -> Result<String, String> {
    let is_name =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if text.trim_end_matches('.').split('.').all(is_name) {
        return Ok(text.to_owned());
    }
    Err("expected a host name such as `papers.example.org`, without a scheme and a port".to_owned())
}

/// An origin as browsers send it: scheme and host in lower case, and the port unless it is the usual one.
fn origin(text: &str) -> Result<String, String> {
    let wanted = || "expected `*` or an origin such as `https://example.org`, without a path".to_owned();
    if text == "*" {
        return Ok(text.to_owned());
    }
    let (scheme, host) = text.split_once("://").ok_or_else(wanted)?;
    let is_scheme =
        !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let is_host = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_graphic() && !b"/?#@,".contains(&byte));
    if is_scheme && is_host { Ok(text.to_ascii_lowercase()) } else { Err(wanted()) }
}

fn queue_size(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|size| (1..=100_000).contains(size))
        .ok_or_else(|| "expected a number from 1 to 100000".to_owned())
}

/// Warns about a token that other users of the machine can read.
fn warn_if_readable(file: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if fs_err::metadata(file).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o077 != 0)
        {
            let file = file.display();
            output::warning(&format!("other users can read the token in `{file}`; run `chmod 600 {file}`"));
        }
    }
    #[cfg(not(unix))]
    let _ = file;
}

/// The environment variable with the token for writing.
const TOKEN: &str = "PAPERKIN_TOKEN";

impl Serve {
    pub fn run(&self, store: &Address, output: &mut Output) -> anyhow::Result<Outcome> {
        interrupt::listen();
        self.log.begin();
        self.model.compute.choose_kernel(Work::Queries, true);
        let threads = self.model.threads();
        let settings = self.access.settings(threads)?;
        self.warn_of_proxies();
        let line = Line::new();
        let searcher = self.searcher(store, threads, &line)?;
        let reranker = self.rerank.fetched(threads, &line)?;
        line.finish();
        if interrupt::happened() {
            return Ok(Outcome::Interrupted);
        }
        let searcher = Arc::new(searcher.with_reranker(reranker));
        let place = match &self.unix_socket {
            Some(socket) => Place::Socket(socket.clone()),
            None => Place::Address(self.addr),
        };
        if self.unix_socket.is_none() && !self.addr.ip().is_loopback() {
            output::warning(&format!("{} is reachable from other machines, and anyone there can search", self.addr));
        }
        if let Address::Folder(dir) = store {
            continue_quick(dir, threads)?;
        }
        let mut printed = Ok(());
        server::serve(searcher, &place, settings, |address| {
            let line = format!("listening on {address} (Ctrl-C stops the service)");
            printed = output.line(&line).and_then(|()| output.flush());
        })?;
        printed?;
        Ok(Outcome::Found)
    }

    /// Warns about trusted proxies that cannot be clients of this service.
    fn warn_of_proxies(&self) {
        let is_socket = self.unix_socket.is_some();
        let fits = |proxy: &TrustedProxy| (*proxy == TrustedProxy::UnixSocket) == is_socket;
        if !self.access.trusted_proxy.iter().all(fits) {
            output::warning(if is_socket {
                "clients of a Unix socket have no address: pass `--trusted-proxy unix` to trust them"
            } else {
                "`--trusted-proxy unix` has no effect without `--unix-socket`"
            });
        }
    }

    /// The searcher over a store, which gets the sample if it is empty. If the model of a store with papers cannot be fetched, the
    /// searcher has none.
    fn searcher(&self, store: &Address, threads: usize, line: &Line) -> anyhow::Result<Searcher> {
        let model = match self.model.fetched_for(store, &self.cut, line) {
            Ok(model) => model,
            Err(error) => {
                let collection = Collection::open(store).ok().filter(|_| self.model.model.is_none());
                let Some(collection) = collection.filter(|found| count(found).is_ok_and(|count| count > 0)) else {
                    return Err(error.into());
                };
                warn_without_model(&error);
                return Ok(Searcher::without_embedder(collection, threads));
            }
        };
        let collection = upkeep::open_or_create(store, &model)?;
        let embedder = Arc::new(add::load(&model, threads)?);
        if count(&collection)? == 0 && !self.no_sample {
            add_sample(&collection, &embedder, line)?;
        }
        Ok(Searcher::over(collection, embedder))
    }
}

/// Number of papers.
fn count(collection: &Collection) -> Result<usize, Error> {
    collection.read(|moment| Ok(moment.papers()))
}

/// Goes on with what `add --quick` began, in the background, at the lowest priority.
fn continue_quick(dir: &Path, threads: usize) -> anyhow::Result<()> {
    let model = match Store::open(dir).and_then(|store| Pending::of(&store)) {
        Ok(Some(Pending { model, .. })) => model,
        Ok(None) => return Ok(()),
        Err(error) => {
            output::warning(&format!("what `add --quick` began cannot go on: {error}"));
            return Ok(());
        }
    };
    output::note(&format!("embedding papers with {model} in the background, as `add --quick` began"));
    let dir = dir.to_owned();
    let work = move || {
        // Its threads inherit the priority. Where threads have none, the service competes with the work.
        let _ = step_back(Who::Thread, LOWEST);
        while !interrupt::happened() {
            match Store::open(&dir).and_then(|store| quick::complete(&store, threads, &Background)) {
                Ok(report) => {
                    if report.is_some_and(|report| !report.interrupted) {
                        tracing::info!("all papers are embedded");
                    }
                    return;
                }
                // Another process does the same, and may be stopped.
                Err(error @ (Error::EmbeddedElsewhere { .. } | Error::StoreLocked { .. })) => {
                    tracing::debug!(%error, "waiting");
                    std::thread::sleep(BETWEEN_ATTEMPTS);
                }
                Err(error) => {
                    tracing::error!(%error, "embedding in the background has failed; `paperkin reindex` continues");
                    return;
                }
            }
        }
    };
    std::thread::Builder::new().name("quick".to_owned()).spawn(work)?;
    Ok(())
}

/// The lowest priority of a thread.
const LOWEST: i32 = 19;
/// Time between two attempts to continue work that another process does.
const BETWEEN_ATTEMPTS: Duration = Duration::from_secs(10);

/// Writes the steps of background work to the log.
struct Background;

impl Progress for Background {
    fn note(&self, line: &str) {
        tracing::info!("{line}");
    }

    fn is_cancelled(&self) -> bool {
        interrupt::happened()
    }
}

/// Warns that the model of a store cannot be used.
pub(super) fn warn_without_model(error: &Error) {
    let what = match error {
        Error::FetchFailed { name, .. } => {
            // Each source has a reason of its own, which is long.
            tracing::debug!(%error, "the model was not fetched");
            format!("the model `{name}` cannot be fetched (`--log debug` tells why)")
        }
        error => error.to_string(),
    };
    output::warning(&format!("{what}; without it, only lexical search and related papers work"));
    output::hint(&hint(error));
}

fn add_sample(collection: &Collection, embedder: &Embedder, line: &Line) -> anyhow::Result<()> {
    output::note(
        "the store is empty: adding the sample collection; it is removed when you add your own papers with \
         `paperkin add FILE`",
    );
    let mut added = 0;
    collection.writer().as_sample(&mut || {
        let mut ingest = Ingest::new(collection.writer(), embedder, line);
        ingest.add(sample::papers())?;
        added = ingest.finish()?.added;
        Ok(added)
    })?;
    upkeep::finish(collection);
    output::note(&format!("added {added} papers"));
    Ok(())
}
