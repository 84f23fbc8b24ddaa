//! `/api/v1/papers/{id}` and `/api/v1/status`: what is stored.

use axum::Json;
use axum::extract::State;

use super::problem::Problem;
use super::request::IdInPath;
use super::workers::Workers;
use crate::paper::Paper;
use crate::search::{Searcher, Status};

/// `GET /api/v1/papers/{id}`
pub(super) async fn get(State(workers): State<Workers>, IdInPath(id): IdInPath) -> Result<Json<Paper>, Problem> {
    let paper = workers.ask(move |searcher| searcher.store().paper(&id)).await;
    Ok(Json(paper.map(|(paper, _)| Paper { url: paper.link(), ..paper })?))
}

/// `GET /api/v1/status`
pub(super) async fn status(State(workers): State<Workers>) -> Result<Json<Status>, Problem> {
    Ok(Json(workers.ask(Searcher::status).await?))
}
