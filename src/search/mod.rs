//! Search: from a query to ranked hits with highlights.
//!
//! | file | contents |
//! | --- | --- |
//! | `query` | Queries, examples for related papers, and their limits |
//! | `options` | Retrieval mode, fusion, page size and other options |
//! | `retrieve` | Candidates of dense and lexical search, with their exact scores |
//! | `background`, `fusion` | How unusual a cosine is; a weighted sum of it and BM25F, or reciprocal rank fusion |
//! | `feedback` | Pseudo-relevance feedback: RM3 for the words, smoothing by neighbours |
//! | `relevance_model` | Terms of papers: of feedback documents (RM3), and of examples for related papers |
//! | `ranking` | Runs the steps above in order and reads the papers of the resulting `ranked` list |
//! | `question` | How a query is read: operators, corrections, authors and years, its language |
//! | `model` | The model that embeds queries |
//! | `named`, `titled` | A paper that the query names by its id or its title is first |
//! | `rerank` | Reranking of the first hits with a cross-encoder |
//! | `page`, `diversify` | The page that is returned, and its diversity (MMR) |
//! | `highlight` | The best-matching sentence of each abstract |
//! | `answer` | The types of an answer |
//! | `related`, `direction` | Papers related to examples; the query embedding that Rocchio's rule makes of these |
//! | `compare` | What two papers share, and where they differ |
//! | `suggest` | Completes the operator that is being typed |
//! | `facets` | Number of papers of each category and year |
//! | `overview`, `example_queries` | Overview of the collection, and queries that fit it |
//! | `status` | The status of the collection |
//! | `local` | Functions of a store in a folder only: its graph and map |

use std::sync::{Arc, RwLock};
use std::time::Instant;

use crate::embed::{Embedder, Reranker};
use crate::engine::{Collection, Engine, Moment};
use crate::error::{Error, Result};
use crate::paper::{Paper, PaperId};
use crate::progress::{Progress, Silent};
use crate::store::Filter;

use answer::Found;
#[cfg(feature = "server")]
pub(crate) use answer::ms;
pub use answer::{Answer, Hit, MatchedWord, NamedPart, Why};
pub use compare::{Comparison, Counterparts};
use facets::Remembered;
pub use facets::{CategoryCount, Facets, MOST_CATEGORIES, YearCount, facets};
use highlight::Highlighter;
pub use local::Size;
use model::Pending;
pub use model::QuestionVector;
pub use options::Options;
use overview::CachedOverview;
pub use overview::{Overview, overview};
pub use query::{
    DEFAULT_K, Diversity, Examples, Feedback, Fusion, MAX_K, MAX_QUERY_CHARS, Mode, Query, RERANKED, RerankDepth,
    checked_k,
};
use question::Question;
pub use question::text_of;
pub use question::{AbsentId, Cut, Emptied, Foreign, NoMatch, Understood};
use ranked::Ranking;
use ranking::{newest, rank};
pub(crate) use retrieve::CANDIDATES;
use retrieve::{ByWords, Wanted};
pub use status::{FolderStatus, Status};
pub use suggest::{MOST_SUGGESTIONS, Suggestion, Suggestions};

mod answer;
mod background;
mod compare;
mod direction;
mod diversify;
mod example_queries;
mod facets;
mod feedback;
mod fusion;
mod highlight;
mod local;
mod model;
mod named;
mod options;
mod overview;
mod page;
mod query;
mod question;
mod ranked;
mod ranking;
mod related;
mod relevance_model;
mod rerank;
mod retrieve;
mod status;
mod suggest;
#[cfg(test)]
mod tests;
mod titled;

