//! `paperkin map`: where is each paper on a two-dimensional map of the collection?

use std::path::PathBuf;

use clap::Args;

use super::output::{self, Output};
use super::upkeep::folder_for;
use super::{JsonArgs, Outcome, interrupt};
use crate::durable;
use crate::engine::Address;
use crate::map::Drawing;
use crate::progress::Progress;
use crate::store::Store;

/// Write a two-dimensional map of the collection
///
/// Papers on similar topics are near each other. The axes are the first two principal components of the vectors; x
/// and y are between -1 and 1. The file has the binary format of `/api/v1/map`; `--json` prints the same data as
/// JSON.
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin map --output papers.map
  paperkin map --json")]
pub(super) struct Map {
    /// Write the map to this file
    #[arg(long, value_name = "FILE", required_unless_present = "json")]
    output: Option<PathBuf>,
    #[command(flatten)]
    json: JsonArgs,
}

struct UntilInterrupted;

impl Progress for UntilInterrupted {
    fn is_cancelled(&self) -> bool {
        interrupt::happened()
    }
}

impl Map {
    pub fn run(&self, store: &Address, output: &mut Output) -> anyhow::Result<Outcome> {
        let store = Store::open(folder_for(store, "`map`")?)?;
        interrupt::listen();
        let drawing = Drawing::of_store(&store, &UntilInterrupted)?;
        if let Some(path) = &self.output {
            durable::replace(path, &[&drawing.to_bytes()?])?;
        }
        match &self.output {
            _ if self.json.json => output.json(&drawing)?,
            Some(path) => {
                let papers = output::papers(drawing.papers.len() as u64);
                output.line(&format!("wrote {papers} to `{}`", path.display()))?;
            }
            None => {}
        }
        Ok(Outcome::Found)
    }
}
