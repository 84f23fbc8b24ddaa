//! Which papers are there? A SQLite database that any SQLite tool can open; its one row in `generation` says which
//! file of vectors counts, and how many rows of it.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use fixedbitset::FixedBitSet;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params};

use super::record::{self, COLUMNS};
use super::{DocId, Filter, Generation, Sentences, State, Tuning, database, schema, to_i64, tuning};
use crate::error::Result;
use crate::paper::{Paper, PaperId};

pub(super) const FILE: &str = "papers.sqlite";

/// A connection to the database.
pub(super) struct Papers {
    /// The store's folder.
    dir: PathBuf,
    connection: Connection,
    /// How the file was when it was opened as one that does not change, which SQLite then takes for granted.
    unchanging: Option<Appearance>,
    /// How often it was opened again because it did change.
    opened_again: u64,
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
        Ok(Self { dir: dir.to_owned(), connection, unchanging, opened_again: 0 })
    }

    /// Whether the file was opened as one that does not change, and did: where this process may not write, another may.
    pub fn is_outdated(&self) -> bool {
        self.unchanging.as_ref().is_some_and(|then| *then != Appearance::of(&self.dir.join(FILE)))
    }

    /// Goes on with a connection to the file as it is now.
    pub fn go_on_with(&mut self, again: Self) {
        *self = Self { opened_again: self.opened_again + 1, ..again };
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

    /// A number that changes with every commit: SQLite's `data_version` counts those of others.
    pub fn version(&self) -> Result<u64> {
        let of_others: i64 = self.told(self.connection.pragma_query_value(None, "data_version", |row| row.get(0)))?;
        // Another connection begins to count anew.
        Ok((self.opened_again << 32) + of_others.unsigned_abs() + self.connection.total_changes())
    }

    /// What SQLite finds wrong in its file.
    pub fn fault(&self) -> Result<Option<String>> {
        let found: String = self.told(self.connection.pragma_query_value(None, "integrity_check", |row| row.get(0)))?;
        Ok((found != "ok").then_some(found))
    }

    /// The generation, the rows of all papers, and how the graph shall be walked, as of one moment.
    pub fn rows(&mut self) -> Result<(Generation, Vec<i64>, Option<Tuning>)> {
        let dir = self.dir.clone();
        let (transaction, generation) = self.begin_reading()?;
        let read = (|| {
            let mut statement = transaction.prepare_cached("SELECT row FROM papers")?;
            let rows = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
            Ok((rows, tuning::read(&transaction, &generation.fingerprint)?))
        })();
        let (rows, tuning) = read.map_err(|source| database(&dir, source))?;
        Ok((generation, rows, tuning))
    }

    pub fn by_id(&self, id: &PaperId) -> Result<Option<(Paper, DocId)>> {
        let query = format!("SELECT {COLUMNS} FROM papers WHERE id = ?1");
        self.told((|| self.connection.prepare_cached(&query)?.query_row([id.as_str()], record::stored).optional())())
    }

    /// The paper that has this row in this generation.
    pub fn by_row(&self, generation: u64, doc: DocId) -> Result<Option<Paper>> {
        let query = format!("SELECT {COLUMNS} FROM papers WHERE row = ?1 AND ?2 = (SELECT number FROM generation)");
        let of = params![doc.0, to_i64(generation)];
        let found =
            self.told((|| self.connection.prepare_cached(&query)?.query_row(of, record::stored).optional())())?;
        Ok(found.map(|(paper, _)| paper))
    }

    /// The sentences of the paper that has this row in this generation. A paper whose text changes gets another row, so
    /// that these are of the text that [`Papers::by_row`] gives.
    pub fn sentences_of(&self, generation: u64, doc: DocId) -> Result<Sentences> {
        let query = "SELECT codes FROM papers JOIN sentences USING (id)
                     WHERE row = ?1 AND ?2 = (SELECT number FROM generation)";
        let of = params![doc.0, to_i64(generation)];
        let codes: Option<Vec<u8>> = self.told(
            self.connection
                .prepare_cached(query)
                .and_then(|mut query| query.query_row(of, |row| row.get(0)).optional()),
        )?;
        Ok(codes.map(Sentences::from_bytes).unwrap_or_default())
    }

    /// Hands out, in the order of commits, the papers that a later one than `commits` wrote, if the generation is still
    /// this one. The generation as of the same moment.
    pub fn changed_since(
        &mut self,
        generation: u64,
        commits: u64,
        mut visit: impl FnMut(DocId, Paper) -> Result<()>,
    ) -> Result<Option<Generation>> {
        let dir = self.dir.clone();
        let told = |source| database(&dir, source);
        let (transaction, now) = self.begin_reading()?;
        if now.number != generation {
            return Ok(None);
        }
        let query = format!("SELECT {COLUMNS} FROM papers WHERE changed > ?1 ORDER BY changed, row");
        let mut statement = transaction.prepare(&query).map_err(told)?;
        for stored in statement.query_map([to_i64(commits)], record::stored).map_err(told)? {
            let (paper, doc) = stored.map_err(told)?;
            visit(doc, paper)?;
        }
        Ok(Some(now))
    }

    /// The rows of the papers that pass a filter, if nobody has committed since.
    pub fn matching(&mut self, commits: u64, filter: &Filter) -> Result<Option<FixedBitSet>> {
        let told = |source| database(&self.dir, source);
        let transaction = self.connection.transaction().map_err(told)?;
        if Generation::read(&transaction, &self.dir)?.commits != commits {
            return Ok(None);
        }
        filter.rows(&transaction).map(Some).map_err(told)
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
