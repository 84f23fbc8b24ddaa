//! Which papers are there? A SQLite database that any SQLite tool can open; its one row in `generation` says which
//! file of vectors counts, and how many rows of it.

use std::path::{Path, PathBuf};

use fixedbitset::FixedBitSet;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params};

use super::record::{self, COLUMNS};
use super::{Change, Committed, DocId, Filter, Generation, State, database, schema, to_i64};
use crate::embed::Embedding;
use crate::error::Result;
use crate::paper::{Paper, PaperId};

pub(super) const FILE: &str = "papers.sqlite";

/// Stands in the database's number for its users (`user_version`) while all papers are the sample, put there for want
/// of others. Every commit takes it away: what comes later is somebody's own.
const ONLY_THE_SAMPLE: i64 = 1;

/// A connection to the database.
pub(super) struct Papers {
    /// The store's folder.
    dir: PathBuf,
    connection: Connection,
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
        let connection = schema::connect(&path, OpenFlags::empty())
            .or_else(|error| schema::connect_unchanging(&path).map_err(|_| error))
            .map_err(|source| database(dir, source))?;
        Ok(Self { dir: dir.to_owned(), connection })
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
        Ok(of_others.unsigned_abs() + self.connection.total_changes())
    }

    /// The generation and the rows of all papers, as of one moment.
    pub fn rows(&mut self) -> Result<(Generation, Vec<i64>)> {
        let transaction = self.connection.transaction().map_err(|source| database(&self.dir, source))?;
        let generation = Generation::read(&transaction, &self.dir)?;
        let rows: rusqlite::Result<Vec<i64>> = (|| {
            let mut statement = transaction.prepare_cached("SELECT row FROM papers")?;
            statement.query_map([], |row| row.get(0))?.collect()
        })();
        Ok((generation, rows.map_err(|source| database(&self.dir, source))?))
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

    /// Hands out, in the order of commits, the papers that a later one than `commits` wrote, if the generation is still
    /// this one. The generation as of the same moment.
    pub fn changed_since(
        &mut self,
        generation: u64,
        commits: u64,
        mut visit: impl FnMut(DocId, Paper) -> Result<()>,
    ) -> Result<Option<Generation>> {
        let told = |source| database(&self.dir, source);
        let transaction = self.connection.transaction().map_err(told)?;
        let now = Generation::read(&transaction, &self.dir)?;
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

    /// Applies changes in one transaction; `append` must make the vectors durable before it returns.
    pub fn commit(
        &mut self,
        changes: &[Change],
        append: impl FnOnce(&Generation, &[&Embedding]) -> Result<()>,
    ) -> Result<Committed> {
        let (transaction, mut generation) = begin(&mut self.connection, &self.dir)?;
        let told = |source| database(&self.dir, source);
        let mut committed = Committed::default();
        let mut embeddings = Vec::new();
        let number = to_i64(generation.commits + 1);
        for change in changes {
            let state = record::state_of(&transaction, &change.paper).map_err(told)?;
            match (state, &change.embedding) {
                (State::Unchanged, _) => committed.unchanged += 1,
                (State::DetailsDiffer, _) => {
                    record::write_details(&transaction, &change.paper, number).map_err(told)?;
                    committed.updated += 1;
                }
                (State::New | State::TextDiffers, Some(embedding)) => {
                    let row = generation.rows + embeddings.len() as u64;
                    record::write(&transaction, &change.paper, to_i64(row), number).map_err(told)?;
                    embeddings.push(embedding);
                    if state == State::New {
                        committed.added += 1;
                    } else {
                        committed.updated += 1;
                    }
                }
                // Only when another writer removed or changed the paper since it was looked at: the next `add` sees it.
                (State::New | State::TextDiffers, None) => {}
            }
        }
        if !embeddings.is_empty() {
            append(&generation, &embeddings)?;
            generation.rows += embeddings.len() as u64;
        }
        (|| {
            if committed.added + committed.updated > 0 {
                finish(&transaction, generation)?;
            }
            transaction.pragma_update(None, "user_version", 0)?;
            transaction.commit()
        })()
        .map_err(told)?;
        Ok(committed)
    }

    /// Marks the papers as the sample if they are these many, and no row was ever written for another paper.
    pub fn mark_as_sample(&mut self, count: u64) -> Result<()> {
        let marked = (|| {
            let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let query = "SELECT (SELECT count(*) FROM papers), rows FROM generation";
            let found: (i64, i64) = transaction.query_row(query, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
            if found == (to_i64(count), to_i64(count)) {
                transaction.pragma_update(None, "user_version", ONLY_THE_SAMPLE)?;
            }
            transaction.commit()
        })();
        self.told(marked)
    }

    /// Takes the mark away, so that the sample stays.
    pub fn keep_sample(&self) -> Result<()> {
        self.told(self.connection.pragma_update(None, "user_version", 0))
    }

    /// Removes all papers if they are marked, and the mark with them.
    pub fn remove_sample(&mut self) -> Result<()> {
        let (transaction, generation) = begin(&mut self.connection, &self.dir)?;
        (|| {
            let mark: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
            if mark == ONLY_THE_SAMPLE {
                transaction.execute("DELETE FROM papers", [])?;
                transaction.pragma_update(None, "user_version", 0)?;
                finish(&transaction, generation)?;
            }
            transaction.commit()
        })()
        .map_err(|source| database(&self.dir, source))
    }
}

/// Begins to write, and tells what there is to change.
fn begin<'a>(connection: &'a mut Connection, dir: &Path) -> Result<(Transaction<'a>, Generation)> {
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(|source| database(dir, source))?;
    let generation = Generation::read(&transaction, dir)?;
    Ok((transaction, generation))
}

/// Counts one commit more.
fn finish(transaction: &Transaction<'_>, generation: Generation) -> rusqlite::Result<()> {
    Generation { commits: generation.commits + 1, ..generation }.write(transaction)
}
