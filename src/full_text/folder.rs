//! The index's folder on disk: opens it, and brings it up to date. One process writes it at a time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use fixedbitset::FixedBitSet;

use super::written::{self, Before, Written};
use super::{MOST_IN_MEMORY, full_text_error};
use crate::error::Result;
use crate::store::{Snapshot, Store, View, try_lock};

/// The name of the folder, without the number of the generation that follows.
const FOLDER: &str = "lexical.";
/// The lock file of the process that writes the folder.
const LOCK: &str = "lexical.lock";

/// The folder is written once it lacks this number of papers. It is half of the maximum in memory, so that a search need not wait
/// for it.
const MANY: usize = MOST_IN_MEMORY / 2;

/// The index in the folder when it was opened; `None` if there is none or it is damaged.
#[derive(Debug, Default)]
pub(super) struct Folder {
    pub written: Option<Written>,
}

impl Folder {
    /// Opens the index of one generation of a store.
    pub fn open(dir: &Path, generation: u64) -> Self {
        Self { written: Written::open(&folder(dir, generation)) }
    }
}

/// The rows of the live papers that the folder's index contains. With `anew`, the checksums of all its files are compared.
#[must_use]
pub fn rows(dir: &Path, snapshot: &Snapshot, anew: bool) -> FixedBitSet {
    let written = written::opened(&folder(dir, snapshot.generation.number), anew);
    let mut rows = written.map(|(_, written)| written.rows()).unwrap_or_default();
    rows.intersect_with(snapshot.live());
    rows
}

/// Whether the folder's index was written by an older version.
#[must_use]
pub fn is_outdated(dir: &Path, snapshot: &Snapshot) -> bool {
    Written::open(&folder(dir, snapshot.generation.number)).is_some_and(|written| written.is_outdated())
}

/// Commits that the index has, but the database does not: its write-ahead log was deleted, or it was replaced by an older copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LostCommits {
    /// The last commit that the full-text index contains.
    pub indexed: u64,
    /// The last commit of the database.
    pub recorded: u64,
}

impl std::fmt::Display for LostCommits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { indexed, recorded } = self;
        write!(
            f,
            "papers.sqlite ends with commit {recorded}, but the full-text index has commit {indexed}: the commits between are lost"
        )
    }
}

/// The commits that the database has lost. A commit is indexed only once it is durable, so a crash loses none.
///
/// # Errors
/// When the store cannot be read.
pub fn lost_commits(store: &Store) -> Result<Option<LostCommits>> {
    let number = store.generation()?.number;
    let Some(covers) = written::covered(&folder(store.dir(), number)) else { return Ok(None) };
    // Read after the index, to which another process may add a commit at any time.
    let now = store.generation()?;
    let is_of_now = covers.generation == number && now.number == number;
    let lost = LostCommits { indexed: covers.commits, recorded: now.commits };
    Ok((is_of_now && lost.indexed > lost.recorded).then_some(lost))
}

/// Brings the folder's index up to the last commit. If it is damaged or lacks papers that it claims to contain, it is built anew.
/// Does nothing while another process writes it.
///
/// # Errors
/// When the store cannot be read or the folder cannot be written.
pub fn renew(store: &Store) -> Result<()> {
    let Some(_lock) = try_lock(&store.dir().join(LOCK))? else { return Ok(()) };
    write(&store.view()?)
}

/// As [`renew`], but only if the index lacks many papers. A few are indexed in memory faster than an index is opened.
///
/// # Errors
/// As [`renew`].
pub fn renew_if_behind(store: &Store) -> Result<()> {
    let view = store.view()?;
    let covered = written::covered(&folder(store.dir(), view.generation.number));
    let since = covered.filter(|covers| covers.generation == view.generation.number).map(|covers| covers.commits);
    let lacks_few = match since {
        Some(since) => since > view.generation.commits || view.count_since(since)? < MANY,
        None => false,
    };
    drop(view);
    if lacks_few { Ok(()) } else { renew(store) }
}

/// As [`renew`], but up to the commit of a view; also opens the index. Returns an empty folder while another process writes it. A
/// folder that is newer than the view is left unchanged.
pub(super) fn renew_to(view: &View<'_>) -> Result<Folder> {
    let Some(_lock) = try_lock(&view.store().dir().join(LOCK))? else { return Ok(Folder::default()) };
    write(view)?;
    Ok(Folder::open(view.store().dir(), view.generation.number))
}

/// Builds the folder's index anew, whatever is there. Returns `false`, and does nothing, while another process writes it.
///
/// # Errors
/// As [`renew`].
pub fn rebuild(store: &Store) -> Result<bool> {
    let Some(_lock) = try_lock(&store.dir().join(LOCK))? else { return Ok(false) };
    let view = store.view()?;
    make(&view, &folder(store.dir(), view.generation.number))?;
    Ok(true)
}

/// Writes the index of a view's papers into a folder that need not be that of its store, for a generation `number` in which the
/// papers have the same rows as in the view.
///
/// # Errors
/// When the store cannot be read or the folder cannot be written.
pub fn build_for(view: &View<'_>, dir: &Path, number: u64) -> Result<()> {
    let index = written::create(&folder(dir, number)).map_err(|source| full_text_error(view.store(), source))?;
    written::write_for(view, &index, &Before::default(), number)
}

/// Brings the folder up to a view. The caller holds the lock.
fn write(view: &View<'_>) -> Result<()> {
    let folder = folder(view.store().dir(), view.generation.number);
    let caught_up = catch_unwind(AssertUnwindSafe(|| catch_up(view, &folder)));
    if caught_up.is_ok_and(|caught_up| caught_up == Some(())) { Ok(()) } else { make(view, &folder) }
}

/// Builds the folder's index anew. Meanwhile the old one can be opened.
fn make(view: &View<'_>, folder: &Path) -> Result<()> {
    let new = folder.with_extension(format!("{}.new", view.generation.number));
    let index = written::create(&new).map_err(|source| full_text_error(view.store(), source))?;
    written::write_for(view, &index, &Before::default(), view.generation.number)?;
    drop(index);
    if folder.exists() {
        fs_err::remove_dir_all(folder)?;
    }
    Ok(fs_err::rename(&new, folder)?)
}

/// Adds the papers that the folder's index lacks; `None` if it does not contain all papers afterwards.
fn catch_up(view: &View<'_>, folder: &Path) -> Option<()> {
    let generation = &view.generation;
    let fits = |written: &Written| written.covers.generation == generation.number && !written.is_outdated();
    let (index, before) = written::opened(folder, false).filter(|(_, written)| fits(written))?;
    if before.covers.commits > generation.commits {
        // Another process has indexed a later commit than that of this view.
        return Some(());
    }
    let before = Before { commits: before.covers.commits, rows: before.rows() };
    if before.commits != generation.commits || !before.rows.is_subset(view.live()) {
        written::write_for(view, &index, &before, generation.number).ok()?;
    }
    view.live().is_subset(&Written::open(folder)?.rows()).then_some(())
}

pub(super) fn folder(dir: &Path, generation: u64) -> PathBuf {
    dir.join(format!("{FOLDER}{generation}"))
}
