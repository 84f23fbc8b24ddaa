//! The tables of the database, and the upgrade of older formats.
//!
//! Format 1 has neither `changed` nor `commits`; all its papers count as written by the first commit. Format 2 has no
//! table `sentences`; its papers have no sentence embeddings.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::lock::PATIENCE;

/// File name of the database.
pub(super) const FILE: &str = "papers.sqlite";

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS generation (
    only         INTEGER PRIMARY KEY CHECK (only = 1),
    number       INTEGER NOT NULL,
    file         TEXT NOT NULL,
    fingerprint  TEXT NOT NULL,
    model_path   TEXT,
    rows         INTEGER NOT NULL,
    commits      INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE TABLE IF NOT EXISTS papers (
    id           TEXT PRIMARY KEY,
    row          INTEGER NOT NULL UNIQUE,
    title        TEXT NOT NULL,
    abstract     TEXT NOT NULL,
    authors      TEXT NOT NULL,
    author_count INTEGER,
    organisation TEXT,
    categories   TEXT NOT NULL,
    published    TEXT,
    url          TEXT,
    comments     INTEGER,
    content_hash BLOB NOT NULL,
    changed      INTEGER NOT NULL DEFAULT 1
) STRICT;
";

/// A separate table, because it would bloat the pages of `papers`.
const SENTENCES: &str = "sentences (id TEXT PRIMARY KEY, codes BLOB NOT NULL) STRICT";

const INDEX: &str = "CREATE INDEX IF NOT EXISTS papers_changed ON papers (changed, row)";

/// A column can only be added to a non-empty table if it has a default.
const COLUMNS_SINCE_FORMAT_1: [(&str, &str); 2] = [("generation", "commits"), ("papers", "changed")];

/// Creates the tables, or completes an interrupted creation.
pub(super) fn create(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.execute_batch(TABLES)?;
    upgrade(connection)
}

/// Adds what an older format lacks, in one transaction. Repeating it is harmless.
pub(super) fn upgrade(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (table, column) in COLUMNS_SINCE_FORMAT_1 {
        if !transaction.column_exists(None, table, column)? {
            transaction
                .execute_batch(&format!("ALTER TABLE {table} ADD COLUMN {column} INTEGER NOT NULL DEFAULT 1"))?;
        }
    }
    transaction.execute_batch(&format!("{INDEX}; CREATE TABLE IF NOT EXISTS {SENTENCES}"))?;
    transaction.commit()
}

/// Lets this connection read the tables of an older format as those of the current one, if they are read-only: with
/// temporary views over them, and an empty temporary table. If another process adds the columns in the meantime, they
/// come first in `*` and take precedence.
pub(super) fn view_as_current(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    for (table, column) in COLUMNS_SINCE_FORMAT_1 {
        if !connection.column_exists(Some("main"), table, column)? {
            connection
                .execute_batch(&format!("CREATE TEMP VIEW {table} AS SELECT *, 1 AS {column} FROM main.{table}"))?;
        }
    }
    connection.execute_batch(&format!("CREATE TEMP TABLE {SENTENCES}"))
}

/// Opens a database for reading and, if the folder is writable, for writing.
pub(super) fn connect(path: &Path, more: OpenFlags) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | more;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    first_read(connection)
}

/// Opens a database as immutable, in a folder where SQLite cannot create its shared memory. This is valid while no
/// other process writes. `None` if a crash left commits in the write-ahead log, which would not be seen.
pub(super) fn connect_unchanging(path: &Path) -> Option<Connection> {
    if has_log(path) {
        return None;
    }
    let absolute = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let escaped = absolute.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags).and_then(first_read).ok()
}

/// Whether the write-ahead log has commits that are not yet in the database file.
pub(super) fn has_log(path: &Path) -> bool {
    path.with_extension("sqlite-wal").metadata().is_ok_and(|log| log.len() > 0)
}

/// SQLite opens lazily; this read fails for a file that cannot be opened or is not a database.
fn first_read(connection: Connection) -> rusqlite::Result<Connection> {
    let _: i64 = connection.pragma_query_value(None, "schema_version", |row| row.get(0))?;
    Ok(connection)
}
