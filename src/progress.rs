//! How does the library tell what it is doing, and how is it told to stop? It prints nothing itself.

/// Someone who watches a long work.
///
/// ```
/// use std::sync::atomic::{AtomicBool, Ordering};
///
/// use paperkin::progress::Progress;
///
/// /// Stops the work when somebody says so.
/// struct Stoppable(AtomicBool);
///
/// impl Progress for Stoppable {
///     fn is_cancelled(&self) -> bool {
///         self.0.load(Ordering::Relaxed)
///     }
/// }
/// ```
pub trait Progress: Sync {
    /// A fact that the user should know at once, as one line.
    fn note(&self, _line: &str) {}

    /// How many papers there are to be dealt with, where that is known.
    fn expected(&self, _papers: u64) {}

    /// So many more texts have been embedded.
    fn embedded(&self, _texts: usize) {}

    /// So many papers have been dealt with since the work began: committed, or found unchanged.
    fn done(&self, _papers: u64) {}

    /// Whether the work should stop at the next point where nothing is lost.
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Watches nothing and never stops the work.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {}
