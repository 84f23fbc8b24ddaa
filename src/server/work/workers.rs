//! The search threads, behind a bounded queue.

use std::io;
use std::sync::Arc;

use super::error::WorkError;
use super::jobs::{Jobs, jobs};
use super::metrics::Metrics;
use super::questions::Questions;
use crate::error::Result;
use crate::progress::Progress;
use crate::search::{Query, QuestionVector, Searcher};
use crate::server::settings::Settings;

/// Runs jobs on the searcher.
#[derive(Clone)]
pub(crate) struct Workers {
    jobs: Jobs<Arc<Searcher>>,
    questions: Questions,
    has_reranker: bool,
}

impl Workers {
    /// Starts the threads; they end when the last clone of this is dropped.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn start(searcher: &Arc<Searcher>, settings: &Settings, metrics: &Metrics) -> io::Result<Self> {
        let (jobs, threads) = jobs(settings.waiting, metrics.queue("searches"));
        let threads = Arc::new(threads);
        for number in 0..settings.threads.max(1) {
            let (mut searcher, threads) = (Arc::clone(searcher), Arc::clone(&threads));
            super::spawn(format!("search {number}"), move || threads.work(&mut searcher))?;
        }
        let (questions, has_reranker) =
            (Questions::start(searcher, settings.waiting, metrics)?, searcher.has_reranker());
        Ok(Self { jobs, questions, has_reranker })
    }

    /// Whether a cross-encoder is loaded.
    pub(crate) fn has_reranker(&self) -> bool {
        self.has_reranker
    }

    /// The vector of a query; queries that wait at the same time are embedded in one batch.
    pub(crate) async fn embed(&self, question: Query) -> Result<QuestionVector, WorkError> {
        self.questions.embed(question).await
    }

    /// Runs a short job. It is not started if its client disconnects while it waits.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Searcher) -> Result<T> + Send + 'static,
    ) -> Result<T, WorkError> {
        self.ask_watched(move |searcher, _| question(searcher)).await
    }

    /// Runs a long job, which can poll whether its client has disconnected.
    pub(crate) async fn ask_watched<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Searcher, &dyn Progress) -> Result<T> + Send + 'static,
    ) -> Result<T, WorkError> {
        self.jobs.ask(move |searcher, progress| question(searcher, progress)).await
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
    fn jobs_of_disconnected_clients_are_skipped_and_a_full_queue_is_busy() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { threads: 1, waiting: 2, ..Settings::default() };
        let workers = workers(folder.path(), &settings);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
        let (begun, has_begun) = channel();
        let (end, ended) = channel::<()>();
        let done = Arc::new(AtomicUsize::new(0));
        let ask = |workers: &Workers| {
            let (workers, done) = (workers.clone(), Arc::clone(&done));
            async move { workers.ask(move |_| Ok(done.fetch_add(1, Ordering::SeqCst))).await }
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
            assert!(matches!(ask(&workers).await, Err(WorkError::Busy)), "the queue is full");
            leaves.abort();
            assert!(leaves.await.unwrap_err().is_cancelled());
            end.send(()).unwrap();
            assert!(first.await.unwrap());
            assert_eq!(stays.await.unwrap().unwrap(), 0, "the job before it was skipped");
            assert_eq!(ask(&workers).await.unwrap(), 1);
        });
    }

    #[test]
    fn a_running_job_sees_that_its_client_has_disconnected() {
        let folder = tempfile::tempdir().unwrap();
        let workers = workers(folder.path(), &Settings { threads: 1, ..Settings::default() });
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let (begun, has_begun) = channel();
        let (stopped, has_stopped) = channel();
        runtime.block_on(async {
            let asked = workers.clone();
            let asked = tokio::spawn(async move {
                let work = move |_: &Searcher, progress: &dyn Progress| {
                    begun.send(progress.is_cancelled()).unwrap();
                    while !progress.is_cancelled() {
                        std::thread::yield_now();
                    }
                    stopped.send(()).unwrap();
                    Ok(())
                };
                asked.ask_watched(work).await.is_ok()
            });
            assert!(!has_begun.recv().unwrap());
            asked.abort();
            has_stopped.recv_timeout(Duration::from_mins(1)).unwrap();
            assert_eq!(workers.ask(|_| Ok(7)).await.unwrap(), 7);
        });
    }

    #[test]
    fn a_job_that_panics_is_lost_and_the_next_one_runs() {
        let folder = tempfile::tempdir().unwrap();
        let workers = workers(folder.path(), &Settings { threads: 1, ..Settings::default() });
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let failed = workers.ask::<()>(|_| panic!("on purpose")).await.unwrap_err();
            assert!(matches!(failed, WorkError::Lost));
            assert_eq!(workers.ask(|_| Ok(7)).await.unwrap(), 7);
        });
    }
}