/// Searches a collection. It can be shared by threads, and each search sees the newest commit.
///
/// ```
/// # use std::path::Path;
/// # use paperkin::{corpus::sample, embed::{Embedder, ModelFolder}, ingest::{Ingest, open_store}, progress::Silent};
/// # let folder = tempfile::tempdir()?;
/// # let model = ModelFolder::open(Path::new("tests/data/models/static"))?;
/// # let embedder = Embedder::load(&model, 1)?;
/// # let store = open_store(folder.path(), &model)?;
/// # let mut ingest = Ingest::new(&store, &embedder, &Silent);
/// # ingest.add(sample::papers())?;
/// # ingest.finish()?;
/// use paperkin::search::{Examples, Options, Query, Searcher};
/// let searcher = Searcher::open(store, 2)?;
/// let answer = searcher.search(&Query::new("attention")?, Options::default())?;
/// let best = answer.hits[0].paper.id.clone();
/// let related = searcher.related(&Examples::default().like([best.clone()]), Options::default().k(5)?)?;
/// assert!(related.hits.iter().all(|hit| hit.paper.id != best));
/// # Ok::<(), paperkin::Error>(())
/// ```
pub struct Searcher<E: Engine = Collection> {
    engine: E,
    /// The model whose fingerprint the collection had at the last look; `None` before one is needed.
    embedder: RwLock<Option<Arc<Embedder>>>,
    /// Number of threads of a model that is loaded later.
    threads: usize,
    highlighter: Highlighter,
    facets: Remembered,
    overview: CachedOverview,
    /// The cross-encoder that reranks the first hits on request.
    reranker: Option<Arc<Reranker>>,
}

impl<E: Engine> Searcher<E> {
    /// Makes a collection searchable with a model. If the collection's fingerprint differs, its own model is loaded.
    pub fn over(engine: E, embedder: Arc<Embedder>) -> Self {
        let threads = embedder.threads();
        Self { embedder: RwLock::new(Some(embedder)), ..Self::without_embedder(engine, threads) }
    }

    /// Makes a collection searchable without loading a model. One is loaded on `threads` threads when it is needed.
    pub fn without_embedder(engine: E, threads: usize) -> Self {
        let (embedder, highlighter, facets, overview) = Default::default();
        Self { engine, embedder, threads, highlighter, facets, overview, reranker: None }
    }

    /// The same searcher with a cross-encoder for reranking.
    #[must_use]
    pub fn with_reranker(self, reranker: Option<Arc<Reranker>>) -> Self {
        Self { reranker, ..self }
    }

    /// Whether a cross-encoder is loaded.
    #[must_use]
    pub fn has_reranker(&self) -> bool {
        self.reranker.is_some()
    }

    /// The engine that stores the papers.
    #[must_use]
    pub fn engine(&self) -> &E {
        &self.engine
    }

    /// The papers that match a query, the best first.
    ///
    /// # Errors
    /// When the model cannot be run or the collection not be read.
    pub fn search(&self, query: &Query, options: impl Into<Options>) -> Result<Answer> {
        self.search_embedded(query, None, options, &Silent)
    }

