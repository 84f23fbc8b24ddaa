//! Embeds and commits papers while the caller reads further ones. Each stage is a thread: the first embeds batches, on the
//! embedder's own threads; the second commits them; the third brings the indexes up to date, if wanted. Queues between them are
//! bounded.

use std::collections::{HashSet, VecDeque};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::thread::Scope;
use std::time::{Duration, Instant};

use super::vectors::{PaperVectors, embedded};
use crate::embed::Embedder;
use crate::engine::Writer;
use crate::error::{Error, Result};
use crate::paper::{Paper, PaperId};
use crate::progress::Progress;
use crate::store::{Became, Change, Contribution, Sentences};

/// Number of batches that wait for each stage.
const QUEUE: usize = 4;
/// Batches that are embedded within this time share a commit: each commit waits for the disk.
const BETWEEN_COMMITS: Duration = Duration::from_secs(1);
/// Maximum number of papers in a shared commit.
const MOST_SHARING: usize = 8_192;
/// The indexes are brought up to date each time they lack this number of papers, or in a large collection this part of the added
/// ones: each time costs something for every paper that they have.
const INDEX_EVERY: u64 = 20_000;
const INDEX_SHARE: u64 = 50;

/// Tells when the indexes should be brought up to date while papers are added.
#[derive(Default)]
pub(super) struct Upkeep {
    total: u64,
    missing: u64,
}

impl Upkeep {
    /// Whether they should be after these papers as well.
    pub fn is_due_after(&mut self, papers: u64) -> bool {
        self.total += papers;
        self.missing += papers;
        let is_due = self.missing >= INDEX_EVERY.max(self.total / INDEX_SHARE);
        if is_due {
            self.missing = 0;
        }
        is_due
    }
}

/// A record to embed, if need be, and to commit.
pub(super) struct Waiting {
    /// Its position among the records read.
    pub place: u64,
    pub contribution: Contribution,
    /// The paper as it will be stored.
    pub paper: Paper,
    pub needs_vector: bool,
    /// The embeddings of this paper, if they are there already.
    pub vectors: Option<PaperVectors>,
}

/// What the stages work with.
#[derive(Clone, Copy)]
pub(super) struct Tools<'a> {
    pub writer: &'a dyn Writer,
    pub embedder: &'a Embedder,
    pub progress: &'a dyn Progress,
    /// Brings the indexes up to date.
    pub keep_up: Option<&'a (dyn Fn() + Sync)>,
}

/// Records that are ready to be committed.
#[derive(Default)]
struct Ready {
    places: Vec<u64>,
    changes: Vec<Change>,
    truncated: u64,
}

/// The effects of a batch of records, once they are durable.
pub(super) struct Done {
    /// The place of each record, its effect, and the id of its paper.
    pub effects: Vec<(u64, Became, PaperId)>,
    /// Number of texts that were truncated.
    pub truncated: u64,
}

impl Tools<'_> {
    /// Embeds and commits a batch on this thread.
    pub fn process(&self, batch: Vec<Waiting>) -> Result<Done> {
        let ready = self.embed(batch)?;
        let mut done = self.commit(vec![ready])?;
        done.pop().ok_or(Error::Interrupted)
    }

    fn embed(&self, batch: Vec<Waiting>) -> Result<Ready> {
        let is_to_embed = |waiting: &&Waiting| waiting.needs_vector && waiting.vectors.is_none();
        let to_embed: Vec<&Paper> = batch.iter().filter(is_to_embed).map(|waiting| &waiting.paper).collect();
        let mut made = embedded(self.embedder, &to_embed, self.progress)?.into_iter();
        let mut ready = Ready::default();
        for Waiting { place, contribution, paper, needs_vector, vectors } in batch {
            let (embedding, sentences) = if needs_vector {
                // Papers that were not embedded before the work was stopped are left for the next run.
                let vectors = vectors.or_else(|| made.next().flatten());
                let Some(PaperVectors { embedding, sentences, truncated }) = vectors else { continue };
                ready.truncated += u64::from(truncated);
                (Some(embedding), sentences)
            } else {
                (None, Sentences::default())
            };
            ready.places.push(place);
            ready.changes.push(Change { contribution, paper, embedding, sentences });
        }
        Ok(ready)
    }

    /// Commits batches in one transaction.
    fn commit(&self, batches: Vec<Ready>) -> Result<Vec<Done>> {
        let mut changes = Vec::new();
        let mut parts = Vec::with_capacity(batches.len());
        for batch in batches {
            parts.push((batch.places, batch.truncated));
            changes.extend(batch.changes);
        }
        let became = self.writer.add(self.embedder.fingerprint(), &changes)?;
        let mut effects = changes.into_iter().zip(became).map(|(change, became)| (became, change.paper.id));
        let done = parts.into_iter().map(|(places, truncated)| {
            let effects = places.into_iter().zip(&mut effects).map(|(place, (became, id))| (place, became, id));
            Done { effects: effects.collect(), truncated }
        });
        Ok(done.collect())
    }
}

