//! Adds and deletes papers. Each commit is one transaction under the write lock.

use std::collections::HashSet;

use rusqlite::{OptionalExtension, Transaction, params};

use super::generation::finish;
use super::identity::Place;
use super::lock::Lock;
use super::{
    Arrival, Became, Change, Contribution, Generation, Incoming, Part, Plan, Removed, Sentences, State, Store,
    database, identity, record, to_i64, vectors,
};
use crate::corpus::text;
use crate::embed::{Embedding, Fingerprint};
use crate::error::{Error, Result};
use crate::paper::{Paper, PaperId};

/// The value of SQLite's `user_version` while the store contains only the sample collection, added because there were
/// no other papers. Every commit of papers resets it: later papers are the user's own.
const ONLY_THE_SAMPLE: i64 = 1;

/// The write-ahead log is emptied if it has more bytes than this.
pub(super) const LONGEST_LOG: u64 = 256 << 20;

impl Store {
    /// Stores papers durably, all or none; their vectors have this fingerprint. Returns the effect of each change, in
    /// order. A change that another writer has made in the meantime counts as unchanged.
    ///
    /// # Errors
    /// [`Error::StoreLocked`], a full disk, a read-only folder; [`Error::ModelChanged`] if the store now has vectors of
    /// another fingerprint.
    pub fn commit(&self, fingerprint: &Fingerprint, changes: &[Change]) -> Result<Vec<Became>> {
        self.write(fingerprint, &changes.iter().map(Arrival::from).collect::<Vec<_>>())
    }

    /// As [`Store::commit`], also for papers of another collection and papers to merge.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn write(&self, fingerprint: &Fingerprint, arrivals: &[Arrival<'_>]) -> Result<Vec<Became>> {
        if arrivals.is_empty() {
            return Ok(Vec::new());
        }
        let _lock = Lock::acquire(self.dir())?;
        let failed = |source| database(self.dir(), source);
        let mut papers = self.papers()?;
        let (transaction, mut generation) = papers.begin_writing()?;
        if generation.fingerprint != *fingerprint && arrivals.iter().any(|arrival| arrival.embedding.is_some()) {
            return Err(Error::ModelChanged {
                dir: self.dir().to_owned(),
                now: Box::new(generation.fingerprint.summary()),
                before: Box::new(fingerprint.summary()),
            });
        }
        let mut became = Vec::with_capacity(arrivals.len());
        let mut embeddings = Vec::new();
        let number = to_i64(generation.commits + 1);
        for arrival in arrivals {
            let plan = arrival.incoming.plan(&*transaction).map_err(failed)?;
            let embedding = arrival.embedding_of(&plan);
            became.push(plan.effect(embedding.is_some()));
            let write = |row| {
                let (former, rules) = (arrival.incoming.former(), rules_of(&arrival.incoming, &plan.paper));
                write(&transaction, &plan, former, row, (number, rules)).map_err(failed)
            };
            match (plan.state, embedding) {
                (State::DetailsDiffer, _) => write(None)?,
                (State::New | State::TextDiffers, Some(embedding)) => {
                    write(Some(to_i64(generation.rows + embeddings.len() as u64)))?;
                    record::write_sentences(&transaction, &plan.paper.id, arrival.sentences).map_err(failed)?;
                    embeddings.push(embedding);
                }
                (State::Unchanged, _) | (State::New | State::TextDiffers, None) => {}
            }
        }
        if !embeddings.is_empty() {
            vectors::append(self.dir(), &generation, &embeddings)?;
            generation.rows += embeddings.len() as u64;
        }
        mark(&transaction, 0).map_err(failed)?;
        if became.iter().any(|became| became.is_written()) {
            finish(transaction, generation).map_err(failed)?;
        } else {
            transaction.commit().map_err(failed)?;
        }
        papers.shorten_log(LONGEST_LOG);
        Ok(became)
    }

    /// Replaces a paper by the parts of [`Store::parts`], each with its embedding. Nothing is done if the records of the paper have
    /// changed since then.
    ///
    /// # Errors
    /// [`Error::NotMerged`] if the parts are no longer those of the paper; as [`Store::commit`].
    pub fn split(&self, fingerprint: &Fingerprint, id: &PaperId, parts: &[(Part, Embedding, Sentences)]) -> Result<()> {
        let _lock = Lock::acquire(self.dir())?;
        let failed = |source| database(self.dir(), source);
        let mut papers = self.papers()?;
        let stored = papers.stored(id)?;
        if papers.parts(&stored)?.iter().ne(parts.iter().map(|(part, ..)| part)) {
            return Err(Error::NotMerged { id: id.printed().to_owned(), records: stored.contributions.len() });
        }
        let (transaction, mut generation) = papers.begin_writing()?;
        generation.fingerprint.check(fingerprint, self.dir())?;
        let number = to_i64(generation.commits + 1);
        delete(&transaction, &stored.paper.id, number).map_err(failed)?;
        for (place, (part, _, sentences)) in parts.iter().enumerate() {
            let Part { paper, contributions } = part;
            let rules = record::rules_of(&paper.title, &paper.abstract_text);
            let place = Place { row: to_i64(generation.rows + place as u64), commit: number, rules, is_new: false };
            identity::write(&transaction, paper, &place, contributions, &[]).map_err(failed)?;
            record::write_sentences(&transaction, &paper.id, sentences).map_err(failed)?;
        }
        let embeddings: Vec<&Embedding> = parts.iter().map(|(_, embedding, _)| embedding).collect();
        vectors::append(self.dir(), &generation, &embeddings)?;
        generation.rows += embeddings.len() as u64;
        finish(transaction, generation).map_err(failed)
    }

    /// Deletes papers: all known ones in one commit. Their rows remain as tombstones until [`Store::compact`].
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn remove(&self, ids: &[PaperId]) -> Result<Removed> {
        let _lock = Lock::acquire(self.dir())?;
        let mut papers = self.papers()?;
        let (transaction, generation) = papers.begin_writing()?;
        let number = to_i64(generation.commits + 1);
        let mut removed = Removed::default();
        let mut seen = HashSet::new();
        (|| {
            for id in ids.iter().filter(|id| seen.insert(*id)) {
                // An id that several papers have deletes none of them.
                match identity::with_id(&transaction, id)?.as_slice() {
                    [own] => {
                        delete(&transaction, own, number)?;
                        removed.papers += 1;
                    }
                    _ => removed.unknown.push(id.clone()),
                }
            }
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
            let number = to_i64(generation.commits + 1);
            transaction
                .execute("INSERT OR IGNORE INTO dead_rows (changed, row) SELECT ?1, row FROM papers", [number])?;
            transaction.execute_batch(
                "DELETE FROM papers; DELETE FROM sentences; DELETE FROM aliases; DELETE FROM contributions",
            )?;
            mark(&transaction, 0)?;
            finish(transaction, generation)
        })()
        .map_err(|source| database(self.dir(), source))
    }
}

