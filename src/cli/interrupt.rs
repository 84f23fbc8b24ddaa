//! What does Ctrl-C do? The first time it asks the work to stop where nothing is lost; the second time it ends the
//! process.

use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Listens to Ctrl-C and SIGTERM from now on.
pub(super) fn listen() {
    let handler = || {
        if INTERRUPTED.swap(true, Ordering::SeqCst) {
            // The second time. What was committed is safe at any moment.
            #[allow(clippy::exit)]
            std::process::exit(130);
        }
    };
    // Without a handler Ctrl-C ends the process at once, which loses no committed paper either.
    let _ = ctrlc::set_handler(handler);
}

pub(super) fn happened() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}
