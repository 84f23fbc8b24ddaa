//! Which papers answer this question, and which sentence of each says so?

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use crate::embed::{Embedder, Embedding, Role};
use crate::error::{Error, Result};
use crate::graph::{Graph, Neighbour};
use crate::paper::{Paper, PaperId};
use crate::store::{DocId, Snapshot, Store};

pub use answer::{Answer, Hit, byline};
use highlight::Highlighter;
pub use status::Status;

mod answer;
mod highlight;
mod sentences;
mod status;

/// Hits of an answer unless another number is asked for.
pub const DEFAULT_K: usize = 10;
/// More hits than this are refused.
pub const MAX_K: usize = 100;
/// A question longer than this is refused; models read some 256 tokens, about 1,000 characters.
pub const MAX_QUERY_CHARS: usize = 2_000;

/// A question in words, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query(String);

impl Query {
    /// Checks that a question is neither empty nor too long.
    ///
    /// # Errors
    /// [`Error::EmptyQuery`], [`Error::QueryTooLong`].
    pub fn new(text: &str) -> Result<Self> {
        let text = text.trim();
        if !text.contains(|c: char| !c.is_whitespace() && !c.is_control()) {
            return Err(Error::EmptyQuery);
        }
        let found = text.chars().count();
        if found > MAX_QUERY_CHARS {
            return Err(Error::QueryTooLong { found, limit: MAX_QUERY_CHARS });
        }
        Ok(Self(text.to_owned()))
    }
}

/// Checks a number of hits.
///
/// # Errors
/// [`Error::BadK`].
pub fn checked_k(k: usize) -> Result<NonZeroUsize> {
    NonZeroUsize::new(k).filter(|k| k.get() <= MAX_K).ok_or(Error::BadK { found: k, limit: MAX_K })
}

/// Answers questions about a store. It may be asked from many threads, and always sees what is committed.
pub struct Searcher {
    store: Store,
    embedder: Arc<Embedder>,
    seen: RwLock<Arc<Seen>>,
    opening: Mutex<()>,
    highlighter: Highlighter,
}

/// The store as it was at one moment.
struct Seen {
    version: u64,
    snapshot: Arc<Snapshot>,
    graph: Arc<Graph>,
}

impl Searcher {
    /// Makes a store searchable with the model that it was built with.
    ///
    /// # Errors
    /// [`Error::FingerprintDiffers`], or what is wrong with the store.
    pub fn new(store: Store, embedder: Arc<Embedder>) -> Result<Self> {
        store.check_fingerprint(embedder.fingerprint())?;
        let version = store.version()?;
        let snapshot = store.snapshot()?;
        let graph = Arc::new(Graph::open(store.dir(), &snapshot));
        let seen = RwLock::new(Arc::new(Seen { version, snapshot, graph }));
        Ok(Self { store, embedder, seen, opening: Mutex::new(()), highlighter: Highlighter::default() })
    }

    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What is in the store now, and in the graph that is searched.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn status(&self) -> Result<Status> {
        let now = self.now()?;
        Status::new(&self.store, self.embedder.runner_name(), now.snapshot.len(), now.graph.rows())
    }

