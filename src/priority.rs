//! Lowers the scheduling priority of background work.

use std::io;

/// The thread or process whose priority is lowered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// The calling thread and threads that it starts later; not supported where threads have no priority of their own.
    Thread,
    /// The whole process; as [`Who::Thread`] where each thread has its own priority.
    Process,
}

/// Sets the niceness, from 0 to 19 (lowest priority).
///
/// # Errors
/// When the system refuses; of kind `Unsupported` where such a priority does not exist.
pub(crate) fn step_back(who: Who, niceness: i32) -> io::Result<()> {
    // Linux applies this call to the calling thread, not to the process.
    #[cfg(unix)]
    if who == Who::Process || cfg!(target_os = "linux") {
        return Ok(rustix::process::setpriority_process(None, niceness)?);
    }
    let _ = (who, niceness);
    Err(io::ErrorKind::Unsupported.into())
}
