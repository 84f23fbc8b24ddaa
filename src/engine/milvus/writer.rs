//! Adds and deletes papers. The server has no transactions: a commit writes in an order in which an interruption does no harm.
//!
//! 1. Aliases of new and changed papers. One without its paper is ignored.
//! 2. The papers. One whose merged papers are still there is merged again by the next record about it.
//! 3. Papers that were merged or deleted are deleted, and aliases that no paper has.
//! 4. The numbers of papers with each word. If they do not belong to all papers, [`Writer::finish`] counts them again.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::{SystemTime, UNIX_EPOCH};

use super::Milvus;
use super::client::Rows;
use super::counts::{self, Delta};
use super::expression::ALL;
use super::known::KnownPapers;
use super::record::{Record, Row, columns, encode_sentences, values_by_id};
use super::schema::{ALIASES, ID, PAPERS, SENTENCES, VECTOR, WORDS_OF};
use crate::embed::{Embedding, Fingerprint};
use crate::engine::Writer;
use crate::error::{Error, Result};
use crate::full_text::{PaperTerms, TermCounts};
use crate::paper::{Paper, PaperId};
use crate::store::{Arrival, Became, Contribution, Incoming, Part, Plan, Removed, Sentences, Stored, parts};

/// Rows in one request: some kB each.
const ROWS: usize = 500;
/// After this number of papers, the server is asked to flush them: until then they are scanned.
const FLUSHED: usize = 1_000;
/// About the most bytes of texts in one request: a server takes 64 MB by default.
const MOST_BYTES: usize = 16 << 20;
/// Records for which stored papers are looked up together.
const LOOKS_AHEAD: usize = 128;

/// What a commit writes.
struct Commit<'c> {
    known: KnownPapers<'c>,
    /// The new vector of each changed paper, and its sentences; `None` if they stay.
    written: BTreeMap<String, Option<(Vec<f32>, String)>>,
    /// The record of each of these papers as a text, and its terms.
    encoded: HashMap<String, (String, PaperTerms)>,
    /// The papers in the order in which they change, which is that of their age.
    order: Vec<String>,
    deleted: BTreeSet<String>,
    aliases: BTreeSet<String>,
    delta: Delta,
}

impl<'c> Commit<'c> {
    fn new(engine: &'c Milvus) -> Self {
        let known = KnownPapers::new(&engine.client);
        let (written, encoded, order, deleted, aliases, delta) = Default::default();
        Self { known, written, encoded, order, deleted, aliases, delta }
    }

    /// Stores a planned paper, which is also found by the ids `former`. Its text is new if it has a vector.
    ///
    /// # Errors
    /// [`Error::TooLargeForServer`]: then nothing has changed.
    fn store(&mut self, plan: &Plan, former: &[PaperId], vector: Option<(Vec<f32>, String)>) -> Result<()> {
        let Plan { paper, absorbed, contributions, .. } = plan;
        let before = self.known.record(paper.id.as_str())?;
        let mut former: Vec<PaperId> = former.iter().chain(absorbed).cloned().collect();
        for id in absorbed {
            if let Some(record) = self.known.record(id.as_str())? {
                former.extend(record.former.iter().cloned());
                former.extend(record.paper.ids.iter().cloned());
                former.push(PaperId::of_title(&record.paper.title));
            }
        }
        let titles =
            before.iter().map(|record| &record.paper.title).chain(contributions.iter().map(|said| &said.paper.title));
        former.extend(titles.filter(|title| **title != paper.title).map(|title| PaperId::of_title(title)));
        former.extend(before.into_iter().flat_map(|record| record.former));
        let mut seen = HashSet::new();
        former.retain(|id| *id != paper.id && seen.insert(id.clone()));
        self.put(Record::new(paper.clone(), contributions, former), vector)?;
        absorbed.iter().try_for_each(|id| self.delete(id.as_str()))
    }

    fn put(&mut self, record: Record, vector: Option<(Vec<f32>, String)>) -> Result<()> {
        let id = record.paper.id.as_str().to_owned();
        let encoded = record.encode()?;
        if let Some(before) = self.known.record(&id)? {
            self.delta.remove(&PaperTerms::of(&before.paper));
        }
        let terms = PaperTerms::of(&record.paper);
        self.delta.add(&terms);
        self.encoded.insert(id.clone(), (encoded, terms));
        self.aliases.extend(self.known.put(&id, Some(record))?);
        self.deleted.remove(&id);
        self.order.retain(|other| *other != id);
        self.order.push(id.clone());
        let written = self.written.entry(id).or_default();
        if vector.is_some() {
            *written = vector;
        }
        Ok(())
    }

    fn delete(&mut self, id: &str) -> Result<()> {
        if let Some(before) = self.known.record(id)? {
            self.delta.remove(&PaperTerms::of(&before.paper));
            self.aliases.extend(self.known.put(id, None)?);
            self.written.remove(id);
            self.order.retain(|other| other != id);
            self.deleted.insert(id.to_owned());
        }
        Ok(())
    }

