//! Reads a test set of related papers in the layout of CSFCube (Mysore et al., "CSFCube: a test collection of computer
//! science research articles for faceted query by example", 2021, arXiv:2103.12906), which RELISH and others share: a query is
//! a paper, and the papers of its pool are graded.
//!
//! `abstracts-*.jsonl` has the papers, with their abstracts as lists of sentences. Each `test-pid2anns-*.json` has the pools
//! and grades of a split, which for CSFCube is a facet: `background`, `method` or `result`. Split `test` is all of them.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::beir::{Records, id, or_empty};
use super::metrics::Judged;
use super::test_set::{Document, JudgedQuery};
use crate::corpus::{self, Source};
use crate::error::{Error, Result};

const PAPERS: &str = "abstracts-";
const POOLS: &str = "test-pid2anns-";
/// The split of all queries.
const ALL: &str = "test";

/// A folder in the layout of CSFCube.
#[derive(Debug, Clone)]
pub(super) struct Csfcube {
    folder: PathBuf,
    papers: PathBuf,
    /// The files of pools by split.
    pools: BTreeMap<String, PathBuf>,
}

#[derive(Deserialize)]
struct PaperRecord {
    #[serde(deserialize_with = "id")]
    paper_id: String,
    #[serde(default, deserialize_with = "or_empty")]
    title: String,
    #[serde(rename = "abstract", default)]
    sentences: Vec<String>,
}

/// The papers of a pool, and their grades in the same order.
#[derive(Deserialize)]
struct Pool {
    cands: Vec<PaperName>,
    relevance_adju: Vec<i64>,
}

