//! What does Ctrl-C do? The first one stops the work at the next safe point; the second one ends the process.

use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// Whether the first interrupt ends the process.
static ENDS_AT_ONCE: AtomicBool = AtomicBool::new(false);

/// Installs the handler for Ctrl-C and SIGTERM.
pub(super) fn listen() {
    let handler = || {
        if INTERRUPTED.swap(true, Ordering::SeqCst) || ENDS_AT_ONCE.load(Ordering::SeqCst) {
            // The second interrupt, or there is nothing to finish. Committed papers are safe at any moment.
            #[allow(clippy::exit)]
            std::process::exit(130);
        }
    };
    // If the handler cannot be installed, Ctrl-C ends the process at once; this loses no committed paper either.
    let _ = ctrlc::set_handler(handler);
}

/// From now on, the first interrupt ends the process: the work that follows can be repeated.
pub(super) fn end_at_once() {
    ENDS_AT_ONCE.store(true, Ordering::SeqCst);
}

/// Whether an interrupt was received.
pub(super) fn happened() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}
