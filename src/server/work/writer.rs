//! Who does what takes long? One thread with a model of its own embeds papers and others' texts, so that a question never waits
//! behind them.

use std::io;
use std::sync::Arc;

use super::error::WorkError;
use super::jobs::{Jobs, jobs};
use super::metrics::Metrics;
use crate::embed::Embedder;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::ingest::Ingest;
use crate::paper::Paper;
use crate::priority::{Who, step_back};
use crate::progress::Silent;
use crate::search::Searcher;
use crate::store::Became;

/// Batches that may wait; each client has one at a time.
const WAITING: usize = 64;

/// Questions go first, and get most of what there is; papers are not kept waiting for ever.
const NICENESS: i32 = 5;

/// Has papers added, and texts embedded.
#[derive(Clone)]
pub(crate) struct Writer {
    jobs: Jobs<WriterState>,
}

/// What the thread works with.
pub(crate) struct WriterState {
    searcher: Arc<Searcher>,
    /// Loaded when there is something to do the first time.
    embedder: Option<Embedder>,
}

impl Writer {
    /// Starts the thread; it ends when the last clone of this is gone.
    pub fn start(searcher: &Arc<Searcher>, metrics: &Metrics) -> io::Result<Self> {
        let (jobs, thread) = jobs(WAITING, metrics.queue("writes"));
        let mut state = WriterState { searcher: Arc::clone(searcher), embedder: None };
        super::spawn("writes".to_owned(), move || {
            // The model is loaded, and its threads are started, by this one.
            // Where that is refused, it works as any other does.
            let _ = step_back(Who::Thread, NICENESS);
            thread.work(&mut state);
        })?;
        Ok(Self { jobs })
    }

    /// Has some work done. Nothing is computed for a client that left while its request was waiting.
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

    /// A model for the store's vectors as they are now.
    pub fn embedder(&mut self) -> Result<&Embedder> {
        let wanted = self.searcher.embedder()?;
        let embedder = match self.embedder.take() {
            Some(embedder) if embedder.fingerprint() == wanted.fingerprint() => embedder,
            _ => wanted.again()?,
        };
        Ok(self.embedder.insert(embedder))
    }

    /// Adds papers; what became of each is durable when this returns, and is found by the next search. `None` for one that another
    /// writer got in the way of. The sample that was there for want of other papers leaves.
    pub fn add(&mut self, papers: &[Paper]) -> Result<Vec<Option<Became>>> {
        match self.try_to_add(papers) {
            // The model was changed between the two looks at it; by now it is known.
            Err(Error::ModelChanged { .. }) => self.try_to_add(papers),
            added => added,
        }
    }

    fn try_to_add(&mut self, papers: &[Paper]) -> Result<Vec<Option<Became>>> {
        let searcher = Arc::clone(&self.searcher);
        let embedder = self.embedder()?;
        let mut became = vec![None; papers.len()];
        let mut told = |place: u64, what| {
            if let Some(became) = usize::try_from(place).ok().and_then(|place| became.get_mut(place)) {
                *became = Some(what).filter(|what| *what != Became::LeftOut);
            }
        };
        let mut ingest =
            Ingest::new(searcher.engine().writer(), embedder, &Silent).replace_sample(true).telling(&mut told);
        ingest.add(papers.iter().cloned().map(Ok))?;
        ingest.finish()?;
        Ok(became)
    }

    /// Brings the index of words on the disk up to what is committed. Searches make up for what it lacks, so that it cannot be is
    /// no failure.
    pub fn renew_words(&self) {
        if let Err(error) = self.searcher.engine().writer().finish() {
            tracing::warn!(%error, "the index of words is behind");
        }
    }
}
