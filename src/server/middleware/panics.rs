//! What does a client get when its request fails in the handler itself?

use std::any::Any;

use axum::response::{IntoResponse, Response};

use crate::server::wire::problem::Problem;

/// The answer to a request whose handler panicked.
pub(crate) fn caught(_panic: Box<dyn Any + Send>) -> Response {
    Problem::internal("the request failed in a way that nobody thought of").into_response()
}
