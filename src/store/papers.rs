//! Which papers are there? A SQLite database that any SQLite tool can open; its one row in `generation` says which
//! file of vectors counts, and how many rows of it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, TransactionBehavior, params};

use super::{Change, Committed, DocId, State};
use crate::embed::{Embedding, Fingerprint};
use crate::error::{Error, Result};
use crate::paper::{Paper, PaperId, PublicationDate};

pub(super) const FILE: &str = "papers.sqlite";

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS generation (
    only         INTEGER PRIMARY KEY CHECK (only = 1),
    number       INTEGER NOT NULL,
    file         TEXT NOT NULL,
    fingerprint  TEXT NOT NULL,
    model_path   TEXT,
    rows         INTEGER NOT NULL
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
    content_hash BLOB NOT NULL
) STRICT;
";

/// Stands in the database's number for its users (`user_version`) while all papers are the sample, put there for want
/// of others. Every commit takes it away: what comes later is somebody's own.
const ONLY_THE_SAMPLE: i64 = 1;

const COLUMNS: &str =
    "id, row, title, abstract, authors, author_count, organisation, categories, published, url, comments, content_hash";

/// One file of vectors, and how much of it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    pub number: u64,
    /// Inside the store's folder.
    pub file: String,
    pub fingerprint: Fingerprint,
    /// Where the model lies, when it is a local folder without a manifest.
    pub model_path: Option<PathBuf>,
    /// Committed rows.
    pub rows: u64,
}

impl Generation {
    pub(super) fn first(fingerprint: Fingerprint, model_path: Option<&Path>) -> Self {
        Self {
            number: 1,
            file: "vectors.1.f32".to_owned(),
            fingerprint,
            model_path: model_path.map(Path::to_owned),
            rows: 0,
        }
    }
}

pub(super) struct Papers {
    path: PathBuf,
    connection: Connection,
}

impl Papers {
    /// Makes the tables of a new store, or finishes making them.
    pub fn create(dir: &Path, generation: &Generation) -> Result<()> {
        let papers = Self { path: dir.join(FILE), connection: connect(dir, OpenFlags::SQLITE_OPEN_CREATE)? };
        let fingerprint = serde_json::to_string(&generation.fingerprint).map_err(std::io::Error::from)?;
        let model_path = generation.model_path.as_ref().map(|path| path.to_string_lossy());
        papers.told((|| {
            papers.connection.pragma_update(None, "journal_mode", "WAL")?;
            papers.connection.execute_batch(SCHEMA)?;
            papers.connection.execute(
                "INSERT OR REPLACE INTO generation (only, number, file, fingerprint, model_path, rows) VALUES (1, ?1, ?2, ?3, ?4, 0)",
                params![to_i64(generation.number), generation.file, fingerprint, model_path],
            )
        })())?;
        Ok(())
    }

    pub fn open(dir: &Path) -> Result<Self> {
        let path = dir.join(FILE);
        let connection = match connect(dir, OpenFlags::empty()) {
            Ok(connection) => connection,
            // A folder that cannot be written to has no place for SQLite's shared memory; nobody can write there
            // either, so the file may be read as one that does not change.
            Err(error) => connect_unchanging(&path).map_err(|_| error)?,
        };
        Ok(Self { path, connection })
    }

    fn told<T>(&self, result: rusqlite::Result<T>) -> Result<T> {
        result.map_err(|source| Error::Database { path: self.path.clone(), source })
    }

    pub fn generation(&self) -> Result<Generation> {
        generation(&self.connection, &self.path)
    }

