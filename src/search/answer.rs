//! The answer to a query. The JSON form here is that of the command line; HTTP has its own types.

use std::ops::Deref;
use std::time::{Duration, Instant};

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::query::Mode;
use super::question::Understood;
use super::ranked::{Ranked, Ranking};
use crate::paper::{Paper, PaperId};

/// Ranked papers.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// The query, or a description of the examples for related papers.
    pub query: String,
    /// The retrieval mode.
    pub mode: Mode,
    /// Number of papers that were searched, which is the number that pass the filter.
    pub among: usize,
    /// Time from the query to the hits, in milliseconds.
    pub took_ms: f64,
    /// Number of papers that the cross-encoder has read; `None` without reranking.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reranked: Option<usize>,
    /// The id of a paper, if the query is one: this paper is first, and its related papers follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named: Option<PaperId>,
    /// How the query was read; empty for a plain one.
    #[serde(skip_serializing_if = "is_plain")]
    pub understood: Understood,
    /// The papers, the best first.
    pub hits: Vec<Hit>,
    /// Whether there are further candidates behind these hits.
    #[serde(skip)]
    pub more: bool,
}

/// A paper that was found, with its score and the reasons for it.
#[derive(Debug, Clone)]
pub struct Hit {
    /// Position in the ranking, from 1.
    pub rank: usize,
    /// The paper itself.
    pub paper: Paper,
    /// The score: the cosine in mode `dense`, the BM25F score in mode `lexical`, the fused score in mode `hybrid` (about 0
    /// for an unrelated paper). Diversity and reranking change the order of hits, but not this score.
    pub score: f32,
    /// The components of the score.
    pub why: Why,
    /// The sentence of the abstract that matches the query best. `None` past the first 20 hits, or without an abstract.
    pub highlight: Option<String>,
}

/// The components of a hit's score. Values that its mode does not use are `null`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Why {
    /// Cosine of the embeddings of the paper and the query.
    pub cosine: Option<f32>,
    /// Rank in dense search, from 1; papers of equal score share a rank. `null` if the paper is not among the
    /// candidates of dense search: the best 200, or twice the number of hits if that is more.
    pub meaning_rank: Option<usize>,
    /// BM25F score, from 0 without an upper limit; larger is better.
    pub bm25: Option<f32>,
    /// Rank in lexical search, as `meaning_rank`; `null` for a paper without any word of the query.
    pub word_rank: Option<usize>,
    /// Score of the cross-encoder. The first hits are ordered by a mixture of it and `score`; past these, and without
    /// reranking, it is `null`.
    pub rerank: Option<f32>,
    /// The words of the query that the paper has, each with its share of `bm25`, the largest first. For related papers, the
    /// telling words of the examples.
    pub words: Vec<MatchedWord>,
    /// What of the paper the query names, so that the paper ranks higher than by its other scores.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub named: Vec<NamedPart>,
}

/// A part of a paper that a query can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NamedPart {
    /// Its id.
    Id,
    /// Its title, or nearly so.
    Title,
    /// One of its authors.
    Author,
    /// The year of its publication.
    Year,
}

impl NamedPart {
    /// The name of the part.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Title => "title",
            Self::Author => "author",
            Self::Year => "year",
        }
    }
}

/// A word of the query that a paper has.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MatchedWord {
    /// The word as in the query. The paper may have another form of it.
    pub word: String,
    /// Its share of the BM25F score.
    pub score: f32,
}

fn is_plain(understood: &Understood) -> bool {
    *understood == Understood::default()
}

/// A duration in milliseconds, rounded to two decimals.
pub(crate) fn ms(took: Duration) -> f64 {
    (took.as_secs_f64() * 1e5).round() / 100.0
}

/// The hits of an answer.
pub(super) struct Found {
    pub among: usize,
    pub hits: Vec<Hit>,
    pub more: bool,
    pub reranked: Option<usize>,
}

impl Found {
    /// The papers of a page as hits, without highlights; `skip` papers are on earlier pages.
    pub fn of(ranking: Ranking, skip: usize) -> Self {
        let Ranking { among, papers, more, reranked } = ranking;
        let hit = |(ranked, rank): (Ranked, usize)| {
            let Ranked { paper, score, why, .. } = ranked;
            Hit { rank, paper, score, why, highlight: None }
        };
        Self { among, hits: papers.into_iter().zip(skip + 1..).map(hit).collect(), more, reranked }
    }
}

impl Answer {
    /// What there is to say about the answer, see [`Understood::notes`].
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let named = self
            .named
            .iter()
            .map(|id| format!("the query is the id `{id}`: its paper is first, and related papers follow"));
        named.chain(self.understood.notes()).collect()
    }

    pub(super) fn new(query: String, mode: Mode, start: Instant, found: Found) -> Self {
        let took_ms = ms(start.elapsed());
        let Found { among, hits, more, reranked } = found;
        let understood = Understood::default();
        Self { query, mode, among, took_ms, reranked, named: None, understood, hits, more }
    }
}

/// A hit can be read as its paper.
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
