//! Makes a test set searchable: adds it to a store in a temporary folder and searches it with the code that users run.
//!
//! A ranking has [`DEPTH`] documents by default, the maximum of a search. So the measurement reflects the results of
//! users: a deeper search would also retrieve more candidates.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::sync::Arc;

use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use tempfile::TempDir;

use super::metrics::{Judged, Scored};
use super::run::Run;
use super::test_set::{Document, JudgedQuery, TestSet};
use crate::embed::{Embedder, ModelFolder, Reranker};
use crate::engine::{Collection, Local};
use crate::error::{Error, Result};
use crate::graph::Occasion;
use crate::ingest::{Ingest, open_store};
use crate::paper::{Paper, PaperId};
use crate::progress::Progress;
use crate::search::{self, Examples, Options, Searcher};

/// Default number of documents in a ranking.
pub const DEPTH: usize = search::MAX_K;

/// A searchable test set.
pub struct TestCollection {
    searcher: Searcher,
    documents: Documents,
    threads: usize,
    /// Whether only the judged documents of a query are ranked.
    pools: bool,
    /// Deleted with this value, after the searcher is dropped.
    _folder: TempDir,
}

impl TestCollection {
    /// Embeds and indexes the documents.
    ///
    /// # Errors
    /// When a document cannot be read or embedded, or the temporary folder cannot be written; [`Error::Interrupted`].
    pub fn build(
        set: &TestSet,
        documents: Documents,
        model: (&ModelFolder, Arc<Embedder>),
        threads: usize,
        progress: &dyn Progress,
    ) -> Result<Self> {
        Self::of(set.documents()?, documents, model, threads, progress)
    }

    /// As [`TestCollection::build`], with documents from anywhere: `read` are the ones that `documents` was made of.
    ///
    /// # Errors
    /// As [`TestCollection::build`].
    pub(super) fn of(
        read: impl Iterator<Item = Result<Document>>,
        documents: Documents,
        (model, embedder): (&ModelFolder, Arc<Embedder>),
        threads: usize,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let store = open_store(folder.path(), model)?;
        let mut ingest = Ingest::new(&store, &embedder, progress).by_id_alone(true);
        ingest.add(read.map(|document| document.map(|document| documents.paper(document))))?;
        if ingest.finish()?.interrupted {
            return Err(Error::Interrupted);
        }
        let local = Local::open(store)?;
        // As `add` does at its end.
        local.renew_graph(threads, Occasion::Pause)?;
        let searcher = Searcher::over(Collection::Local(local), embedder);
        Ok(Self { searcher, documents, threads, pools: false, _folder: folder })
    }

    /// The same with a cross-encoder for reranking.
    #[must_use]
    pub fn with_reranker(self, reranker: Option<Arc<Reranker>>) -> Self {
        Self { searcher: self.searcher.with_reranker(reranker), ..self }
    }

    /// The same, where the ranking of a query contains only its judged documents.
    #[must_use]
    pub fn within_pools(self, pools: bool) -> Self {
        Self { pools, ..self }
    }

    /// The rankings of all queries, each with `options.k` documents. If a query is a document of the collection itself,
    /// that document is left out. For a query with a document, related papers are searched.
    ///
    /// # Errors
    /// When a query cannot be embedded; [`Error::Interrupted`].
    pub fn run(&self, queries: &[JudgedQuery], options: &Options, progress: &dyn Progress) -> Result<Run> {
        let pool = ThreadPoolBuilder::new().num_threads(self.threads.max(1)).build().map_err(std::io::Error::other)?;
        let answer = |query: &JudgedQuery| {
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            let own = self.documents.own.contains(&query.id);
            let k = options.k.saturating_add(usize::from(own));
            let k = if self.pools { k.saturating_add(self.documents.len()) } else { k };
            let deeper = Options { k, highlight: false, ..options.clone() };
            let hits = match &query.document {
                Some(document) => {
                    let paper = self.documents.id_of(document);
                    self.searcher.related(&Examples::default().like([paper]), deeper)?.hits
                }
                None => self.searcher.search(&search::Query::of_any_length(&query.text)?, deeper)?.hits,
            };
            let found = hits.into_iter().filter_map(|hit| {
                let id = self.documents.ids.get(&hit.id)?;
                Some(Scored { id: id.clone(), score: hit.score })
            });
            let wanted = |found: &Scored| {
                (!own || found.id != query.id) && (!self.pools || query.judged.contains_key(&found.id))
            };
            Ok(found.filter(wanted).take(options.k.get()).collect())
        };
        let answers: Vec<Vec<Scored>> = pool.install(|| queries.par_iter().map(answer).collect::<Result<_>>())?;
        let mut run = Run::default();
        for (query, answer) in queries.iter().zip(answers) {
            run.insert(query.id.clone(), answer);
        }
        Ok(run)
    }
}

