//! `paperkin compact`: the room of removed and changed papers, given back.

use std::path::Path;

use clap::Args;

use super::output::{self, Output};
use super::{JsonArgs, Outcome, ThreadArgs, add};
use crate::store::Store;

/// Give back the room of removed and changed papers
///
/// The vectors are written anew, so there must be room for them twice. Searches go on meanwhile; whoever adds has to wait.
#[derive(Args)]
pub(super) struct Compact {
    #[command(flatten)]
    threads: ThreadArgs,
    #[command(flatten)]
    json: JsonArgs,
}

impl Compact {
    pub fn run(&self, store: &Path, output: &mut Output) -> anyhow::Result<Outcome> {
        let store = Store::open(store)?;
        let compacted = store.compact()?;
        add::renew_words(&store);
        add::renew_graph(&store, self.threads.threads())?;
        if self.json.json {
            output.json(&compacted)?;
        } else {
            let papers = output::papers(compacted.papers);
            output.line(&format!("{papers}; {} dead rows dropped", compacted.dropped_rows))?;
        }
        Ok(Outcome::Found)
    }
}
