//! Why was some work not done?

use crate::error::Error;

/// Why there is no answer. Nothing of HTTP: `wire/problem` says how a client is told.
#[derive(Debug)]
pub(crate) enum WorkError {
    /// The queue is full.
    Busy,
    /// The work ended without an answer: it panicked.
    Lost,
    /// It was done, and failed.
    Failed(Error),
}
