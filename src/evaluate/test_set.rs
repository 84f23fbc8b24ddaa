//! A folder with a test set: documents, queries and relevance judgements, in the layout of BEIR (read by `beir`) or of
//! CSFCube (read by `csfcube`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::beir::Beir;
use super::csfcube::Csfcube;
use super::metrics::Judged;
use crate::error::{Error, Result};

/// A folder with a test set.
#[derive(Debug, Clone)]
pub struct TestSet {
    folder: PathBuf,
    layout: Layout,
}

#[derive(Debug, Clone)]
enum Layout {
    Beir(Beir),
    Csfcube(Csfcube),
}

/// A document of a test set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The id used in judgements.
    pub id: String,
    /// Empty if the document has none.
    pub title: String,
    /// The text without the title.
    pub text: String,
}

impl Document {
    /// The text that is embedded: title and text separated by a space, or the one that is not empty.
    #[must_use]
    pub fn whole_text(&self) -> String {
        match (self.title.trim(), self.text.trim()) {
            ("", text) => text.to_owned(),
            (title, "") => title.to_owned(),
            (title, text) => format!("{title} {text}"),
        }
    }
}

/// A query with its relevance judgements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedQuery {
    /// The id used in judgements and runs.
    pub id: String,
    /// The text of the query.
    pub text: String,
    /// The document whose related papers are to be found; `None` if the text is to be searched for.
    pub document: Option<String>,
    /// The judged documents with their grades.
    pub judged: Judged,
}

impl TestSet {
    /// Opens the folder of a test set.
    ///
    /// # Errors
    /// [`Error::NoTestSet`] if the folder does not exist.
    pub fn open(folder: &Path) -> Result<Self> {
        if !folder.is_dir() {
            return Err(Error::NoTestSet { folder: folder.to_owned() });
        }
        let layout = match Csfcube::find(folder) {
            Some(csfcube) => Layout::Csfcube(csfcube),
            None => Layout::Beir(Beir::new(folder)),
        };
        Ok(Self { folder: folder.to_owned(), layout })
    }

    /// The folder of the test set.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The name of the test set: that of its folder.
    #[must_use]
    pub fn name(&self) -> String {
        let absolute = self.folder.canonicalize().unwrap_or_else(|_| self.folder.clone());
        absolute.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    }

    /// Reads the documents one at a time, in the order of the file.
    ///
    /// # Errors
    /// [`Error::TestSetIncomplete`] without a file of documents. Each line that is not a document, or repeats an id, is an
    /// error of its own.
    pub fn documents(&self) -> Result<Box<dyn Iterator<Item = Result<Document>>>> {
        Ok(match &self.layout {
            Layout::Beir(beir) => Box::new(beir.documents()?),
            Layout::Csfcube(csfcube) => Box::new(csfcube.documents()?),
        })
    }

    /// Reads the judged queries of a split, in the order of the file. Judgements of other queries are left out;
    /// [`TestSet::queries_and_missing`] names these.
    ///
    /// # Errors
    /// When a file is missing, at the first malformed line, for a query without a word, and if no judged query has a text.
    pub fn queries(&self, split: &str) -> Result<Vec<JudgedQuery>> {
        Ok(self.queries_and_missing(split)?.0)
    }

    /// As [`TestSet::queries`], with the ids of the queries that are judged but have no text, in the order of their ids.
    ///
    /// # Errors
    /// As [`TestSet::queries`].
    pub fn queries_and_missing(&self, split: &str) -> Result<(Vec<JudgedQuery>, Vec<String>)> {
        let (queries, missing) = match &self.layout {
            Layout::Beir(beir) => beir.queries(split)?,
            Layout::Csfcube(csfcube) => csfcube.queries(split)?,
        };
        match missing.first() {
            Some(id) if queries.is_empty() => {
                Err(Error::TestSetIncomplete { folder: self.folder.clone(), file: format!("query `{id}`") })
            }
            _ => Ok((queries, missing)),
        }
    }

    /// Reads the judgements of a split, by query.
    ///
    /// # Errors
    /// When the split does not exist, and at the first judgement that is malformed or contradicts an earlier one.
    pub fn judgements(&self, split: &str) -> Result<BTreeMap<String, Judged>> {
        match &self.layout {
            Layout::Beir(beir) => beir.judgements(split),
            Layout::Csfcube(csfcube) => csfcube.judgements(split),
        }
    }
}
