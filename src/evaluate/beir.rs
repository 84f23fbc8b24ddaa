//! Reads a test set with relevance judgements in the layout of BEIR (Thakur et al., "BEIR", 2021, arXiv:2104.08663):
//! `corpus.jsonl`, `queries.jsonl` and `qrels/<split>.tsv`. Each file may be compressed.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::bad_line;
use super::metrics::Judged;
use super::test_set::{Document, JudgedQuery};
use crate::corpus::{self, Lines, Source};
use crate::error::{Error, Result};

/// A folder in the layout of BEIR.
#[derive(Debug, Clone)]
pub(super) struct Beir {
    folder: PathBuf,
}

#[derive(Deserialize)]
struct DocumentRecord {
    #[serde(rename = "_id", deserialize_with = "id")]
    id: String,
    #[serde(default, deserialize_with = "or_empty")]
    title: String,
    #[serde(deserialize_with = "or_empty")]
    text: String,
}

#[derive(Deserialize)]
struct QueryRecord {
    #[serde(rename = "_id", deserialize_with = "id")]
    id: String,
    text: String,
}

/// An id, which some tools write as a number.
pub(super) fn id<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(id) => Ok(id),
        Value::Number(id) => Ok(id.to_string()),
        _ => Err(D::Error::custom("`_id` should be a text or a number")),
    }
}

/// A text, which some tools write as `null` if there is none.
pub(super) fn or_empty<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A grade: a whole number, which some tools write as `1.0`.
fn grade(text: &str) -> Option<i64> {
    let text = text.trim();
    let whole = match text.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => whole,
        Some(_) => return None,
        None => text,
    };
    whole.parse().ok()
}

/// The names of columns in the header lines of judgements.
const HEADINGS: [&str; 12] = [
    "queryid",
    "qid",
    "query",
    "corpusid",
    "docid",
    "documentid",
    "document",
    "score",
    "relevance",
    "rel",
    "grade",
    "iter",
];

fn is_header(fields: &[&str]) -> bool {
    let name = |field: &&str| field.to_lowercase().replace(['-', '_', ' '], "");
    fields.iter().all(|field| HEADINGS.contains(&name(field).as_str()) || name(field) == "iteration")
}

impl Beir {
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The documents of `corpus.jsonl`, in the order of the file.
    pub fn documents(&self) -> Result<impl Iterator<Item = Result<Document>> + use<>> {
        let records = self.records("corpus.jsonl", |document: &DocumentRecord| &document.id)?;
        Ok(records.map(|record| record.map(|DocumentRecord { id, title, text }| Document { id, title, text })))
    }

    /// The queries of `queries.jsonl` that are judged in `qrels/<split>.tsv`, and the ids of the judged queries that are not there.
    pub fn queries(&self, split: &str) -> Result<(Vec<JudgedQuery>, Vec<String>)> {
        let mut judgements = self.judgements(split)?;
        let mut queries = Vec::new();
        for record in self.records("queries.jsonl", |query: &QueryRecord| &query.id)? {
            let QueryRecord { id, text } = record?;
            if let Some(judged) = judgements.remove(&id) {
                if !text.contains(|c: char| !c.is_whitespace() && !c.is_control()) {
                    return Err(Error::EmptyJudgedQuery { folder: self.folder.clone(), query: id });
                }
                queries.push(JudgedQuery { id, text, document: None, judged });
            }
        }
        Ok((queries, judgements.into_keys().collect()))
    }

