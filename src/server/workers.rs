//! Who runs the model? A few threads behind a bounded queue; what does not fit in it is refused at once.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use super::map::Maps;
use super::problem::Problem;
use crate::error::Result;
use crate::search::Searcher;

/// Requests that may wait: a few seconds of work for one core.
const WAITING: usize = 64;

type Job = Box<dyn FnOnce(&Searcher) + Send>;

/// Runs work on the searcher.
#[derive(Clone)]
pub struct Workers {
    queue: SyncSender<Job>,
    maps: Maps,
}

impl Workers {
    /// Starts the threads; they end when the last clone of this is gone.
    #[must_use]
    pub fn start(searcher: Arc<Searcher>, threads: usize) -> Self {
        let maps = Maps::start(Arc::clone(&searcher));
        let (queue, jobs) = sync_channel(WAITING);
        let jobs = Arc::new(Mutex::new(jobs));
        for _ in 0..threads.max(1) {
            let (searcher, jobs) = (Arc::clone(&searcher), Arc::clone(&jobs));
            std::thread::spawn(move || work(&searcher, &jobs));
        }
        Self { queue, maps }
    }

    /// Who draws the map.
    pub(super) fn maps(&self) -> &Maps {
        &self.maps
    }

    /// Has some work done. Nothing is computed for a client that left while its request was waiting.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Searcher) -> Result<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let (sender, answer) = oneshot::channel();
        let job = move |searcher: &Searcher| {
            if !sender.is_closed() {
                // The client may leave at any moment; then nobody takes the answer.
                let _ = sender.send(question(searcher));
            }
        };
        match self.queue.try_send(Box::new(job)) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => return Err(Problem::busy()),
        }
        answer.await.map_err(|_| Problem::internal("the work ended without an answer"))?.map_err(Problem::from)
    }
}

fn work(searcher: &Searcher, jobs: &Mutex<Receiver<Job>>) {
    loop {
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        // A job that panics drops its sender, which its client is told; the thread goes on with the next one.
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job(searcher)));
    }
}
