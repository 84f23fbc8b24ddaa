//! Adds and deletes papers. Each commit is one transaction under the write lock.

use std::collections::HashSet;

use rusqlite::Transaction;

use super::generation::finish;
use super::lock::Lock;
use super::{Became, Change, Generation, Removed, State, Store, database, record, to_i64, vectors};
use crate::embed::Fingerprint;
use crate::error::{Error, Result};
use crate::paper::PaperId;

/// The value of SQLite's `user_version` while the store contains only the sample collection, added because there were
/// no other papers. Every commit of papers resets it: later papers are the user's own.
const ONLY_THE_SAMPLE: i64 = 1;

impl Store {
    /// Stores papers durably, all or none; their vectors have this fingerprint. Returns the effect of each change, in
    /// order. A change that another writer has made in the meantime counts as unchanged.
    ///
    /// # Errors
    /// [`Error::StoreLocked`], a full disk, a read-only folder; [`Error::ModelChanged`] if the store now has vectors of
    /// another fingerprint.
    pub fn commit(&self, fingerprint: &Fingerprint, changes: &[Change]) -> Result<Vec<Became>> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let _lock = Lock::acquire(self.dir())?;
        let failed = |source| database(self.dir(), source);
        let mut papers = self.papers()?;
        let (transaction, mut generation) = papers.begin_writing()?;
        if generation.fingerprint != *fingerprint && changes.iter().any(|change| change.embedding.is_some()) {
            return Err(Error::ModelChanged {
                dir: self.dir().to_owned(),
                now: Box::new(generation.fingerprint.summary()),
                before: Box::new(fingerprint.summary()),
            });
        }
        let mut became = Vec::with_capacity(changes.len());
        let mut embeddings = Vec::new();
        let number = to_i64(generation.commits + 1);
        for Change { paper, embedding, sentences } in changes {
            let state = record::state_of(&transaction, paper).map_err(failed)?;
            became.push(match (state, embedding) {
                (State::Unchanged, _) => Became::Unchanged,
                (State::DetailsDiffer, _) => {
                    record::write_details(&transaction, paper, number).map_err(failed)?;
                    Became::Updated
                }
                (State::New | State::TextDiffers, Some(embedding)) => {
                    let row = generation.rows + embeddings.len() as u64;
                    record::write(&transaction, paper, to_i64(row), number).map_err(failed)?;
                    record::write_sentences(&transaction, &paper.id, sentences).map_err(failed)?;
                    embeddings.push(embedding);
                    if state == State::New { Became::Added } else { Became::Updated }
                }
                // The next `add` finds the paper and embeds it.
                (State::New | State::TextDiffers, None) => Became::LeftOut,
            });
        }
        if !embeddings.is_empty() {
            vectors::append(self.dir(), &generation, &embeddings)?;
            generation.rows += embeddings.len() as u64;
        }
        mark(&transaction, 0).map_err(failed)?;
        if became.iter().any(|became| matches!(became, Became::Added | Became::Updated)) {
            finish(transaction, generation).map_err(failed)?;
        } else {
            transaction.commit().map_err(failed)?;
        }
        Ok(became)
    }

    /// Deletes papers: all known ones in one commit. Their rows remain as tombstones until [`Store::compact`].
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn remove(&self, ids: &[PaperId]) -> Result<Removed> {
        let _lock = Lock::acquire(self.dir())?;
        let mut papers = self.papers()?;
        let (transaction, generation) = papers.begin_writing()?;
        let mut removed = Removed::default();
        let mut seen = HashSet::new();
        (|| {
            let mut delete = transaction.prepare_cached("DELETE FROM papers WHERE id = ?1")?;
            let mut delete_sentences = transaction.prepare_cached("DELETE FROM sentences WHERE id = ?1")?;
            for id in ids.iter().filter(|id| seen.insert(*id)) {
                match delete.execute([id.as_str()])? {
                    0 => removed.unknown.push(id.clone()),
                    _ => removed.papers += 1,
                }
                delete_sentences.execute([id.as_str()])?;
            }
            drop((delete, delete_sentences));
            if removed.papers > 0 { finish(transaction, generation) } else { Ok(()) }
        })()
        .map_err(|source| database(self.dir(), source))?;
        Ok(removed)
    }

    /// Marks the papers as the sample collection, which is deleted when the user adds papers. The mark is set only if
    /// the store has exactly `count` papers, all written once since `before`. Otherwise some papers belong to the user,
    /// or another writer has changed one, and no mark is set.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn mark_as_sample(&self, count: u64, before: &Generation) -> Result<()> {
        let _lock = Lock::acquire(self.dir())?;
        let mut papers = self.papers()?;
        let (transaction, now) = papers.begin_writing()?;
        (|| {
            let papers: i64 = transaction.query_row("SELECT count(*) FROM papers", [], |row| row.get(0))?;
            // Each paper written since `before` has exactly one new row.
            let is_sample = papers == to_i64(count) && now.number == before.number && now.rows == before.rows + count;
            if is_sample {
                mark(&transaction, ONLY_THE_SAMPLE)?;
            }
            transaction.commit()
        })()
        .map_err(|source| database(self.dir(), source))
    }

    /// Keeps the sample collection: removes its mark.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn keep_sample(&self) -> Result<()> {
        let _lock = Lock::acquire(self.dir())?;
        let mut papers = self.papers()?;
        let (transaction, _) = papers.begin_writing()?;
        mark(&transaction, 0).and_then(|()| transaction.commit()).map_err(|source| database(self.dir(), source))
    }

    /// Deletes all papers if they are marked as the sample collection.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn remove_sample(&self) -> Result<()> {
        let _lock = Lock::acquire(self.dir())?;
        let mut papers = self.papers()?;
        let (transaction, generation) = papers.begin_writing()?;
        (|| {
            let marked: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
            if marked != ONLY_THE_SAMPLE {
                return Ok(());
            }
            transaction.execute_batch("DELETE FROM papers; DELETE FROM sentences")?;
            mark(&transaction, 0)?;
            finish(transaction, generation)
        })()
        .map_err(|source| database(self.dir(), source))
    }
}

fn mark(transaction: &Transaction<'_>, mark: i64) -> rusqlite::Result<()> {
    transaction.pragma_update(None, "user_version", mark)
}
