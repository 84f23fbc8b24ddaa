//! Which papers are there? A SQLite database that any SQLite tool can open; its one row in `generation` says which
//! file of vectors counts, and how many rows of it.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, Transaction, TransactionBehavior};

use super::record::{self, COLUMNS};
use super::schema::FILE;
use super::{DocId, Generation, Sentences, State, Tuning, database, schema, to_i64, tuning};
use crate::embed::Fingerprint;
use crate::error::Result;
use crate::paper::{Paper, PaperId};

/// Statements that a connection keeps prepared: more than there are different ones, filters aside.
const STATEMENTS: usize = 32;

/// A connection to the database.
pub(super) struct Papers {
    /// The store's folder.
    dir: PathBuf,
    connection: Connection,
    /// How the file was when it was opened as one that does not change, which SQLite then takes for granted.
    unchanging: Option<Appearance>,
    /// The number of the transaction in which it was last read, and the last commit that was seen there.
    pub seen: Option<(i64, u64)>,
}

impl Papers {
    /// Makes the tables of a new store, or finishes making them.
    pub fn create(dir: &Path, generation: &Generation) -> Result<()> {
        (|| {
            let mut connection = schema::connect(&dir.join(FILE), OpenFlags::SQLITE_OPEN_CREATE)?;
            schema::create(&mut connection)?;
            generation.write(&connection)
        })()
        .map_err(|source| database(dir, source))
    }

    pub fn open(dir: &Path) -> Result<Self> {
        let path = dir.join(FILE);
        // Before it is opened: what changes meanwhile is seen later.
        let appearance = Appearance::of(&path);
        let (connection, unchanging) = match schema::connect(&path, OpenFlags::empty()) {
            Ok(connection) => (connection, None),
            Err(error) => {
                let connection = schema::connect_unchanging(&path).ok_or(error);
                (connection.map_err(|source| database(dir, source))?, Some(appearance))
            }
        };
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        Ok(Self { dir: dir.to_owned(), connection, unchanging, seen: None })
    }

    /// Whether the file was opened as one that does not change, and did: where this process may not write, another may.
    pub fn is_outdated(&self) -> bool {
        self.unchanging.as_ref().is_some_and(|then| *then != Appearance::of(&self.dir.join(FILE)))
    }

    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    fn told<T>(&self, result: rusqlite::Result<T>) -> Result<T> {
        result.map_err(|source| database(&self.dir, source))
    }

    pub fn is_read_only(&self) -> Result<bool> {
        self.told(self.connection.is_readonly("main"))
    }

    /// Makes what an older format lacks.
    pub fn upgrade(&mut self) -> Result<()> {
        let upgraded = schema::upgrade(&mut self.connection);
        self.told(upgraded)
    }

    /// Reads an older format as if it were the current one.
    pub fn view_as_current(&self) -> Result<()> {
        self.told(schema::view_as_current(&self.connection))
    }

    pub fn generation(&self) -> Result<Generation> {
        Generation::read(&self.connection, &self.dir)
    }

    pub fn count(&self) -> Result<u64> {
        let count: i64 = self.told(self.connection.query_row("SELECT count(*) FROM papers", [], |row| row.get(0)))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// What SQLite finds wrong in its file.
    pub fn fault(&self) -> Result<Option<String>> {
        let found: String = self.told(self.connection.pragma_query_value(None, "integrity_check", |row| row.get(0)))?;
        Ok((found != "ok").then_some(found))
    }

    /// Begins a read transaction. Everything read until [`Papers::end_reading`] is of one commit; the number that is returned differs
    /// from that of the transaction before exactly where another connection has committed between them (SQLite's `data_version`).
    pub fn begin_view(&self) -> Result<i64> {
        self.told((|| {
            self.connection.prepare_cached("BEGIN DEFERRED")?.execute([])?;
            // The first read takes the transaction's state of the database.
            self.connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))
        })())
    }

    /// Ends a read transaction, if there is one. A connection that cannot do so cannot be used any more.
    pub fn end_reading(&self) -> bool {
        let end = || self.connection.prepare_cached("COMMIT")?.execute([]);
        self.connection.is_autocommit() || end().is_ok()
    }

    /// The rows of the papers that a later commit than `commits` wrote, in any order; after 0 come all.
    pub fn rows_since(&self, commits: u64) -> Result<Vec<i64>> {
        // All of them are read faster in the order of the table than in that of the index.
        let query = if commits == 0 { "SELECT row FROM papers" } else { "SELECT row FROM papers WHERE changed > ?1" };
        self.told((|| {
            let mut statement = self.connection.prepare_cached(query)?;
            let read = |row: &Row<'_>| row.get(0);
            if commits == 0 {
                statement.query_map([], read)?.collect()
            } else {
                statement.query_map([to_i64(commits)], read)?.collect()
            }
        })())
    }

    /// How the graph shall be walked, where that was measured for vectors of this fingerprint.
    pub fn tuning(&self, fingerprint: &Fingerprint) -> Result<Option<Tuning>> {
        self.told(tuning::read(&self.connection, fingerprint))
    }

    pub fn by_id(&self, id: &PaperId) -> Result<Option<(Paper, DocId)>> {
        let query = format!("SELECT {COLUMNS} FROM papers WHERE id = ?1");
        self.told((|| self.connection.prepare_cached(&query)?.query_row([id.as_str()], record::stored).optional())())
    }

    pub fn by_row(&self, doc: DocId) -> Result<Option<Paper>> {
        let query = format!("SELECT {COLUMNS} FROM papers WHERE row = ?1");
        let found =
            self.told((|| self.connection.prepare_cached(&query)?.query_row([doc.0], record::stored).optional())())?;
        Ok(found.map(|(paper, _)| paper))
    }

    /// What is kept of the sentences of the paper that has this row.
    pub fn sentences_of(&self, doc: DocId) -> Result<Sentences> {
        let query = "SELECT codes FROM papers JOIN sentences USING (id) WHERE row = ?1";
        let codes: Option<Vec<u8>> =
            self.told((|| self.connection.prepare_cached(query)?.query_row([doc.0], |row| row.get(0)).optional())())?;
        Ok(codes.map(Sentences::from_bytes).unwrap_or_default())
    }

    pub fn state_of(&self, paper: &Paper) -> Result<State> {
        self.told(record::state_of(&self.connection, paper))
    }

    /// Begins to read, and tells what counts at this moment.
    pub fn begin_reading(&mut self) -> Result<(Transaction<'_>, Generation)> {
        self.begin(TransactionBehavior::Deferred)
    }

    /// Begins to write, and tells what there is to change.
    pub fn begin_writing(&mut self) -> Result<(Transaction<'_>, Generation)> {
        // SQLite counts the commits of other connections alone.
        self.seen = None;
        self.begin(TransactionBehavior::Immediate)
    }

    fn begin(&mut self, behavior: TransactionBehavior) -> Result<(Transaction<'_>, Generation)> {
        let transaction =
            self.connection.transaction_with_behavior(behavior).map_err(|source| database(&self.dir, source))?;
        let generation = Generation::read(&transaction, &self.dir)?;
        Ok((transaction, generation))
    }
}

/// What tells, without reading it, that a database has changed: its length and time, and whether there is a log of commits beside it.
#[derive(Debug, PartialEq, Eq)]
struct Appearance {
    file: Option<(u64, Option<SystemTime>)>,
    has_log: bool,
}

impl Appearance {
    fn of(path: &Path) -> Self {
        let file = path.metadata().ok().map(|facts| (facts.len(), facts.modified().ok()));
        Self { file, has_log: schema::has_log(path) }
    }
}
