//! `paperkin status`: what is in the store?

use std::path::Path;

use clap::Args;

use super::output::{self, Output};
use super::{JsonArgs, Outcome};
use crate::search::Status as StoreStatus;
use crate::store::Store;

/// Show how many papers there are, with which model they were embedded, and how much room they take
#[derive(Args)]
pub(super) struct Status {
    #[command(flatten)]
    json: JsonArgs,
}

impl Status {
    pub fn run(&self, store: &Path, output: &mut Output) -> anyhow::Result<Outcome> {
        let status = StoreStatus::of(&Store::open(store)?)?;
        if self.json.json {
            output.json(&status)?;
            return Ok(Outcome::Found);
        }
        output.fact("papers", &status.papers.to_string())?;
        if status.dead_rows > 0 {
            output.fact("dead rows", &format!("{}; `paperkin compact` drops them", status.dead_rows))?;
        }
        output.fact("model", &format!("{} at {}", status.model, status.revision))?;
        output.fact("dimension", &status.dimension.to_string())?;
        output.fact("kernel", status.kernel)?;
        let graph = match status.graph_rows {
            0 => "none; papers are scanned one by one".to_owned(),
            rows => format!("{rows} papers"),
        };
        output.fact("graph", &graph)?;
        output.fact("words", &format!("{} papers", status.lexical_rows))?;
        let bytes = output::bytes(status.store_bytes);
        output.fact("store", &format!("{bytes} in `{}`, format {}", store.display(), status.format))?;
        Ok(Outcome::Found)
    }
}
