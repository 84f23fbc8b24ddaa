//! Progress reports and cancellation. The library itself prints nothing.

/// Receives the progress of a long operation, and can cancel it.
///
/// ```
/// use std::sync::atomic::{AtomicBool, Ordering};
///
/// use paperkin::progress::Progress;
///
/// /// Stops the work on request.
/// struct Stoppable(AtomicBool);
///
/// impl Progress for Stoppable {
///     fn is_cancelled(&self) -> bool {
///         self.0.load(Ordering::Relaxed)
///     }
/// }
/// ```
pub trait Progress: Sync {
    /// A message for the user, as one line.
    fn note(&self, _line: &str) {}

    /// The number of papers to process, if known.
    fn expected(&self, _papers: u64) {}

    /// Further texts have been embedded; `texts` is their number.
    fn embedded(&self, _texts: usize) {}

    /// The number of papers processed since the start: committed, or found unchanged.
    fn done(&self, _papers: u64) {}

    /// Whether the operation should stop at the next safe point.
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Ignores all reports and never cancels.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {}
