//! `paperkin related`: which papers are kin to these?

use std::path::Path;

use clap::Args;

use super::Outcome;
use super::output::Output;
use super::search::Finding;
use crate::paper::PaperId;

/// Find the papers related to one, or to several taken together
#[derive(Args)]
pub(super) struct Related {
    /// arXiv id, DOI or `title:…`, as `search` prints them
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    #[command(flatten)]
    finding: Finding,
}

impl Related {
    pub fn run(&self, store: &Path, output: &mut Output) -> anyhow::Result<Outcome> {
        let ids: Vec<PaperId> = self.ids.iter().map(|id| id.parse()).collect::<Result<_, _>>()?;
        self.finding.run(store, output, |searcher, k| searcher.related(&ids, k))
    }
}
