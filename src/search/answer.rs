//! What is an answer? As JSON it is what the command line prints; over HTTP it has a form of its own.

use std::ops::Deref;
use std::time::{Duration, Instant};

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::query::Mode;
use crate::paper::Paper;

/// Ranked papers.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// The question, or the examples that relatives were asked for.
    pub query: String,
    /// By what the ranking was made.
    pub mode: Mode,
    /// How many papers were searched: those that pass the filters.
    pub among: usize,
    /// From the question to the hits, in milliseconds.
    pub took_ms: f64,
    /// The papers, the best first.
    pub hits: Vec<Hit>,
    /// Whether there are candidates behind these hits.
    #[serde(skip)]
    pub more: bool,
}

/// A paper that was found, and why.
#[derive(Debug, Clone)]
pub struct Hit {
    /// From 1.
    pub rank: usize,
    /// The paper itself.
    pub paper: Paper,
    /// What hits are ranked by. In mode `dense` the cosine, in mode `lexical` the BM25 score, in mode `hybrid` what both make
    /// together, at most 1. Where they shall differ, or a cross-encoder was asked, the order is another one.
    pub score: f32,
    /// What speaks for it.
    pub why: Why,
    /// The sentence of the abstract that best answers the question; none past the first twenty hits, or without an abstract.
    pub highlight: Option<String>,
}

/// What speaks for a hit. What its mode does not look at is `null`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Why {
    /// Of the paper's vector and the question's.
    pub cosine: Option<f32>,
    /// Its rank by meaning alone, from 1; `null` past the candidates, the best 200 or twice as many as there are hits. Papers of
    /// equal score share a rank.
    pub meaning_rank: Option<usize>,
    /// How well its words fit, from 0; larger is better, and there is no upper end.
    pub bm25: Option<f32>,
    /// Its rank by words alone, as `meaning_rank`; `null` without any word of the question.
    pub word_rank: Option<usize>,
    /// What the cross-encoder says, by which the first hits stand in order then; `null` past these, and where it was not asked.
    pub rerank: Option<f32>,
}

/// Milliseconds, with two digits behind the point.
pub(crate) fn ms(took: Duration) -> f64 {
    (took.as_secs_f64() * 1e5).round() / 100.0
}

/// The hits of an answer.
pub(super) struct Found {
    pub among: usize,
    pub hits: Vec<Hit>,
    pub more: bool,
}

impl Answer {
    pub(super) fn new(query: String, mode: Mode, start: Instant, found: Found) -> Self {
        let took_ms = ms(start.elapsed());
        let Found { among, hits, more } = found;
        Self { query, mode, among, took_ms, hits, more }
    }
}

/// A hit is read as the paper that it is.
impl Deref for Hit {
    type Target = Paper;

    fn deref(&self) -> &Paper {
        &self.paper
    }
}

impl Serialize for Hit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { rank, paper, score, why, highlight } = self;
        let mut hit = serializer.serialize_struct("Hit", 13)?;
        hit.serialize_field("rank", rank)?;
        hit.serialize_field("id", &paper.id)?;
        hit.serialize_field("title", &paper.title)?;
        hit.serialize_field("authors", &paper.authors)?;
        hit.serialize_field("author_count", &paper.author_count)?;
        hit.serialize_field("organisation", &paper.organisation)?;
        hit.serialize_field("categories", &paper.categories)?;
        hit.serialize_field("published", &paper.published)?;
        hit.serialize_field("url", &paper.link())?;
        hit.serialize_field("score", score)?;
        hit.serialize_field("why", why)?;
        hit.serialize_field("highlight", highlight)?;
        hit.serialize_field("abstract", &paper.abstract_text)?;
        hit.end()
    }
}