/// The version of the rules that made the text of a paper to write. A record is read by the present ones.
fn rules_of(incoming: &Incoming<'_>, paper: &Paper) -> u32 {
    match incoming {
        Incoming::Record(Contribution { paper: record, .. }) if record.content_hash() == paper.content_hash() => {
            text::VERSION
        }
        _ => record::rules_of(&paper.title, &paper.abstract_text),
    }
}

/// Writes a planned paper, which is also found by the ids `former`: in a new row if it has one, otherwise in its own.
pub(super) fn write(
    transaction: &Transaction<'_>,
    plan: &Plan,
    former: &[PaperId],
    row: Option<i64>,
    (number, rules): (i64, u32),
) -> rusqlite::Result<()> {
    let Plan { paper, absorbed, contributions, .. } = plan;
    let before = "SELECT row, title FROM papers WHERE id = ?1";
    let before: Option<(i64, String)> = transaction
        .prepare_cached(before)?
        .query_row([paper.id.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let mut former: Vec<PaperId> = former.iter().chain(absorbed).cloned().collect();
    let titles = before.iter().map(|(_, title)| title).chain(contributions.iter().map(|said| &said.paper.title));
    former.extend(titles.filter(|title| **title != paper.title).map(|title| PaperId::of_title(title)));
    for absorbed in absorbed {
        // Its other ids become ids of this paper.
        let query = "INSERT OR IGNORE INTO aliases (alias, id) SELECT alias, ?2 FROM aliases WHERE id = ?1";
        transaction.prepare_cached(query)?.execute([absorbed.as_str(), paper.id.as_str()])?;
        delete(transaction, absorbed, number)?;
    }
    let is_new = before.is_none() && absorbed.is_empty();
    let old_row = before.map(|(row, _)| row);
    if let (Some(_), Some(old_row)) = (row, old_row) {
        let query = "INSERT OR IGNORE INTO dead_rows (changed, row) VALUES (?1, ?2)";
        transaction.prepare_cached(query)?.execute([number, old_row])?;
    }
    let row = row.or(old_row).unwrap_or_default();
    identity::write(transaction, paper, &Place { row, commit: number, rules, is_new }, contributions, &former)
}

/// Deletes a paper in the commit with this number; its row of the vectors stays.
fn delete(transaction: &Transaction<'_>, id: &PaperId, number: i64) -> rusqlite::Result<()> {
    let dead = "INSERT OR IGNORE INTO dead_rows (changed, row) SELECT ?1, row FROM papers WHERE id = ?2";
    transaction.prepare_cached(dead)?.execute(params![number, id.as_str()])?;
    for query in ["DELETE FROM papers WHERE id = ?1", "DELETE FROM sentences WHERE id = ?1"] {
        transaction.prepare_cached(query)?.execute([id.as_str()])?;
    }
    identity::delete(transaction, id)
}

fn mark(transaction: &Transaction<'_>, mark: i64) -> rusqlite::Result<()> {
    transaction.pragma_update(None, "user_version", mark)
}
