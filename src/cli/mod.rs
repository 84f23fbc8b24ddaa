//! Which commands does the program have? One file per command. Results go to standard output and messages to standard
//! error; only `output` prints.
//!
//! The exit status is 0 after success, 1 if nothing was found, 2 after an error, and 130 after an interrupt.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::embed::cache;
use crate::embed::{
    DEFAULT_MODEL, Embedder, Fingerprint, KernelChoice, ModelFolder, Precision, Reranker, Task, Work, choose_kernels,
    find_or_fetch,
};
use crate::engine::{Address, Collection, Engine, StoredModel};
use crate::error::{Error, Result as LibraryResult};
use crate::progress::Progress;
use crate::quick::Pending;
use crate::search::Searcher;
use output::Output;

mod add;
mod addr;
mod compact;
mod compare;
mod completions;
mod copy;
mod dedupe;
mod embed;
mod evaluate;
mod export;
mod facets;
mod format;
mod help;
pub mod hints;
mod inputs;
mod interrupt;
mod log;
mod man;
mod map;
mod mcp;
mod models;
mod output;
mod overview;
mod progress;
mod recall;
mod reindex;
mod related;
mod remove;
mod restore;
mod search;
mod serve;
mod show;
mod sink;
mod snapshot;
mod split;
mod status;
mod upkeep;
#[cfg(test)]
#[cfg(feature = "parquet")]
mod vectors_tests;

/// Semantic search over scientific papers, on your own machine
// `help` writes the help of the program itself.
#[derive(Parser)]
#[command(name = "paperkin", version, max_term_width = 100, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Use the store in this folder, or on the server with this address
    // It is read later, and its value is not printed: the address may contain a token.
    #[arg(
        long,
        value_name = "DIR",
        env = "PAPERKIN_STORE",
        hide_env_values = true,
        default_value = "index",
        global = true
    )]
    store: PathBuf,
}

#[derive(Subcommand)]
enum Command {
    Add(add::Add),
    Remove(remove::Remove),
    Search(search::Search),
    Related(related::Related),
    Compare(compare::Compare),
    Overview(overview::Overview),
    Facets(facets::Facets),
    Map(map::Map),
    Show(show::Show),
    Split(split::Split),
    Dedupe(dedupe::Dedupe),
    Status(status::Status),
    Reindex(reindex::Reindex),
    Recall(recall::Recall),
    Compact(compact::Compact),
    Copy(copy::Copy),
    Export(export::Export),
    Snapshot(snapshot::Snapshot),
    Restore(restore::Restore),
    Embed(embed::Embed),
    Evaluate(evaluate::Evaluate),
    Serve(serve::Serve),
    Mcp(mcp::Mcp),
    Models(models::Models),
    Completions(completions::Completions),
    Man(man::Man),
}

/// The embedding model of a store, and the threads that run it.
#[derive(Args)]
struct ModelArgs {
    /// Use this embedding model: a name from `paperkin models list`, or a folder in sentence-transformers layout
    /// [default: the store's model; all-MiniLM-L6-v2 for a new store]
    #[arg(long, value_name = "NAME|DIR", env = "PAPERKIN_MODEL")]
    model: Option<String>,
    #[command(flatten)]
    compute: ComputeArgs,
}

/// The dimensions of a store that may be new.
#[derive(Args)]
struct CutArgs {
    /// Truncate vectors to N dimensions (Matryoshka): a smaller store at some loss of ranking quality. The model must
    /// be trained for it [default: the store's dimensions; the model's for a new store]
    #[arg(long, value_name = "N")]
    dimension: Option<usize>,
}

/// The cross-encoder for reranking.
#[derive(Args)]
struct RerankArgs {
    /// Rerank the first hits: mix their scores with those of this cross-encoder. Much slower. A name from `paperkin
    /// models list`, or a folder with a BERT for sequence classification
    #[arg(long, value_name = "NAME|DIR")]
    rerank: Option<String>,
}

impl RerankArgs {
    /// The requested cross-encoder, if any; never uses the network.
    fn found(&self, threads: usize) -> LibraryResult<Option<Arc<Reranker>>> {
        self.loaded(threads, ModelFolder::find)
    }

    /// Like [`RerankArgs::found`], but fetches a model that is not on this machine.
    fn fetched(&self, threads: usize, progress: &dyn Progress) -> LibraryResult<Option<Arc<Reranker>>> {
        self.loaded(threads, |model| find_or_fetch(model, progress))
    }

    fn loaded(
        &self,
        threads: usize,
        find: impl FnOnce(&str) -> LibraryResult<ModelFolder>,
    ) -> LibraryResult<Option<Arc<Reranker>>> {
        let Some(model) = &self.rerank else { return Ok(None) };
        Reranker::load(&find(model)?, threads).map(|reranker| Some(Arc::new(reranker)))
    }
}

