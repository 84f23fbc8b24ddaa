//! `paperkin snapshot`: how is a store copied while it is in use?

use std::io::{self, ErrorKind, IsTerminal};
use std::path::PathBuf;

use anyhow::{bail, ensure};
use clap::{Args, ValueEnum};

use super::output::{self, Output};
use super::progress::Line;
use super::upkeep::folder_for;
use super::{Outcome, interrupt};
use crate::durable::{self, Replacement};
use crate::engine::Address;
use crate::error::Error;
use crate::store::Store;

/// Copy the store into a folder or an archive
///
/// The copy is a consistent store of its own. Other processes can search, add and serve meanwhile. The HNSW graph and
/// the full-text index are not copied; `restore`, `add`, `serve` and `reindex` rebuild them. For an archive, a temporary
/// copy of the store is written beside it first, or into the system's temporary folder for standard output.
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin snapshot backup
  paperkin --store arxiv snapshot arxiv.tar.zst
  paperkin snapshot - > papers.tar.zst")]
pub(super) struct Snapshot {
    /// Folder or archive for the copy; `-` is standard output. A folder must be empty or new; an archive is replaced
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// Write the copy in this format [default: `tar.zst` if the path ends with `.tar.zst`, otherwise `dir`]
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

/// Endings of archives.
const ARCHIVES: [&str; 2] = [".tar.zst", ".tzst"];
/// Endings of archives in other formats.
const OTHER_ARCHIVES: [&str; 7] = [".tar", ".tar.gz", ".tgz", ".tar.xz", ".zst", ".zip", ".gz"];

impl Snapshot {
    pub fn run(&self, store: &Address, output: &mut Output) -> anyhow::Result<Outcome> {
        let format = self.chosen()?;
        let store = Store::open(folder_for(store, "`snapshot`")?)?;
        interrupt::listen();
        let copied = match format {
            Format::Dir => self.to_folder(&store, output),
            Format::TarZst if self.is_standard() => to_standard_output(&store),
            Format::TarZst => self.to_archive(&store, output),
        };
        match copied {
            Err(error) if matches!(error.downcast_ref(), Some(Error::Interrupted)) => {
                output::note("interrupted: the copy was deleted");
                Ok(Outcome::Interrupted)
            }
            copied => copied.map(|()| Outcome::Found),
        }
    }

    fn is_standard(&self) -> bool {
        self.path.as_os_str() == "-"
    }

    fn chosen(&self) -> anyhow::Result<Format> {
        let name = self.path.to_string_lossy().to_lowercase();
        let format = match self.format {
            Some(format) => format,
            None if self.is_standard() || ARCHIVES.iter().any(|ending| name.ends_with(ending)) => Format::TarZst,
            None => {
                let is_archive = OTHER_ARCHIVES.iter().any(|ending| name.ends_with(ending));
                ensure!(
                    !is_archive,
                    "the format of archives is `tar.zst`, but the path is `{}`; use a name such as `papers.tar.zst`, or pass \
                     `--format`",
                    self.path.display()
                );
                Format::Dir
            }
        };
        ensure!(format == Format::TarZst || !self.is_standard(), "standard output cannot be a folder");
        Ok(format)
    }

    fn to_folder(&self, store: &Store, output: &mut Output) -> anyhow::Result<()> {
        let papers = store.copy_watched(&self.path, &Line::new())?;
        output.line(&format!("copied {} to `{}`", output::papers(papers), self.path.display()))?;
        Ok(())
    }

    fn to_archive(&self, store: &Store, output: &mut Output) -> anyhow::Result<()> {
        let above = durable::folder_of(&self.path);
        durable::create_folder(above)?;
        let mut file = Replacement::begin(&self.path)?;
        let papers = store.archive(&mut file, above, &Line::new())?;
        file.finish()?;
        let size = output::bytes(fs_err::metadata(&self.path)?.len());
        output.line(&format!("copied {} to `{}` ({size})", output::papers(papers), self.path.display()))?;
        Ok(())
    }
}

fn to_standard_output(store: &Store) -> anyhow::Result<()> {
    if io::stdout().is_terminal() {
        return Err(Error::BytesToTerminal.into());
    }
    match store.archive(output::raw(), &std::env::temp_dir(), &Line::new()) {
        // Unlike a list of hits, half an archive is of no use.
        Err(Error::Io(error)) if error.kind() == ErrorKind::BrokenPipe => {
            bail!("standard output was closed before the archive was complete")
        }
        copied => output::note(&format!("copied {} to standard output", output::papers(copied?))),
    }
    Ok(())
}
