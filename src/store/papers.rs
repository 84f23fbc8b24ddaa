//! The database of papers, a plain SQLite file. Its one row in `generation` names the file of vectors and counts its
//! committed rows.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, Transaction, TransactionBehavior};

use super::lock::PATIENCE;
use super::plan::{Known, Stored};
use super::record::{self, COLUMNS};
use super::schema::FILE;
use super::{
    DocId, Generation, Incoming, Part, Plan, Sentences, Tuning, database, identity, schema, split, to_i64, tuning,
};
use crate::embed::Fingerprint;
use crate::error::{Error, Result};
use crate::paper::{Paper, PaperId};

/// Capacity of a connection's cache of prepared statements; above the number of different statements without filters.
const STATEMENTS: usize = 32;

/// A connection to the database.
pub(super) struct Papers {
    /// The store's folder.
    dir: PathBuf,
    connection: Connection,
    /// The state of the file when it was opened as immutable, a state that SQLite does not check again.
    unchanging: Option<Appearance>,
    /// The `data_version` of the last read transaction, and the number of the newest commit at that time.
    pub seen: Option<(i64, u64)>,
}

impl Papers {
    /// Creates the tables of a new store, or completes an interrupted creation.
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
        // Read before the database is opened, so that a change during opening is noticed later.
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

    /// Whether the file was opened as immutable and has changed: another process may write where this one may not.
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

    /// Upgrades the tables of an older format.
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

    /// The number of papers, and the largest of their rows. Much faster than to read the rows.
    pub fn count_and_last_row(&self) -> Result<(u64, Option<u64>)> {
        let last: Option<i64> =
            self.told(self.connection.query_row("SELECT max(row) FROM papers", [], |row| row.get(0)))?;
        Ok((self.count()?, last.and_then(|last| u64::try_from(last).ok())))
    }

    /// The first fault that SQLite finds in the file.
    pub fn fault(&self) -> Result<Option<String>> {
        let found: String = self.told(self.connection.pragma_query_value(None, "integrity_check", |row| row.get(0)))?;
        Ok((found != "ok").then_some(found))
    }