/// The threads and the precision of a model.
#[derive(Args)]
struct ComputeArgs {
    #[command(flatten)]
    threads: ThreadArgs,
    /// Multiply in this precision when a model runs
    #[arg(long, value_name = "PRECISION", env = "PAPERKIN_PRECISION", default_value = "full")]
    precision: Precision,
}

impl ComputeArgs {
    fn threads(&self) -> usize {
        self.threads.threads()
    }

    /// Sets how the kernel for models is chosen. For texts, kernels are measured if that was not done yet.
    fn choose_kernel_for(&self, work: Work) {
        self.choose_kernel(work, work == Work::Texts);
    }

    fn choose_kernel(&self, work: Work, may_measure: bool) {
        choose_kernels(KernelChoice { work, precision: self.precision, threads: self.threads(), may_measure });
    }
}

#[derive(Args)]
struct ThreadArgs {
    /// Compute on N threads [default: the number of cores]
    #[arg(long, value_name = "N", env = "PAPERKIN_THREADS")]
    threads: Option<NonZeroUsize>,
}

impl ThreadArgs {
    fn threads(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        self.threads.map_or_else(cores, NonZeroUsize::get)
    }
}

#[derive(Args)]
struct JsonArgs {
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// How a command ended, if without an error.
enum Outcome {
    Found,
    NothingFound,
    Interrupted,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Found => Self::SUCCESS,
            Outcome::NothingFound => Self::from(1),
            Outcome::Interrupted => Self::from(130),
        }
    }
}

/// The definition of the command line: all commands, with their flags and help.
#[must_use]
pub fn command() -> clap::Command {
    let command = Cli::command();
    let help = help::help(&command);
    command.override_help(help)
}

/// Runs the program with the arguments of the process.
#[must_use]
pub fn main() -> ExitCode {
    let mut matches = command().get_matches();
    let Cli { command, store } = Cli::from_arg_matches_mut(&mut matches).unwrap_or_else(|error| error.exit());
    let mut output = Output::new();
    let outcome = run(command, || Address::parse(&store), &mut output);
    match outcome.and_then(|outcome| Ok(output.flush().map(|()| outcome)?)) {
        Ok(outcome) => outcome.into(),
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) if matches!(error.downcast_ref(), Some(Error::Interrupted)) => {
            output::note("interrupted; run the same command again to continue");
            Outcome::Interrupted.into()
        }
        Err(error) => {
            output::error(&error);
            match error.downcast_ref() {
                Some(Error::UnknownPaper { .. }) => Outcome::NothingFound.into(),
                _ => ExitCode::from(2),
            }
        }
    }
}

/// Runs a command; `store` is the address of the store, for those that need one.
fn run(command: Command, store: impl Fn() -> LibraryResult<Address>, output: &mut Output) -> anyhow::Result<Outcome> {
    match command {
        Command::Add(add) => add.run(&store()?, output),
        Command::Remove(remove) => remove.run(&store()?, output),
        Command::Search(search) => search.run(&store()?, output),
        Command::Related(related) => related.run(&store()?, output),
        Command::Compare(compare) => compare.run(&store()?, output),
        Command::Overview(overview) => overview.run(&store()?, output),
        Command::Facets(facets) => facets.run(&store()?, output),
        Command::Map(map) => map.run(&store()?, output),
        Command::Show(show) => show.run(&store()?, output),
        Command::Split(split) => split.run(&store()?, output),
        Command::Dedupe(dedupe) => dedupe.run(&store()?, output),
        Command::Reindex(reindex) => reindex.run(&store()?, output),
        Command::Recall(recall) => recall.run(&store()?, output),
        Command::Status(status) => status.run(&store()?, output),
        Command::Compact(compact) => compact.run(&store()?, output),
        Command::Copy(copy) => copy.run(store, output),
        Command::Export(export) => export.run(&store()?, output),
        Command::Snapshot(snapshot) => snapshot.run(&store()?, output),
        Command::Restore(restore) => restore.run(&store()?, output),
        Command::Embed(embed) => embed.run(output),
        Command::Evaluate(evaluate) => evaluate.run(output),
        Command::Serve(serve) => serve.run(&store()?, output),
        Command::Mcp(mcp) => mcp.run(&store()?, output),
        Command::Models(models) => models.run(&store()?, output),
        Command::Completions(completions) => completions.run(output),
        Command::Man(man) => man.run(),
    }
}

impl ModelArgs {
    fn threads(&self) -> usize {
        self.compute.threads()
    }

