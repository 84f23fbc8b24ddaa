//! What commands do beside reading and writing papers: opening a collection, and bringing its indexes up to date.

use std::path::Path;

use super::add::{give_up_lost_commits, renew_words};
use super::hints::instead_of;
use super::output;
use crate::embed::ModelFolder;
use crate::engine::{Address, Collection, Engine};
use crate::error::Error;

/// The folder of a store, for a command that works on nothing else.
pub(super) fn folder_for<'a>(store: &'a Address, command: &'static str) -> Result<&'a Path, Error> {
    store.folder(command, instead_of(command))
}

/// Opens a collection for papers embedded with a model, and creates it if it does not exist. Commits that a store in a folder has
/// lost are given up.
pub(super) fn open_or_create(store: &Address, model: &ModelFolder) -> anyhow::Result<Collection> {
    let collection = Collection::open_or_create(store, model)?;
    if let Some(opened) = collection.store()
        && give_up_lost_commits(opened)?
    {
        // The graph that was opened with it may have lost commits.
        return Ok(Collection::open(store)?);
    }
    Ok(collection)
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
