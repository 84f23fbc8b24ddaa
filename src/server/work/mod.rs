//! The worker threads behind bounded queues, so that the threads of the async runtime never block on a computation.
//!
//! - `service`: the state that all requests share.
//! - `error`: why a job has no result.
//! - `queue`: a bounded queue with a depth gauge.
//! - `jobs`: jobs with a result, cancelled when their client disconnects.
//! - `workers`: the search threads.
//! - `questions`: embedding of queries, in batches.
//! - `writer`: the thread that adds papers and embeds texts.
//! - `maps`: the thread that computes the map.
//! - `graph_keeper`: the thread that grows the HNSW graph.
//! - `live_recall`: recall of a sample of the searches.
//! - `metrics`: the metrics of the service.

use std::io;

use error::WorkError;

pub(super) mod error;
pub(super) mod graph_keeper;
mod jobs;
mod live_recall;
mod maps;
mod metrics;
mod questions;
mod queue;
pub(super) mod service;
pub(super) mod workers;
pub(super) mod writer;

/// Runs work on a thread that may block.
pub(super) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, WorkError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| WorkError::Lost)
}

/// Starts a named thread of the service.
fn spawn(name: String, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().name(name).spawn(work).map(drop)
}
