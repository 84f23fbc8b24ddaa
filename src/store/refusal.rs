//! What did SQLite or the system refuse, and what does that mean for whoever uses the store?

use std::io::{self, ErrorKind};
use std::path::Path;

use rusqlite::{ErrorCode, ffi};

use super::{lock, schema};
use crate::error::Error;

/// What SQLite refused of the papers, in the store's terms.
pub(super) fn database(dir: &Path, source: rusqlite::Error) -> Error {
    database_at(dir, &dir.join(schema::FILE), source)
}

/// What SQLite refused of a database at `path` in a store.
pub(super) fn database_at(dir: &Path, path: &Path, source: rusqlite::Error) -> Error {
    let dir = dir.to_owned();
    match source.sqlite_error() {
        // SQLite has a code of its own for a disk without room for its shared memory.
        Some(error) if error.code == ErrorCode::DiskFull || error.extended_code == ffi::SQLITE_IOERR_SHMSIZE => {
            Error::DiskFull { dir, source: source.into() }
        }
        Some(error) if error.code == ErrorCode::ReadOnly => Error::StoreReadOnly { dir, source: source.into() },
        // The writer's lock is ours, so this is a program that does not know it.
        Some(error) if error.code == ErrorCode::DatabaseBusy => {
            Error::StoreLocked { dir, holder: None, waited_s: lock::PATIENCE.as_secs() }
        }
        _ => Error::Database { path: path.to_owned(), source },
    }
}

/// What the system refused when the store was to be written, in the store's terms.
pub(super) fn refused(dir: &Path, source: io::Error) -> Error {
    let dir = dir.to_owned();
    match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Error::DiskFull { dir, source: source.into() },
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            Error::StoreReadOnly { dir, source: source.into() }
        }
        _ => source.into(),
    }
}
