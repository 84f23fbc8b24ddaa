//! `/api/v1/search` and `/api/v1/related`: ranked papers.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use super::problem::Problem;
use super::request::{Body, IdInPath, Parameters, paper_id};
use super::workers::Workers;
use crate::paper::PaperId;
use crate::search::{Answer, DEFAULT_K, Query, checked_k};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchRequest {
    #[serde(default, alias = "q")]
    query: String,
    #[serde(default = "default_k")]
    k: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RelatedRequest {
    #[serde(default)]
    id: Vec<String>,
    #[serde(default = "default_k")]
    k: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RelatedToOne {
    #[serde(default = "default_k")]
    k: usize,
}

fn default_k() -> usize {
    DEFAULT_K
}

/// `GET /api/v1/search?q=…&k=…`
pub(super) async fn get(
    State(workers): State<Workers>,
    Parameters(request): Parameters<SearchRequest>,
) -> Result<Json<Answer>, Problem> {
    search(workers, request).await
}

/// `POST /api/v1/search` with `{"query": …, "k": …}`
pub(super) async fn post(
    State(workers): State<Workers>,
    Body(request): Body<SearchRequest>,
) -> Result<Json<Answer>, Problem> {
    search(workers, request).await
}

async fn search(workers: Workers, request: SearchRequest) -> Result<Json<Answer>, Problem> {
    let query = Query::new(&request.query)?;
    let k = checked_k(request.k)?;
    Ok(Json(workers.ask(move |searcher| searcher.search(&query, k)).await?))
}

/// `GET /api/v1/related?id=…&id=…&k=…`
pub(super) async fn related(
    State(workers): State<Workers>,
    Parameters(request): Parameters<RelatedRequest>,
) -> Result<Json<Answer>, Problem> {
    let ids = request.id.iter().map(|id| paper_id(id)).collect::<Result<_, _>>()?;
    related_to(workers, ids, request.k).await
}

/// `GET /api/v1/papers/{id}/related?k=…`
pub(super) async fn related_to_one(
    State(workers): State<Workers>,
    IdInPath(id): IdInPath,
    Parameters(request): Parameters<RelatedToOne>,
) -> Result<Json<Answer>, Problem> {
    related_to(workers, vec![id], request.k).await
}

async fn related_to(workers: Workers, ids: Vec<PaperId>, k: usize) -> Result<Json<Answer>, Problem> {
    let k = checked_k(k)?;
    Ok(Json(workers.ask(move |searcher| searcher.related(&ids, k)).await?))
}
