//! Who does work for a request? A thread behind a bounded queue, for as long as somebody waits for the answer.

use std::panic::{AssertUnwindSafe, catch_unwind};

use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::oneshot;

use super::error::WorkError;
use super::queue::{Queue, Waiting, queue};
use crate::error::Result;
use crate::progress::Progress;

type Job<W> = Box<dyn FnOnce(&mut W) + Send>;

/// The end at which jobs are put in. A job is done with a `W`, of which each thread has one.
pub(super) struct Jobs<W>(Queue<Job<W>>);

/// The end at which threads take them out.
pub(super) struct Threads<W>(Waiting<Job<W>>);

/// A queue of so many places; `depth` tells how many are taken.
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
    /// Has some work done. Nothing is begun for a client that has left; work that takes long asks meanwhile whether it has.
    pub async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut W, &dyn Progress) -> Result<T> + Send + 'static,
    ) -> Result<T, WorkError> {
        let (sender, answer) = oneshot::channel();
        self.0.put(Box::new(move |with: &mut W| {
            let asked = Asked(&sender);
            if !asked.is_cancelled() {
                let done = work(with, &asked);
                // The client may leave at any moment; then nobody takes the answer.
                let _ = sender.send(done);
            }
        }))?;
        answer.await.map_err(|_| WorkError::Lost)?.map_err(WorkError::Failed)
    }
}

impl<W> Threads<W> {
    /// Does jobs, one after another, until no more can come.
    pub fn work(&self, with: &mut W) {
        while let Ok(job) = self.0.take() {
            // A job that panics drops its sender, which its client is told; the thread goes on with the next one.
            let _ = catch_unwind(AssertUnwindSafe(|| job(with)));
        }
    }
}

/// Somebody who waits for an answer; without him, work stops.
struct Asked<'a, T>(&'a oneshot::Sender<T>);

impl<T: Send> Progress for Asked<'_, T> {
    fn is_cancelled(&self) -> bool {
        self.0.is_closed()
    }
}
