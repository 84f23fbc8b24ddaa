//! `/api/v1/search` and `/api/v1/related`: ranked papers.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Deserializer};

use super::cite::Format;
use super::problem::Problem;
use super::request::{Body, IdInPath, Parameters, list, number};
use super::workers::Workers;
use crate::error::Error;
use crate::paper::PaperId;
use crate::search::{DEFAULT_K, Diversity, Examples, Fusion, Mode, Options, Query, Searcher, checked_k};
use crate::store::{Criteria, Filter};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchRequest {
    #[serde(default, alias = "q")]
    query: String,
    #[serde(default)]
    mode: Mode,
    #[serde(default)]
    fusion: Fusion,
    #[serde(default = "yes", deserialize_with = "feedback")]
    feedback: bool,
    /// As the service was started, unless said.
    #[serde(default, deserialize_with = "rerank")]
    rerank: Option<bool>,
    #[serde(flatten)]
    finding: Finding,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RelatedRequest {
    #[serde(default, deserialize_with = "list")]
    id: Vec<String>,
    #[serde(default, deserialize_with = "list")]
    unlike: Vec<String>,
    text: Option<String>,
    #[serde(flatten)]
    finding: Finding,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RelatedToOne {
    #[serde(default, deserialize_with = "list")]
    unlike: Vec<String>,
    text: Option<String>,
    #[serde(flatten)]
    finding: Finding,
}

/// What every request that finds papers may have.
#[derive(Deserialize)]
struct Finding {
    #[serde(default = "default_k", deserialize_with = "k")]
    k: usize,
    #[serde(default, deserialize_with = "diverse")]
    diverse: f32,
    #[serde(default = "yes", deserialize_with = "highlight")]
    highlight: bool,
    from: Option<String>,
    to: Option<String>,
    #[serde(default, deserialize_with = "list")]
    category: Vec<String>,
    #[serde(default, deserialize_with = "list")]
    author: Vec<String>,
    #[serde(default, deserialize_with = "list")]
    organisation: Vec<String>,
    #[serde(default, deserialize_with = "min_comments")]
    min_comments: Option<u32>,
    #[serde(default, deserialize_with = "list")]
    ids: Vec<String>,
    #[serde(default)]
    format: Format,
}

fn default_k() -> usize {
    DEFAULT_K
}

fn k<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    number(deserializer, "`k` as a whole number from 1 to 100")
}

fn diverse<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f32, D::Error> {
    number(deserializer, "`diverse` as a number from 0 to 1")
}

fn yes() -> bool {
    true
}

fn feedback<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    number(deserializer, "`feedback` as `true` or `false`")
}

fn rerank<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    number(deserializer, "`rerank` as `true` or `false`").map(Some)
}

fn highlight<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    number(deserializer, "`highlight` as `true` or `false`")
}

fn min_comments<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    number(deserializer, "`min_comments` as a whole number").map(Some)
}

impl Finding {
    fn options(self) -> Result<Options, Error> {
        let mut options = Options::from(checked_k(self.k)?);
        options.diverse = Diversity::new(self.diverse)?;
        options.highlight = self.highlight;
        options.filter = Filter::new(Criteria {
            from: self.from,
            to: self.to,
            categories: self.category,
            authors: self.author,
            organisations: self.organisation,
            min_comments: self.min_comments,
            ids: self.ids,
        })?;
        Ok(options)
    }
}

/// `GET /api/v1/search?q=…&k=…`
pub(super) async fn get(
    State(workers): State<Workers>,
    Parameters(request): Parameters<SearchRequest>,
) -> Result<Response, Problem> {
    search(workers, request).await
}

/// `POST /api/v1/search` with `{"query": …, "k": …}`
pub(super) async fn post(
    State(workers): State<Workers>,
    Body(request): Body<SearchRequest>,
) -> Result<Response, Problem> {
    search(workers, request).await
}

async fn search(workers: Workers, request: SearchRequest) -> Result<Response, Problem> {
    let query = Query::new(&request.query)?;
    let format = request.finding.format;
    let SearchRequest { mode, fusion, feedback, rerank, .. } = request;
    let options = Options { mode, fusion, feedback, ..request.finding.options()? };
    let search = move |searcher: &Searcher| {
        let rerank = rerank.unwrap_or_else(|| searcher.has_reranker());
        searcher.search(&query, Options { rerank, ..options })
    };
    Ok(format.answer(workers.ask(search).await?))
}

/// `GET /api/v1/related?id=…&id=…&unlike=…&text=…&k=…`
pub(super) async fn related(
    State(workers): State<Workers>,
    Parameters(request): Parameters<RelatedRequest>,
) -> Result<Response, Problem> {
    let RelatedRequest { id, unlike, text, finding } = request;
    related_to(workers, parsed(&id)?, RelatedToOne { unlike, text, finding }).await
}

/// `GET /api/v1/papers/{id}/related?k=…`
pub(super) async fn related_to_one(
    State(workers): State<Workers>,
    IdInPath(id): IdInPath,
    Parameters(request): Parameters<RelatedToOne>,
) -> Result<Response, Problem> {
    related_to(workers, vec![id], request).await
}

async fn related_to(workers: Workers, like: Vec<PaperId>, request: RelatedToOne) -> Result<Response, Problem> {
    let text = request.text.as_deref().map(Query::new).transpose()?;
    let examples = Examples { like, unlike: parsed(&request.unlike)?, text };
    let format = request.finding.format;
    let options = request.finding.options()?;
    Ok(format.answer(workers.ask(move |searcher| searcher.related(&examples, options)).await?))
}

fn parsed(ids: &[String]) -> Result<Vec<PaperId>, Error> {
    ids.iter().map(|id| id.parse()).collect()
}