    /// As [`Searcher::search`], with the query's embedding if it is already computed. Stops when `progress` is
    /// cancelled.
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
        let reranker = self.reranker_for(&options)?;
        if let Some(answer) = self.named(query, &options, progress)? {
            return Ok(answer);
        }
        let read = |made: Option<Pending<'_>>| {
            self.engine.read(|moment| {
                let question = Question::read(moment, query, &options, self.last_embedder().as_deref())?;
                let Question { among, text, to_embed, people, mut understood } = question;
                let (Some(text), Some(to_embed)) = (text, to_embed) else {
                    let ranking = newest(moment, &among, &options)?;
                    return Ok((ranking, None, understood));
                };
                let by_words = ByWords::of_text(moment, &text, &among, &options)?;
                let words = by_words.as_ref().map(|found| &found.words);
                if let Some(words) = words {
                    understood.abbreviations = moment.abbreviations(words);
                    understood.unmatched = options.mode == Mode::Hybrid && moment.range(words).words == 0;
                }
                let vector = made.map(|made| self.of_moment(moment, &to_embed, made)).transpose()?;
                let is_truncated = vector.as_ref().is_some_and(|vector| vector.truncated);
                let is_cut = is_truncated || (people.authors.is_empty() && to_embed != text);
                // Lexical search ranks without the model.
                let is_cut = is_cut && options.mode != Mode::Lexical;
                understood.cut = Cut::of(
                    words.map(|words| moment.looked_up(words)),
                    vector.as_ref().filter(|_| is_cut).map(|vector| vector.tokens),
                );
                let direction = vector.as_ref().map(|vector| &vector.embedding);
                let wanted = Wanted { direction, words: Some(text.as_str()), people: Some(&people) };
                let ranking = rank(moment, &among, wanted, by_words.as_ref(), &options, reranker.is_some())?;
                Ok((ranking, Some((text, vector)), understood))
            })
        };
        let text = match vector {
            Some(vector) => Some(vector.text.clone()),
            None => text_of(query),
        };
        let (ranking, wanted, understood) = match text {
            _ if vector.is_none() && !self.embeds(options.mode) => read(None)?,
            Some(text) => self.while_embedding(&text, vector, |made| read(Some(made)))?,
            // Only the title of a paper can have text that looks like operators alone.
            None => read(Some(&|| Ok(self.embed(std::slice::from_ref(query))?.remove(0))))?,
        };
        let found = match wanted {
            Some((text, vector)) => {
                // Of a long query, sentences are compared with the beginning, which was embedded.
                let compared = vector.as_ref().map_or(&text, |vector| &vector.text);
                let direction = vector.as_ref().map(|vector| &vector.embedding);
                let wanted = Wanted::<E::Moment<'_>>::of(direction, Some(compared.as_str()));
                let ranking = match reranker {
                    Some(reranker) => reranked(reranker, &text, ranking, &options, progress)?,
                    None => ranking,
                };
                let embedder = vector.as_ref().map(|vector| &*vector.embedder);
                self.hits_of(ranking, wanted, embedder, &options, progress)?
            }
            None => Found::of(ranking, options.skip),
        };
        let mut answer = Answer::new(query.as_str().to_owned(), options.mode, start, found);
        answer.understood = understood;
        answer.understood.absent_id = named::absent(query);
        Ok(answer)
    }

    /// Number of papers that pass a filter, with counts per category and year. The counts of a facet ignore the
    /// filter's own restriction on that facet.
    ///
    /// # Errors
    /// When the collection cannot be read.
    pub fn facets(&self, filter: &Filter) -> Result<Arc<Facets>> {
        self.engine.read(|moment| self.facets.facets(moment, filter))
    }

    /// An overview of the collection, with example queries that fit it.
    ///
    /// # Errors
    /// When the collection cannot be read.
    pub fn overview(&self) -> Result<Arc<Overview>> {
        self.engine.read(|moment| self.overview.overview(moment))
    }

    /// The paper with an id.
    ///
    /// # Errors
    /// [`Error::UnknownPaper`], or when the collection cannot be read.
    pub fn paper(&self, id: &PaperId) -> Result<Paper> {
        self.engine.read(|moment| moment.paper(id).map(|(paper, _)| paper))
    }

    /// The first `count` papers that pass a filter and whose ids are greater than `after` in byte order.
    ///
    /// # Errors
    /// When the collection cannot be read.
    pub fn list(&self, after: Option<&PaperId>, filter: &Filter, count: usize) -> Result<Vec<Paper>> {
        self.engine.read(|moment| moment.list(after, filter, count))
    }

    fn reranker_for(&self, options: &Options) -> Result<Option<&Reranker>> {
        if options.rerank { self.reranker.as_deref().map(Some).ok_or(Error::NoReranker) } else { Ok(None) }
    }

    /// The papers of a page as hits.
    fn hits_of(
        &self,
        ranking: Ranking,
        wanted: Wanted<'_, E::Moment<'_>>,
        embedder: Option<&Embedder>,
        options: &Options,
        progress: &dyn Progress,
    ) -> Result<Found> {
        let Ranking { papers, .. } = &ranking;
        let highlights = if options.highlight {
            self.highlighter.highlight(embedder, wanted.direction, wanted.words, papers, progress)?
        } else {
            vec![None; papers.len()]
        };
        let mut found = Found::of(ranking, options.skip);
        for (hit, highlight) in found.hits.iter_mut().zip(highlights) {
            hit.highlight = highlight;
        }
        Ok(found)
    }
}

/// Reranks papers with the cross-encoder and cuts the page.
fn reranked(
    reranker: &Reranker,
    text: &Query,
    mut ranking: Ranking,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Ranking> {
    let read = rerank::rerank(reranker, text.as_str(), &mut ranking.papers, options, progress)?;
    ranking.reranked = Some(read);
    page::cut(&mut ranking, options);
    Ok(ranking)
}
