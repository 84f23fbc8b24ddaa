//! The switch to the next generation after a reindex. Its vectors are written into a file beside the old ones, at the
//! papers' rows. Once every paper has a vector, one transaction makes the file current and replaces the sentence
//! embeddings.
//!
//! The slow work is done before, while others write. A row never changes its text within a generation, so only the rows
//! added since then remain for the switch. After a crash before the transaction, the prepared files are ignored.

use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use rusqlite::{Transaction, params};

use super::generation::{finish, vectors_file};
use super::lock::Lock;
use super::refusal::database;
use super::snapshot::Live;
use super::successor::{Successor, at};
use super::{Generation, Snapshot, Vectors, refused, to_i64};
use crate::durable;
use crate::embed::Embedding;
use crate::error::Result;

/// The result of an attempt to switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Switch {
    Done,
    /// Others have added or changed papers; these must be embedded first.
    PapersCame,
    /// Another generation became current, in which the papers have other rows.
    RowsMoved,
}

impl Successor<'_> {
    /// Writes the vectors of all papers into a file of the next generation and returns its snapshot. `None` if papers
    /// have no vector, or an invalid one, which is then discarded.
    ///
    /// # Errors
    /// When a database cannot be read, or the file cannot be written.
    pub fn prepare(&mut self) -> Result<Option<Snapshot>> {
        let folder = self.folder();
        remove_prepared(&folder).map_err(|error| refused(self.store.dir(), error))?;
        let (transaction, now) = self.papers.begin_reading()?;
        let number = now.number + 1;
        let next = Generation {
            number,
            file: vectors_file(number),
            fingerprint: self.target.fingerprint.clone(),
            model_path: self.target.model_path.clone(),
            ..now
        };
        let rows = match write_rows(&transaction, &folder, &next, 0)? {
            Written::All(rows) => rows,
            Written::Lacking { unusable } => {
                drop(transaction);
                self.collected.forget(&unusable).map_err(|source| at(&folder, source))?;
                return Ok(None);
            }
        };
        drop(transaction);
        let vectors = Vectors::open(&folder, &next)?;
        let live = Live::of(self.store.dir(), next.rows, &rows)?;
        Ok(Some(Snapshot::new(next, vectors, live, None)))
    }

    /// Makes the next generation current, with the files beside its vectors, if every paper has a vector in it.
    ///
    /// # Errors
    /// As [`Store::commit`](super::Store::commit).
    pub fn switch(&mut self, prepared: &Snapshot) -> Result<Switch> {
        let (folder, dir) = (self.folder(), self.store.dir());
        let _lock = Lock::acquire(dir)?;
        let (transaction, now) = self.papers.begin_writing()?;
        if now.number + 1 != prepared.generation.number {
            return Ok(Switch::RowsMoved);
        }
        let next = Generation { rows: now.rows, commits: now.commits, ..prepared.generation.clone() };
        if let Written::Lacking { unusable } = write_rows(&transaction, &folder, &next, prepared.generation.rows)? {
            drop(transaction);
            self.collected.forget(&unusable).map_err(|source| at(&folder, source))?;
            return Ok(Switch::PapersCame);
        }
        // Deletes leftovers of killed processes whose names are needed now.
        self.store.take_away_leftovers(now.number);
        put_in_place(&folder, dir).map_err(|error| refused(dir, error))?;
        let number = next.number;
        (|| {
            transaction.execute_batch(
                "DELETE FROM sentences;
                 INSERT INTO sentences (id, codes)
                 SELECT id, embedded.sentences FROM papers JOIN next.embedded USING (content_hash)
                 WHERE length(embedded.sentences) > 0",
            )?;
            finish(transaction, next)
        })()
        .map_err(|source| database(dir, source))?;
        self.store.take_away_leftovers(number);
        Ok(Switch::Done)
    }
}

enum Written {
    /// The rows of all papers.
    All(Vec<i64>),
    /// Some papers have no vector; the vectors of these hashes are invalid.
    Lacking { unusable: Vec<Vec<u8>> },
}

/// Writes the vectors of the papers from row `first` on, with zeros in rows that belong to no paper, and syncs the
/// file.
fn write_rows(transaction: &Transaction<'_>, folder: &Path, next: &Generation, first: u64) -> Result<Written> {
    let dir = folder.parent().unwrap_or(folder);
    let failed = |source| at(folder, source);
    let width = next.fingerprint.dimension * size_of::<f32>();
    let begin = || -> io::Result<_> {
        let options =
            || fs_err::OpenOptions::new().write(true).create(true).truncate(false).open(folder.join(&next.file));
        let mut file = options()?;
        file.set_len(first * width as u64)?;
        file.seek(SeekFrom::End(0))?;
        Ok(BufWriter::with_capacity(1 << 20, file))
    };
    let mut out = begin().map_err(|error| refused(dir, error))?;
    let mut end = first;
    let mut fill = |out: &mut BufWriter<fs_err::File>, row: u64| -> io::Result<()> {
        let gap = row.saturating_sub(end) * width as u64;
        end = row + 1;
        io::copy(&mut io::repeat(0).take(gap), out).map(drop)
    };
    let query = "SELECT row, content_hash, vector FROM papers LEFT JOIN next.embedded USING (content_hash)
                 WHERE row >= ?1 ORDER BY row";
    let mut statement = transaction.prepare(query).map_err(failed)?;
    let (mut rows, mut unusable, mut is_lacking) = (Vec::new(), Vec::new(), false);
    let mut found = statement.query(params![to_i64(first)]).map_err(failed)?;
    while let Some(stored) = found.next().map_err(failed)? {
        let row: i64 = stored.get(0).map_err(failed)?;
        let vector: Option<Vec<u8>> = stored.get(2).map_err(failed)?;
        match vector {
            None => is_lacking = true,
            Some(vector) if !is_unit(&vector, width) => unusable.push(stored.get(1).map_err(failed)?),
            Some(vector) => {
                let written = fill(&mut out, row.unsigned_abs()).and_then(|()| out.write_all(&vector));
                written.map_err(|error| refused(dir, error))?;
            }
        }
        rows.push(row);
    }
    if is_lacking || !unusable.is_empty() {
        return Ok(Written::Lacking { unusable });
    }
    let written = fill(&mut out, next.rows).and_then(|()| out.into_inner()?.sync_all());
    written.map_err(|error| refused(dir, error))?;
    Ok(Written::All(rows))
}

fn is_unit(vector: &[u8], width: usize) -> bool {
    let numbers = vector.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect();
    vector.len() == width && Embedding::of_unit(numbers).is_some()
}

/// Deletes files prepared for a next generation before.
fn remove_prepared(folder: &Path) -> io::Result<()> {
    for entry in prepared(folder)? {
        fs_err::remove_file(&entry).or_else(|_| fs_err::remove_dir_all(&entry))?;
    }
    Ok(())
}

/// Moves the files of the next generation beside those of the current one and syncs the folder.
fn put_in_place(folder: &Path, dir: &Path) -> io::Result<()> {
    for path in prepared(folder)? {
        fs_err::rename(&path, dir.join(path.file_name().unwrap_or_default()))?;
    }
    durable::sync_folder(dir)
}

/// The files and folders in the folder that belong to a generation.
fn prepared(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_str().and_then(super::compact::generation_of).is_some() {
            found.push(entry.path());
        }
    }
    Ok(found)
}
