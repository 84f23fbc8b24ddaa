//! `paperkin copy`: how does a collection move from a folder to a server, or back?

use std::path::PathBuf;

use clap::Args;

use super::add::{self, warn_too_large};
use super::output::{self, Output};
use super::progress::Line;
use super::upkeep::Upkeep;
use super::{JsonArgs, Outcome, ThreadArgs, interrupt, pending, upkeep};
use crate::engine::{Address, Collection, Engine};
use crate::error::Error;
use crate::ingest;

/// Copy all papers with their vectors to another store
///
/// Both stores can be folders or servers. Papers are copied with their vectors, sentence embeddings, sources and ids; nothing is
/// embedded again. Papers that are the same in both stores are skipped: run the same command again to continue an interrupted copy, or
/// to update a copy. Papers that only the target has are kept.
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin copy --to milvus://localhost/papers
  paperkin copy --from milvus://localhost/papers --to backup")]
pub(super) struct Copy {
    /// Copy from this folder or server [default: that of `--store`]
    #[arg(long, value_name = "DIR|ADDRESS")]
    from: Option<PathBuf>,
    /// Copy to this folder or server, which is created if it does not exist
    #[arg(long, value_name = "DIR|ADDRESS")]
    to: PathBuf,
    #[command(flatten)]
    threads: ThreadArgs,
    #[command(flatten)]
    json: JsonArgs,
}

impl Copy {
    pub fn run(&self, store: impl Fn() -> Result<Address, Error>, output: &mut Output) -> anyhow::Result<Outcome> {
        let from = self.from.as_deref().map_or_else(store, Address::parse)?;
        let to = Address::parse(&self.to)?;
        if is_same(&from, &to) {
            return Err(Error::SameStore { address: to.to_string() }.into());
        }
        interrupt::listen();
        let source = Collection::open(&from)?;
        let model = source.stored_model()?;
        if let (Some(pending), Address::Folder(dir)) = (pending(&model)?, &from) {
            return Err(Error::QuickUnfinished { dir: dir.clone(), model: pending.model }.into());
        }
        let target = upkeep::open_or_create_for(&to, &model.fingerprint, model.path().as_deref())?;
        let threads = self.threads.threads();
        let indexes = Upkeep::new(&target, threads, true);
        let line = Line::new();
        line.begin();
        let copied = ingest::copy(&source, target.writer(), &model.fingerprint, &line, &|| indexes.keep_up());
        line.finish();
        let report = copied?;
        if self.json.json {
            output.json(&report)?;
        } else {
            let read = output::papers(report.read);
            let ingest::CopyReport { added, updated, unchanged, .. } = report;
            output
                .line(&format!("copied {read} to `{to}`: {added} added, {updated} updated, {unchanged} unchanged"))?;
        }
        if report.left_out > 0 {
            output::warning(&format!(
                "{} not updated: `{to}` has another title or abstract, from sources that `{from}` does not have",
                output::papers(report.left_out)
            ));
        }
        warn_too_large(&report.too_large, "is not stored");
        if report.interrupted {
            output::note("interrupted; run the same command again to continue");
            return Ok(Outcome::Interrupted);
        }
        upkeep::finish(&target);
        if let Some(store) = target.store() {
            add::renew_graph(store, threads)?;
        }
        Ok(Outcome::Found)
    }
}

/// Whether two addresses are the same place.
fn is_same(a: &Address, b: &Address) -> bool {
    match (a, b) {
        (Address::Folder(a), Address::Folder(b)) => {
            a == b || a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b))
        }
        _ => a.to_string() == b.to_string(),
    }
}