    /// Whether the graph should be built again.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn graph_is_stale(&self) -> Result<bool> {
        let now = self.now()?;
        Ok(now.graph.is_stale(&now.snapshot))
    }

    /// Searches with a graph that was built meanwhile.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn use_graph(&self, graph: Graph) -> Result<()> {
        let now = self.now()?;
        if graph.serves(&now.snapshot) {
            let seen = Seen { version: now.version, snapshot: Arc::clone(&now.snapshot), graph: Arc::new(graph) };
            *self.seen.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(seen);
        }
        Ok(())
    }

    /// What is committed now; opened again only when somebody has committed since the last time.
    fn now(&self) -> Result<Arc<Seen>> {
        let last = || Arc::clone(&self.seen.read().unwrap_or_else(PoisonError::into_inner));
        if last().version == self.store.version()? {
            return Ok(last());
        }
        let _opening = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        let version = self.store.version()?;
        let before = last();
        if before.version == version {
            return Ok(before);
        }
        let snapshot = self.store.snapshot()?;
        let graph = if before.graph.serves(&snapshot) {
            Arc::clone(&before.graph)
        } else {
            Arc::new(Graph::open(self.store.dir(), &snapshot))
        };
        let seen = Arc::new(Seen { version, snapshot, graph });
        *self.seen.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&seen);
        Ok(seen)
    }

    /// The papers that speak of what is asked, the best first.
    ///
    /// # Errors
    /// When the model cannot be run or the store not be read.
    pub fn search(&self, query: &Query, k: NonZeroUsize) -> Result<Answer> {
        let start = Instant::now();
        let embedding = self.embedder.embed_one(Role::Query, &query.0)?.embedding;
        let hits = self.in_one_generation(|now| self.hits(now, &embedding, k.get(), &[]))?;
        Ok(Answer::new(query.0.clone(), start, hits))
    }

    /// The papers related to those with the given ids, the nearest first; those themselves are left out.
    ///
    /// Several papers are asked for by the direction in the middle of their vectors.
    ///
    /// # Errors
    /// [`Error::NoIds`], [`Error::UnknownPaper`], or as [`Searcher::search`].
    pub fn related(&self, ids: &[PaperId], k: NonZeroUsize) -> Result<Answer> {
        let start = Instant::now();
        if ids.is_empty() {
            return Err(Error::NoIds);
        }
        let hits = self.in_one_generation(|now| {
            let mut docs: Vec<DocId> = ids.iter().map(|id| Ok(self.store.paper(id)?.1)).collect::<Result<_>>()?;
            // One that came since is unknown to the snapshot.
            docs.retain(|doc| doc.row() < now.snapshot.vectors.rows());
            docs.sort_unstable();
            docs.dedup();
            let rows = docs.iter().filter_map(|doc| now.snapshot.vectors.row(*doc));
            self.hits(now, &Embedding::middle(rows)?, k.get(), &docs)
        })?;
        let query = ids.iter().map(PaperId::as_str).collect::<Vec<_>>().join(", ");
        Ok(Answer::new(query, start, hits))
    }

    /// Answers from what is committed now; again when a `compact` came between, after which rows mean other papers.
    fn in_one_generation<T>(&self, answer: impl Fn(&Seen) -> Result<T>) -> Result<T> {
        loop {
            let now = self.now()?;
            let answered = answer(&now);
            if self.store.generation()?.number == now.snapshot.generation.number {
                return answered;
            }
        }
    }

    fn hits(&self, now: &Seen, embedding: &Embedding, k: usize, left_out: &[DocId]) -> Result<Vec<Hit>> {
        let mut rows = now.snapshot.live().clone();
        for doc in left_out {
            rows.set(doc.row(), false);
        }
        let nearest = now.graph.nearest(&now.snapshot, embedding.as_slice(), k, Some(&rows));
        let generation = now.snapshot.generation.number;
        let mut found: Vec<(Neighbour, Paper)> = Vec::with_capacity(nearest.len());
        for neighbour in nearest {
            // A paper that was changed since the snapshot has another row by now; the next search finds it there.
            if let Some(paper) = self.store.paper_at(generation, neighbour.doc)? {
                found.push((neighbour, paper));
            }
        }
        let abstracts = found.iter().map(|(neighbour, paper)| (neighbour.doc, paper.abstract_text.as_str()));
        let highlights = self.highlighter.highlight(&self.embedder, generation, embedding, abstracts)?;
        let hits = found.into_iter().zip(highlights).zip(1..);
        Ok(hits
            .map(|(((neighbour, paper), highlight), rank)| Hit::new(rank, paper, neighbour.similarity, highlight))
            .collect())
    }
}
