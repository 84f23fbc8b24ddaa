//! By which model were vectors made, as a message says it?

use std::fmt;

/// What a message says of a model: its name, the beginning of its revision, and the dimension of its vectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelSummary {
    /// Its name.
    pub model: String,
    /// Its commit on the hub, or a digest of its files.
    pub revision: String,
    /// Numbers of a vector.
    pub dimension: usize,
}

impl fmt::Display for ModelSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // 19 characters tell revisions apart, be they commits or digests.
        write!(f, "`{}` at `{:.19}` ({} numbers a vector)", self.model, self.revision, self.dimension)
    }
}
