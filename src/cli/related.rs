//! `paperkin related`: which papers are related to given papers?

use clap::Args;

use super::Outcome;
use super::output::Output;
use super::search::{Finding, HybridArgs};
use crate::embed::Work;
use crate::engine::Address;
use crate::search::{Examples, Mode};

/// Find papers related to one or more papers
///
/// Several papers are combined into one query: their embeddings, and the most distinctive words of their titles and
/// abstracts. `--unlike` moves the query away from papers, and `--text` adds a text to it.
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin related 1706.03762
  paperkin related 1706.03762 --unlike 1810.04805 --author vaswani --diverse 0.3
  paperkin related 1706.03762 --text 'efficient inference' -k 20")]
pub(super) struct Related {
    /// Ids of any scheme, as `search` prints them, or web addresses of the papers. May be omitted with `--text`
    #[arg(value_name = "ID")]
    like: Vec<String>,
    /// Rank papers near this one lower; repeat for several
    #[arg(long, value_name = "ID")]
    unlike: Vec<String>,
    /// Find papers near this text, in addition to the given papers or instead of them
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// Choose the retrieval mode
    #[arg(long, value_enum, default_value_t)]
    mode: Mode,
    #[command(flatten)]
    hybrid: HybridArgs,
    #[command(flatten)]
    finding: Finding,
}

impl Related {
    pub fn run(&self, store: &Address, output: &mut Output) -> anyhow::Result<Outcome> {
        let examples = Examples::read(&self.like, &self.unlike, self.text.as_deref())?;
        // Before a model is loaded.
        examples.check()?;
        self.finding.model.compute.choose_kernel_for(Work::Queries);
        let needs_model = examples.text.is_some() && self.mode != Mode::Lexical;
        self.finding.run(store, output, None, needs_model, |searcher, options| {
            searcher.related(&examples, self.hybrid.of(options.mode(self.mode)))
        })
    }
}
