//! `paperkin map`: where do the papers lie in a picture of the collection?

use std::path::{Path, PathBuf};

use clap::Args;

use super::output::{self, Output};
use super::{JsonArgs, Outcome, interrupt};
use crate::durable;
use crate::map::Drawing;
use crate::progress::Progress;
use crate::store::Store;

/// Lay the papers out in two dimensions, those that speak of like things near each other
///
/// The axes are the two directions in which the papers' vectors differ most (principal component analysis); x and y are from -1 to 1. A file is
/// written in the form in which `/api/v1/map` answers; `--json` tells the same in words.
#[derive(Args)]
pub(super) struct Map {
    /// Write the picture to this file
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
    pub fn run(&self, store: &Path, output: &mut Output) -> anyhow::Result<Outcome> {
        let store = Store::open(store)?;
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
