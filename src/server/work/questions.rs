//! Embedding of queries on one thread. Queries that arrive while it computes form the next batch.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use prometheus_client::metrics::histogram::Histogram;
use tokio::sync::oneshot;

use super::error::WorkError;
use super::metrics::Metrics;
use super::queue::{Queue, Waiting, queue};
use crate::error::Result;
use crate::search::{Query, QuestionVector, Searcher};

/// Maximum batch size; it bounds the latency that batching adds.
const MOST_TOGETHER: usize = 32;

struct Asked {
    question: Query,
    answer: oneshot::Sender<Result<QuestionVector>>,
}

/// Embeds queries.
#[derive(Clone)]
pub(super) struct Questions {
    queue: Queue<Asked>,
}

impl Questions {
    /// Starts the thread; it ends when the last clone of this is dropped.
    pub fn start(searcher: &Arc<Searcher>, places: usize, metrics: &Metrics) -> io::Result<Self> {
        let (queue, waiting) = queue(places, metrics.queue("questions"));
        let (searcher, sizes) = (Arc::clone(searcher), metrics.batch_sizes.clone());
        super::spawn("questions".to_owned(), move || work(&searcher, &waiting, &sizes))?;
        Ok(Self { queue })
    }

    /// The vector of a query.
    pub async fn embed(&self, question: Query) -> Result<QuestionVector, WorkError> {
        let (sender, answer) = oneshot::channel();
        self.queue.put(Asked { question, answer: sender })?;
        answer.await.map_err(|_| WorkError::Lost)?.map_err(WorkError::Failed)
    }
}

fn work(searcher: &Searcher, waiting: &Waiting<Asked>, sizes: &Histogram) {
    while let Ok(first) = waiting.take() {
        let mut batch = vec![first];
        while batch.len() < MOST_TOGETHER
            && let Some(next) = waiting.take_more()
        {
            batch.push(next);
        }
        // Queries of clients that have disconnected are dropped.
        batch.retain(|asked| !asked.answer.is_closed());
        if batch.is_empty() {
            continue;
        }
        #[allow(clippy::cast_precision_loss)] // at most 32
        sizes.observe(batch.len() as f64);
        // A panic drops the senders, which the waiting clients see as `Lost`; the thread continues.
        let _ = catch_unwind(AssertUnwindSafe(|| answer(searcher, batch)));
    }
}

fn answer(searcher: &Searcher, batch: Vec<Asked>) {
    let (questions, answers): (Vec<_>, Vec<_>) = batch.into_iter().map(|asked| (asked.question, asked.answer)).unzip();
    match searcher.embed(&questions) {
        Ok(vectors) => {
            for (answer, vector) in answers.into_iter().zip(vectors) {
                // The client may have disconnected meanwhile; then the vector is dropped.
                let _ = answer.send(Ok(vector));
            }
        }
        // Embed each query alone, so that one bad query does not fail the others.
        Err(_) => {
            for (answer, question) in answers.into_iter().zip(questions) {
                let alone = searcher.embed(&[question]).map(|mut vectors| vectors.remove(0));
                let _ = answer.send(alone);
            }
        }
    }
}
