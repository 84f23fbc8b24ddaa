//! Finds the next occurrence of a pattern, in linear time over all questions about one text.

/// The occurrences of a pattern in a text that is read from left to right.
pub(super) struct Ahead {
    pattern: &'static str,
    /// The occurrence that was found last.
    next: usize,
    /// There is no occurrence after `next`.
    is_exhausted: bool,
}

impl Ahead {
    pub fn new(pattern: &'static str) -> Self {
        Self { pattern, next: 0, is_exhausted: false }
    }

    /// The position of the first occurrence at or after `from`, which never decreases from call to call.
    pub fn next(&mut self, text: &str, from: usize) -> Option<usize> {
        // Position 0 is also the value before the first search.
        if self.next >= from && self.next > 0 {
            return Some(self.next);
        }
        if self.is_exhausted {
            return None;
        }
        let found = text.get(from..).and_then(|rest| rest.find(self.pattern));
        self.is_exhausted = found.is_none();
        self.next = from + found?;
        Some(self.next)
    }
}
