//! The response to a panic in a handler.

use std::any::Any;

use axum::response::{IntoResponse, Response};

use crate::server::wire::problem::Problem;

/// The response to a request whose handler panicked.
pub(crate) fn caught(_panic: Box<dyn Any + Send>) -> Response {
    Problem::internal("internal error: the handler panicked").into_response()
}
