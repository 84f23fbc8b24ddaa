//! The time limit of a request.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::server::wire::problem::Problem;
use crate::server::work::service::Service;

/// Rejects a request that exceeds the deadline with 503. Work that it still waits for is cancelled.
pub(crate) async fn in_time(State(service): State<Service>, request: Request, next: Next) -> Response {
    let deadline = service.settings().deadline;
    match tokio::time::timeout(deadline, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::late(deadline).into_response(),
    }
}
