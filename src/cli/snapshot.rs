//! `paperkin snapshot`: how is a store copied while it is in use?

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};

use super::output::{self, Output};
use super::progress::Line;
use super::{Outcome, interrupt};
use crate::durable::Replacement;
use crate::error::Error;
use crate::store::Store;

/// Copy the store into a folder or an archive
///
/// The copy is a consistent store of its own. Other processes can search, add and serve meanwhile. The HNSW graph and
/// the full-text index are not copied; `restore`, `add`, `serve` and `reindex` rebuild them.
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin snapshot backup
  paperkin --store arxiv snapshot arxiv.tar.zst
  paperkin snapshot - > papers.tar.zst")]
pub(super) struct Snapshot {
    /// Folder or file for the copy; a folder must be empty or not exist, `-` is standard output
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// Write the copy in this format [default: `tar.zst` for a path that ends so, else `dir`]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A folder, which is a store
    Dir,
    /// A compressed archive with the SHA-256 of each file
    #[value(name = "tar.zst")]
    TarZst,
}

impl Snapshot {
    pub fn run(&self, store: &Path, output: &mut Output) -> anyhow::Result<Outcome> {
        let path = &self.path;
        let is_standard = path.as_os_str() == "-";
        let is_archive = is_standard || path.to_string_lossy().ends_with(".tar.zst");
        let format = self.format.unwrap_or(if is_archive { Format::TarZst } else { Format::Dir });
        let store = Store::open(store)?;
        if format == Format::Dir {
            anyhow::ensure!(!is_standard, "standard output cannot be a folder; use `--format tar.zst`");
            let papers = store.copy_to(path)?;
            output.line(&format!("copied {} to `{}`", output::papers(papers), path.display()))?;
            return Ok(Outcome::Found);
        }
        interrupt::listen();
        let line = Line::new();
        if is_standard {
            if io::stdout().is_terminal() {
                return Err(Error::BytesToTerminal.into());
            }
            let papers = store.archive(output::raw(), above(store.dir()), &line)?;
            output::note(&format!("copied {} to standard output", output::papers(papers)));
            return Ok(Outcome::Found);
        }
        let mut file = Replacement::begin(path)?;
        let papers = store.archive(&mut file, above(path), &line)?;
        file.finish()?;
        let size = fs_err::metadata(path).context("the archive was written")?.len();
        let copied = format!("copied {} to `{}` ({})", output::papers(papers), path.display(), output::bytes(size));
        output.line(&copied)?;
        Ok(Outcome::Found)
    }
}

/// The folder of a file.
fn above(path: &Path) -> &Path {
    path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}
