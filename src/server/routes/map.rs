//! `/api/v1/map`: the map of the collection in a binary format, which the page draws.

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

/// Get the map of the collection: all papers in two dimensions
///
/// Similar papers are close together. The axes are the principal components of the papers' embeddings.
///
/// The response is binary, with little-endian numbers. It consists of: the 8 bytes `PKMAP001`; four `u32`: the number of
/// papers n, the number of categories, the length of the categories in bytes, and the length of the ids in bytes; n `f32` of
/// x and n `f32` of y, each from -1 to 1; n `u16`: the index of each paper's primary category, or 65535; zeros up to a
/// multiple of 4; the categories, the most frequent first; the ids, in the order of the papers. Categories and ids are
/// UTF-8, separated by line feeds.
#[utoipa::path(
    get,
    path = "/map",
    operation_id = "map",
    tag = "papers",
    params(("If-None-Match" = Option<String>, Header, description = "The `ETag` of the map that the client has")),
    responses(
        (status = 200, description = "The map", content_type = "application/octet-stream"),
        (status = 304, description = "The map still has the `ETag` in `If-None-Match`"),
        (status = 404, description = "The store is empty", body = Problem, content_type = "application/problem+json"),
        (status = 501, description = "The papers are not in a folder", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get(State(service): State<Service>, headers: HeaderMap) -> Result<Response, Problem> {
    let drawn = service.maps().get().await;
    let map = drawn.map_err(|error| match error {
        WorkError::Failed(error @ Error::EmptyStore { .. }) => Problem::of(StatusCode::NOT_FOUND, &error),
        WorkError::Lost => Problem::internal("internal error: the map could not be computed"),
        error => error.into(),
    })?;
    let body = ([(header::CONTENT_TYPE, "application/octet-stream")], Bytes::from_owner(Arc::clone(map.bytes())));
    Ok(tagged(&headers, map.tag(), (), body))
}
