//! `paperkin restore`: how does an archive become a store again?

use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use clap::Args;

use super::output::{self, Output};
use super::progress::Line;
use super::{Outcome, ThreadArgs, interrupt, reindex};
use crate::store::Store;

/// Restore a store from an archive
///
/// The archive is one that `paperkin snapshot --format tar.zst` wrote. Each file is checked by its SHA-256. The folder
/// of `--store` must be empty or not exist. Then the HNSW graph and the full-text index are built.
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin --store papers restore papers.tar.zst
  paperkin --store papers restore --no-index -")]
pub(super) struct Restore {
    /// The archive; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Do not build the HNSW graph and the full-text index; `serve`, `add` and `reindex` build them
    #[arg(long)]
    no_index: bool,
    #[command(flatten)]
    threads: ThreadArgs,
}

impl Restore {
    pub fn run(&self, store: &Path, output: &mut Output) -> anyhow::Result<Outcome> {
        anyhow::ensure!(
            !self.file.is_dir(),
            "`{}` is a folder. A snapshot in a folder is a store: copy it, or use it with `--store`",
            self.file.display()
        );
        interrupt::listen();
        let from: Box<dyn Read> = if self.file.as_os_str() == "-" {
            Box::new(io::stdin().lock())
        } else {
            Box::new(fs_err::File::open(&self.file)?)
        };
        let name = self.file.display().to_string();
        let restored = Store::restore(BufReader::with_capacity(1 << 16, from), &name, store, &Line::new())?;
        output.line(&format!("restored {} to `{}`", output::papers(restored.count()?), store.display()))?;
        if !self.no_index && !interrupt::happened() {
            output.flush()?;
            interrupt::end_at_once();
            reindex::rebuild(&restored, self.threads.threads(), false, output)?;
        }
        Ok(Outcome::Found)
    }
}
