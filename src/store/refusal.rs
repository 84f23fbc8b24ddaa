//! Translates errors of SQLite and of the file system into errors of the store.

use std::io::{self, ErrorKind};
use std::path::Path;

use rusqlite::{ErrorCode, ffi};

use super::{lock, schema};
use crate::error::Error;

/// An error of the papers' database as an error of the store.
pub(super) fn database(dir: &Path, source: rusqlite::Error) -> Error {
    database_at(dir, &dir.join(schema::FILE), source)
}

/// An error of the database at `path` in a store.
pub(super) fn database_at(dir: &Path, path: &Path, source: rusqlite::Error) -> Error {
    let dir = dir.to_owned();
    if let rusqlite::Error::FromSqlConversionFailure(_, _, reason) = source {
        return Error::StoreDamaged { dir, reason: reason.to_string() };
    }
    match source.sqlite_error() {
        // SQLite has a separate code for a disk without space for its shared memory.
        Some(error) if error.code == ErrorCode::DiskFull || error.extended_code == ffi::SQLITE_IOERR_SHMSIZE => {
            Error::DiskFull { dir, source: source.into() }
        }
        Some(error) if error.code == ErrorCode::ReadOnly => Error::StoreReadOnly { dir, source: source.into() },
        // This process holds the write lock, so the other one is a program that does not use it.
        Some(error) if error.code == ErrorCode::DatabaseBusy => {
            Error::StoreLocked { dir, holder: None, waited_s: lock::PATIENCE.as_secs() }
        }
        _ => Error::Database { path: path.to_owned(), source },
    }
}

/// An error of writing to the store's folder as an error of the store.
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