    /// Begins a read transaction. Everything read until [`Papers::end_reading`] is of one commit. The returned number
    /// (SQLite's `data_version`) differs from that of the previous transaction exactly if another connection has
    /// committed in between.
    pub fn begin_view(&self) -> Result<i64> {
        self.told((|| {
            self.connection.prepare_cached("BEGIN DEFERRED")?.execute([])?;
            // The first read fixes the state of the database that the transaction sees.
            self.connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))
        })())
    }

    /// Ends the read transaction, if there is one. If this fails, the connection must not be used again.
    pub fn end_reading(&self) -> bool {
        let end = || self.connection.prepare_cached("COMMIT")?.execute([]);
        self.connection.is_autocommit() || end().is_ok()
    }

    /// The rows of papers written by commits later than `commits`, in any order; all papers if it is 0.
    pub fn rows_since(&self, commits: u64) -> Result<Vec<i64>> {
        // A full scan is faster in the order of the table than in that of the index.
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

    /// The rows that lost their papers in commits later than `commits`. `None` if the database does not record them: one of an older
    /// format that cannot be upgraded.
    pub fn rows_dead_since(&self, commits: u64) -> Result<Option<Vec<i64>>> {
        self.told((|| {
            if !self.connection.table_exists(Some("main"), "dead_rows")? {
                return Ok(None);
            }
            let mut statement = self.connection.prepare_cached("SELECT row FROM dead_rows WHERE changed > ?1")?;
            statement.query_map([to_i64(commits)], |row| row.get(0))?.collect::<rusqlite::Result<_>>().map(Some)
        })())
    }

    /// The tuned `ef`, if it was measured for vectors of this fingerprint.
    pub fn tuning(&self, fingerprint: &Fingerprint) -> Result<Option<Tuning>> {
        self.told(tuning::read(&self.connection, fingerprint))
    }

    /// The paper with this id, as its own or as another; an error if several papers have it.
    pub fn by_id(&self, id: &PaperId) -> Result<Option<(Paper, DocId)>> {
        let own = match self.told(identity::with_id(&self.connection, id))?.as_slice() {
            [] => return Ok(None),
            [own] => own.clone(),
            several => {
                let papers = several.iter().map(PaperId::to_string).collect();
                return Err(Error::AmbiguousId { id: id.printed().to_owned(), papers });
            }
        };
        let query = format!("SELECT {COLUMNS} FROM papers WHERE id = ?1");
        self.told((|| self.connection.prepare_cached(&query)?.query_row([own.as_str()], record::stored).optional())())
    }

    pub fn by_row(&self, doc: DocId) -> Result<Option<Paper>> {
        let query = format!("SELECT {COLUMNS} FROM papers WHERE row = ?1");
        let found =
            self.told((|| self.connection.prepare_cached(&query)?.query_row([doc.0], record::stored).optional())())?;
        Ok(found.map(|(paper, _)| paper))
    }

    /// The stored sentence embeddings of the paper with this row.
    pub fn sentences_of(&self, doc: DocId) -> Result<Sentences> {
        let query = "SELECT codes FROM papers JOIN sentences USING (id) WHERE row = ?1";
        let codes: Option<Vec<u8>> =
            self.told((|| self.connection.prepare_cached(query)?.query_row([doc.0], |row| row.get(0)).optional())())?;
        Ok(codes.map(Sentences::from_bytes).unwrap_or_default())
    }

    pub fn plan(&self, incoming: &Incoming<'_>) -> Result<Plan> {
        // Each read outside a transaction would take and release locks of the file.
        self.begin_view()?;
        self.told(incoming.plan(&self.connection))
    }

    /// The paper with this id and what each source says about it.
    pub fn stored(&self, id: &PaperId) -> Result<Stored> {
        let unknown = || Error::UnknownPaper { id: id.printed().to_owned() };
        let (paper, _) = self.by_id(id)?.ok_or_else(unknown)?;
        self.told(self.connection.stored(&paper.id))?.ok_or_else(unknown)
    }

    /// The papers into which a paper can be split.
    ///
    /// # Errors
    /// As [`split::parts`].
    pub fn parts(&self, stored: &Stored) -> Result<Vec<Part>> {
        split::parts(stored, |id| Ok(self.told(self.connection.stored(id))?.is_some()))
    }

    /// Begins a read transaction and returns the generation that it sees.
    pub fn begin_reading(&mut self) -> Result<(Transaction<'_>, Generation)> {
        self.begin(TransactionBehavior::Deferred)
    }

    /// Begins a write transaction and returns the generation to change.
    pub fn begin_writing(&mut self) -> Result<(Transaction<'_>, Generation)> {
        // `data_version` counts only the commits of other connections.
        self.seen = None;
        self.begin(TransactionBehavior::Immediate)
    }

    /// Empties the write-ahead log if it is longer than `limit` bytes. SQLite copies it into the database after each commit, but
    /// begins it anew only while no other connection reads. While many papers are added one nearly always reads, and the log would
    /// become larger than the database. Waits for readers for a short time. If this fails, nothing is lost, and the next commit tries
    /// again.
    pub fn shorten_log(&self, limit: u64) {
        const WAIT: Duration = Duration::from_millis(50);
        if schema::log_length(&self.dir.join(FILE)) > limit && self.connection.busy_timeout(WAIT).is_ok() {
            let _ = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
            let _ = self.connection.busy_timeout(PATIENCE);
        }
    }

    fn begin(&mut self, behavior: TransactionBehavior) -> Result<(Transaction<'_>, Generation)> {
        let transaction =
            self.connection.transaction_with_behavior(behavior).map_err(|source| database(&self.dir, source))?;
        let generation = Generation::read(&transaction, &self.dir)?;
        Ok((transaction, generation))
    }
}

/// Detects changes of a database without reading it: length, modification time, and whether a write-ahead log exists.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embed::{Embedding, ModelFolder};
    use crate::store::{Change, Store};

    #[test]
    fn a_long_log_is_emptied_when_no_reader_needs_it() {
        let dir = tempfile::tempdir().unwrap();
        let model = ModelFolder::open(Path::new("tests/data/tiny-bert")).unwrap();
        let store = Store::open_or_create(dir.path(), model.fingerprint(), None).unwrap();
        let commit = |title: &str| {
            let paper = Paper::new(PaperId::of_title(title), title.to_owned(), String::new());
            let vector = Embedding::normalised(vec![1.0; 32]).unwrap();
            store.commit(model.fingerprint(), &[Change::new(paper, Some(vector))]).unwrap();
        };
        let log = || schema::log_length(&dir.path().join(FILE));
        let papers = Papers::open(dir.path()).unwrap();
        commit("first");
        let view = store.view().unwrap();
        commit("second");
        papers.shorten_log(u64::MAX);
        papers.shorten_log(0);
        assert!(log() > 0, "a reader needs it");
        assert_eq!((view.len(), view.count_since(0).unwrap()), (1, 1));
        drop(view);
        papers.shorten_log(0);
        assert_eq!((log(), store.count().unwrap()), (0, 2));
    }
}
