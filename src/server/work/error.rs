//! Why a job has no result.

use crate::error::Error;

/// Why a job has no result, independent of HTTP; `wire/problem` maps it to a status.
#[derive(Debug)]
pub(crate) enum WorkError {
    /// The queue is full.
    Busy,
    /// The job panicked.
    Lost,
    /// The job returned an error.
    Failed(Error),
}
