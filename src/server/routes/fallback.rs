//! The responses to unknown routes and methods.

use axum::Extension;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use crate::server::middleware::forwarded::Seen;
use crate::server::proxy::BasePath;
use crate::server::wire::problem::Problem;
use crate::server::work::service::Service;

/// The route is unknown. One that ends with `/` is redirected to the one without, and the base path to the page below it. The
/// addresses are relative, so that they are right below the prefix of a proxy.
pub(crate) async fn unknown_path(
    State(service): State<Service>,
    Extension(Seen { base, .. }): Extension<Seen>,
    uri: Uri,
) -> Response {
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    if service.settings().base_path.is(uri.path()) {
        let name = uri.path().rsplit('/').next().unwrap_or_default();
        return (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, format!("{name}/{query}"))]).into_response();
    }
    let name = uri.path().strip_suffix('/').and_then(|path| path.rsplit_once('/')).map(|(_, name)| name);
    if let Some(name) = name.filter(|name| !name.is_empty()) {
        return (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, format!("../{name}{query}"))]).into_response();
    }
    unknown(&base, uri.path()).into_response()
}

fn unknown(base: &BasePath, path: &str) -> Problem {
    let problem = Problem::new(StatusCode::NOT_FOUND, format!("unknown route `{base}{path}`"));
    if path.starts_with("/api/v1/papers/") {
        return problem.hint("write a `/` inside an id as `%2F`");
    }
    problem.hint(format!("the page is at `{base}/`, the API below `{base}/api/v1`, its documentation at `{base}/docs`"))
}

/// The route does not support the method.
pub(crate) async fn wrong_method(method: Method, uri: Uri) -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("`{}` does not support {method}", uri.path()))
        .hint("`/docs` lists the methods of every route")
}
