//! What is everything in the collection, as of one moment?

use super::record::{self, COLUMNS};
use super::{Store, database, open_papers};
use crate::error::{Error, Result};
use crate::paper::Paper;

impl Store {
    /// Hands out every paper with its vector, in the order of rows, all as of one moment. Others may write meanwhile.
    ///
    /// # Errors
    /// When the store cannot be read or is damaged, and those of `visit`.
    pub fn export(&self, mut visit: impl FnMut(&Paper, &[f32]) -> Result<()>) -> Result<()> {
        let told = |source| database(self.dir(), source);
        let mut papers = open_papers(self.dir())?;
        let (transaction, vectors) = loop {
            // The vectors of the generation that the transaction sees; not there means that it sees an old one.
            let (transaction, generation) = papers.begin_reading()?;
            match self.vectors_of(&generation)? {
                Some(vectors) => break (transaction, vectors),
                None => drop(transaction),
            }
        };
        let query = format!("SELECT {COLUMNS} FROM papers ORDER BY row");
        let mut statement = transaction.prepare(&query).map_err(told)?;
        for stored in statement.query_map([], record::stored).map_err(told)? {
            let (paper, doc) = stored.map_err(told)?;
            let vector = vectors.row(doc).ok_or_else(|| Error::StoreDamaged {
                dir: self.dir().to_owned(),
                reason: format!("`{}` has row {}, but there are {} rows", paper.id, doc.0, vectors.rows()),
            })?;
            visit(&paper, vector)?;
        }
        Ok(())
    }
}
