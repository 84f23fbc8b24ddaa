//! The responses to unknown routes and methods.

use axum::http::{Method, StatusCode, Uri};

use crate::server::wire::problem::Problem;

/// The route is unknown.
pub(crate) async fn unknown_path(uri: Uri) -> Problem {
    let problem = Problem::new(StatusCode::NOT_FOUND, format!("unknown route `{}`", uri.path()));
    if uri.path().starts_with("/api/v1/papers/") {
        return problem.hint("write a `/` inside an id as `%2F`");
    }
    problem.hint("the page is at `/`, the API below `/api/v1`, its documentation at `/docs`")
}

/// The route does not support the method.
pub(crate) async fn wrong_method(method: Method, uri: Uri) -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("`{}` does not support {method}", uri.path()))
        .hint("`/docs` lists the methods of every route")
}