    /// Writes everything.
    fn write(mut self, engine: &Milvus) -> Result<Delta> {
        let client = &engine.client;
        let unchanged: Vec<&str> =
            self.written.iter().filter(|(_, vector)| vector.is_none()).map(|(id, _)| id.as_str()).collect();
        let mut vectors: HashMap<String, (Vec<f32>, String)> = HashMap::new();
        for rows in client.rows_by_ids(PAPERS, &unchanged, &[VECTOR, SENTENCES])? {
            let values = rows.vectors(VECTOR)?.iter().zip(rows.texts(SENTENCES)?);
            for (id, (vector, sentences)) in rows.texts(ID)?.iter().zip(values) {
                vectors.insert(id.clone(), (vector.clone(), sentences.clone()));
            }
        }
        let (mut kept, mut given_up) = (Vec::new(), Vec::new());
        for alias in &self.aliases {
            match self.known.alias(alias) {
                papers if papers.is_empty() => given_up.push(alias.clone()),
                papers => kept.push((alias.clone(), serde_json::Value::from(papers).to_string())),
            }
        }
        for some in kept.chunks(ROWS) {
            let (ids, values): (Vec<String>, Vec<String>) = some.iter().cloned().unzip();
            client.upsert(ALIASES, values_by_id(ids, values))?;
        }
        let means = engine.state()?.mean_lengths();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros());
        let mut records = Vec::with_capacity(self.order.len());
        for id in &self.order {
            records.extend(self.known.record(id)?);
        }
        let (mut rows, mut bytes) = (Vec::with_capacity(ROWS), 0);
        for (place, record) in (0..).zip(&records) {
            let id = record.paper.id.as_str();
            let written = self.written.remove(id).flatten().or_else(|| vectors.remove(id));
            // Another writer has deleted it; the next `add` finds it missing.
            let Some((vector, sentences)) = written else { continue };
            let Some((encoded, terms)) = self.encoded.remove(id) else { continue };
            let counts = TermCounts::of(&record.paper);
            let weights = counts.sparse(means);
            let added = i64::try_from(now).unwrap_or(i64::MAX).saturating_add(place);
            bytes += encoded.len() + sentences.len() + 2 * record.paper.text().len();
            rows.push(Row { record, encoded, vector, terms, weights, counts, sentences, added });
            if rows.len() == ROWS || bytes > MOST_BYTES {
                client.upsert(PAPERS, columns(std::mem::take(&mut rows)))?;
                bytes = 0;
            }
        }
        if !rows.is_empty() {
            client.upsert(PAPERS, columns(rows))?;
        }
        for ids in self.deleted.iter().cloned().collect::<Vec<_>>().chunks(ROWS) {
            client.delete(PAPERS, ids)?;
        }
        for ids in given_up.chunks(ROWS) {
            client.delete(ALIASES, ids)?;
        }
        engine.written.fetch_add(self.order.len(), Ordering::Relaxed);
        engine.ahead().forget(self.aliases.iter(), self.order.iter().chain(&self.deleted));
        Ok(self.delta)
    }
}

impl Milvus {
    fn stored(&self, id: &PaperId) -> Result<(KnownPapers<'_>, Stored)> {
        let known = KnownPapers::new(&self.client);
        let own = known.papers_of(id.as_str())?;
        if own.len() > 1 {
            let papers = own.iter().map(|id| PaperId::of_stored(id).to_string()).collect();
            return Err(Error::AmbiguousId { id: id.printed().to_owned(), papers });
        }
        let record = own.first().map(|own| known.record(own)).transpose()?.flatten();
        let record = record.ok_or_else(|| Error::UnknownPaper { id: id.printed().to_owned() })?;
        Ok((known, record.stored()))
    }

    /// Counts the words of all papers again.
    ///
    /// # Errors
    /// When the server cannot be read or written.
    pub(super) fn count_words_again(&self) -> Result<()> {
        let mut all = Delta::default();
        self.exported(false, &mut |paper, _| {
            all.add(&PaperTerms::of(paper));
            Ok(())
        })?;
        counts::replace(&self.client, &all)?;
        self.forget_state();
        Ok(())
    }

    pub(super) fn check_fingerprint(&self, given: &Fingerprint) -> Result<()> {
        if self.model.fingerprint == *given {
            return Ok(());
        }
        Err(Error::ModelChanged {
            dir: PathBuf::from(self.client.address().to_string()),
            now: Box::new(self.model.fingerprint.summary()),
            before: Box::new(given.summary()),
        })
    }
}

/// The papers that a split of a stored paper would yield.
fn parts_of(known: &KnownPapers<'_>, stored: &Stored) -> Result<Vec<Part>> {
    parts(stored, |id| Ok(known.record(id.as_str())?.is_some()))
}

impl Writer for Milvus {
    fn plan(&self, incoming: &Incoming<'_>) -> Result<Plan> {
        let known = KnownPapers::after(&self.client, &self.ahead);
        known.read_for(std::iter::once(*incoming))?;
        incoming.plan(&known)
    }

    fn looks_ahead(&self) -> usize {
        LOOKS_AHEAD
    }

