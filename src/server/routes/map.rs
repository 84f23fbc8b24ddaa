//! `/api/v1/map`: the picture of the collection, as bytes that the page draws.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;

use crate::error::Error;
use crate::server::wire::problem::Problem;
use crate::server::wire::tagged::tagged;
use crate::server::work::error::WorkError;
use crate::server::work::service::Service;

/// Draw all papers in two dimensions
///
/// Papers that speak of like things lie near each other; the axes are the principal components of the papers' vectors. All numbers of the
/// answer are little-endian: the 8 bytes `PKMAP001`; four `u32`, the number of papers n, the number of categories, the length of
/// the block of categories and that of the block of ids; n `f32` of x and n of y, each from -1 to 1; n `u16`, the place
/// of each paper's primary category among the categories, or 65535; zeros up to a multiple of 4; then, as UTF-8 with a line feed
/// between two, the categories, the most frequent first, and the ids in the order of the papers.
#[utoipa::path(
    get,
    path = "/map",
    operation_id = "map",
    tag = "papers",
    params(("If-None-Match" = Option<String>, Header, description = "The ETag of the picture that the client has")),
    responses(
        (status = 200, description = "The picture", content_type = "application/octet-stream"),
        (status = 304, description = "The client has this picture already"),
        (status = 404, description = "The store has no paper", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get(State(service): State<Service>, headers: HeaderMap) -> Result<Response, Problem> {
    let drawn = service.maps().get().await;
    let map = drawn.map_err(|error| match error {
        WorkError::Failed(error @ Error::EmptyStore { .. }) => Problem::of(StatusCode::NOT_FOUND, &error),
        WorkError::Lost => Problem::internal("the picture could not be drawn"),
        error => error.into(),
    })?;
    let body = ([(header::CONTENT_TYPE, "application/octet-stream")], Bytes::from_owner(Arc::clone(map.bytes())));
    Ok(tagged(&headers, map.tag(), (), body))
}
