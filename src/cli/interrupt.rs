//! What does Ctrl-C do? The first one stops the work at the next safe point; the second one ends the process.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use super::output;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// What the first interrupt says when it ends the process.
static AT_ONCE: OnceLock<&str> = OnceLock::new();

/// Installs the handler for Ctrl-C and SIGTERM.
pub(super) fn listen() {
    let handler = || {
        let at_once = AT_ONCE.get();
        if INTERRUPTED.swap(true, Ordering::SeqCst) || at_once.is_some() {
            if let Some(line) = at_once {
                output::note(line);
            }
            // The second interrupt, or there is nothing to finish. Committed papers are safe at any moment.
            #[allow(clippy::exit)]
            std::process::exit(130);
        }
    };
    // If the handler cannot be installed, Ctrl-C ends the process at once; this loses no committed paper either.
    let _ = ctrlc::set_handler(handler);
}

/// From now on, the first interrupt ends the process with this message: the work that follows can be repeated.
pub(super) fn end_at_once(line: &'static str) {
    let _ = AT_ONCE.set(line);
}

/// Whether an interrupt was received.
pub(super) fn happened() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}
