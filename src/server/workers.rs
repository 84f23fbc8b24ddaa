//! Who searches? A few threads behind a bounded queue, so that the threads that talk to clients never wait for them.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::sync::oneshot;

use super::metrics::Metrics;
use super::problem::Problem;
use super::questions::Questions;
use super::queue::{Queue, Waiting, queue};
use crate::error::Result;
use crate::search::{Query, QuestionVector, Searcher};

/// Requests that may wait: a second or two of work for one core.
const WAITING: usize = 256;

type Job = Box<dyn FnOnce(&Searcher) + Send>;

/// Runs work on the searcher.
#[derive(Clone)]
pub struct Workers {
    queue: Queue<Job>,
    questions: Questions,
    has_reranker: bool,
}

impl Workers {
    /// Starts the threads; they end when the last clone of this is gone.
    ///
    /// # Errors
    /// When the system has no threads left.
    pub fn start(searcher: &Arc<Searcher>, threads: usize, metrics: &Metrics) -> io::Result<Self> {
        let (queue, jobs) = queue(WAITING, metrics.queue("searches"));
        let jobs = Arc::new(jobs);
        for number in 0..threads.max(1) {
            let (searcher, jobs) = (Arc::clone(searcher), Arc::clone(&jobs));
            super::spawn(format!("search {number}"), move || work(&searcher, &jobs))?;
        }
        let (questions, has_reranker) = (Questions::start(searcher, metrics)?, searcher.has_reranker());
        Ok(Self { queue, questions, has_reranker })
    }

    /// Whether there is a cross-encoder that can be asked.
    pub(super) fn has_reranker(&self) -> bool {
        self.has_reranker
    }

    /// The vector of a question; those that wait at the same time are embedded together.
    pub(super) async fn embed(&self, question: Query) -> Result<QuestionVector, Problem> {
        self.questions.embed(question).await
    }

    /// Has some work done. Nothing is computed for a client that left while its request was waiting.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Searcher) -> Result<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let (sender, answer) = oneshot::channel();
        self.queue.put(Box::new(move |searcher: &Searcher| {
            if !sender.is_closed() {
                // The client may leave at any moment; then nobody takes the answer.
                let _ = sender.send(question(searcher));
            }
        }))?;
        answer.await.map_err(|_| Problem::unanswered())?.map_err(Problem::from)
    }
}

fn work(searcher: &Searcher, jobs: &Waiting<Job>) {
    while let Ok(job) = jobs.take() {
        // A job that panics drops its sender, which its client is told; the thread goes on with the next one.
        let _ = catch_unwind(AssertUnwindSafe(|| job(searcher)));
    }
}
