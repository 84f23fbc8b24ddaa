//! `/api/v1/compare`: what two papers share, and where they differ.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::lenient::ids;
use crate::paper::PaperId;
use crate::server::wire::comparison::Comparison;
use crate::server::wire::problem::Problem;
use crate::server::wire::request::Parameters;
use crate::server::wire::responses::Unanswered;
use crate::server::work::workers::Workers;

/// The papers to compare
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct CompareRequest {
    /// Ids of the two papers, given twice or separated by a comma
    #[serde(default, deserialize_with = "ids")]
    #[param(required = true, example = json!(["1706.03762", "1810.04805"]))]
    id: Vec<String>,
}

/// Compare two papers, sentence by sentence
#[utoipa::path(
    get,
    path = "/compare",
    operation_id = "compare",
    tag = "search",
    params(CompareRequest),
    responses((status = OK, description = "The comparison", body = Comparison), Unanswered)
)]
pub(crate) async fn get(
    State(workers): State<Workers>,
    Parameters(CompareRequest { id }): Parameters<CompareRequest>,
) -> Result<Json<Comparison>, Problem> {
    let [first, second] = two(&id)?;
    Ok(Json(workers.ask(move |searcher| searcher.compare(&first, &second)).await?.into()))
}

/// The ids of two papers.
pub(super) fn two(ids: &[String]) -> Result<[PaperId; 2], Problem> {
    if let [first, second] = ids {
        return Ok([first.parse()?, second.parse()?]);
    }
    let found = if ids.is_empty() { "none".to_owned() } else { format!("{}: `{}`", ids.len(), ids.join("`, `")) };
    Err(Problem::bad_request(format!("two ids are needed, found {found}")).hint("pass the ids of two papers"))
}
