//! What commands do beside reading and writing papers: opening a collection, and bringing its indexes up to date.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::add::{give_up_lost_commits, renew_words};
use super::hints::instead_of;
use super::output;
use crate::embed::{Fingerprint, ModelFolder};
use crate::engine::{Address, Collection, Engine};
use crate::error::Error;
use crate::full_text;
use crate::graph::{self, Occasion};

/// While papers are added, growing the graph takes at most about 1 / this of the time: with a static model, papers are added faster
/// than they are inserted into the graph.
const GROWTH_SHARE: u32 = 10;

/// The folder of a store, for a command that works on nothing else.
pub(super) fn folder_for<'a>(store: &'a Address, command: &'static str) -> Result<&'a Path, Error> {
    store.folder(command, instead_of(command))
}

/// Opens a collection for papers embedded with a model, and creates it if it does not exist. Commits that a store in a folder has
/// lost are given up.
pub(super) fn open_or_create(store: &Address, model: &ModelFolder) -> anyhow::Result<Collection> {
    open_or_create_for(store, model.fingerprint(), model.path_to_remember().as_deref())
}

/// As [`open_or_create`], for vectors of this fingerprint; `path` is the folder of the model, if its name does not find it.
pub(super) fn open_or_create_for(
    store: &Address,
    fingerprint: &Fingerprint,
    path: Option<&Path>,
) -> anyhow::Result<Collection> {
    let collection = Collection::open_or_create(store, fingerprint, path)?;
    if let Some(opened) = collection.store()
        && give_up_lost_commits(opened)?
    {
        // The graph that was opened with it may have lost commits.
        return Ok(Collection::open(store)?);
    }
    Ok(collection)
}

/// Brings the indexes of a store in a folder up to date while papers are added. Servers update their indexes without this.
pub(super) struct Upkeep<'a> {
    collection: &'a Collection,
    threads: usize,
    has_graph: bool,
    /// When the graph was grown last, and how long that took.
    last_growth: Mutex<(Instant, Duration)>,
}

impl<'a> Upkeep<'a> {
    /// `has_graph`: whether the graph grows as well.
    pub fn new(collection: &'a Collection, threads: usize, has_graph: bool) -> Self {
        Self { collection, threads, has_graph, last_growth: Mutex::new((Instant::now(), Duration::ZERO)) }
    }

    /// A failure is reported at the end of the command, when this is tried again.
    pub fn keep_up(&self) {
        let Some(store) = self.collection.store() else { return };
        let _ = full_text::renew(store);
        if !self.has_graph {
            return;
        }
        let mut last = self.last_growth.lock().unwrap_or_else(PoisonError::into_inner);
        let (end, took) = *last;
        if end.elapsed() >= took * GROWTH_SHARE {
            let start = Instant::now();
            let _ = graph::renewed(store, self.threads, Occasion::Adding, |_| ());
            *last = (Instant::now(), start.elapsed());
        }
    }
}

/// Brings the indexes for words up to date after papers were added or removed. Searches are correct without that, so a failure is a
/// warning.
pub(super) fn finish(collection: &Collection) {
    match collection.store() {
        Some(store) => renew_words(store),
        None => {
            if let Err(error) = collection.writer().finish() {
                output::warning(&error.to_string());
            }
        }
    }
}
