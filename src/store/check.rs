//! Integrity check of a store: SQLite checks its pages, every text must have its hash, and every paper's vector must have unit
//! length.

use super::record::{self, COLUMNS, CONTENT_HASH};
use super::{Store, View};
use crate::error::{Error, Result};
use crate::paper::PaperId;

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
        let view = self.view()?;
        if let Some(id) = view.differing_text()? {
            return Err(damaged(format!("the text of `{id}` is not the one that was stored")));
        }
        let snapshot = view.snapshot().clone();
        drop(view);
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

impl View<'_> {
    /// A paper whose text does not have its stored hash.
    fn differing_text(&self) -> Result<Option<PaperId>> {
        let query = format!("SELECT {COLUMNS} FROM papers ORDER BY row");
        let read = |row: &rusqlite::Row<'_>| {
            let (paper, hash) = (record::stored(row)?.0, row.get::<_, Vec<u8>>(CONTENT_HASH)?);
            Ok((paper.content_hash() != hash.as_slice()).then_some(paper.id))
        };
        self.told((|| {
            let mut statement = self.papers().connection().prepare(&query)?;
            statement.query_map([], read)?.find_map(Result::transpose).transpose()
        })())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::embed::{Embedding, ModelFolder};
    use crate::paper::Paper;
    use crate::store::{Became, Change};

    #[test]
    fn a_damaged_abstract_is_found_and_can_be_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let model = ModelFolder::open(Path::new("tests/data/tiny-bert")).unwrap();
        let store = Store::open_or_create(dir.path(), model.fingerprint(), None).unwrap();
        let paper = |number: usize| {
            let title = format!("On fish, part {number}");
            Paper::new(PaperId::of_title(&title), title, "We count fish in the sea and in rivers. ".repeat(9))
        };
        let add = |number: usize| {
            let change = Change::new(paper(number), Some(Embedding::normalised(vec![1.0; 32]).unwrap()));
            store.commit(model.fingerprint(), &[change])
        };
        assert_eq!([1, 2, 1].map(|number| add(number).unwrap()[0]), [Became::Added, Became::Added, Became::Unchanged]);
        store.check().unwrap();
        let change = |query: &str| {
            let papers = store.papers().unwrap();
            assert_eq!(papers.connection().execute(query, []).unwrap(), 1);
        };
        let told = |result: Result<()>| match result {
            Err(Error::StoreDamaged { reason, .. }) => reason,
            other => panic!("{other:?}"),
        };
        change("UPDATE papers SET packed = x'0100' WHERE row = 0");
        let reason = told(store.check());
        assert!(reason.starts_with(&format!("the abstract of `{}` cannot be read: ", paper(1).id)), "{reason}");
        assert_eq!(told(add(1).map(drop)), reason);
        store.remove(&[paper(1).id]).unwrap();
        add(1).unwrap();
        store.check().unwrap();
        change("UPDATE papers SET title = 'On eels' WHERE row = 1");
        assert!(told(store.check()).contains(&format!("the text of `{}`", paper(2).id)));
    }
}
