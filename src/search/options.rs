//! Options of a search: number of hits, retrieval mode, filter and more.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::query::{DEFAULT_K, Diversity, Feedback, Fusion, Mode, RerankDepth, checked_k};
use crate::error::Result;
use crate::store::Filter;

/// Options of a search. Default: 10 hits of a hybrid search among all papers. A number of hits converts into options.
///
/// ```
/// use paperkin::search::{Mode, Options};
/// use paperkin::store::{Criteria, Filter};
/// let filter = Filter::new(Criteria { from: Some("2023".into()), ..Criteria::default() })?;
/// let options = Options::default().mode(Mode::Dense).filter(filter).k(20)?;
/// assert_eq!(options.k.get(), 20);
/// # Ok::<(), paperkin::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Options {
    /// Number of hits, or all papers if there are fewer.
    pub k: NonZeroUsize,
    /// Number of hits to skip: those of earlier pages. All pages are cut from one ranking of the candidates, so no hit
    /// is on two pages.
    pub skip: usize,
    /// The retrieval mode.
    pub mode: Mode,
    /// The fusion of scores; used by [`Mode::Hybrid`] only.
    pub fusion: Fusion,
    /// The parts of pseudo-relevance feedback; they apply to hybrid search with [`Fusion::Sum`] only.
    pub feedback: Feedback,
    /// The papers to search in.
    pub filter: Filter,
    /// The weight of diversity.
    pub diverse: Diversity,
    /// Whether to rerank the first hits with a cross-encoder. It applies to queries, not to related papers.
    pub rerank: bool,
    /// The number of hits that are reranked.
    pub rerank_depth: RerankDepth,
    /// The time in which the hits are read that are reranked. The cross-encoder reads a batch of the best first, and
    /// begins no other batch when the time is over. Without a limit it reads all.
    pub rerank_time: Option<Duration>,
    /// Whether to add a highlight to each hit.
    pub highlight: bool,
}

impl Options {
    /// Sets the number of hits.
    ///
    /// # Errors
    /// [`Error::BadK`](crate::Error::BadK).
    pub fn k(self, k: usize) -> Result<Self> {
        Ok(Self { k: checked_k(k)?, ..self })
    }

    /// Sets the number of hits to skip.
    #[must_use]
    pub fn skip(self, skip: usize) -> Self {
        Self { skip, ..self }
    }

    /// Sets the retrieval mode.
    #[must_use]
    pub fn mode(self, mode: Mode) -> Self {
        Self { mode, ..self }
    }

    /// Sets the fusion of dense and lexical scores.
    #[must_use]
    pub fn fusion(self, fusion: Fusion) -> Self {
        Self { fusion, ..self }
    }

    /// Turns pseudo-relevance feedback on or off, as a whole or in parts.
    #[must_use]
    pub fn feedback(self, feedback: impl Into<Feedback>) -> Self {
        Self { feedback: feedback.into(), ..self }
    }

    /// Sets the filter.
    #[must_use]
    pub fn filter(self, filter: Filter) -> Self {
        Self { filter, ..self }
    }

    /// Sets the weight of diversity.
    #[must_use]
    pub fn diverse(self, diverse: Diversity) -> Self {
        Self { diverse, ..self }
    }

    /// Turns reranking with a cross-encoder on or off.
    #[must_use]
    pub fn rerank(self, rerank: bool) -> Self {
        Self { rerank, ..self }
    }

    /// Sets the number of hits that are reranked.
    #[must_use]
    pub fn rerank_depth(self, rerank_depth: RerankDepth) -> Self {
        Self { rerank_depth, ..self }
    }

    /// Sets the time for reranking; `None` is no limit.
    #[must_use]
    pub fn rerank_time(self, rerank_time: Option<Duration>) -> Self {
        Self { rerank_time, ..self }
    }

    /// Turns highlights on or off.
    #[must_use]
    pub fn highlight(self, highlight: bool) -> Self {
        Self { highlight, ..self }
    }

    /// The last rank on the page.
    pub(super) fn depth(&self) -> usize {
        self.skip.saturating_add(self.k.get())
    }
}

impl Default for Options {
    fn default() -> Self {
        const K: NonZeroUsize = NonZeroUsize::new(DEFAULT_K).expect("a number of hits is not 0");
        Self::from(K)
    }
}

impl From<NonZeroUsize> for Options {
    fn from(k: NonZeroUsize) -> Self {
        let (mode, fusion, feedback, filter, diverse, rerank_depth) = Default::default();
        Self {
            k,
            skip: 0,
            mode,
            fusion,
            feedback,
            filter,
            diverse,
            rerank: false,
            rerank_depth,
            rerank_time: None,
            highlight: true,
        }
    }
}
