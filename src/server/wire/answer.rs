//! What do answers look like over HTTP? Types of their own: what programs rely on stays as it is when the library's change.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{paper, search};

/// By what papers are ranked
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(crate) enum Mode {
    /// By meaning and by words, two rankings made one
    #[default]
    Hybrid,
    /// By meaning alone: the cosine of embeddings
    Dense,
    /// By words alone: BM25
    Lexical,
}

/// How a ranking by meaning and one by words become one
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(crate) enum Fusion {
    /// The weighted sum of both scores
    #[default]
    Sum,
    /// The sum of the reciprocals of both ranks
    Rank,
}

/// Ranked papers
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Answer {
    /// The question, or the examples that relatives were asked for
    pub query: String,
    pub mode: Mode,
    /// How many papers were searched: those that pass the filters
    pub among: usize,
    /// From the question to the hits, in milliseconds, waiting included
    pub took_ms: f64,
    pub hits: Vec<Hit>,
    /// What to give as `cursor` for the hits behind these; `null` when there are none. The candidates end it, the best 200 by each
    /// ranking
    pub next: Option<String>,
}

/// A paper that was found, and why
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Hit {
    /// From 1
    pub rank: usize,
    /// arXiv id, DOI, or `title:` and a hash of the title
    pub id: String,
    pub title: String,
    pub authors: Vec<String>,
    /// How many authors there are, where not all names are known
    pub author_count: Option<u32>,
    /// The organisation that stands in the authors' place
    pub organisation: Option<String>,
    /// Subject codes, the primary one first
    pub categories: Vec<String>,
    /// A day, a month or a year
    #[schema(example = "2017-06-12")]
    pub published: Option<String>,
    pub url: Option<String>,
    /// What hits are ranked by: the cosine in mode `dense`, the BM25 score in `lexical`, what both make together in `hybrid`.
    /// With `diverse` or `rerank` the order is another one
    pub score: f32,
    pub why: Why,
    /// The sentence of the abstract that best answers the question; none past the first twenty hits of a page
    pub highlight: Option<String>,
    #[serde(rename = "abstract")]
    pub abstract_text: String,
}

/// What speaks for a hit. What its mode does not look at is `null`
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Why {
    /// Of the paper's vector and the question's
    pub cosine: Option<f32>,
    /// Its rank by meaning alone among the candidates, from 1
    pub meaning_rank: Option<usize>,
    /// How well its words fit, from 0, without an upper end
    pub bm25: Option<f32>,
    /// Its rank by words alone among the candidates, from 1
    pub word_rank: Option<usize>,
    /// What the cross-encoder says
    pub rerank: Option<f32>,
}

/// A paper, whole
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Paper {
    /// arXiv id, DOI, or `title:` and a hash of the title
    pub id: String,
    pub title: String,
    #[serde(rename = "abstract")]
    pub abstract_text: String,
    pub authors: Vec<String>,
    pub author_count: Option<u32>,
    pub organisation: Option<String>,
    pub categories: Vec<String>,
    #[schema(example = "2017-06-12")]
    pub published: Option<String>,
    pub url: Option<String>,
    /// Number of readers' comments
    pub comments: Option<u32>,
}

impl From<Mode> for search::Mode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Hybrid => Self::Hybrid,
            Mode::Dense => Self::Dense,
            Mode::Lexical => Self::Lexical,
        }
    }
}

impl From<search::Mode> for Mode {
    fn from(mode: search::Mode) -> Self {
        match mode {
            search::Mode::Hybrid => Self::Hybrid,
            search::Mode::Dense => Self::Dense,
            search::Mode::Lexical => Self::Lexical,
        }
    }
}

impl From<Fusion> for search::Fusion {
    fn from(fusion: Fusion) -> Self {
        match fusion {
            Fusion::Sum => Self::Sum,
            Fusion::Rank => Self::Rank,
        }
    }
}

impl Answer {
    /// With the cursor of the next page, if there is one.
    pub fn new(answer: search::Answer, next: Option<String>) -> Self {
        let search::Answer { query, mode, among, took_ms, hits, more: _ } = answer;
        Self { query, mode: mode.into(), among, took_ms, hits: hits.into_iter().map(Hit::from).collect(), next }
    }
}

impl From<search::Hit> for Hit {
    fn from(hit: search::Hit) -> Self {
        let search::Why { cosine, meaning_rank, bm25, word_rank, rerank } = hit.why;
        Self {
            rank: hit.rank,
            url: hit.link(),
            id: hit.paper.id.to_string(),
            title: hit.paper.title,
            authors: hit.paper.authors,
            author_count: hit.paper.author_count,
            organisation: hit.paper.organisation,
            categories: hit.paper.categories,
            published: hit.paper.published.map(|date| date.to_string()),
            score: hit.score,
            why: Why { cosine, meaning_rank, bm25, word_rank, rerank },
            highlight: hit.highlight,
            abstract_text: hit.paper.abstract_text,
        }
    }
}

impl From<paper::Paper> for Paper {
    fn from(paper: paper::Paper) -> Self {
        Self {
            url: paper.link(),
            id: paper.id.to_string(),
            title: paper.title,
            abstract_text: paper.abstract_text,
            authors: paper.authors,
            author_count: paper.author_count,
            organisation: paper.organisation,
            categories: paper.categories,
            published: paper.published.map(|date| date.to_string()),
            comments: paper.comments,
        }
    }
}
