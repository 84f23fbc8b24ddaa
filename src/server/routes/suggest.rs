//! `/api/v1/suggest`: completes the operator that is being typed.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::search;
use crate::server::wire::problem::Problem;
use crate::server::wire::request::Parameters;
use crate::server::wire::responses::Unanswered;
use crate::server::work::workers::Workers;

/// A query that is being typed
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct SuggestRequest {
    /// The query so far
    #[param(example = "dropout author:hin")]
    q: String,
}

/// Completions of a query
#[derive(Serialize, ToSchema)]
pub(crate) struct SuggestAnswer {
    /// The operator that is being typed, such as `author`; `null` if none is
    operator: Option<String>,
    /// Values of the collection that begin as typed, the most frequent first, at most 8
    values: Vec<Suggestion>,
}

/// A value of an operator
#[derive(Serialize, ToSchema)]
pub(crate) struct Suggestion {
    #[schema(example = "Geoffrey Hinton")]
    value: String,
    /// Number of papers with it
    papers: usize,
    /// The whole query with this value
    #[schema(example = "dropout author:\"Geoffrey Hinton\" ")]
    query: String,
}

/// Complete the operator at the end of a query: an author, a category, a venue or a year of the collection
#[utoipa::path(
    get,
    path = "/suggest",
    operation_id = "suggest",
    tag = "search",
    params(SuggestRequest),
    responses((status = OK, description = "Completions", body = SuggestAnswer), Unanswered)
)]
pub(crate) async fn get(
    State(workers): State<Workers>,
    Parameters(request): Parameters<SuggestRequest>,
) -> Result<Json<SuggestAnswer>, Problem> {
    let search::Suggestions { operator, values } = workers.ask(move |searcher| searcher.suggest(&request.q)).await?;
    let suggestion = |search::Suggestion { value, papers, query }| Suggestion { value, papers, query };
    Ok(Json(SuggestAnswer { operator, values: values.into_iter().map(suggestion).collect() }))
}
