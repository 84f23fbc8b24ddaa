//! How is it asked: how many papers, by what are they ranked, and among which?

use std::num::NonZeroUsize;

use super::query::{DEFAULT_K, Diversity, Fusion, Mode, checked_k};
use crate::error::Result;
use crate::store::Filter;

/// How to search: by default for ten hits by meaning and words, among all papers. A number of hits alone is made into it.
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
    /// Hits, if there are so many papers.
    pub k: NonZeroUsize,
    /// Hits before these, which are left out: those of the pages before. All pages are cut from one ranking of the candidates, so
    /// none is on two.
    pub skip: usize,
    /// By what papers are ranked.
    pub mode: Mode,
    /// Of use to [`Mode::Hybrid`] alone.
    pub fusion: Fusion,
    /// Whether the best papers are taken for right and the question is asked again with them; [`Fusion::Sum`] alone does.
    pub feedback: bool,
    /// What papers must be to be found.
    pub filter: Filter,
    /// How much hits shall differ from each other.
    pub diverse: Diversity,
    /// Whether a cross-encoder orders the first hits anew, if the searcher has one. Only questions are compared so.
    pub rerank: bool,
    /// Whether hits say which of their sentences answers best.
    pub highlight: bool,
}

impl Options {
    /// So many hits, if there are so many papers.
    ///
    /// # Errors
    /// [`Error::BadK`](crate::Error::BadK).
    pub fn k(self, k: usize) -> Result<Self> {
        Ok(Self { k: checked_k(k)?, ..self })
    }

    /// Without so many of the first hits.
    #[must_use]
    pub fn skip(self, skip: usize) -> Self {
        Self { skip, ..self }
    }

    /// Ranked by this.
    #[must_use]
    pub fn mode(self, mode: Mode) -> Self {
        Self { mode, ..self }
    }

    /// With two rankings made one in this way.
    #[must_use]
    pub fn fusion(self, fusion: Fusion) -> Self {
        Self { fusion, ..self }
    }

    /// With or without feedback of the best papers.
    #[must_use]
    pub fn feedback(self, feedback: bool) -> Self {
        Self { feedback, ..self }
    }

    /// Among the papers that pass this filter.
    #[must_use]
    pub fn filter(self, filter: Filter) -> Self {
        Self { filter, ..self }
    }

    /// With hits that differ so much from each other.
    #[must_use]
    pub fn diverse(self, diverse: Diversity) -> Self {
        Self { diverse, ..self }
    }

    /// With the first hits ordered anew by a cross-encoder, or not.
    #[must_use]
    pub fn rerank(self, rerank: bool) -> Self {
        Self { rerank, ..self }
    }

    /// With the sentence of each hit that answers best, or without.
    #[must_use]
    pub fn highlight(self, highlight: bool) -> Self {
        Self { highlight, ..self }
    }

    /// How far down the ranking the page reaches.
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
        let (mode, fusion, filter, diverse) = Default::default();
        Self { k, skip: 0, mode, fusion, feedback: true, filter, diverse, rerank: false, highlight: true }
    }
}
