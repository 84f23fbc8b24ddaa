//! Queries, retrieval modes, fusion, diversity and examples, with their limits.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::paper::PaperId;

/// Default number of hits.
pub const DEFAULT_K: usize = 10;
/// Maximum number of hits; more are refused.
pub const MAX_K: usize = 100;
/// Maximum length of a query in characters; a longer one is refused. Models read about 256 tokens, or 1,000 characters; of
/// the words, the most distinctive are looked up.
pub const MAX_QUERY_CHARS: usize = 20_000;

/// Default number of hits that are reranked.
pub const RERANKED: usize = 50;

/// A valid query.
///
/// ```
/// use paperkin::{Error, search::Query};
/// assert_eq!(Query::new(" sparse attention ")?.as_str(), "sparse attention");
/// assert!(matches!(Query::new(" "), Err(Error::EmptyQuery)));
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query(String);

impl Query {
    /// Checks that a query is neither empty nor too long.
    ///
    /// # Errors
    /// [`Error::EmptyQuery`], [`Error::QueryTooLong`].
    pub fn new(text: &str) -> Result<Self> {
        let query = Self::of_any_length(text)?;
        let found = query.0.chars().count();
        if found > MAX_QUERY_CHARS {
            return Err(Error::QueryTooLong { found, limit: MAX_QUERY_CHARS });
        }
        Ok(query)
    }

    /// A query without a limit of length, such as a whole paper; the model truncates it.
    ///
    /// # Errors
    /// [`Error::EmptyQuery`].
    pub fn of_any_length(text: &str) -> Result<Self> {
        let text = text.trim();
        if !text.contains(|c: char| !c.is_whitespace() && !c.is_control()) {
            return Err(Error::EmptyQuery);
        }
        Ok(Self(text.to_owned()))
    }

    /// The query, without surrounding white space.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Query {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Checks a number of hits.
///
/// # Errors
/// [`Error::BadK`].
pub fn checked_k(k: usize) -> Result<NonZeroUsize> {
    NonZeroUsize::new(k).filter(|k| k.get() <= MAX_K).ok_or(Error::BadK { found: k, limit: MAX_K })
}

/// The retrieval mode.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Hybrid search: fuse the dense and the lexical ranking.
    #[default]
    Hybrid,
    /// Dense search: cosine similarity of embeddings.
    Dense,
    /// Lexical search: BM25.
    Lexical,
}

/// The fusion of dense and lexical search.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum Fusion {
    /// Weighted sum of the z-score of the cosine and of BM25 as a share of its upper bound for the query.
    #[default]
    Sum,
    /// Reciprocal rank fusion (RRF).
    Rank,
}

/// The parts of pseudo-relevance feedback. Default: both. `true` and `false` convert to both and to none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feedback {
    /// Whether to expand the words of the query by terms of the best papers (RM3).
    pub expansion: bool,
    /// Whether to smooth the score of each of the best papers with those of its nearest neighbours.
    pub smoothing: bool,
}

impl Default for Feedback {
    fn default() -> Self {
        Self::from(true)
    }
}

impl From<bool> for Feedback {
    fn from(both: bool) -> Self {
        Self { expansion: both, smoothing: both }
    }
}

/// The weight of diversity, from 0 (off) to 1 (maximal).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Diversity(f32);

impl Diversity {
    /// Checks the weight.
    ///
    /// # Errors
    /// [`Error::BadDiversity`].
    pub fn new(share: f32) -> Result<Self> {
        if (0.0..=1.0).contains(&share) { Ok(Self(share)) } else { Err(Error::BadDiversity { found: share }) }
    }

    /// Whether hits stay in the order of their score.
    #[must_use]
    pub(crate) fn is_off(self) -> bool {
        self.0 == 0.0
    }

    /// The weight.
    #[must_use]
    pub fn share(self) -> f32 {
        self.0
    }
}

/// Number of hits that a cross-encoder reads, the best first, from 1 to 200.
///
/// ```
/// use paperkin::{Error, search::RerankDepth};
/// assert_eq!(RerankDepth::default().get(), 50);
/// assert!(matches!(RerankDepth::new(201), Err(Error::BadRerankDepth { found: 201, limit: 200 })));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RerankDepth(usize);

impl RerankDepth {
    /// The largest number. Each of dense and lexical search contributes as many candidates.
    pub const MAX: usize = 200;

    /// Checks the number.
    ///
    /// # Errors
    /// [`Error::BadRerankDepth`].
    pub fn new(depth: usize) -> Result<Self> {
        let limit = Self::MAX;
        if (1..=limit).contains(&depth) { Ok(Self(depth)) } else { Err(Error::BadRerankDepth { found: depth, limit }) }
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> usize {
        self.0
    }
}

impl Default for RerankDepth {
    fn default() -> Self {
        Self(RERANKED)
    }
}

/// Examples of the papers to find: papers, and optionally text.
///
/// ```
/// use paperkin::search::{Examples, Query};
/// let examples = Examples::default()
///     .like(["1706.03762".parse()?])
///     .unlike(["1810.04805".parse()?])
///     .text(Query::new("translation without recurrence")?);
/// assert_eq!(examples.like.len(), 1);
/// # Ok::<(), paperkin::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Examples {
    /// Papers similar to the ones to find.
    pub like: Vec<PaperId>,
    /// Papers dissimilar to the ones to find.
    pub unlike: Vec<PaperId>,
    /// A description of the papers to find.
    pub text: Option<Query>,
}

impl Examples {
    /// Adds similar papers.
    #[must_use]
    pub fn like(mut self, ids: impl IntoIterator<Item = PaperId>) -> Self {
        self.like.extend(ids);
        self
    }

    /// Adds dissimilar papers.
    #[must_use]
    pub fn unlike(mut self, ids: impl IntoIterator<Item = PaperId>) -> Self {
        self.unlike.extend(ids);
        self
    }

    /// Sets the description.
    #[must_use]
    pub fn text(self, text: Query) -> Self {
        Self { text: Some(text), ..self }
    }

    /// Checks that there is something that hits should resemble.
    ///
    /// # Errors
    /// [`Error::NoIds`].
    pub fn check(&self) -> Result<()> {
        if self.like.is_empty() && self.text.is_none() { Err(Error::NoIds) } else { Ok(()) }
    }

    /// Parses ids and text.
    ///
    /// # Errors
    /// [`Error::UnknownPaper`] for a text that is not an id; as [`Query::new`].
    pub fn read(like: &[String], unlike: &[String], text: Option<&str>) -> Result<Self> {
        let parsed = |ids: &[String]| ids.iter().map(|id| id.parse()).collect::<Result<Vec<PaperId>>>();
        Ok(Self { like: parsed(like)?, unlike: parsed(unlike)?, text: text.map(Query::new).transpose()? })
    }

    /// The examples as one line of text.
    pub(super) fn told(&self) -> String {
        let unlike = self.unlike.iter().map(|id| format!("unlike {id}"));
        let text = self.text.iter().map(|text| format!("“{}”", text.as_str()));
        self.like.iter().map(PaperId::to_string).chain(unlike).chain(text).collect::<Vec<_>>().join(", ")
    }
}
