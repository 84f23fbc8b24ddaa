//! Of which categories and of which date is each paper? What papers are counted and coloured by, read without their texts.

use rusqlite::{Connection, Row, params};

use super::{DocId, Generation, Snapshot, Store, database, open_papers, record, to_i64};
use crate::error::Result;
use crate::paper::{PaperId, PublicationDate};

/// What is told of a paper in few bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    pub id: PaperId,
    /// The primary one first.
    pub categories: Vec<String>,
    pub published: Option<PublicationDate>,
}

impl Store {
    /// Hands out the rows and labels of those papers of a snapshot that a later commit than `commits` wrote; after 0 come
    /// all. `false`, and nothing handed out, when somebody has committed since the snapshot was taken. Searches go on
    /// meanwhile.
    ///
    /// Papers that were removed since are not told; their rows are not in [`Snapshot::live`].
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn labels(&self, snapshot: &Snapshot, commits: u64, visit: impl FnMut(DocId, Labels)) -> Result<bool> {
        let mut papers = open_papers(self.dir())?;
        let (transaction, now) = papers.begin_reading()?;
        let same = |then: &Generation| (now.number, now.commits) == (then.number, then.commits);
        if !same(&snapshot.generation) {
            return Ok(false);
        }
        read(&transaction, commits, visit).map_err(|source| database(self.dir(), source))?;
        Ok(true)
    }
}

fn read(connection: &Connection, commits: u64, mut visit: impl FnMut(DocId, Labels)) -> rusqlite::Result<()> {
    // All of them are read faster in the order of the table than in that of the index.
    let since = if commits == 0 { "+changed" } else { "changed" };
    let query = format!("SELECT row, id, categories, published FROM papers WHERE {since} > ?1");
    let mut statement = connection.prepare(&query)?;
    for labels in statement.query_map(params![to_i64(commits)], labels)? {
        let (doc, labels) = labels?;
        visit(doc, labels);
    }
    Ok(())
}

fn labels(row: &Row<'_>) -> rusqlite::Result<(DocId, Labels)> {
    let published: Option<String> = row.get(3)?;
    let labels = Labels {
        id: record::id(&row.get::<_, String>(1)?),
        categories: record::names(&row.get::<_, String>(2)?),
        published: published.as_deref().and_then(PublicationDate::parse),
    };
    Ok((DocId(row.get(0)?), labels))
}
