//! How are the rows of removed and changed papers got rid of? A new generation holds the living rows alone.
//!
//! Its vectors are written and synced beside the old ones; one transaction gives the papers their new rows and makes the
//! generation current. A crash before it leaves a file that the next `compact` writes over, one after it old files that
//! the next one takes away.

use std::io::{BufWriter, Write};
use std::time::Duration;

use serde::Serialize;

use super::generation::{finish, vectors_file};
use super::lock::Lock;
use super::{Generation, Store, database, refused};
use crate::durable;
use crate::error::Result;

/// What [`Store::compact`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Compacted {
    /// Papers that remain: all.
    pub papers: u64,
    /// Rows that belonged to no paper.
    pub dropped_rows: u64,
}

/// A file with a temporary name that is older than this was left by a process that was killed.
const ABANDONED: Duration = Duration::from_secs(3600);

impl Store {
    /// Writes the vectors anew without the rows that belong to no paper, and takes away what is left of older generations
    /// and of killed processes. The graph and the words are built again by whoever keeps them.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn compact(&self) -> Result<Compacted> {
        let _lock = Lock::acquire(self.dir())?;
        let snapshot = self.view()?.snapshot().clone();
        let compacted = Compacted {
            papers: snapshot.len() as u64,
            dropped_rows: (snapshot.vectors.rows() - snapshot.len()) as u64,
        };
        let mut number = snapshot.generation.number;
        if compacted.dropped_rows > 0 {
            // Words and graphs of this number that a process left which was killed while it changed the model are of other rows.
            self.take_away_leftovers(number);
            number += 1;
            let file = vectors_file(number);
            let path = self.dir().join(&file);
            let written = || {
                let mut new = BufWriter::new(fs_err::File::create(&path)?);
                for vector in snapshot.docs().filter_map(|doc| snapshot.vectors.row(doc)) {
                    new.write_all(bytemuck::cast_slice(vector))?;
                }
                new.into_inner()?.sync_all()?;
                durable::sync_folder(self.dir())
            };
            written().map_err(|error| refused(self.dir(), error))?;
            self.switch(Generation { number, file, rows: compacted.papers, ..snapshot.generation.clone() })?;
        }
        drop(snapshot);
        self.take_away_leftovers(number);
        Ok(compacted)
    }

    /// Makes a generation current whose rows are those of the papers, in their order.
    fn switch(&self, next: Generation) -> Result<()> {
        let mut papers = self.papers()?;
        let (transaction, now) = papers.begin_writing()?;
        (|| {
            let rows: Vec<i64> = transaction
                .prepare("SELECT row FROM papers ORDER BY row")?
                .query_map([], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            // In this order no new row is one that another paper still has.
            let mut update = transaction.prepare("UPDATE papers SET row = ?1 WHERE row = ?2")?;
            for (new, old) in (0i64..).zip(rows) {
                update.execute([new, old])?;
            }
            drop(update);
            finish(transaction, Generation { commits: now.commits, ..next })
        })()
        .map_err(|source| database(self.dir(), source))
    }

    /// Takes away files of other generations than the current one, and temporary ones that nobody writes any more. What
    /// cannot be taken away, because another system keeps open files, waits for the next time.
    pub(super) fn take_away_leftovers(&self, current: u64) {
        let Ok(entries) = fs_err::read_dir(self.dir()) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            let is_other = generation_of(name).is_some_and(|number| number != current);
            let is_abandoned = name.starts_with(".tmp")
                && entry
                    .metadata()
                    .and_then(|metadata| metadata.modified())
                    .is_ok_and(|modified| modified.elapsed().is_ok_and(|age| age > ABANDONED));
            if is_other || is_abandoned {
                let _ = fs_err::remove_file(entry.path()).or_else(|_| fs_err::remove_dir_all(entry.path()));
            }
        }
        let _ = durable::sync_folder(self.dir());
    }
}

/// The number in the name of a file or folder that belongs to one generation.
pub(super) fn generation_of(name: &str) -> Option<u64> {
    let number = name
        .strip_prefix("vectors.")
        .and_then(|rest| rest.strip_suffix(".f32"))
        .or_else(|| name.strip_prefix("graph.").and_then(|rest| rest.strip_suffix(".hnsw")))
        .or_else(|| name.strip_prefix("lexical."))?;
    number.parse().ok()
}
