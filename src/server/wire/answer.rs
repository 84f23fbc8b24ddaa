//! Hits and papers as JSON. These types are separate from the library's, so that the API stays stable.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::details::Details;
use super::understood::Understood;
use crate::{paper, search};

/// Retrieval mode
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(crate) enum Mode {
    /// Hybrid search: fusion of dense and lexical search
    #[default]
    Hybrid,
    /// Dense search: cosine similarity of embeddings
    Dense,
    /// Lexical search: BM25 over the full text
    Lexical,
}

/// Fusion of dense and lexical search in mode `hybrid`
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(crate) enum Fusion {
    /// Weighted sum of the scores
    #[default]
    Sum,
    /// Reciprocal rank fusion (RRF)
    Rank,
}

/// The hits of a search
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Answer {
    /// The query, or the example papers
    pub query: String,
    pub mode: Mode,
    /// Number of papers that pass the filters
    pub among: usize,
    /// Time from the query to the hits in milliseconds, including the wait in queues
    pub took_ms: f64,
    /// Number of papers that the cross-encoder has read; omitted without reranking
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reranked: Option<usize>,
    /// The id of a paper, if the query is one: this paper is first, and its related papers follow
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "1706.03762")]
    pub named: Option<String>,
    /// How the query was read; omitted for a plain one
    #[serde(skip_serializing_if = "Option::is_none")]
    pub understood: Option<Understood>,
    /// The same as sentences for the user, without periods; omitted if there is nothing to say
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub notes: Vec<String>,
    pub hits: Vec<Hit>,
    /// Value of `cursor` for the next page; `null` on the last page. Pages end with the candidates: up to 200 each of dense
    /// and lexical search
    pub next: Option<String>,
}

/// A hit: a paper with its scores
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Hit {
    /// Rank of the hit, from 1
    pub rank: usize,
    /// arXiv id, DOI, id of another scheme with its prefix such as `pmid:`, or `title:` and a hash of the title
    pub id: String,
    pub title: String,
    pub authors: Vec<String>,
    /// Number of authors, if not all names are known
    pub author_count: Option<u32>,
    /// Organisation that is named in place of authors
    pub organisation: Option<String>,
    /// Subject categories, the primary one first
    pub categories: Vec<String>,
    /// Date of publication: a day, a month or a year
    #[schema(example = "2017-06-12")]
    pub published: Option<String>,
    #[serde(flatten)]
    pub details: Details,
    pub url: Option<String>,
    /// The cosine in mode `dense`, the BM25 score in `lexical`, the fused score in `hybrid`. Hits are sorted by it, except
    /// with `diverse` or `rerank`
    pub score: f32,
    pub why: Why,
    /// The best-matching sentence of the abstract; only for the first 20 hits of a page
    pub highlight: Option<String>,
    #[serde(rename = "abstract")]
    pub abstract_text: String,
}

/// The scores of a hit by each method; `null` for methods that the mode does not use
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Why {
    /// Cosine similarity of the embeddings of paper and query
    pub cosine: Option<f32>,
    /// Rank among the candidates of dense search, from 1
    pub meaning_rank: Option<usize>,
    /// BM25 score: at least 0, without an upper bound
    pub bm25: Option<f32>,
    /// Rank among the candidates of lexical search, from 1
    pub word_rank: Option<usize>,
    /// Score of the cross-encoder
    pub rerank: Option<f32>,
    /// The words of the query that the paper has, the most important first; for related papers, those of the examples
    pub words: Vec<MatchedWord>,
    /// What of the paper the query names, so that the paper ranks higher: `id`, `title`, `author`, `year`
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub named: Vec<&'static str>,
}

/// A word of the query that a paper has
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MatchedWord {
    /// As in the query; the paper may have another form of it
    word: String,
    /// Its share of `bm25`
    score: f32,
}

/// A paper with all its fields
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Paper {
    /// arXiv id, DOI, id of another scheme with its prefix such as `pmid:`, or `title:` and a hash of the title
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
    #[serde(flatten)]
    pub details: Details,
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
    /// An answer with the cursor of the next page, if there is one.
    pub fn new(answer: search::Answer, next: Option<String>) -> Self {
        let notes = answer.notes();
        let search::Answer { query, mode, among, took_ms, reranked, named, understood, hits, more: _ } = answer;
        let hits = hits.into_iter().map(Hit::from).collect();
        let named = named.map(|id| id.to_string());
        let understood = Understood::of(understood);
        Self { query, mode: mode.into(), among, took_ms, reranked, named, understood, notes, hits, next }
    }
}

impl From<search::Hit> for Hit {
    fn from(mut hit: search::Hit) -> Self {
        let search::Why { cosine, meaning_rank, bm25, word_rank, rerank, words, named } = std::mem::take(&mut hit.why);
        let words = words.into_iter().map(|search::MatchedWord { word, score }| MatchedWord { word, score }).collect();
        let named = named.into_iter().map(search::NamedPart::name).collect();
        Self {
            rank: hit.rank,
            url: hit.link(),
            details: Details::take(&mut hit.paper),
            id: hit.paper.id.to_string(),
            title: hit.paper.title,
            authors: hit.paper.authors,
            author_count: hit.paper.author_count,
            organisation: hit.paper.organisation,
            categories: hit.paper.categories,
            published: hit.paper.published.map(|date| date.to_string()),
            score: hit.score,
            why: Why { cosine, meaning_rank, bm25, word_rank, rerank, words, named },
            highlight: hit.highlight,
            abstract_text: hit.paper.abstract_text,
        }
    }
}

impl From<paper::Paper> for Paper {
    fn from(mut paper: paper::Paper) -> Self {
        Self {
            url: paper.link(),
            details: Details::take(&mut paper),
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
