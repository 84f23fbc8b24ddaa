//! The tuned candidate list size (`ef`) of graph searches. The value measured for this collection is in a table of the
//! database, so that all readers see a change at once. The table is created with the first value; older versions ignore
//! it.

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

use super::generation::finish;
use super::lock::Lock;
use super::{Store, database};
use crate::embed::Fingerprint;
use crate::error::Result;

const TABLE: &str = "
CREATE TABLE IF NOT EXISTS tuning (
    only         INTEGER PRIMARY KEY CHECK (only = 1),
    ef           INTEGER NOT NULL,
    k            INTEGER NOT NULL,
    wanted       REAL NOT NULL,
    recall       REAL NOT NULL,
    papers       INTEGER NOT NULL,
    fingerprint  TEXT NOT NULL
) STRICT";

/// The candidate list size of graph searches, and the measurement behind it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Tuning {
    /// Candidate list size (`ef`) of the graph traversal.
    pub ef: u32,
    /// Number of neighbours k that recall@k refers to.
    pub k: u32,
    /// The target recall.
    pub wanted: f64,
    /// The measured recall.
    pub recall: f64,
    /// Number of papers in the collection at that time.
    pub papers: u64,
}

impl Store {
    /// Sets the `ef` of graph searches; `None` restores the default. The value applies only to vectors of the current
    /// fingerprint.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn tune(&self, tuning: Option<&Tuning>) -> Result<()> {
        let _lock = Lock::acquire(self.dir())?;
        let mut papers = self.papers()?;
        let (transaction, generation) = papers.begin_writing()?;
        (|| {
            transaction.execute_batch(TABLE)?;
            match tuning {
                None => transaction.execute("DELETE FROM tuning", [])?,
                Some(Tuning { ef, k, wanted, recall, papers }) => transaction.execute(
                    "INSERT OR REPLACE INTO tuning (only, ef, k, wanted, recall, papers, fingerprint)
                     VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)",
                    params![ef, k, wanted, recall, super::to_i64(*papers), hex(&generation.fingerprint)],
                )?,
            };
            finish(transaction, generation)
        })()
        .map_err(|source| database(self.dir(), source))
    }
}

/// The tuning for vectors of this fingerprint; invalid values are ignored.
pub(super) fn read(connection: &Connection, fingerprint: &Fingerprint) -> rusqlite::Result<Option<Tuning>> {
    if !connection.table_exists(None, "tuning")? {
        return Ok(None);
    }
    connection
        .prepare_cached(
            "SELECT ef, k, wanted, recall, papers FROM tuning
             WHERE fingerprint IN (?1, ?2) AND ef BETWEEN 1 AND 4294967295",
        )?
        .query_row([hex(fingerprint), older_form(fingerprint)], |row| {
            let papers: i64 = row.get(4)?;
            let papers = u64::try_from(papers).unwrap_or(0);
            Ok(Tuning { ef: row.get(0)?, k: row.get(1)?, wanted: row.get(2)?, recall: row.get(3)?, papers })
        })
        .optional()
}

