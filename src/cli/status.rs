//! `paperkin status`: what does a store contain, and is it intact?

use clap::Args;

use super::output::{self, Output};
use super::upkeep::folder_for;
use super::{ComputeArgs, JsonArgs, Outcome};
use crate::embed::{Work, runner_name};
use crate::engine::{Address, Collection, ServerFacts};
use crate::error::Error;
use crate::full_text;
use crate::graph::Graph;
use crate::quick::{Pending, Stage};
use crate::search::{FolderStatus, Status as StoreStatus};
use crate::store::{Store, Tuning, Unfinished};

/// Show the number of papers, the model and the size of the store
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin status
  paperkin status --check
  paperkin --store arxiv status --json")]
pub(super) struct Status {
    /// Read all files of the store, and report the first damaged one
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    compute: ComputeArgs,
    #[command(flatten)]
    json: JsonArgs,
}

impl Status {
    pub fn run(&self, store: &Address, output: &mut Output) -> anyhow::Result<Outcome> {
        if self.check {
            folder_for(store, "`status --check`")?;
        }
        let collection = Collection::open(store)?;
        self.compute.choose_kernel_for(Work::Queries);
        let of_queries = runner_name()?;
        self.compute.choose_kernel(Work::Texts, false);
        let status = StoreStatus::of(&collection, runner_name()?)?;
        let opened = collection.store();
        if let Some(opened) = opened.filter(|_| !self.check) {
            warn_of_lost_commits(opened)?;
        }
        if self.json.json {
            opened.filter(|_| self.check).map(check).transpose()?;
            output.json(&status)?;
            return Ok(Outcome::Found);
        }
        output.fact("papers", &status.papers.to_string())?;
        if let Some(folder) = &status.folder {
            print_rows(folder, output)?;
        }
        output.fact("model", &format!("{} at {}", status.model, status.revision))?;
        output.fact("dimensions", &status.dimension.to_string())?;
        let kernels = match (status.kernel, of_queries) {
            (kernel, other) if kernel == other => kernel.to_owned(),
            (kernel, other) => format!("{kernel} for papers, {other} for single queries"),
        };
        output.fact("kernel", &kernels)?;
        if let Some((folder, opened)) = status.folder.as_ref().zip(opened) {
            print_indexes(folder, output)?;
            print_unfinished(folder, opened, output)?;
            let (bytes, dir) = (output::bytes(folder.store_bytes), opened.dir().display());
            output.fact("store", &format!("{bytes} in `{dir}`, format {}", folder.format))?;
        }
        if let Some(ServerFacts { address, version }) = &status.server {
            output.fact("server", &format!("`{address}`, version {version}"))?;
        }
        if let Some(opened) = opened.filter(|_| self.check) {
            output.flush()?;
            check(opened)?;
            output.fact("check", "all files are intact")?;
        }
        Ok(Outcome::Found)
    }
}

/// What `compact` and `reindex` would change.
fn print_rows(status: &FolderStatus, output: &mut Output) -> anyhow::Result<()> {
    if status.dead_rows > 0 {
        output.fact("dead rows", &format!("{}; `paperkin compact` removes them", status.dead_rows))?;
    }
    if status.older_text > 0 {
        let papers = output::papers(status.older_text);
        output.fact(
            "older text",
            &format!("{papers} with markup of an older version; `paperkin reindex` makes it readable"),
        )?;
    }
    Ok(())
}

fn print_indexes(status: &FolderStatus, output: &mut Output) -> anyhow::Result<()> {
    let graph = match status.graph_rows {
        0 => "none; searches scan all vectors".to_owned(),
        rows => format!("{rows} papers, {}", output::bytes(status.graph_bytes)),
    };
    output.fact("graph", &graph)?;
    if let Some(audit) = status.graph_audit {
        output.fact("audit", &audit.to_string())?;
    }
    if status.graph_rows > 0 || status.tuning.is_some() {
        let tuned = status.tuning.map_or_else(String::new, |tuning| {
            let Tuning { ef, k, recall, papers, .. } = tuning;
            format!("; {ef} set by `recall --apply` (recall@{k} {recall:.4}, {papers} papers)")
        });
        output.fact("ef", &format!("{}{tuned}", status.graph_candidates))?;
    }
    Ok(output.fact("full text", &format!("{} papers", status.lexical_rows))?)
}

/// A change of the model that is not complete.
fn print_unfinished(status: &FolderStatus, store: &Store, output: &mut Output) -> anyhow::Result<()> {
    let Some(Unfinished { model, dimension, embedded }) = &status.unfinished else { return Ok(()) };
    if let Some(pending) = Pending::of(store)? {
        let by = match pending.stage {
            Stage::Start => "a static model of its tokens",
            Stage::Student => "a static model distilled from it",
        };
        output.fact(
            "quick",
            &format!(
                "{embedded} texts embedded with {model}; until all are, papers are searched with {by}. `paperkin \
                 reindex` or `serve` continues"
            ),
        )?;
    } else {
        let command = format!("paperkin reindex --model {model} --dimension {dimension}");
        output.fact("unfinished", &format!("{embedded} texts embedded with another model; `{command}` continues"))?;
    }
    Ok(())
}

/// Warns of commits that the database has lost, and returns whether there are any.
pub(super) fn warn_of_lost_commits(store: &Store) -> Result<bool, Error> {
    let lost = full_text::lost_commits(store)?;
    if let Some(lost) = lost {
        output::warning(&format!("{lost}. Was `papers.sqlite-wal` deleted? Restore both files from a backup"));
    }
    Ok(lost.is_some())
}

fn check(store: &Store) -> Result<(), Error> {
    if let Some(lost) = full_text::lost_commits(store)? {
        return Err(Error::StoreDamaged { dir: store.dir().to_owned(), reason: lost.to_string() });
    }
    store.check()?;
    let snapshot = store.snapshot()?;
    let mut unknown = snapshot.live().clone();
    unknown.difference_with(&full_text::rows(store.dir(), &snapshot, true));
    if !unknown.is_clear() {
        let papers = output::papers(unknown.count_ones(..) as u64);
        output::warning(&format!(
            "the full-text index lacks {papers}; searches read them from the store. `paperkin reindex` rebuilds it"
        ));
    }
    Graph::open(store.dir(), &snapshot).check(store.dir(), &snapshot)
}
