//! Who has a connection to the database at hand? Connections are kept when they are not used, so that a request opens none.

use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::papers::Papers;
use super::{lock, meta};
use crate::error::Result;

/// Connections that are kept while nobody uses them; more than there are threads that search.
const IDLE: usize = 16;

/// The connections of one store.
pub(super) struct Pool {
    dir: PathBuf,
    idle: Mutex<Vec<Papers>>,
}

/// A connection that goes back to its pool.
pub(super) struct Borrowed<'a> {
    pool: &'a Pool,
    /// There until it is dropped.
    papers: Option<Papers>,
}

impl Pool {
    /// A pool with one connection. A store of an older format is upgraded, or only read as if it were of the current one where
    /// it is read-only.
    pub fn open(dir: &Path) -> Result<Self> {
        Ok(Self { dir: dir.to_owned(), idle: Mutex::new(vec![connect(dir)?]) })
    }

    /// An idle connection, or a new one.
    pub fn take(&self) -> Result<Borrowed<'_>> {
        let idle = self.idle().pop();
        let papers = match idle {
            // A file that was opened as unchanging, and did change. Where it cannot be opened now, in the middle of what another
            // process does, the next one tries again.
            Some(papers) if papers.is_outdated() => connect(&self.dir).unwrap_or(papers),
            Some(papers) => papers,
            None => connect(&self.dir)?,
        };
        Ok(Borrowed { pool: self, papers: Some(papers) })
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Papers>> {
        // A panic while reading leaves no state behind that the next reader could see: a connection comes back without a
        // transaction, or not at all.
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

/// Connects to the papers; those of an older format are upgraded at the first opening that may write. The format version
/// is raised last: whoever finds the old one, after a crash or beside another process, makes sure that all is done.
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
