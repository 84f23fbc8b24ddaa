//! Reads papers with everything that is stored of them, to copy them to another collection.

use rusqlite::Connection;

use super::record::COLUMNS;
use super::{DocId, Generation, Sentences, Store, View, WholePaper, identity, record};
use crate::embed::{Embedding, Fingerprint};
use crate::error::{Error, Result};
use crate::paper::{Paper, PaperId};

/// Papers in a page.
const PAGE: usize = if cfg!(test) { 50 } else { 1_000 };

impl Store {
    /// Passes all papers to `visit`, a page at a time, in the order of rows. Others can write meanwhile: papers that they add are
    /// passed as well, and changed ones may be passed twice. Their vectors have the fingerprint `expected`.
    ///
    /// # Errors
    /// [`Error::ModelChanged`], when the store cannot be read or is damaged, and the errors of `visit`.
    pub fn whole_papers(
        &self,
        expected: &Fingerprint,
        visit: &mut dyn FnMut(Vec<WholePaper>) -> Result<()>,
    ) -> Result<()> {
        let mut last: Option<(u64, DocId)> = None;
        loop {
            // A page is read through a view of its own, since SQLite keeps all commits in its log while one is open.
            let (number, page) = self.read(|view| {
                let Generation { number, fingerprint, .. } = &view.snapshot().generation;
                if fingerprint != expected {
                    let (now, before) = (Box::new(fingerprint.summary()), Box::new(expected.summary()));
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
        let query = format!(
            "SELECT {COLUMNS}, sources.name, codes FROM papers LEFT JOIN sources ON number_of = source
             LEFT JOIN sentences ON sentences.id = papers.id WHERE row > ?1 ORDER BY row LIMIT {PAGE}"
        );
        let connection = self.papers().connection();
        let read = |row: &rusqlite::Row<'_>| {
            let ((paper, doc), source) = (record::stored(row)?, row.get("name")?);
            let codes: Option<Vec<u8>> = row.get("codes")?;
            let former = former_ids(connection, &paper)?;
            let sentences = codes.map(Sentences::from_bytes).unwrap_or_default();
            Ok((doc, identity::stored(connection, paper, source)?, former, sentences))
        };
        let page = self.told((|| {
            let mut statement = connection.prepare_cached(&query)?;
            let after = after.map_or(-1, |doc| i64::from(doc.0));
            statement.query_map([after], read)?.collect::<rusqlite::Result<Vec<_>>>()
        })())?;
        let whole = page.into_iter().map(|(doc, stored, former, sentences)| {
            let embedding = self.snapshot().vectors.row(doc).and_then(|vector| Embedding::of_unit(vector.to_vec()));
            let embedding = embedding.ok_or_else(|| Error::StoreDamaged {
                dir: self.store().dir().to_owned(),
                reason: format!("the vector of `{}` cannot be read", stored.paper.id),
            })?;
            Ok((doc, WholePaper { stored, former, embedding, sentences }))
        });
        whole.collect()
    }
}

/// The ids by which a paper is found besides those that it lists.
fn former_ids(connection: &Connection, paper: &Paper) -> rusqlite::Result<Vec<PaperId>> {
    let mut statement = connection.prepare_cached("SELECT alias FROM aliases WHERE id = ?1 ORDER BY alias")?;
    let alias = |row: &rusqlite::Row<'_>| Ok(PaperId::of_stored(&row.get::<_, String>(0)?));
    let mut former: Vec<PaperId> = statement.query_map([paper.id.as_str()], alias)?.collect::<rusqlite::Result<_>>()?;
    former.retain(|alias| !paper.ids.contains(alias));
    Ok(former)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::embed::ModelFolder;
    use crate::store::Change;

    fn filled(dir: &Path, model: &ModelFolder) -> Store {
        let store = Store::open_or_create(dir, model.fingerprint(), None).unwrap();
        let change = |number: usize| {
            let title = format!("On fish, part {number}");
            let vector = Embedding::normalised(vec![1.0; 32]).unwrap();
            Change::new(Paper::new(PaperId::of_title(&title), title, String::new()), Some(vector))
        };
        let changes: Vec<Change> = (0..3 * PAGE).map(change).collect();
        store.commit(model.fingerprint(), &changes).unwrap();
        store
    }

    #[test]
    fn compaction_between_pages_loses_no_paper() {
        let dir = tempfile::tempdir().unwrap();
        let model = ModelFolder::open(Path::new("tests/data/tiny-bert")).unwrap();
        let store = filled(dir.path(), &model);
        let mut seen: Vec<PaperId> = Vec::new();
        let visit = &mut |page: Vec<WholePaper>| {
            if seen.is_empty() {
                // Others move to the rows of the first page.
                let first: Vec<PaperId> = page.iter().map(|whole| whole.paper().id.clone()).collect();
                store.remove(&first[..20])?;
                assert_eq!(store.compact()?.dropped_rows, 20);
            }
            seen.extend(page.into_iter().map(|whole| whole.stored.paper.id));
            Ok(())
        };
        store.whole_papers(model.fingerprint(), visit).unwrap();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 3 * PAGE);
    }

    #[test]
    fn vectors_of_another_model_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let model = ModelFolder::open(Path::new("tests/data/tiny-bert")).unwrap();
        let store = filled(dir.path(), &model);
        let other = ModelFolder::open(Path::new("tests/data/models/static")).unwrap();
        let read = store.whole_papers(other.fingerprint(), &mut |_| panic!("papers of another model"));
        assert!(matches!(read, Err(Error::ModelChanged { .. })));
    }
}
