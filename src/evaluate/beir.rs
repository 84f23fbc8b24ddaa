//! A judged test set in the layout of BEIR (Thakur et al., "BEIR", 2021, arXiv:2104.08663): `corpus.jsonl`,
//! `queries.jsonl` and `qrels/*.tsv`; the first two may be compressed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::metrics::Judged;
use crate::corpus::{self, Source};
use crate::error::{Error, Result};

/// A folder with a test set.
#[derive(Debug, Clone)]
pub struct TestSet {
    folder: PathBuf,
    corpus: PathBuf,
    queries: PathBuf,
}

/// A document of a test set.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Document {
    #[serde(rename = "_id")]
    pub id: String,
    #[serde(default)]
    pub title: String,
    pub text: String,
}

impl Document {
    /// What is embedded: title and text with a space between, or what there is of them.
    #[must_use]
    pub fn whole_text(&self) -> String {
        match (self.title.trim(), self.text.trim()) {
            ("", text) => text.to_owned(),
            (title, "") => title.to_owned(),
            (title, text) => format!("{title} {text}"),
        }
    }
}

/// A query with what was judged for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    pub id: String,
    pub text: String,
    pub judged: Judged,
}

#[derive(Deserialize)]
struct QueryRecord {
    #[serde(rename = "_id")]
    id: String,
    text: String,
}

impl TestSet {
    /// Finds the files of a test set.
    ///
    /// # Errors
    /// [`Error::TestSetIncomplete`] when one is missing.
    pub fn open(folder: &Path) -> Result<Self> {
        let find = |name: &'static str| {
            let names = [name.to_owned(), format!("{name}.zst"), format!("{name}.gz")];
            let mut paths = names.iter().map(|name| folder.join(name));
            let missing = || Error::TestSetIncomplete { folder: folder.to_owned(), file: name.to_owned() };
            paths.find(|path| path.is_file()).ok_or_else(missing)
        };
        Ok(Self { folder: folder.to_owned(), corpus: find("corpus.jsonl")?, queries: find("queries.jsonl")? })
    }

    /// Reads the documents, in the order of the file.
    ///
    /// # Errors
    /// At the first line that is no document.
    pub fn documents(&self) -> Result<Vec<Document>> {
        records(&self.corpus, "a JSON object with `_id` and `text`")
    }

    /// Reads the queries that `qrels/<split>.tsv` judges, in the order of `queries.jsonl`.
    ///
    /// # Errors
    /// When a file is missing, or at the first line that does not belong into it.
    pub fn queries(&self, split: &str) -> Result<Vec<Query>> {
        let mut judgements = self.judgements(split)?;
        let records: Vec<QueryRecord> = records(&self.queries, "a JSON object with `_id` and `text`")?;
        let queries = records.into_iter().filter_map(|QueryRecord { id, text }| {
            let judged = judgements.remove(&id)?;
            Some(Query { id, text, judged })
        });
        let queries: Vec<Query> = queries.collect();
        match judgements.into_keys().next() {
            Some(id) => Err(Error::TestSetIncomplete { folder: self.folder.clone(), file: format!("query `{id}`") }),
            None => Ok(queries),
        }
    }

    /// Reads `qrels/<split>.tsv`: query, document and grade, below a header line.
    fn judgements(&self, split: &str) -> Result<BTreeMap<String, Judged>> {
        let name = format!("qrels/{split}.tsv");
        let path = self.folder.join(&name);
        if !path.is_file() {
            return Err(Error::TestSetIncomplete { folder: self.folder.clone(), file: name });
        }
        let mut judgements = BTreeMap::<String, Judged>::new();
        let mut lines = corpus::open_lines(&Source::File(path))?;
        while let Some(line) = lines.next() {
            let line = line?;
            let fields: Vec<&str> = line.text.trim_end().split('\t').collect();
            match fields.as_slice() {
                [""] => {}
                [query, document, grade] if let Ok(grade) = grade.trim().parse::<i64>() => {
                    judgements.entry((*query).to_owned()).or_default().insert((*document).to_owned(), grade);
                }
                [_, _, _] if line.number == 1 => {}
                _ => {
                    let reason =
                        format!("query, document and a whole number were expected, found `{}`", line.text.trim());
                    return Err(lines.bad(line.number, reason));
                }
            }
        }
        Ok(judgements)
    }
}

