//! Compaction: writes the live rows into the next generation and drops those of deleted and updated papers.
//!
//! The new vectors are written and synced beside the old ones. One transaction then assigns the new rows to the papers
//! and makes the generation current. After a crash before the transaction, the next `compact` overwrites the new file.
//! After a crash behind it, the next one deletes the old files.

use std::io::{BufWriter, Write};
use std::time::Duration;

use serde::Serialize;

use super::generation::{finish, vectors_file};
use super::lock::Lock;
use super::{Generation, Snapshot, Store, database, refused};
use crate::durable;
use crate::error::Result;

/// The result of [`Store::compact`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Compacted {
    /// Number of papers, all of which remain.
    pub papers: u64,
    /// Number of rows that belonged to no paper.
    pub dropped_rows: u64,
}

/// Age of a temporary file above which its process must have been killed.
const ABANDONED: Duration = Duration::from_hours(1);

impl Store {
    /// Rewrites the vectors without dead rows, and deletes leftover files of older generations and of killed processes.
    /// The full-text index must then be rebuilt by its owner, and so must the graph;
    /// [`graph::compact`](crate::graph::compact) keeps it.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn compact(&self) -> Result<Compacted> {
        self.compact_with(|_, _| Ok(()))
    }

    /// As [`Store::compact`]. Before the next generation becomes current, `carry` is called with the snapshot and with
    /// the next generation, whose rows are the live ones of the snapshot in the same order.
    ///
    /// # Errors
    /// As [`Store::commit`], and the errors of `carry`; then the current generation remains.
    pub(crate) fn compact_with(&self, carry: impl FnOnce(&Snapshot, &Generation) -> Result<()>) -> Result<Compacted> {
        let _lock = Lock::acquire(self.dir())?;
        let snapshot = self.view()?.snapshot().clone();
        let compacted = Compacted {
            papers: snapshot.len() as u64,
            dropped_rows: (snapshot.vectors.rows() - snapshot.len()) as u64,
        };
        let mut number = snapshot.generation.number;
        if compacted.dropped_rows > 0 {
            // A graph or full-text index with this number belongs to other rows: a killed process left it while it
            // changed the model.
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
            let next = Generation { number, file, rows: compacted.papers, ..snapshot.generation.clone() };
            carry(&snapshot, &next)?;
            self.switch(next)?;
        }
        drop(snapshot);
        self.take_away_leftovers(number);
        Ok(compacted)
    }

    /// Makes a generation current whose rows are those of the papers, in their present order.
    fn switch(&self, next: Generation) -> Result<()> {
        let mut papers = self.papers()?;
        let (transaction, now) = papers.begin_writing()?;
        (|| {
            let rows: Vec<i64> = transaction
                .prepare("SELECT row FROM papers ORDER BY row")?
                .query_map([], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            // In this order, no new row number is still in use by another paper.
            let mut update = transaction.prepare("UPDATE papers SET row = ?1 WHERE row = ?2")?;
            for (new, old) in (0i64..).zip(rows) {
                update.execute([new, old])?;
            }
            drop(update);
            transaction.execute("DELETE FROM dead_rows", [])?;
            finish(transaction, Generation { commits: now.commits, ..next })
        })()
        .map_err(|source| database(self.dir(), source))
    }

    /// Deletes files of generations other than the current one, and abandoned temporary files. Files that cannot be
    /// deleted, because another process keeps them open, remain until the next call.
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

/// The generation number in the name of a file or folder.
pub(super) fn generation_of(name: &str) -> Option<u64> {
    let number = name
        .strip_prefix("vectors.")
        .and_then(|rest| rest.strip_suffix(".f32"))
        .or_else(|| name.strip_prefix("graph.").and_then(|rest| rest.strip_suffix(".hnsw")))
        .or_else(|| name.strip_prefix("lexical.").map(|rest| rest.strip_suffix(".new").unwrap_or(rest)))?;
    number.parse().ok()
}
