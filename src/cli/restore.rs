//! `paperkin restore`: how does an archive become a store again?

use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::ensure;
use clap::Args;

use super::output::{self, Output};
use super::progress::Line;
use super::upkeep::folder_for;
use super::{Outcome, ThreadArgs, interrupt, reindex};
use crate::engine::Address;
use crate::error::Error;
use crate::store::{Store, delete_unfinished};

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

/// Time after an interrupt that unpacking has to stop by itself. It cannot while it waits for input.
const PATIENCE: Duration = Duration::from_millis(300);

impl Restore {
    pub fn run(&self, store: &Address, output: &mut Output) -> anyhow::Result<Outcome> {
        let dir = folder_for(store, "`restore`")?;
        ensure!(
            !self.file.is_dir(),
            "`{}` is a folder. A snapshot in a folder is a store: copy it, or use it with `--store`",
            self.file.display()
        );
        let from: Box<dyn Read + Send> = if self.file.as_os_str() == "-" {
            ensure!(
                !io::stdin().is_terminal(),
                "standard input is a terminal; redirect an archive to it, as in `paperkin restore - < papers.tar.zst`"
            );
            Box::new(io::stdin())
        } else {
            Box::new(fs_err::File::open(&self.file)?)
        };
        interrupt::listen();
        let Some(restored) = self.unpacked(from, dir) else {
            output::note("interrupted: nothing was restored");
            return Ok(Outcome::Interrupted);
        };
        let restored = restored?;
        output.line(&format!("restored {} to `{}`", output::papers(restored.count()?), dir.display()))?;
        if !self.no_index {
            output.flush()?;
            interrupt::end_at_once("interrupted: the papers are restored; `paperkin reindex` builds the indexes");
            reindex::rebuild(&restored, self.threads.threads(), false, output)?;
        }
        Ok(Outcome::Found)
    }

    /// Unpacks an archive on another thread; `None` if that was interrupted.
    fn unpacked(&self, from: Box<dyn Read + Send>, store: &Path) -> Option<Result<Store, Error>> {
        let (sender, receiver) = mpsc::channel();
        let (name, dir) = (self.file.display().to_string(), store.to_owned());
        std::thread::spawn(move || sender.send(Store::restore(from, &name, &dir, &Line::new())));
        let mut since = None;
        loop {
            match receiver.recv_timeout(Duration::from_millis(50)) {
                Ok(Err(Error::Interrupted)) => return None,
                Ok(restored) => return Some(restored),
                // The thread has panicked, which is reported on standard error.
                Err(RecvTimeoutError::Disconnected) => return Some(Err(Error::Interrupted)),
                Err(RecvTimeoutError::Timeout) if interrupt::happened() => {
                    if since.get_or_insert_with(Instant::now).elapsed() > PATIENCE {
                        // It waits for input, so that it does not delete its files itself.
                        delete_unfinished(store);
                        return None;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}