fn records<R: for<'a> Deserialize<'a>>(path: &Path, expected: &str) -> Result<Vec<R>> {
    let mut lines = corpus::open_lines(&Source::File(path.to_owned()))?;
    let mut records = Vec::new();
    while let Some(line) = lines.next() {
        let line = line?;
        if line.text.trim().is_empty() {
            continue;
        }
        let record = serde_json::from_str(&line.text).map_err(|error| {
            let reason = error.to_string().replace("line 1 column", "column");
            lines.bad(line.number, format!("{expected} was expected: {reason}"))
        })?;
        records.push(record);
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn folder(corpus: &str, queries: &str, qrels: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("corpus.jsonl"), corpus).unwrap();
        std::fs::write(folder.path().join("queries.jsonl"), queries).unwrap();
        std::fs::create_dir(folder.path().join("qrels")).unwrap();
        std::fs::write(folder.path().join("qrels/test.tsv"), qrels).unwrap();
        folder
    }

    const CORPUS: &str =
        "{\"_id\": \"1\", \"title\": \"T\", \"text\": \"one\"}\n\n{\"_id\": \"2\", \"text\": \"two\"}\n";
    const QUERIES: &str = "{\"_id\": \"q\", \"text\": \"?\"}\n{\"_id\": \"unjudged\", \"text\": \"??\"}\n";
    const QRELS: &str = "query-id\tcorpus-id\tscore\nq\t1\t2\nq\t2\t0\n";

    #[test]
    fn a_test_set_is_read_and_only_judged_queries_are_kept() {
        let folder = folder(CORPUS, QUERIES, QRELS);
        let set = TestSet::open(folder.path()).unwrap();
        let texts: Vec<String> = set.documents().unwrap().iter().map(Document::whole_text).collect();
        assert_eq!(texts, ["T one", "two"]);
        let queries = set.queries("test").unwrap();
        assert_eq!(queries.len(), 1);
        assert_eq!(queries[0].judged, HashMap::from([("1".to_owned(), 2), ("2".to_owned(), 0)]));
    }

    #[test]
    fn a_compressed_corpus_is_found() {
        let folder = folder("", QUERIES, QRELS);
        std::fs::remove_file(folder.path().join("corpus.jsonl")).unwrap();
        std::fs::write(folder.path().join("corpus.jsonl.zst"), zstd::encode_all(CORPUS.as_bytes(), 1).unwrap())
            .unwrap();
        assert_eq!(TestSet::open(folder.path()).unwrap().documents().unwrap().len(), 2);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let told = |corpus: &str, queries: &str, qrels: &str| {
            let folder = folder(corpus, queries, qrels);
            let set = TestSet::open(folder.path()).unwrap();
            let error = set.documents().map(|_| ()).and_then(|()| set.queries("test").map(|_| ())).unwrap_err();
            error.to_string().replace(&folder.path().display().to_string(), "set")
        };
        let bad = told("{\"_id\": 7}\n", QUERIES, QRELS);
        assert!(bad.starts_with("set/corpus.jsonl:1: a JSON object with `_id` and `text` was expected"), "{bad}");
        let bad = told(CORPUS, QUERIES, "query-id\tcorpus-id\tscore\nq 1 2\n");
        assert_eq!(bad, "set/qrels/test.tsv:2: query, document and a whole number were expected, found `q 1 2`");
        assert_eq!(told(CORPUS, "", QRELS), "the test set `set` has no query `q`");
        let folder = tempfile::tempdir().unwrap();
        assert!(TestSet::open(folder.path()).unwrap_err().to_string().contains("has no corpus.jsonl"));
    }
}
