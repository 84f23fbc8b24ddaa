//! A pool of database connections: idle ones are kept, so that a request rarely opens a new one.

use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::papers::Papers;
use super::{lock, meta};
use crate::error::Result;

/// Maximum number of idle connections; above the number of search threads.
const IDLE: usize = 16;

/// The connections of one store.
pub(super) struct Pool {
    dir: PathBuf,
    idle: Mutex<Vec<Papers>>,
}

/// A connection that returns to its pool when dropped.
pub(super) struct Borrowed<'a> {
    pool: &'a Pool,
    /// `Some` until it is dropped.
    papers: Option<Papers>,
}

impl Pool {
    /// A pool with one connection. A store of an older format is upgraded; if it is read-only, it is read without an
    /// upgrade.
    pub fn open(dir: &Path) -> Result<Self> {
        Ok(Self { dir: dir.to_owned(), idle: Mutex::new(vec![connect(dir)?]) })
    }

    /// An idle connection, or a new one.
    pub fn take(&self) -> Result<Borrowed<'_>> {
        let idle = self.idle().pop();
        let papers = match idle {
            // The file was opened as immutable and has changed. If it cannot be opened now, while another process
            // writes, the next request tries again.
            Some(papers) if papers.is_outdated() => connect(&self.dir).unwrap_or(papers),
            Some(papers) => papers,
            None => connect(&self.dir)?,
        };
        Ok(Borrowed { pool: self, papers: Some(papers) })
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Papers>> {
        // A panic during a read leaves no state behind for the next reader: a connection returns without a transaction,
        // or not at all.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        let Some(papers) = self.papers.take() else { return };
        let mut idle = self.pool.idle();
        if idle.len() < IDLE && papers.end_reading() {
            idle.push(papers);
        }
    }
}

impl Deref for Borrowed<'_> {
    type Target = Papers;

    fn deref(&self) -> &Papers {
        self.papers.as_ref().unwrap_or_else(|| unreachable!("it is taken when this is dropped"))
    }
}

impl DerefMut for Borrowed<'_> {
    fn deref_mut(&mut self) -> &mut Papers {
        self.papers.as_mut().unwrap_or_else(|| unreachable!("it is taken when this is dropped"))
    }
}

/// Connects to the database. An older format is upgraded by the first process with write access. The format version is
/// raised last: a process that finds the old version, after a crash or beside another process, repeats the upgrade.
pub(super) fn connect(dir: &Path) -> Result<Papers> {
    let format = meta::format(dir)?;
    let mut papers = Papers::open(dir)?;
    if format == meta::FORMAT {
        return Ok(papers);
    }
    if papers.is_read_only()? {
        papers.view_as_current()?;
    } else {
        let _lock = lock::Lock::acquire(dir)?;
        papers.upgrade()?;
        meta::write(dir)?;
    }
    Ok(papers)
}
