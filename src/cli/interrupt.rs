//! What does Ctrl-C do? The first one stops the work at the next safe point; the second one ends the process.

use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Installs the handler for Ctrl-C and SIGTERM.
pub(super) fn listen() {
    let handler = || {
        if INTERRUPTED.swap(true, Ordering::SeqCst) {
            // The second interrupt. Committed papers are safe at any moment.
            #[allow(clippy::exit)]
            std::process::exit(130);
        }
    };
    // If the handler cannot be installed, Ctrl-C ends the process at once; this loses no committed paper either.
    let _ = ctrlc::set_handler(handler);
}

/// Whether an interrupt was received.
pub(super) fn happened() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}
