//! The responses to unknown routes and methods.

use axum::extract::State;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use crate::server::wire::problem::Problem;
use crate::server::work::service::Service;

/// The route is unknown. One that ends with `/` is redirected to the one without, and the base path to the page below it. The
/// addresses are relative, so that they are right below the prefix of a proxy.
pub(crate) async fn unknown_path(State(service): State<Service>, uri: Uri) -> Response {
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    if service.settings().base_path.is(uri.path()) {
        let name = uri.path().rsplit('/').next().unwrap_or_default();
        return (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, format!("{name}/{query}"))]).into_response();
    }
    let name = uri.path().strip_suffix('/').and_then(|path| path.rsplit_once('/')).map(|(_, name)| name);
    if let Some(name) = name.filter(|name| !name.is_empty()) {
        return (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, format!("../{name}{query}"))]).into_response();
    }
    unknown(&uri).into_response()
}

fn unknown(uri: &Uri) -> Problem {
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
