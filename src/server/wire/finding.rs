//! The parameters of all routes that search, with the names of the command-line flags.

use std::time::Duration;

use axum::response::Response;
use serde::{Deserialize, Deserializer};
use utoipa::{IntoParams, ToSchema};

use super::answer::{Answer, Fusion, Mode};
use super::cite::{self, Format};
use super::cursor::Asked;
use super::details::Details;
use super::fields::Fields;
use super::problem::Problem;
use crate::error::Error;
use crate::lenient::{ids, list, number};
use crate::search::{DEFAULT_K, Diversity, Options, RerankDepth};
use crate::store::{Criteria, Filter};

/// The fields of a hit.
const FIELDS: [&str; 13] = [
    "rank",
    "id",
    "title",
    "authors",
    "author_count",
    "organisation",
    "categories",
    "published",
    "url",
    "score",
    "why",
    "highlight",
    "abstract",
];

/// A search
#[derive(Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchRequest {
    /// The query, up to 20,000 characters; `query` is an alias. Operators: `"a phrase"`, `-word`, `author:`, `category:`,
    /// `venue:`, `year:2019..2021`
    #[serde(default, alias = "query")]
    #[param(example = "how do neural networks forget?")]
    #[schema(example = "how do neural networks forget?")]
    pub q: String,
    /// Rerank the first hits with a cross-encoder (default: whether the service has one loaded)
    #[serde(default, deserialize_with = "rerank")]
    pub rerank: Option<bool>,
    /// Number of hits to rerank (default: 50)
    #[serde(default, deserialize_with = "rerank_depth")]
    #[param(minimum = 1, maximum = 200)]
    #[schema(minimum = 1, maximum = 200)]
    pub rerank_depth: Option<usize>,
    /// Time for reranking in milliseconds (default: no limit). The best hits are read first, at least a batch of 8
    #[serde(default, deserialize_with = "rerank_ms")]
    pub rerank_ms: Option<u32>,
    #[serde(flatten)]
    #[param(ignore)]
    pub ranking: Ranking,
    #[serde(flatten)]
    #[param(ignore)]
    pub finding: Finding,
    #[serde(flatten)]
    #[param(ignore)]
    pub filters: Criteria,
}

/// A search by example papers
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct RelatedRequest {
    /// Ids of papers to find related papers for
    #[serde(default, deserialize_with = "ids")]
    #[param(example = json!(["1706.03762"]))]
    pub id: Vec<String>,
    /// Ids of papers that hits should not resemble
    #[serde(default, deserialize_with = "ids")]
    pub unlike: Vec<String>,
    /// Text to find related papers for
    pub text: Option<String>,
    #[serde(flatten)]
    #[param(ignore)]
    pub ranking: Ranking,
    #[serde(flatten)]
    #[param(ignore)]
    pub finding: Finding,
    #[serde(flatten)]
    #[param(ignore)]
    pub filters: Criteria,
}

/// Examples besides the paper in the path
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct RelatedToOne {
    /// Ids of papers that hits should not resemble
    #[serde(default, deserialize_with = "ids")]
    pub unlike: Vec<String>,
    /// Text to find related papers for
    pub text: Option<String>,
    #[serde(flatten)]
    #[param(ignore)]
    pub ranking: Ranking,
    #[serde(flatten)]
    #[param(ignore)]
    pub finding: Finding,
    #[serde(flatten)]
    #[param(ignore)]
    pub filters: Criteria,
}

/// Parameters of the ranking, of queries and related papers
#[derive(Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
pub(crate) struct Ranking {
    #[serde(default)]
    #[param(inline)]
    mode: Mode,
    #[serde(default)]
    #[param(inline)]
    fusion: Fusion,
    /// Use pseudo-relevance feedback in mode `hybrid`
    #[serde(default = "yes", deserialize_with = "feedback")]
    feedback: bool,
}

