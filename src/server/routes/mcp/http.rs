//! MCP over streamable HTTP, without sessions and with JSON responses.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use rmcp::model::ErrorCode;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};

use super::LARGEST_MESSAGE;
use super::messages::{Rejected, read, too_long};
use super::tools::Tools;
use crate::server::wire::problem::Problem;
use crate::server::wire::request::{content_type, unexpected, whole_body};
use crate::server::work::service::Service;

/// The tools at `/mcp`.
pub(crate) fn routes(service: &Service) -> Router<Service> {
    let tools = Tools::new(service.clone());
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(LARGEST_MESSAGE)
        // `guard` checks both for all routes.
        .disable_allowed_hosts()
        .disable_allowed_origins();
    let sessions = Arc::new(NeverSessionManager::default());
    let service = StreamableHttpService::new(move || Ok(tools.clone()), sessions, config);
    Router::new().route_service("/mcp", service).layer(from_fn(understood))
}

/// Passes on messages that can be understood, and answers the others.
async fn understood(mut request: Request, next: Next) -> Result<Response, Problem> {
    if *request.method() != Method::POST {
        return Ok(next.run(request).await);
    }
    let kind = content_type(request.headers());
    if kind != "application/json" {
        return Err(unexpected("`application/json`", &kind).hint("send the header `Content-Type: application/json`"));
    }
    // The protocol asks for both types; the answer is JSON.
    if !takes_json(request.headers()) {
        let problem = Problem::new(StatusCode::NOT_ACCEPTABLE, "the answer is JSON, which `Accept` does not allow");
        return Err(problem.hint("send the header `Accept: application/json, text/event-stream`"));
    }
    let both = HeaderValue::from_static("application/json, text/event-stream");
    request.headers_mut().insert(header::ACCEPT, both);
    let (mut head, body) = request.into_parts();
    let body = match whole_body(body, LARGEST_MESSAGE).await {
        Ok(body) => body,
        Err(problem) if problem.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return Ok((StatusCode::PAYLOAD_TOO_LARGE, Json(too_long(LARGEST_MESSAGE))).into_response());
        }
        Err(problem) => return Err(problem),
    };
    match read(&body) {
        Ok(message) => {
            head.headers.remove(header::CONTENT_LENGTH);
            Ok(next.run(Request::from_parts(head, Body::from(message.json.to_string()))).await)
        }
        Err(Rejected::Request { code: ErrorCode::INVALID_PARAMS, answer }) => Ok(Json(answer).into_response()),
        Err(Rejected::Request { answer, .. }) => Ok((StatusCode::BAD_REQUEST, Json(answer)).into_response()),
        Err(Rejected::Other) => Ok(StatusCode::ACCEPTED.into_response()),
    }
}

/// Whether a client accepts JSON: by its name, by `*/*`, or because it does not say.
fn takes_json(headers: &HeaderMap) -> bool {
    let mut accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).peekable();
    accepted.peek().is_none()
        || accepted.flat_map(|value| value.split(',')).any(|kind| {
            let kind = kind.split(';').next().unwrap_or_default().trim();
            ["*/*", "application/*", "application/json"].iter().any(|known| kind.eq_ignore_ascii_case(known))
        })
}
