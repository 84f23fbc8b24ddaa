//! `paperkin snapshot`: how is a store copied while it is in use?

use std::path::{Path, PathBuf};

use clap::Args;

use super::Outcome;
use super::output::{self, Output};
use crate::store::Store;

/// Copy the store into another folder
///
/// The copy is a consistent store of its own. Other processes can search, add and serve meanwhile. The HNSW graph is
/// not copied; `add`, `serve` and `reindex` rebuild it.
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin snapshot backup
  paperkin --store arxiv snapshot arxiv-copy")]
pub(super) struct Snapshot {
    /// Folder for the copy; it must be empty or not exist
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

impl Snapshot {
    pub fn run(&self, store: &Path, output: &mut Output) -> anyhow::Result<Outcome> {
        let papers = Store::open(store)?.copy_to(&self.dir)?;
        output.line(&format!("copied {} to `{}`", output::papers(papers), self.dir.display()))?;
        Ok(Outcome::Found)
    }
}
