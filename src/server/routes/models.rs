//! `/v1/models`: the served embedding model, in the format of OpenAI's API.

use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::search::Searcher;
use crate::server::wire::openai::{Refusal, is_served};
use crate::server::work::workers::Workers;

/// The name of the served model.
pub(super) fn served(searcher: &Searcher) -> crate::Result<String> {
    Ok(searcher.embedder()?.fingerprint().model.clone())
}

/// The served models
#[derive(Serialize, ToSchema)]
pub(crate) struct Models {
    /// Always `list`
    object: &'static str,
    data: Vec<Model>,
}

/// A served model
#[derive(Serialize, ToSchema)]
pub(crate) struct Model {
    id: String,
    /// Always `model`
    object: &'static str,
    /// Always 0
    created: u64,
    owned_by: &'static str,
}

impl Model {
    fn new(id: String) -> Self {
        Self { id, object: "model", created: 0, owned_by: "paperkin" }
    }
}

/// List the model that embeds papers and queries
#[utoipa::path(get, path = "/models", operation_id = "models", tag = "embeddings", responses((status = OK, description = "The served model", body = Models)))]
pub(crate) async fn models(State(workers): State<Workers>) -> Result<Json<Models>, Refusal> {
    let served = workers.ask(served).await?;
    Ok(Json(Models { object: "list", data: vec![Model::new(served)] }))
}

/// Check whether a model is served
#[utoipa::path(
    get,
    path = "/models/{model}", operation_id = "model",
    tag = "embeddings",
    params(("model" = String, Path, description = "Name of the model; write a `/` as `%2F`")),
    responses(
        (status = OK, description = "The served model", body = Model),
        (status = NOT_FOUND, description = "The model is not served", body = Refusal),
    )
)]
pub(crate) async fn model(State(workers): State<Workers>, Path(model): Path<String>) -> Result<Json<Model>, Refusal> {
    let served = workers.ask(served).await?;
    if !is_served(&model, &served) {
        return Err(Refusal::unknown_model(&model, &served));
    }
    Ok(Json(Model::new(served)))
}
