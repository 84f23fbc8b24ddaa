//! Who goes first on this machine? Work that can wait steps back behind what people wait for.

use std::io;

/// Who steps back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// The thread that asks, and those that it starts later; nobody where a thread has no priority of its own.
    Thread,
    /// The whole program; where each thread has a priority of its own, as [`Who::Thread`].
    Process,
}

/// Lets others go first: by so much niceness, from 0 to 19, the last in line.
///
/// # Errors
/// When that is refused; of kind `Unsupported` where there is no such priority.
pub(crate) fn step_back(who: Who, niceness: i32) -> io::Result<()> {
    // Linux takes no process for the thread that asks.
    #[cfg(unix)]
    if who == Who::Process || cfg!(target_os = "linux") {
        return Ok(rustix::process::setpriority_process(None, niceness)?);
    }
    let _ = (who, niceness);
    Err(io::ErrorKind::Unsupported.into())
}
