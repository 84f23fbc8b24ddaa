//! Jobs for worker threads behind a bounded queue. A job is cancelled when the client that waits for it disconnects.

use std::panic::{AssertUnwindSafe, catch_unwind};

use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::oneshot;

use super::error::WorkError;
use super::queue::{Queue, Waiting, queue};
use crate::error::Result;
use crate::progress::Progress;

type Job<W> = Box<dyn FnOnce(&mut W) + Send>;

/// The sending end. A job runs with the `W` of its thread.
pub(super) struct Jobs<W>(Queue<Job<W>>);

/// The receiving end, for the worker threads.
pub(super) struct Threads<W>(Waiting<Job<W>>);

/// A job queue with a capacity of `places`; `depth` is kept at the number of waiting jobs.
pub(super) fn jobs<W>(places: usize, depth: Gauge) -> (Jobs<W>, Threads<W>) {
    let (queue, waiting) = queue(places, depth);
    (Jobs(queue), Threads(waiting))
}

impl<W> Clone for Jobs<W> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<W: 'static> Jobs<W> {
    /// Runs a job and waits for its result. A job whose client has disconnected is not started; a long one polls
    /// [`Progress::is_cancelled`].
    pub async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut W, &dyn Progress) -> Result<T> + Send + 'static,
    ) -> Result<T, WorkError> {
        let (sender, answer) = oneshot::channel();
        self.0.put(Box::new(move |with: &mut W| {
            let asked = Asked(&sender);
            if !asked.is_cancelled() {
                let done = work(with, &asked);
                // The client may have disconnected meanwhile; then the result is dropped.
                let _ = sender.send(done);
            }
        }))?;
        answer.await.map_err(|_| WorkError::Lost)?.map_err(WorkError::Failed)
    }
}

impl<W> Threads<W> {
    /// Runs jobs one after another, until all senders are gone.
    pub fn work(&self, with: &mut W) {
        while let Ok(job) = self.0.take() {
            // A job that panics drops its sender, which the waiting client sees as `Lost`; the thread continues.
            let _ = catch_unwind(AssertUnwindSafe(|| job(with)));
        }
    }
}

/// The waiting client; without it, work stops.
struct Asked<'a, T>(&'a oneshot::Sender<T>);

impl<T: Send> Progress for Asked<'_, T> {
    fn is_cancelled(&self) -> bool {
        self.0.is_closed()
    }
}
