//! Cross-origin resource sharing (CORS) for the allowed origins.

use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// The CORS layer; `None` if no other origin is allowed.
pub(crate) fn cors(origins: &[String]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let allowed = if origins.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()))
    };
    let of_mcp = ["mcp-session-id", "mcp-protocol-version", "last-event-id"].map(HeaderName::from_static);
    let headers = [header::CONTENT_TYPE, header::AUTHORIZATION].into_iter().chain(of_mcp);
    Some(
        CorsLayer::new()
            .allow_origin(allowed)
            .allow_methods([Method::GET, Method::POST, Method::DELETE])
            .allow_headers(headers.collect::<Vec<_>>())
            .expose_headers([HeaderName::from_static("mcp-session-id"), HeaderName::from_static("x-request-id")]),
    )
}
