//! `paperkin compact`: how is the disk space of deleted papers reclaimed?

use clap::Args;

use super::output::{self, Output};
use super::upkeep::folder_for;
use super::{JsonArgs, Outcome, ThreadArgs, add};
use crate::engine::Address;
use crate::graph;
use crate::store::Store;

/// Reclaim the disk space of deleted and replaced papers
///
/// Compaction writes a new file of vectors, so the disk needs space for them twice. If papers of an older version can be packed, or
/// more than an eighth of the database is free, it writes the database anew; this needs space for it twice.
///
/// Searches continue meanwhile. `add` and `remove` wait up to 10 s for the write lock, and fail while vectors or database are written.
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin compact
  paperkin --store arxiv compact --json")]
pub(super) struct Compact {
    #[command(flatten)]
    threads: ThreadArgs,
    #[command(flatten)]
    json: JsonArgs,
}

impl Compact {
    pub fn run(&self, store: &Address, output: &mut Output) -> anyhow::Result<Outcome> {
        let store = Store::open(folder_for(store, "`compact`")?)?;
        let compacted = graph::compact(&store)?;
        add::renew_words(&store);
        add::renew_graph(&store, self.threads.threads())?;
        store.pack()?;
        if self.json.json {
            output.json(&compacted)?;
        } else {
            let papers = output::papers(compacted.papers);
            output.line(&format!("{papers} kept; dead rows removed: {}", compacted.dropped_rows))?;
        }
        Ok(Outcome::Found)
    }
}
