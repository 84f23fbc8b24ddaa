//! `paperkin snapshot`: a copy of the store.

use std::path::{Path, PathBuf};

use clap::Args;

use super::Outcome;
use super::output::{self, Output};
use crate::store::Store;

/// Copy the store as of this moment into a folder that is a store of its own
///
/// Others may search, add and serve meanwhile. The graph is not copied; it is built again where it is missed.
#[derive(Args)]
pub(super) struct Snapshot {
    /// Folder of the copy; it must be empty, or not exist yet
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
