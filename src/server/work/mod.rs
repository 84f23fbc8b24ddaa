//! Who computes? Threads behind bounded queues, so that those that talk to clients never wait for them.
//!
//! - `service`: what do all requests share, and how is a question answered?
//! - `error`: why was some work not done?
//! - `queue`: who waits for what?
//! - `jobs`: who does work for a request?
//! - `workers`: who searches?
//! - `questions`: who embeds questions?
//! - `writer`: who does what takes long?
//! - `maps`: who draws the picture of the collection?
//! - `graph_keeper`: who builds the graph while the service runs?
//! - `live_recall`: how much of what they should find do the questions find that are asked now?
//! - `metrics`: how is the service doing?

use std::io;

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

/// Starts a thread of the service.
fn spawn(name: String, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().name(name).spawn(work).map(drop)
}
