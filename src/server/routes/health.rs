//! Does the service live, and can it answer? For those who start it, watch it, or stand in front of it.

use axum::extract::State;
use axum::http::StatusCode;

use crate::server::wire::problem::Problem;
use crate::server::work::error::WorkError;
use crate::server::work::service::Service;

/// Whether the process lives
#[utoipa::path(get, path = "/healthz", tag = "operations", responses((status = OK, body = String, description = "It does")))]
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether questions can be answered: the model is loaded and the store can be read
#[utoipa::path(get, path = "/readyz", tag = "operations", responses(
    (status = OK, body = String, description = "They can"),
    (status = SERVICE_UNAVAILABLE, body = Problem, description = "They cannot, and why"),
))]
pub(crate) async fn readyz(State(service): State<Service>) -> Result<&'static str, Problem> {
    match service.size().await {
        Ok(_) => Ok("ready\n"),
        Err(WorkError::Failed(error)) => Err(Problem::of(StatusCode::SERVICE_UNAVAILABLE, &error)),
        Err(error) => Err(error.into()),
    }
}
