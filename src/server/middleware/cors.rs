//! Cross-origin resource sharing (CORS) for the allowed origins.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

/// How long a browser may remember the answer to a preflight request.
const REMEMBERED: Duration = Duration::from_hours(1);

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
    Some(
        CorsLayer::new()
            .allow_origin(allowed)
            .allow_methods([Method::GET, Method::POST, Method::DELETE])
            // Clients of OpenAI's API send headers of their own, which the service ignores.
            .allow_headers(AllowHeaders::mirror_request())
            .max_age(REMEMBERED)
            .expose_headers([HeaderName::from_static("mcp-session-id"), HeaderName::from_static("x-request-id")]),
    )
}
