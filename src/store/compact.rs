//! Compaction: writes the live rows into the next generation and drops those of deleted and updated papers.
//!
//! The new vectors are written and synced beside the old ones. One transaction then assigns the new rows to the papers
//! and makes the generation current. After a crash before the transaction, the next `compact` overwrites the new file.
//! After a crash behind it, the next one deletes the old files.

use std::io::{BufWriter, Write};
use std::time::Duration;

use rusqlite::params;
use serde::Serialize;

use super::commit::LONGEST_LOG;
use super::generation::{finish, vectors_file};
use super::lock::Lock;
use super::{DocId, Generation, Sentences, Snapshot, Store, database, packed_text, record, refused};
use crate::durable;
use crate::embed::Embedding;
use crate::error::Result;
use crate::paper::PaperId;

/// The result of [`Store::compact`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Compacted {
    /// Number of papers, all of which remain.
    pub papers: u64,
    /// Number of rows that belonged to no paper.
    pub dropped_rows: u64,
}

/// Papers whose abstract or sentence embeddings are packed in one transaction.
const PACKED_AT_ONCE: u32 = 2_000;

/// The database is written anew if more than 1 / this of its pages are free.
const MOST_FREE: i64 = 8;

/// Age of a temporary file above which its process must have been killed.
const ABANDONED: Duration = Duration::from_hours(1);

impl Store {
    /// Rewrites the vectors without dead rows, and deletes leftover files of older generations and of killed processes. Packs abstracts
    /// and sentence embeddings of older versions, and writes the database anew if much of it is unused.
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
        let has_room = [self.pack_abstracts()?, self.pack_sentences()?].contains(&true);
        self.shrink_database(has_room)?;
        Ok(compacted)
    }

    /// Packs abstracts that an older version stored as they are. Returns whether there were any.
    fn pack_abstracts(&self) -> Result<bool> {
        let (mut after, mut is_packed) = (-1, false);
        loop {
            let mut papers = self.papers()?;
            let (transaction, _) = papers.begin_writing()?;
            let page = (|| {
                let query = "SELECT row, abstract FROM papers WHERE row > ?1 AND packed IS NULL AND abstract <> ''
                     ORDER BY row LIMIT ?2";
                let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
                let mut statement = transaction.prepare_cached(query)?;
                let page = statement.query_map(params![after, PACKED_AT_ONCE], read)?;
                let page: Vec<(i64, String)> = page.collect::<rusqlite::Result<_>>()?;
                let update = "UPDATE papers SET abstract = '', packed = ?2 WHERE row = ?1";
                let mut update = transaction.prepare_cached(update)?;
                for (row, text) in &page {
                    // What replaces the only copy of a text must give it back.
                    let is_same = |packed: &Vec<u8>| packed_text::unpack(packed).as_ref() == Ok(text);
                    if let Some(packed) = packed_text::pack(text).filter(is_same) {
                        is_packed |= update.execute(params![row, packed])? > 0;
                    }
                }
                drop((statement, update));
                transaction.commit()?;
                Ok(page)
            })()
            .map_err(|source| database(self.dir(), source))?;
            papers.shorten_log(LONGEST_LOG);
            let Some((last, _)) = page.last() else { return Ok(is_packed) };
            after = *last;
        }
    }

    /// Stores sentence embeddings of older versions, which have 8 bits a dimension, in 2 bits. Returns whether there were any.
    fn pack_sentences(&self) -> Result<bool> {
        let failed = |source| database(self.dir(), source);
        let snapshot = self.view()?.snapshot().clone();
        let (mut after, mut is_packed) = (String::new(), false);
        loop {
            let mut papers = self.papers()?;
            let (transaction, _) = papers.begin_writing()?;
            let page: Vec<(String, Vec<u8>, u32)> = (|| {
                let query = "SELECT id, codes, row FROM sentences JOIN papers USING (id)
                     WHERE id > ?1 AND substr(codes, 4, 1) = x'00' ORDER BY id LIMIT ?2";
                let mut statement = transaction.prepare_cached(query)?;
                let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
                statement.query_map(params![after, PACKED_AT_ONCE], read)?.collect::<rusqlite::Result<_>>()
            })()
            .map_err(failed)?;
            let Some((last, ..)) = page.last() else { return Ok(is_packed) };
            after.clone_from(last);
            for (id, codes, row) in &page {
                let vector = snapshot.vectors.row(DocId(*row)).and_then(|row| Embedding::of_unit(row.to_vec()));
                let Some(vector) = vector else { continue };
                let packed = Sentences::from_bytes(codes.clone()).in_two_bits(&vector);
                record::write_sentences(&transaction, &PaperId::of_stored(id), &packed).map_err(failed)?;
                is_packed = true;
            }
            transaction.commit().map_err(failed)?;
            papers.shorten_log(LONGEST_LOG);
        }
    }

    /// Writes the database anew without unused space, if it `has_room` in its pages, or many pages are free.
    fn shrink_database(&self, has_room: bool) -> Result<()> {
        let papers = self.papers()?;
        let connection = papers.connection();
        (|| {
            let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
            if has_room || number("freelist_count")? > number("page_count")? / MOST_FREE {
                connection.execute_batch("VACUUM")?;
                papers.shorten_log(0);
            }
            Ok(())
        })()
        .map_err(|source| database(self.dir(), source))
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::embed::ModelFolder;
    use crate::made_up::numbers;
    use crate::paper::Paper;
    use crate::store::Change;

    #[test]
    fn sentences_of_older_versions_are_packed() {
        let dir = tempfile::tempdir().unwrap();
        let model = ModelFolder::open(Path::new("tests/data/tiny-bert")).unwrap();
        let store = Store::open_or_create(dir.path(), model.fingerprint(), None).unwrap();
        let vector = |seed: usize| Embedding::normalised(numbers(seed as u64).take(32).collect()).unwrap();
        let count = 3 * PACKED_AT_ONCE as usize / 2;
        let change = |number: usize| {
            let title = format!("On fish, part {number}");
            let mut sentences = Sentences::default();
            for part in 0..20 {
                sentences.push_alone(&(10 * part..10 * part + 9), &vector(number + part));
            }
            let paper = Paper::new(PaperId::of_title(&title), title, String::new());
            Change { sentences, ..Change::new(paper, Some(vector(number))) }
        };
        let changes: Vec<Change> = (0..count).map(change).collect();
        store.commit(model.fingerprint(), &changes).unwrap();
        store.papers().unwrap().shorten_log(0);
        let bytes = || dir.path().join("papers.sqlite").metadata().unwrap().len();
        let before = bytes();
        for _ in 0..2 {
            store.compact().unwrap();
            assert!(bytes() < 2 * before / 3, "{} of {before} bytes", bytes());
            for (number, change) in changes.iter().enumerate().step_by(100) {
                let (_, doc) = store.view().unwrap().paper(&change.paper.id).unwrap();
                let sentences = store.view().unwrap().sentences_at(doc).unwrap();
                assert_eq!(sentences, change.sentences.in_two_bits(&vector(number)));
                assert_eq!(sentences.cosines(&vector(0), Some(vector(number).as_slice())).count(), 20);
            }
        }
    }
}
