//! The writer thread: adds papers and embeds texts with a model of its own, so that searches do not wait for it.

use std::io;
use std::sync::Arc;

use super::error::WorkError;
use super::jobs::{Jobs, jobs};
use super::metrics::Metrics;
use crate::embed::Embedder;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::ingest::{self, Ingest};
use crate::paper::{Paper, PaperId};
use crate::priority::{Who, step_back};
use crate::progress::Silent;
use crate::search::Searcher;
use crate::store::Became;

/// Capacity of the queue, in batches; each client has one batch at a time.
const WAITING: usize = 64;

/// Niceness of the thread: searches get most of the processor time, and writes still make progress.
const NICENESS: i32 = 5;

/// Adds papers and embeds texts.
#[derive(Clone)]
pub(crate) struct Writer {
    jobs: Jobs<WriterState>,
}

/// The state of the thread.
pub(crate) struct WriterState {
    searcher: Arc<Searcher>,
    /// Loaded by the first job that needs it.
    embedder: Option<Embedder>,
}

impl Writer {
    /// Starts the thread; it ends when the last clone of this is dropped.
    pub fn start(searcher: &Arc<Searcher>, metrics: &Metrics) -> io::Result<Self> {
        let (jobs, thread) = jobs(WAITING, metrics.queue("writes"));
        let mut state = WriterState { searcher: Arc::clone(searcher), embedder: None };
        super::spawn("writes".to_owned(), move || {
            // The threads of the model inherit this niceness, because this thread starts them.
            // If the system refuses it, the thread runs at normal priority.
            let _ = step_back(Who::Thread, NICENESS);
            thread.work(&mut state);
        })?;
        Ok(Self { jobs })
    }

    /// Runs a job. It is not started if its client disconnects while it waits.
    pub async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut WriterState) -> Result<T> + Send + 'static,
    ) -> Result<T, WorkError> {
        self.jobs.ask(move |state, _| work(state)).await
    }
}

impl WriterState {
    pub fn searcher(&self) -> &Searcher {
        &self.searcher
    }

    /// The model of the store's current generation.
    pub fn embedder(&mut self) -> Result<&Embedder> {
        let wanted = self.searcher.embedder()?;
        let embedder = match self.embedder.take() {
            Some(embedder) if embedder.fingerprint() == wanted.fingerprint() => embedder,
            _ => wanted.again()?,
        };
        Ok(self.embedder.insert(embedder))
    }

    /// Adds papers of a source. The outcomes, with the id of the stored paper, are durable when this returns, and visible to the
    /// next search. The outcome is `None` for a paper that another process changed at the same time. An automatically added
    /// sample is deleted.
    pub fn add(&mut self, source: &str, papers: &[Paper]) -> Result<Vec<Option<(Became, PaperId)>>> {
        match self.try_to_add(source, papers) {
            // A reindex switched the model after it was read; the second attempt reads the new one.
            Err(Error::ModelChanged { .. }) => self.try_to_add(source, papers),
            added => added,
        }
    }

    fn try_to_add(&mut self, source: &str, papers: &[Paper]) -> Result<Vec<Option<(Became, PaperId)>>> {
        let searcher = Arc::clone(&self.searcher);
        let embedder = self.embedder()?;
        let mut became = vec![None; papers.len()];
        let mut told = |place: u64, what, id: &PaperId| {
            if let Some(became) = usize::try_from(place).ok().and_then(|place| became.get_mut(place)) {
                *became = (what != Became::LeftOut).then(|| (what, id.clone()));
            }
        };
        let mut ingest =
            Ingest::new(searcher.engine().writer(), embedder, &Silent).replace_sample(true).telling(&mut told);
        ingest.add_from(source, papers.iter().cloned().map(Ok))?;
        ingest.finish()?;
        Ok(became)
    }

    /// Splits a paper into its records; see [`ingest::split`]. Returns the ids of the parts.
    pub fn split(&mut self, id: &PaperId) -> Result<Vec<PaperId>> {
        let searcher = Arc::clone(&self.searcher);
        ingest::split(searcher.engine().writer(), self.embedder()?, id, &Silent)
    }

    /// Updates the full-text index on disk to the last commit. Searches cover the papers that it lacks, so a failure is
    /// only logged.
    pub fn renew_words(&self) {
        if let Err(error) = self.searcher.engine().writer().finish() {
            tracing::warn!(%error, "the full-text index could not be updated");
        }
    }
}
