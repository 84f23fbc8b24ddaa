//! `paperkin related`: which papers are kin to these?

use std::path::Path;

use clap::Args;

use super::Outcome;
use super::output::Output;
use super::search::Finding;
use crate::search::Examples;

/// Find the papers related to one, or to several taken together
#[derive(Args)]
pub(super) struct Related {
    /// arXiv id, DOI or `title:…`, as `search` prints them
    #[arg(value_name = "ID", required_unless_present = "text")]
    like: Vec<String>,
    /// A paper to keep away from; may be given again
    #[arg(long, value_name = "ID")]
    unlike: Vec<String>,
    /// Words that say what is wanted, beside the papers or instead of them
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    #[command(flatten)]
    finding: Finding,
}

impl Related {
    pub fn run(&self, store: &Path, output: &mut Output) -> anyhow::Result<Outcome> {
        let examples = Examples::read(&self.like, &self.unlike, self.text.as_deref())?;
        self.finding.run(store, output, None, |searcher, options| searcher.related(&examples, options))
    }
}
