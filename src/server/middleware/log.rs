//! The access log and the request metrics. Queries appear in neither, except in the log at level `debug`.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;
use uuid::Uuid;

use crate::search::ms;
use crate::server::work::service::Service;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Maximum length of a request id that a client sends; a longer one is replaced.
const LONGEST_ID: usize = 64;

/// Assigns an id to each request, and logs the response.
pub(crate) async fn log(State(service): State<Service>, request: Request, next: Next) -> Response {
    let start = Instant::now();
    let id = chosen_id(&request).unwrap_or_else(|| Uuid::new_v4().to_string());
    let method = method_name(request.method());
    // The route, not the URL, because the URL contains the query.
    let route = request.extensions().get::<MatchedPath>().map_or("unknown", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", id);
    span.in_scope(|| tracing::debug!(method, address = %request.uri().to_string().escape_debug(), "request received"));
    let mut response = next.run(request).instrument(span.clone()).await;
    let (status, took) = (response.status().as_u16(), start.elapsed());
    service.metrics().answered(&route, method, status, took);
    let ms = ms(took);
    span.in_scope(|| {
        if status < 500 {
            tracing::info!(method, route, status, ms, "request answered");
        } else {
            tracing::warn!(method, route, status, ms, "request answered");
        }
    });
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

fn chosen_id(request: &Request) -> Option<String> {
    let id = request.headers().get(REQUEST_ID)?.to_str().ok()?;
    let is_plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    (is_plain && (1..=LONGEST_ID).contains(&id.len())).then(|| id.to_owned())
}

/// The method as a metric label. Other methods share one label, so a client cannot create new time series.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
