//! `paperkin man`: what are the manual pages of this program?

use std::path::PathBuf;

use clap::Args;

use super::{Outcome, command};

/// Write manual pages into a folder
///
/// The folder gets `paperkin.1` and one page for each command, such as `paperkin-search.1`. It is created if necessary.
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin man ~/.local/share/man/man1
  paperkin man target/man")]
pub(super) struct Man {
    /// Folder for the pages
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Man {
    pub fn run(&self) -> anyhow::Result<Outcome> {
        fs_err::create_dir_all(&self.folder)?;
        clap_mangen::generate_to(command(), &self.folder)?;
        Ok(Outcome::Found)
    }
}
