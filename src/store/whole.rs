//! Reads papers with everything that is stored of them, to copy them to another collection.

use rusqlite::OptionalExtension;

use super::record::COLUMNS;
use super::{DocId, Generation, Sentences, Store, View, WholePaper, record};
use crate::embed::Embedding;
use crate::error::{Error, Result};
use crate::paper::PaperId;

/// Papers in a page.
const PAGE: usize = if cfg!(test) { 50 } else { 1_000 };

impl Store {
    /// Passes all papers to `visit`, a page at a time, in the order of rows. Others can write meanwhile: papers that they add are
    /// passed as well, and changed ones may be passed twice.
    ///
    /// # Errors
    /// When the store cannot be read or is damaged, and the errors of `visit`.
    pub fn whole_papers(&self, visit: &mut dyn FnMut(Vec<WholePaper>) -> Result<()>) -> Result<()> {
        let mut last: Option<(u64, DocId)> = None;
        let first = self.generation()?.fingerprint;
        loop {
            // A page is read through a view of its own, since SQLite keeps all commits in its log while one is open.
            let (number, page) = self.read(|view| {
                let Generation { number, fingerprint, .. } = &view.snapshot().generation;
                if *fingerprint != first {
                    let (now, before) = (Box::new(fingerprint.summary()), Box::new(first.summary()));
                    return Err(Error::ModelChanged { dir: self.dir().to_owned(), now, before });
                }
                // A new generation has other rows.
                let after = last.filter(|(before, _)| before == number).map(|(_, doc)| doc);
                Ok((*number, view.whole_papers_after(after)?))
            })?;
            let Some((doc, _)) = page.last() else { return Ok(()) };
            last = Some((number, *doc));
            visit(page.into_iter().map(|(_, whole)| whole).collect())?;
        }
    }
}

impl View<'_> {
    fn whole_papers_after(&self, after: Option<DocId>) -> Result<Vec<(DocId, WholePaper)>> {
        let query = format!("SELECT {COLUMNS} FROM papers WHERE row > ?1 ORDER BY row LIMIT {PAGE}");
        let docs = self.told((|| {
            let mut statement = self.papers().connection().prepare_cached(&query)?;
            let after = after.map_or(-1, |doc| i64::from(doc.0));
            statement.query_map([after], record::stored)?.collect::<rusqlite::Result<Vec<_>>>()
        })())?;
        docs.into_iter().map(|(paper, doc)| Ok((doc, self.whole_paper(&paper.id, doc)?))).collect()
    }

    fn whole_paper(&self, id: &PaperId, doc: DocId) -> Result<WholePaper> {
        let stored = self.papers().stored(id)?;
        let damaged = || Error::StoreDamaged {
            dir: self.store().dir().to_owned(),
            reason: format!("the vector of `{id}` cannot be read"),
        };
        let vector = self.snapshot().vectors.row(doc).ok_or_else(damaged)?;
        let embedding = Embedding::of_unit(vector.to_vec()).ok_or_else(damaged)?;
        let connection = self.papers().connection();
        let mut former: Vec<PaperId> = self.told((|| {
            let mut statement = connection.prepare_cached("SELECT alias FROM aliases WHERE id = ?1 ORDER BY alias")?;
            let alias = |row: &rusqlite::Row<'_>| Ok(PaperId::of_stored(&row.get::<_, String>(0)?));
            statement.query_map([id.as_str()], alias)?.collect()
        })())?;
        former.retain(|alias| !stored.paper.ids.contains(alias));
        let codes: Option<Vec<u8>> = self.told((|| {
            let mut statement = connection.prepare_cached("SELECT codes FROM sentences WHERE id = ?1")?;
            statement.query_row([id.as_str()], |row| row.get(0)).optional()
        })())?;
        let sentences = codes.map(Sentences::from_bytes).unwrap_or_default();
        Ok(WholePaper { stored, former, embedding, sentences })
    }
}
