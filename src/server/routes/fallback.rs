//! What is told where nothing answers?

use axum::http::{Method, StatusCode, Uri};

use crate::server::wire::problem::Problem;

/// Nothing is at this address.
pub(crate) async fn unknown_path(uri: Uri) -> Problem {
    let problem = Problem::new(StatusCode::NOT_FOUND, format!("nothing is at `{}`", uri.path()));
    if uri.path().starts_with("/api/v1/papers/") {
        return problem.hint("write a `/` inside an id as `%2F`");
    }
    problem.hint("the page is at `/`, the API below `/api/v1`, and `/docs` tells of it")
}

/// What is at this address does not answer this method.
pub(crate) async fn wrong_method(method: Method, uri: Uri) -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("`{}` does not answer {method}", uri.path()))
        .hint("`/docs` tells what every address answers")
}
