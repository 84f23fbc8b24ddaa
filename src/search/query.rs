//! What is asked for: a question or examples, how many papers, by what, and among which?

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::paper::PaperId;

/// Hits of an answer unless another number is asked for.
pub const DEFAULT_K: usize = 10;
/// More hits than this are refused.
pub const MAX_K: usize = 100;
/// A question longer than this is refused; models read some 256 tokens, about 1,000 characters.
pub const MAX_QUERY_CHARS: usize = 2_000;

/// A question in words, checked.
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
    /// Checks that a question is neither empty nor too long.
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

    /// A question that may be as long as a paper; of a long one the model reads the beginning.
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

    /// The question, without white space around it.
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

/// By what papers are ranked.
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

/// How a ranking by meaning and one by words become one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum Fusion {
    /// Weighted sum of the cosine and of BM25 as a share of its upper bound for the query.
    #[default]
    Sum,
    /// Reciprocal rank fusion (RRF).
    Rank,
}

/// How much hits shall differ from each other: from 0, not at all, to 1, as much as they can.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Diversity(f32);

impl Diversity {
    /// Checks the share that difference has in the ranking.
    ///
    /// # Errors
    /// [`Error::BadDiversity`].
    pub fn new(share: f32) -> Result<Self> {
        if (0.0..=1.0).contains(&share) { Ok(Self(share)) } else { Err(Error::BadDiversity { found: share }) }
    }

    /// Whether hits stand in the order of their score.
    #[must_use]
    pub(crate) fn is_off(self) -> bool {
        self.0 == 0.0
    }

    /// The share that difference has in the ranking.
    #[must_use]
    pub fn share(self) -> f32 {
        self.0
    }
}

/// Papers, and words, that say by example what is wanted.
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
    /// Papers that are near to what is wanted.
    pub like: Vec<PaperId>,
    /// What is not wanted.
    pub unlike: Vec<PaperId>,
    /// What is wanted, in words.
    pub text: Option<Query>,
}

impl Examples {
    /// Papers like these, too.
    #[must_use]
    pub fn like(mut self, ids: impl IntoIterator<Item = PaperId>) -> Self {
        self.like.extend(ids);
        self
    }

    /// Papers unlike these, too.
    #[must_use]
    pub fn unlike(mut self, ids: impl IntoIterator<Item = PaperId>) -> Self {
        self.unlike.extend(ids);
        self
    }

    /// Papers near to these words, too.
    #[must_use]
    pub fn text(self, text: Query) -> Self {
        Self { text: Some(text), ..self }
    }

    /// Reads ids, and words.
    ///
    /// # Errors
    /// [`Error::UnknownPaper`] for what can be no id; as [`Query::new`].
    pub fn read(like: &[String], unlike: &[String], text: Option<&str>) -> Result<Self> {
        let parsed = |ids: &[String]| ids.iter().map(|id| id.parse()).collect::<Result<Vec<PaperId>>>();
        Ok(Self { like: parsed(like)?, unlike: parsed(unlike)?, text: text.map(Query::new).transpose()? })
    }

    /// The examples as a line of text.
    pub(super) fn told(&self) -> String {
        let unlike = self.unlike.iter().map(|id| format!("unlike {id}"));
        let text = self.text.iter().map(|text| format!("“{}”", text.as_str()));
        self.like.iter().map(PaperId::to_string).chain(unlike).chain(text).collect::<Vec<_>>().join(", ")
    }
}