#[derive(Deserialize)]
struct PaperName(#[serde(deserialize_with = "id")] String);

impl Csfcube {
    /// The files in a folder, if it has this layout.
    pub fn find(folder: &Path) -> Option<Self> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .ok()?
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        names.sort();
        let papers = names.iter().find(|name| name.starts_with(PAPERS) && name.contains(".jsonl"))?;
        let pools: BTreeMap<String, PathBuf> = names
            .iter()
            .filter_map(|name| Some((name.strip_prefix(POOLS)?.split_once(".json")?.0, folder.join(name))))
            .map(|(split, path)| (split.rsplit('-').next().unwrap_or(split).to_owned(), path))
            .collect();
        let (folder, papers) = (folder.to_owned(), folder.join(papers));
        (!pools.is_empty()).then_some(Self { folder, papers, pools })
    }

    /// The papers in the order of the file.
    pub fn documents(&self) -> Result<impl Iterator<Item = Result<Document>> + use<>> {
        let expected = "a JSON object with `paper_id`, `title` and a list of sentences as `abstract`";
        let records = Records::read(self.papers.clone(), expected, |paper: &PaperRecord| &paper.paper_id)?;
        Ok(records.map(|record| {
            record.map(|PaperRecord { paper_id, title, sentences }| {
                let sentences: Vec<&str> = sentences.iter().map(|sentence| sentence.trim()).collect();
                Document { id: paper_id, title, text: sentences.join(" ") }
            })
        }))
    }

    /// The queries of a split in the order of their ids, and the ids of those whose paper is missing.
    pub fn queries(&self, split: &str) -> Result<(Vec<JudgedQuery>, Vec<String>)> {
        let mut judgements = self.judgements(split)?;
        let mut texts = HashMap::new();
        for document in self.documents()? {
            let document = document?;
            texts.insert(document.id.clone(), document.whole_text());
        }
        let mut queries = Vec::new();
        let mut missing = Vec::new();
        for (id, judged) in std::mem::take(&mut judgements) {
            let paper = id.rsplit_once('/').map_or(&*id, |(paper, _)| paper);
            match texts.get(paper) {
                Some(text) => {
                    let (text, document) = (text.clone(), Some(paper.to_owned()));
                    queries.push(JudgedQuery { id, text, document, judged });
                }
                None => missing.push(id),
            }
        }
        Ok((queries, missing))
    }

    /// The grades of each pool; its query is named `PAPER/SPLIT`, because a paper has a pool for every facet.
    pub fn judgements(&self, split: &str) -> Result<BTreeMap<String, Judged>> {
        let mut judgements = BTreeMap::new();
        for (name, path) in self.pools.iter().filter(|(name, _)| split == ALL || *name == split) {
            let bad = |reason: String| Error::BadPools { path: path.clone(), reason };
            let lines = corpus::open_lines(&Source::File(path.clone()))?;
            let text = lines.map(|line| line.map(|line| line.text)).collect::<Result<Vec<String>>>()?.join("\n");
            let pools: BTreeMap<String, Pool> = serde_json::from_str(&text).map_err(|error| bad(error.to_string()))?;
            for (paper, Pool { cands, relevance_adju }) in pools {
                if cands.len() != relevance_adju.len() {
                    let (papers, grades) = (cands.len(), relevance_adju.len());
                    return Err(bad(format!("the pool of `{paper}` has {papers} papers and {grades} grades")));
                }
                let judged = cands.into_iter().map(|PaperName(paper)| paper).zip(relevance_adju).collect();
                judgements.insert(format!("{paper}/{name}"), judged);
            }
        }
        if judgements.is_empty() {
            let found = self.pools.keys().cloned().collect::<Vec<_>>().join(", ");
            return Err(Error::NoSplit { folder: self.folder.clone(), split: split.to_owned(), found });
        }
        Ok(judgements)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::test_set::TestSet;

    const PAPERS: &str = r#"{"paper_id": "1", "title": "Parsing", "abstract": ["We parse.", "It is fast."]}
{"paper_id": 2, "title": "Tagging", "abstract": []}
"#;

    fn folder(pools: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("abstracts-made-up.jsonl"), PAPERS).unwrap();
        for (name, text) in pools {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    #[test]
    fn papers_are_queries_with_a_pool_per_facet() {
        let method = r#"{"1": {"cands": ["2", "1"], "relevance_adju": [3, 0], "id": []}}"#;
        let result = r#"{"2": {"cands": [1], "relevance_adju": [1]}, "9": {"cands": [], "relevance_adju": []}}"#;
        let pools = [("test-pid2anns-made-up-method.json", method), ("test-pid2anns-made-up-result.json", result)];
        let folder = folder(&pools);
        let set = TestSet::open(folder.path()).unwrap();
        let documents: Vec<Document> = set.documents().unwrap().map(Result::unwrap).collect();
        assert_eq!(documents[0].whole_text(), "Parsing We parse. It is fast.");
        let (queries, missing) = set.queries_and_missing("test").unwrap();
        let ids: Vec<&str> = queries.iter().map(|query| &*query.id).collect();
        assert_eq!((ids, missing), (vec!["1/method", "2/result"], vec!["9/result".to_owned()]));
        assert_eq!((queries[1].document.as_deref(), &*queries[1].text), (Some("2"), "Tagging"));
        assert_eq!(queries[0].judged, HashMap::from([("2".to_owned(), 3), ("1".to_owned(), 0)]));
        assert_eq!(set.queries("method").unwrap().len(), 1);
    }

    #[test]
    fn faults_are_reported() {
        let error_of = |text: &str, split: &str| {
            let folder = folder(&[("test-pid2anns-made-up-method.json", text)]);
            let error = TestSet::open(folder.path()).unwrap().queries(split).unwrap_err();
            error.to_string().replace(&folder.path().display().to_string(), "set")
        };
        let uneven = r#"{"1": {"cands": ["2", "3"], "relevance_adju": [3]}}"#;
        assert!(error_of(uneven, "test").ends_with("the pool of `1` has 2 papers and 1 grades"));
        assert!(error_of("[", "test").starts_with("`set/test-pid2anns-made-up-method.json` does not contain pools"));
        assert!(error_of(uneven, "result").contains("available splits: method"), "{}", error_of(uneven, "result"));
    }
}