    pub fn count(&self) -> Result<u64> {
        let count: i64 = self.told(self.connection.query_row("SELECT count(*) FROM papers", [], |row| row.get(0)))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    pub fn version(&self) -> Result<i64> {
        self.told(self.connection.pragma_query_value(None, "data_version", |row| row.get(0)))
    }

    /// The generation and the rows of all papers, as of one moment.
    pub fn rows(&mut self) -> Result<(Generation, Vec<i64>)> {
        let path = self.path.clone();
        let told = |source| Error::Database { path: path.clone(), source };
        let transaction = self.connection.transaction().map_err(told)?;
        let generation = generation(&transaction, &self.path)?;
        let rows = {
            let mut statement = transaction.prepare_cached("SELECT row FROM papers").map_err(told)?;
            let rows = statement.query_map([], |row| row.get(0)).map_err(told)?;
            rows.collect::<rusqlite::Result<Vec<i64>>>().map_err(told)?
        };
        Ok((generation, rows))
    }

    pub fn by_id(&self, id: &PaperId) -> Result<Option<(Paper, DocId)>> {
        let query = format!("SELECT {COLUMNS} FROM papers WHERE id = ?1");
        self.told((|| self.connection.prepare_cached(&query)?.query_row([id.as_str()], stored).optional())())
    }

    pub fn by_row(&self, doc: DocId) -> Result<Option<Paper>> {
        let query = format!("SELECT {COLUMNS} FROM papers WHERE row = ?1");
        let found = self.told((|| self.connection.prepare_cached(&query)?.query_row([doc.0], stored).optional())())?;
        Ok(found.map(|(paper, _)| paper))
    }

    pub fn state_of(&self, paper: &Paper) -> Result<State> {
        self.told(state_of(&self.connection, paper))
    }

    /// Applies changes in one transaction; `append` must make the vectors durable before it returns.
    pub fn commit(
        &mut self,
        changes: &[Change],
        append: impl FnOnce(&Generation, &[&Embedding]) -> Result<()>,
    ) -> Result<Committed> {
        let path = self.path.clone();
        let told = |source| Error::Database { path: path.clone(), source };
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(told)?;
        let generation = generation(&transaction, &self.path)?;
        let mut committed = Committed::default();
        let mut embeddings = Vec::new();
        for change in changes {
            let state = state_of(&transaction, &change.paper).map_err(told)?;
            match (state, &change.embedding) {
                (State::Unchanged, _) => committed.unchanged += 1,
                (State::DetailsDiffer, _) => {
                    update_details(&transaction, &change.paper).map_err(told)?;
                    committed.updated += 1;
                }
                (State::New | State::TextDiffers, Some(embedding)) => {
                    let row = generation.rows + embeddings.len() as u64;
                    replace(&transaction, &change.paper, to_i64(row)).map_err(told)?;
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
            let rows = generation.rows + embeddings.len() as u64;
            transaction.execute("UPDATE generation SET rows = ?1", [to_i64(rows)]).map_err(told)?;
        }
        transaction.pragma_update(None, "user_version", 0).map_err(told)?;
        transaction.commit().map_err(told)?;
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
        let removed = (|| {
            let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mark: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
            if mark == ONLY_THE_SAMPLE {
                transaction.execute("DELETE FROM papers", [])?;
                transaction.pragma_update(None, "user_version", 0)?;
            }
            transaction.commit()
        })();
        self.told(removed)
    }
}

fn connect(dir: &Path, more: OpenFlags) -> Result<Connection> {
    let path = dir.join(FILE);
    let told = |source| Error::Database { path: path.clone(), source };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | more;
    let connection = Connection::open_with_flags(&path, flags).map_err(told)?;
    connection.busy_timeout(Duration::from_secs(10)).map_err(told)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(told)?;
    // Opening is lazy: this is the first read, and fails for what is no database or cannot be opened.
    let _: i64 = connection.pragma_query_value(None, "schema_version", |row| row.get(0)).map_err(told)?;
    Ok(connection)
}

fn connect_unchanging(path: &Path) -> rusqlite::Result<Connection> {
    let absolute = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let escaped = absolute.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags)?;
    let _: i64 = connection.pragma_query_value(None, "schema_version", |row| row.get(0))?;
    Ok(connection)
}

fn generation(connection: &Connection, path: &Path) -> Result<Generation> {
    let told = |source| Error::Database { path: path.to_owned(), source };
    let damaged = |reason: String| Error::StoreDamaged { dir: path.parent().unwrap_or(path).to_owned(), reason };
    let found = connection
        .query_row("SELECT number, file, fingerprint, model_path, rows FROM generation", [], |row| {
            let (number, file, fingerprint): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let (model_path, rows): (Option<String>, i64) = (row.get(3)?, row.get(4)?);
            Ok((number, file, fingerprint, model_path, rows))
        })
        .optional()
        .map_err(told)?;
    let Some((number, file, fingerprint, model_path, rows)) = found else {
        return Err(damaged(format!("{FILE} names no file of vectors")));
    };
    if file.contains(std::path::is_separator) {
        return Err(damaged(format!("{FILE} names `{file}`, which is not in the store")));
    }
    let fingerprint = serde_json::from_str(&fingerprint)
        .map_err(|error| damaged(format!("{FILE} has a fingerprint that cannot be read: {error}")))?;
    let counted = |n: i64| u64::try_from(n).map_err(|_| damaged(format!("{FILE} counts {n} rows")));
    Ok(Generation {
        number: counted(number)?,
        file,
        fingerprint,
        model_path: model_path.map(PathBuf::from),
        rows: counted(rows)?,
    })
}

fn state_of(connection: &Connection, paper: &Paper) -> rusqlite::Result<State> {
    let query = format!("SELECT {COLUMNS} FROM papers WHERE id = ?1");
    let found = connection
        .prepare_cached(&query)?
        .query_row([paper.id.as_str()], |row| Ok((stored(row)?.0, row.get::<_, Vec<u8>>(11)?)))
        .optional()?;
    Ok(match found {
        None => State::New,
        Some((_, hash)) if hash != paper.content_hash() => State::TextDiffers,
        Some((stored, _)) if stored != *paper => State::DetailsDiffer,
        Some(_) => State::Unchanged,
    })
}

fn stored(row: &Row<'_>) -> rusqlite::Result<(Paper, DocId)> {
    let id: String = row.get(0)?;
    // An id that was written by this program is read back as it is; one edited by hand stays what it was made.
    let id = PaperId::parse(&id).unwrap_or_else(|| PaperId::of_title(&id));
    let mut paper = Paper::new(id, row.get(2)?, row.get(3)?);
    paper.authors = names(&row.get::<_, String>(4)?);
    paper.author_count = row.get(5)?;
    paper.organisation = row.get(6)?;
    paper.categories = names(&row.get::<_, String>(7)?);
    paper.published = row.get::<_, Option<String>>(8)?.as_deref().and_then(PublicationDate::parse);
    paper.url = row.get(9)?;
    paper.comments = row.get(10)?;
    Ok((paper, DocId(row.get(1)?)))
}

/// A JSON array of texts; what is none counts as no names.
fn names(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap_or_default()
}

fn json(names: &[String]) -> String {
    serde_json::Value::from(names).to_string()
}

fn replace(connection: &Connection, paper: &Paper, row: i64) -> rusqlite::Result<usize> {
    let query =
        format!("INSERT OR REPLACE INTO papers ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)");
    connection.prepare_cached(&query)?.execute(params![
        paper.id.as_str(),
        row,
        paper.title,
        paper.abstract_text,
        json(&paper.authors),
        paper.author_count,
        paper.organisation,
        json(&paper.categories),
        paper.published.map(|date| date.to_string()),
        paper.url,
        paper.comments,
        paper.content_hash(),
    ])
}

/// Writes everything that is not embedded; the row of the vector stays.
fn update_details(connection: &Connection, paper: &Paper) -> rusqlite::Result<usize> {
    let row: i64 = connection
        .prepare_cached("SELECT row FROM papers WHERE id = ?1")?
        .query_row([paper.id.as_str()], |row| row.get(0))?;
    replace(connection, paper, row)
}

/// Counts in this program are far below 2^63.
fn to_i64(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