/// The documents of a test set, by their paper ids in the store.
#[derive(Debug, Clone, Default)]
pub struct Documents {
    ids: HashMap<PaperId, String>,
    /// Ids of queries that are documents themselves, as in ArguAna and Quora.
    own: HashSet<String>,
}

impl Documents {
    /// Reads all documents once, so that faults are reported before the first document is embedded.
    ///
    /// # Errors
    /// At the first line that is not a document.
    pub fn read(set: &TestSet, queries: &[JudgedQuery]) -> Result<Self> {
        Self::of(set.documents()?, queries)
    }

    /// As [`Documents::read`], with documents from anywhere.
    ///
    /// # Errors
    /// The first of `read`.
    pub(super) fn of(read: impl Iterator<Item = Result<Document>>, queries: &[JudgedQuery]) -> Result<Self> {
        let asked: HashMap<&str, &str> = queries.iter().map(|query| (&*query.id, query.text.trim())).collect();
        let mut documents = Self::default();
        for document in read {
            let document = document?;
            // An equal id alone is not sufficient, because both may be numbered from 1. BEIR ignores every document
            // with the id of its query.
            if asked
                .get(&*document.id)
                .is_some_and(|text| *text == document.text.trim() || *text == document.whole_text())
            {
                documents.own.insert(document.id.clone());
            }
            documents.ids.insert(documents.id_of(&document.id), document.id);
        }
        Ok(documents)
    }

    /// Number of documents.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are no documents.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Whether there is a document with this id.
    #[must_use]
    pub fn contains(&self, id: &str) -> bool {
        self.ids.contains_key(&self.id_of(id))
    }

    /// Number of queries that are documents themselves.
    #[must_use]
    pub fn own(&self) -> usize {
        self.own.len()
    }

    /// The relevant documents that are missing: their number, and the first with its query.
    #[must_use]
    pub fn unknown<'a>(&self, queries: &'a [JudgedQuery]) -> Option<(usize, &'a str, &'a str)> {
        let unknown = |query: &'a JudgedQuery| -> Vec<(&'a str, &'a str)> {
            let relevant =
                |judged: &'a Judged| judged.iter().filter(|(_, grade)| **grade > 0).map(|(id, _)| id.as_str());
            let mut unknown: Vec<&str> =
                relevant(&query.judged).filter(|id| !self.ids.contains_key(&self.id_of(id))).collect();
            unknown.sort_unstable();
            unknown.into_iter().map(|id| (id, query.id.as_str())).collect()
        };
        let unknown: Vec<(&str, &str)> = queries.iter().flat_map(unknown).collect();
        unknown.first().map(|(document, query)| (unknown.len(), *document, *query))
    }

    /// The paper for a document. A document without a title stays without one.
    fn paper(&self, document: Document) -> Paper {
        let Document { id, title, text } = document;
        Paper::new(self.id_of(&id), title.trim().to_owned(), text.trim().to_owned())
    }

    /// The paper id of a document: a hash, so that the order of papers with equal scores is arbitrary. If two documents
    /// collide, the later one gets the hash of another name.
    fn id_of(&self, id: &str) -> PaperId {
        let hexadecimal: String = id.bytes().map(|byte| format!("{byte:02x}")).collect();
        let is_taken = |paper: &PaperId| Ok::<_, Infallible>(self.ids.get(paper).is_some_and(|other| other != id));
        let Ok(paper) = PaperId::first_free(PaperId::of_title(&hexadecimal), &hexadecimal, is_taken);
        paper
    }
}