    fn expect(&self, papers: &[&Paper]) -> Result<()> {
        let known = KnownPapers::new(&self.client);
        let asked: Vec<Contribution> = papers.iter().map(|paper| Contribution::from((*paper).clone())).collect();
        known.read_for(asked.iter().map(Incoming::Record))?;
        *self.ahead() = known.into_ahead();
        Ok(())
    }

    fn write(&self, fingerprint: &Fingerprint, arrivals: &[Arrival<'_>]) -> Result<Vec<Became>> {
        self.check_fingerprint(fingerprint)?;
        let mut commit = Commit::new(self);
        commit.known.read_for(arrivals.iter().map(|arrival| arrival.incoming))?;
        let mut became = Vec::with_capacity(arrivals.len());
        for arrival in arrivals {
            let plan = arrival.incoming.plan(&commit.known)?;
            let embedding = arrival.embedding_of(&plan);
            let mut effect = plan.effect(embedding.is_some());
            if effect.is_written() {
                let embedding = embedding.filter(|_| plan.state.needs_vector());
                let encoded =
                    |embedding: &Embedding| (embedding.as_slice().to_vec(), encode_sentences(arrival.sentences));
                match commit.store(&plan, arrival.incoming.former(), embedding.map(encoded)) {
                    Err(Error::TooLargeForServer { .. }) => effect = Became::TooLarge,
                    stored => stored?,
                }
            }
            became.push(effect);
        }
        let delta = commit.write(self)?;
        self.count_later(&delta)?;
        Ok(became)
    }

    fn parts(&self, id: &PaperId) -> Result<Vec<Part>> {
        let (known, stored) = self.stored(id)?;
        parts_of(&known, &stored)
    }

    fn split(&self, fingerprint: &Fingerprint, id: &PaperId, parts: &[(Part, Embedding, Sentences)]) -> Result<()> {
        self.check_fingerprint(fingerprint)?;
        let (known, stored) = self.stored(id)?;
        if parts_of(&known, &stored)?.iter().ne(parts.iter().map(|(part, ..)| part)) {
            return Err(Error::NotMerged { id: id.printed().to_owned(), records: stored.contributions.len() });
        }
        let mut commit = Commit::new(self);
        commit.delete(stored.paper.id.as_str())?;
        for (Part { paper, contributions }, embedding, sentences) in parts {
            let vector = (embedding.as_slice().to_vec(), encode_sentences(sentences));
            commit.put(Record::new(paper.clone(), contributions, Vec::new()), Some(vector))?;
        }
        let delta = commit.write(self)?;
        self.count_later(&delta)
    }

    fn remove(&self, ids: &[PaperId]) -> Result<Removed> {
        let mut commit = Commit::new(self);
        let asked = ids.iter().map(|id| Contribution::from(Paper::new(id.clone(), String::new(), String::new())));
        let asked: Vec<Contribution> = asked.collect();
        commit.known.read_for(asked.iter().map(Incoming::Record))?;
        let mut removed = Removed::default();
        let mut seen = HashSet::new();
        for id in ids.iter().filter(|id| seen.insert(*id)) {
            // An id that several papers have deletes none of them.
            match commit.known.papers_of(id.as_str())?.as_slice() {
                [own] => {
                    commit.delete(&own.clone())?;
                    removed.papers += 1;
                }
                _ => removed.unknown.push(id.clone()),
            }
        }
        let delta = commit.write(self)?;
        self.count_later(&delta)?;
        Ok(removed)
    }

    fn remove_sample(&self) -> Result<()> {
        if !counts::state(&self.client)?.is_sample {
            return Ok(());
        }
        let mut ids = Vec::new();
        let wanted = Rows { collection: PAPERS, filter: ALL.to_owned(), fields: &[ID], limit: 1_000, in_order: true };
        self.client.for_each_page(&wanted, |page| {
            ids.extend(page.texts(ID)?.iter().map(|id| PaperId::of_stored(id)));
            Ok(true)
        })?;
        self.remove(&ids)?;
        self.count_now()
    }

    fn as_sample(&self, add: &mut dyn FnMut() -> Result<u64>) -> Result<()> {
        let added = add()?;
        self.finish()?;
        let state = counts::state(&self.client)?;
        if state.papers == added {
            counts::mark(&self.client, &state, true)?;
        }
        Ok(())
    }

    fn keep_sample(&self) -> Result<()> {
        counts::mark(&self.client, &counts::state(&self.client)?, false)
    }

    fn finish(&self) -> Result<()> {
        self.count_now()?;
        let papers = self.client.count(PAPERS, ALL)?;
        if usize::try_from(self.state()?.papers).is_ok_and(|counted| counted != papers) {
            self.count_words_again()?;
        }
        if self.written.load(Ordering::Relaxed) >= FLUSHED {
            // A server may refuse because others have just asked; it does so by itself later.
            let _ = self.client.flush(&[PAPERS, ALIASES, WORDS_OF]);
            self.written.store(0, Ordering::Relaxed);
        }
        Ok(())
    }
}
