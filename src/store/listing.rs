//! Which papers are there at all? A few at a time, in the order of their ids.

use rusqlite::params_from_iter;

use super::record::{self, COLUMNS};
use super::{Filter, Store, database, open_papers};
use crate::error::Result;
use crate::paper::{Paper, PaperId};

impl Store {
    /// The first `count` papers that pass a filter and whose ids come behind `after` in the order of bytes. Searches go on meanwhile.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn papers_after(&self, after: Option<&PaperId>, filter: &Filter, count: usize) -> Result<Vec<Paper>> {
        let papers = open_papers(self.dir())?;
        let (conditions, mut values) = filter.conditions();
        values.push(after.map_or("", PaperId::as_str).to_owned().into());
        let query = format!("SELECT {COLUMNS} FROM papers WHERE {} AND id > ? ORDER BY id", conditions.join(" AND "));
        let read = || {
            let mut statement = papers.connection().prepare(&query)?;
            let mut rows = statement.query(params_from_iter(values))?;
            let mut found = Vec::new();
            while found.len() < count
                && let Some(row) = rows.next()?
            {
                if filter.names_fit(&row.get::<_, String>(record::AUTHORS)?, row.get(record::ORGANISATION)?) {
                    found.push(record::stored(row)?.0);
                }
            }
            Ok(found)
        };
        read().map_err(|source| database(self.dir(), source))
    }
}
