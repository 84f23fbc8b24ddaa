//! `paperkin export`: everything that is in the store, in formats that anything can read.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::Outcome;
use super::output::{self, Output};
use crate::durable::Replacement;
use crate::store::Store;

/// Write all papers as JSON Lines, which `add` reads; on request also their vectors
///
/// Everything is as of one moment and in one order. A file is written whole or not at all.
#[derive(Args)]
pub(super) struct Export {
    /// Write the papers to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write the vectors to this file: rows of raw 32-bit numbers, little-endian, one after the other
    #[arg(long, value_name = "FILE")]
    vectors: Option<PathBuf>,
    /// Write the ids to this file, one a line
    #[arg(long, value_name = "FILE")]
    ids: Option<PathBuf>,
}

impl Export {
    pub fn run(&self, store: &Path, output: &mut Output) -> anyhow::Result<Outcome> {
        let store = Store::open(store)?;
        let begin = |path: &Option<PathBuf>| path.as_deref().map(Replacement::begin).transpose();
        let mut papers = begin(&self.output)?;
        let mut vectors = begin(&self.vectors)?;
        let mut ids = begin(&self.ids)?;
        let mut stdout = output::raw();
        let mut count = 0;
        store.export(|paper, vector| {
            let lines: &mut dyn Write = papers.as_mut().map_or(&mut stdout, |file| file);
            serde_json::to_writer(&mut *lines, paper).map_err(io::Error::from)?;
            lines.write_all(b"\n")?;
            if let Some(vectors) = &mut vectors {
                vectors.write_all(bytemuck::cast_slice(vector))?;
            }
            if let Some(ids) = &mut ids {
                writeln!(ids, "{}", paper.id)?;
            }
            count += 1;
            Ok(())
        })?;
        stdout.flush()?;
        for file in [papers, vectors, ids].into_iter().flatten() {
            file.finish()?;
        }
        if let Some(path) = &self.output {
            output.line(&format!("wrote {} to `{}`", output::papers(count), path.display()))?;
        }
        Ok(if count > 0 { Outcome::Found } else { Outcome::NothingFound })
    }
}