/// Parameters of every search
#[derive(Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
pub(crate) struct Finding {
    /// Number of hits in a page
    #[serde(default = "default_k", deserialize_with = "k")]
    #[param(minimum = 1, maximum = 100, default = 10)]
    #[schema(minimum = 1, maximum = 100, default = 10)]
    k: usize,
    /// Value of `next` from the previous page
    cursor: Option<String>,
    /// Fields of hits to return, comma-separated (default: all). Without `highlight` no highlights are computed
    #[serde(default, deserialize_with = "list")]
    #[param(example = "id,title,score")]
    fields: Vec<String>,
    /// Diversity of the hits by maximal marginal relevance (MMR), from 0 (off) to 1
    #[serde(default, deserialize_with = "diverse")]
    #[param(minimum = 0, maximum = 1, default = 0)]
    diverse: f32,
    /// Return the best-matching sentence of each abstract, for the first 20 hits of a page
    #[serde(default = "yes", deserialize_with = "highlight")]
    highlight: bool,
    /// Format of the response: JSON, or a bibliography of the hits as a file
    #[serde(default)]
    #[param(inline)]
    format: Format,
}

pub(crate) fn default_k() -> usize {
    DEFAULT_K
}

pub(crate) fn k<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    number(deserializer, "`k` as a whole number from 1 to 100")
}

pub(crate) fn diverse<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f32, D::Error> {
    number(deserializer, "`diverse` as a number from 0 to 1")
}

pub(crate) fn yes() -> bool {
    true
}

pub(crate) fn feedback<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    number(deserializer, "`feedback` as `true` or `false`")
}

pub(crate) fn rerank<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    number(deserializer, "`rerank` as `true` or `false`").map(Some)
}

pub(crate) fn rerank_depth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<usize>, D::Error> {
    number(deserializer, "`rerank_depth` as a whole number from 1 to 200").map(Some)
}

pub(crate) fn rerank_ms<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    number(deserializer, "`rerank_ms` as a whole number of milliseconds").map(Some)
}

/// Options with reranking. By default it is on if the service `has_reranker`, or if it is given a depth or a time: then
/// a service without a reranker says so.
pub(crate) fn reranking(
    options: Options,
    rerank: Option<bool>,
    (depth, ms): (Option<usize>, Option<u32>),
    has_reranker: bool,
) -> Result<Options, Error> {
    let rerank = rerank.unwrap_or(has_reranker || depth.is_some() || ms.is_some());
    let depth = depth.map_or(Ok(RerankDepth::default()), RerankDepth::new)?;
    let time = ms.map(|ms| Duration::from_millis(ms.into()));
    Ok(options.rerank(rerank).rerank_depth(depth).rerank_time(time))
}

fn highlight<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    number(deserializer, "`highlight` as `true` or `false`")
}

/// Which hits of an answer to return, and how.
pub(crate) struct Page {
    cursor: Option<String>,
    fields: Fields,
    format: Format,
}

impl Ranking {
    /// Sets the options of the ranking.
    pub fn of(self, options: Options) -> Options {
        options.mode(self.mode.into()).fusion(self.fusion.into()).feedback(self.feedback)
    }
}

impl Finding {
    /// The options of a search among the papers that pass the filters, and how to return its hits.
    pub fn read(self, filters: Criteria) -> Result<(Options, Page), Problem> {
        let mut options = Options::default().k(self.k)?;
        options.diverse = Diversity::new(self.diverse)?;
        let fields = Fields::new(&self.fields, &[&FIELDS[..], &Details::FIELDS].concat())?;
        options.highlight = self.highlight && fields.has("highlight") && self.format.style().is_none();
        options.filter = Filter::new(filters)?;
        Ok((options, Page { cursor: self.cursor, fields, format: self.format }))
    }
}

impl Page {
    /// Sets the offset of the page; the cursor must belong to the query of `asked`.
    pub fn turn(&self, asked: &Asked, options: &mut Options) -> Result<(), Problem> {
        if let Some(cursor) = &self.cursor {
            options.skip = asked.skip(cursor)?;
        }
        Ok(())
    }

    /// The response: JSON, or a bibliography.
    pub fn show(&self, asked: &Asked, skip: usize, answer: crate::search::Answer) -> Result<Response, Problem> {
        if let Some(style) = self.format.style() {
            return Ok(cite::several(style, &answer.hits));
        }
        let next = answer.more.then(|| asked.cursor(skip + answer.hits.len()));
        self.fields.of(Answer::new(answer, next), "hits")
    }
}
