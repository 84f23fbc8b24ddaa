//! `/api/v1/papers/{id}` and `/api/v1/status`: what is stored.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::cite::Format;
use super::problem::Problem;
use super::request::{IdInPath, Parameters};
use super::workers::Workers;
use crate::paper::Paper;
use crate::search::{Searcher, Status};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PaperRequest {
    #[serde(default)]
    format: Format,
}

/// `GET /api/v1/papers/{id}?format=…`
pub(super) async fn get(
    State(workers): State<Workers>,
    IdInPath(id): IdInPath,
    Parameters(PaperRequest { format }): Parameters<PaperRequest>,
) -> Result<Response, Problem> {
    let paper = workers.ask(move |searcher| searcher.store().paper(&id)).await;
    Ok(format.one(paper.map(|(paper, _)| Paper { url: paper.link(), ..paper })?))
}

/// `GET /api/v1/status`
pub(super) async fn status(State(workers): State<Workers>) -> Result<Json<Status>, Problem> {
    Ok(Json(workers.ask(Searcher::status).await?))
}
