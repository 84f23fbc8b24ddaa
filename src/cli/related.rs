//! `paperkin related`: which papers are kin to these?

use clap::Args;

use super::output::Output;
use super::{JsonArgs, ModelArgs, Outcome, StoreArgs, search};
use crate::error::Error;
use crate::paper::PaperId;
use crate::search::{DEFAULT_K, checked_k};

/// Find the papers related to one, or to several taken together
#[derive(Args)]
pub(super) struct Related {
    /// arXiv id, DOI or `title:…`, as `search` prints them
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    /// Number of papers, at most 100
    #[arg(short, value_name = "N", default_value_t = DEFAULT_K)]
    k: usize,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    json: JsonArgs,
}

impl Related {
    pub fn run(&self, output: &mut Output) -> anyhow::Result<Outcome> {
        let ids: Vec<PaperId> = self.ids.iter().map(|id| paper_id(id)).collect::<Result<_, _>>()?;
        let k = checked_k(self.k)?;
        let searcher = self.model.searcher(&self.store.store)?;
        let answer = searcher.related(&ids, k)?;
        search::print(&answer, self.json.json, output)
    }
}

/// What is in no form of an id is the id of no paper.
pub(super) fn paper_id(text: &str) -> Result<PaperId, Error> {
    PaperId::parse(text).ok_or_else(|| Error::UnknownPaper { id: text.to_owned() })
}