    /// Reads `qrels/<split>.tsv`: query, document and grade, separated by tabs, or the four columns of TREC, query, 0, document and
    /// grade, separated by white space. There may be a header line. Returns the judgements by query.
    ///
    /// # Errors
    /// When the file does not exist, and at the first line that is not a judgement or contradicts an earlier one.
    pub fn judgements(&self, split: &str) -> Result<BTreeMap<String, Judged>> {
        let missing = |_| Error::NoSplit { folder: self.folder.clone(), split: split.to_owned(), found: self.splits() };
        let path = self.find(&format!("qrels/{split}.tsv")).map_err(missing)?;
        let mut judgements = BTreeMap::<String, Judged>::new();
        let mut lines = corpus::open_lines(&Source::File(path))?;
        while let Some(line) = lines.next() {
            let line = line?;
            let text = line.text.trim_end();
            let by_tabs = text.contains('\t');
            let fields: Vec<&str> =
                if by_tabs { text.split('\t').collect() } else { text.split_whitespace().collect() };
            match fields.as_slice() {
                [] | [""] => {}
                [query, document, grade] | [query, _, document, grade] if let Some(grade) = self::grade(grade) => {
                    let judged = judgements.entry((*query).to_owned()).or_default();
                    let before = judged.insert((*document).to_owned(), grade);
                    if let Some(before) = before.filter(|before| *before != grade) {
                        let reason = format!("the grade of `{document}` for `{query}` is already {before}");
                        return Err(bad_line(&lines, line.number, reason));
                    }
                }
                header if line.number == 1 && is_header(header) => {}
                _ => {
                    let reason = format!("expected query, document and a whole number, found `{}`", line.text.trim());
                    return Err(bad_line(&lines, line.number, reason));
                }
            }
        }
        Ok(judgements)
    }

    /// The splits with judgements, for the error message about a missing one.
    fn splits(&self) -> String {
        let entries = std::fs::read_dir(self.folder.join("qrels")).into_iter().flatten().flatten();
        let split = |name: &str| Some(name[..name.find(".tsv")?].to_owned());
        let mut splits: Vec<String> = entries.filter_map(|entry| split(entry.file_name().to_str()?)).collect();
        splits.sort();
        splits.join(", ")
    }

    /// The path of a file, which may be compressed.
    fn find(&self, name: &str) -> Result<PathBuf> {
        let mut paths = ["", ".zst", ".gz"].iter().map(|ending| self.folder.join(format!("{name}{ending}")));
        let missing = || Error::TestSetIncomplete { folder: self.folder.clone(), file: name.to_owned() };
        paths.find(|path| path.is_file()).ok_or_else(missing)
    }

    fn records<R: DeserializeOwned>(&self, name: &str, id: fn(&R) -> &String) -> Result<Records<R>> {
        Records::read(self.find(name)?, "a JSON object with `_id` and `text`", id)
    }
}

/// The JSON objects of a file, one per line, with unique ids.
pub(super) struct Records<R> {
    lines: Lines,
    /// A description of the objects, for errors.
    expected: &'static str,
    id: fn(&R) -> &String,
    seen: HashSet<String>,
}

impl<R> Records<R> {
    pub fn read(path: PathBuf, expected: &'static str, id: fn(&R) -> &String) -> Result<Self> {
        let lines = corpus::open_lines(&Source::File(path))?;
        Ok(Self { lines, expected, id, seen: HashSet::new() })
    }
}

