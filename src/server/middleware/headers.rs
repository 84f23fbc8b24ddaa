//! What are browsers told beside every answer? To take it for nothing else than it says, to show it in no frame, and to load
//! nothing from anywhere else.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::server::work::service::Service;

/// For what is no page: nothing may be loaded or run.
const NOTHING: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Puts those headers on an answer that does not have them.
pub(crate) async fn secure(State(service): State<Service>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let readers = if service.settings().cors.is_empty() { "same-origin" } else { "cross-origin" };
    let wanted = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CONTENT_SECURITY_POLICY, NOTHING),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), readers),
    ];
    for (name, value) in wanted {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
