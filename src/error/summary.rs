//! How does a message describe the model of vectors?

use std::fmt;

/// A model in a message: its name, the beginning of its revision, and the dimensions of its vectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelSummary {
    /// Its name.
    pub model: String,
    /// Its commit on the hub, or a digest of its files.
    pub revision: String,
    /// Dimensions of its vectors.
    pub dimension: usize,
}

impl fmt::Display for ModelSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // 19 characters distinguish commits and digests.
        write!(f, "`{}` at `{:.19}` ({} dimensions)", self.model, self.revision, self.dimension)
    }
}
