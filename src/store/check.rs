//! Integrity check of a store: SQLite checks its pages, and every paper's vector must have unit length.

use super::Store;
use crate::error::{Error, Result};

/// Rounding changes the length of a vector by far less, and a damaged vector is rarely this close to unit length.
const TOLERANCE: f32 = 1e-4;

impl Store {
    /// Checks all data of the store.
    ///
    /// # Errors
    /// [`Error::StoreDamaged`] with the first fault; or when a file cannot be read.
    pub fn check(&self) -> Result<()> {
        let damaged = |reason: String| Error::StoreDamaged { dir: self.dir().to_owned(), reason };
        if let Some(fault) = self.papers()?.fault()? {
            return Err(damaged(format!("papers.sqlite: {fault}")));
        }
        let snapshot = self.view()?.snapshot().clone();
        for doc in snapshot.docs() {
            let length =
                snapshot.vectors.row(doc).map_or(0.0, |row| row.iter().map(|number| number * number).sum::<f32>());
            if (length - 1.0).abs() > TOLERANCE || !length.is_finite() {
                let file = &snapshot.generation.file;
                return Err(damaged(format!("row {} of {file} is not a vector of unit length", doc.0)));
            }
        }
        Ok(())
    }
}
