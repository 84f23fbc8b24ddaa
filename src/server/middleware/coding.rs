//! Content codings: compressed requests are decoded, and responses are compressed for clients that ask for it.
//!
//! The limit of a body counts its decoded bytes, so a small compressed body cannot become a large one.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{And, NotForContentType, Predicate, SizeAbove};
use tower_http::decompression::RequestDecompressionLayer;

use crate::server::wire::problem::Problem;

/// The codings of requests.
const CODINGS: &str = "gzip, zstd";
/// Smaller responses are not compressed.
const SMALLEST: u64 = 1_024;

/// Decodes request bodies.
pub(crate) fn decoded() -> RequestDecompressionLayer {
    RequestDecompressionLayer::new()
}

/// Compresses responses, except streams of events, whose lines must not wait for each other.
pub(crate) fn compressed() -> CompressionLayer<And<SizeAbove, NotForContentType>> {
    let predicate = SizeAbove::new(SMALLEST).and(NotForContentType::SSE);
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(predicate)
}

/// Rejects requests of other codings. The tag of a compressed response becomes a weak one, since its bytes are others.
pub(crate) async fn known(mut request: Request, next: Next) -> Response {
    match coding(request.headers()) {
        Ok(Some(coding)) => {
            request.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        Ok(None) => {}
        Err(problem) => return ([(header::ACCEPT_ENCODING, CODINGS)], problem).into_response(),
    }
    let mut response = next.run(request).await;
    if response.headers().contains_key(header::CONTENT_ENCODING)
        && let Some(tag) = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok())
        && !tag.starts_with("W/")
        && let Ok(weak) = HeaderValue::from_str(&format!("W/{tag}"))
    {
        response.headers_mut().insert(header::ETAG, weak);
    }
    response
}

/// The coding of a body in lower case.
fn coding(headers: &HeaderMap) -> Result<Option<&'static str>, Problem> {
    let codings: Vec<&[u8]> =
        headers.get_all(header::CONTENT_ENCODING).iter().map(|coding| coding.as_bytes().trim_ascii()).collect();
    let known = match codings.as_slice() {
        [] => return Ok(None),
        [coding] => {
            ["gzip", "zstd", "identity"].into_iter().find(|known| coding.eq_ignore_ascii_case(known.as_bytes()))
        }
        _ => None,
    };
    if known.is_some() {
        return Ok(known);
    }
    let found = String::from_utf8_lossy(&codings.join(&b", "[..])).into_owned();
    let problem = Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        format!("a body in `gzip`, `zstd` or no coding was expected, found `{found}`"),
    );
    Err(problem.hint("send the body without `Content-Encoding`, or in one of these codings"))
}
