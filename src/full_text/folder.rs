//! What is in the index's folder, and who brings it up to what is committed? One process at a time.

use std::fs::TryLockError;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use fixedbitset::FixedBitSet;

use super::told;
use super::written::{self, Written};
use crate::error::Result;
use crate::store::{Snapshot, Store, View};

/// Begins the name of the folder; the number of the generation follows.
const FOLDER: &str = "lexical.";
/// Held by the process that writes the folder.
const LOCK: &str = "lexical.lock";

/// The index of the folder as it was opened; nothing where there is none, or it is damaged.
#[derive(Debug, Default)]
pub(super) struct Folder {
    pub written: Option<Written>,
}

impl Folder {
    /// Opens the index of a store's generation.
    pub fn open(dir: &Path, generation: u64) -> Self {
        Self { written: Written::open(&folder(dir, generation)) }
    }
}

/// The rows of the papers in the folder's index, as far as they are rows of papers still.
#[must_use]
pub fn rows(dir: &Path, snapshot: &Snapshot) -> FixedBitSet {
    let written = Written::open(&folder(dir, snapshot.generation.number));
    let mut rows = written.map(|written| written.rows()).unwrap_or_default();
    rows.intersect_with(snapshot.live());
    rows
}

/// Brings the folder's index up to what is committed, and builds it anew where it is damaged or something else than it
/// says. While another process does that, there is nothing to do.
///
/// # Errors
/// When the store cannot be read, or the folder not be written.
pub fn renew(store: &Store) -> Result<()> {
    let Some(_alone) = alone(store.dir())? else { return Ok(()) };
    write(&store.view()?)
}

/// As [`renew`], up to what a view sees, and opens it. Nothing while another process does that, or when the folder is newer.
pub(super) fn renew_to(view: &View<'_>) -> Result<Folder> {
    let Some(_alone) = alone(view.store().dir())? else { return Ok(Folder::default()) };
    write(view)?;
    Ok(Folder::open(view.store().dir(), view.generation.number))
}

/// Builds the folder's index anew, whatever is there. While another process works on it, it is left to that one, and the
/// answer is false.
///
/// # Errors
/// As [`renew`].
pub fn rebuild(store: &Store) -> Result<bool> {
    let Some(_alone) = alone(store.dir())? else { return Ok(false) };
    let view = store.view()?;
    make(&view, &folder(store.dir(), view.generation.number))?;
    Ok(true)
}

/// Indexes the words of a view in another folder than its store's, where a generation `number` will look for them in which
/// the papers have the rows that they have in this one.
///
/// # Errors
/// When the store cannot be read, or the folder not be written.
pub fn build_for(view: &View<'_>, dir: &Path, number: u64) -> Result<()> {
    let index = written::create(&folder(dir, number)).map_err(|source| told(view.store(), source))?;
    written::write_for(view, &index, 0, &FixedBitSet::new(), number)
}

/// The lock of the folder, unless another process has it.
fn alone(dir: &Path) -> Result<Option<fs_err::File>> {
    let lock = fs_err::OpenOptions::new().write(true).create(true).truncate(false).open(dir.join(LOCK))?;
    match lock.file().try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Brings the folder up to a view, whose lock is held.
fn write(view: &View<'_>) -> Result<()> {
    let folder = folder(view.store().dir(), view.generation.number);
    let caught_up = catch_unwind(AssertUnwindSafe(|| catch_up(view, &folder)));
    if caught_up.is_ok_and(|caught_up| caught_up == Some(())) { Ok(()) } else { make(view, &folder) }
}

fn make(view: &View<'_>, folder: &Path) -> Result<()> {
    let index = written::create(folder).map_err(|source| told(view.store(), source))?;
    written::write_for(view, &index, 0, &FixedBitSet::new(), view.generation.number)
}

/// Writes what the folder's index lacks; `None` when it does not hold all papers then.
fn catch_up(view: &View<'_>, folder: &Path) -> Option<()> {
    let generation = &view.generation;
    let (index, before) =
        written::opened(folder).filter(|(_, written)| written.covers.generation == generation.number)?;
    if before.covers.commits > generation.commits {
        // Another process has written what this view does not see.
        return Some(());
    }
    let mut gone = before.rows();
    gone.difference_with(view.live());
    if before.covers.commits != generation.commits || !gone.is_clear() {
        written::write_for(view, &index, before.covers.commits, &gone, generation.number).ok()?;
    }
    view.live().is_subset(&Written::open(folder)?.rows()).then_some(())
}

fn folder(dir: &Path, generation: u64) -> PathBuf {
    dir.join(format!("{FOLDER}{generation}"))
}
