//! Which papers answer this question, and which sentence of each says so?

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use fixedbitset::FixedBitSet;

use crate::embed::{Embedded, Embedder, Embedding, Reranker, Role};
use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::lexical::Lexical;
use crate::map::{Map, Maps};
use crate::paper::PaperId;
use crate::progress::{Progress, Silent};
use crate::store::{Filter, MOST_ATTEMPTS, Snapshot, Store};

pub(crate) use answer::ms;
pub use answer::{Answer, Hit, Why, byline};
pub use candidates::CANDIDATES;
use direction::direction;
use facets::Counter;
pub use facets::{CategoryCount, Facets, MOST_CATEGORIES, YearCount};
use highlight::{Highlighter, Wanted};
pub use query::{DEFAULT_K, Diversity, Examples, Fusion, MAX_K, MAX_QUERY_CHARS, Mode, Options, Query, checked_k};
pub use rerank::RERANKED;
pub use status::Status;

mod answer;
mod candidates;
mod columns;
mod direction;
mod diversify;
mod facets;
mod feedback;
mod fusion;
mod highlight;
mod hits;
mod in_graph;
mod query;
mod rerank;
mod status;

/// Answers questions about a store. It may be asked from many threads, and always sees what is committed.
pub struct Searcher {
    store: Store,
    /// Threads for a model that is loaded later.
    threads: usize,
    seen: RwLock<Arc<Seen>>,
    opening: Mutex<()>,
    highlighter: Highlighter,
    counter: Counter,
    maps: Maps,
    /// Orders the first hits anew, where that is wanted.
    reranker: Option<Arc<Reranker>>,
}

/// How many papers there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub papers: usize,
    /// Those that are scanned because the graph does not have them.
    pub outside_graph: usize,
}

/// The store as it was at one moment.
#[derive(Clone)]
struct Seen {
    version: u64,
    /// Of the model by which its vectors were made.
    embedder: Arc<Embedder>,
    snapshot: Arc<Snapshot>,
    graph: Arc<Graph>,
    lexical: Arc<Lexical>,
}

/// What a model made of a question.
#[derive(Clone)]
pub struct QuestionVector {
    embedding: Embedding,
    embedder: Arc<Embedder>,
}

impl QuestionVector {
    /// The vector itself.
    #[must_use]
    pub fn embedding(&self) -> &Embedding {
        &self.embedding
    }
}

impl Seen {
    /// What this state's model makes of a question, or has made of it.
    fn vector_of(&self, question: &Query, made: Option<&QuestionVector>) -> Result<Embedding> {
        match made {
            Some(made) if Arc::ptr_eq(&made.embedder, &self.embedder) => Ok(made.embedding.clone()),
            _ => Ok(self.embedder.embed_one(Role::Query, question.as_str())?.embedding),
        }
    }
}

impl Searcher {
    /// Makes a store searchable with the model that it was built with.
    ///
    /// # Errors
    /// [`Error::FingerprintDiffers`], or what is wrong with the store.
    pub fn new(store: Store, embedder: Arc<Embedder>) -> Result<Self> {
        let version = store.version()?;
        let snapshot = store.snapshot()?;
        snapshot.generation.fingerprint.check(embedder.fingerprint(), store.dir())?;
        Self::of(store, version, snapshot, embedder)
    }

    /// Makes a store searchable with the model that it was built with, found on this machine and run by so many threads.
    ///
    /// # Errors
    /// When the model is not here or cannot be loaded, or what is wrong with the store.
    pub fn open(store: Store, threads: usize) -> Result<Self> {
        let version = store.version()?;
        let snapshot = store.snapshot()?;
        let embedder = embedder(&store, &snapshot, threads)?;
        Self::of(store, version, snapshot, embedder)
    }

    fn of(store: Store, version: u64, snapshot: Arc<Snapshot>, embedder: Arc<Embedder>) -> Result<Self> {
        let threads = embedder.threads();
        let graph = Arc::new(Graph::open(store.dir(), &snapshot));
        let lexical = Arc::new(Lexical::open(&store, &snapshot, None)?);
        let seen = RwLock::new(Arc::new(Seen { version, embedder, snapshot, graph, lexical }));
        let (opening, highlighter, counter, maps) = Default::default();
        Ok(Self { store, threads, seen, opening, highlighter, counter, maps, reranker: None })
    }

