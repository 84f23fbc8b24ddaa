//! Categories and date of each paper, for facets and the map; read without titles and abstracts.

use rusqlite::{Row, params};

use super::{DocId, View, record, to_i64};
use crate::error::Result;
use crate::paper::{PaperId, PublicationDate};

/// The id, categories and date of a paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Labels {
    pub id: PaperId,
    /// The primary category is first.
    pub categories: Vec<String>,
    pub published: Option<PublicationDate>,
}

impl View<'_> {
    /// Passes the rows and labels of the papers written by commits later than `commits` to `visit`; all papers if it is
    /// 0.
    ///
    /// Papers deleted since then are not passed; their rows are not in [`Snapshot::live`](super::Snapshot::live).
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) fn labels(&self, commits: u64, mut visit: impl FnMut(DocId, Labels)) -> Result<()> {
        // A full scan is faster in the order of the table than in that of the index.
        let since = if commits == 0 { "+changed" } else { "changed" };
        let query = format!("SELECT row, id, categories, published FROM papers WHERE {since} > ?1");
        let mut statement = self.told(self.papers().connection().prepare_cached(&query))?;
        for labels in self.told(statement.query_map(params![to_i64(commits)], labels))? {
            let (doc, labels) = self.told(labels)?;
            visit(doc, labels);
        }
        Ok(())
    }
}

fn labels(row: &Row<'_>) -> rusqlite::Result<(DocId, Labels)> {
    let published: Option<String> = row.get(3)?;
    let labels = Labels {
        id: PaperId::of_stored(&row.get::<_, String>(1)?),
        categories: record::names(&row.get::<_, String>(2)?),
        published: published.as_deref().and_then(PublicationDate::parse),
    };
    Ok((DocId(row.get(0)?), labels))
}