enum Item<T> {
    Batch(T),
    /// Commit what has come so far.
    Flush,
}

/// The running stages. They end when this is dropped.
pub(super) struct Stages {
    batches: SyncSender<Item<Vec<Waiting>>>,
    done: Receiver<Result<Done>>,
    /// The ids of the batches that are not yet committed.
    underway: VecDeque<HashSet<PaperId>>,
}

impl Stages {
    pub fn start<'scope>(scope: &'scope Scope<'scope, '_>, tools: Tools<'scope>) -> Self {
        let (batches, to_embed) = mpsc::sync_channel(QUEUE);
        let (ready, to_commit) = mpsc::sync_channel(QUEUE);
        let (effects, done) = mpsc::channel();
        let (committed, to_index) = mpsc::channel();
        scope.spawn(move || embed_all(tools, &to_embed, &ready));
        scope.spawn(move || commit_all(tools, &to_commit, &effects, &committed));
        if let Some(keep_up) = tools.keep_up {
            scope.spawn(move || index_all(tools.progress, keep_up, &to_index));
        }
        Self { batches, done, underway: VecDeque::new() }
    }

    /// Whether a batch that is not yet committed has one of these ids.
    pub fn have(&self, ids: &[PaperId]) -> bool {
        self.underway.iter().any(|batch| ids.iter().any(|id| batch.contains(id)))
    }

    /// Passes on a batch with these ids; waits while the queue is full.
    pub fn send(&mut self, batch: Vec<Waiting>, ids: HashSet<PaperId>) {
        // If a stage has failed, its error is among the results.
        if self.batches.send(Item::Batch(batch)).is_ok() {
            self.underway.push_back(ids);
        }
    }

    /// The results that are there already.
    pub fn next_done(&mut self) -> Option<Result<Done>> {
        let done = self.done.try_recv().ok()?;
        self.underway.pop_front();
        Some(done)
    }

    /// Has all batches committed soon.
    pub fn flush(&self) {
        let _ = self.batches.send(Item::Flush);
    }

    /// Waits for the result of the next batch; `None` if all are committed.
    pub fn wait(&mut self) -> Option<Result<Done>> {
        self.underway.pop_front()?;
        self.done.recv().ok()
    }
}

fn embed_all(tools: Tools<'_>, batches: &Receiver<Item<Vec<Waiting>>>, to_commit: &SyncSender<Item<Result<Ready>>>) {
    for item in batches {
        let item = match item {
            Item::Batch(batch) => Item::Batch(tools.embed(batch)),
            Item::Flush => Item::Flush,
        };
        let is_error = matches!(item, Item::Batch(Err(_)));
        if to_commit.send(item).is_err() || is_error {
            return;
        }
    }
}

fn commit_all(
    tools: Tools<'_>,
    batches: &Receiver<Item<Result<Ready>>>,
    effects: &Sender<Result<Done>>,
    committed: &Sender<u64>,
) {
    let mut last = Instant::now();
    loop {
        let (ready, is_last, error) = next_commit(batches, last);
        last = Instant::now();
        let count: usize = ready.iter().map(|batch| batch.changes.len()).sum();
        let done = tools.commit(ready);
        // It has no receiver without an index thread.
        let _ = committed.send(count as u64);
        let error = match done {
            Ok(done) => {
                for done in done {
                    let _ = effects.send(Ok(done));
                }
                error
            }
            Err(error) => Some(error),
        };
        if let Some(error) = error {
            let _ = effects.send(Err(error));
            return;
        }
        if is_last {
            return;
        }
    }
}

/// Collects the batches of the next commit. Also returns whether they are the last ones, and the error that ended them.
fn next_commit(batches: &Receiver<Item<Result<Ready>>>, last: Instant) -> (Vec<Ready>, bool, Option<Error>) {
    let mut ready: Vec<Ready> = Vec::new();
    let mut papers = 0;
    while papers < MOST_SHARING {
        let left = BETWEEN_COMMITS.saturating_sub(last.elapsed());
        let next = if ready.is_empty() {
            batches.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            batches.recv_timeout(left)
        };
        match next {
            Ok(Item::Batch(Ok(batch))) => {
                papers += batch.changes.len();
                ready.push(batch);
            }
            Ok(Item::Batch(Err(error))) => return (ready, true, Some(error)),
            Ok(Item::Flush) | Err(RecvTimeoutError::Timeout) => break,
            Err(RecvTimeoutError::Disconnected) => return (ready, true, None),
        }
    }
    (ready, false, None)
}

/// Has the indexes brought up to date while papers are committed.
fn index_all(progress: &dyn Progress, keep_up: &(dyn Fn() + Sync), committed: &Receiver<u64>) {
    let mut upkeep = Upkeep::default();
    for count in committed {
        if upkeep.is_due_after(count) && !progress.is_cancelled() {
            keep_up();
        }
    }
}