    /// The same, with a cross-encoder that may be asked to order the first hits anew.
    #[must_use]
    pub fn with_reranker(self, reranker: Option<Arc<Reranker>>) -> Self {
        Self { reranker, ..self }
    }

    /// Whether there is a cross-encoder that can be asked.
    #[must_use]
    pub fn has_reranker(&self) -> bool {
        self.reranker.is_some()
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
        let lexical_rows = now.lexical.in_folder();
        Status::new(&self.store, now.embedder.runner_name(), &now.snapshot, &now.graph, lexical_rows)
    }

    /// How large the collection is now.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn size(&self) -> Result<Size> {
        let now = self.now()?;
        Ok(Size { papers: now.snapshot.len(), outside_graph: now.graph.missing(&now.snapshot) })
    }

    /// Whether so many papers are missing from the graph that it should be built again.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn graph_is_stale(&self) -> Result<bool> {
        let now = self.now()?;
        Ok(now.graph.is_stale(&now.snapshot))
    }

    /// Whether the graph is as it was written: its whole file is read, once for each graph. One that is damaged is searched no
    /// more; papers are scanned until another one is there.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn graph_is_sound(&self) -> Result<bool> {
        let now = self.now()?;
        let sound = now.graph.is_sound(self.store.dir(), &now.snapshot);
        if !sound {
            self.see(Seen { graph: Arc::default(), ..(*now).clone() });
        }
        Ok(sound)
    }

    /// Searches with a graph that was built meanwhile.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn use_graph(&self, graph: Graph) -> Result<()> {
        let now = self.now()?;
        if graph.serves(&now.snapshot) {
            self.see(Seen { graph: Arc::new(graph), ..(*now).clone() });
        }
        Ok(())
    }

    /// What is committed now; opened again only when somebody has committed since the last time. When the model was changed, the
    /// new one is loaded.
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
        let embedder = if snapshot.generation.fingerprint == *before.embedder.fingerprint() {
            Arc::clone(&before.embedder)
        } else {
            embedder(&self.store, &snapshot, self.threads)?
        };
        let graph = if before.graph.serves(&snapshot) {
            Arc::clone(&before.graph)
        } else {
            Arc::new(Graph::open(self.store.dir(), &snapshot))
        };
        let lexical = Arc::new(Lexical::open(&self.store, &snapshot, Some(&before.lexical))?);
        Ok(self.see(Seen { version, embedder, snapshot, graph, lexical }))
    }

    fn see(&self, seen: Seen) -> Arc<Seen> {
        let seen = Arc::new(seen);
        *self.seen.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&seen);
        seen
    }

    /// The papers that speak of what is asked, the best first.
    ///
    /// # Errors
    /// When the model cannot be run or the store not be read.
    pub fn search(&self, query: &Query, options: impl Into<Options>) -> Result<Answer> {
        self.search_embedded(query, None, options, &Silent)
    }

    /// As [`Searcher::search`], with the question's vector, if that is there already, until `progress` says to stop.
    ///
    /// # Errors
    /// As [`Searcher::search`]; [`Error::Interrupted`].
    pub fn search_embedded(
        &self,
        query: &Query,
        vector: Option<&QuestionVector>,
        options: impl Into<Options>,
        progress: &dyn Progress,
    ) -> Result<Answer> {
        let start = Instant::now();
        let options = options.into();
        let found = self.in_one_state(|now| {
            let direction = now.vector_of(query, vector)?;
            let Some(rows) = self.rows(now, &options.filter)? else { return Ok(None) };
            self.hits(now, Wanted { direction: &direction, words: Some(query.as_str()) }, rows, &options, progress)
        })?;
        Ok(Answer::new(query.as_str().to_owned(), options.mode, start, found))
    }

    /// The vectors of several questions, made together.
    ///
    /// # Errors
    /// When the model cannot be run or the store not be read.
    pub fn embed(&self, questions: &[Query]) -> Result<Vec<QuestionVector>> {
        let embedder = self.embedder()?;
        let vectors = match questions {
            [question] => vec![embedder.embed_one(Role::Query, question.as_str())?],
            _ => embedder.embed(Role::Query, questions)?,
        };
        let of = |made: Embedded| QuestionVector { embedding: made.embedding, embedder: Arc::clone(&embedder) };
        Ok(vectors.into_iter().map(of).collect())
    }

    /// The model of the store's vectors as they are now.
    ///
    /// # Errors
    /// When the store cannot be read, or has another model now that cannot be loaded.
    pub fn embedder(&self) -> Result<Arc<Embedder>> {
        Ok(Arc::clone(&self.now()?.embedder))
    }

    /// The papers related to examples, the nearest first; those themselves are left out. They are found by meaning,
    /// whatever mode is given: by the direction that Rocchio's rule makes of the examples.
    ///
    /// # Errors
    /// [`Error::NoIds`], [`Error::UnknownPaper`], or as [`Searcher::search`].
    pub fn related(&self, examples: &Examples, options: impl Into<Options>) -> Result<Answer> {
        self.related_embedded(examples, None, options, &Silent)
    }

    /// As [`Searcher::related`], with the vector of the examples' text, if that is there already, until `progress` says to stop.
    ///
    /// # Errors
    /// As [`Searcher::related`]; [`Error::Interrupted`].
    pub fn related_embedded(
        &self,
        examples: &Examples,
        vector: Option<&QuestionVector>,
        options: impl Into<Options>,
        progress: &dyn Progress,
    ) -> Result<Answer> {
        let start = Instant::now();
        let options = Options { mode: Mode::Dense, ..options.into() };
        if examples.like.is_empty() && examples.text.is_none() {
            return Err(Error::NoIds);
        }
        let found = self.in_one_state(|now| {
            let text = examples.text.as_ref().map(|text| now.vector_of(text, vector)).transpose()?;
            let (Some(like), Some(unlike)) = (self.rows_of(now, &examples.like)?, self.rows_of(now, &examples.unlike)?)
            else {
                return Ok(None);
            };
            let Some(mut rows) = self.rows(now, &options.filter)? else { return Ok(None) };
            rows.difference_with(&like);
            rows.difference_with(&unlike);
            let direction = direction(&now.snapshot, text.as_ref(), &like, &unlike)?;
            self.hits(now, Wanted { direction: &direction, words: None }, rows, &options, progress)
        })?;
        Ok(Answer::new(examples.told(), options.mode, start, found))
    }

    /// The picture of the collection, drawn when somebody has committed since the last time, on one thread.
    ///
    /// # Errors
    /// [`Error::EmptyStore`], [`Error::Interrupted`], or what is wrong with the store.
    pub fn map(&self, progress: &dyn Progress) -> Result<Arc<Map>> {
        self.in_one_state(|now| self.maps.map(&self.store, &now.snapshot, progress))
    }

    /// Answers from one state of the store; `None` says that somebody has committed while it was read, and it is asked again.
    fn in_one_state<T>(&self, answer: impl Fn(&Seen) -> Result<Option<T>>) -> Result<T> {
        for _ in 0..MOST_ATTEMPTS {
            let now = self.now()?;
            let answered = answer(&now);
            let same = self.store.generation()?.number == now.snapshot.generation.number;
            if let Some(answer) = answered.transpose()
                && same
            {
                return answer;
            }
        }
        Err(Error::StoreRestless { dir: self.store.dir().to_owned(), attempts: MOST_ATTEMPTS })
    }

    fn rows(&self, now: &Seen, filter: &Filter) -> Result<Option<FixedBitSet>> {
        rows(&self.store, &now.snapshot, filter)
    }

    /// The rows of papers that must be there.
    fn rows_of(&self, now: &Seen, ids: &[PaperId]) -> Result<Option<FixedBitSet>> {
        if ids.is_empty() {
            return Ok(Some(FixedBitSet::new()));
        }
        for id in ids {
            self.store.paper(id)?;
        }
        self.rows(now, &Filter::among(ids))
    }
}

/// The rows of the papers of a snapshot that pass a filter; `None` when somebody has committed since it was taken.
fn rows(store: &Store, snapshot: &Snapshot, filter: &Filter) -> Result<Option<FixedBitSet>> {
    let live = snapshot.live();
    if filter.is_empty() {
        return Ok(Some(live.clone()));
    }
    let matching = store.matching(snapshot, filter)?;
    Ok(matching.map(|mut rows| {
        rows.intersect_with(live);
        rows
    }))
}

/// The model of a snapshot's vectors, loaded.
fn embedder(store: &Store, snapshot: &Snapshot, threads: usize) -> Result<Arc<Embedder>> {
    let model = snapshot.generation.find_model(store.dir())?;
    Embedder::load(&model, threads).map(Arc::new)
}
