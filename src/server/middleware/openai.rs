//! Converts problem details below `/v1` to errors in the format of OpenAI's API.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use serde_json::Value;

use crate::server::wire::openai::Refusal;

/// Upper bound for the size of problem details.
const LONGEST_PROBLEM: usize = 64 << 10;

/// Converts problem details below `/v1`, for example of an unknown route.
pub(crate) async fn errors(request: Request, next: Next) -> Response {
    let is_below = request.uri().path() == "/v1" || request.uri().path().starts_with("/v1/");
    let response = next.run(request).await;
    let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    if !is_below || kind != Some(b"application/problem+json") {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let problem = to_bytes(body, LONGEST_PROBLEM).await.unwrap_or_default();
    let problem: Value = serde_json::from_slice(&problem).unwrap_or_default();
    let told = [&problem["detail"], &problem["hint"]].into_iter().filter_map(Value::as_str).collect::<Vec<_>>();
    let refusal = Refusal::new(parts.status, told.join("; "));
    // Other headers are kept, for example `Retry-After`.
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Response::from_parts(parts, Body::from(serde_json::to_vec(&refusal).unwrap_or_default()))
}