fn hex(fingerprint: &Fingerprint) -> String {
    fingerprint.digest().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The form in which version 0.1.0 stored a fingerprint here: the `Debug` output of its structure at that time.
fn older_form(of: &Fingerprint) -> String {
    format!("{:?}", older::Fingerprint::from(of))
}

/// The structure at that time. It must not change with the present one.
mod older {
    use crate::embed;

    #[derive(Debug)]
    #[allow(dead_code)] // read by `Debug`
    pub(super) struct Fingerprint<'a> {
        model: &'a str,
        revision: &'a str,
        dimension: usize,
        pooling: Pooling,
        query_pooling: Option<Pooling>,
        include_prompt: bool,
        queries: Option<Box<Fingerprint<'a>>>,
        query_prefix: &'a str,
        passage_prefix: &'a str,
        max_tokens: usize,
        template: &'a str,
    }

    #[derive(Debug)]
    enum Pooling {
        Mean,
        Cls,
        Last,
    }

    impl From<embed::Pooling> for Pooling {
        fn from(pooling: embed::Pooling) -> Self {
            match pooling {
                embed::Pooling::Mean => Self::Mean,
                embed::Pooling::Cls => Self::Cls,
                embed::Pooling::Last => Self::Last,
            }
        }
    }

    impl<'a> From<&'a embed::Fingerprint> for Fingerprint<'a> {
        fn from(of: &'a embed::Fingerprint) -> Self {
            Self {
                model: &of.model,
                revision: &of.revision,
                dimension: of.dimension,
                pooling: of.pooling.into(),
                query_pooling: of.query_pooling.map(Pooling::from),
                include_prompt: of.include_prompt,
                queries: of.queries.as_deref().map(|queries| Box::new(queries.into())),
                query_prefix: &of.query_prefix,
                passage_prefix: &of.passage_prefix,
                max_tokens: of.max_tokens,
                template: &of.template,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::embed::Embedding;
    use crate::paper::{Paper, PaperId};
    use crate::store::Change;

    const CHOSEN: Tuning = Tuning { ef: 96, k: 10, wanted: 0.99, recall: 0.9921, papers: 50_000 };

    fn store(dir: &Path) -> Store {
        let fingerprint = Fingerprint::of_vectors(2);
        let store = Store::open_or_create(dir, &fingerprint, None).unwrap();
        let paper = |title: &str| Paper::new(PaperId::of_title(title), title.to_owned(), String::new());
        let embedding = || Some(Embedding::normalised(vec![3.0, 4.0]).unwrap());
        store.commit(&fingerprint, &["one", "two"].map(|title| Change::new(paper(title), embedding()))).unwrap();
        store
    }

    #[test]
    fn tuning_is_visible_to_all_readers_and_survives_compaction_and_copying() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (store(&folder.path().join("store")), Store::open(&folder.path().join("store")).unwrap());
        assert_eq!(other.view().unwrap().tuning, None);
        one.tune(Some(&CHOSEN)).unwrap();
        assert_eq!(other.view().unwrap().tuning, Some(CHOSEN));
        other.tune(Some(&Tuning { ef: 640, ..CHOSEN })).unwrap();
        one.remove(&[PaperId::of_title("one")]).unwrap();
        one.compact().unwrap();
        one.copy_to(&folder.path().join("copy")).unwrap();
        let copy = Store::open(&folder.path().join("copy")).unwrap();
        for store in [&one, &copy] {
            assert_eq!(store.view().unwrap().tuning.unwrap().ef, 640);
        }
        one.tune(None).unwrap();
        assert_eq!(other.view().unwrap().tuning, None);
    }

    #[test]
    fn tuning_of_another_fingerprint_or_with_invalid_values_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        store.tune(Some(&CHOSEN)).unwrap();
        let connection = Connection::open(folder.path().join("papers.sqlite")).unwrap();
        for change in ["ef = 0", "ef = -3", "ef = 96, fingerprint = 'another'"] {
            connection.execute(&format!("UPDATE tuning SET {change}"), []).unwrap();
            assert_eq!(store.view().unwrap().tuning, None, "{change}");
        }
    }

    #[test]
    fn tuning_written_by_version_0_1_0_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        store.tune(Some(&CHOSEN)).unwrap();
        let connection = Connection::open(folder.path().join("papers.sqlite")).unwrap();
        let written = r#"Fingerprint { model: "unknown", revision: "unknown", dimension: 2, pooling: Mean, query_pooling: None, include_prompt: true, queries: None, query_prefix: "", passage_prefix: "", max_tokens: 0, template: "TEMPLATE" }"#;
        let written = written.replace("TEMPLATE", crate::paper::TEXT_TEMPLATE);
        connection.execute("UPDATE tuning SET fingerprint = ?1", [written]).unwrap();
        assert_eq!(store.view().unwrap().tuning, Some(CHOSEN));
    }

    #[test]
    fn stored_fingerprint_depends_on_content_and_not_on_structure() {
        let folder = tempfile::tempdir().unwrap();
        store(folder.path()).tune(Some(&CHOSEN)).unwrap();
        let connection = Connection::open(folder.path().join("papers.sqlite")).unwrap();
        let written: String = connection.query_row("SELECT fingerprint FROM tuning", [], |row| row.get(0)).unwrap();
        assert_eq!(written, hex(&Fingerprint::of_vectors(2)));
    }
}
