//! What is asked for: a question or examples, how many papers, by what, and among which?

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::paper::PaperId;
use crate::store::Filter;

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
    /// By meaning and by words, two rankings made one.
    #[default]
    Hybrid,
    /// By meaning alone: the cosine of embeddings.
    Dense,
    /// By words alone: BM25.
    Lexical,
}

/// How a ranking by meaning and one by words become one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum Fusion {
    /// The weighted sum of both scores, each scaled by that of the best paper.
    #[default]
    Sum,
    /// The sum of the reciprocals of both ranks, whatever the scores.
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
    pub fn is_off(self) -> bool {
        self.0 == 0.0
    }

    #[must_use]
    pub fn share(self) -> f32 {
        self.0
    }
}

/// How to search. A number of hits alone is made into it: hybrid, among all papers.
#[derive(Debug, Clone)]
pub struct Options {
    /// Hits, if there are so many papers.
    pub k: NonZeroUsize,
    /// Hits before these, which are left out: those of the pages before. All pages are cut from one ranking of the candidates, so
    /// none is on two.
    pub skip: usize,
    pub mode: Mode,
    /// Of use to [`Mode::Hybrid`] alone.
    pub fusion: Fusion,
    /// Whether the best papers are taken for right and the question is asked again with them; [`Fusion::Sum`] alone does.
    pub feedback: bool,
    pub filter: Filter,
    pub diverse: Diversity,
    /// Whether a cross-encoder orders the first hits anew, if the searcher has one. Only questions are compared so.
    pub rerank: bool,
    /// Whether hits say which of their sentences answers best.
    pub highlight: bool,
}

impl Options {
    /// How far down the ranking the page reaches.
    pub(super) fn depth(&self) -> usize {
        self.skip.saturating_add(self.k.get())
    }
}

impl From<NonZeroUsize> for Options {
    fn from(k: NonZeroUsize) -> Self {
        let (mode, fusion, filter, diverse) = Default::default();
        Self { k, skip: 0, mode, fusion, feedback: true, filter, diverse, rerank: false, highlight: true }
    }
}

/// Papers, and words, that say by example what is wanted.
#[derive(Debug, Clone, Default)]
pub struct Examples {
    pub like: Vec<PaperId>,
    /// What is not wanted.
    pub unlike: Vec<PaperId>,
    pub text: Option<Query>,
}

impl Examples {
    #[must_use]
    pub fn like(ids: &[PaperId]) -> Self {
        Self { like: ids.to_vec(), ..Self::default() }
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
