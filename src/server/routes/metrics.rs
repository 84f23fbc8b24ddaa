//! `/metrics`: the metrics of the service, for Prometheus.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::server::wire::problem::Problem;
use crate::server::work::service::Service;

/// Get the metrics of the service, in OpenMetrics text format for Prometheus
#[utoipa::path(get, path = "/metrics", operation_id = "metrics", tag = "operations", responses((status = OK, description = "The metrics", body = String, content_type = "application/openmetrics-text")))]
pub(crate) async fn get(State(service): State<Service>) -> Result<Response, Problem> {
    let size = service.size().await?;
    let text = service.metrics().text(size, service.recall().reading());
    let text = text.map_err(|error| Problem::internal(error.to_string()))?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}