impl<R: DeserializeOwned> Iterator for Records<R> {
    type Item = Result<R>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.lines.find(|line| !matches!(line, Ok(line) if line.text.trim().is_empty()))?;
        Some(line.and_then(|line| {
            let record: R = serde_json::from_str(&line.text).map_err(|error| {
                let reason = error.to_string().replace("line 1 column", "column");
                bad_line(&self.lines, line.number, format!("expected {}: {reason}", self.expected))
            })?;
            let id = (self.id)(&record);
            if !self.seen.insert(id.clone()) {
                return Err(bad_line(&self.lines, line.number, format!("the id `{id}` occurs twice")));
            }
            Ok(record)
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::evaluate::test_set::TestSet;

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
    fn test_set_is_read_with_judged_queries_only() {
        let folder = folder(CORPUS, QUERIES, QRELS);
        let set = TestSet::open(folder.path()).unwrap();
        let texts: Vec<String> = set.documents().unwrap().map(|document| document.unwrap().whole_text()).collect();
        assert_eq!(texts, ["T one", "two"]);
        let queries = set.queries("test").unwrap();
        assert_eq!(queries.len(), 1);
        assert_eq!(queries[0].judged, HashMap::from([("1".to_owned(), 2), ("2".to_owned(), 0)]));
    }

    #[test]
    fn notations_of_other_tools_are_read() {
        let corpus = "{\"_id\": 1, \"title\": null, \"text\": \"one\"}\n{\"_id\": 2, \"text\": \"two\"}\n";
        for qrels in [
            "q1\t1\t1.0\nq1\t2\t0\n",
            "q1 0 1 1\nq1 0 2 0\n",
            "q1\t0\t1\t1\nq1\t0\t2\t0\n",
            "qid\titer\tdocid\trel\nq1\t0\t1\t1\nq1\t0\t2\t0\n",
        ] {
            let folder = folder(corpus, "{\"_id\": \"q1\", \"text\": \"?\"}\n", qrels);
            let set = TestSet::open(folder.path()).unwrap();
            let documents: Vec<Document> = set.documents().unwrap().map(Result::unwrap).collect();
            assert_eq!((documents[0].id.as_str(), documents[0].title.as_str()), ("1", ""));
            let queries = set.queries("test").unwrap();
            assert_eq!(queries[0].judged, HashMap::from([("1".to_owned(), 1), ("2".to_owned(), 0)]), "{qrels}");
        }
        let folder = folder(corpus, QUERIES, "q\t1\t1\nlost\t2\t1\n");
        let set = TestSet::open(folder.path()).unwrap();
        assert_eq!(
            (set.queries("test").unwrap().len(), set.queries_and_missing("test").unwrap().1),
            (1, vec!["lost".to_owned()])
        );
    }

    #[test]
    fn compressed_corpus_is_found() {
        let folder = folder("", QUERIES, QRELS);
        std::fs::remove_file(folder.path().join("corpus.jsonl")).unwrap();
        std::fs::write(folder.path().join("corpus.jsonl.zst"), zstd::encode_all(CORPUS.as_bytes(), 1).unwrap())
            .unwrap();
        let set = TestSet::open(&folder.path().join(".")).unwrap();
        assert_eq!(set.documents().unwrap().count(), 2);
        assert_eq!(Some(&*set.name()), folder.path().file_name().unwrap().to_str());
    }

    #[test]
    fn faults_are_reported_with_file_and_line() {
        let error_of = |corpus: &str, queries: &str, qrels: &str| {
            let folder = folder(corpus, queries, qrels);
            let set = TestSet::open(folder.path()).unwrap();
            let documents: Result<Vec<Document>> = set.documents().unwrap().collect();
            let error = documents.and_then(|_| set.queries("test")).unwrap_err();
            error.to_string().replace(&folder.path().display().to_string(), "set")
        };
        let bad = error_of("{\"_id\": []}\n", QUERIES, QRELS);
        assert!(bad.starts_with("set/corpus.jsonl:1: expected a JSON object with `_id` and `text`"), "{bad}");
        let bad = error_of(&CORPUS.replace('2', "1"), QUERIES, QRELS);
        assert_eq!(bad, "set/corpus.jsonl:3: the id `1` occurs twice");
        let bad = error_of(CORPUS, QUERIES, "query-id\tcorpus-id\tscore\nq\t1\t0.5\n");
        assert_eq!(bad, "set/qrels/test.tsv:2: expected query, document and a whole number, found `q\t1\t0.5`");
        let bad = error_of(CORPUS, QUERIES, "q\t1\thigh\n");
        assert_eq!(bad, "set/qrels/test.tsv:1: expected query, document and a whole number, found `q\t1\thigh`");
        let bad = error_of(CORPUS, QUERIES, "q\t1\t2\nq\t1\t2\nq\t1\t1\n");
        assert_eq!(bad, "set/qrels/test.tsv:3: the grade of `1` for `q` is already 2");
        assert_eq!(error_of(CORPUS, "", QRELS), "the test set `set` has no query `q`");
        assert_eq!(
            error_of(CORPUS, &QUERIES.replace("\"?\"", "\" \""), QRELS),
            "the query `q` of the test set `set` is empty"
        );
    }

    #[test]
    fn missing_files_are_reported() {
        let folder = tempfile::tempdir().unwrap();
        let nowhere = TestSet::open(&folder.path().join("nowhere")).unwrap_err();
        assert!(matches!(nowhere, Error::NoTestSet { .. }), "{nowhere}");
        let set = TestSet::open(folder.path()).unwrap();
        assert!(set.documents().err().unwrap().to_string().contains("has no corpus.jsonl"));
        std::fs::create_dir(folder.path().join("qrels")).unwrap();
        std::fs::write(folder.path().join("qrels/train.tsv"), "").unwrap();
        std::fs::write(folder.path().join("qrels/dev.tsv.gz"), "").unwrap();
        let missing = set.queries("test").unwrap_err();
        assert!(
            missing.to_string().ends_with("has no judgements `qrels/test.tsv`; available splits: dev, train"),
            "{missing}"
        );
    }
}
