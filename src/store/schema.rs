//! The tables of the database, and the upgrade of older formats.
//!
//! Format 1 has neither `changed` nor `commits`; all its papers count as written by the first commit. Format 2 has no
//! table `sentences`; its papers have no sentence embeddings. Format 3 has one id for each paper, and neither sources nor the
//! columns from `ids` on. Format 4 has no table `dead_rows`, and format 5 no packed abstracts.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior, params};

use super::identity::title_key;
use super::lock::PATIENCE;
use super::record;
use crate::paper::PaperId;

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

/// The rows of vectors that no paper has any more, with the number of the commit since which. So a reader of an earlier commit
/// need not read all rows anew.
const DEAD_ROWS: &str =
    "dead_rows (changed INTEGER NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (changed, row)) STRICT, WITHOUT ROWID";

const INDEX: &str = "CREATE INDEX IF NOT EXISTS papers_changed ON papers (changed, row)";

const TITLE_INDEX: &str = "CREATE INDEX IF NOT EXISTS papers_title ON papers (title_key)";

/// Other ids of papers, the sources of papers, and what each source says about a paper that several describe.
const IDENTITY: [&str; 3] = [
    "aliases (alias TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (alias, id)) STRICT, WITHOUT ROWID",
    "sources (number_of INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT",
    "contributions (id TEXT NOT NULL, place INTEGER NOT NULL, source INTEGER, ordinal INTEGER NOT NULL,
        paper TEXT NOT NULL, PRIMARY KEY (id, place)) STRICT, WITHOUT ROWID",
];

/// Columns that were added since format 1: table, name, type, and the value in tables without it. A column can only be added to
/// a table with rows if it has a default.
const COLUMNS_SINCE_FORMAT_1: [(&str, &str, &str, &str); 18] = [
    ("generation", "commits", "INTEGER NOT NULL", "1"),
    ("papers", "changed", "INTEGER NOT NULL", "1"),
    ("papers", "ids", "TEXT NOT NULL", "'[]'"),
    ("papers", "keywords", "TEXT NOT NULL", "'[]'"),
    ("papers", "kind", "TEXT", "NULL"),
    ("papers", "venue", "TEXT", "NULL"),
    ("papers", "volume", "TEXT", "NULL"),
    ("papers", "number", "TEXT", "NULL"),
    ("papers", "pages", "TEXT", "NULL"),
    ("papers", "publisher", "TEXT", "NULL"),
    ("papers", "language", "TEXT", "NULL"),
    ("papers", "citations", "INTEGER", "NULL"),
    ("papers", "open_access", "TEXT", "NULL"),
    ("papers", "title_key", "INTEGER NOT NULL", "0"),
    ("papers", "source", "INTEGER", "NULL"),
    ("papers", "added", "INTEGER", "NULL"),
    ("papers", "text_rules", "INTEGER NOT NULL", "1"),
    ("papers", "packed", "BLOB", "NULL"),
];

/// Creates the tables, or completes an interrupted creation.
pub(super) fn create(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.execute_batch(TABLES)?;
    upgrade(connection)
}

/// Adds what an older format lacks, in one transaction. Repeating it is harmless.
pub(super) fn upgrade(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let had_titles = transaction.column_exists(None, "papers", "title_key")?;
    for (table, column, kind, default) in COLUMNS_SINCE_FORMAT_1 {
        if !transaction.column_exists(None, table, column)? {
            transaction.execute_batch(&format!("ALTER TABLE {table} ADD COLUMN {column} {kind} DEFAULT {default}"))?;
        }
    }
    transaction.execute_batch(&format!("{INDEX}; CREATE TABLE IF NOT EXISTS {SENTENCES}"))?;
    transaction.execute_batch(&format!("CREATE TABLE IF NOT EXISTS {DEAD_ROWS}"))?;
    for table in IDENTITY {
        transaction.execute_batch(&format!("CREATE TABLE IF NOT EXISTS {table}"))?;
    }
    transaction.execute_batch("CREATE INDEX IF NOT EXISTS aliases_id ON aliases (id)")?;
    if !had_titles {
        find_by_title_and_id(&transaction)?;
    }
    transaction.execute_batch(TITLE_INDEX)?;
    transaction.commit()
}

/// Fills in the hashes of titles, which texts the present rules would not change, and the present form of ids that an older version
/// stored in another.
fn find_by_title_and_id(connection: &Connection) -> rusqlite::Result<()> {
    let mut papers = connection.prepare("SELECT rowid, id, title, abstract FROM papers")?;
    let mut set = connection.prepare("UPDATE papers SET title_key = ?2, text_rules = ?3 WHERE rowid = ?1")?;
    let mut add = connection.prepare("INSERT OR IGNORE INTO aliases (alias, id) VALUES (?1, ?2)")?;
    let mut rows = papers.query([])?;
    while let Some(row) = rows.next()? {
        let (number, id, title): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let rules = record::rules_of(&title, &row.get::<_, String>(3)?);
        set.execute(params![number, title_key(&title), rules])?;
        if let Some(present) = PaperId::parse(&id).filter(|present| present.as_str() != id) {
            add.execute([present.as_str(), &id])?;
        }
    }
    Ok(())
}

/// Lets this connection read the tables of an older format as those of the current one, if they are read-only: with
/// temporary views over them, and empty temporary tables. If another process adds the columns in the meantime, they
/// come first in `*` and take precedence.
pub(super) fn view_as_current(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    for table in ["generation", "papers"] {
        let mut missing = String::new();
        for (of, column, _, default) in COLUMNS_SINCE_FORMAT_1 {
            if of == table && !connection.column_exists(Some("main"), table, column)? {
                missing.push_str(&format!(", {default} AS {column}"));
            }
        }
        if !missing.is_empty() {
            connection.execute_batch(&format!("CREATE TEMP VIEW {table} AS SELECT *{missing} FROM main.{table}"))?;
        }
    }
    for table in [&[SENTENCES][..], &IDENTITY[..]].concat() {
        let name = table.split(' ').next().unwrap_or_default();
        if !connection.table_exists(Some("main"), name)? {
            connection.execute_batch(&format!("CREATE TEMP TABLE {table}"))?;
        }
    }
    Ok(())
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
    log_length(path) > 0
}

/// The length of the write-ahead log in bytes.
pub(super) fn log_length(path: &Path) -> u64 {
    path.with_extension("sqlite-wal").metadata().map_or(0, |log| log.len())
}

/// SQLite opens lazily; this read fails for a file that cannot be opened or is not a database.
fn first_read(connection: Connection) -> rusqlite::Result<Connection> {
    // Plans must not depend on the values of parameters: otherwise joins are planned anew for each.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    let _: i64 = connection.pragma_query_value(None, "schema_version", |row| row.get(0))?;
    Ok(connection)
}