    /// The model for a store that may not exist yet; fetches a model that is not on this machine.
    fn fetched_for(&self, store: &Address, cut: &CutArgs, progress: &dyn Progress) -> LibraryResult<ModelFolder> {
        let stored = match StoredModel::at(store) {
            Ok(stored) => Some(stored),
            Err(Error::NoStore { .. }) => None,
            // A server that is away is reported before a model is fetched.
            Err(error) if self.model.is_none() || matches!(store, Address::Server(_)) => return Err(error),
            Err(_) => None,
        };
        let on_the_way = stored.as_ref().map(|stored| self.on_the_way(stored, cut.dimension)).transpose()?.flatten();
        if let Some(on_the_way) = on_the_way {
            return Ok(on_the_way);
        }
        let present = |stored: &StoredModel| {
            pending(stored).ok().flatten().map_or_else(|| stored.argument.clone(), |pending| pending.model)
        };
        let wanted = self.model.clone().or_else(|| stored.as_ref().map(present));
        let folder = find_or_fetch(wanted.as_deref().unwrap_or(DEFAULT_MODEL), progress)?;
        folder.check_task(Task::Embed)?;
        match cut.dimension {
            Some(dimension) => folder.with_dimension(dimension),
            None => as_stored(folder, stored.as_ref().map(|stored| &stored.fingerprint)),
        }
    }

    /// The present model of a store that is on its way to the given one after `add --quick`.
    fn on_the_way(&self, stored: &StoredModel, dimension: Option<usize>) -> LibraryResult<Option<ModelFolder>> {
        let Some(pending) = pending(stored)? else { return Ok(None) };
        let is_wanted = match &self.model {
            Some(model) => {
                let wanted = pending.wanted()?;
                found(model, dimension.or(Some(pending.dimension)))?.fingerprint() == wanted.fingerprint()
            }
            None => dimension.is_none_or(|dimension| dimension == pending.dimension),
        };
        if is_wanted { stored.find().map(Some) } else { Ok(None) }
    }

    /// A searcher for an existing store, and the error if its model cannot be loaded and is not needed; never uses the network
    /// to find a model.
    fn searcher(&self, store: &Address, needs_model: bool) -> LibraryResult<(Searcher, Option<Error>)> {
        let collection = Collection::open(store)?;
        match self.embedder(&collection.stored_model()?) {
            Ok(embedder) => Ok((Searcher::over(collection, Arc::new(embedder)), None)),
            Err(error) if needs_model || self.model.is_some() => Err(error),
            Err(error) => Ok((Searcher::without_embedder(collection, self.threads()), Some(error))),
        }
    }

    /// The model of an existing store; never uses the network.
    fn embedder(&self, stored: &StoredModel) -> LibraryResult<Embedder> {
        if let Some(on_the_way) = self.on_the_way(stored, None)? {
            return Embedder::load(&on_the_way, self.threads());
        }
        let folder = match &self.model {
            Some(model) => as_stored(ModelFolder::find(model)?, Some(&stored.fingerprint))?,
            None => stored.find()?,
        };
        folder.check_task(Task::Embed)?;
        stored.check(folder.fingerprint())?;
        Embedder::load(&folder, self.threads())
    }
}

/// What `add --quick` began in a folder and has not completed.
fn pending(stored: &StoredModel) -> LibraryResult<Option<Pending>> {
    let Some((generation, dir)) = stored.in_folder() else { return Ok(None) };
    Pending::of_generation(generation, dir)
}

/// The model, truncated to the store's dimensions if the store has the same model.
fn as_stored(folder: ModelFolder, stored: Option<&Fingerprint>) -> LibraryResult<ModelFolder> {
    match stored.filter(|stored| stored.model == folder.fingerprint().model) {
        Some(stored) if stored.dimension < folder.manifest.dimension => folder.with_dimension(stored.dimension),
        _ => Ok(folder),
    }
}

/// Gives the embedder of a model the cache of embeddings, unless that is unusable.
fn cached(embedder: Embedder, model: &ModelFolder, threads: usize) -> LibraryResult<Embedder> {
    let Some(folder) = cache::folder() else { return Ok(embedder) };
    embedder.with_cache(&folder).or_else(|error| {
        output::warning(&format!("embeddings are not cached: {error}"));
        Embedder::load(model, threads)
    })
}

/// A model on this machine, truncated to `dimension` if given.
fn found(model: &str, dimension: Option<usize>) -> LibraryResult<ModelFolder> {
    let folder = ModelFolder::find(model)?;
    match dimension {
        Some(dimension) => folder.with_dimension(dimension),
        None => Ok(folder),
    }
}
