//! Security headers of every response: no content sniffing, no frames, no resources of other origins.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::server::work::service::Service;

/// The content security policy of responses that are not pages: load and run nothing.
const NOTHING: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Adds the headers that a response does not have yet.
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
