//! Liveness and readiness, for process managers, monitoring and reverse proxies.

use axum::extract::State;
use axum::http::StatusCode;

use crate::server::wire::problem::Problem;
use crate::server::work::error::WorkError;
use crate::server::work::service::Service;

/// Check liveness: the process responds
#[utoipa::path(get, path = "/healthz", tag = "operations", responses((status = OK, body = String, description = "The process is alive")))]
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// Check readiness: the model is loaded and the collection is readable
#[utoipa::path(get, path = "/readyz", tag = "operations", responses(
    (status = OK, body = String, description = "The service is ready"),
    (status = SERVICE_UNAVAILABLE, body = Problem, description = "The service is not ready, with the reason"),
))]
pub(crate) async fn readyz(State(service): State<Service>) -> Result<&'static str, Problem> {
    match service.ready().await {
        Ok(()) => Ok("ready\n"),
        Err(WorkError::Failed(error)) => Err(Problem::of(StatusCode::SERVICE_UNAVAILABLE, &error)),
        Err(error) => Err(error.into()),
    }
}
