//! Stores what older versions wrote in the form of this one, which takes less space, and shrinks the database.
//!
//! Papers are packed in transactions of some thousand, between which others can write. That the database must be written anew is
//! noted in the first of them, so that a later call does it if this one is killed, or the disk is full.

use rusqlite::{Connection, Transaction, params};

use super::commit::LONGEST_LOG;
use super::lock::Lock;
use super::{DocId, Generation, Sentences, Store, database, packed_text, record};
use crate::embed::Embedding;
use crate::error::Result;
use crate::paper::PaperId;

/// Papers that are packed in one transaction.
const PACKED_AT_ONCE: u32 = 2_000;

/// The database is written anew if more than 1 / this of its pages are free.
const MOST_FREE: i64 = 8;

/// The value of SQLite's `application_id` while the pages of the database are partly empty, since papers were packed.
const HAS_ROOM: i64 = 1;

impl Store {
    /// Packs abstracts and sentence embeddings that an older version stored, and writes the database anew if much of it is unused.
    /// What is packed stays packed if this fails.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn pack(&self) -> Result<()> {
        self.pack_abstracts()?;
        self.pack_sentences()?;
        self.shrink_database()
    }

    fn pack_abstracts(&self) -> Result<()> {
        let mut after = (0, -1);
        loop {
            let packed = self.pack_some(|transaction, now| {
                // Compaction gives papers other rows.
                let row = if after.0 == now.number { after.1 } else { -1 };
                let last = pack_abstracts_after(transaction, row)?;
                after = (now.number, last.unwrap_or(row));
                Ok(last.is_some())
            })?;
            if !packed {
                return Ok(());
            }
        }
    }

    fn pack_sentences(&self) -> Result<()> {
        let mut after = String::new();
        loop {
            let snapshot = self.view()?.snapshot().clone();
            let packed = self.pack_some(|transaction, now| {
                if snapshot.generation.number != now.number {
                    return Ok(true);
                }
                let vector = |row| snapshot.vectors.row(row).and_then(|row| Embedding::of_unit(row.to_vec()));
                let last = pack_sentences_after(transaction, &after, vector)?;
                Ok(last.map(|last| after = last).is_some())
            })?;
            if !packed {
                return Ok(());
            }
        }
    }

    /// Packs papers in one transaction. `pack` returns whether there may be more.
    fn pack_some(&self, pack: impl FnOnce(&Transaction<'_>, &Generation) -> rusqlite::Result<bool>) -> Result<bool> {
        let _lock = Lock::acquire(self.dir())?;
        let mut papers = self.papers()?;
        let (transaction, now) = papers.begin_writing()?;
        let may_be_more = (|| {
            let may_be_more = pack(&transaction, &now)?;
            transaction.commit()?;
            Ok(may_be_more)
        })()
        .map_err(|source| database(self.dir(), source))?;
        papers.shorten_log(LONGEST_LOG);
        Ok(may_be_more)
    }

    /// Writes the database anew without unused space, if papers were packed or many pages are free. Others cannot write meanwhile.
    fn shrink_database(&self) -> Result<()> {
        let _lock = Lock::acquire(self.dir())?;
        let papers = self.papers()?;
        let connection = papers.connection();
        (|| {
            let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
            let has_room = number("application_id")? == HAS_ROOM;
            if has_room || number("freelist_count")? > number("page_count")? / MOST_FREE {
                connection.execute_batch("VACUUM")?;
                connection.pragma_update(None, "application_id", 0)?;
                papers.shorten_log(0);
            }
            Ok(())
        })()
        .map_err(|source| database(self.dir(), source))
    }
}

/// Packs the abstracts of some papers behind a row. Returns the last row; `None` if there are no such papers.
fn pack_abstracts_after(connection: &Connection, row: i64) -> rusqlite::Result<Option<i64>> {
    let query = "SELECT row, abstract FROM papers WHERE row > ?1 AND packed IS NULL AND abstract <> ''
         ORDER BY row LIMIT ?2";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let mut statement = connection.prepare_cached(query)?;
    let page = statement.query_map(params![row, PACKED_AT_ONCE], read)?;
    let page: Vec<(i64, String)> = page.collect::<rusqlite::Result<_>>()?;
    let mut update = connection.prepare_cached("UPDATE papers SET abstract = '', packed = ?2 WHERE row = ?1")?;
    let mut written = 0;
    for (row, text) in &page {
        // What replaces the only copy of a text must give it back.
        let is_same = |packed: &Vec<u8>| packed_text::unpack(packed).as_ref() == Ok(text);
        if let Some(packed) = packed_text::pack(text).filter(is_same) {
            written += update.execute(params![row, packed])?;
        }
    }
    note_room(connection, written)?;
    Ok(page.last().map(|(row, _)| *row))
}

/// Stores in 2 bits a dimension the sentence embeddings of some papers that have 8 bits, in the order of ids behind one. `vector` is
/// that of a row. Returns the last id; `None` if there are no such papers.
fn pack_sentences_after(
    connection: &Connection,
    id: &str,
    vector: impl Fn(DocId) -> Option<Embedding>,
) -> rusqlite::Result<Option<String>> {
    let query = "SELECT id, codes, row FROM sentences JOIN papers USING (id)
         WHERE id > ?1 AND substr(codes, 4, 1) = x'00' ORDER BY id LIMIT ?2";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let mut statement = connection.prepare_cached(query)?;
    let page = statement.query_map(params![id, PACKED_AT_ONCE], read)?;
    let mut page: Vec<(String, Vec<u8>, u32)> = page.collect::<rusqlite::Result<_>>()?;
    let mut written = 0;
    for (id, codes, row) in &mut page {
        let Some(vector) = vector(DocId(*row)) else { continue };
        let sentences = Sentences::from_bytes(std::mem::take(codes));
        let packed = sentences.in_two_bits(&vector);
        if packed != sentences {
            record::write_sentences(connection, &PaperId::of_stored(id), &packed)?;
            written += 1;
        }
    }
    note_room(connection, written)?;
    Ok(page.pop().map(|(id, ..)| id))
}

/// Notes in the transaction that the database must be written anew, if papers were packed.
fn note_room(connection: &Connection, papers: usize) -> rusqlite::Result<()> {
    if papers > 0 { connection.pragma_update(None, "application_id", HAS_ROOM) } else { Ok(()) }
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
        // Killed before the database is written anew, which the next call does.
        store.pack_sentences().unwrap();
        assert!(bytes() >= before);
        for _ in 0..2 {
            store.pack().unwrap();
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
