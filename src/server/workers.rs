//! Who searches? A few threads behind a bounded queue, so that the threads that talk to clients never wait for them.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::sync::oneshot;

use super::metrics::Metrics;
use super::problem::Problem;
use super::questions::Questions;
use super::queue::{Queue, Waiting, queue};
use super::settings::Settings;
use crate::error::Result;
use crate::search::{Query, QuestionVector, Searcher};

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
    pub fn start(searcher: &Arc<Searcher>, settings: &Settings, metrics: &Metrics) -> io::Result<Self> {
        let (queue, jobs) = queue(settings.waiting, metrics.queue("searches"));
        let jobs = Arc::new(jobs);
        for number in 0..settings.threads.max(1) {
            let (searcher, jobs) = (Arc::clone(searcher), Arc::clone(&jobs));
            super::spawn(format!("search {number}"), move || work(&searcher, &jobs))?;
        }
        let (questions, has_reranker) =
            (Questions::start(searcher, settings.waiting, metrics)?, searcher.has_reranker());
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

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::*;
    use crate::embed::{Embedder, ModelFolder};
    use crate::store::Store;

    fn workers(dir: &Path, settings: &Settings) -> Workers {
        let model = ModelFolder::open(Path::new("tests/data/tiny-bert")).unwrap();
        let store = Store::open_or_create(dir, model.fingerprint(), None).unwrap();
        let embedder = Arc::new(Embedder::load(&model, 1).unwrap());
        Workers::start(&Arc::new(Searcher::new(store, embedder).unwrap()), settings, &Metrics::new()).unwrap()
    }

    #[test]
    fn a_client_that_left_costs_nothing_and_a_full_queue_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { threads: 1, waiting: 2, ..Settings::default() };
        let workers = workers(folder.path(), &settings);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
        let (begun, has_begun) = channel();
        let (end, ended) = channel::<()>();
        let done = Arc::new(AtomicUsize::new(0));
        let ask = |workers: &Workers| {
            let (workers, done) = (workers.clone(), Arc::clone(&done));
            async move {
                workers.ask(move |_| Ok(done.fetch_add(1, Ordering::SeqCst))).await.map_err(|problem| problem.status())
            }
        };
        runtime.block_on(async {
            let first = workers.clone();
            let first = tokio::spawn(async move {
                first
                    .ask(move |_| {
                        begun.send(()).unwrap();
                        ended.recv().unwrap();
                        Ok(())
                    })
                    .await
                    .is_ok()
            });
            has_begun.recv().unwrap();
            let leaves = tokio::spawn(ask(&workers));
            let stays = tokio::spawn(ask(&workers));
            tokio::time::sleep(Duration::from_millis(50)).await;
            assert_eq!(ask(&workers).await.unwrap_err().as_u16(), 503, "two wait already");
            leaves.abort();
            assert!(leaves.await.unwrap_err().is_cancelled());
            end.send(()).unwrap();
            assert!(first.await.unwrap());
            assert_eq!(stays.await.unwrap().unwrap(), 0, "the one before it was not computed");
            assert_eq!(ask(&workers).await.unwrap(), 1);
        });
    }

    #[test]
    fn work_that_panics_is_told_and_the_next_one_is_done() {
        let folder = tempfile::tempdir().unwrap();
        let workers = workers(folder.path(), &Settings { threads: 1, ..Settings::default() });
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let failed = workers.ask::<()>(|_| panic!("on purpose")).await.unwrap_err();
            assert_eq!(failed.status().as_u16(), 500);
            assert_eq!(workers.ask(|_| Ok(7)).await.unwrap(), 7);
        });
    }
}
