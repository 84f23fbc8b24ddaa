//! Which address leads where?

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, StatusCode, Uri};
use axum::routing::get;

use super::problem::Problem;
use super::workers::Workers;
use super::{facets, map, page, papers, search};

/// A question has at most 2,000 characters; nothing larger is read.
pub(super) const LARGEST_BODY: usize = 64 << 10;

/// All routes, ready to be served or called in a test.
pub fn router(workers: Workers) -> Router {
    let api = Router::new()
        .route("/search", get(search::get).post(search::post))
        .route("/related", get(search::related))
        .route("/facets", get(facets::get))
        .route("/map", get(map::get))
        .route("/papers/{id}", get(papers::get))
        .route("/papers/{id}/related", get(search::related_to_one))
        .route("/status", get(papers::status));
    Router::new()
        .nest("/api/v1", api)
        .merge(page::routes())
        .route("/healthz", get(|| async { "ok\n" }))
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(workers)
}

async fn unknown_path(uri: Uri) -> Problem {
    let problem = Problem::new(StatusCode::NOT_FOUND, format!("nothing is at `{}`", uri.path()));
    if uri.path().starts_with("/api/v1/papers/") {
        return problem.hint("write a `/` inside an id as `%2F`");
    }
    problem.hint("the page is at `/`, the API below `/api/v1`")
}

async fn wrong_method(method: Method, uri: Uri) -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("`{}` does not answer {method}", uri.path()))
        .hint("every address answers GET, `/api/v1/search` also POST")
}
